/* SPDX-License-Identifier: Apache-2.0 */
/* The programs and the three maps of one master. */
#include "netns/guard.h"

#include "netns/classifier.h"

#include <errno.h>
#include <string.h>

static const struct classifier sending = {
	.name = GUARD_PROGRAM_NAME,
	.where = EBPF_TCX_EGRESS,
	.priority = CLASSIFIER_GUARD,
};
static const struct classifier receiving = {
	.name = GUARD_LIMIT_NAME,
	.where = EBPF_TCX_INGRESS,
	.priority = CLASSIFIER_GUARD,
};

static const struct ebpf_map_want wants[GUARD_MAPS] = {
	[GUARD_MAP_ENTRIES] = { .type = BPF_MAP_TYPE_HASH,
	                        .key_size = GUARD_KEY_BYTES,
	                        .value_size = sizeof(struct guard_entry),
	                        .entries = GUARD_ENTRIES_MAX,
	                        .flags = BPF_F_NO_PREALLOC,
	                        .name = "podtap_guards" },
	[GUARD_MAP_NETNS] = { .type = BPF_MAP_TYPE_HASH,
	                      .key_size = sizeof(uint64_t),
	                      .value_size = sizeof(struct guard_netns),
	                      .entries = GUARD_ENTRIES_MAX,
	                      .flags = BPF_F_NO_PREALLOC,
	                      .name = "podtap_netns" },
	[GUARD_MAP_ADDRESSES] = { .type = BPF_MAP_TYPE_HASH,
	                          .key_size = sizeof(struct guard_address),
	                          .value_size = GUARD_KEY_BYTES,
	                          .entries = GUARD_MAP_ADDRESSES_MAX,
	                          .flags = BPF_F_NO_PREALLOC,
	                          .name = "podtap_addrs" },
};

struct key_bytes {
	uint8_t byte[GUARD_KEY_BYTES];
};

static struct key_bytes key_of(const struct mac *mac)
{
	struct key_bytes key = { { 0 } };

	memcpy(key.byte, mac->byte, sizeof mac->byte);
	return key;
}

static struct mac mac_of(const struct key_bytes *key)
{
	struct mac mac;

	memcpy(mac.byte, key->byte, sizeof mac.byte);
	return mac;
}

void guard_release(struct guard *g)
{
	fd_release(&g->program);
	fd_release(&g->limit);
	for (size_t i = 0; i < GUARD_MAPS; i++)
		fd_release(&g->maps[i]);
}

/* An entry without addresses. */
static const struct guard_entry none = { .n = 0 };

static int refuse(const struct guard *g, const char *what, struct failure *f)
{
	if (errno == E2BIG)
		return fail(f, CNI_AGAIN, "it has as many endpoints as a guard has room for",
		            "guard of interface %u: %s", g->ifindex, what);
	return fail_errno(f, errno, "guard of interface %u: %s", g->ifindex, what);
}

/* Open the maps that the program uses, in the order of their first use. */
static int maps_open(struct guard *g, const struct ebpf_program_info *info)
{
	const bool asks = info->n_maps == GUARD_MAPS;
	uint32_t at = 0;

	errno = EBADMSG;
	if (!asks && info->n_maps != GUARD_MAPS - 1)
		return -1;
	for (size_t i = 0; i < GUARD_MAPS; i++) {
		if (i == GUARD_MAP_NETNS && !asks)
			continue;
		g->maps[i] = ebpf_map_open(info->maps[at++]);
		if (g->maps[i] < 0)
			return -1;
	}
	return 0;
}

/* Find everything at once: a call removes an entry when it cannot open programs any more. */
static enum found programs_find(struct guard *g, struct rtnl *nl, struct ebpf_program_info *info)
{
	struct ebpf_program_info limit;
	const enum found found = classifier_find(&sending, nl, g->ifindex, &g->program, info);

	if (found == FOUND &&
	    classifier_find(&receiving, nl, g->ifindex, &g->limit, &limit) == FOUND_FAILED)
		return FOUND_FAILED;
	return found;
}

enum found guard_find(struct guard *g, struct rtnl *nl, uint32_t ifindex, struct failure *f)
{
	struct ebpf_program_info info;

	*g = (struct guard)GUARD_CLOSED;
	g->ifindex = ifindex;
	const enum found found = programs_find(g, nl, &info);
	if (found == FOUND_NONE || (found == FOUND && maps_open(g, &info) == 0))
		return found;
	ebpf_explain("guard", found == FOUND ? "open the program's maps" : "find the program", f);
	guard_release(g);
	return FOUND_FAILED;
}

/* Make the maps and load the program. Before Linux 6.15 it cannot ask for namespaces. */
static int program_load(struct guard *g, struct failure *f)
{
	struct skb_layout layout;

	if (skb_layout_find(&layout) < 0)
		return ebpf_explain("guard", "see where the kernel writes checksums", f);
	for (size_t i = 0; i < GUARD_MAPS; i++) {
		g->maps[i] = ebpf_map_make(&wants[i]);
		if (g->maps[i] < 0)
			return ebpf_explain("guard", "make a map", f);
	}
	g->program = guard_program_load(g->maps, &layout);
	if (g->program < 0) {
		fd_release(&g->maps[GUARD_MAP_NETNS]);
		g->program = guard_program_load(g->maps, &layout);
	}
	return g->program < 0 ? ebpf_explain("guard", "load the program", f) : 0;
}

static int others_add(const struct guard *g, struct failure *f)
{
	static const struct guard_entry others = { .may = GUARD_UNCHECKED };
	static const struct key_bytes nobody = { { 0 } };

	if (ebpf_map_write(g->maps[GUARD_MAP_ENTRIES], &nobody, &others, BPF_ANY) < 0)
		return refuse(g, "make an entry", f);
	return 0;
}

int guard_make(struct guard *g, struct rtnl *nl, uint32_t ifindex, struct failure *f)
{
	*g = (struct guard)GUARD_CLOSED;
	g->ifindex = ifindex;
	if (program_load(g, f) == 0 && others_add(g, f) == 0 &&
	    classifier_attach(&sending, nl, ifindex, g->program, f) == 0)
		return 0;
	guard_release(g);
	return -1;
}

int guard_limit_received(struct guard *g, struct rtnl *nl, struct failure *f)
{
	if (g->limit >= 0)
		return 0;
	g->limit = guard_limit_load(g->maps[GUARD_MAP_ENTRIES]);
	if (g->limit < 0)
		return ebpf_explain("guard", "load the limit", f);
	return classifier_attach(&receiving, nl, g->ifindex, g->limit, f);
}

int guard_end(struct guard *g, struct rtnl *nl, struct failure *f)
{
	const int entries = g->maps[GUARD_MAP_ENTRIES];
	static const struct key_bytes nobody = { { 0 } };
	struct key_bytes first, second;

	if (ebpf_map_next(entries, NULL, &first) == 0 &&
	    (memcmp(&first, &nobody, sizeof first) || ebpf_map_next(entries, &first, &second) == 0))
		return 0;
	if (errno != ENOENT)
		return refuse(g, "look for endpoints", f);
	if (g->limit >= 0 && classifier_detach(&receiving, nl, g->ifindex, g->limit, f) < 0)
		return -1;
	return classifier_detach(&sending, nl, g->ifindex, g->program, f);
}

enum found guard_read(const struct guard *g, const struct mac *mac, uint64_t owner,
                      struct guard_entry *entry, struct failure *f)
{
	const struct key_bytes key = key_of(mac);

	if (ebpf_map_read(g->maps[GUARD_MAP_ENTRIES], &key, entry) == 0)
		return entry->owner == owner || !owner ? FOUND : FOUND_NONE;
	return errno == ENOENT ? FOUND_NONE : (enum found)refuse(g, "find an entry", f);
}

/* Add an owner to a namespace, or remove it. */
static int netns_note(const struct guard *g, const struct guard_entry *entry, bool there,
                      struct failure *f)
{
	const int map = g->maps[GUARD_MAP_NETNS];
	struct guard_netns netns = { { 0 } };
	bool any = false;
	uint64_t *slot = NULL;

	if (map < 0 || !entry->netns)
		return 0;
	if (ebpf_map_read(map, &entry->netns, &netns) < 0 && errno != ENOENT)
		return refuse(g, "find a namespace", f);
	for (size_t i = 0; i < GUARD_OWNERS_MAX; i++) {
		if (netns.owner[i] == entry->owner)
			netns.owner[i] = 0;
		if (!netns.owner[i])
			slot = &netns.owner[i];
		any |= netns.owner[i] != 0;
	}
	if (there && !slot)
		return fail(f, CNI_CONFIG, "four of that container's interfaces are on it already",
		            "guard of interface %u", g->ifindex);
	if (there)
		*slot = entry->owner;
	if (there || any ? ebpf_map_write(map, &entry->netns, &netns, BPF_ANY) == 0
	                 : ebpf_map_erase(map, &entry->netns) == 0 || errno == ENOENT)
		return 0;
	return refuse(g, "note a namespace", f);
}

static bool has_address(const struct guard_entry *entry, const struct guard_address *address)
{
	for (uint32_t i = 0; i < entry->n; i++)
		if (memcmp(&entry->address[i], address, sizeof *address) == 0)
			return true;
	return false;
}

/* Free the addresses of an entry that are that MAC address's, and that another entry lacks. */
static int addresses_free(const struct guard *g, const struct key_bytes *key,
                          const struct guard_entry *entry, const struct guard_entry *kept,
                          struct failure *f)
{
	const int map = g->maps[GUARD_MAP_ADDRESSES];
	struct key_bytes holder;

	for (uint32_t i = 0; i < entry->n; i++)
		if (!has_address(kept, &entry->address[i]) &&
		    ebpf_map_read(map, &entry->address[i], &holder) == 0 &&
		    memcmp(&holder, key, sizeof holder) == 0 &&
		    ebpf_map_erase(map, &entry->address[i]) < 0 && errno != ENOENT)
			return refuse(g, "free an address", f);
	return 0;
}

static int refuse_address(const struct guard *g, const struct guard_address *address,
                          const struct key_bytes *holder, struct failure *f)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	const bool ipv4 = memcmp(address->byte, mapped, sizeof mapped) == 0;
	struct ip ip = { .family = ipv4 ? AF_INET : AF_INET6 };
	const struct mac mac = mac_of(holder);
	char text[IP_TEXT], who[MAC_TEXT], why[192];

	memcpy(ip.byte, address->byte + (ipv4 ? sizeof mapped : 0), ip_size(&ip));
	snprintf(why, sizeof why,
	         "the endpoint with MAC address %s has it, with antispoof; if podtapctl list shows "
	         "that as stale, run podtapctl prune",
	         mac_format(&mac, who));
	return fail(f, CNI_AGAIN, why, "address %s is in use on interface %u", ip_format(&ip, text),
	            g->ifindex);
}

/* Make one address the endpoint's. What has no entry any more does not keep it. */
static int address_take(const struct guard *g, const struct key_bytes *key,
                        const struct guard_address *address, struct failure *f)
{
	const int map = g->maps[GUARD_MAP_ADDRESSES];
	struct key_bytes holder;
	struct guard_entry entry;

	if (ebpf_map_read(map, address, &holder) == 0 && memcmp(&holder, key, sizeof holder) &&
	    ebpf_map_read(g->maps[GUARD_MAP_ENTRIES], &holder, &entry) == 0)
		return refuse_address(g, address, &holder, f);
	return ebpf_map_write(map, address, key, BPF_ANY) < 0 ? refuse(g, "add an address", f) : 0;
}

/* Make the addresses of an entry the endpoint's, except those that it holds already. */
static int addresses_take(const struct guard *g, const struct key_bytes *key,
                          const struct guard_entry *entry, const struct guard_entry *held,
                          struct failure *f)
{
	for (uint32_t i = 0; i < entry->n; i++)
		if (!has_address(held, &entry->address[i]) &&
		    address_take(g, key, &entry->address[i], f) < 0)
			return -1;
	return 0;
}

enum found guard_add(const struct guard *g, const struct mac *mac, const struct guard_entry *entry,
                     struct failure *f)
{
	const struct key_bytes key = key_of(mac);
	struct guard_entry there;

	if (ebpf_map_write(g->maps[GUARD_MAP_ENTRIES], &key, entry, BPF_NOEXIST) < 0)
		return errno == EEXIST ? guard_read(g, mac, entry->owner, &there, f)
		                       : (enum found)refuse(g, "add an entry", f);
	return netns_note(g, entry, true, f) < 0 || addresses_take(g, &key, entry, &none, f) < 0
	               ? FOUND_FAILED
	               : FOUND;
}

int guard_write(const struct guard *g, const struct mac *mac, const struct guard_entry *entry,
                struct failure *f)
{
	const struct key_bytes key = key_of(mac);
	struct guard_entry former = { .n = 0 };
	const enum found found = guard_read(g, mac, 0, &former, f);
	const bool same = former.owner == entry->owner && former.netns == entry->netns;

	if (found == FOUND_FAILED || addresses_free(g, &key, &former, entry, f) < 0 ||
	    (!same && netns_note(g, &former, false, f) < 0))
		return -1;
	/* The entry first: it is by the entry that the addresses are removed. */
	if (ebpf_map_write(g->maps[GUARD_MAP_ENTRIES], &key, entry, BPF_ANY) < 0)
		return refuse(g, "write an entry", f);
	if (!same && netns_note(g, entry, true, f) < 0)
		return -1;
	return addresses_take(g, &key, entry, &former, f);
}

int guard_remove(const struct guard *g, const struct mac *mac, uint64_t owner, struct failure *f)
{
	const struct key_bytes key = key_of(mac);
	struct guard_entry entry;
	const enum found found = guard_read(g, mac, owner, &entry, f);

	if (found != FOUND)
		return found;
	/* The entry last: a second attempt needs it. */
	if (addresses_free(g, &key, &entry, &none, f) < 0 || netns_note(g, &entry, false, f) < 0)
		return -1;
	if (ebpf_map_erase(g->maps[GUARD_MAP_ENTRIES], &key) < 0 && errno != ENOENT)
		return refuse(g, "remove an entry", f);
	return 0;
}

/* A key that is removed meanwhile makes the kernel begin again, so the number of steps is bounded.
 */
int guard_each(const struct guard *g,
               void (*on_entry)(const struct mac *mac, const struct guard_entry *entry, void *data),
               void *data, struct failure *f)
{
	static const struct key_bytes nobody = { { 0 } };
	const int map = g->maps[GUARD_MAP_ENTRIES];
	struct key_bytes key, next;
	struct guard_entry entry;

	for (int i = 0; i < 2 * GUARD_ENTRIES_MAX; i++, key = next) {
		if (ebpf_map_next(map, i ? &key : NULL, &next) < 0)
			return errno == ENOENT ? 0 : refuse(g, "list the entries", f);
		if (ebpf_map_read(map, &next, &entry) < 0)
			continue;
		const struct mac mac = mac_of(&next);
		on_entry(memcmp(&next, &nobody, sizeof next) ? &mac : NULL, &entry, data);
	}
	return 0;
}

int guard_supported(struct failure *f)
{
	OWNED(guard_release) struct guard g = GUARD_CLOSED;

	return program_load(&g, f);
}
