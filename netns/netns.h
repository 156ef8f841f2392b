/* SPDX-License-Identifier: Apache-2.0 */
/* Network namespaces: opening, comparing and visiting them. */
#ifndef NETNS_NETNS_H
#define NETNS_NETNS_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>
#include <stdint.h>

/* The identity of a namespace. The kernel reuses (dev, inode) at once, but never the cookie. Cookie
 * 0 means a kernel before 5.14, which has no cookies. */
struct netns_id {
	uint64_t dev;
	uint64_t inode;
	uint64_t cookie;
};

/* Open the namespace at a path. Returns the descriptor, which the caller owns, or -1: CNI_ENV,
 * which names CNI_NETNS, with errno ENOENT or EINVAL if the path does not exist or is no network
 * namespace. */
int netns_open(const char *path, struct failure *f) MUST_CHECK;

/* Whether the errno of netns_open() means that the path leads to no namespace. Other errors mean
 * that it cannot be examined. */
bool netns_is_gone(int err);

/* Open the namespace of the process. Returns the descriptor, which the caller owns, or -1. */
int netns_own(struct failure *f) MUST_CHECK;

/* Like netns_own(), by a socket that was opened there. This is faster and needs no /proc. */
int netns_of_socket(int socket_fd, struct failure *f) MUST_CHECK;

/* Read dev and inode. Only a socket inside can read the cookie (netns_visit). Returns 0 or -1. */
int netns_stat(int fd, struct netns_id *id, struct failure *f) MUST_CHECK;

/* Read the cookie of a socket's namespace. Returns 0 if the kernel has no cookies. */
uint64_t netns_cookie(int socket_fd);

/* Whether two identities are of the same namespace: by cookie if both have one, else by dev and
 * inode. */
bool netns_same(const struct netns_id *a, const struct netns_id *b);

/* Enter the namespace, call inside(data) and return home. Returns the result of inside(), or -1.
 * Call abort() if the process cannot return: it must not continue in a container's namespace. */
int netns_visit(int home, int there, int (*inside)(void *data, struct failure *f), void *data,
                struct failure *f) MUST_CHECK;

#endif
