/* SPDX-License-Identifier: Apache-2.0 */
/* Registering a resource until kubelet listens, and again whenever it no longer does. */
#include "expose/device-plugin/offer.h"

#include <stdio.h>
#include <string.h>

enum {
	/* Milliseconds until a kubelet that has our registration, or had listened, should listen.
	 */
	PATIENCE = 5000,
	/* Milliseconds until kubelet has seen the end of a stream. When one ends, kubelet
	 * disconnects the client that is registered by then, whichever that is: it must not be the
	 * next one. */
	END_SEEN = 1000,
};

static void again_later(struct offer *o)
{
	if (o->again.wait < PATIENCE)
		o->again.wait = PATIENCE;
	backoff_start(&o->again);
}

/* Kubelet has begun to listen, or listens no longer. */
static void on_listening(void *owner)
{
	struct offer *o = owner;

	if (o->state != OFFER_REGISTERED)
		return; /* whoever that is: what was begun goes on */
	if (o->server.open > 0)
		backoff_reset(&o->again);
	else
		again_later(o);
}

static void on_registered(void *owner, const struct grpc_outcome *outcome)
{
	struct offer *o = owner;

	if (outcome->code == GRPC_OK) {
		say("%s is registered: %u devices on %s", o->resource, o->devices.capacity,
		    o->entry.lower);
		o->state = OFFER_REGISTERED;
		on_listening(o);
		return;
	}
	o->state = OFFER_WAITING;
	if (outcome->code > 0)
		say("%s is not registered: kubelet says (code %d): %s", o->resource, outcome->code,
		    outcome->text);
	else
		say("%s is not registered: %s", o->resource, outcome->text);
	backoff_start(&o->again);
}

static int socket_make(struct offer *o, struct failure *f)
{
	return grpc_server_place(&o->server) == GRPC_PLACE_OURS ? 0
	                                                        : grpc_server_listen(&o->server, f);
}

static void refused(struct offer *o, const struct failure *f)
{
	say("%s is not registered: %s: %s", o->resource, f->msg, f->details);
	o->state = OFFER_WAITING;
	backoff_start(&o->again);
}

/* Ends the streams of former registrations. Whether there is something to wait for. */
static bool streams_end(struct offer *o)
{
	o->state = OFFER_ENDING;
	if (!grpc_server_end(&o->server))
		return false;
	backoff_pause(&o->again, END_SEEN);
	return true;
}

static void ask(struct offer *o)
{
	const char *endpoint = strrchr(o->server.path, '/') + 1;
	struct failure f = { 0 };
	size_t length = 0;

	o->state = OFFER_ASKING;
	uint8_t *request = dp_registration(endpoint, o->resource, &length);
	if (socket_make(o, &f) < 0)
		free(request);
	else if (grpc_call_begin(&o->registration, o->loop, o->kubelet->socket,
	                         "/v1beta1.Registration/Register", request, length, &f) == 0)
		return;
	refused(o, &f);
}

void offer_register(struct offer *o)
{
	struct failure f = { 0 };

	backoff_stop(&o->again);
	grpc_call_release(&o->registration);
	o->state = OFFER_WAITING;
	if (!o->kubelet->there)
		return; /* we are told when it is */
	/* Then kubelet's client is that program: our streams' end would disconnect it. */
	if (grpc_server_place(&o->server) == GRPC_PLACE_TAKEN) {
		fail(&f, CNI_OTHER, "another program has put its own there", "use the socket %s",
		     o->server.path);
		refused(o, &f);
	} else if (!streams_end(o)) {
		ask(o);
	}
}

static void on_timer(void *data, uint32_t events)
{
	struct offer *o = data;

	(void)events;
	backoff_stop(&o->again);
	if (o->state != OFFER_REGISTERED || o->server.open == 0)
		offer_register(o);
}

void offer_attend(struct offer *o, bool anew)
{
	if (o->state == OFFER_ENDING)
		return; /* it registers in a moment */
	if (!anew &&
	    (o->server.listener.fd < 0 || grpc_server_place(&o->server) != GRPC_PLACE_EMPTY))
		return;
	backoff_reset(&o->again);
	offer_register(o);
}

void offer_lower(struct offer *o, uint32_t index)
{
	const bool healthy = index != 0;

	o->lower = index;
	if (o->devices.healthy == healthy)
		return;
	o->devices.healthy = healthy;
	say("%s: %s is %s", o->resource, o->entry.lower, healthy ? "there" : "gone");
	grpc_server_renew(&o->server);
}

static int offer_begin(struct offer *o, struct failure *f)
{
	const struct grpc_service service = { dp_methods, &o->devices };
	char path[PATH_MAX];

	if (snprintf(path, sizeof path, "%s/podtap-%s.sock", o->kubelet->folder, o->entry.name) >=
	    (int)sizeof path)
		return fail(f, CNI_CONFIG, "its path is too long", "make the socket of %s",
		            o->resource);
	if (backoff_open(&o->again, f) < 0 ||
	    grpc_server_begin(&o->server, o->loop, path, &service, f) < 0)
		return -1;
	o->server.changed = on_listening;
	o->server.owner = o;
	o->timer = (struct watch){ o->again.fd, on_timer, o };
	return loop_watch(o->loop, &o->timer, EPOLLIN, f);
}

struct offer *offer_make(struct loop *loop, const struct kubelet *kubelet, const char *name_space,
                         const struct dp_entry *entry, struct failure *f)
{
	struct offer *o = calloc(1, sizeof *o);

	if (!o) {
		fail_errno(f, ENOMEM, "offer %s", entry->name);
		return NULL;
	}
	o->entry = *entry;
	snprintf(o->resource, sizeof o->resource, "%s/%s", name_space, entry->name);
	o->devices = (struct dp_devices){ .name = o->entry.name, .capacity = entry->capacity };
	o->loop = loop;
	o->kubelet = kubelet;
	o->again = (struct backoff)BACKOFF_CLOSED;
	o->server.listener.fd = o->server.timer.fd = -1;
	o->registration.ended = on_registered;
	o->registration.owner = o;
	if (offer_begin(o, f) == 0)
		return o;
	offer_free(o);
	return NULL;
}

void offer_free(struct offer *o)
{
	grpc_call_release(&o->registration);
	grpc_server_release(&o->server);
	backoff_release(&o->again);
	free(o);
}
