/* SPDX-License-Identifier: Apache-2.0 */
/* Read-only relocations of a static executable: musl leaves them to a loader, which this one has
 * not. The Makefile links this file into what is static with musl. */
#include "base/relro.h"

#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>

extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

__attribute__((constructor)) void relro_protect(void)
{
	const uintptr_t base = (uintptr_t)&__ehdr_start, page = getauxval(AT_PAGESZ);
	const ElfW(Phdr) *segment = (const ElfW(Phdr) *)(base + __ehdr_start.e_phoff);

	for (unsigned i = 0; i < __ehdr_start.e_phnum; i++, segment++) {
		if (segment->p_type != PT_GNU_RELRO)
			continue;
		const uintptr_t from = (base + segment->p_vaddr) & -page;
		const uintptr_t to = (base + segment->p_vaddr + segment->p_memsz) & -page;
		if (mprotect((void *)from, to - from, PROT_READ) < 0)
			abort();
	}
}
