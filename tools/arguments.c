/* SPDX-License-Identifier: Apache-2.0 */
/* Replacing placeholders. */
#include "tools/arguments.h"

#include <stdio.h>
#include <string.h>

void arguments_release(struct arguments *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->at[i]);
	free(a->at);
	*a = (struct arguments){ .at = NULL };
}

/* Frames that the guest can receive at once. QEMU's default, 256, loses more of a burst. 1024 is
 * the most that QEMU takes. */
enum { RX_QUEUE = 1024 };

static int add(struct arguments *a, char *text, struct failure *f)
{
	char **grown = text ? realloc(a->at, (a->n + 2) * sizeof *grown) : NULL;

	if (!grown) {
		free(text);
		return fail_errno(f, ENOMEM, "expand the command");
	}
	a->at = grown;
	a->at[a->n++] = text;
	a->at[a->n] = NULL;
	return 0;
}

struct expansion {
	const struct vnics *vnics;
	bool vhost;
	size_t index; /* the interface of a placeholder without index */
	FILE *out;
};

static void put_fds(const struct expansion *x, size_t index, const char *between)
{
	const struct vnic *vnic = &x->vnics->vnic[index];

	for (uint32_t q = 0; q < vnic->opened; q++)
		fprintf(x->out, "%s%d", q ? between : "", vnic->fd[q]);
}

static void put_netdev(const struct expansion *x, size_t index)
{
	fprintf(x->out, "tap,id=podtap%zu,fds=", index);
	put_fds(x, index, ":");
	if (x->vhost)
		fputs(",vhost=on", x->out);
}

static void put_device(const struct expansion *x, size_t index)
{
	const struct vnic *vnic = &x->vnics->vnic[index];
	char mac[MAC_TEXT];

	fprintf(x->out, "virtio-net-pci,netdev=podtap%zu,mac=%s,host_mtu=%u,rx_queue_size=%d",
	        index, mac_format(&vnic->mac, mac), vnic->mtu, RX_QUEUE);
	if (vnic->opened > 1) /* two interrupts for each queue, one for changes, one for control */
		fprintf(x->out, ",mq=on,vectors=%u", 2 * vnic->opened + 2);
}

static void put_fd(const struct expansion *x, size_t index)
{
	fprintf(x->out, "%d", x->vnics->vnic[index].fd[0]);
}

static void put_all_fds(const struct expansion *x, size_t index)
{
	put_fds(x, index, ",");
}

static void put_mac(const struct expansion *x, size_t index)
{
	char mac[MAC_TEXT];
	fputs(mac_format(&x->vnics->vnic[index].mac, mac), x->out);
}

static void put_mtu(const struct expansion *x, size_t index)
{
	fprintf(x->out, "%u", x->vnics->vnic[index].mtu);
}

static void put_ifname(const struct expansion *x, size_t index)
{
	fputs(x->vnics->vnic[index].ifname, x->out);
}

static const struct placeholder {
	const char *name;
	const char *option; /* the QEMU option for the value; such an argument is repeated */
	void (*put)(const struct expansion *, size_t index);
} placeholders[] = {
	{ "netdev", "-netdev", put_netdev },
	{ "device", "-device", put_device },
	{ "fd", NULL, put_fd },
	{ "fds", NULL, put_all_fds },
	{ "mac", NULL, put_mac },
	{ "mtu", NULL, put_mtu },
	{ "ifname", NULL, put_ifname },
};

/* A placeholder in an argument. */
struct found {
	const struct placeholder *what;
	size_t length;
	bool indexed;
	unsigned long index;
};

/* Returns whether a placeholder begins at this byte, and fills in *found. */
static bool placeholder_at(const char *text, struct found *found)
{
	if (*text != '{')
		return false;
	for (size_t i = 0; i < sizeof placeholders / sizeof *placeholders; i++) {
		const size_t length = strlen(placeholders[i].name);
		const char *end = text + 1 + length;

		if (strncmp(text + 1, placeholders[i].name, length) != 0)
			continue;
		*found = (struct found){ .what = &placeholders[i] };
		if (*end == ':' && end[1] >= '0' && end[1] <= '9') {
			char *after;
			found->indexed = true;
			found->index = strtoul(end + 1, &after, 10);
			end = after;
		}
		if (*end == '}') {
			found->length = (size_t)(end + 1 - text);
			return true;
		}
	}
	return false;
}

static int expand_into(const char *text, const struct expansion *x, struct failure *f)
{
	char details[64];
	struct found found;

	for (; *text; text++) {
		if (!placeholder_at(text, &found)) {
			fputc(*text, x->out);
			continue;
		}
		const size_t index = found.indexed ? found.index : x->index;
		if (index >= x->vnics->n) {
			snprintf(details, sizeof details, "the interfaces are 0 to %zu",
			         x->vnics->n - 1);
			return fail(f, CNI_OTHER, details, "placeholder %.*s", (int)found.length,
			            text);
		}
		found.what->put(x, index);
		text += found.length - 1;
	}
	return 0;
}

/* Expands an argument for one interface. The caller frees it. */
static char *expanded(const char *text, struct expansion x, struct failure *f)
{
	char *whole = NULL;
	size_t size;

	x.out = open_memstream(&whole, &size);
	if (!x.out) {
		fail_errno(f, ENOMEM, "expand the command");
		return NULL;
	}
	const int done = expand_into(text, &x, f);
	if (fclose(x.out) != 0 || done < 0)
		text_release(&whole);
	return whole;
}

/* Finds an argument's first placeholder that is the value of a QEMU option. */
static bool value_find(const char *text, struct found *found)
{
	for (; *text; text++)
		if (placeholder_at(text, found) && found->what->option)
			return true;
	return false;
}

static bool is_option(const char *text, const char *option)
{
	return strcmp(text, option) == 0 || (*text == '-' && strcmp(text + 1, option) == 0);
}

static int add_expanded(struct arguments *a, const char *text, const struct expansion *x,
                        struct failure *f)
{
	char *whole = expanded(text, *x, f);
	return whole ? add(a, whole, f) : -1;
}

/* Adds an argument with such a value: once for each interface, or only once if it has an index. */
static int add_value(struct arguments *a, const char *text, const struct found *value,
                     struct expansion x, struct failure *f)
{
	const char *option = value->what->option;
	const bool given = a->n && is_option(a->at[a->n - 1], option);
	const size_t times = value->indexed ? 1 : x.vnics->n;

	if (!given && strlen(text) != value->length)
		return add_expanded(a, text, &x, f);
	for (x.index = 0; x.index < times; x.index++) {
		if ((!given || x.index) && add(a, strdup(option), f) < 0)
			return -1;
		if (add_expanded(a, text, &x, f) < 0)
			return -1;
	}
	return 0;
}

int arguments_expand(struct arguments *a, const char *const command[], const struct vnics *v,
                     bool vhost, struct failure *f)
{
	const struct expansion x = { .vnics = v, .vhost = vhost };
	struct found value;

	*a = (struct arguments){ .at = NULL };
	for (; *command; command++)
		if ((value_find(*command, &value) ? add_value(a, *command, &value, x, f)
		                                  : add_expanded(a, *command, &x, f)) < 0)
			return -1;
	return 0;
}
