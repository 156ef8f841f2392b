/* SPDX-License-Identifier: Apache-2.0 */
/* What a node knows of owners' addresses: from CNI calls, from the store, and from lists. */
#include "expose/addresses/sticky.h"

#include "base/entries.h"
#include "base/file.h"
#include "base/keys.h"
#include "expose/common/daemon.h"
#include "ipam/held_wait.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

enum { REQUEST_MAX = 4096 }; /* bytes of a call's file */

void sticky_release(struct sticky *s)
{
	free(s->bounds);
	*s = (struct sticky){ .bounds = NULL };
}

struct bound *sticky_add(struct sticky *s, enum bound_phase phase)
{
	struct bound *grown = realloc(s->bounds, (s->n + 1) * sizeof *grown);

	if (!grown)
		return NULL;
	s->bounds = grown;
	struct bound *b = &grown[s->n++];
	*b = (struct bound){ .phase = phase };
	return b;
}

struct spelled {
	const char *space, *pod, *ifname;
	uint32_t kind;
};

#define FIELD(member) .offset = offsetof(struct spelled, member)
static const struct key request_keys[] = {
	{ "sticky", KEY_WORD, FIELD(kind), .words = owner_kinds, .required = true },
	{ "namespace", KEY_TEXT, FIELD(space), .required = true },
	{ "pod", KEY_TEXT, FIELD(pod), .required = true },
	{ "interface", KEY_TEXT, FIELD(ifname), .required = true },
};
#undef FIELD

static bool request_read(int fd, struct pod_interface *pod)
{
	struct failure f = { 0 };
	struct spelled s = { .kind = 0 };
	char text[REQUEST_MAX];
	const ssize_t length = file_text(fd, text, sizeof text);
	OWNED(json_release)
	cJSON *json = length > 0 ? json_parse(text, (size_t)length, "a call's file", &f) : NULL;
	const struct key_scope scope = { json, "", &f };

	if (!json ||
	    keys_read(request_keys, sizeof request_keys / sizeof *request_keys, &scope, &s) < 0)
		return false;
	pod->kind = s.kind;
	return snprintf(pod->space, sizeof pod->space, "%s", s.space) < (int)sizeof pod->space &&
	       snprintf(pod->pod, sizeof pod->pod, "%s", s.pod) < (int)sizeof pod->pod &&
	       snprintf(pod->ifname, sizeof pod->ifname, "%s", s.ifname) < (int)sizeof pod->ifname;
}

static bool ask_again(struct sticky *s, uint64_t request, int64_t now)
{
	bool found = false;

	for (size_t i = 0; i < s->n; i++) {
		struct bound *b = &s->bounds[i];
		if (b->request != request)
			continue;
		found = b->asked = true;
		b->quiet_from = now;
	}
	return found;
}

static void ask(struct sticky *s, const struct pod_interface *pod, uint64_t request, size_t n_sets)
{
	for (size_t i = 0; i < n_sets; i++) {
		struct bound *b = sticky_add(s, BOUND_OWNER);
		if (!b)
			return;
		b->pod = *pod;
		b->request = request;
		b->set = (uint32_t)i;
		b->asked = true;
	}
}

/* Hears one call. The file of a call that was killed is not locked: it goes. */
static void request_hear(struct sticky *s, int directory, const char *name, uint64_t request,
                         const struct claimer *c, int64_t now)
{
	struct pod_interface pod = { .kind = 0 };
	OWNED(fd_release)
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		unlinkat(directory, name, 0);
	else if (!ask_again(s, request, now) && c->pool && request_read(fd, &pod))
		ask(s, &pod, request, c->pool->n_sets);
}

void sticky_requests(struct sticky *s, const char *directory, const struct claimer *c, int64_t now)
{
	OWNED(entries_release) struct entries e;
	char prefix[POOL_NAME + 16];
	const char *name;
	uint64_t request;

	const size_t length = (size_t)snprintf(prefix, sizeof prefix, BIND_PREFIX "%s.", c->name);
	OWNED(fd_release)
	int fd = openat(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < s->n; i++)
		s->bounds[i].asked = false;
	entries_begin(&e, openat(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	while (e.fd >= 0 && (name = entries_next(&e)))
		if (strncmp(name, prefix, length) == 0 &&
		    binding_number_parse(name + length, &request))
			request_hear(s, fd, name, request, c, now);
}

/* Returns whether the node has, or may have, a claim of it. */
static bool is_ours(const struct bound *b)
{
	return b->ip.family && b->phase >= BOUND_SERVED && b->phase < BOUND_OVER;
}

bool sticky_use(struct sticky *s, const struct ip *ip)
{
	for (size_t i = 0; i < s->n; i++)
		if ((is_ours(&s->bounds[i]) || s->bounds[i].phase == BOUND_JOIN) &&
		    ip_equal(&s->bounds[i].ip, ip))
			return s->bounds[i].seen = true;
	return false;
}

void sticky_use_end(struct sticky *s, bool known, int64_t now)
{
	for (size_t i = 0; i < s->n; i++) {
		struct bound *b = &s->bounds[i];
		const bool used = b->seen || !known;
		if (used && !b->used)
			b->used_from = now;
		if (used || b->used)
			b->quiet_from = now;
		if (used != b->used)
			b->due = now;
		b->used = used;
		b->seen = false;
	}
}

void sticky_list_begin(struct sticky *s)
{
	for (size_t i = 0; i < s->n; i++)
		s->bounds[i].listed = false;
}

static struct bound *bound_by_claim(struct sticky *s, uint64_t id, const struct ip *ip)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->bounds[i].number == id && ip_equal(&s->bounds[i].ip, ip) &&
		    s->bounds[i].phase != BOUND_OVER)
			return &s->bounds[i];
	return NULL;
}

static void claim_note(struct sticky *s, const struct claim *c, const struct ip *ip, int64_t now)
{
	const bool idle = c->state == CLAIM_IDLE;
	struct bound *b = bound_by_claim(s, c->owner, ip);

	if (!b) {
		b = sticky_add(s, idle ? BOUND_IDLE : BOUND_HELD);
		if (!b)
			return;
		b->number = c->owner;
		b->ip = *ip;
		b->quiet_from = b->idle_from = now;
	}
	b->listed = true;
	/* A former process took it out of the file before it made the claim idle. */
	if (b->recalled && c->state == CLAIM_ACTIVE)
		b->phase = BOUND_SERVED;
	b->recalled = false;
	/* The engine took us for gone: we say that we are not. */
	if (c->state == CLAIM_LOST && b->used) {
		b->phase = BOUND_JOIN;
		b->due = now;
		b->tries = 0;
	}
}

void sticky_list_visit(struct sticky *s, const struct address_block *block, const char *uid,
                       int64_t now)
{
	for (size_t i = 0; i < block->n_claims; i++) {
		const struct claim *c = &block->claims[i];
		const struct ip ip = block_ip(&block->first, c->offset);
		if (c->owner && strcmp(c->uid, uid) == 0)
			claim_note(s, c, &ip, now);
	}
}

void sticky_list_end(struct sticky *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct bound *b = &s->bounds[i];
		char text[IP_TEXT];
		if (b->phase == BOUND_IDLE)
			b->due = 0; /* look for its owner now: no timer of its own is needed */
		if (b->listed || !is_ours(b) || b->phase == BOUND_LEAVE)
			continue;
		log_event("the claim of %s, which belongs to an owner, is gone",
		          ip_format(&b->ip, text));
		b->phase = BOUND_OVER;
	}
}

uint32_t sticky_lacking(const struct sticky *s)
{
	uint32_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->bounds[i].phase == BOUND_TAKE;
	return n;
}
