/* SPDX-License-Identifier: Apache-2.0 */
/* The log of the machine: systemd's journal, or syslog where no journal runs. */
#ifndef BASE_JOURNAL_H
#define BASE_JOURNAL_H

#include <stddef.h>

/* A field of an entry. The journal has upper-case names without a leading digit or underscore. */
struct journal_field {
	const char *name;
	const char *value; /* "": the field is left out */
};

struct journal_entry {
	const char *program;
	int priority; /* LOG_ERR and similar of syslog.h */
	const char *message;
	const struct journal_field *fields; /* the last has no name */
};

/* Send an entry. syslog gets the fields as text after the message: name="value". Never waits: an
 * entry for which the log has no room now is lost, as is one that is longer than 8 KiB, without
 * its end. A control character becomes a space. The environment's PODTAP_JOURNAL names another
 * socket of the journal, and then syslog gets nothing; "": there is no journal. `syslog` is the
 * socket of syslog. */
void journal_send(const struct journal_entry *entry, const char *syslog);

#endif
