/* SPDX-License-Identifier: Apache-2.0 */
/* The allocator over a store in which anything may lie, over an index and a stamp that were
 * damaged, and beside others who know of no lock: nothing of anybody else's is given out, changed
 * or removed.
 *
 * Reads with: ipam/boot.c ipam/store_read.c ipam/index.c ipam/ledger.c ipam/pages.c ipam/sticky.c
 */
#include "base/json.h"
#include "ipam/allocator.h"
#include "ipam/ledger.h"
#include "ipam/own_directory.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

enum { FILES = 10, CONTENT_MAX = 64, LARGE = HOLDER_MAX + 1 }; /* bytes */
enum kind { FILE_PLAIN, FILE_LARGE, FILE_LINK, FILE_FOLDER, KINDS };

static const char config[] =
        "{\"cniVersion\":\"1.1.0\",\"name\":\"net\",\"ipam\":{\"type\":\"podtap-ipam\","
        "\"dataDir\":\"store\",\"sticky\":true,\"ranges\":[[{\"subnet\":\"10.9.0.0/29\"}],"
        "[{\"subnet\":\"fd00::/125\",\"rangeEnd\":\"fd00::3\"}]]},\"cni.dev/valid-attachments\":"
        "[{\"containerID\":\"a\",\"ifname\":\"eth0\"}]}";

static const char *const names[FILES] = {
	"10.9.0.2", "10.9.0.3", "10.9.0.4",           "10.9.0.5",           "10.9.0.6",
	"fd00::2",  "fd00::3",  "last_reserved_ip.0", "last_reserved_ip.1", "10.9.0.02",
};

struct file {
	bool there;
	enum kind kind;
	size_t length;
	char content[CONTENT_MAX];
};

static void path_of(size_t i, char path[static 64])
{
	snprintf(path, 64, "store/net/%s", names[i]);
}

static void file_write(size_t i, const struct file *file)
{
	char path[64];

	path_of(i, path);
	PROMISE(remove(path) == 0 || errno == ENOENT);
	if (!file->there)
		return;
	if (file->kind == FILE_LINK || file->kind == FILE_FOLDER) {
		PROMISE((file->kind == FILE_LINK ? symlink(names[0], path) : mkdir(path, 0700)) ==
		        0);
		return;
	}
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	PROMISE(fd >= 0 && write(fd, file->content, file->length) == (ssize_t)file->length);
	PROMISE(file->kind != FILE_LARGE || ftruncate(fd, LARGE) == 0);
	close(fd);
}

static enum kind kind_of(mode_t mode)
{
	return S_ISLNK(mode) ? FILE_LINK : S_ISDIR(mode) ? FILE_FOLDER : FILE_PLAIN;
}

static struct file file_now(size_t i)
{
	struct file file = { .there = false };
	char path[64];

	struct stat st;

	path_of(i, path);
	if (lstat(path, &st) < 0)
		return file;
	file.there = true;
	file.kind = kind_of(st.st_mode);
	if (file.kind != FILE_PLAIN)
		return file;
	if (st.st_size == LARGE)
		file.kind = FILE_LARGE;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	PROMISE(fd >= 0);
	const ssize_t n = read(fd, file.content, sizeof file.content);
	file.length = n > 0 ? (size_t)n : 0;
	close(fd);
	return file;
}

/* What the allocator remembers of an earlier input goes. */
static void memory_clear(void)
{
	static const char *const own[] = { "index", "boot", "sticky" };
	OWNED(own_directory_release) struct own_directory directory = { .path = NULL };
	char path[PATH_MAX];

	PROMISE(own_directory_set(&directory, "store", "net", true));
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (snprintf(path, sizeof path, "%s/%s", directory.path, own[i]) < (int)sizeof path)
			unlink(path);
}

/* CHECK with what ADD answered. */
static int check(struct request *r, const cJSON *answer, struct failure *f)
{
	cJSON *with = cJSON_Duplicate(r->json, true);
	struct request asked = *r;

	PROMISE(with &&
	        cJSON_AddItemReferenceToObject(with, "prevResult", (cJSON *)(uintptr_t)answer));
	asked.json = with;
	int checked = allocator_check(&asked, f);
	cJSON_Delete(with);
	return checked;
}

/* Turns bytes of the index over, where the input says. */
static void index_damage(const uint8_t *data, size_t size)
{
	OWNED(own_directory_release) struct own_directory own = { .path = NULL };
	uint8_t byte;

	PROMISE(own_directory_set(&own, "store", "net", true));
	int fd = own_directory_open(&own, "index", O_RDWR);

	for (size_t i = 0; fd >= 0 && i + 3 <= size && i < 24; i += 3) {
		const off_t at = data[i] | data[i + 1] << 8;
		if (pread(fd, &byte, 1, at) != 1)
			continue;
		byte ^= data[i + 2];
		PROMISE(pwrite(fd, &byte, 1, at) == 1);
	}
	if (fd >= 0)
		close(fd);
}

/* Writes a stamp, of a boot that has ended or of none, where the input says. */
static void stamp_damage(const uint8_t *data, size_t size, uint8_t when)
{
	OWNED(own_directory_release) struct own_directory own = { .path = NULL };

	if (size == 0 || !(data[0] & when))
		return;
	PROMISE(own_directory_set(&own, "store", "net", true));
	PROMISE(own_directory_write(&own, "boot", data + 1, size - 1) == 0);
}

static bool is_blank(const struct file *file)
{
	if (file->kind != FILE_PLAIN)
		return false;
	for (size_t i = 0; i < file->length; i++)
		if (!strchr(" \t\r\n\v\f", file->content[i]))
			return false;
	return true;
}

static bool is_same(const struct file *a, const struct file *b)
{
	return a->there == b->there && a->kind == b->kind && a->length == b->length &&
	       memcmp(a->content, b->content, a->length) == 0;
}

/* Everything that was somebody's before is as it was. */
static void check_untouched(const struct file before[FILES])
{
	for (size_t i = 0; i < FILES; i++) {
		const struct file now = file_now(i);
		PROMISE(strncmp(names[i], "last", 4) == 0 || !before[i].there ||
		        is_blank(&before[i]) || is_same(&now, &before[i]));
	}
}

/* The kind of a file comes with its length. */
static void file_set(struct file *file, uint8_t what, const uint8_t *content, size_t length)
{
	*file = (struct file){ .there = true, .kind = what / CONTENT_MAX % KINDS };
	if (file->kind == FILE_LINK || file->kind == FILE_FOLDER)
		return;
	memcpy(file->content, content, length);
	file->length = file->kind == FILE_LARGE ? CONTENT_MAX : length;
}

static size_t files_make(const uint8_t *data, size_t size, struct file files[FILES])
{
	size_t at = 0;

	while (at + 2 <= size && data[at] < FILES) {
		const uint8_t which = data[at], what = data[at + 1];
		at += 2;
		const size_t left = size - at, said = what % CONTENT_MAX;
		const size_t length = said < left ? said : left;
		file_set(&files[which], what, data + at, length);
		at += length;
	}
	for (size_t i = 0; i < FILES; i++)
		file_write(i, &files[i]);
	return at;
}

/* Somebody reserves without the lock, and gives back, what an open ledger thinks is free. */
static void others_reserve(void)
{
	static const char other[] = "other\r\neth0";
	struct file file = { .there = true, .length = sizeof other - 1 }, none = { .there = false };
	OWNED(ledger_release) struct ledger l = LEDGER_CLOSED;
	OWNED(ip_list_release) struct ip_list held = { 0 }, made = { 0 };
	struct failure f = { 0 };
	struct ip ip;

	if (ledger_open(&l, "store", "net", STORE_CHANGE, &f) != FOUND)
		return;
	memcpy(file.content, other, sizeof other - 1);
	for (size_t i = 0; ip_parse(names[i], &ip); i++) {
		if (file_now(i).there)
			continue;
		PROMISE(ip_list_add(&made, &ip, &f) == 0);
		file_write(i, &file);
		PROMISE(ledger_reserve(&l, &ip, "c\r\neth0", false, &f) == FOUND_NONE);
	}
	for (size_t i = 0; ip_parse(names[i], &ip); i++)
		if (ip_list_has(&made, &ip))
			file_write(i, &none);
	PROMISE(ledger_find(&l, other, &held, &f) == 0);
	for (size_t i = 0; i < held.n; i++)
		PROMISE(!ip_list_has(&made, &held.ips[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct failure f = { 0 };
	struct file files[FILES] = { 0 };
	const struct ip_list none = { 0 };
	OWNED(json_release) cJSON *json = json_parse(config, sizeof config - 1, "it", &f);
	struct request r = { .container_id = "a",
		             .netns = "/n",
		             .ifname = "eth0",
		             .args = "",
		             .path = "/p",
		             .json = json,
		             .name = "net",
		             .version = VERSION_LATEST };

	directory_enter("PODTAP_IPAM_STATE_DIR");
	PROMISE(setenv("PODTAP_IPAM_STATE_DIR", "own", 1) == 0);
	mkdir("store", 0755);
	mkdir("store/net", 0755);
	memory_clear();
	size_t used = files_make(data, size, files);
	stamp_damage(data + used, size - used, 1);
	enum proof proof;
	OWNED(json_release) cJSON *first = allocator_add(&r, &none, &proof, &f);
	check_untouched(files);
	others_reserve();
	index_damage(data + used, size - used);
	stamp_damage(data + used, size - used, 2);
	f = (struct failure){ 0 };
	r.container_id = "b";
	OWNED(json_release) cJSON *second = allocator_add(&r, &none, &proof, &f);
	check_untouched(files);
	PROMISE(!first || !second || !cJSON_Compare(first, second, true));
	PROMISE(!second || check(&r, second, &f) == 0);
	index_damage(data + used, size - used);
	PROMISE(allocator_gc(&r, &f) == 0 || f.code);
	f = (struct failure){ 0 };
	r.container_id = "a";
	if (first)
		PROMISE(check(&r, first, &f) == 0);
	PROMISE(allocator_del(&r, &f) == 0);
	PROMISE(allocator_del(&r, &f) == 0);
	r.name = "nobody's";
	PROMISE(allocator_del(&r, &f) == 0);
	return 0;
}
