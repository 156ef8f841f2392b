/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin's side of the NRI protocol on one connection: it registers, subscribes to the creation
 * of containers only, and answers requests. It remembers no pod: a request holds all it needs. */
#ifndef EXPOSE_NRI_NRI_H
#define EXPOSE_NRI_NRI_H

#include "expose/nri/mux.h"
#include "expose/nri/protobuf_scan.h"
#include "expose/ttrpc/ttrpc.h"
#include "record/taps.h"

struct Nri__CreateContainerRequest;

struct nri {
	int fd; /* borrowed */
	/* Finds the devices of a container that is being created. If it fails, the failure is
	 * logged and the container is created unchanged. */
	int (*create)(const struct Nri__CreateContainerRequest *request, struct taps *taps,
	              struct failure *f);

	struct mux mux;
	struct ttrpc plugin;  /* the runtime's requests */
	struct ttrpc runtime; /* its answers */
	struct protobuf_scan synchronization;
	bool synchronized; /* the runtime has reported all existing pods and containers */
};

/* Registers on a connection, with a name and a two-digit index. */
int nri_open(struct nri *n, int fd, const char *name, const char *index,
             struct failure *f) MUST_CHECK;
void nri_release(struct nri *n);

/* Adds received bytes and answers the requests in them. A failure ends the connection. */
int nri_feed(struct nri *n, const uint8_t *bytes, size_t length, struct failure *f) MUST_CHECK;

#endif
