/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a resolv.conf as the dns member of a result. */
#include "ipam/ipam_config.h"

#include "base/errno_text.h"
#include "base/file.h"
#include "base/json.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { RESOLV_CONF_MAX = 65536 };

static const struct option {
	const char *word;
	const char *member;
	bool single; /* one text, from the last line; else a list of all */
	bool rest;   /* every word of the line counts */
} options[] = {
	{ "nameserver", "nameservers", false, false },
	{ "domain", "domain", true, false },
	{ "search", "search", false, true },
	{ "options", "options", false, true },
};

static void list_append(cJSON *dns, const char *member, const char *word)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(dns, member);

	if (!list)
		list = cJSON_AddArrayToObject(dns, member);
	cJSON_AddItemToArray(list, cJSON_CreateString(word));
}

/* Takes the next word of a line. Returns NULL at the end. */
static char *word_next(char **line)
{
	char *word = NULL;

	while (*line && (!word || !*word))
		word = strsep(line, " \t\r\v\f");
	return word && *word ? word : NULL;
}

static const struct option *option_find(const char *word)
{
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (strcmp(options[i].word, word) == 0)
			return &options[i];
	return NULL;
}

static void line_read(cJSON *dns, char *line)
{
	char *word = word_next(&line);
	const struct option *o = word ? option_find(word) : NULL;

	if (!o || (word = word_next(&line)) == NULL)
		return;
	if (o->single) {
		cJSON_DeleteItemFromObjectCaseSensitive(dns, o->member);
		cJSON_AddStringToObject(dns, o->member, word);
		return;
	}
	do
		list_append(dns, o->member, word);
	while (o->rest && (word = word_next(&line)) != NULL);
}

cJSON *resolv_conf_read(const char *path, struct failure *f)
{
	char text[RESOLV_CONF_MAX], *line, *rest = text;
	OWNED(fd_release)
	int fd = openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	const ssize_t n = file_text(fd, text, sizeof text);
	cJSON *dns = cJSON_CreateObject();

	if (n < 0 || !dns) {
		fail(f, CNI_CONFIG, n < 0 ? errno_text(errno) : "out of memory",
		     "read resolvConf %s", path);
		cJSON_Delete(dns);
		return NULL;
	}
	while ((line = strsep(&rest, "\n")) != NULL)
		line_read(dns, line);
	return dns;
}
