// SPDX-License-Identifier: Apache-2.0
#include "host/link.h"

#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/memory.h"

DEFINE_CLEANUP(msg, struct nl_msg *, nlmsg_free);
DEFINE_CLEANUP(sock, struct nl_sock *, nl_socket_free);

struct link_array {
	struct link_info *items;
	size_t count, room;
};

static int link_answer(struct nl_msg *msg, void *context)
{
	struct link_array *array = context;
	struct nlmsghdr *header = nlmsg_hdr(msg);
	struct nlattr *attr[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];
	struct link_info *link;

	if (header->nlmsg_type != RTM_NEWLINK ||
	    nlmsg_parse(header, sizeof(struct ifinfomsg), attr, IFLA_MAX, NULL) < 0)
		return NL_OK;
	link = MEM_PUSH(array->items, array->count, array->room);
	link->ifindex = ((struct ifinfomsg *)nlmsg_data(header))->ifi_index;
	link->peer_nsid = -1;
	if (attr[IFLA_IFNAME])
		nla_strlcpy(link->name, attr[IFLA_IFNAME], sizeof(link->name));
	if (attr[IFLA_LINKINFO] && !nla_parse_nested(info, IFLA_INFO_MAX, attr[IFLA_LINKINFO], NULL) &&
	    info[IFLA_INFO_KIND])
		nla_strlcpy(link->kind, info[IFLA_INFO_KIND], sizeof(link->kind));
	if (strcmp(link->kind, "veth"))
		return NL_OK;
	if (attr[IFLA_LINK])
		link->peer = (int)nla_get_u32(attr[IFLA_LINK]);
	if (attr[IFLA_LINK_NETNSID])
		link->peer_nsid = nla_get_s32(attr[IFLA_LINK_NETNSID]);
	return NL_OK;
}

int link_list(struct link_info **out, size_t *count, struct resid_error *err)
{
	_cleanup_(cleanup_sock) struct nl_sock *sock = nl_socket_alloc();
	_cleanup_(cleanup_msg) struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETLINK, NLM_F_DUMP);
	struct ifinfomsg family = { .ifi_family = AF_UNSPEC };
	struct link_array array = { 0 };
	int result;

	if (!sock || !msg || nlmsg_append(msg, &family, sizeof(family), NLMSG_ALIGNTO))
		return resid_fail(err, RESID_EXIT_SYSTEM, "out of memory");
	result = nl_connect(sock, NETLINK_ROUTE);
	if (!result) {
		nl_socket_enable_msg_peek(sock);
		nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, link_answer, &array);
		result = nl_send_auto(sock, msg);
	}
	if (result >= 0)
		result = nl_recvmsgs_default(sock);
	if (result < 0) {
		free(array.items);
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot list network devices: %s", nl_geterror(result));
	}
	*out = array.items;
	*count = array.count;
	return 0;
}

static int link_filter(struct nl_msg *msg, void *context)
{
	*(bool *)context |= nlmsg_hdr(msg)->nlmsg_type == RTM_NEWTFILTER;
	return NL_OK;
}

static bool link_has_filters_at(int ifindex, uint32_t hook)
{
	_cleanup_(cleanup_sock) struct nl_sock *sock = nl_socket_alloc();
	_cleanup_(cleanup_msg) struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETTFILTER, NLM_F_DUMP);
	struct tcmsg of = { .tcm_ifindex = ifindex, .tcm_parent = TC_H_MAKE(TC_H_CLSACT, hook) };
	bool found = false;

	if (!sock || !msg || nlmsg_append(msg, &of, sizeof(of), NLMSG_ALIGNTO) || nl_connect(sock, NETLINK_ROUTE))
		return true;
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, link_filter, &found);
	return nl_send_auto(sock, msg) < 0 || nl_recvmsgs_default(sock) < 0 || found;
}

bool link_has_filters(int ifindex)
{
	return link_has_filters_at(ifindex, TC_H_MIN_INGRESS) || link_has_filters_at(ifindex, TC_H_MIN_EGRESS);
}
