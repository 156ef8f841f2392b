/* SPDX-License-Identifier: Apache-2.0 */
/* setup and teardown: ADD and DEL, reported as netavark expects. */
#include "netavark/commands.h"

#include "base/json.h"
#include "cni/program.h"
#include "plugin/log.h"
#include "plugin/verbs.h"

#include <errno.h>
#include <stdio.h>

static int addresses_report(cJSON *interface, const struct result *all)
{
	cJSON *subnets = cJSON_AddArrayToObject(interface, "subnets");
	char text[CIDR_TEXT], gateway[IP_TEXT];

	for (size_t i = 0; i < all->n_ips; i++) {
		const struct ip_config *ip = &all->ips[i];
		cJSON *one = cJSON_CreateObject();
		cJSON_AddItemToArray(subnets, one);
		if (!cJSON_AddStringToObject(one, "ipnet", cidr_format(&ip->address, text)))
			return -1;
		if (ip->gateway.family &&
		    !cJSON_AddStringToObject(one, "gateway", ip_format(&ip->gateway, gateway)))
			return -1;
	}
	return subnets ? 0 : -1;
}

/* Copies the texts of a list, or a text alone, to the end of a list. */
static int texts_copy(cJSON *list, const cJSON *from)
{
	const cJSON *one = cJSON_IsArray(from) ? from->child : from;

	for (; one; one = cJSON_IsArray(from) ? one->next : NULL) {
		cJSON *copy = cJSON_Duplicate(one, 1);
		if (!copy)
			return -1;
		cJSON_AddItemToArray(list, copy);
	}
	return 0;
}

static int dns_report(cJSON *status, const cJSON *dns)
{
	cJSON *search = cJSON_AddArrayToObject(status, "dns_search_domains");
	cJSON *servers = cJSON_AddArrayToObject(status, "dns_server_ips");

	if (!search || !servers || texts_copy(search, json_member(dns, "domain")) < 0 ||
	    texts_copy(search, json_member(dns, "search")) < 0)
		return -1;
	return texts_copy(servers, json_member(dns, "nameservers"));
}

/* Prints the status block. There is no prevResult, so that the interface is the endpoint's. */
static int status_report(const struct result *all, const struct request *r, struct failure *f)
{
	OWNED(json_release) cJSON *status = cJSON_CreateObject();
	cJSON *interfaces = cJSON_AddObjectToObject(status, "interfaces");
	cJSON *own = cJSON_AddObjectToObject(interfaces, r->ifname);

	if (!cJSON_AddStringToObject(own, "mac_address", all->interfaces[0].mac) ||
	    addresses_report(own, all) < 0 || dns_report(status, all->dns) < 0)
		return fail_errno(f, ENOMEM, "report the endpoint");
	return document_print(status, f);
}

static int logged(const char *verb, const struct call *c, int result, const struct failure *f)
{
	if (c->request.json)
		log_call(verb, &c->request, f);
	return result;
}

int command_setup(struct call *c, const char *netns, struct failure *f)
{
	if (rootless_refuse(f) < 0 || call_attach(c, netns, false, f) < 0)
		return -1;
	if (cJSON_GetArraySize(json_member(c->json, "port_mappings")) > 0)
		fprintf(stderr, "podtap: published ports have no effect: the container has an "
		                "address of its own on the LAN\n");
	return logged("ADD", c, add_reported(&c->request, status_report, f), f);
}

int command_teardown(struct call *c, const char *netns, struct failure *f)
{
	if (call_attach(c, netns, true, f) < 0)
		return -1;
	return logged("DEL", c, del(&c->request, f), f);
}
