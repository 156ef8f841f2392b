/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of the engines of podtap-addresses. The first byte chooses: an answer of etcd, a line of
 * its watch, an answer of the Kubernetes API, a line of its watch, or an object. What is accepted
 * can be written, and reads as the same; a key can be asked for again.
 *
 * Reads with: expose/addresses/etcd_answer.c expose/addresses/kube_answer.c
 * expose/addresses/block_json.c expose/addresses/pool_json.c expose/addresses/binding_json.c
 * base/base64.c (json) */
#include "base/base64.h"
#include "expose/addresses/binding.h"
#include "expose/addresses/etcd_answer.h"
#include "expose/addresses/kube_answer.h"
#include "tests/fuzz/fuzz.h"

static void check_bytes(const char *bytes, size_t n)
{
	size_t decoded = 0;
	OWNED(text_release) char *text = base64_encode(bytes, n);
	PROMISE(text);
	OWNED(text_release) char *again = base64_decode(text, n, &decoded);

	PROMISE(again && decoded == n && memcmp(again, bytes, n) == 0);
}

static void check_block(const cJSON *object)
{
	struct address_block b = { .n_claims = 0 }, again = { .n_claims = 0 };
	struct failure f = { 0 };

	if (block_read(&b, object, &f) < 0) {
		PROMISE(f.code == CNI_CONFIG);
		return;
	}
	PROMISE(pool_name_valid(b.pool) && b.n_claims <= CLAIMS_MAX);
	OWNED(json_release) cJSON *json = block_json(&b);
	OWNED(text_release) char *text = json_text(json);
	PROMISE(text);
	OWNED(json_release) cJSON *parsed = json_parse(text, strlen(text), "block", &f);
	PROMISE(!parsed || block_read(&again, parsed, &f) == 0);
	PROMISE(!parsed || (again.n_claims == b.n_claims && ip_equal(&again.first, &b.first)));
	PROMISE(!parsed || again.reclaimed == b.reclaimed);
}

static void check_binding(const cJSON *object)
{
	struct address_binding b = { .set = 0 }, again = { .set = 0 };
	struct failure f = { 0 };

	if (binding_read(&b, object, &f) < 0) {
		PROMISE(f.code == CNI_CONFIG);
		return;
	}
	PROMISE(b.number && b.ip.family && b.set < POOL_SETS_MAX);
	OWNED(json_release) cJSON *json = binding_json(&b);
	OWNED(text_release) char *text = json_text(json);
	PROMISE(text);
	OWNED(json_release) cJSON *parsed = json_parse(text, strlen(text), "binding", &f);
	PROMISE(!parsed || (binding_read(&again, parsed, &f) == 0 && again.number == b.number &&
	                    owner_equal(&again.owner, &b.owner) && ip_equal(&again.ip, &b.ip)));
}

static void check_pool(cJSON *object)
{
	OWNED(address_pool_release) struct address_pool p = { .n_sets = 0 };
	OWNED(address_pool_release) struct address_pool again = { .n_sets = 0 };
	struct failure f = { 0 };

	if (pool_read(&p, object, &f) < 0) {
		PROMISE(f.code == CNI_CONFIG);
		return;
	}
	PROMISE(p.n_sets >= 1 && p.n_sets <= POOL_SETS_MAX && p.n_waiting <= POOL_WAITING_MAX);
	p.finalizer = !p.finalizer;
	PROMISE(pool_write(&p, object, &f) == 0);
	PROMISE(pool_read(&again, object, &f) == 0 && again.finalizer == p.finalizer);
	PROMISE(again.n_waiting == p.n_waiting && again.n_handed == p.n_handed);
}

static void check_entry(const cJSON *kv)
{
	OWNED(etcd_entry_release) struct etcd_entry e = { .object = NULL };
	struct failure f = { 0 };
	char end[ETCD_KEY];

	if (etcd_entry_read(&e, kv, &f) < 0) {
		PROMISE(f.code == CNI_DECODE);
		return;
	}
	PROMISE(*e.key && *e.version && e.created >= 0);
	OWNED(text_release) char *range = etcd_range_body(e.key, strlen(e.key) + 1, NULL);
	OWNED(text_release)
	char *watch = etcd_watch_body(e.key, etcd_prefix_end(e.key, end), e.version);
	OWNED(text_release) char *put = etcd_txn_body(e.key, e.version, "{}");
	OWNED(text_release) char *delete = etcd_txn_body(e.key, "", NULL);
	PROMISE(range && watch && put && delete);
	check_bytes(e.key, strlen(e.key));
	check_block(e.object);
	if (e.object)
		check_pool(e.object);
}

static void check_etcd(const cJSON *answer)
{
	char version[VERSION_TEXT], token[ETCD_TOKEN];
	const cJSON *kv;

	cJSON_ArrayForEach(kv, etcd_range_entries(answer))
	{
		check_entry(kv);
	}
	cJSON_ArrayForEach(kv, etcd_txn_entries(answer))
	{
		check_entry(kv);
	}
	PROMISE(!etcd_revision(answer, version) || strlen(version) < VERSION_TEXT);
	PROMISE(!etcd_token(answer, token) || strlen(token) < ETCD_TOKEN);
	etcd_error(answer);
}

static void check_kube(const cJSON *answer)
{
	static const long statuses[] = { 200, 201, 400, 404, 408, 409, 410, 422, 429, 500 };
	char version[VERSION_TEXT], token[KUBE_CONTINUE];
	const cJSON *item;

	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		PROMISE((kube_meaning(statuses[i], answer != NULL, answer) == ENGINE_OK) ==
		        (statuses[i] < 300));
	PROMISE(!kube_version(answer, version) || kube_name_valid(version) || *version == '.');
	PROMISE(!kube_continue(answer, token) || strlen(token) < KUBE_CONTINUE);
	kube_message(answer);
	cJSON_ArrayForEach(item, json_member(answer, "items"))
	{
		check_block(item);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED(text_release) char *text = text_of(data, size);
	struct failure f = { 0 };

	if (size == 0)
		return 0;
	OWNED(json_release) cJSON *json = json_parse(text + 1, size - 1, "answer", &f);
	if (*text == 'w')
		etcd_event_read(text + 1, size - 1);
	else if (*text == 'v')
		kube_event_read(text + 1, size - 1);
	else if (json && *text == 'e')
		check_etcd(json);
	else if (json && *text == 'k')
		check_kube(json);
	else if (json && *text == 'b')
		check_block(json);
	else if (json && *text == 'p')
		check_pool(json);
	else if (json && *text == 'o')
		check_binding(json);
	else {
		size_t n;
		OWNED(text_release) char *bytes = base64_decode(text + 1, 256, &n);
		PROMISE(!bytes || n <= 256);
		check_bytes(text, size);
	}
	return 0;
}
