/* SPDX-License-Identifier: Apache-2.0 */
/* The arrays of a result. */
#include "cni/result.h"

#include <string.h>

void result_release(struct result *r)
{
	free(r->interfaces);
	free(r->ips);
	free(r->routes);
	*r = (struct result){ .dns = NULL };
}

/* Makes room for one more element. The size of an array is a power of two, so an array is full when
 * its count is a power of two. */
static void *array_grow(void *array, size_t count, size_t size, struct failure *f)
{
	void *grown = array;

	if ((count & (count - 1)) == 0)
		grown = reallocarray(array, count ? count * 2 : 1, size);
	if (!grown)
		fail(f, CNI_OTHER, "out of memory", "cannot hold the result");
	return grown;
}

struct interface *result_add_interface(struct result *r, struct failure *f)
{
	struct interface *grown = array_grow(r->interfaces, r->n_interfaces, sizeof *grown, f);

	if (!grown)
		return NULL;
	r->interfaces = grown;
	grown += r->n_interfaces++;
	*grown = (struct interface){ .name = NULL };
	return grown;
}

struct ip_config *result_add_ip(struct result *r, struct failure *f)
{
	struct ip_config *grown = array_grow(r->ips, r->n_ips, sizeof *grown, f);

	if (!grown)
		return NULL;
	r->ips = grown;
	grown += r->n_ips++;
	*grown = (struct ip_config){ .interface = NO_INTERFACE };
	return grown;
}

struct route *result_add_route(struct result *r, struct failure *f)
{
	struct route *grown = array_grow(r->routes, r->n_routes, sizeof *grown, f);

	if (!grown)
		return NULL;
	r->routes = grown;
	grown += r->n_routes++;
	*grown = (struct route){ .has = 0 };
	return grown;
}
