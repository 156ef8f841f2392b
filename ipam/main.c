/* SPDX-License-Identifier: Apache-2.0 */
/* The executable podtap-ipam. */
#include "cni/program.h"

int main(int argc, char **argv)
{
	static const struct verb verbs[] = { { NULL, NULL, 0, V0_1_0 } };
	static const struct program program = {
		.name = "podtap-ipam",
		.about = "podtap-ipam: addresses for CNI endpoints",
		.verbs = verbs,
	};
	return program_run(&program, argc, argv);
}
