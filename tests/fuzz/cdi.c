/* SPDX-License-Identifier: Apache-2.0 */
/* A CDI device's name (the input's first line) and the specification that stands at its file (the
 * rest): a foreign one stays, and what was written is found and removed.
 *
 * Reads with: plugin/cdi_name.c plugin/cdi_spec.c */
#include "plugin/cdi.h"
#include "base/json.h"
#include "plugin/cdi_name.h"
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static bool is_there(const char *name)
{
	return access(name, F_OK) == 0;
}

static void file_write(const char *name, const char *text)
{
	int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	PROMISE(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char own[] = "\"/dev/tap7\"";
	const struct link_kind *tap = link_kind_find("macvtap");
	struct failure f = { 0 };
	OWNED(text_release) char *device = text_of(data, size);
	char name[CDI_NAME_MAX], file[CDI_NAME_MAX + 32];
	char *spec = strchr(device, '\n');
	dev_t number;
	uint32_t former;

	if (!spec)
		return 0;
	*spec++ = '\0';
	directory_enter("PODTAP_CDI_DIR");
	/* A device of its own, or the pod's as CNI_ARGS spell it. */
	const struct config named = { .kind = tap, .device_id = device };
	const struct config pod = { .kind = tap, .cdi = true };
	const struct request r = { .container_id = "c", .ifname = "eth0", .args = device };
	if (cdi_name(strchr(device, '=') ? &pod : &named, &r, name, &f) < 0) {
		PROMISE(f.code == CNI_CONFIG || f.code == CNI_ENV);
		return 0;
	}
	PROMISE(!strchr(name, '/') && strlen(name) < sizeof name);
	if (!*name)
		return 0;
	const struct endpoint e = { .ifindex = 7,
		                    .cdi = name,
		                    .tap = { .path = "/dev/tap7", .mode = 0600 } };
	snprintf(file, sizeof file, "podtap.dev-tap_%s.json", name);
	file_write(file, spec);
	PROMISE(cdi_remove(&e, &f) == 0);
	PROMISE(is_there(file) || strstr(spec, own) || strchr(spec, '\\'));
	PROMISE(cdi_holder(&e, &former, &f) >= 0 && former != e.ifindex);
	PROMISE(cdi_write(&e, former, &f) == 0 && is_there(file));
	PROMISE(cdi_remove(&e, &f) == 0 && !is_there(file));
	/* Without its name too, and no other's. */
	PROMISE(cdi_write(&e, 0, &f) == 0 && cdi_remove_unrecorded(8, &number, &f) == 0 &&
	        is_there(file));
	PROMISE(cdi_remove_unrecorded(7, &number, &f) == 0 && !is_there(file));
	return 0;
}
