/* SPDX-License-Identifier: Apache-2.0 */
/* Finding members of struct sk_buff. `csum` is before `priority` and `skb_iif`, whose values the
 * caller of a trial chooses. `data` is after `head`, and a program is told its value. */
#include "netns/skb_layout.h"

#include "netns/ebpf_code.h"

#include <errno.h>
#include <string.h>

enum { IMAGE = 256, PRIORITY = 0x70746170, INTERFACE = 0x6f64746f, HEADROOM_MAX = 4096 };

/* What the program writes into the frame: `data`, and the beginning of struct sk_buff. */
struct image {
	uint8_t bytes[IMAGE];
	uint64_t data;
};
enum { S_IMAGE = -(int)sizeof(struct image), S_DATA = -(int)sizeof(uint64_t) };

static const struct bpf_insn copy[] = {
	MOVE(6, 1),
	LOAD(BPF_W, 2, 6, FIELD(data)),
	STORE(BPF_DW, 10, S_DATA, 2),
	MOVE(1, 10),
	ADD(1, S_IMAGE),
	SET(2, IMAGE),
	MOVE(3, 6),
	CALL(BPF_FUNC_probe_read_kernel),
	SKIP_IF(BPF_JNE, 0, 0, 7),
	MOVE(1, 6),
	SET(2, 0),
	MOVE(3, 10),
	ADD(3, S_IMAGE),
	SET(4, sizeof(struct image)),
	SET(5, 0),
	CALL(BPF_FUNC_skb_store_bytes),
	EXIT,
};

static int image_take(struct image *image)
{
	const struct __sk_buff of = { .priority = PRIORITY, .ingress_ifindex = INTERFACE };
	struct ebpf_code c = { .n = 0 };
	uint32_t failed;

	EBPF_APPEND(&c, copy);
	OWNED(fd_release) int program = ebpf_code_load(&c, "podtap_layout", NULL);
	if (program < 0 ||
	    ebpf_program_run(program, &of, (uint8_t *)image, sizeof *image, &failed) < 0)
		return -1;
	errno = ENOTSUP;
	return failed ? -1 : 0;
}

static uint64_t number_at(const struct image *image, size_t at, size_t size)
{
	uint32_t small;
	uint64_t large;

	if (size == sizeof large) {
		memcpy(&large, image->bytes + at, sizeof large);
		return large;
	}
	memcpy(&small, image->bytes + at, sizeof small);
	return small;
}

static uint32_t csum_find(const struct image *image)
{
	const size_t size = sizeof(uint32_t);

	for (size_t at = size; at + 2 * size <= IMAGE; at += size)
		if (number_at(image, at, size) == PRIORITY &&
		    number_at(image, at + size, size) == INTERFACE &&
		    number_at(image, at - size, size) == 0)
			return (uint32_t)(at - size);
	return 0;
}

static uint32_t head_find(const struct image *image)
{
	const size_t size = sizeof(uint64_t);

	for (size_t at = size; at + size <= IMAGE; at += size)
		if (number_at(image, at, size) == image->data &&
		    image->data - number_at(image, at - size, size) < HEADROOM_MAX)
			return (uint32_t)(at - size);
	return 0;
}

int skb_layout_find(struct skb_layout *layout)
{
	struct image image = { .data = 0 };

	if (image_take(&image) < 0)
		return -1;
	layout->csum = csum_find(&image);
	layout->head = head_find(&image);
	errno = ENOTSUP;
	return layout->csum && layout->head ? 0 : -1;
}
