/* SPDX-License-Identifier: Apache-2.0 */
/* Finding macvtap interfaces by one rtnetlink dump, without a library. */
#include "tools/vnics.h"

#include "netns/bounds.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

/* Bytes of one message: enough for a link with everything that root in the container can attach to
 * it. */
enum { REPLY_MAX = 4 << 20 };

static const char finding[] = "find the macvtap interfaces";

void vnics_release(struct vnics *v)
{
	for (size_t i = 0; i < v->n; i++)
		for (uint32_t q = 0; q < v->vnic[i].opened; q++)
			fd_release(&v->vnic[i].fd[q]);
	v->n = 0;
}

/* Sorts attributes into an array by type, and drops those beyond `max`. `left` is signed: the last
 * attribute may lack its padding, but RTA_NEXT() subtracts the padding. */
static void attributes(struct rtattr *at, int left, struct rtattr **out, unsigned short max)
{
	memset(out, 0, (max + 1u) * sizeof *out);
	for (; RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		const unsigned short type = at->rta_type & NLA_TYPE_MASK;
		if (type <= max)
			out[type] = at;
	}
}

static uint32_t number(struct rtattr *at)
{
	uint32_t value = 0;

	if (at && RTA_PAYLOAD(at) == sizeof value)
		memcpy(&value, RTA_DATA(at), sizeof value);
	return value;
}

static bool is_macvtap(struct rtattr *info)
{
	static const char kind[] = "macvtap";
	struct rtattr *attrs[IFLA_INFO_KIND + 1];

	if (!info)
		return false;
	attributes(RTA_DATA(info), RTA_PAYLOAD(info), attrs, IFLA_INFO_KIND);
	struct rtattr *at = attrs[IFLA_INFO_KIND];
	return at && RTA_PAYLOAD(at) >= sizeof kind - 1 &&
	       strnlen(RTA_DATA(at), RTA_PAYLOAD(at)) == sizeof kind - 1 &&
	       memcmp(RTA_DATA(at), kind, sizeof kind - 1) == 0;
}

/* Adds a link of the dump if it is a macvtap. */
static int vnic_add(struct vnics *v, struct nlmsghdr *message, struct failure *f)
{
	struct ifinfomsg *header = NLMSG_DATA(message);
	struct rtattr *attrs[IFLA_LINKINFO + 17];
	const unsigned short last = sizeof attrs / sizeof *attrs - 1;

	if (message->nlmsg_type != RTM_NEWLINK || message->nlmsg_len < NLMSG_LENGTH(sizeof *header))
		return 0;
	attributes(IFLA_RTA(header), IFLA_PAYLOAD(message), attrs, last);
	if (!is_macvtap(attrs[IFLA_LINKINFO]) || !attrs[IFLA_IFNAME] || !attrs[IFLA_ADDRESS] ||
	    RTA_PAYLOAD(attrs[IFLA_IFNAME]) > IFNAMSIZ ||
	    RTA_PAYLOAD(attrs[IFLA_ADDRESS]) != sizeof(struct mac))
		return 0;
	if (v->n == VNICS_MAX)
		return fail(f, CNI_OTHER, "there are more than 32", finding);
	struct vnic *vnic = &v->vnic[v->n++];
	*vnic = (struct vnic){ .ifindex = (uint32_t)header->ifi_index, .flags = header->ifi_flags };
	memcpy(vnic->ifname, RTA_DATA(attrs[IFLA_IFNAME]),
	       strnlen(RTA_DATA(attrs[IFLA_IFNAME]), IFNAMSIZ - 1));
	memcpy(&vnic->mac, RTA_DATA(attrs[IFLA_ADDRESS]), sizeof vnic->mac);
	vnic->mtu = number(attrs[IFLA_MTU]);
	vnic->queues = number(attrs[IFLA_NUM_TX_QUEUES]);
	if (vnic->queues < 1)
		vnic->queues = 1;
	if (vnic->queues > VNIC_QUEUES_MAX)
		vnic->queues = VNIC_QUEUES_MAX;
	return 0;
}

/* Returns the message at an offset of a datagram, NULL after the last one. The last message may
 * lack its padding: the next offset is then beyond the end. */
static struct nlmsghdr *message_at(char *bytes, size_t length, size_t at)
{
	const size_t left = at < length ? length - at : 0;
	struct nlmsghdr *m = (struct nlmsghdr *)(void *)(bytes + (left ? at : 0));

	return left >= sizeof *m && m->nlmsg_len >= sizeof *m && m->nlmsg_len <= left ? m : NULL;
}

/* Reads the links of a datagram. Returns 1 if more datagrams follow, 0 after the last one, -1 on
 * failure. */
static int datagram_read(struct vnics *v, char *bytes, size_t length, struct failure *f)
{
	struct nlmsghdr *m;

	for (size_t at = 0; (m = message_at(bytes, length, at)); at += NLMSG_ALIGN(m->nlmsg_len)) {
		const struct nlmsgerr *error = NLMSG_DATA(m);
		if (m->nlmsg_type == NLMSG_DONE)
			return 0;
		if (m->nlmsg_type == NLMSG_ERROR)
			return fail_errno(f,
			                  m->nlmsg_len < NLMSG_LENGTH(sizeof *error)
			                          ? EBADMSG
			                          : -error->error,
			                  finding);
		if (vnic_add(v, m, f) < 0)
			return -1;
	}
	return 1;
}

/* Opens a socket that receives from the kernel only, and whose reads have a time limit. */
static int kernel_open(void)
{
	static const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	static const struct timeval bound = { .tv_sec = BOUND_ANSWER_MS / 1000 };
	OWNED(fd_release) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&kernel, sizeof kernel) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound) < 0)
		return -1;
	return fd_take(&fd);
}

static int all_find(struct vnics *v, struct failure *f)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} request = {
		.header = { .nlmsg_len = sizeof request,
		            .nlmsg_type = RTM_GETLINK,
		            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
	};
	OWNED(text_release) char *reply = malloc(REPLY_MAX);
	OWNED(fd_release) int fd = kernel_open();
	int more = 1;

	if (fd < 0 || !reply || send(fd, &request, sizeof request, 0) < 0)
		return fail_errno(f, errno, finding);
	while (more > 0) {
		const ssize_t got = recv(fd, reply, REPLY_MAX, MSG_TRUNC);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_errno(f, errno == EAGAIN ? ETIMEDOUT : errno, finding);
		if (got > REPLY_MAX)
			return fail_errno(f, EMSGSIZE, finding);
		more = datagram_read(v, reply, (size_t)got, f);
	}
	return more;
}

static int by_name(const void *a, const void *b)
{
	const struct vnic *x = a, *y = b;
	return strverscmp(x->ifname, y->ifname);
}

/* Moves the interface of this name from a later place to this place. */
static int place(struct vnics *v, size_t at, const char *name, struct failure *f)
{
	for (size_t i = 0; i < v->n; i++) {
		if (strcmp(v->vnic[i].ifname, name) != 0)
			continue;
		if (i < at)
			return fail(f, CNI_OTHER, "it is named twice", "interface %s", name);
		const struct vnic moved = v->vnic[i];
		v->vnic[i] = v->vnic[at];
		v->vnic[at] = moved;
		return 0;
	}
	return fail(f, CNI_OTHER,
	            if_nametoindex(name) ? "it is no macvtap" : "there is no such interface",
	            "interface %s of this container", name);
}

int vnics_find(struct vnics *v, const char *const names[], size_t n_names, struct failure *f)
{
	v->n = 0;
	if (all_find(v, f) < 0)
		return -1;
	for (size_t i = 0; i < n_names; i++)
		if (place(v, i, names[i], f) < 0)
			return -1;
	if (n_names)
		v->n = n_names;
	if (!v->n)
		return fail(f, CNI_OTHER, "this container's network namespace has none", finding);
	if (!n_names)
		qsort(v->vnic, v->n, sizeof *v->vnic, by_name);
	return 0;
}
