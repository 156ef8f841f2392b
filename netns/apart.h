/* SPDX-License-Identifier: Apache-2.0 */
/* Sending a request from a child process, so that the caller need not wait until the kernel has
 * executed all of it. */
#ifndef NETNS_APART_H
#define NETNS_APART_H

#include <stdbool.h>
#include <stddef.h>

/* Send a request on a netlink socket from a child. Return when the socket has an answer, or when
 * the child has ended. The child may outlive the caller until the kernel has executed the request.
 * It holds nothing but the socket: no stream, lock, namespace or directory of the caller. Returns
 * whether the request was sent: if not, the caller has to send it. */
bool apart_send(int fd, const void *bytes, size_t length);

#endif
