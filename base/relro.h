/* SPDX-License-Identifier: Apache-2.0 */
/* Read-only relocations of a static executable. */
#ifndef BASE_RELRO_H
#define BASE_RELRO_H

/* Make what the start of the process has relocated read-only. Runs before main(). Ends the process
 * if the kernel refuses. */
void relro_protect(void);

#endif
