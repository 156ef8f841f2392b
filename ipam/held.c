/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a pool's file, and the network that has the pool. */
#include "ipam/held.h"

#include "base/errno_text.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

void held_release(struct held *h)
{
	fd_release(&h->fd);
	json_release(&h->json);
}

bool pool_name_valid(const char *name)
{
	const size_t length = strlen(name);

	return length > 0 && length < POOL_NAME && name[0] != '-' && name[length - 1] != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

/* Writes "<variable's value, or the default>/<name>". */
static bool path_set(char path[static PATH_MAX], const char *variable, const char *otherwise,
                     const char *name)
{
	const char *root = getenv(variable);

	return snprintf(path, PATH_MAX, "%s/%s", root && *root ? root : otherwise, name) < PATH_MAX;
}

bool held_directory(char path[static PATH_MAX])
{
	return path_set(path, "PODTAP_STATE_DIR", "/run/podtap", "pools");
}

bool held_registers(char path[static PATH_MAX])
{
	return path_set(path, "PODTAP_IPAM_STATE_DIR", "/var/lib/podtap/ipam", "pools");
}

/* Adds "/<name><end>" to a path. */
static bool path_add(char path[static PATH_MAX], const char *name, const char *end)
{
	const size_t length = strlen(path), room = PATH_MAX - length;

	return snprintf(path + length, room, "/%s%s", name, end) < (int)room;
}

static bool held_path(const struct held *h, char path[static PATH_MAX])
{
	return held_directory(path) && path_add(path, h->pool, ".json");
}

static int held_parse(struct held *h, const char *path, struct failure *f)
{
	if (fstat(h->fd, &h->seen) < 0 || !S_ISREG(h->seen.st_mode) || h->seen.st_size >= HELD_MAX)
		return fail(f, CNI_IO, "it is no file of podtap-addresses", "read %s", path);
	const size_t size = (size_t)h->seen.st_size;
	OWNED(text_release) char *text = malloc(size + 1);
	if (!text)
		return fail_errno(f, ENOMEM, "read %s", path);
	const ssize_t length = read(h->fd, text, size);
	text[length < 0 ? 0 : length] = '\0';
	if (length < 0)
		return fail(f, CNI_IO, errno_text(errno), "read %s", path);
	struct failure wrong;
	failure_clear(&wrong);
	h->json = json_parse(text, (size_t)length, path, &wrong);
	if (!h->json) /* CNI_DECODE would blame the network's configuration */
		return fail(f, CNI_IO, wrong.details, "%s", wrong.msg);
	h->holders = json_string(json_member(h->json, "holders"));
	h->problem = json_string(json_member(h->json, "problem"));
	return 0;
}

int held_read(struct held *h, struct failure *f)
{
	char path[PATH_MAX];

	if (!pool_name_valid(h->pool))
		return fail(f, CNI_CONFIG, "it must be a DNS label: the name of an AddressPool",
		            "configuration key ipam.pool is \"%.80s\"", h->pool);
	if (!held_path(h, path))
		return fail(f, CNI_IO, errno_text(ENAMETOOLONG), "read pool %s", h->pool);
	h->fd = openat(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (h->fd >= 0)
		return held_parse(h, path, f);
	return errno == ENOENT ? 0 : fail(f, CNI_IO, errno_text(errno), "read %s", path);
}

/* While the file that was read is open, no other file has its number. */
int held_check(const struct held *h, struct failure *f)
{
	char path[PATH_MAX];
	struct stat now;

	if (held_path(h, path) && h->fd >= 0 && stat(path, &now) == 0 &&
	    now.st_ino == h->seen.st_ino && now.st_dev == h->seen.st_dev)
		return 0;
	return fail(f, CNI_AGAIN, "podtap-addresses has changed it", "read %s", path);
}

static bool register_path(char path[static PATH_MAX], const char *pool)
{
	return held_registers(path) && path_add(path, pool, "");
}

ssize_t held_store(const char *pool, char store[static PATH_MAX])
{
	char path[PATH_MAX];

	if (!register_path(path, pool)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	const ssize_t length = readlink(path, store, PATH_MAX - 1);
	store[length > 0 ? length : 0] = '\0';
	return length < 0 && errno == ENOENT ? 0 : length;
}

/* Returns 0, or -1 with errno. */
static int register_make(const char *pool, const char *store)
{
	char path[PATH_MAX];

	if (!register_path(path, pool)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	char *slash = strrchr(path, '/');
	*slash = '\0';
	if (path_make(path) < 0)
		return -1;
	OWNED(fd_release)
	int directory = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0 || (symlinkat(store, directory, slash + 1) < 0 && errno != EEXIST))
		return -1;
	/* Reservations may outlive a power failure: so must this. */
	return fsync(directory);
}

/* Registers the pool, or says who has it. */
APART static int register_change(const char *pool, const char *store, struct failure *f)
{
	char there[PATH_MAX], path[PATH_MAX];

	ssize_t length = held_store(pool, there);
	if (length == 0 && register_make(pool, store) == 0)
		length = held_store(pool, there);
	if (length <= 0)
		return fail(f, CNI_IO, errno_text(errno), "give pool %s to the network of %s", pool,
		            store);
	if (strcmp(there, store) == 0)
		return 0;
	register_path(path, pool);
	char details[2 * PATH_MAX + 128];
	snprintf(details, sizeof details,
	         "on a node, one network has a pool; this one's is at %s; remove %s when no "
	         "endpoint of it is left",
	         there, path);
	return fail(f, CNI_CONFIG, details, "pool %s belongs to another network", pool);
}

/* Nearly always the network has the pool: that needs little of the stack. */
int held_register(const char *pool, const char *store, struct failure *f)
{
	char there[PATH_MAX];

	if (held_store(pool, there) > 0 && strcmp(there, store) == 0)
		return 0;
	return register_change(pool, store, f);
}

int held_exhausted(const struct held *h, struct failure *f)
{
	char details[3072];

	if (!h->json)
		snprintf(
		        details, sizeof details,
		        "podtap-addresses has written no addresses of it for this node: check with "
		        "podtapctl doctor that it runs, and with podtapctl pools that the pool "
		        "exists");
	else
		snprintf(details, sizeof details, "%.1024s%s%.1900s",
		         h->problem ? h->problem : "podtap-addresses got none in time",
		         h->holders ? "; " : "", h->holders ? h->holders : "");
	return fail(f, CNI_AGAIN, details, "no address of pool %s is free on this node", h->pool);
}
