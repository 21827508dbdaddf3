// SPDX-License-Identifier: Apache-2.0
#include "host/route.h"

#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "host/netns.h"
#include "util/cleanup.h"

DEFINE_CLEANUP(msg, struct nl_msg *, nlmsg_free);
DEFINE_CLEANUP(sock, struct nl_sock *, nl_socket_free);

struct route_query {
	sa_family_t family;
	const void *address;
	uint32_t ifindex;
};

static int route_answer(struct nl_msg *msg, void *context)
{
	struct route_query *query = context;
	struct nlattr *device = nlmsg_find_attr(nlmsg_hdr(msg), sizeof(struct rtmsg), RTA_OIF);

	if (nlmsg_hdr(msg)->nlmsg_type == RTM_NEWROUTE && device)
		query->ifindex = nla_get_u32(device);
	return NL_OK;
}

static int route_ask(void *context)
{
	struct route_query *query = context;
	int length = query->family == AF_INET ? 4 : 16;
	struct rtmsg route = { .rtm_family = (unsigned char)query->family, .rtm_dst_len = (unsigned char)(length * 8) };
	_cleanup_(cleanup_sock) struct nl_sock *sock = nl_socket_alloc();
	_cleanup_(cleanup_msg) struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETROUTE, 0);

	if (!sock || !msg || nlmsg_append(msg, &route, sizeof(route), NLMSG_ALIGNTO) ||
	    nla_put(msg, RTA_DST, length, query->address) || nl_connect(sock, NETLINK_ROUTE))
		return 0;
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, route_answer, query);
	if (nl_send_auto(sock, msg) >= 0)
		nl_recvmsgs_default(sock);
	return 0;
}

uint32_t route_device(int netns, sa_family_t family, const void *address)
{
	struct route_query query = { .family = family, .address = address };

	if (netns < 0)
		route_ask(&query);
	else
		netns_run(netns, route_ask, &query);
	return query.ifindex;
}
