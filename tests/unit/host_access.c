/* SPDX-License-Identifier: Apache-2.0 */
/* hostAccess on a master of a namespace of its own: the program, and whose each MAC address is. */
#include "netns/host_access.h"
#include "base/owned.h"
#include "netns/host_program.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

static const struct mac first = { { 2, 0, 0, 0, 0, 1 } }, second = { { 2, 0, 0, 0, 0, 2 } };

/* A master in a namespace where nobody else is. */
static void master_make(struct verdict *v, struct rtnl *nl, struct link *master)
{
	struct failure f = { 0 };

	if (unshare(CLONE_NEWNET) < 0 ||
	    system("ip link add lan0 address 02:00:00:00:00:aa type veth peer name port0") ||
	    rtnl_open(nl, &f) < 0 || link_by_name(nl, "lan0", master, &f) != FOUND)
		abort();
	expect(v, true, "%s", f.details);
}

static void the_program_is_found_again_until_its_last_endpoint_goes(struct verdict *v)
{
	OWNED(rtnl_release) struct rtnl nl = { .fd = -1 };
	OWNED(host_access_release) struct host_access a = HOST_ACCESS_CLOSED;
	struct failure f = { 0 };
	struct link master;

	master_make(v, &nl, &master);
	expect(v, host_access_find(&a, &nl, master.index, &f) == FOUND_NONE, "%s", f.details);
	expect(v, host_access_make(&a, &nl, &master, &f) == 0, "%s: %s", f.msg, f.details);
	expect(v, host_access_add(&a, &first, 1, &f) == FOUND, "%s", f.details);
	host_access_release(&a);
	expect(v, host_access_find(&a, &nl, master.index, &f) == FOUND, "%s", f.details);
	expect(v, host_access_has(&a, &first, 1, &f) == FOUND, "the address is lost");
	expect(v, host_access_end(&a, &nl, &f) == 0, "%s", f.details);
	host_access_release(&a);
	expect(v, host_access_find(&a, &nl, master.index, &f) == FOUND, "it ended too early");
	expect(v, host_access_remove(&a, &first, 1, &f) == FOUND, "%s", f.details);
	expect(v, host_access_end(&a, &nl, &f) == 0, "%s", f.details);
	host_access_release(&a);
	expect(v, host_access_find(&a, &nl, master.index, &f) == FOUND_NONE, "it is still there");
}

static void an_address_is_removed_only_for_its_owner(struct verdict *v)
{
	OWNED(rtnl_release) struct rtnl nl = { .fd = -1 };
	OWNED(host_access_release) struct host_access a = HOST_ACCESS_CLOSED;
	struct failure f = { 0 };
	struct link master;

	master_make(v, &nl, &master);
	expect(v, host_access_make(&a, &nl, &master, &f) == 0, "%s: %s", f.msg, f.details);
	expect(v, host_access_add(&a, &first, 1, &f) == FOUND, "%s", f.details);
	expect(v, host_access_add(&a, &first, 2, &f) == FOUND_NONE, "another owner's");
	expect(v, host_access_remove(&a, &first, 2, &f) == FOUND_NONE, "another owner removed it");
	expect(v, host_access_has(&a, &first, 1, &f) == FOUND, "it is gone");
	expect(v, host_access_replace(&a, &first, 2, &f) == FOUND, "%s", f.details);
	expect(v, host_access_remove(&a, &first, 1, &f) == FOUND_NONE, "the former owner's");
	expect(v, host_access_remove(&a, &first, 2, &f) == FOUND, "%s", f.details);
	expect(v, host_access_remove(&a, &second, 2, &f) == FOUND_NONE, "%s", f.details);
}

static void the_kernel_tells_where_the_address_of_an_interface_is(struct verdict *v)
{
	OWNED(rtnl_release) struct rtnl nl = { .fd = -1 };
	struct link master;

	master_make(v, &nl, &master);
	const uint32_t offset = host_program_offset(master.index, &master.mac);
	expect(v, offset > 0, "errno %d: %s", errno, strerror(errno));
	expect(v, host_program_offset(master.index, &second) == 0, "another MAC address was found");
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(the_program_is_found_again_until_its_last_endpoint_goes),
		UNIT(an_address_is_removed_only_for_its_owner),
		UNIT(the_kernel_tells_where_the_address_of_an_interface_is),
	};

	return units_run(units, COUNT_OF(units));
}
