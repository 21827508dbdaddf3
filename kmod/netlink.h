/* SPDX-License-Identifier: GPL-2.0-only */
/* The generic netlink family; uapi/resid.h describes it. */
#ifndef _RESID_NETLINK_H
#define _RESID_NETLINK_H

struct netlink_ext_ack;
struct sk_buff;

int resid_netlink_init(void);
void resid_netlink_fini(void);

/* 0, or -EPERM with a sentence: may the sender of @skb say or ask anything? */
int resid_netlink_permit(const struct sk_buff *skb, struct netlink_ext_ack *extack);

/* Tells listeners that there is something to drain. Process context. */
void resid_netlink_wake(void);

#endif /* _RESID_NETLINK_H */
