/* SPDX-License-Identifier: Apache-2.0 */
/* Building requests, and reading attributes by type. */
#include "netns/rtnl.h"

#include <string.h>

void *req_begin(struct rtnl_req *r, uint16_t type, uint16_t flags, size_t size)
{
	r->full = r->apart = false;
	mnl_nlmsg_put_header(r->bytes);
	r->header.nlmsg_type = type;
	r->header.nlmsg_flags = NLM_F_REQUEST | flags;
	return mnl_nlmsg_put_extra_header(&r->header, size);
}

void req_put(struct rtnl_req *r, uint16_t type, const void *data, size_t size)
{
	if (!mnl_attr_put_check(&r->header, RTNL_REQUEST_MAX, type, size, data))
		r->full = true;
}

void req_str(struct rtnl_req *r, uint16_t type, const char *text)
{
	req_put(r, type, text, strlen(text) + 1);
}

void req_u32(struct rtnl_req *r, uint16_t type, uint32_t value)
{
	req_put(r, type, &value, sizeof value);
}

struct nlattr *req_nest(struct rtnl_req *r, uint16_t type)
{
	struct nlattr *nest = mnl_attr_nest_start_check(&r->header, RTNL_REQUEST_MAX, type);
	if (!nest)
		r->full = true;
	return nest;
}

void req_end(struct rtnl_req *r, struct nlattr *nest)
{
	if (nest)
		mnl_attr_nest_end(&r->header, nest);
}

/* Fill the array. Returns false if something follows that is not an attribute. Of equal types the
 * first counts: the length of a nest of more than 64 KiB wraps, so that its content, which a
 * container may control, looks like attributes of the message. */
static bool attrs_fill(const struct nlattr *attr, int left, const struct nlattr **attrs,
                       uint16_t max)
{
	memset(attrs, 0, (max + 1u) * sizeof *attrs);
	for (; mnl_attr_ok(attr, left); attr = mnl_attr_next(attr)) {
		const uint16_t type = mnl_attr_get_type(attr);
		if (type <= max && !attrs[type])
			attrs[type] = attr;
		left -= MNL_ALIGN(attr->nla_len);
	}
	return left <= 0;
}

bool attrs_of_message(const struct nlmsghdr *message, size_t size, const struct nlattr **attrs,
                      uint16_t max)
{
	const size_t length = mnl_nlmsg_get_payload_len(message), skip = MNL_ALIGN(size);

	return attrs_fill(mnl_nlmsg_get_payload_offset(message, size),
	                  length >= skip ? (int)(length - skip) : 0, attrs, max);
}

bool attrs_of_nest(const struct nlattr *nest, const struct nlattr **attrs, uint16_t max)
{
	return attrs_fill(nest ? mnl_attr_get_payload(nest) : NULL,
	                  nest ? mnl_attr_get_payload_len(nest) : 0, attrs, max);
}

bool attrs_of_bytes(const void *bytes, size_t size, const struct nlattr **attrs, uint16_t max)
{
	return attrs_fill(bytes, (int)size, attrs, max);
}

uint32_t attr_u32(const struct nlattr *attr, uint32_t absent)
{
	return attr && mnl_attr_get_payload_len(attr) == sizeof absent ? mnl_attr_get_u32(attr)
	                                                               : absent;
}

uint8_t attr_u8(const struct nlattr *attr, uint8_t absent)
{
	return attr && mnl_attr_get_payload_len(attr) == sizeof absent ? mnl_attr_get_u8(attr)
	                                                               : absent;
}

void attr_text(const struct nlattr *attr, char *text, size_t size)
{
	text[0] = '\0';
	if (!attr)
		return;
	size_t length = strnlen(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));
	if (length >= size)
		return;
	memcpy(text, mnl_attr_get_payload(attr), length);
	text[length] = '\0';
}
