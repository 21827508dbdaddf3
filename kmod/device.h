/* SPDX-License-Identifier: GPL-2.0-only */
/* Meeting place. The devices that have an EGRESS hook, and which of them face a tenant. See device.c. */
#ifndef _RESID_DEVICE_H
#define _RESID_DEVICE_H

#include <linux/netfilter.h>
#include <linux/types.h>

struct net_device;
struct netlink_ext_ack;

/* Hooks @dev with @hook, unless it is the loopback device or has one already. Holds RTNL; 0 or a negative errno. */
int resid_device_register(struct net_device *dev, nf_hookfn *hook);
/* @dev may never have been hooked. Holds RTNL. */
void resid_device_unregister(struct net_device *dev);

/*
 * An inside device faces a tenant: what leaves by it is a delivery, not egress. Devices are outside unless told, and
 * only those of the initial network namespace can be told. Process context, without RTNL.
 */
int resid_device_set_inside(int ifindex, bool inside, struct netlink_ext_ack *extack);
/* Packet path, RCU read side, or RTNL. */
bool resid_device_is_inside(const struct net_device *dev);
/* The same for the device whose EGRESS hook was given @priv. */
bool resid_device_hook_is_inside(const void *priv);

/* Of devices that are hooked. */
u32 resid_device_count(void);

#endif /* _RESID_DEVICE_H */
