/* SPDX-License-Identifier: Apache-2.0 */
/* The process that does nothing, linked as podtap is: where that is static, it loads nothing. */
#include "tests/bench/empty.c"
