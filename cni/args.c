/* SPDX-License-Identifier: Apache-2.0 */
/* CNI_ARGS: pairs of KEY=VALUE between semicolons. */
#include "cni/request.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct pair {
	const char *key; /* not terminated */
	size_t key_length;
	const char *value;
	size_t value_length;
	bool complete; /* the pair has a '=' */
};

/* Takes the next pair that is not empty. Returns false at the end. */
static bool pair_next(const char **args, struct pair *pair)
{
	const char *at = *args + strspn(*args, ";");
	const size_t length = strcspn(at, ";");
	const char *equals = memchr(at, '=', length);

	*args = at + length;
	pair->key = at;
	pair->key_length = equals ? (size_t)(equals - at) : length;
	pair->value = equals ? equals + 1 : at + length;
	pair->value_length = (size_t)(at + length - pair->value);
	pair->complete = equals;
	return length > 0;
}

static bool key_is(const struct pair *pair, const char *key)
{
	return strlen(key) == pair->key_length && memcmp(pair->key, key, pair->key_length) == 0;
}

static bool value_is(const struct pair *pair, const char *value)
{
	return strlen(value) == pair->value_length &&
	       strncasecmp(pair->value, value, pair->value_length) == 0;
}

static bool key_known(const struct pair *pair, const char *const known[])
{
	for (; *known; known++)
		if (key_is(pair, *known))
			return true;
	return key_is(pair, "IgnoreUnknown");
}

static int refuse_pair(const struct pair *pair, const char *details, const char *what,
                       struct failure *f)
{
	return fail(f, CNI_ENV, details, "CNI_ARGS: %s \"%.*s\"", what,
	            (int)(pair->value + pair->value_length - pair->key), pair->key);
}

static int ignore_read(const struct pair *pair, bool *ignore, struct failure *f)
{
	*ignore = value_is(pair, "1") || value_is(pair, "true");
	if (*ignore || value_is(pair, "0") || value_is(pair, "false"))
		return 0;
	return refuse_pair(pair, "it must be 1, true, 0 or false", "invalid value in", f);
}

int args_check(const char *args, const char *const known[], struct failure *f)
{
	struct pair pair, unknown = { .key = NULL };
	bool ignore = false;

	while (pair_next(&args, &pair)) {
		if (!pair.complete)
			return refuse_pair(&pair, "a pair is KEY=VALUE", "invalid pair", f);
		if (key_is(&pair, "IgnoreUnknown") && ignore_read(&pair, &ignore, f) < 0)
			return -1;
		if (!unknown.key && !key_known(&pair, known))
			unknown = pair;
	}
	if (ignore || !unknown.key)
		return 0;
	return refuse_pair(&unknown, "IgnoreUnknown=1 makes unknown keys ignored", "unknown args",
	                   f);
}

int args_find(const char *args, const char *key, char *value, size_t size)
{
	struct pair pair, found = { .value_length = 0 };

	while (pair_next(&args, &pair))
		if (pair.complete && key_is(&pair, key))
			found = pair;
	if (found.value_length == 0)
		return 0;
	if (found.value_length >= size)
		return -1;
	memcpy(value, found.value, found.value_length);
	value[found.value_length] = '\0';
	return 1;
}

bool args_agree(const char *args, const char *key)
{
	struct pair pair, first = { .key = NULL };

	while (pair_next(&args, &pair)) {
		if (!pair.complete || !key_is(&pair, key))
			continue;
		if (!first.key)
			first = pair;
		if (pair.value_length != first.value_length ||
		    memcmp(pair.value, first.value, first.value_length) != 0)
			return false;
	}
	return true;
}
