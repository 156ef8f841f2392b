/* SPDX-License-Identifier: Apache-2.0 */
/* CNI_ARGS, and the names a runtime gives. */
#include "cni/request.h"
#include "tests/unit/unit.h"

static const char *const known[] = { "MAC", "IP", NULL };

static void unknown_arguments_need_ignore_unknown(struct verdict *v)
{
	static const struct {
		const char *args;
		const char *msg; /* NULL: accepted */
	} cases[] = {
		{ "", NULL },
		{ ";;", NULL },
		{ "MAC=02:00:00:00:00:01", NULL },
		{ "MAC=a;", NULL },
		{ ";MAC=a;;IP=b=c", NULL },
		{ "IgnoreUnknown=1;A=1", NULL },
		{ "A=1;IgnoreUnknown=true", NULL },
		{ "A=1;IgnoreUnknown=TRUE;B=x=y;", NULL },
		{ "IgnoreUnknown=0;MAC=a", NULL },
		{ "IgnoreUnknown=false;IgnoreUnknown=1;A=1", NULL },
		{ "A=1", "CNI_ARGS: unknown args \"A=1\"" },
		{ "MAC=a;A=1;B=2", "CNI_ARGS: unknown args \"A=1\"" },
		{ "mac=a", "CNI_ARGS: unknown args \"mac=a\"" },
		{ "MACS=a", "CNI_ARGS: unknown args \"MACS=a\"" },
		{ "=a", "CNI_ARGS: unknown args \"=a\"" },
		{ "IgnoreUnknown=0;A=1", "CNI_ARGS: unknown args \"A=1\"" },
		{ "IgnoreUnknown=1;IgnoreUnknown=0;A=1", "CNI_ARGS: unknown args \"A=1\"" },
		{ "ignoreunknown=1", "CNI_ARGS: unknown args \"ignoreunknown=1\"" },
		{ "IgnoreUnknown=yes", "CNI_ARGS: invalid value in \"IgnoreUnknown=yes\"" },
		{ "IgnoreUnknown=", "CNI_ARGS: invalid value in \"IgnoreUnknown=\"" },
		{ "MAC", "CNI_ARGS: invalid pair \"MAC\"" },
		{ "IgnoreUnknown=1;A", "CNI_ARGS: invalid pair \"A\"" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct failure f = { 0 };
		const bool accepted = args_check(cases[i].args, known, &f) == 0;
		expect(v, same_text(accepted ? NULL : f.msg, cases[i].msg), "\"%s\": %s",
		       cases[i].args, accepted ? "accepted" : f.msg);
		expect(v, accepted || f.code == CNI_ENV, "\"%s\": code %d", cases[i].args, f.code);
	}
}

static void the_last_value_of_an_argument_counts(struct verdict *v)
{
	static const struct {
		const char *args;
		int found;
		const char *value;
	} cases[] = {
		{ "MAC=a", 1, "a" },
		{ "MAC=a;MAC=b", 1, "b" },
		{ "XMAC=a;MACX=b;mac=c", 0, "" },
		{ "MAC=a=b;IP=c", 1, "a=b" },
		{ "MAC=", 0, "" },
		{ "MAC=a;MAC=", 0, "" },
		{ "", 0, "" },
		{ "MAC=1234567", 1, "1234567" },
		{ "MAC=12345678", -1, "" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char value[8] = "";
		const int found = args_find(cases[i].args, "MAC", value, sizeof value);
		expect(v, found == cases[i].found && same_text(value, cases[i].value),
		       "\"%s\": %d \"%s\"", cases[i].args, found, value);
	}
}

static void identifiers_are_ascii(struct verdict *v)
{
	static const char *const good[] = { "a", "0", "a-b_c.D", "3f51e88" };
	static const char *const bad[] = { "",    ".",   "..",        "-a",  "_a", "a/b",
		                           "a b", "a\n", "a\xc3\xa4", "a:b", "a%" };

	for (size_t i = 0; i < COUNT_OF(good); i++)
		expect(v, identifier_valid(good[i]), "\"%s\" is refused", good[i]);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		expect(v, !identifier_valid(bad[i]), "\"%s\" is accepted", bad[i]);
}

static const char chars[] = "interface name contains / or : or whitespace characters";
static const struct {
	const char *name;
	const char *msg; /* NULL: accepted */
} names[] = {
	{ "eth0", NULL },
	{ "-eth.0", NULL },
	{ "...", NULL },
	{ "ALL", NULL },
	{ "\xc3\xa4\xe2\x82\xac", NULL },
	{ "123456789012345", NULL },
	{ "1234567890123456", "interface name is too long" },
	{ "", "interface name is empty" },
	{ ".", "interface name is . or .." },
	{ "..", "interface name is . or .." },
	{ "a/b", chars },
	{ "a:b", chars },
	{ "a b", chars },
	{ "a\t", chars },
	{ "\v\f\r\n", chars },
	{ "\xc2\x85", chars },
	{ "a\xc2\xa0", chars },
	{ "\xe1\x9a\x80", chars },
	{ "\xe2\x80\x80", chars },
	{ "\xe2\x80\x8a", chars },
	{ "\xe2\x80\x8b", NULL },
	{ "\xe2\x80\xa8", chars },
	{ "\xe2\x80\xa9", chars },
	{ "\xe2\x80\xaf", chars },
	{ "\xe2\x81\x9f", chars },
	{ "\xe3\x80\x80", chars },
	{ "\xc3\xa0", "interface name contains the byte 0xA0" },
	{ "eth%d", "interface name contains %" },
	{ "all", "interface name is reserved" },
	{ "default", "interface name is reserved" },
};

static void interface_names_are_those_the_kernel_accepts(struct verdict *v)
{
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct failure f = { 0 };
		const bool accepted = ifname_check(names[i].name, NULL, CNI_ENV, &f) == 0;
		expect(v, same_text(accepted ? NULL : f.msg, names[i].msg), "\"%s\": %s",
		       names[i].name, accepted ? "accepted" : f.msg);
	}
}

static void a_refused_name_is_reported_with_its_key(struct verdict *v)
{
	struct failure f = { 0 };

	expect(v, ifname_check("a b c d e f g h i", "master", CNI_CONFIG, &f) < 0, "accepted");
	expect(v, f.code == CNI_CONFIG, "code %d", f.code);
	expect(v, same_text(f.msg, "master: interface name is too long"), "%s", f.msg);
	expect(v, same_text(f.details, "interface name should be less than 16 characters"), "%s",
	       f.details);
}

static void an_argument_with_two_values_is_a_conflict(struct verdict *v)
{
	static const struct {
		const char *args;
		bool agree;
	} cases[] = {
		{ "", true },
		{ "A=1", true },
		{ "B=1;A=2;B=1;BB=3;b=4;B", true },
		{ "B=1;B=2", false },
		{ "B=1;A=1;B=1;B=11", false },
		{ "B=1;B=", false },
		{ "B=;B=1", false },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		expect(v, args_agree(cases[i].args, "B") == cases[i].agree, "\"%s\"",
		       cases[i].args);
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(unknown_arguments_need_ignore_unknown),
		UNIT(the_last_value_of_an_argument_counts),
		UNIT(an_argument_with_two_values_is_a_conflict),
		UNIT(identifiers_are_ascii),
		UNIT(interface_names_are_those_the_kernel_accepts),
		UNIT(a_refused_name_is_reported_with_its_key),
	};

	return units_run(units, COUNT_OF(units));
}
