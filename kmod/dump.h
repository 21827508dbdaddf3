/* SPDX-License-Identifier: GPL-2.0-only */
/* Control path. The netlink commands whose answer is a list: what stands in the table of netlink.c. See dump.c. */
#ifndef _RESID_DUMP_H
#define _RESID_DUMP_H

struct netlink_callback;
struct sk_buff;

int resid_dump_counters(struct sk_buff *skb, struct netlink_callback *cb);
int resid_dump_devices(struct sk_buff *skb, struct netlink_callback *cb);
int resid_dump_records_start(struct netlink_callback *cb);
int resid_dump_records(struct sk_buff *skb, struct netlink_callback *cb);

#endif /* _RESID_DUMP_H */
