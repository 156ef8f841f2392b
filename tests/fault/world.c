/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at namespaces and directories. */
#include "tests/fault/world.h"

#include "netns/ebpf.h"
#include "netns/guard.h"
#include "netns/host_access.h"
#include "tests/fault/inject.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void say(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(struct world *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	const int n = vsnprintf(w->text + w->length, WORLD_MAX - w->length, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= WORLD_MAX - w->length)
		stop("the world is too large");
	w->length += (size_t)n;
}

static void look_links(struct world *w, const char *where)
{
	struct if_nameindex *all = if_nameindex();
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (!all || fd < 0)
		stop("list links");
	for (struct if_nameindex *i = all; i && i->if_name; i++) {
		struct ifreq r;
		memset(&r, 0, sizeof r);
		memcpy(r.ifr_name, i->if_name, strlen(i->if_name));
		/* The kernel sets IFF_RUNNING some time after a link is up. */
		const int flags = ioctl(fd, SIOCGIFFLAGS, &r) < 0 ? -1 : r.ifr_flags & ~IFF_RUNNING;
		const int mtu = ioctl(fd, SIOCGIFMTU, &r) < 0 ? -1 : r.ifr_mtu;
		const bool has = ioctl(fd, SIOCGIFADDR, &r) == 0;
		const struct sockaddr_in *address = (const void *)&r.ifr_addr;
		say(w, "%s: link %u %s flags %x mtu %d address %x\n", where, i->if_index,
		    i->if_name, (unsigned)flags, mtu, has ? address->sin_addr.s_addr : 0);
	}
	if_freenameindex(all);
	close(fd);
}

static void on_entry(const struct mac *mac, uint64_t owner, void *data)
{
	char text[MAC_TEXT];

	(void)owner;
	say(data, "host: entry %s\n", mac_format(mac, text));
}

/* The program of hostAccess, and its entries. */
static void look_program(struct world *w)
{
	OWNED(rtnl_release) struct rtnl nl = { .fd = -1 };
	OWNED(host_access_release) struct host_access access = HOST_ACCESS_CLOSED;
	struct failure f = { 0 };

	if (rtnl_open(&nl, &f) < 0)
		stop("open a socket");
	const enum found found = host_access_find(&access, &nl, if_nametoindex("lan0"), &f);
	if (found == FOUND_FAILED ||
	    (found == FOUND && host_access_each(&access, on_entry, w, &f) < 0))
		stop("look at the program");
	if (found == FOUND)
		say(w, "host: program\n");
}

static void on_guarded(const struct mac *mac, const struct guard_entry *entry, void *data)
{
	char text[MAC_TEXT];

	if (mac)
		say(data, "host: guarded %s, %u addresses\n", mac_format(mac, text), entry->n);
}

/* How many addresses the guard keeps for its endpoints. */
static unsigned addresses_of(const struct guard *g)
{
	struct guard_address at, next;
	unsigned n = 0;

	while (ebpf_map_next(g->maps[GUARD_MAP_ADDRESSES], n ? &at : NULL, &next) == 0) {
		at = next;
		n++;
	}
	return n;
}

/* The guard, and its entries. */
static void look_guard(struct world *w)
{
	OWNED(rtnl_release) struct rtnl nl = { .fd = -1 };
	OWNED(guard_release) struct guard g = GUARD_CLOSED;
	struct failure f = { 0 };

	if (rtnl_open(&nl, &f) < 0)
		stop("open a socket");
	const enum found found = guard_find(&g, &nl, if_nametoindex("lan0"), &f);
	if (found == FOUND_FAILED || (found == FOUND && guard_each(&g, on_guarded, w, &f) < 0))
		stop("look at the guard");
	if (found == FOUND)
		say(w, "host: guard%s, %u addresses\n", g.limit < 0 ? "" : " and limit",
		    addresses_of(&g));
}

/* Reads a short file. Returns its text, or "" where it does not exist. */
static const char *file_text(const char *path, char text[static 4096])
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const ssize_t n = fd < 0 ? 0 : read(fd, text, 4095);

	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

static void look_settings(struct world *w, const char *where)
{
	static const char *const files[] = {
		"/proc/thread-self/net/route",
		"/proc/sys/net/ipv4/conf/all/arp_notify",
		"/proc/sys/net/ipv4/conf/default/arp_notify",
		"/proc/sys/net/ipv4/conf/lo/arp_notify",
		"/proc/sys/net/ipv6/conf/all/disable_ipv6",
		"/proc/sys/net/ipv6/conf/default/disable_ipv6",
		"/proc/sys/net/ipv6/conf/default/accept_ra",
		"/proc/sys/net/ipv6/conf/default/keep_addr_on_down",
		"/proc/sys/net/ipv6/conf/default/ndisc_notify",
		"/proc/sys/net/ipv6/conf/default/optimistic_dad",
		"/proc/sys/net/ipv6/conf/all/forwarding",
		"/proc/sys/net/ipv6/conf/lo/accept_ra",
	};
	char text[4096];

	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		say(w, "%s: %s: %s\n", where, files[i], file_text(files[i], text));
}

static bool may_differ(const char *name)
{
	static const char *const names[] = { "lock",      "minors",     "index",
		                             "index.new", "boot",       "boot.new",
		                             "sticky",    "sticky.new", NULL };

	for (size_t i = 0; names[i]; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return strncmp(name, "last_reserved_ip.", 17) == 0;
}

static void look_folder(struct world *w, const char *path);

static void look_entry(struct world *w, const char *path, const char *name)
{
	char whole[PATH_MAX], target[PATH_MAX] = "";
	struct stat st;

	if (snprintf(whole, sizeof whole, "%s/%s", path, name) >= (int)sizeof whole ||
	    lstat(whole, &st) < 0)
		stop("look at a file");
	if (S_ISLNK(st.st_mode) && readlink(whole, target, sizeof target - 1) < 0)
		stop("read a link");
	say(w, "%s %o %s\n", whole, st.st_mode, target);
	if (S_ISDIR(st.st_mode))
		look_folder(w, whole);
}

static int no_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static void look_folder(struct world *w, const char *path)
{
	struct dirent **entries;
	const int n = scandir(path, &entries, no_dots, alphasort);

	for (int i = 0; i < n; i++) {
		if (!may_differ(entries[i]->d_name))
			look_entry(w, path, entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

static void enter(int netns)
{
	if (setns(netns, CLONE_NEWNET) < 0)
		stop("setns");
}

void world_look(const struct places *p, struct world *w)
{
	w->length = 0;
	enter(p->pod);
	look_links(w, "pod");
	look_settings(w, "pod");
	enter(p->host);
	look_links(w, "host");
	look_settings(w, "host");
	look_program(w);
	look_guard(w);
	for (const char *const *folder = p->folders; *folder; folder++)
		look_folder(w, *folder);
}

bool world_same(const struct world *a, const struct world *b)
{
	return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

/* The lines of one text that another has not. */
static void print_missing(const char *text, const char *other, const char *how)
{
	char line[PATH_MAX * 2];

	for (; *text; text += strcspn(text, "\n") + 1) {
		const int length = (int)strcspn(text, "\n");
		snprintf(line, sizeof line, "%.*s\n", length, text);
		if (length && !strstr(other, line))
			printf("#     %s %s", how, line);
	}
}

void world_difference(const struct world *before, const struct world *after)
{
	print_missing(before->text, after->text, "gone:");
	print_missing(after->text, before->text, "left:");
}
