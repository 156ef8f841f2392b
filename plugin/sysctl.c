/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a link that a configuration may choose, and writing them. */
#include "plugin/sysctl.h"

#include "base/json.h"
#include "base/keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each setting acts on the endpoint's own link alone. These are left out on purpose:
 *
 *   - forwarding turns off large receive offload on the master, and so for others
 *   - proxy_arp, proxy_ndp, bootp_relay and similar ones make the pod answer for others' addresses
 *   - log_martians fills the node's log
 *   - route_localnet opens the pod's loopback addresses to the LAN
 *   - accept_dad, dad_transmits and optimistic_dad: the key dad sets them; the key mtu sets mtu
 *   - hop_limit and others that a router advertisement changes: CHECK could not compare them */
static const struct sysctl_kind kinds[] = {
	{ SETTINGS_IPV4, "accept_local", 0, 1 },
	{ SETTINGS_IPV4, "accept_redirects", 0, 1 },
	{ SETTINGS_IPV4, "accept_source_route", 0, 1 },
	{ SETTINGS_IPV4, "arp_accept", 0, 2 },
	{ SETTINGS_IPV4, "arp_announce", 0, 2 },
	{ SETTINGS_IPV4, "arp_filter", 0, 1 },
	{ SETTINGS_IPV4, "arp_ignore", 0, 8 },
	{ SETTINGS_IPV4, "arp_notify", 0, 1 },
	{ SETTINGS_IPV4, "drop_gratuitous_arp", 0, 1 },
	{ SETTINGS_IPV4, "drop_unicast_in_l2_multicast", 0, 1 },
	{ SETTINGS_IPV4, "ignore_routes_with_linkdown", 0, 1 },
	{ SETTINGS_IPV4, "promote_secondaries", 0, 1 },
	{ SETTINGS_IPV4, "rp_filter", 0, 2 },
	{ SETTINGS_IPV4, "secure_redirects", 0, 1 },
	{ SETTINGS_IPV4, "send_redirects", 0, 1 },
	{ SETTINGS_IPV4, "shared_media", 0, 1 },
	{ SETTINGS_IPV4, "src_valid_mark", 0, 1 },
	{ SETTINGS_IPV6, "accept_ra", 0, 2 },
	{ SETTINGS_IPV6, "accept_ra_defrtr", 0, 1 },
	{ SETTINGS_IPV6, "accept_ra_from_local", 0, 1 },
	{ SETTINGS_IPV6, "accept_ra_mtu", 0, 1 },
	{ SETTINGS_IPV6, "accept_ra_pinfo", 0, 1 },
	{ SETTINGS_IPV6, "accept_ra_rt_info_max_plen", 0, 128 },
	{ SETTINGS_IPV6, "accept_ra_rt_info_min_plen", 0, 128 },
	{ SETTINGS_IPV6, "accept_ra_rtr_pref", 0, 1 },
	{ SETTINGS_IPV6, "accept_redirects", 0, 1 },
	{ SETTINGS_IPV6, "accept_source_route", -1, 1 },
	{ SETTINGS_IPV6, "autoconf", 0, 1 },
	{ SETTINGS_IPV6, "disable_ipv6", 0, 1 },
	{ SETTINGS_IPV6, "drop_unicast_in_l2_multicast", 0, 1 },
	{ SETTINGS_IPV6, "drop_unsolicited_na", 0, 1 },
	{ SETTINGS_IPV6, "keep_addr_on_down", -1, 1 },
	{ SETTINGS_IPV6, "ndisc_notify", 0, 1 },
	{ SETTINGS_IPV6, "router_solicitations", -1, 10 },
	{ SETTINGS_IPV6, "use_tempaddr", -1, 2 },
};
_Static_assert(sizeof kinds / sizeof *kinds <= SYSCTLS_MAX, "a list that has all of them");

static const struct sysctl_kind *kind_find(enum settings family, const char *name)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].family == family && strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

static int refuse(const cJSON *member, const char *why, struct failure *f)
{
	char text[64];
	return fail(f, CNI_CONFIG, why, "configuration key sysctl: %.128s is %s", member->string,
	            key_value_text(member, text, sizeof text));
}

/* The parts of a name: net.FAMILY.conf.INTERFACE.SETTING, or with slashes in place of the dots. The
 * interface's name may contain dots. */
struct parts {
	enum settings family;
	const char *interface;
	size_t length; /* of the interface's name */
	const char *setting;
};

static bool name_split(const char *name, struct parts *p)
{
	static const char *const prefixes[][SETTINGS_KINDS] = {
		{ "net.ipv4.conf.", "net.ipv6.conf." },
		{ "net/ipv4/conf/", "net/ipv6/conf/" },
	};
	static const char separators[] = { '.', '/' };

	for (size_t i = 0; i < sizeof separators; i++)
		for (unsigned family = 0; family < SETTINGS_KINDS; family++) {
			const char *prefix = prefixes[i][family];
			if (strncmp(name, prefix, strlen(prefix)) != 0)
				continue;
			const char *interface = name + strlen(prefix);
			const char *last = strrchr(interface, separators[i]);
			*p = (struct parts){ (enum settings)family, interface,
				             last ? (size_t)(last - interface) : 0,
				             last ? last + 1 : NULL };
			return p->length > 0;
		}
	return false;
}

static bool is(const struct parts *p, const char *interface)
{
	return strlen(interface) == p->length && memcmp(interface, p->interface, p->length) == 0;
}

static bool is_own(const struct parts *p, const char *ifname)
{
	if (is(p, "IFNAME"))
		return true;
	return ifname && *ifname ? is(p, ifname) : !is(p, "all") && !is(p, "default");
}

static int refuse_setting(const cJSON *member, enum settings family, struct failure *f)
{
	char why[sizeof f->details];

	snprintf(why, sizeof why, "podtap sets no such setting of a link; of net.%s.conf it sets:",
	         settings_name(family));
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].family == family)
			word_add(why, sizeof why, " ", kinds[i].name);
	return refuse(member, why, f);
}

/* Read an integer as the kernel does: digits, with an optional minus. */
static int value_read(const cJSON *member, const struct sysctl_kind *kind, int *value,
                      struct failure *f)
{
	const char *text = json_string(member);
	const char *digits = text && *text == '-' ? text + 1 : text;
	char why[96];

	if (text && *digits && strlen(digits) <= 4 &&
	    strspn(digits, "0123456789") == strlen(digits)) {
		*value = (int)strtol(text, NULL, 10);
		if (*value >= kind->min && *value <= kind->max)
			return 0;
	}
	snprintf(why, sizeof why, "it must be a string with an integer from %d to %d", kind->min,
	         kind->max);
	return refuse(member, why, f);
}

static int member_read(struct sysctls *s, const cJSON *member, const char *ifname,
                       struct failure *f)
{
	struct parts p;
	int value = 0;

	if (!name_split(member->string, &p) || !is_own(&p, ifname))
		return refuse(member,
		              "it must be a setting of this endpoint's interface: "
		              "net.ipv4.conf.IFNAME.NAME or net.ipv6.conf.IFNAME.NAME",
		              f);
	const struct sysctl_kind *kind = kind_find(p.family, p.setting);
	if (!kind)
		return refuse_setting(member, p.family, f);
	if (sysctl_find(s, p.family, p.setting))
		return refuse(member, "it is there twice", f);
	if (value_read(member, kind, &value, f) < 0)
		return -1;
	s->list[s->n++] = (struct sysctl){ kind, value };
	return 0;
}

int sysctls_read(struct sysctls *s, const cJSON *value, const char *ifname, struct failure *f)
{
	const cJSON *member;

	s->n = 0;
	json_each_member(member, value)
	{
		if (member_read(s, member, ifname, f) < 0)
			return -1;
	}
	return 0;
}

const struct sysctl *sysctl_find(const struct sysctls *s, enum settings family, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].kind->family == family && strcmp(s->list[i].kind->name, name) == 0)
			return &s->list[i];
	return NULL;
}

void sysctls_add(struct sysctls *s, enum settings family, const char *name, int value)
{
	const struct sysctl_kind *kind = kind_find(family, name);

	if (kind && !sysctl_find(s, family, name))
		s->list[s->n++] = (struct sysctl){ kind, value };
}

unsigned sysctls_extras(const struct sysctls *s)
{
	unsigned extras = 0;

	for (size_t i = 0; i < s->n; i++)
		extras |= (unsigned)SANDBOX_IPV4 << s->list[i].kind->family;
	return extras;
}

static int explain(const struct sysctl *s, const char *ifname, int err,
                   const struct failure *refusal, struct failure *f)
{
	char name[SYSCTL_TEXT];

	if (err != ENOENT)
		return failure_pass(f, refusal);
	return fail(f, CNI_CONFIG,
	            "the kernel has no such setting on this link; a link has those of IPv6 only "
	            "where the kernel has IPv6 and its mtu is 1280 at least",
	            "configuration key sysctl: %s is \"%d\"", sysctl_name(s->kind, ifname, name),
	            s->value);
}

int sysctls_apply(const struct sysctls *s, const struct sandbox *sandbox, const char *ifname,
                  struct failure *f)
{
	struct failure refusal;

	failure_clear(&refusal);
	for (size_t i = 0; i < s->n; i++) {
		const struct sysctl *it = &s->list[i];
		const enum settings family = it->kind->family;
		if (sandbox->settings[family] < 0)
			return explain(it, ifname, ENOENT, &refusal, f);
		if (sandbox_set(sandbox, family, ifname, it->kind->name, it->value, &refusal) < 0)
			return explain(it, ifname, errno, &refusal, f);
	}
	return 0;
}

const char *sysctl_name(const struct sysctl_kind *kind, const char *ifname,
                        char text[static SYSCTL_TEXT])
{
	snprintf(text, SYSCTL_TEXT, "net.%s.conf.%s.%s", settings_name(kind->family), ifname,
	         kind->name);
	return text;
}

cJSON *sysctls_write(const struct sysctls *s, const char *ifname)
{
	OWNED(json_release) cJSON *object = cJSON_CreateObject();
	char name[SYSCTL_TEXT], value[16];

	for (size_t i = 0; i < s->n; i++) {
		snprintf(value, sizeof value, "%d", s->list[i].value);
		if (!cJSON_AddStringToObject(object, sysctl_name(s->list[i].kind, ifname, name),
		                             value))
			return NULL;
	}
	return json_take(&object);
}
