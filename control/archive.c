/* SPDX-License-Identifier: Apache-2.0 */
/* Writing an archive: a header of 512 bytes before each file, and the file in blocks of 512. */
#include "control/archive.h"

#include "base/bytes.h"
#include "base/errno_text.h"

#include <stdio.h>
#include <string.h>

enum { BLOCK = 512, NAME = 100, PREFIX = 155 };

/* Numbers are octal texts. */
struct header {
	char name[NAME]; /* the last part of the path */
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char time[12];
	char checksum[8];
	char type;
	char link[NAME];
	char magic[6];
	char version[2];
	char user[32];
	char group[32];
	char major[8];
	char minor[8];
	char prefix[PREFIX]; /* the other parts */
	char unused[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

static int write_all(const struct archive *a, const void *bytes, size_t length, struct failure *f)
{
	if (bytes_write(a->fd, bytes, length) == 0)
		return 0;
	return fail(f, CNI_IO, errno_text(errno), "write the archive");
}

/* Fills the rest of a block with zeros. */
static int pad(const struct archive *a, size_t length, struct failure *f)
{
	static const char zeros[BLOCK];

	return length % BLOCK ? write_all(a, zeros, BLOCK - length % BLOCK, f) : 0;
}

static void names_set(struct header *h, const struct archive *a, const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *last = slash ? slash + 1 : name;
	char prefix[PREFIX + 1];

	/* A field that is full has no NUL. */
	snprintf(prefix, sizeof prefix, "%s%s%.*s", a->directory, slash ? "/" : "",
	         slash ? (int)(slash - name) : 0, name);
	memcpy(h->prefix, prefix, strnlen(prefix, PREFIX));
	memcpy(h->name, last, strnlen(last, NAME));
}

/* The checksum is the sum of all bytes, with spaces in its own field. */
static void checksum_set(struct header *h)
{
	const unsigned char *byte = (const unsigned char *)h;
	unsigned sum = 0;

	memset(h->checksum, ' ', sizeof h->checksum);
	for (size_t i = 0; i < BLOCK; i++)
		sum += byte[i];
	snprintf(h->checksum, sizeof h->checksum, "%06o", sum);
}

int archive_add(const struct archive *a, const char *name, const char *text, size_t length,
                struct failure *f)
{
	struct header h = { .mode = "0000600",
		            .uid = "0000000",
		            .gid = "0000000",
		            .type = '0',
		            .magic = "ustar",
		            .version = { '0', '0' },
		            .user = "root",
		            .group = "root" };

	names_set(&h, a, name);
	snprintf(h.size, sizeof h.size, "%011lo", (unsigned long)length & 077777777777);
	snprintf(h.time, sizeof h.time, "%011lo", (unsigned long)a->when & 077777777777);
	checksum_set(&h);
	return write_all(a, &h, sizeof h, f) < 0 || write_all(a, text, length, f) < 0
	               ? -1
	               : pad(a, length, f);
}

int archive_end(const struct archive *a, struct failure *f)
{
	static const char zeros[2 * BLOCK];

	return write_all(a, zeros, sizeof zeros, f);
}
