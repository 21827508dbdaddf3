/* SPDX-License-Identifier: GPL-2.0-only */
/* The devices that are hooked: every one but loopback, in every network namespace. See device.c. */
#ifndef _RESID_DEVICE_H
#define _RESID_DEVICE_H

#include <linux/netfilter.h>
#include <linux/types.h>

struct net_device;
struct netlink_ext_ack;

struct resid_device {
	struct hlist_node hash;		/* by @ops.dev; RTNL to write, RCU to read */
	struct nf_hook_ops ops;
	bool inside;			/* tenant-facing: what leaves by it is a delivery, not egress */
	struct rcu_head rcu;
};

int resid_device_init(void);
void resid_device_fini(void);

/* Is @dev declared inside? Packet path, RCU read side. */
bool resid_device_is_inside(const struct net_device *dev);

/* Process context. */
int resid_device_set_inside(int ifindex, bool inside, struct netlink_ext_ack *extack);
u32 resid_device_count(void);

#endif /* _RESID_DEVICE_H */
