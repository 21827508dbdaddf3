/* SPDX-License-Identifier: GPL-2.0-only */
/* Which hooks hang where: every network namespace, every device but loopback. See attach.c. */
#ifndef _RESID_ATTACH_H
#define _RESID_ATTACH_H

#include <linux/types.h>

struct net_device;
struct netlink_ext_ack;

/* Process context, without RTNL. */
int resid_attach_init(void);
void resid_attach_fini(void);

/*
 * An inside device faces a tenant: what leaves by it is a delivery, not egress. Devices are outside unless told, and
 * only those of the initial network namespace can be told.
 */
int resid_attach_set_inside(int ifindex, bool inside, struct netlink_ext_ack *extack);
/* Packet path, RCU read side, or RTNL. */
bool resid_attach_is_inside(const struct net_device *dev);
/* The same for the device whose EGRESS hook was given @priv. */
bool resid_attach_hook_is_inside(const void *priv);

u32 resid_attach_device_count(void);
/* A number that is another one whenever a device has come or gone; never 0. Holds RTNL. */
unsigned int resid_attach_changes(void);
u32 resid_attach_netns_count(void);
/* Network namespaces without connection tracking of IPv4 or IPv6; *own: RESID_UNTRACKED_* of the initial one. */
u32 resid_attach_untracked(u8 *own);

#endif /* _RESID_ATTACH_H */
