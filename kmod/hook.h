/* SPDX-License-Identifier: GPL-2.0-only */
/* Where packets are met. See hook.c. */
#ifndef _RESID_HOOK_H
#define _RESID_HOOK_H

#include <linux/netfilter.h>
#include <linux/types.h>

/* Hooks LOCAL_OUT and FORWARD of every network namespace, present and future. Process context. */
int resid_hook_init(void);
void resid_hook_fini(void);
u32 resid_hook_netns_count(void);

/* NF_NETDEV_EGRESS of a device; device.c registers it. */
unsigned int resid_hook_egress(void *priv, struct sk_buff *skb, const struct nf_hook_state *state);

#endif /* _RESID_HOOK_H */
