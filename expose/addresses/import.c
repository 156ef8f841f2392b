/* SPDX-License-Identifier: Apache-2.0 */
/* Making an AddressPool of an IPPool, and removing entries that nobody needs. */
#include "expose/addresses/import.h"

#include "expose/addresses/ippool_client.h"
#include "expose/addresses/kube_owner.h"
#include "ipam/partner.h"

#include <stdio.h>
#include <string.h>

enum { IMPORT_TRIES = 20, IMPORT_PATH = 512 };

struct import {
	struct ippool_place place;
	char network_name[POOL_NAME];
	struct failure *f;
};

/* Finds the network's name: an IPPool is named by both. */
static int network_find(struct import *i, const struct ippool *pool)
{
	char plain[IPPOOL_NAME], whole[IPPOOL_NAME], range[CIDR_TEXT];
	const struct cidr *subnet = &pool->subnet;
	char *name = i->network_name;

	i->place.subnet = *subnet;
	const size_t tail = strlen(ippool_name("", subnet, plain)), all = strlen(i->place.name);
	if (all > tail + 1 && all - tail - 1 < sizeof i->network_name)
		snprintf(name, all - tail, "%s", i->place.name);
	if (strcmp(ippool_name(name, subnet, whole), i->place.name) == 0)
		return 0;
	return fail(i->f, CNI_CONFIG, "podtap shares no part of a range that one node has",
	            "IPPool %s is not named by its range %s", i->place.name,
	            cidr_format(subnet, range));
}

static int ippool_find(struct import *i, const char *ippool)
{
	OWNED(ippool_release) struct ippool pool = { .text = NULL };
	struct http_answer answer = { .body = NULL };
	const char *slash = strchr(ippool, '/');
	char path[IMPORT_PATH], namespace[POOL_NAME];
	const struct kube_request r = { "read whereabouts' IPPool", "GET", path, NULL,
		                        KUBE_OBJECT };

	snprintf(namespace, sizeof namespace, "%.*s", slash ? (int)(slash - ippool) : 63,
	         slash ? ippool : "kube-system");
	snprintf(i->place.name, sizeof i->place.name, "%s", slash ? slash + 1 : ippool);
	if (!pool_name_valid(namespace) || !kube_name_valid(i->place.name))
		return fail(i->f, CNI_CONFIG, "it must be NAME or NAMESPACE/NAME",
		            "the IPPool %.80s", ippool);
	memcpy(i->place.namespace, namespace, sizeof namespace);
	snprintf(path, sizeof path,
	         "/apis/whereabouts.cni.cncf.io/v1alpha1/namespaces/%s/ippools/%s", namespace,
	         i->place.name);
	const enum engine_answer got = kube_call_text(i->place.client, &r, &answer, i->f);
	pool.text = answer.body;
	if (got == ENGINE_NONE)
		fail(i->f, CNI_CONFIG, "kubectl get ippools -A lists them", "there is no IPPool %s",
		     ippool);
	if (got != ENGINE_OK || ippool_read(&pool, answer.length, i->f) < 0)
		return -1;
	return network_find(i, &pool);
}

static bool pool_shares(const struct import *i, const struct address_pool *p)
{
	for (size_t k = 0; k < p->n_sets && p->shared.with_whereabouts; k++)
		if (p->sets[k].range.subnet.prefix == i->place.subnet.prefix &&
		    ip_equal(&p->sets[k].range.subnet.ip, &i->place.subnet.ip) &&
		    strcmp(p->shared.namespace, i->place.namespace) == 0 &&
		    strcmp(p->shared.network_name, i->network_name) == 0)
			return true;
	return false;
}

static cJSON *pool_json(const struct import *i, const char *name)
{
	OWNED(json_release) cJSON *pool = cJSON_CreateObject();
	cJSON *set = cJSON_CreateObject(), *sets = cJSON_CreateArray();
	char text[CIDR_TEXT];

	cJSON_AddStringToObject(pool, "apiVersion", OBJECTS_API);
	cJSON_AddStringToObject(pool, "kind", "AddressPool");
	cJSON_AddStringToObject(cJSON_AddObjectToObject(pool, "metadata"), "name", name);
	cJSON *spec = cJSON_AddObjectToObject(pool, "spec");
	cJSON_AddStringToObject(set, "subnet", cidr_format(&i->place.subnet, text));
	cJSON_AddItemToArray(sets, set);
	cJSON_AddItemToObject(spec, "sets", sets);
	cJSON *shared = cJSON_AddObjectToObject(spec, "whereabouts");
	cJSON_AddStringToObject(shared, "namespace", i->place.namespace);
	if (*i->network_name && !cJSON_AddStringToObject(shared, "networkName", i->network_name))
		return NULL;
	return shared ? json_take(&pool) : NULL;
}

static int pool_create(const struct import *i)
{
	OWNED(json_release) cJSON *pool = NULL;
	OWNED(json_release) cJSON *answer = NULL;
	OWNED(text_release) char *text = NULL;
	char name[POOL_NAME];

	if (partner_pool_name(i->network_name, &i->place.subnet, name, i->f) < 0)
		return -1;
	pool = pool_json(i, name);
	text = json_text(pool);
	if (!text)
		return fail_errno(i->f, ENOMEM, "make AddressPool %s", name);
	const struct kube_request r = { "make the AddressPool", "POST",
		                        "/apis/" OBJECTS_API "/addresspools", text, KUBE_OBJECT };
	const enum engine_answer got = kube_call(i->place.client, &r, &answer, i->f);
	if (got == ENGINE_CONFLICT)
		return fail(i->f, CNI_CONFIG, "set spec.whereabouts of it",
		            "AddressPool %s does not share IPPool %s", name, i->place.name);
	if (got != ENGINE_OK)
		return -1;
	printf("AddressPool %s is made: correct its rangeStart, rangeEnd, exclude and gateway\n",
	       name);
	return 0;
}

static int pool_ensure(const struct import *i, struct engine *e)
{
	OWNED(pool_list_release) struct pool_list list = { .n = 0 };

	if (e->kind->pools(e, &list, i->f) != ENGINE_OK)
		return -1;
	for (size_t k = 0; k < list.n; k++)
		if (pool_shares(i, &list.pools[k])) {
			printf("AddressPool %s shares IPPool %s\n", list.pools[k].name,
			       i->place.name);
			return 0;
		}
	return pool_create(i);
}

/* Returns whether a pod's annotation of Multus has an address. Without one it may have any. */
static bool status_has(const cJSON *pod, const char *address)
{
	const cJSON *annotations = json_member(json_member(pod, "metadata"), "annotations");
	const char *text =
	        json_string(json_member(annotations, "k8s.v1.cni.cncf.io/network-status"));
	struct failure unread = { 0 };
	OWNED(json_release)
	cJSON *list = text ? json_parse(text, strlen(text), "network-status", &unread) : NULL;
	const cJSON *network, *ip;

	cJSON_ArrayForEach(network, list)
	{
		cJSON_ArrayForEach(ip, json_member(network, "ips"))
		{
			if (json_string(ip) && strcmp(json_string(ip), address) == 0)
				return true;
		}
	}
	return !cJSON_IsArray(list);
}

/* ENGINE_OK: the pod has the address. ENGINE_NONE: it does not exist, or runs without it. */
static enum engine_answer pod_find(const struct import *i, const char *podref, const char *address)
{
	OWNED(json_release) cJSON *pod = NULL;
	const char *slash = strchr(podref, '/');
	char path[IMPORT_PATH], namespace[POOL_NAME];
	const struct kube_request r = { "read a pod", "GET", path, NULL, KUBE_OBJECT };

	snprintf(namespace, sizeof namespace, "%.*s", slash ? (int)(slash - podref) : 0, podref);
	if (!slash || !pool_name_valid(namespace) || !kube_name_valid(slash + 1) ||
	    strlen(slash + 1) > 253)
		return ENGINE_OK; /* it may be anybody's */
	snprintf(path, sizeof path, "/api/v1/namespaces/%s/pods/%s", namespace, slash + 1);
	const enum engine_answer got = kube_call(i->place.client, &r, &pod, i->f);
	const char *phase = json_string(json_member(json_member(pod, "status"), "phase"));
	const bool runs = phase && strcmp(phase, "Running") == 0;
	return got == ENGINE_OK && runs && !status_has(pod, address) ? ENGINE_NONE : got;
}

struct sweep {
	const struct import *import;
	cJSON *patch;
	size_t removed, left;
	bool failed;
};

static void entry_judge(const struct ippool_entry *entry, void *data)
{
	struct sweep *s = data;
	const struct ip ip = number_ip(s->import->place.subnet.ip.family, entry->at);
	char text[IP_TEXT];

	if (entry->ours || s->failed)
		return;
	const enum engine_answer pod = pod_find(s->import, entry->podref, ip_format(&ip, text));
	s->failed = pod != ENGINE_OK && pod != ENGINE_NONE;
	if (pod == ENGINE_OK) {
		s->left++;
		printf("%s is %s's\n", text, *entry->podref ? entry->podref : "nobody");
	} else if (pod == ENGINE_NONE) {
		s->removed++;
		s->failed = !ippool_patch_drop(s->patch, &s->import->place.subnet, entry->at);
	}
}

/* ENGINE_CONFLICT: the IPPool has changed meanwhile. */
static enum engine_answer sweep_try(const struct import *i, struct sweep *s)
{
	OWNED(ippool_release) struct ippool pool = { .text = NULL };
	OWNED(json_release) cJSON *patch = NULL;
	const struct ippool_visit v = { entry_judge, s };
	struct failure ignored = { 0 };

	enum engine_answer got = ippool_get(&i->place, &pool, i->f);
	if (got != ENGINE_OK)
		return got;
	patch = ippool_patch(pool.version);
	*s = (struct sweep){ .import = i, .patch = patch };
	if (patch)
		ippool_walk(&pool, &v);
	ippool_release(&pool);
	if (!patch || s->failed)
		return ENGINE_REFUSED;
	if (!s->removed)
		return ENGINE_OK;
	got = ippool_send(&i->place, patch, &ignored);
	if (got == ENGINE_UNKNOWN || got == ENGINE_THROTTLED)
		failure_pass(i->f, &ignored);
	return got == ENGINE_REFUSED ? ENGINE_CONFLICT : got;
}

enum import_outcome import_run(struct engine *e, const char *ippool, struct failure *f)
{
	struct import i = { .place.client = kube_client_of(e), .f = f };
	struct sweep s = { .removed = 0 };
	enum engine_answer got = ENGINE_CONFLICT;

	if (ippool_find(&i, ippool) < 0 || pool_ensure(&i, e) < 0)
		return IMPORT_FAILED;
	for (int n = 0; n < IMPORT_TRIES && got == ENGINE_CONFLICT; n++)
		got = sweep_try(&i, &s);
	if (got != ENGINE_OK) {
		if (!f->code)
			fail(f, CNI_AGAIN, "try again", "remove entries of IPPool %s",
			     i.place.name);
		return IMPORT_FAILED;
	}
	printf("%zu entries of whereabouts are removed, %zu are left\n", s.removed, s.left);
	return s.left ? IMPORT_PODS_LEFT : IMPORT_OVER;
}
