/* SPDX-License-Identifier: Apache-2.0 */
/* Lexical checks of names, by the rules of the reference library and of the kernel. */
#include "base/name.h"

#include <net/if.h>
#include <string.h>

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool identifier_valid(const char *text)
{
	if (!is_alphanumeric(*text))
		return false;
	while (is_alphanumeric(*text) || (*text && strchr("_.-", *text)))
		text++;
	return *text == '\0';
}

/* Unicode's white space, as UTF-8. */
static const char *const spaces[] = {
	" ",
	"\t",
	"\n",
	"\v",
	"\f",
	"\r",
	"\xc2\x85",     /* U+0085 */
	"\xc2\xa0",     /* U+00A0 */
	"\xe1\x9a\x80", /* U+1680 */
	"\xe2\x80\x80", /* U+2000 to U+200A */
	"\xe2\x80\x81",
	"\xe2\x80\x82",
	"\xe2\x80\x83",
	"\xe2\x80\x84",
	"\xe2\x80\x85",
	"\xe2\x80\x86",
	"\xe2\x80\x87",
	"\xe2\x80\x88",
	"\xe2\x80\x89",
	"\xe2\x80\x8a",
	"\xe2\x80\xa8", /* U+2028, U+2029 */
	"\xe2\x80\xa9",
	"\xe2\x80\xaf", /* U+202F */
	"\xe2\x81\x9f", /* U+205F */
	"\xe3\x80\x80", /* U+3000 */
};

static bool is_empty(const char *name)
{
	return !*name;
}

static bool is_too_long(const char *name)
{
	return strlen(name) >= IFNAMSIZ;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool has_separator(const char *name)
{
	for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
		if (strstr(name, spaces[i]))
			return true;
	return strpbrk(name, "/:");
}

/* Returns whether the kernel finds a space. The kernel tests each byte as Latin-1. */
static bool has_latin1_space(const char *name)
{
	return strchr(name, 0xa0);
}

static bool has_percent(const char *name)
{
	return strchr(name, '%');
}

/* /proc/sys/net/ipv4/conf has directories of these names beside those of the links. */
static bool is_sysctl_directory(const char *name)
{
	return strcmp(name, "all") == 0 || strcmp(name, "default") == 0;
}

static const struct {
	bool (*applies)(const char *);
	const char *msg;
	const char *details;
} refusals[] = {
	{ is_empty, "interface name is empty", "" },
	{ is_too_long, "interface name is too long",
	  "interface name should be less than 16 characters" },
	{ is_dots, "interface name is . or ..", "" },
	{ has_separator, "interface name contains / or : or whitespace characters", "" },
	{ has_latin1_space, "interface name contains the byte 0xA0",
	  "the kernel takes it for a space" },
	{ has_percent, "interface name contains %", "the kernel takes it for a template" },
	{ is_sysctl_directory, "interface name is reserved",
	  "the kernel has no link all or default" },
};

int ifname_check(const char *name, const char *variable, int code, struct failure *f)
{
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
		if (refusals[i].applies(name))
			return fail(f, code, refusals[i].details, "%s%s%s",
			            variable ? variable : "", variable ? ": " : "",
			            refusals[i].msg);
	return 0;
}
