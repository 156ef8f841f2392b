/* SPDX-License-Identifier: Apache-2.0 */
/* Making the names of CDI devices. */
#include "plugin/cdi_name.h"

#include "record/resources.h"

#include <stdio.h>
#include <string.h>

/* The marks that a name of each kind may have between its first and last character. */
static const char pod_marks[] = "_.-", chosen_marks[] = ".-";

struct spelling {
	char *name; /* CDI_NAME_MAX bytes; borrowed */
	size_t length;
	bool too_long;
};

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static void put(struct spelling *s, const char *text)
{
	const size_t length = strlen(text);

	s->too_long |= s->length + length >= CDI_NAME_MAX;
	if (s->too_long)
		return;
	memcpy(s->name + s->length, text, length + 1);
	s->length += length;
}

static void put_digits(struct spelling *s, char byte)
{
	char text[4];

	snprintf(text, sizeof text, ":%02x", (unsigned char)byte);
	put(s, text);
}

/* CDI wants a letter or digit at both ends of a name. The spelling has "::" only after an 'x' that
 * it put first. */
static void spell(struct spelling *s, const char *text, const char *marks)
{
	const size_t length = strlen(text);

	for (size_t i = 0; i < length; i++) {
		const bool end = i == 0 || i == length - 1;
		if (is_alnum(text[i]) || (!end && strchr(marks, text[i]))) {
			put(s, (const char[]){ text[i], '\0' });
			continue;
		}
		if (i == 0)
			put(s, "x:");
		put_digits(s, text[i]);
	}
}

/* Encode the last digit of a name that has the form of a resource's, so that it loses that form. */
static void spell_pod(struct spelling *s, char *text)
{
	const size_t last = strlen(text) - 1;
	const char digit = text[last];

	if (!resource_is_named(text)) {
		spell(s, text, pod_marks);
		return;
	}
	text[last] = '\0';
	put(s, text);
	put_digits(s, digit);
}

/* Read one value of CNI_ARGS; "" if it is absent. Returns 0 or -1. */
static int argument(const struct request *r, const char *key, char text[static CDI_NAME_MAX],
                    struct failure *f)
{
	const int found = args_find(r->args, key, text, CDI_NAME_MAX);

	if (found < 0)
		return fail(f, CNI_ENV, "its value is too long for a device name", "%s in CNI_ARGS",
		            key);
	if (found == 0)
		text[0] = '\0';
	return 0;
}

static int name_by_pod(struct spelling *s, const struct request *r, struct failure *f)
{
	char space[CDI_NAME_MAX], pod[CDI_NAME_MAX], text[2 * CDI_NAME_MAX + NAME_MAX + 32];

	if (argument(r, "K8S_POD_NAMESPACE", space, f) < 0 ||
	    argument(r, "K8S_POD_NAME", pod, f) < 0)
		return -1;
	snprintf(text, sizeof text, "%s%s%s_%s", space, *space ? "_" : "",
	         *pod ? pod : r->container_id, r->ifname);
	spell_pod(s, text);
	return 0;
}

int cdi_name(const struct config *c, const struct request *r, char name[static CDI_NAME_MAX],
             struct failure *f)
{
	struct spelling s = { .name = name };

	name[0] = '\0';
	if (!c->kind->tap || (!c->device_id && !c->cdi))
		return 0;
	if (!c->device_id && name_by_pod(&s, r, f) < 0)
		return -1;
	if (c->device_id && resource_is_named(c->device_id))
		put(&s, c->device_id);
	else if (c->device_id)
		spell(&s, c->device_id, chosen_marks);
	if (s.too_long)
		return fail(f, CNI_CONFIG,
		            "200 bytes are the most, and three for each character that CDI does "
		            "not allow",
		            "the CDI device name %.64s...", name);
	return 0;
}
