/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packet path. A packet where it was met: this is handed to judge.c and, if the packet is to be booked, to book.c. It
 * lives on the stack of the one who met it.
 */
#ifndef _RESID_SIGHT_H
#define _RESID_SIGHT_H

#include "packet.h"

struct net;
struct net_device;
struct sk_buff;
struct sock;

struct resid_sight {
	struct sk_buff *skb;		/* is parsed and classed */
	struct net_device *dev;		/* by which it is to leave */
	struct net *net;		/* that of @dev */
	int ifindex;			/* of @dev, in @net */
	enum resid_hook hook;
	enum resid_link link;		/* what skb->data begins with */
	u16 ethertype;			/* as in struct resid_reading */

	/* For the books alone, and set only before they are opened. */
	struct sock *sk;		/* full, or NULL; needed if it is recorded */
	u32 bytes;			/* from the outer IP header on, or all of a packet that has none */
	u32 packets;			/* segments for GSO, never 0 */
};

#endif /* _RESID_SIGHT_H */
