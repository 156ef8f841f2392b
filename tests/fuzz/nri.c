/* SPDX-License-Identifier: Apache-2.0 */
/* A runtime's side of a connection, whatever it is: it is answered, or the connection ends with a
 * reason; what it says is logged in whole lines.
 *
 * Reads with: expose/nri/nri.c expose/nri/nri_answer.c expose/nri/adjust.c expose/nri/missed.c
 * expose/nri/protobuf_scan.c expose/nri/arena.c expose/ttrpc/ttrpc_message.c */
#include "expose/nri/nri.h"
#include "cni/request.h"
#include "expose/common/daemon.h"
#include "expose/nri/adjust.h"
#include "expose/nri/missed.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/sysmacros.h>

/* In place of the log, which would be a line for every run. */
void log_event(const char *fmt, ...)
{
	char line[256];
	va_list args;

	va_start(args, fmt);
	PROMISE(vsnprintf(line, sizeof line, fmt, args) >= 0);
	va_end(args);
}

void log_failure(const struct failure *f)
{
	PROMISE(f->code && *f->msg);
}

/* In place of what looks at records and at the kernel: every pod has taps, as many as there can be,
 * and where its namespace's path says so they are in doubt. */
int taps_find(const char *container_id, const char *netns_path, struct taps *taps,
              void (*doubt)(const struct failure *), struct failure *f)
{
	PROMISE(container_id && identifier_valid(container_id) && *netns_path && f->code == 0);
	(void)doubt;
	taps->doubts = strcmp(netns_path, "doubt") == 0;
	for (taps->n = 0; taps->n < TAPS_DEVICES_MAX; taps->n++) {
		taps->device[taps->n] =
		        (struct device){ "/dev/tap7", makedev(244, 3), { 107, 0, 0600 } };
		snprintf(taps->allocated[taps->n], TAPS_NAME_MAX, "%s",
		         taps->n % 2 ? "lanMvp0" : "");
	}
	return 0;
}

static int container_create(void *data, const struct Nri__ContainerRequest *request,
                            struct taps *taps, struct failure *f)
{
	char pod[NAME_MAX + 1];

	(void)data;
	return container_taps(request, SHARE_ANY, pod, taps, f) < 0 ? -1
	                                                            : taps_reduce(request, taps, f);
}

static int container_stop(void *data, const struct Nri__ContainerRequest *request,
                          struct failure *f)
{
	char pod[NAME_MAX + 1];
	struct taps taps;

	(void)data;
	return container_taps(request, SHARE_ALONE, pod, &taps, f);
}

static void present(void *data, const struct Nri__Pod *pod, const struct Nri__Container *container)
{
	PROMISE(!pod != !container);
	if (pod)
		missed_pod(data, pod);
	else
		missed_container(data, container);
}

static void on_missed(const struct missed_tap *tap, void *data)
{
	PROMISE(identifier_valid(tap->pod) && data);
}

static void presented(void *data, bool whole)
{
	if (whole)
		missed_each(data, on_missed, data);
	missed_release(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED(fd_release) int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	OWNED(missed_release) struct missed missed = { .tap = NULL };
	OWNED(nri_release)
	struct nri n = { .service = { container_create, container_stop, present, presented,
		                      &missed } };
	struct failure f = { 0 };

	PROMISE(nri_open(&n, nowhere, "podtap", "50", &f) == 0);
	for (size_t step; size; data += step, size -= step) {
		step = size < 4096 ? size : 4096;
		if (nri_feed(&n, data, step, &f) < 0) {
			PROMISE(f.code && *f.msg);
			return 0;
		}
		PROMISE(f.code == 0);
	}
	return 0;
}
