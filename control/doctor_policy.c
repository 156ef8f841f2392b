/* SPDX-License-Identifier: Apache-2.0 */
/* Examining the node's policy. */
#include "control/doctor.h"

#include "plugin/policy.h"

static const struct finding_kind valid = { LEVEL_OK, "policy", NULL, NULL };
static const struct finding_kind absent = { LEVEL_OK, "policy-absent",
	                                    "every network may do what its configuration says",
	                                    NULL };
static const struct finding_kind unusable = {
	LEVEL_ERROR, "policy-unusable", NULL,
	"correct the file; until then podtap refuses every ADD"
};

void doctor_policy(struct doctor *d)
{
	struct failure why = { 0 };
	const char *path;
	bool exists;

	d->policy_unusable = policy_look(&path, &exists, &why) < 0;
	if (d->policy_unusable)
		finding_add(d->findings, &unusable, why.details, "%s", why.msg);
	else if (exists)
		finding_add(d->findings, &valid, NULL, "%s is valid", path);
	else
		finding_add(d->findings, &absent, NULL, "there is no policy %s", path);
}
