/* SPDX-License-Identifier: Apache-2.0 */
/* The key sysctl: kernel settings of the endpoint's link that a configuration may choose. */
#ifndef PLUGIN_SYSCTL_H
#define PLUGIN_SYSCTL_H

#include "netns/sandbox.h"

#include <cjson/cJSON.h>

enum { SYSCTLS_MAX = 40, SYSCTL_TEXT = 96 };

/* A setting on the list of those that may be chosen, and its values. */
struct sysctl_kind {
	enum settings family;
	const char *name;
	int min;
	int max;
};

struct sysctl {
	const struct sysctl_kind *kind;
	int value;
};

struct sysctls {
	size_t n;
	struct sysctl list[SYSCTLS_MAX];
};

/* Decodes the key's value, an object or NULL: names such as net.ipv6.conf.IFNAME.accept_ra, where
 * the interface's own name may stand for IFNAME, each with an integer in a string. `ifname` is NULL
 * or empty where the interface is not known. Code CNI_CONFIG, naming the setting and its value. */
int sysctls_read(struct sysctls *s, const cJSON *value, const char *ifname,
                 struct failure *f) MUST_CHECK;

/* The setting of that name; NULL where the list does not have it. */
const struct sysctl *sysctl_find(const struct sysctls *s, enum settings family, const char *name);

/* Adds a setting unless it is there already. */
void sysctls_add(struct sysctls *s, enum settings family, const char *name, int value);

/* Which SANDBOX_* bits open what the settings need. */
unsigned sysctls_extras(const struct sysctls *s);

/* Sets all of them on a link. CNI_CONFIG where the kernel does not have a setting on that link. */
int sysctls_apply(const struct sysctls *s, const struct sandbox *sandbox, const char *ifname,
                  struct failure *f) MUST_CHECK;

/* The first setting that has another value now, which goes to *now; NULL: all are as they were set.
 * A setting that cannot be read counts as changed, with the failure in *f. */
const struct sysctl *sysctls_changed(const struct sysctls *s, const struct sandbox *sandbox,
                                     const char *ifname, int *now, struct failure *f);

/* "net.ipv6.conf.eth0.accept_ra", cut to the buffer. */
const char *sysctl_name(const struct sysctl_kind *kind, const char *ifname,
                        char text[static SYSCTL_TEXT]);

/* As an object of names and values, for the record; the caller owns it. NULL: out of memory. */
cJSON *sysctls_write(const struct sysctls *s, const char *ifname);

#endif
