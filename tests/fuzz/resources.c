/* SPDX-License-Identifier: Apache-2.0 */
/* The device plugin's configuration: what is accepted can be offered, and the CNI call finds it in
 * the file of resources made of it. Or, after a line with a deviceID, that file: what is found is
 * an interface's name and a mode, and whatever it is, a device plugin has its own rows in it.
 *
 * Reads with: expose/device-plugin/dp_config.c expose/device-plugin/resources_file.c
 * record/resources.c */
#include "record/resources.h"

#include "base/file.h"
#include "expose/common/daemon.h"
#include "expose/device-plugin/resources_file.h"
#include "record/state.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <stdio.h>

static const char file_name[] = "resources.json";

/* In place of the log. */
void log_event(const char *fmt, ...)
{
	PROMISE(*fmt);
}

static void check_found(const char *device_id)
{
	struct resource resource = { .mode = 0 };
	struct failure f = { 0 };
	const int found = resource_find(device_id, &resource, &f);

	PROMISE((found < 0) == (f.code != 0));
	if (found <= 0)
		return;
	PROMISE(resource_is_named(device_id) && word_text(link_modes, resource.mode));
	PROMISE(*resource.master && strlen(resource.master) < sizeof resource.master &&
	        !strchr(resource.master, '/'));
}

static void check_file(const char *device_id, const char *text)
{
	const size_t length = strlen(text);
	OWNED(fd_release)
	int fd = open(file_name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	PROMISE(fd >= 0 && write(fd, text, length) == (ssize_t)length);
	check_found(device_id);
}

static void check_entry(const struct dp_entry *e)
{
	struct resource resource;
	struct failure f = { 0 };
	char device_id[DP_NAME_TEXT + 8];

	PROMISE(*e->name && *e->lower && word_text(link_modes, e->mode));
	PROMISE(e->capacity >= 1 && e->capacity <= DP_CAPACITY_MAX);
	PROMISE(e->mode != MACVLAN_MODE_PASSTHRU || e->capacity == 1);
	snprintf(device_id, sizeof device_id, "%sMvp0", e->name);
	PROMISE(resource_find(device_id, &resource, &f) == 1);
	PROMISE(resource.mode == e->mode && strcmp(resource.master, e->lower) == 0);
}

static void check_offer(const struct dp_entry *const entries[], size_t n, const char *name_space)
{
	struct failure f = { 0 };

	PROMISE(resources_file_write(entries, n, name_space, &f) == 0);
	for (size_t i = 0; i < n; i++)
		check_entry(entries[i]);
}

/* The file's text, which the caller frees. */
static char *file_text_now(void)
{
	struct failure f = { 0 };
	size_t length;
	OWNED(fd_release) int directory = state_open("", false, &f);
	char *text = file_read(directory, file_name, 1 << 20, &length);

	PROMISE(text);
	return text;
}

/* What is told beside the rows of others is found, and told again changes nothing. */
static void check_beside(void)
{
	struct dp_entry own;
	const struct dp_entry *const entries[] = { &own };

	PROMISE(dp_entry_of_link("eth0", &own));
	check_offer(entries, 1, "example.com");
	OWNED(text_release) char *once = file_text_now();
	check_offer(entries, 1, "example.com");
	OWNED(text_release) char *twice = file_text_now();
	PROMISE(strcmp(once, twice) == 0);
}

static void check_config(const char *text, size_t length)
{
	OWNED(dp_config_release) struct dp_config c = { .entries = NULL };
	const struct dp_entry *entries[DP_ENTRIES_MAX];
	struct failure f = { 0 };

	if (dp_config_read(&c, text, length, &f) < 0) {
		PROMISE((f.code == CNI_CONFIG || f.code == CNI_DECODE) && !c.entries);
		return;
	}
	PROMISE(c.n <= DP_ENTRIES_MAX);
	for (size_t i = 0; i < c.n; i++)
		entries[i] = &c.entries[i];
	check_offer(entries, c.n, c.name_space);
}

/* An interface that no configuration names, of any name. */
static void check_link(const char *name)
{
	struct dp_entry own;

	if (strlen(name) < IFNAMSIZ && dp_entry_of_link(name, &own))
		check_offer((const struct dp_entry *const[]){ &own }, 1, "example.com");
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	directory_enter("PODTAP_STATE_DIR");
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED(text_release) char *text = text_of(data, size);
	char *file = strchr(text, '\n');

	if (file) {
		*file++ = '\0';
		check_file(text, file);
		check_beside();
	} else {
		check_config(text, size);
		check_link(text);
	}
	unlink(file_name);
	return 0;
}
