/* SPDX-License-Identifier: Apache-2.0 */
/* The allocator's configuration with CNI_ARGS (the input's first line), a resolv.conf (the second
 * paragraph, if there is one) and the file of the pool "lan" (the third): what is accepted never
 * gives out a gateway or an excluded address.
 *
 * Reads with: ipam/ipam_config.c ipam/config_ranges.c ipam/config_addresses.c
 * ipam/range.c ipam/pool.c ipam/resolv_conf.c */
#include "base/json.h"
#include "base/unknown_keys.h"
#include "ipam/ipam_config.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static void check_span(const struct ipam_config *c, const struct range_set *set,
                       const struct span *given)
{
	const struct ip ends[] = { number_ip(given->family, given->first),
		                   number_ip(given->family, given->last) };

	PROMISE(given->first <= given->last);
	for (size_t i = 0; i < 2; i++) {
		const struct range *r = range_set_find(set, &ends[i]);
		PROMISE(r && cidr_contains(&r->subnet, &ends[i]));
		PROMISE(!ip_equal(&r->gateway, &ends[i]));
		for (size_t k = 0; k < c->n_excluded; k++)
			PROMISE(!span_contains(&c->excluded[k], &ends[i]));
	}
}

static void check_pools(const struct ipam_config *c)
{
	const struct ip none = { .family = 0 };
	struct failure f = { 0 };

	for (size_t i = 0; i < c->n_sets; i++) {
		OWNED(pool_release) struct pool pool = { 0 }, rest = { 0 };
		PROMISE(pool_make(&pool, &c->sets[i], &none, c->excluded, c->n_excluded, &f) == 0);
		PROMISE(pool.n > 0 && pool.size > 0);
		for (size_t k = 0; k < pool.n; k++)
			check_span(c, &c->sets[i], &pool.spans[k]);
		/* From the last one on, round: the same addresses in another order. */
		const struct span *last = &pool.spans[pool.n - 1];
		const struct ip from = number_ip(last->family, last->first);
		PROMISE(pool_make(&rest, &c->sets[i], &from, c->excluded, c->n_excluded, &f) == 0);
		PROMISE(rest.size == pool.size);
	}
}

/* What is asked for is given out of a network that has it, and outside a range only if that is
 * allowed. */
static void check_wanted(const struct ipam_config *c)
{
	char text[256];

	for (size_t i = 0; i < c->wanted.n; i++)
		for (size_t k = 0; k < c->n_sets; k++) {
			const struct ip *ip = &c->wanted.ips[i];
			const struct range *r = config_range_find(c, k, ip);
			if (!r)
				continue;
			const struct ip network = cidr_network(&r->subnet);
			PROMISE(cidr_contains(&r->subnet, ip));
			PROMISE(c->static_outside_range || range_set_find(&c->sets[k], ip));
			PROMISE(!range_has_host(r, ip) || !ip_equal(ip, &network) ||
			        r->subnet.prefix + 1u >= ip_bits(ip));
		}
	PROMISE(strlen(range_sets_text(c->sets, c->n_sets, text, sizeof text)) < sizeof text);
}

static void check_description(const struct ipam_config *c)
{
	OWNED(result_release) struct result r = { .dns = NULL };
	struct failure f = { 0 };

	PROMISE(config_describe(c, &r, &f) == 0);
	PROMISE(r.n_ips == c->n_addresses && r.n_routes == c->described.n_routes);
}

static void on_unknown(const char *path, const char *meant, void *data)
{
	(void)data;
	PROMISE(strncmp(path, "ipam.", 5) == 0 && (!meant || *meant));
}

static void file_write(const char *name, const char *text)
{
	int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	PROMISE(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct failure f = { 0 };
	OWNED(text_release) char *args = text_of(data, size);
	char *config = strchr(args, '\n');
	if (!config)
		return 0;
	*config++ = '\0';
	directory_enter("PODTAP_STATE_DIR");
	char *servers = strstr(config, "\n\n");
	char *held = servers ? strstr(servers + 2, "\n\n") : NULL;
	if (servers)
		*servers = '\0';
	if (held)
		*held = '\0';
	if (servers)
		file_write("resolv.conf", servers + 2);
	if (held && (mkdir("pools", 0700) == 0 || errno == EEXIST))
		file_write("pools/lan.json", held + 2);
	OWNED(json_release) cJSON *json = json_parse(config, strlen(config), "the input", &f);
	if (!json)
		return 0;
	struct request r = { .container_id = "c",
		             .netns = "/n",
		             .ifname = "i",
		             .args = args,
		             .path = "/p",
		             .json = json,
		             .name = "n",
		             .version = VERSION_LATEST };
	const char *version = json_string(json_member(json, "cniVersion"));
	if (version && !version_find(version, &r.version))
		return 0;
	OWNED(ipam_config_release) struct ipam_config c;
	if (ipam_config_read(&c, &r, &f) == 0) {
		check_pools(&c);
		check_wanted(&c);
		check_description(&c);
	} else /* CNI_IO: the file of the pool */
		PROMISE(f.code == CNI_CONFIG || f.code == CNI_ENV ||
		        (f.code == CNI_IO && c.held.pool));
	keys_unknown(json_member(json, "ipam"), "ipam", ipam_key, NULL,
	             &(struct unknown_visit){ on_unknown, NULL });
	return 0;
}
