/* SPDX-License-Identifier: Apache-2.0 */
/* A list of addresses that grows. */
#include "base/ip_list.h"

#include <string.h>

void ip_list_release(struct ip_list *list)
{
	free(list->ips);
	*list = (struct ip_list){ 0 };
}

bool ip_list_has(const struct ip_list *list, const struct ip *ip)
{
	for (size_t i = 0; i < list->n; i++)
		if (ip_equal(&list->ips[i], ip))
			return true;
	return false;
}

int ip_list_add(struct ip_list *list, const struct ip *ip, struct failure *f)
{
	struct ip *grown = list->ips;

	if ((list->n & (list->n + 1)) == 0) /* room for 1, 3, 7, … */
		grown = realloc(list->ips, (list->n * 2 + 1) * sizeof *grown);
	if (!grown)
		return fail_errno(f, ENOMEM, "collect addresses");
	list->ips = grown;
	list->ips[list->n++] = *ip;
	return 0;
}

void ip_list_remove(struct ip_list *list, size_t index)
{
	memmove(&list->ips[index], &list->ips[index + 1],
	        (--list->n - index) * sizeof list->ips[0]);
}
