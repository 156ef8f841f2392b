/* SPDX-License-Identifier: Apache-2.0 */
/* The NRI protocol as a plugin speaks it on one connection: it registers, asks for the creation of
 * containers only, and answers what it is asked. It remembers no pod: all it needs is in a request.
 */
#ifndef EXPOSE_NRI_NRI_H
#define EXPOSE_NRI_NRI_H

#include "expose/nri/mux.h"
#include "expose/nri/protobuf_scan.h"
#include "expose/ttrpc/ttrpc.h"
#include "record/taps.h"

struct Nri__CreateContainerRequest;

struct nri {
	int fd; /* borrowed */
	/* What a container being created gets; -1: it is created as it is, for this reason. */
	int (*create)(const struct Nri__CreateContainerRequest *request, struct taps *taps,
	              struct failure *f);

	struct mux mux;
	struct ttrpc plugin;  /* the runtime's requests */
	struct ttrpc runtime; /* its answers */
	struct protobuf_scan synchronization;
	bool synchronized; /* the runtime has told all it has to tell at the start */
};

/* Begins on a connection: registers with a name and a two-digit index. */
int nri_open(struct nri *n, int fd, const char *name, const char *index,
             struct failure *f) MUST_CHECK;
void nri_release(struct nri *n);

/* Takes what the runtime sent and answers it. A failure ends the connection. */
int nri_feed(struct nri *n, const uint8_t *bytes, size_t length, struct failure *f) MUST_CHECK;

#endif
