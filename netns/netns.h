/* SPDX-License-Identifier: Apache-2.0 */
/* Network namespaces: opening them, telling them apart, and visiting one for a moment. */
#ifndef NETNS_NETNS_H
#define NETNS_NETNS_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>
#include <stdint.h>

/* Which namespace it is. The kernel reuses (dev, inode) at once, the cookie never; cookie 0 means a
 * kernel before 5.14, which has none. */
struct netns_id {
	uint64_t dev;
	uint64_t inode;
	uint64_t cookie;
};

/* Opens the namespace at a path. A path that does not exist, or is no network namespace, is CNI_ENV
 * naming CNI_NETNS, with errno left ENOENT or EINVAL. The caller owns the descriptor. */
int netns_open(const char *path, struct failure *f) MUST_CHECK;

/* Whether the errno of netns_open() says that the path leads to no namespace, rather than that we
 * cannot look. */
bool netns_is_gone(int err);

/* The descriptor of the namespace we are in. The caller owns it. */
int netns_own(struct failure *f) MUST_CHECK;

/* The same, of a socket that was opened in it: cheaper, and without /proc. */
int netns_of_socket(int socket_fd, struct failure *f) MUST_CHECK;

/* Fills in dev and inode; the cookie is asked of a socket inside (netns_visit). */
int netns_stat(int fd, struct netns_id *id, struct failure *f) MUST_CHECK;

/* The cookie of the namespace a socket belongs to; 0 where the kernel has none. */
uint64_t netns_cookie(int socket_fd);

/* The same namespace: by cookie where both have one, else by dev and inode. */
bool netns_same(const struct netns_id *a, const struct netns_id *b);

/* Enters the namespace, calls inside(data), comes home; returns what inside() returned. The process
 * ends with abort() if it cannot come home: to go on in a container's namespace would be worse. */
int netns_visit(int home, int there, int (*inside)(void *data, struct failure *f), void *data,
                struct failure *f) MUST_CHECK;

#endif
