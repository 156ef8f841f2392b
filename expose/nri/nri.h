/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin's side of the NRI protocol on one connection: it registers, subscribes to the creation
 * and the end of containers only, and answers requests. It remembers no pod: a request holds all it
 * needs. What the runtime reports at the beginning is passed on, one pod and container after
 * another. */
#ifndef EXPOSE_NRI_NRI_H
#define EXPOSE_NRI_NRI_H

#include "expose/nri/mux.h"
#include "expose/nri/protobuf_scan.h"
#include "expose/ttrpc/ttrpc.h"
#include "record/taps.h"

struct Nri__Container;
struct Nri__ContainerRequest;
struct Nri__Pod;

/* What the plugin does. Failures are logged, and the container stays as it is. */
struct nri_service {
	/* Finds the devices of a container that is being created. */
	int (*create)(void *data, const struct Nri__ContainerRequest *request, struct taps *taps,
	              struct failure *f);
	/* A container has stopped. NULL: of no interest */
	int (*stop)(void *data, const struct Nri__ContainerRequest *request, struct failure *f);
	/* What there is when the plugin registers: a pod, or a container, one after another. NULL:
	 * of no interest. Then the end; `whole`: nothing was left out. */
	void (*present)(void *data, const struct Nri__Pod *pod,
	                const struct Nri__Container *container);
	void (*presented)(void *data, bool whole);
	void *data;
};

struct nri {
	int fd;                     /* borrowed */
	struct nri_service service; /* kept by nri_open() */

	struct mux mux;
	struct ttrpc plugin;  /* the runtime's requests */
	struct ttrpc runtime; /* its answers */
	struct protobuf_scan synchronization;
	bool left_out;     /* one of the pods or containers could not be read */
	bool synchronized; /* the runtime has reported all existing pods and containers */
};

/* Registers on a connection, with a name and a two-digit index. */
int nri_open(struct nri *n, int fd, const char *name, const char *index,
             struct failure *f) MUST_CHECK;
void nri_release(struct nri *n);

/* Adds received bytes and answers the requests in them. A failure ends the connection. */
int nri_feed(struct nri *n, const uint8_t *bytes, size_t length, struct failure *f) MUST_CHECK;

#endif
