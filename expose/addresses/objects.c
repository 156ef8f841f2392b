/* SPDX-License-Identifier: Apache-2.0 */
/* Names of pools and blocks, and the list of pools. */
#include "expose/addresses/objects.h"

#include <stdio.h>
#include <string.h>

void address_pool_release(struct address_pool *p)
{
	json_release(&p->routes);
	json_release(&p->dns);
	json_release(&p->object);
}

void pool_object_set(struct address_pool *p, cJSON **object)
{
	json_release(&p->object);
	p->object = *object;
	*object = NULL;
}

void pool_list_release(struct pool_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		address_pool_release(&l->pools[i]);
	free(l->pools);
	*l = (struct pool_list){ 0 };
}

struct address_pool *pool_list_add(struct pool_list *l, struct failure *f)
{
	struct address_pool *grown = realloc(l->pools, (l->n + 1) * sizeof *grown);

	if (!grown) {
		fail_errno(f, ENOMEM, "collect pools");
		return NULL;
	}
	l->pools = grown;
	memset(&l->pools[l->n], 0, sizeof *grown);
	return &l->pools[l->n++];
}

const char *block_name(const char *pool, const struct ip *first, char name[static BLOCK_NAME])
{
	int length = snprintf(name, BLOCK_NAME, "%s.", pool);

	for (size_t i = 0; i < ip_size(first) && length < BLOCK_NAME; i++)
		length += snprintf(name + length, BLOCK_NAME - (size_t)length, "%02x",
		                   first->byte[i]);
	return name;
}
