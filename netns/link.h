/* SPDX-License-Identifier: Apache-2.0 */
/* Links: their description, and creating, changing and deleting them by rtnetlink. */
#ifndef NETNS_LINK_H
#define NETNS_LINK_H

#include "base/address.h"
#include "base/found.h"
#include "base/word.h"
#include "netns/rtnl.h"

#include <net/if.h>
#include <stddef.h>

/* A kind of link that podtap creates. link_kind_find() returns NULL for any other name. */
struct link_kind {
	const char *name;
	bool tap; /* has a character device */
};

const struct link_kind *link_kind_find(const char *name);
extern const struct word link_kind_words[]; /* the names of the kinds */

enum { MASTER_TEXT = 128 }; /* bytes of a link's name or alternative name, its end included */

/* The modes both kinds have: words of MACVLAN_MODE_*. */
extern const struct word link_modes[];

struct link {
	char name[IFNAMSIZ];
	uint32_t index;
	uint16_t type;  /* ARPHRD_* */
	unsigned flags; /* IFF_* */
	struct mac mac;
	uint32_t mtu;
	uint32_t lower;      /* its lower link; 0: none */
	int32_t lower_netns; /* number of the lower link's namespace here; -1: the same namespace */
	uint32_t port_of;    /* the bridge, bond or the like whose port it is; 0: none */
	uint32_t operstate;  /* IF_OPER_* */
	uint32_t promiscuity;
	uint32_t tx_queue; /* frames */
	char kind[16];
	uint32_t mode; /* of a macvlan or macvtap */
	bool partial;  /* the kernel cannot describe more than 64 KiB, so the kind is unknown */
};

/* Read the struct link of a message that describes a link. Ignore other messages. */
rtnl_reader link_read;

/* Find a link. Returns FOUND, FOUND_NONE or FOUND_FAILED. */
enum found link_by_name(struct rtnl *nl, const char *name, struct link *link,
                        struct failure *f) MUST_CHECK;
enum found link_by_index(struct rtnl *nl, uint32_t index, struct link *link,
                         struct failure *f) MUST_CHECK;

/* Whether the errno of link_by_index() means that the link exists, but has more attached to it than
 * one answer can hold. */
bool link_is_unreadable(int err);

struct link_want {
	const char *name;
	uint32_t index;
	uint32_t master; /* its index where the request is sent */
	int netns; /* descriptor of the namespace to create in; -1: where the request is sent */
	const struct link_kind *kind;
	uint32_t mode;
	const struct mac *mac; /* NULL: the kernel's choice */
	uint32_t mtu;          /* 0: the master's */
	uint32_t queues;
	uint32_t tx_queue;         /* frames in each queue; 0: the kernel's, or as it is */
	uint32_t bcqueuelen;       /* 0: the kernel's */
	const struct mac *sources; /* senders heard in mode source */
	size_t n_sources;
	unsigned flags; /* IFF_*, set at once */
};

/* Whether a link has this kind and this name. Its alternative names do not count: any program may
 * give it one. */
bool link_is(const struct link *link, const char *kind, const char *name);

/* Create a link with one request. Returns 0, or -1 with the kernel's errno: EADDRINUSE when it is
 * to be up, and another link on that master has its MAC address; then there is no link. */
int link_create(struct rtnl *nl, const struct link_want *want, struct failure *f) MUST_CHECK;

/* Move a link of the socket's namespace to the wanted namespace, and give it the wanted name,
 * index, MAC address and settings. `master` and `queues` stay as they are. Kernels before 5.13 keep
 * the index or choose one. The link is down afterwards. Returns 0, or -1 with the kernel's errno:
 * EBUSY when the index is in use there. After a refused name or mtu the link has been moved. */
int link_move(struct rtnl *nl, uint32_t index, const struct link_want *want,
              struct failure *f) MUST_CHECK;

/* Delete a link. Returns 0, also if there is no such link, or -1. */
int link_delete(struct rtnl *nl, uint32_t index, struct failure *f) MUST_CHECK;

/* Like link_delete(), but return when the kernel reports that the link is gone. It then only waits
 * for its readers, and a child process waits for that. Kernels before 6.2 report nothing: there the
 * call waits, too. */
int link_delete_early(struct rtnl *nl, uint32_t index, struct failure *f) MUST_CHECK;

/* Let the kernel send a gratuitous ARP when the link comes up (arp_notify). */
int link_announce(struct rtnl *nl, uint32_t index, struct failure *f) MUST_CHECK;

/* Stop the kernel from adding a link-local IPv6 address when the link comes up (addr_gen_mode
 * none). The kernel must have IPv6 on that link. */
int link_disable_link_local(struct rtnl *nl, uint32_t index, struct failure *f) MUST_CHECK;

/* Set and clear IFF_* flags. Returns 0, or -1 with the kernel's errno: EADDRINUSE when the link
 * comes up and another link on that master has its MAC address. */
int link_flags(struct rtnl *nl, uint32_t index, unsigned set, unsigned clear,
               struct failure *f) MUST_CHECK;

/* Set the MAC address. In mode passthru the master gets it, too, until the endpoint is deleted.
 * Returns 0 or -1. */
int link_address(struct rtnl *nl, uint32_t index, const struct mac *mac,
                 struct failure *f) MUST_CHECK;

/* Find out whether the kernel knows a kind, without creating a link. The kernel may load its
 * module. Returns 0 or -1. */
int link_kind_known(struct rtnl *nl, const struct link_kind *kind, bool *known,
                    struct failure *f) MUST_CHECK;

/* Find the number that the socket's namespace has for another one; -1 if it has no number. Returns
 * 0 or -1. */
int link_netns_number(struct rtnl *nl, int netns, int32_t *number, struct failure *f) MUST_CHECK;

#endif
