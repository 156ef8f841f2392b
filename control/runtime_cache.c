/* SPDX-License-Identifier: Apache-2.0 */
/* Looking for the reference library's files. */
#include "control/runtime_cache.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

/* Returns when the system was booted, in seconds of the wall clock. */
static time_t boot_time(void)
{
	struct timespec now, since;

	if (clock_gettime(CLOCK_REALTIME, &now) < 0 || clock_gettime(CLOCK_BOOTTIME, &since) < 0)
		return 0;
	return now.tv_sec - since.tv_sec;
}

bool runtime_cache_has(const char *network, const char *container_id, const char *ifname)
{
	char path[PATH_MAX];
	struct stat st;
	const int length = snprintf(path, sizeof path, "/var/lib/cni/results/%s-%s-%s", network,
	                            container_id, ifname);

	return length < (int)sizeof path && stat(path, &st) == 0 && st.st_mtime >= boot_time();
}
