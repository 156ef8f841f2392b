/* SPDX-License-Identifier: Apache-2.0 */
/* The key sysctl: kernel settings of the endpoint's link that a configuration may choose. */
#ifndef PLUGIN_SYSCTL_H
#define PLUGIN_SYSCTL_H

#include "netns/sandbox.h"

#include <cjson/cJSON.h>

enum { SYSCTLS_MAX = 40, SYSCTL_TEXT = 96 };

/* A setting that a configuration may choose, and its range of values. */
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

/* Decode the key's value: an object or NULL. Its members have names such as
 * net.ipv6.conf.IFNAME.accept_ra, in which the interface's own name may replace IFNAME, and
 * integers in strings as values. `ifname` is NULL or "" if the interface is not known. Returns 0,
 * or -1: CNI_CONFIG, which names the setting and its value. */
int sysctls_read(struct sysctls *s, const cJSON *value, const char *ifname,
                 struct failure *f) MUST_CHECK;

/* Find a setting by its name. Returns NULL if it is not in the list. */
const struct sysctl *sysctl_find(const struct sysctls *s, enum settings family, const char *name);

/* Add a setting, unless the list has it. */
void sysctls_add(struct sysctls *s, enum settings family, const char *name, int value);

/* Returns the SANDBOX_* bits that open what the settings need. */
unsigned sysctls_extras(const struct sysctls *s);

/* Write all settings of a link. Returns 0, or -1: CNI_CONFIG if the kernel does not have a setting
 * on that link. */
int sysctls_apply(const struct sysctls *s, const struct sandbox *sandbox, const char *ifname,
                  struct failure *f) MUST_CHECK;

/* Write a name such as "net.ipv6.conf.eth0.accept_ra", cut to the buffer. Returns `text`. */
const char *sysctl_name(const struct sysctl_kind *kind, const char *ifname,
                        char text[static SYSCTL_TEXT]);

/* Make an object of names and values for the record. The caller owns it. Returns NULL if there is
 * no memory. */
cJSON *sysctls_write(const struct sysctls *s, const char *ifname);

#endif
