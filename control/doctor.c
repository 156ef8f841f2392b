/* SPDX-License-Identifier: Apache-2.0 */
/* The verb doctor: what is wrong with this node. */
#include "control/doctor.h"
#include "control/verb.h"

#include <unistd.h>

static doctor_area *const areas[] = {
	doctor_kernel,  doctor_plugins,       doctor_policy, doctor_networks, doctor_masters,
	doctor_runtime, doctor_device_plugin, doctor_state,  doctor_stores,   doctor_pools,
};

void doctor_release(struct doctor *d)
{
	networks_release(&d->networks);
	host_release(&d->host);
}

int doctor_write(const struct node *node, enum output form, FILE *out, struct failure *f)
{
	OWNED(findings_release) struct findings findings = { .list = NULL };
	OWNED(doctor_release) struct doctor d = DOCTOR_CLOSED;

	d.node = node;
	d.findings = &findings;
	if (host_open(&d.host, f) < 0 || networks_find(&d.networks, node, f) < 0)
		return -1;
	for (size_t i = 0; i < sizeof areas / sizeof *areas; i++)
		areas[i](&d);
	return findings_print(&findings, form, out, f);
}

static int doctor(const struct call *call, struct failure *f)
{
	OWNED(node_release) struct node node = NODE_CLOSED;
	enum output form;

	if (geteuid() != 0)
		return fail(f, CNI_OTHER, "only root can read all of it", "examine the node");
	if (output_form(call, &form, f) < 0 || node_open(&node, call->option['r'], f) < 0)
		return -1;
	return doctor_write(&node, form, stdout, f);
}

const struct verb verb_doctor = {
	.name = "doctor",
	.summary = "what is wrong with this node",
	.cli = { .program = "podtapctl doctor",
	         .synopsis = "[-o FORM] [--root DIRECTORY]",
	         .about = "Examines the kernel, the plugins, the policy, the networks, their "
	                  "masters,\n"
	                  "the runtime, the device plugin, the state, the reservations and the "
	                  "pools.\n"
	                  "Prints a line for each finding: level, code, what, why, and the fix.\n"
	                  "Exits 1 if something is wrong, and 2 if something could not be "
	                  "examined.\n\n"
	                  "  podtapctl doctor | grep -v ^ok\n",
	         .options = (const struct cli_option[]){ OUTPUT_OPTIONS,
	                                                 NODE_OPTION,
	                                                 { .name = NULL } } },
	.run = doctor,
};
