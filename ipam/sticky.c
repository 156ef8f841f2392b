/* SPDX-License-Identifier: Apache-2.0 */
/* The table of former addresses: rows of slots in a file. The hash of the asking name selects the
 * row. */
#include "ipam/sticky.h"

#include "base/hash.h"
#include "ipam/former.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 8192, SLOTS = 8 };

struct slot {
	uint64_t name[2]; /* two hashes of the name */
	uint64_t age;     /* a greater age is younger; 0: empty slot */
	uint64_t sum;
	uint8_t ip[16];
	uint8_t family;
	uint8_t unused[15];
};

struct row {
	struct slot slots[SLOTS];
	uint32_t number;
};

bool sticky_name(const struct request *r, char name[static STICKY_NAME])
{
	char space[512], pod[512];
	const bool known = args_find(r->args, "K8S_POD_NAMESPACE", space, sizeof space) > 0 &&
	                   args_find(r->args, "K8S_POD_NAME", pod, sizeof pod) > 0;
	const int n =
	        known ? snprintf(name, STICKY_NAME, "pod %s/%s %s", space, pod, r->ifname)
	              : snprintf(name, STICKY_NAME, "container %s %s", r->container_id, r->ifname);

	return n < STICKY_NAME;
}

static uint64_t slot_sum(const struct slot *s)
{
	struct slot copy = *s;

	copy.sum = 0;
	return bytes_hash(&copy, sizeof copy, 0);
}

static uint64_t slot_former_sum(const struct slot *s)
{
	return former_sum(s->name[0] ^ s->name[1] * 3 ^ s->age * 5 ^ s->family, s->ip,
	                  sizeof s->ip);
}

/* Accepts a slot of an older generation too: it stays until its row needs the room. */
static bool slot_sound(const struct slot *s)
{
	return s->age > 0 && (s->family == AF_INET || s->family == AF_INET6) &&
	       (s->sum == slot_sum(s) || s->sum == slot_former_sum(s));
}

static void name_hash(const char *name, size_t set, uint64_t (*hash_of)(const char *),
                      uint64_t hash[static 2])
{
	char text[STICKY_NAME + 32];

	snprintf(text, sizeof text, "%zu %s", set, name);
	hash[0] = hash_of(text);
	text[0] ^= 0x40; /* another text, so that its hash differs */
	hash[1] = hash_of(text);
}

static void row_read(int fd, uint64_t hash, struct row *row)
{
	row->number = (uint32_t)(hash % ROWS);
	const off_t at = (off_t)row->number * (off_t)sizeof row->slots;

	memset(row->slots, 0, sizeof row->slots); /* the file may end before this row */
	if (pread(fd, row->slots, sizeof row->slots, at) < 0)
		memset(row->slots, 0, sizeof row->slots);
}

static struct slot *slot_find(struct row *row, const uint64_t hash[static 2])
{
	for (size_t i = 0; i < SLOTS; i++) {
		struct slot *s = &row->slots[i];
		if (slot_sound(s) && s->name[0] == hash[0] && s->name[1] == hash[1])
			return s;
	}
	return NULL;
}

/* Looks a name up by one of the two hash functions. Returns family 0 if it is not found. */
static struct ip recall(int fd, const char *name, size_t set, uint64_t (*hash_of)(const char *))
{
	struct ip ip = { .family = 0 };
	struct row row;
	uint64_t hash[2];

	name_hash(name, set, hash_of, hash);
	row_read(fd, hash[0], &row);
	const struct slot *s = slot_find(&row, hash);
	if (s) {
		ip.family = s->family;
		memcpy(ip.byte, s->ip, ip_size(&ip));
	}
	return ip;
}

struct ip sticky_recall(const struct own_directory *p, const char *name, size_t set)
{
	struct ip ip = { .family = 0 };
	OWNED(fd_release) int fd = own_directory_open(p, "sticky", O_RDONLY);

	if (fd >= 0)
		ip = recall(fd, name, set, text_hash);
	if (fd >= 0 && !ip.family)
		ip = recall(fd, name, set, former_text_hash);
	return ip;
}

/* Selects the slot to write: the slot of the name, an empty one, or the oldest. *age becomes the
 * age of the youngest. */
static struct slot *slot_choose(struct row *row, const uint64_t hash[static 2], uint64_t *age)
{
	struct slot *own = slot_find(row, hash), *oldest = &row->slots[0];

	*age = 0;
	for (size_t i = 0; i < SLOTS; i++) {
		struct slot *s = &row->slots[i];
		if (!slot_sound(s))
			s->age = 0;
		if (s->age < oldest->age)
			oldest = s;
		if (s->age > *age)
			*age = s->age;
	}
	return own ? own : oldest;
}

void sticky_remember(const struct own_directory *p, const char *name, size_t set,
                     const struct ip *ip)
{
	uint64_t hash[2], age;
	struct row row;
	OWNED(fd_release) int fd = own_directory_open(p, "sticky", O_RDWR | O_CREAT);

	if (fd < 0)
		return;
	name_hash(name, set, text_hash, hash);
	row_read(fd, hash[0], &row);
	struct slot *s = slot_choose(&row, hash, &age);
	*s = (struct slot){ .name = { hash[0], hash[1] }, .age = age + 1, .family = ip->family };
	memcpy(s->ip, ip->byte, sizeof s->ip);
	s->sum = slot_sum(s);
	const off_t at = (off_t)row.number * (off_t)sizeof row.slots + ((char *)s - (char *)&row);
	if (pwrite(fd, s, sizeof *s, at) < 0)
		return; /* the address is forgotten */
}
