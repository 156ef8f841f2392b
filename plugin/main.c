/* SPDX-License-Identifier: Apache-2.0 */
/* The executable podtap: a CNI plugin for macvtap and macvlan endpoints. */
#include "cni/program.h"
#include "plugin/log.h"
#include "plugin/verbs.h"

static const struct cni_verb verbs[] = {
	{ "ADD", add, NEEDS_CONTAINERID | NEEDS_NETNS | NEEDS_IFNAME | NEEDS_PATH, V0_1_0 },
	{ "DEL", del, NEEDS_CONTAINERID | NEEDS_IFNAME | NEEDS_PATH, V0_1_0 },
	{ "CHECK", check, NEEDS_CONTAINERID | NEEDS_NETNS | NEEDS_IFNAME | NEEDS_PATH, V0_4_0 },
	{ "STATUS", status, NEEDS_PATH, V1_1_0 },
	{ "GC", gc, NEEDS_PATH, V1_1_0 },
	{ NULL, NULL, 0, V0_1_0 },
};

int main(int argc, char **argv)
{
	static const struct program podtap = {
		.name = "podtap",
		.about = "CNI plugin podtap: macvtap and macvlan endpoints for containers and VMs",
		.verbs = verbs,
		.ended = log_call,
	};
	return program_run(&podtap, argc, argv);
}
