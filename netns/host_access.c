/* SPDX-License-Identifier: Apache-2.0 */
/* The program and the two maps of one master. */
#include "netns/host_access.h"

#include "netns/classifier.h"
#include "netns/guard_program.h"
#include "netns/host_program.h"

#include <errno.h>
#include <string.h>

static const struct classifier classifier = {
	.name = HOST_PROGRAM_NAME,
	.where = EBPF_TCX_EGRESS,
	.priority = CLASSIFIER_HOST,
	.after = GUARD_PROGRAM_NAME,
};

void host_access_release(struct host_access *a)
{
	fd_release(&a->program);
	fd_release(&a->macs);
	fd_release(&a->own);
}

/* A map's key, which is also the value of `own`. */
struct key_bytes {
	uint8_t byte[HOST_KEY_BYTES];
};

static struct key_bytes key_of(const struct mac *mac)
{
	struct key_bytes key = { { 0 } };

	memcpy(key.byte, mac->byte, sizeof mac->byte);
	return key;
}

static int refuse(const struct host_access *a, const char *what, struct failure *f)
{
	return fail_errno(f, errno, "hostAccess on interface %u: %s", a->ifindex, what);
}

/* Open the maps of the program, which are in the order of their first use. It writes the value of
 * `own` itself if it can. */
static int maps_open(struct host_access *a, const struct ebpf_program_info *info)
{
	errno = EBADMSG;
	if (info->n_maps != HOST_PROGRAM_MAPS)
		return -1;
	a->macs = ebpf_map_open(info->maps[HOST_PROGRAM_MACS]);
	if (a->macs < 0 || strcmp(info->name, HOST_PROGRAM_NAME) == 0)
		return a->macs < 0 ? -1 : 0;
	a->own = ebpf_map_open(info->maps[HOST_PROGRAM_OWN]);
	return a->own < 0 ? -1 : 0;
}

enum found host_access_find(struct host_access *a, struct rtnl *nl, uint32_t ifindex,
                            struct failure *f)
{
	struct ebpf_program_info info;

	*a = (struct host_access)HOST_ACCESS_CLOSED;
	a->ifindex = ifindex;
	const enum found found = classifier_find(&classifier, nl, ifindex, &a->program, &info);
	if (found == FOUND_NONE || (found == FOUND && maps_open(a, &info) == 0))
		return found;
	ebpf_explain("hostAccess", found == FOUND ? "open the program's maps" : "find the program",
	             f);
	host_access_release(a);
	return FOUND_FAILED;
}

/* Make the maps, and load the program. Without the offset it does not follow a change of the
 * master's address, and needs no helper that a locked kernel refuses. */
static int program_load(struct host_access *a, uint32_t offset, struct failure *f)
{
	static const struct ebpf_map_want macs = HOST_MACS_MAP, own = HOST_OWN_MAP;

	a->macs = ebpf_map_make(&macs);
	a->own = ebpf_map_make(&own);
	if (a->macs < 0 || a->own < 0)
		return ebpf_explain("hostAccess", "make a map", f);
	a->program = host_program_load(a->macs, a->own, offset);
	if (a->program < 0 && offset)
		a->program = host_program_load(a->macs, a->own, 0);
	return a->program < 0 ? ebpf_explain("hostAccess", "load the program", f) : 0;
}

int host_access_make(struct host_access *a, struct rtnl *nl, const struct link *master,
                     struct failure *f)
{
	*a = (struct host_access)HOST_ACCESS_CLOSED;
	a->ifindex = master->index;
	if (program_load(a, host_program_offset(master->index, &master->mac), f) == 0 &&
	    host_access_own(a, &master->mac, f) == 0 &&
	    classifier_attach(&classifier, nl, master->index, a->program, f) == 0)
		return 0;
	host_access_release(a);
	return -1;
}

int host_access_end(const struct host_access *a, struct rtnl *nl, struct failure *f)
{
	struct key_bytes any;

	if (ebpf_map_next(a->macs, NULL, &any) == 0)
		return 0;
	if (errno != ENOENT)
		return refuse(a, "look for endpoints", f);
	return classifier_detach(&classifier, nl, a->ifindex, a->program, f);
}

int host_access_own(const struct host_access *a, const struct mac *own, struct failure *f)
{
	const struct key_bytes value = key_of(own);
	const uint32_t first = 0;

	if (a->own < 0 || ebpf_map_write(a->own, &first, &value, BPF_ANY) == 0)
		return 0;
	return refuse(a, "note the master's MAC address", f);
}

enum found host_access_has(const struct host_access *a, const struct mac *mac, uint64_t owner,
                           struct failure *f)
{
	const struct key_bytes key = key_of(mac);
	uint64_t has;

	if (ebpf_map_read(a->macs, &key, &has) == 0)
		return has == owner || !owner ? FOUND : FOUND_NONE;
	return errno == ENOENT ? FOUND_NONE : (enum found)refuse(a, "find a MAC address", f);
}

static enum found write_owner(const struct host_access *a, const struct mac *mac, uint64_t owner,
                              uint64_t flags, struct failure *f)
{
	const struct key_bytes key = key_of(mac);

	if (ebpf_map_write(a->macs, &key, &owner, flags) == 0)
		return FOUND;
	if (errno == EEXIST)
		return host_access_has(a, mac, owner, f);
	if (errno == E2BIG)
		return (enum found)fail(f, CNI_AGAIN, "it has as many endpoints as the key allows",
		                        "hostAccess on interface %u", a->ifindex);
	return (enum found)refuse(a, "add a MAC address", f);
}

enum found host_access_add(const struct host_access *a, const struct mac *mac, uint64_t owner,
                           struct failure *f)
{
	return write_owner(a, mac, owner, BPF_NOEXIST, f);
}

enum found host_access_replace(const struct host_access *a, const struct mac *mac, uint64_t owner,
                               struct failure *f)
{
	return write_owner(a, mac, owner, BPF_ANY, f);
}

enum found host_access_remove(const struct host_access *a, const struct mac *mac, uint64_t owner,
                              struct failure *f)
{
	const struct key_bytes key = key_of(mac);
	const enum found ours = host_access_has(a, mac, owner, f);

	if (ours != FOUND || ebpf_map_erase(a->macs, &key) == 0 || errno == ENOENT)
		return ours;
	return (enum found)refuse(a, "remove a MAC address", f);
}

/* A key that is removed meanwhile makes the kernel begin again, so the number of steps is bounded.
 */
int host_access_each(const struct host_access *a,
                     void (*on_mac)(const struct mac *mac, uint64_t owner, void *data), void *data,
                     struct failure *f)
{
	struct key_bytes key, next;
	struct mac mac;
	uint64_t owner;

	for (int i = 0; i < 2 * HOST_MACS_MAX; i++, key = next) {
		if (ebpf_map_next(a->macs, i ? &key : NULL, &next) < 0)
			return errno == ENOENT ? 0 : refuse(a, "list the MAC addresses", f);
		if (ebpf_map_read(a->macs, &next, &owner) < 0)
			continue;
		memcpy(mac.byte, next.byte, sizeof mac.byte);
		on_mac(&mac, owner, data);
	}
	return 0;
}

int host_access_supported(struct failure *f)
{
	OWNED(host_access_release) struct host_access a = HOST_ACCESS_CLOSED;

	return program_load(&a, 0, f);
}
