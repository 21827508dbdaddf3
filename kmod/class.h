/* SPDX-License-Identifier: GPL-2.0-only */
/* Whose data a packet carries. See class.c. */
#ifndef _RESID_CLASS_H
#define _RESID_CLASS_H

#include "packet.h"

struct net_device;
struct sk_buff;
struct resid_state;

/* Class of @skb, which is to leave by @dev. Packet path, RCU read side; @skb is as before on return. */
u8 resid_class_of(const struct resid_state *state, struct sk_buff *skb, struct net_device *dev,
		  const struct resid_packet *packet);

#endif /* _RESID_CLASS_H */
