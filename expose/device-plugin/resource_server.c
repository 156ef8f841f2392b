/* SPDX-License-Identifier: Apache-2.0 */
/* Registering a resource until the kubelet listens, and again when it stops listening. */
#include "expose/device-plugin/resource_server.h"

#include <stdio.h>
#include <string.h>

enum {
	/* Milliseconds in which a kubelet must listen after a registration, or listen again. */
	PATIENCE = 5000,
	/* Milliseconds until the kubelet has seen the end of a stream. It then disconnects the
	 * client that is registered at that moment, which must not be the next one. */
	END_SEEN = 1000,
};

static void again_later(struct resource_server *s)
{
	if (s->again.wait < PATIENCE)
		s->again.wait = PATIENCE;
	backoff_start(&s->again);
}

/* The kubelet has begun or stopped to listen. */
static void on_listening(void *owner)
{
	struct resource_server *s = owner;

	if (s->state != RESOURCE_REGISTERED)
		return; /* a registration is under way */
	if (s->server.open > 0)
		backoff_reset(&s->again);
	else
		again_later(s);
}

/* Tries again later. Logs a reason when it begins, not at each attempt. */
static void not_registered(struct resource_server *s, const char *why)
{
	if (strcmp(s->why, why) != 0)
		log_event("%s is not registered: %s", s->resource, why);
	snprintf(s->why, sizeof s->why, "%s", why);
	s->state = RESOURCE_WAITING;
	backoff_start(&s->again);
}

static void on_registered(void *owner, const struct grpc_outcome *outcome)
{
	struct resource_server *s = owner;
	char why[sizeof s->why];

	if (outcome->code == GRPC_OK) {
		log_event("%s is registered: %u devices on %s", s->resource, s->pool.capacity,
		          s->entry.lower);
		s->state = RESOURCE_REGISTERED;
		s->why[0] = '\0';
		on_listening(s);
		return;
	}
	if (outcome->code > 0)
		snprintf(why, sizeof why, "kubelet says (code %d): %.200s", outcome->code,
		         outcome->text);
	else
		snprintf(why, sizeof why, "%.250s", outcome->text);
	not_registered(s, why);
}

static int socket_make(struct resource_server *s, struct failure *f)
{
	return grpc_server_place(&s->server) == GRPC_PLACE_OURS ? 0
	                                                        : grpc_server_listen(&s->server, f);
}

static void refused(struct resource_server *s, const struct failure *f)
{
	char why[sizeof s->why];

	snprintf(why, sizeof why, "%.120s: %.120s", f->msg, f->details);
	not_registered(s, why);
}

/* Ends the streams of former registrations. Returns whether the kubelet must see an end first. */
static bool streams_end(struct resource_server *s)
{
	s->state = RESOURCE_ENDING;
	if (!grpc_server_end(&s->server))
		return false;
	backoff_pause(&s->again, END_SEEN);
	return true;
}

static void ask(struct resource_server *s)
{
	const char *endpoint = strrchr(s->server.path, '/') + 1;
	struct failure f = { 0 };
	size_t length = 0;

	s->state = RESOURCE_ASKING;
	uint8_t *request = registration_pack(endpoint, s->resource, &length);
	if (socket_make(s, &f) < 0)
		free(request);
	else if (grpc_call_begin(&s->registration, s->loop, s->kubelet->socket,
	                         "/v1beta1.Registration/Register", request, length, &f) == 0)
		return;
	refused(s, &f);
}

void resource_server_register(struct resource_server *s)
{
	struct failure f = { 0 };

	backoff_stop(&s->again);
	grpc_call_release(&s->registration);
	s->state = RESOURCE_WAITING;
	if (!s->kubelet->there)
		return; /* kubelet->changed() reports it */
	/* The kubelet is a client of that program: if our streams end, it disconnects that. */
	if (grpc_server_place(&s->server) == GRPC_PLACE_TAKEN) {
		fail(&f, CNI_OTHER, "another program has put its own there", "use the socket %s",
		     s->server.path);
		refused(s, &f);
	} else if (!streams_end(s)) {
		ask(s);
	}
}

static void on_timer(void *data, uint32_t events)
{
	struct resource_server *s = data;

	(void)events;
	backoff_stop(&s->again);
	if (s->state != RESOURCE_REGISTERED || s->server.open == 0)
		resource_server_register(s);
}

void resource_server_attend(struct resource_server *s, bool anew)
{
	if (s->state == RESOURCE_ENDING)
		return; /* on_timer() registers */
	if (!anew &&
	    (s->server.listener.fd < 0 || grpc_server_place(&s->server) != GRPC_PLACE_EMPTY))
		return;
	backoff_reset(&s->again);
	resource_server_register(s);
}

void resource_server_lower(struct resource_server *s, uint32_t index)
{
	const bool healthy = index != 0;

	s->lower = index;
	if (s->pool.healthy == healthy)
		return;
	s->pool.healthy = healthy;
	log_event("%s: %s is %s", s->resource, s->entry.lower, healthy ? "there" : "gone");
	grpc_server_renew(&s->server);
}

static int resource_server_begin(struct resource_server *s, struct failure *f)
{
	const struct grpc_service service = { device_pool_methods, &s->pool };
	char path[PATH_MAX];

	if (snprintf(path, sizeof path, "%s/podtap-%s.sock", s->kubelet->directory,
	             s->entry.name) >= (int)sizeof path)
		return fail(f, CNI_CONFIG, "its path is too long", "make the socket of %s",
		            s->resource);
	if (backoff_open(&s->again, f) < 0 ||
	    grpc_server_begin(&s->server, s->loop, path, &service, f) < 0)
		return -1;
	s->server.changed = on_listening;
	s->server.owner = s;
	s->timer = (struct watch){ s->again.fd, on_timer, s };
	return loop_watch(s->loop, &s->timer, EPOLLIN, f);
}

struct resource_server *resource_server_make(struct loop *loop, const struct kubelet *kubelet,
                                             const char *name_space, const struct dp_entry *entry,
                                             struct failure *f)
{
	struct resource_server *s = calloc(1, sizeof *s);

	if (!s) {
		fail_errno(f, ENOMEM, "offer %s", entry->name);
		return NULL;
	}
	s->entry = *entry;
	snprintf(s->resource, sizeof s->resource, "%s/%s", name_space, entry->name);
	s->pool = (struct device_pool){ .name = s->entry.name, .capacity = entry->capacity };
	s->loop = loop;
	s->kubelet = kubelet;
	s->again = (struct backoff)BACKOFF_CLOSED;
	s->server.listener.fd = s->server.timer.fd = -1;
	s->registration.ended = on_registered;
	s->registration.owner = s;
	if (resource_server_begin(s, f) == 0)
		return s;
	resource_server_free(s);
	return NULL;
}

void resource_server_free(struct resource_server *s)
{
	grpc_call_release(&s->registration);
	grpc_server_release(&s->server);
	backoff_release(&s->again);
	free(s);
}
