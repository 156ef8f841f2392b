/* SPDX-License-Identifier: Apache-2.0 */
/* Examining the stores of reservations: those without an endpoint, and endpoints without one. */
#include "control/doctor.h"

#include "base/name.h"
#include "control/examine.h"
#include "ipam/ipam_config.h"
#include "ipam/store.h"
#include "record/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { LEAKS_SHOWN = 20 };

static const struct finding_kind fine = { LEVEL_OK, "reservations", NULL, NULL };
static const struct finding_kind leaked = {
	LEVEL_WARN, "reservation-leaked",
	"its container ended without a DEL, and nobody else gets the address",
	"podtapctl gc with the file of the network, or remove the file of the reservation"
};
static const struct finding_kind more = { LEVEL_WARN, "reservation-leaked-more",
	                                  "they are not listed",
	                                  "podtapctl gc with the file of the network" };

static const struct finding_kind more_missing = { LEVEL_WARN, "reservation-missing-more",
	                                          "they are not listed", "podtapctl check --all" };

struct count {
	struct doctor *doctor;
	const struct store *store;
	int records; /* the directory of all records; -1: without records */
	size_t n;
	size_t leaked;
};

/* Whether the record of a holder exists: "CONTAINER\r\nIFNAME", or a container alone. */
static bool is_recorded(const struct count *c, const char *holder)
{
	char path[PATH_MAX];
	const size_t id = strcspn(holder, "\r\n");
	const char *ifname = holder + id + strspn(holder + id, "\r\n");
	const int length =
	        *ifname ? snprintf(path, sizeof path, "%.*s/%s.json", (int)id, holder, ifname)
	                : snprintf(path, sizeof path, "%.*s", (int)id, holder);

	if (c->records < 0 || length >= (int)sizeof path || *holder == '.' ||
	    memchr(holder, '/', id) || strchr(ifname, '/'))
		return false;
	return faccessat(c->records, path, F_OK, 0) == 0 || errno != ENOENT;
}

static int on_reservation(const struct reservation *r, void *data)
{
	struct count *c = data;
	char text[IP_TEXT];

	c->n++;
	if (r->holding != HOLDING_SOMEONE || is_recorded(c, r->holder))
		return 0;
	if (++c->leaked <= LEAKS_SHOWN)
		finding_add(c->doctor->findings, &leaked, NULL,
		            "%s/%s is reserved for container %.*s, which has no endpoint",
		            c->store->path, ip_format(r->ip, text), (int)strcspn(r->holder, "\r\n"),
		            r->holder);
	return 0;
}

/* A network's store can hold reservations of podtap's alone: its chain has podtap as the plugin
 * that asks for addresses. */
static void examine_store(struct doctor *d, const char *data_dir, const char *network)
{
	OWNED(store_release) struct store store = STORE_CLOSED;
	struct failure f = { 0 }, ignored = { 0 };
	OWNED(fd_release) int records = state_open("endpoints", false, &ignored);
	struct count count = { d, &store, records, 0, 0 };
	const struct store_visit visit = { on_reservation, &count };
	const enum found open = store_open(&store, data_dir, network, STORE_LOOK, &f);

	if (open == FOUND_NONE)
		return;
	if (open == FOUND_FAILED || store_lock(&store, &f) == FOUND_FAILED ||
	    store_each(&store, &visit, &f) < 0)
		finding_unknown(d->findings, &f);
	else if (!count.leaked)
		finding_add(d->findings, &fine, NULL, "%zu in %s, all with an endpoint", count.n,
		            store.path);
	if (count.leaked > LEAKS_SHOWN)
		finding_add(d->findings, &more, NULL, "%zu more in %s", count.leaked - LEAKS_SHOWN,
		            store.path);
}

static bool has_store(const struct network *n)
{
	return n->config && !n->netavark && n->config->ipam &&
	       (strcmp(n->config->ipam, "podtap-ipam") == 0 ||
	        strcmp(n->config->ipam, "host-local") == 0);
}

/* Returns whether an earlier network has the same name, and so most likely the same store. */
static bool is_repeated(const struct networks *l, size_t place)
{
	for (size_t i = 0; i < place; i++)
		if (has_store(&l->list[i]) &&
		    strcmp(l->list[i].request.name, l->list[place].request.name) == 0)
			return true;
	return false;
}

/* The endpoints that lack a reservation, or whose reservations could not be read. */
struct lacking {
	struct findings *findings; /* of the node */
	struct findings rest;      /* what is beyond the ones that are shown */
	size_t n;
};

static int on_record(const struct endpoint *e, const struct failure *error, void *data)
{
	struct lacking *l = data;
	struct findings *all = l->n < LEAKS_SHOWN ? l->findings : &l->rest;
	const size_t before = all->n;
	struct failure f = { 0 };

	if (error || endpoint_is_newer(e) || !e->ready)
		return 0;
	all->container = e->container_id;
	all->ifname = e->ifname;
	if (examine_reservations(all, e, &f) < 0)
		finding_unknown(all, &f);
	all->container = all->ifname = NULL;
	l->n += all->n > before;
	return 0;
}

static void examine_records(struct findings *findings)
{
	struct lacking lacking = { .findings = findings };
	const struct endpoint_visit visit = { .on_record = on_record, .data = &lacking };
	struct failure f = { 0 };

	if (endpoint_each(&visit, &f) < 0)
		finding_unknown(findings, &f);
	if (lacking.n > LEAKS_SHOWN)
		finding_add(findings, &more_missing, NULL, "%zu more endpoints",
		            lacking.n - LEAKS_SHOWN);
	if (lacking.rest.worst > findings->worst)
		findings->worst = lacking.rest.worst;
	findings->failed |= lacking.rest.failed;
	findings_release(&lacking.rest);
}

void doctor_stores(struct doctor *d)
{
	const struct networks *l = &d->networks;

	for (size_t i = 0; i < l->n; i++) {
		const char *data_dir;
		struct failure invalid = { 0 };
		if (has_store(&l->list[i]) && !is_repeated(l, i) &&
		    ipam_data_dir(l->list[i].request.json, &data_dir, &invalid) == 0)
			examine_store(d, data_dir, l->list[i].request.name);
	}
	examine_records(d->findings);
}
