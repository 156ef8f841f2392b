/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a result in the form of a version. False and NULL mean that memory is out. */
#include "base/json.h"
#include "cni/result_members.h"

/* Gives an item to its parent: as a member of an object, or, if name is NULL, as an element of an
 * array. */
static bool put(cJSON *parent, const char *name, cJSON *item)
{
	if (item &&
	    (name ? cJSON_AddItemToObject(parent, name, item) : cJSON_AddItemToArray(parent, item)))
		return true;
	cJSON_Delete(item);
	return false;
}

static bool put_text(cJSON *object, const char *name, const char *text)
{
	return cJSON_AddStringToObject(object, name, text) != NULL;
}

static bool put_ip(cJSON *object, const char *name, const struct ip *ip)
{
	char text[IP_TEXT];

	return !ip->family || put_text(object, name, ip_format(ip, text));
}

static bool put_cidr(cJSON *object, const char *name, const struct cidr *cidr)
{
	char text[CIDR_TEXT];

	return put_text(object, name, cidr_format(cidr, text));
}

/* Omits empty members, except the name. */
static cJSON *write_interface(const struct interface *interface, enum version v)
{
	OWNED(json_release) cJSON *object = cJSON_CreateObject();

	if (!put_text(object, "name", interface->name ? interface->name : ""))
		return NULL;
	for (size_t i = 1; i < INTERFACE_TEXTS; i++) {
		const struct interface_text *t = &interface_texts[i];
		const char *text = *(const char *const *)((const char *)interface + t->offset);
		if (text && *text && v >= t->since && !put_text(object, t->name, text))
			return NULL;
	}
	if (interface->mtu && v >= V1_0_0 &&
	    !cJSON_AddNumberToObject(object, "mtu", interface->mtu))
		return NULL;
	return json_take(&object);
}

static cJSON *write_interfaces(const struct result *r, enum version v)
{
	OWNED(json_release) cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < r->n_interfaces; i++)
		if (!put(list, NULL, write_interface(&r->interfaces[i], v)))
			return NULL;
	return json_take(&list);
}

static cJSON *write_ip(const struct ip_config *ip, enum version v)
{
	OWNED(json_release) cJSON *object = cJSON_CreateObject();
	const char *family = ip->address.ip.family == AF_INET6 ? "6" : "4";

	if ((v < V1_0_0 && !put_text(object, "version", family)) ||
	    (ip->interface != NO_INTERFACE &&
	     !cJSON_AddNumberToObject(object, "interface", ip->interface)) ||
	    !put_cidr(object, "address", &ip->address) || !put_ip(object, "gateway", &ip->gateway))
		return NULL;
	return json_take(&object);
}

cJSON *result_ips(const struct result *r, enum version v)
{
	OWNED(json_release) cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < r->n_ips; i++)
		if (!put(list, NULL, write_ip(&r->ips[i], v)))
			return NULL;
	return json_take(&list);
}

/* Writes dst and gw: routes of 0.1.0 and 0.2.0 have nothing else. */
static cJSON *write_hop(const struct route *route)
{
	OWNED(json_release) cJSON *object = cJSON_CreateObject();

	if (!put_cidr(object, "dst", &route->dst) ||
	    !(route->has & ROUTE_BY_HOST ? put_text(object, "gw", "host")
	                                 : put_ip(object, "gw", &route->gw)))
		return NULL;
	return json_take(&object);
}

static cJSON *write_route(const struct route *route)
{
	OWNED(json_release) cJSON *object = write_hop(route);

	for (size_t i = 0; i < ROUTE_NUMBERS; i++) {
		const struct route_number *n = &route_numbers[i];
		const uint32_t value = *(const uint32_t *)((const char *)route + n->offset);
		if ((route->has & n->bit) && (value || n->zero) &&
		    !cJSON_AddNumberToObject(object, n->name, value))
			return NULL;
	}
	return json_take(&object);
}

cJSON *result_routes(const struct result *r)
{
	OWNED(json_release) cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < r->n_routes; i++)
		if (!put(list, NULL, write_route(&r->routes[i])))
			return NULL;
	return json_take(&list);
}

/* Writes the members that have a value, under their correct names. */
static cJSON *write_dns(const cJSON *dns)
{
	OWNED(json_release) cJSON *object = cJSON_CreateObject();

	for (size_t i = 0; i < DNS_MEMBERS; i++) {
		const struct dns_member *m = &dns_members[i];
		const cJSON *value = json_member(dns, m->name);
		const char *text = json_string(value);
		if ((m->list ? cJSON_IsArray(value) && value->child : text && *text) &&
		    !put(object, m->name, cJSON_Duplicate(value, true)))
			return NULL;
	}
	return json_take(&object);
}

static const struct ip_config *first_of(const struct result *r, uint8_t family)
{
	for (size_t i = 0; i < r->n_ips; i++)
		if (r->ips[i].address.ip.family == family)
			return &r->ips[i];
	return NULL;
}

static cJSON *write_family_routes(const struct result *r, uint8_t family)
{
	OWNED(json_release) cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < r->n_routes; i++)
		if (r->routes[i].dst.ip.family == family &&
		    !put(list, NULL, write_hop(&r->routes[i])))
			return NULL;
	return json_take(&list);
}

/* Omits a family without an address, together with its routes. */
static bool put_family(cJSON *document, const char *name, const struct result *r, uint8_t family)
{
	const struct ip_config *ip = first_of(r, family);

	if (!ip)
		return true;
	OWNED(json_release) cJSON *object = cJSON_CreateObject();
	OWNED(json_release) cJSON *routes = write_family_routes(r, family);
	if (!routes || !put_cidr(object, "ip", &ip->address) ||
	    !put_ip(object, "gateway", &ip->gateway) ||
	    (routes->child && !put(object, "routes", json_take(&routes))))
		return false;
	return put(document, name, json_take(&object));
}

static bool put_members(cJSON *document, const struct result *r, enum version v)
{
	if (v < V0_3_0)
		return put_family(document, "ip4", r, AF_INET) &&
		       put_family(document, "ip6", r, AF_INET6);
	return (!r->n_interfaces || put(document, "interfaces", write_interfaces(r, v))) &&
	       (!r->n_ips || put(document, "ips", result_ips(r, v))) &&
	       (!r->n_routes || put(document, "routes", result_routes(r)));
}

cJSON *result_write(const struct result *r, enum version v, struct failure *f)
{
	OWNED(json_release) cJSON *document = cJSON_CreateObject();
	OWNED(json_release) cJSON *dns = write_dns(r->dns);

	if (v < V0_3_0 && r->n_ips == 0) {
		fail(f, CNI_CONFIG, "", "cannot convert: no valid IP addresses");
		return NULL;
	}
	if (!dns || !put_text(document, "cniVersion", version_text(v)) ||
	    !put_members(document, r, v) ||
	    ((v < V1_0_0 || dns->child) && !put(document, "dns", json_take(&dns)))) {
		fail(f, CNI_OTHER, "out of memory", "cannot write the result");
		return NULL;
	}
	return json_take(&document);
}
