/* SPDX-License-Identifier: Apache-2.0 */
/* Create the link in the container with one request, and prove its tap node. */
#include "plugin/link_tap.h"

#include "base/errno_text.h"
#include "base/file.h"
#include "netns/char_link.h"
#include "plugin/link_setup.h"
#include "plugin/master.h"
#include "record/ifindex.h"
#include "record/minors.h"
#include "record/state.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <sys/sysmacros.h>

enum {
	TRIES = 16,        /* of about 15 million indices: two are rare, sixteen are a fault */
	HOLDING_MAX = 512, /* placeholders at once: they take half a second */
};

/* The outcome of one try with one index. */
enum outcome { MADE = 0, FAILED = -1, INDEX_TAKEN = 1, MINOR_TAKEN = 2 };

/* Whether the link keeps the MAC address that is set. In mode passthru it gets the master's. */
static bool keeps_mac(const struct attachment *at)
{
	return at->target.mode == MACVLAN_MODE_PASSTHRU ||
	       (at->target.takeover.link.index && !at->config.has_mac);
}

/* Returns 0 for a link that is taken over: it keeps the length that its maker chose. */
static uint32_t tx_queue_of(const struct attachment *at)
{
	const uint32_t masters = at->target.master.tx_queue;

	if (at->config.tx_queue || at->target.takeover.link.index)
		return at->config.tx_queue;
	if (masters > TXQUEUELEN_MAX)
		return TXQUEUELEN_MAX;
	return masters > TXQUEUELEN_DEFAULT ? masters : TXQUEUELEN_DEFAULT;
}

static struct link_want want_of(const struct link_tap *lt, const struct endpoint *e)
{
	const struct attachment *at = lt->attachment;
	const struct config *c = &at->config;

	return (struct link_want){
		.name = e->ifname,
		.index = e->ifindex,
		.master = at->target.master.index,
		.netns = c->link_in_container ? -1 : at->sandbox.netns,
		.kind = c->kind,
		.mode = at->target.mode,
		.mac = keeps_mac(at) ? NULL : &e->mac,
		.mtu = c->mtu,
		.queues = c->queues,
		.tx_queue = tx_queue_of(at),
		.bcqueuelen = c->bcqueuelen,
		.sources = c->sources,
		.n_sources = c->n_sources,
		.flags = link_setup_is_none(at) ? link_setup_flags(at) : 0,
	};
}

/* Explain a refusal of mode passthru. The kernel gives only EINVAL if the master has another link.
 */
static int explain_passthru(const struct link_tap *lt, const struct failure *refusal,
                            struct failure *f)
{
	char holder[400] = "an endpoint podtap has no record of";
	const char *master = lt->attachment->target.master.name;
	char details[700];

	master_holder(master, lt->attachment->target.mode, holder, sizeof holder);
	snprintf(
	        details, sizeof details,
	        "%.100s: mode passthru needs a master with nothing else on it, and leaves none for "
	        "others; it is held by %s",
	        refusal->details, holder);
	return fail(f, CNI_CONFIG, details, "master %s is taken", master);
}

struct reason {
	int err;
	int code;
	const char *text;
};

static const struct reason reasons[] = {
	{ EBUSY, CNI_AGAIN,
	  "it is a port of a bridge, bond or the like: make that the master instead" },
	{ EOPNOTSUPP, CNI_OTHER,
	  "the kernel does not know this kind of link: load the module of that name" },
	{ ENODEV, CNI_AGAIN, "the master went away meanwhile" },
};

static int explain(const struct link_tap *lt, int err, const struct failure *refusal,
                   struct failure *f)
{
	const struct attachment *at = lt->attachment;
	char details[700];

	if (err == EINVAL &&
	    (at->target.mode == MACVLAN_MODE_PASSTHRU || at->target.master.promiscuity))
		return explain_passthru(lt, refusal, f);
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].err == err) {
			snprintf(details, sizeof details, "%.400s: %s", refusal->details,
			         reasons[i].text);
			return fail(f, reasons[i].code, details, "%s on master %s", refusal->msg,
			            at->target.master.name);
		}
	return fail(f, refusal->code, refusal->details, "%s on master %s", refusal->msg,
	            at->target.master.name);
}

/* Find what is in use: the name in the container, or the index, there or (older kernels) on the
 * host. */
static enum outcome name_or_index(const struct link_tap *lt, const struct endpoint *e,
                                  struct failure *f)
{
	struct link link;
	enum found found = link_by_name(&lt->attachment->sandbox.rtnl, e->ifname, &link, f);

	if (found == FOUND_FAILED)
		return FAILED;
	if (found == FOUND_NONE)
		return INDEX_TAKEN;
	fail(f, CNI_OTHER, "it is left as it is: delete it or choose another CNI_IFNAME",
	     "interface %s exists in %s already", e->ifname, e->netns_path);
	return FAILED;
}

/* Find why the kernel said EBUSY. Kernels before 6.13 say it if the index is in use in the
 * container, and all kernels if the master is a port. */
static enum outcome index_or_port(const struct link_tap *lt, const struct endpoint *e,
                                  const struct failure *refusal, struct failure *f)
{
	struct link link;
	enum found found = link_by_index(&lt->attachment->sandbox.rtnl, e->ifindex, &link, f);

	if (found == FOUND_NONE)
		explain(lt, EBUSY, refusal, f);
	return found == FOUND ? INDEX_TAKEN : FAILED;
}

/* Adopt the index that the kernel chose in place of the wanted one. Kernels before 5.13 do that. */
static enum outcome follow_index(const struct link_tap *lt, struct endpoint *e, uint32_t index,
                                 struct failure *f)
{
	if (ifindex_release(e->ifindex, e->container_id, e->ifname, f) < 0)
		return FAILED;
	e->ifindex = index;
	int claimed = ifindex_claim(index, e->container_id, e->ifname, f);
	if (claimed == 0)
		fail(f, CNI_AGAIN, "another endpoint has it", "interface index %u", index);
	return claimed <= 0 || endpoint_write(e, lt->records, f) < 0 ? FAILED : MADE;
}

static enum outcome move_link(struct link_tap *lt, struct endpoint *e, struct failure *f)
{
	struct attachment *at = lt->attachment;
	const struct link_want want = want_of(lt, e);
	uint32_t index = e->ifindex;

	/* Look before the move, because the kernel renames a link only after it has moved it. */
	if (name_or_index(lt, e, f) == FAILED)
		return FAILED;
	lt->linked = true; /* set also if the kernel moved the link and then refused the rest */
	const enum takeover_moved moved =
	        takeover_move(&at->target.takeover, &at->host.rtnl, &at->sandbox.rtnl, lt->devices,
	                      &want, &index, f);
	if (moved == MOVE_IN_USE) {
		lt->linked = false;
		return INDEX_TAKEN;
	}
	if (moved == MOVE_FAILED)
		return FAILED;
	return index == e->ifindex ? MADE : follow_index(lt, e, index, f);
}

static enum outcome make_link(struct link_tap *lt, struct endpoint *e, struct failure *f)
{
	struct failure refusal;
	const struct link_want want = want_of(lt, e);
	const struct link_setup setup = { lt->attachment, e, NULL, PROOF_AS_CONFIGURED };

	failure_clear(&refusal);
	if (lt->attachment->target.takeover.link.index)
		return move_link(lt, e, f);
	lt->linked = true; /* assume so, because the answer may be unreadable */
	if (link_create(attachment_master_rtnl(lt->attachment), &want, &refusal) == 0)
		return MADE;
	int err = errno;

	lt->linked = err != EEXIST && err != EBUSY;
	switch (err) {
	case EEXIST:
		return name_or_index(lt, e, f);
	case EBUSY:
		return index_or_port(lt, e, &refusal, f);
	case EADDRINUSE:
		return (enum outcome)link_setup_refuse_mac(&setup, f);
	default:
		return explain(lt, err, &refusal, f);
	}
}

/* Whether containers get the tap without another call of podtap: by CDI, or by what requests it in
 * a Kubernetes pod. podman's hook itself notes what it gives. */
static bool is_given(const struct attachment *at, const struct endpoint *e)
{
	char pod[2];

	return e->cdi || args_find(at->request->args, "K8S_POD_NAME", pod, sizeof pod);
}

/* Claim the number of the tap. Another living pod may still have the permission to open it. A link
 * that was taken over is not created anew for that. */
static enum outcome claim_minor(const struct link_tap *lt, const struct endpoint *e,
                                struct failure *f)
{
	const struct attachment *at = lt->attachment;
	const bool any = lt->any_minor || at->target.takeover.link.index;
	if (e->tap.number < lt->former)
		return MINOR_TAKEN;
	const int ours = any ? 1 : minor_is_free(e->tap.number, &e->netns, f);

	if (ours > 0 && is_given(at, e) &&
	    minor_note(e->tap.number, &e->netns, e->netns_path, f) < 0)
		return FAILED;
	return ours > 0 ? MADE : ours < 0 ? FAILED : MINOR_TAKEN;
}

/* Provide the node. If the kernel did not create it, write its number to the record first: a call
 * that finds only the record must know which node to remove. */
static enum outcome make_tap(struct link_tap *lt, struct endpoint *e, struct failure *f)
{
	const struct attachment *at = lt->attachment;
	struct tap_node node;
	char name[TAP_NAME_MAX];

	if (sandbox_tap_made(&at->sandbox, e->ifindex, &e->tap.number, f) < 0)
		return FAILED;
	const enum outcome minor = claim_minor(lt, e, f);
	if (minor != MADE)
		return minor;
	if (tap_look(lt->devices, e->ifindex, &node, f) < 0)
		return FAILED;
	tap_name(e->ifindex, name);
	text_release(&lt->node);
	lt->node = path_join(device_path(), name);
	if (!lt->node)
		return (enum outcome)fail(f, CNI_OTHER, errno_text(errno), "PODTAP_DEV_DIR");
	e->tap.path = lt->node;
	if (!node.exists && endpoint_write(e, lt->records, f) < 0)
		return FAILED;
	const struct tap_access access = { e->tap.uid, e->tap.gid, e->tap.mode };
	int ours = tap_provide(lt->devices, e->ifindex, e->tap.number, &node, &access, f);
	if (ours)
		return ours > 0 ? MADE : FAILED;
	e->tap.path = NULL; /* another program has the name */
	return INDEX_TAKEN;
}

/* Hold the number that was refused, which the kernel gives next, so that the former one comes. */
static void hold_lower(struct link_tap *lt)
{
	struct failure ignored = { 0 };
	uint32_t index;

	if (ifindex_draw(&index, &ignored) < 0 || !placeholders_add(&lt->held, index, 1))
		lt->former = 0;
}

/* Hold twice as many numbers each time, because the count of unusable ones in a row is not known.
 */
static void hold_minors(struct link_tap *lt, uint32_t ifindex)
{
	lt->holding = lt->holding ? 2 * lt->holding : 1;
	if (lt->holding <= HOLDING_MAX && placeholders_add(&lt->held, ifindex, lt->holding))
		return;
	fprintf(stderr, "podtap: a number that another pod may open is used: %s\n",
	        lt->holding > HOLDING_MAX ? "too many are kept" : errno_text(errno));
	lt->any_minor = true;
}

static enum outcome try_index(struct link_tap *lt, struct endpoint *e, struct failure *f)
{
	struct rtnl *inside = &lt->attachment->sandbox.rtnl;
	int claimed = ifindex_claim(e->ifindex, e->container_id, e->ifname, f);

	if (claimed == 0 && lt->fixed)
		claimed = ifindex_is_claimed(e->ifindex, e->container_id, e->ifname, f);
	if (claimed <= 0)
		return claimed < 0 ? FAILED : INDEX_TAKEN;
	enum outcome made = make_link(lt, e, f);
	lt->proved = made == MADE;
	if (made != MADE || !lt->attachment->config.kind->tap)
		return made;
	made = make_tap(lt, e, f);
	if (made == INDEX_TAKEN && lt->attachment->target.takeover.link.index)
		return (enum outcome)fail(f, CNI_OTHER, "another device or file has its name",
		                          "the tap of %s", e->ifname);
	if (made == INDEX_TAKEN || made == MINOR_TAKEN) {
		/* INDEX_TAKEN first: a foreign file or device has the node's name. */
		if (link_delete(inside, e->ifindex, f) < 0)
			return FAILED;
		lt->linked = false;
	}
	if (made == MINOR_TAKEN && e->tap.number < lt->former)
		hold_lower(lt);
	else if (made == MINOR_TAKEN)
		hold_minors(lt, e->ifindex);
	return made;
}

/* Try with the one index that the endpoint had. */
static int try_fixed(struct link_tap *lt, struct endpoint *e, struct failure *f)
{
	for (int tries = 0; tries < TRIES; tries++) {
		const enum outcome made = try_index(lt, e, f);
		if (made == MADE || made == FAILED)
			return made == MADE ? 0 : -1;
		if (made == INDEX_TAKEN)
			return fail(f, CNI_AGAIN, "another interface or attachment has it now",
			            "interface index %u of %s", e->ifindex, e->ifname);
		if (tries == TRIES / 2)
			lt->former = 0;
	}
	return fail(f, CNI_AGAIN, "sixteen in a row were taken", "find a free tap number");
}

static int try_indices(struct link_tap *lt, struct endpoint *e, struct failure *f)
{
	for (int tries = 0; tries < TRIES; tries++) {
		enum outcome made = try_index(lt, e, f);
		if (made == MADE || made == FAILED)
			return made == MADE ? 0 : -1;
		if (ifindex_release(e->ifindex, e->container_id, e->ifname, f) < 0 ||
		    ifindex_draw(&e->ifindex, f) < 0 || endpoint_write(e, lt->records, f) < 0)
			return -1;
	}
	return fail(f, CNI_AGAIN, "sixteen in a row were taken", "find a free interface index");
}

int link_tap_create(struct link_tap *lt, struct endpoint *e, struct failure *f)
{
	lt->held = PLACEHOLDERS_NONE;
	const int created = lt->fixed ? try_fixed(lt, e, f) : try_indices(lt, e, f);
	placeholders_release(&lt->held);
	return created;
}

/* The record has the number already: the kernel removes its node with the link, and then only the
 * record tells DEL the number. */
int link_tap_number(const struct link_tap *lt, const struct endpoint *e, struct failure *f)
{
	const struct takeover *t = &lt->attachment->target.takeover;

	if (!e->tap.path)
		return 0;
	if (t->link.index && t->number == e->tap.number &&
	    char_link_await_udev(lt->devices, t->number, f) < 0)
		return -1;
	const int made = char_link_make(lt->devices, e->ifindex, e->tap.number, f);
	if (made == 0)
		fprintf(stderr, "podtap: %s/char/%u:%u is not a link to a tap: left alone\n",
		        device_path(), major(e->tap.number), minor(e->tap.number));
	return made < 0 ? -1 : 0;
}
