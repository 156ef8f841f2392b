/* SPDX-License-Identifier: Apache-2.0 */
/* Examining the kernel: its version, the kinds of links, and eBPF for hostAccess. */
#include "control/doctor.h"

#include "netns/host_access.h"
#include "netns/link.h"

#include <stdio.h>
#include <sys/utsname.h>

static const struct finding_kind version = { LEVEL_OK, "kernel", NULL, NULL };
static const struct finding_kind old = { LEVEL_ERROR, "kernel-old",
	                                 "podtap needs Linux 5.3 or later", "update the kernel" };
static const struct finding_kind no_kind = {
	LEVEL_ERROR, "kernel-no-kind", "its module is not there, or may not be loaded",
	"load it with modprobe; if it is missing, install the kernel's package of modules"
};
static const struct finding_kind no_host_access = {
	LEVEL_NOTE, "kernel-no-host-access", NULL,
	"use a kernel with eBPF and its classifiers, or leave the key hostAccess out"
};

static void examine_version(struct doctor *d)
{
	struct utsname name;
	unsigned major = 0, minor = 0;

	if (uname(&name) < 0)
		return;
	sscanf(name.release, "%u.%u", &major, &minor);
	finding_add(d->findings, major > 5 || (major == 5 && minor >= 3) ? &version : &old, NULL,
	            "Linux %s on %s", name.release, name.machine);
}

static void examine_kind(struct doctor *d, const char *kind)
{
	struct failure f = { 0 };
	bool known;

	if (link_kind_known(&d->host.rtnl, link_kind_find(kind), &known, &f) < 0)
		finding_unknown(d->findings, &f);
	else if (!known)
		finding_add(d->findings, &no_kind, NULL, "the kernel has no links of kind %s",
		            kind);
}

void doctor_kernel(struct doctor *d)
{
	struct failure why = { 0 };

	examine_version(d);
	for (const struct word *kind = link_kind_words; kind->text; kind++)
		examine_kind(d, kind->text);
	if (host_access_supported(&why) < 0)
		finding_add(d->findings, &no_host_access, why.details, "hostAccess cannot work");
}
