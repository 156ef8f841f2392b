# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What a program may take of memory, by how it is linked.

# KiB that a program may take as it is delivered, static, or what libraries and a sanitizer make of it.
#   memory_limit PROGRAM KIB
memory_limit() {
	case $(ldd "$BUILD/$1" 2>&1) in
	*libasan*) echo $((500 << 10)) ;;
	*'not a dynamic executable'* | *'statically linked'*) echo "$2" ;;
	*) echo $(($2 * 4)) ;;
	esac
}
