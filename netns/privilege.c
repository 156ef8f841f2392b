/* SPDX-License-Identifier: Apache-2.0 */
/* The capabilities that a call keeps, by stage. */
#include "netns/privilege.h"

#include <cap-ng.h>
#include <errno.h>
#include <linux/capability.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

static const struct {
	unsigned capability;
	enum privilege last; /* the last stage that needs it */
} needs[] = {
	{ CAP_NET_ADMIN, PRIVILEGE_WORKING },    /* links, addresses, routes, sysctls */
	{ CAP_MKNOD, PRIVILEGE_WORKING },        /* the tap node, if no devtmpfs creates it */
	{ CAP_CHOWN, PRIVILEGE_WORKING },        /* its owner */
	{ CAP_FOWNER, PRIVILEGE_WORKING },       /* its mode, after it got another owner */
	{ CAP_DAC_OVERRIDE, PRIVILEGE_WORKING }, /* state and logs with other owners */
	{ CAP_SYS_ADMIN, PRIVILEGE_OPENING },    /* setns(), and a sysfs of its devices */
	{ CAP_SYS_PTRACE, PRIVILEGE_OPENING },   /* /proc/PID/ns/net */
	{ CAP_NET_RAW, PRIVILEGE_OPENING },      /* the socket for ARP */
};

/* The capabilities of a stage, as the kernel's masks. */
struct masks {
	uint32_t kept[_LINUX_CAPABILITY_U32S_3];
};

static struct masks masks_of(enum privilege stage)
{
	struct masks m = { { 0 } };

	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
		if (needs[i].last >= stage)
			m.kept[CAP_TO_INDEX(needs[i].capability)] |=
			        CAP_TO_MASK(needs[i].capability);
	return m;
}

/* Request all capabilities of a stage, and none beside. libcap-ng would first open a file in /proc
 * and ask the kernel eight times, which is a fiftieth of an ADD. Runtimes give all of them. */
static int keep_all(enum privilege stage)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };
	const struct masks m = masks_of(stage);

	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		data[i].effective = data[i].permitted = m.kept[i];
	return (int)syscall(SYS_capset, &header, data);
}

/* Request the capabilities of a stage that the process has. */
static int keep_own(enum privilege stage)
{
	bool had[sizeof needs / sizeof *needs];

	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
		had[i] = capng_have_capability(CAPNG_PERMITTED, needs[i].capability);
	capng_clear(CAPNG_SELECT_CAPS);
	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
		if (needs[i].last >= stage && had[i])
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
			             needs[i].capability);
	return capng_apply(CAPNG_SELECT_CAPS);
}

/* Lower the effective set. All capabilities stay permitted. */
static int lower(enum privilege stage)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };
	const struct masks m = masks_of(stage);

	if (syscall(SYS_capget, &header, data) < 0)
		return -1;
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		data[i].effective &= m.kept[i];
	return (int)syscall(SYS_capset, &header, data);
}

int privilege_keep(enum privilege stage, bool delegates, struct failure *f)
{
	if (delegates)
		return lower(stage) < 0 ? fail_errno(f, errno, "give up capabilities") : 0;
	if (keep_all(stage) == 0)
		return 0;
	if (capng_get_caps_process() < 0)
		return fail(f, CNI_OTHER,
		            "the kernel does not tell which it has, in /proc/self/status",
		            "give up capabilities");
	return keep_own(stage) < 0 ? fail_errno(f, errno, "give up capabilities") : 0;
}
