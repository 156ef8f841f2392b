/* SPDX-License-Identifier: Apache-2.0 */
/* The floor, linked as podtap is: where that is static, it loads nothing. */
#include "tests/bench/floor.c"
