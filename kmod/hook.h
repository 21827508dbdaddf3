/* SPDX-License-Identifier: GPL-2.0-only */
/* Packet path. Where packets are met; attach.c registers these. See hook.c. */
#ifndef _RESID_HOOK_H
#define _RESID_HOOK_H

#include <linux/netfilter.h>

unsigned int resid_hook_local_out(void *priv, struct sk_buff *skb, const struct nf_hook_state *state);
unsigned int resid_hook_forward(void *priv, struct sk_buff *skb, const struct nf_hook_state *state);
unsigned int resid_hook_egress(void *priv, struct sk_buff *skb, const struct nf_hook_state *state);

#endif /* _RESID_HOOK_H */
