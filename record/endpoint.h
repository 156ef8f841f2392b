/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoint record: the objects that one attachment owns, in the file
 * <state>/endpoints/<containerID>/<ifname>.json. All programs other than the CNI call find a tap by
 * it. */
#ifndef RECORD_ENDPOINT_H
#define RECORD_ENDPOINT_H

#include "base/address.h"
#include "base/failure.h"
#include "base/found.h"
#include "base/owned.h"
#include "netns/netns.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <sys/types.h>

/* Versions of podtap work on one host together, during an upgrade and after a downgrade. Each
 * undoes the endpoints of every other. Undoing uses only the members state, network, containerID,
 * ifname, netns, kind, ifindex, mac, taken, hostAccess, guard, cdi, call, and tap's path, major and
 * minor. Their meaning in version 1 holds in every version. Other members may be added at any time,
 * and readers ignore unknown ones. A member that changes its meaning needs a new version. Of a
 * newer record a reader uses only the members above. It reports that the record is newer, and does
 * not give its tap or configuration out. A number out of its range is never cut: the record is
 * invalid. */
enum { ENDPOINT_VERSION = 1 };

/* Bytes of a call that a record keeps. It keeps nothing of a longer one. */
enum { ENDPOINT_CALL_MAX = 64 << 10 };

struct endpoint { /* the texts are borrowed, from `source` if the record was read; NULL if absent */
	uint32_t version; /* as read; 0: the current version */
	bool ready;       /* false: ADD has not completed; the named objects may not exist */
	bool repairing;   /* not ready, because a repair has not completed; ADD had */
	const char *network;
	const char *container_id;
	const char *ifname;
	const char *netns_path;
	struct netns_id netns;
	const char *kind;
	const char *mode;
	const char *master;
	uint32_t ifindex;
	struct mac mac;
	uint32_t mtu;
	uint32_t queues;
	struct { /* path NULL: no tap */
		const char *path;
		dev_t number;
		uid_t uid; /* of the node, as the host sees it */
		gid_t gid;
		uid_t owner; /* the same, as the container sees it */
		gid_t group;
		mode_t mode;
	} tap;
	struct { /* the link's identity on the host; name NULL: podtap created the link */
		const char *name;
		uint32_t ifindex;
		struct mac mac;
	} host_link;
	uint32_t host_access; /* the interface whose program has its MAC address; 0: none */
	uint32_t guard;       /* the interface whose guard has it; 0: none */
	const cJSON *ips;     /* as in a 1.1.0 result; borrowed */
	const cJSON *routes;
	const cJSON *dns;
	const cJSON *sysctls; /* the names and values that the link got */
	const char *address_owner;
	const char *ipam; /* ipam.type */
	const char *device_id;
	const char *cdi; /* device name */
	bool vm_devices;
	struct { /* as the runtime named it; NULL: not named */
		const char *space;
		const char *name;
		const char *uid;
	} pod;
	const char *created; /* RFC 3339 */
	struct { /* the ADD, for a later DEL or CHECK without a runtime; config NULL: not kept */
		const char *args; /* CNI_ARGS */
		const char *path; /* CNI_PATH */
		const char
		        *config; /* the network configuration, byte for byte; it may hold secrets */
	} call;
	cJSON *source; /* owned; a record that was read borrows from it */
};

void endpoint_release(struct endpoint *e);

/* Whether a newer podtap wrote the record. */
static inline bool endpoint_is_newer(const struct endpoint *e)
{
	return e->version > ENDPOINT_VERSION;
}

/* Make the record's JSON. The caller owns it, but it borrows the texts of the call. Returns NULL if
 * there is no memory. */
cJSON *endpoint_to_json(const struct endpoint *e);

/* Read a record. The endpoint borrows from the tree, and owns it from then on, also on failure.
 * Returns 0, or -1: CNI_DECODE if it is not a record. */
int endpoint_from_json(cJSON *json, struct endpoint *e, struct failure *f) MUST_CHECK;

/* Read one attachment's record. Returns FOUND, FOUND_NONE or FOUND_FAILED: CNI_DECODE when a later
 * attempt would fail, too, because the file is not this attachment's record; or CNI_IO. */
enum found endpoint_read(const char *container_id, const char *ifname, struct endpoint *e,
                         struct failure *f) MUST_CHECK;

/* Like endpoint_read(), in the directory of the container's records. */
enum found endpoint_read_in(int directory, const char *container_id, const char *ifname,
                            struct endpoint *e, struct failure *f) MUST_CHECK;

/* Write the intent of an ADD. Returns its directory, open, which the caller owns, or -1: with
 * *exists if there is a record already. */
int endpoint_create(const struct endpoint *e, bool *exists, struct failure *f) MUST_CHECK;

/* Open the directory of a container's records, for endpoint_write(). Returns the descriptor, which
 * the caller owns, or -1. */
int endpoint_directory(const char *container_id, struct failure *f) MUST_CHECK;

/* Replace the attachment's record atomically, in the directory in which it was created. Returns 0,
 * or -1: CNI_AGAIN if a DEL wants the ADD to give up, by endpoint_cancel() or because it removed
 * the record. */
int endpoint_write(const struct endpoint *e, int directory, struct failure *f) MUST_CHECK;

/* Mark the record of an ADD that runs for longer than a DEL can wait. The mark is the sticky bit of
 * the file's mode. The ADD then undoes its work and fails. Returns 0, also if there is no record,
 * or -1. */
int endpoint_cancel(const char *container_id, const char *ifname, struct failure *f) MUST_CHECK;

/* Remove the record, also if it is damaged, and the container's directory if it is empty then. A
 * directory with foreign files in the record's place stays. Returns 0, also if there is no record,
 * or -1. */
int endpoint_remove(const char *container_id, const char *ifname, struct failure *f) MUST_CHECK;

/* Call on_record() for every readable record, in no order, until it returns non-zero. Returns the
 * last result of on_record(), or -1. For an unreadable record, on_record() gets `error` and an
 * endpoint with only its container_id and ifname. A directory that cannot be listed is a failure
 * (CNI_IO) after the visit of all others. Without a state directory there are no records. */
struct endpoint_visit {
	int (*on_record)(const struct endpoint *e, const struct failure *error, void *data);
	void *data;
	/* Whether a record matters. One that does not is not read. NULL: all matter. */
	bool (*matters)(const char *container_id, const char *ifname, void *data);
	/* Also remove the directories of containers that have no record: a killed ADD may leave
	 * one. An ADD that runs meanwhile creates its own again. */
	bool sweep;
};
int endpoint_each(const struct endpoint_visit *v, struct failure *f) MUST_CHECK;

/* Like endpoint_each(), for one container. Its id must be valid. */
int endpoint_each_of(const char *container_id, const struct endpoint_visit *v,
                     struct failure *f) MUST_CHECK;

/* Whether the host may have a record: whether a container has a directory for records. */
bool endpoint_any(void);

#endif
