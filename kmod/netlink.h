/* SPDX-License-Identifier: GPL-2.0-only */
/* Control path. The generic netlink family; uapi/resid.h describes it. See netlink.c. */
#ifndef _RESID_NETLINK_H
#define _RESID_NETLINK_H

int resid_netlink_init(void);
void resid_netlink_fini(void);

/* Tells listeners that there is something to drain; before resid_netlink_init() nobody listens. Process context. */
void resid_netlink_wake(void);

#endif /* _RESID_NETLINK_H */
