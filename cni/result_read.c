/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a result from the form of any version. */
#include "base/json.h"
#include "cni/result_members.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

struct reading {
	struct result *r;
	const char *what; /* the name of the result, for messages */
	char path[64];    /* the path of the current object, for messages; "" at the top */
	int code;         /* the code of a failure */
	bool by_host;     /* accept ROUTE_BY_HOST */
	struct failure *f;
};

static int refuse(const struct reading *rd, const cJSON *value, const char *member,
                  const char *wanted)
{
	const char *text = value ? value->valuestring : NULL; /* strings and numbers have one */
	const char *quote = cJSON_IsString(value) ? "\"" : "";
	char details[256];

	snprintf(details, sizeof details, "it must be %s%s%s%.128s%s", wanted, text ? ", not " : "",
	         text ? quote : "", text ? text : "", text ? quote : "");
	return fail(rd->f, rd->code, details, "%s: invalid %s%s%s", rd->what, rd->path,
	            *rd->path ? "." : "", member);
}

static int read_text(const struct reading *rd, const cJSON *object, const char *member,
                     const char **out)
{
	const cJSON *value = json_member(object, member);

	*out = json_string(value);
	return value && !*out ? refuse(rd, value, member, "a string") : 0;
}

static int read_cidr(const struct reading *rd, const cJSON *object, const char *member,
                     struct cidr *out)
{
	const cJSON *value = json_member(object, member);
	const char *text = json_string(value);

	if (!text || !cidr_parse(text, out))
		return refuse(rd, value, member, "an IP address with a prefix length");
	return 0;
}

/* An empty text counts as absent. */
static int read_ip(const struct reading *rd, const cJSON *object, const char *member,
                   struct ip *out)
{
	const cJSON *value = json_member(object, member);
	const char *text = value ? json_string(value) : "";

	if (!text || (*text && !ip_parse(text, out)))
		return refuse(rd, value, member, "an IP address");
	return 0;
}

/* Returns 1 if the number is present, 0 if it is absent. */
static int read_number(const struct reading *rd, const cJSON *object, const char *member,
                       uint32_t max, uint32_t *out)
{
	const cJSON *value = json_member(object, member);
	char wanted[64];
	int64_t number;

	if (!value)
		return 0;
	if (!json_integer(value, &number) || number < 0 || number > max) {
		snprintf(wanted, sizeof wanted, "an integer from 0 to %u", max);
		return refuse(rd, value, member, wanted);
	}
	*out = (uint32_t)number;
	return 1;
}

/* Reads each object of a list. `prefix` precedes the name of the list in messages. */
static int read_list(struct reading *rd, const cJSON *object, const char *prefix, const char *name,
                     int (*read)(struct reading *, const cJSON *))
{
	const cJSON *list = json_member(object, name), *item;
	size_t index = 0;

	snprintf(rd->path, sizeof rd->path, "%s", prefix);
	if (list && !cJSON_IsArray(list))
		return refuse(rd, list, name, "a list");
	cJSON_ArrayForEach(item, list)
	{
		snprintf(rd->path, sizeof rd->path, "%s%s%s[%zu]", prefix, *prefix ? "." : "", name,
		         index++);
		if (!cJSON_IsObject(item))
			return fail(rd->f, rd->code, "it must be an object", "%s: invalid %s",
			            rd->what, rd->path);
		if (read(rd, item) < 0)
			return -1;
	}
	rd->path[0] = '\0';
	return 0;
}

static int read_interface(struct reading *rd, const cJSON *object)
{
	struct interface *interface = result_add_interface(rd->r, rd->f);

	if (!interface)
		return -1;
	for (size_t i = 0; i < INTERFACE_TEXTS; i++)
		if (read_text(rd, object, interface_texts[i].name,
		              (const char **)((char *)interface + interface_texts[i].offset)) < 0)
			return -1;
	return read_number(rd, object, "mtu", INT_MAX, &interface->mtu);
}

/* Some IPAM plugins give an index without a list of interfaces. Such an index counts as absent. */
static int read_index(const struct reading *rd, const cJSON *object, int *out)
{
	uint32_t index;
	const int found = read_number(rd, object, "interface", INT_MAX, &index);

	if (found <= 0 || rd->r->n_interfaces == 0)
		return found;
	if (index >= rd->r->n_interfaces)
		return refuse(rd, json_member(object, "interface"), "interface",
		              "an index into interfaces");
	*out = (int)index;
	return 0;
}

static int read_ip_config(struct reading *rd, const cJSON *object)
{
	struct ip_config *ip = result_add_ip(rd->r, rd->f);

	if (!ip || read_cidr(rd, object, "address", &ip->address) < 0 ||
	    read_ip(rd, object, "gateway", &ip->gateway) < 0 ||
	    read_index(rd, object, &ip->interface) < 0)
		return -1;
	return 0;
}

static int read_gateway(const struct reading *rd, const cJSON *object, struct route *route)
{
	const char *text = rd->by_host ? json_string(json_member(object, "gw")) : NULL;

	if (!text || strcmp(text, "host") != 0)
		return read_ip(rd, object, "gw", &route->gw);
	route->has |= ROUTE_BY_HOST;
	return 0;
}

/* Clears the host bits of a destination: the kernel refuses a route with host bits. */
static int read_route(struct reading *rd, const cJSON *object)
{
	struct route *route = result_add_route(rd->r, rd->f);

	if (!route || read_cidr(rd, object, "dst", &route->dst) < 0 ||
	    read_gateway(rd, object, route) < 0)
		return -1;
	route->dst.ip = cidr_network(&route->dst);
	for (size_t i = 0; i < ROUTE_NUMBERS; i++) {
		const struct route_number *n = &route_numbers[i];
		const int found = read_number(rd, object, n->name, n->max,
		                              (uint32_t *)((char *)route + n->offset));
		if (found < 0)
			return -1;
		if (found)
			route->has |= n->bit;
	}
	return 0;
}

/* Reads ip4 or ip6 of 0.1.0 and 0.2.0: an address and its routes. */
static int read_legacy(struct reading *rd, const cJSON *json, const char *name)
{
	const cJSON *object = json_member(json, name);

	if (!object)
		return 0;
	if (!cJSON_IsObject(object))
		return refuse(rd, object, name, "an object");
	struct ip_config *ip = result_add_ip(rd->r, rd->f);
	snprintf(rd->path, sizeof rd->path, "%s", name);
	if (!ip || read_cidr(rd, object, "ip", &ip->address) < 0 ||
	    read_ip(rd, object, "gateway", &ip->gateway) < 0)
		return -1;
	return read_list(rd, object, name, "routes", read_route);
}

static bool is_text_list(const cJSON *list)
{
	const cJSON *item;

	if (!cJSON_IsArray(list))
		return false;
	cJSON_ArrayForEach(item, list)
	{
		if (!cJSON_IsString(item))
			return false;
	}
	return true;
}

/* Sets *empty if the object is absent or has no values. */
static int check_dns(struct reading *rd, const cJSON *dns, bool *empty)
{
	*empty = true;
	if (dns && !cJSON_IsObject(dns))
		return refuse(rd, dns, "dns", "an object");
	snprintf(rd->path, sizeof rd->path, "dns");
	for (size_t i = 0; i < DNS_MEMBERS; i++) {
		const struct dns_member *m = &dns_members[i];
		const cJSON *value = json_member(dns, m->name);
		if (!value)
			continue;
		if (m->list ? !is_text_list(value) : !cJSON_IsString(value))
			return refuse(rd, value, m->name,
			              m->list ? "a list of strings" : "a string");
		if (m->list ? value->child != NULL : *value->valuestring != '\0')
			*empty = false;
	}
	rd->path[0] = '\0';
	return 0;
}

int dns_check(const cJSON *dns, const char *what, int code, bool *empty, struct failure *f)
{
	struct reading rd = { .what = what, .code = code, .f = f };

	return check_dns(&rd, dns, empty);
}

static int read_version(const struct reading *rd, const cJSON *json, enum version *v)
{
	const char *text;

	if (read_text(rd, json, "cniVersion", &text) < 0)
		return -1;
	if (text && *text && !version_find(text, v))
		return fail(rd->f, rd->code, version_list(), "%s: unsupported cniVersion %.64s",
		            rd->what, text);
	return 0;
}

static int read_members(struct reading *rd, const cJSON *json, enum version v)
{
	if (v < V0_3_0)
		return read_legacy(rd, json, "ip4") < 0 ? -1 : read_legacy(rd, json, "ip6");
	if (read_list(rd, json, "", "interfaces", read_interface) < 0 ||
	    read_list(rd, json, "", "ips", read_ip_config) < 0)
		return -1;
	return read_list(rd, json, "", "routes", read_route);
}

static int read_all(struct reading *rd, const cJSON *json, enum version v)
{
	bool no_dns;

	*rd->r = (struct result){ .dns = NULL };
	if (!json || cJSON_IsNull(json))
		return 0;
	if (!cJSON_IsObject(json))
		return fail(rd->f, CNI_DECODE, "it must be an object", "%s: invalid result",
		            rd->what);
	if (read_version(rd, json, &v) < 0)
		return -1;
	if (read_members(rd, json, v) < 0)
		return -1;
	if (check_dns(rd, json_member(json, "dns"), &no_dns) < 0)
		return -1;
	rd->r->dns = no_dns ? NULL : json_member(json, "dns");
	return 0;
}

int result_read(struct result *r, const cJSON *json, enum version assumed, const char *what,
                struct failure *f)
{
	struct reading rd = { .r = r, .what = what, .code = CNI_DECODE, .f = f };

	return read_all(&rd, json, assumed);
}

int result_read_by_host(struct result *r, const cJSON *json, enum version assumed, const char *what,
                        struct failure *f)
{
	struct reading rd = { .r = r, .what = what, .code = CNI_DECODE, .by_host = true, .f = f };

	return read_all(&rd, json, assumed);
}
