/* SPDX-License-Identifier: Apache-2.0 */
/* Examining the node: its areas, one file each. */
#ifndef CONTROL_DOCTOR_H
#define CONTROL_DOCTOR_H

#include "control/findings.h"
#include "control/networks.h"
#include "control/node.h"
#include "netns/host.h"

struct doctor {
	const struct node *node;   /* borrowed */
	struct findings *findings; /* borrowed */
	struct host host;
	struct networks networks;
	bool policy_unusable; /* then every network is refused for that reason */
};

#define DOCTOR_CLOSED               \
	{                           \
		.host = HOST_CLOSED \
	}

void doctor_release(struct doctor *d);

/* Examine one area each, and add the findings. The order is that of the table in doctor.c: the
 * policy comes before the networks. */
typedef void doctor_area(struct doctor *d);
doctor_area doctor_kernel, doctor_plugins, doctor_policy, doctor_networks, doctor_masters,
        doctor_runtime, doctor_device_plugin, doctor_state, doctor_stores, doctor_pools;

/* Examine all areas, and print the findings. Returns the exit code, or -1. */
int doctor_write(const struct node *node, enum output form, FILE *out,
                 struct failure *f) MUST_CHECK;

#endif
