/* SPDX-License-Identifier: GPL-2.0-only */
/* What is judged is what leaves. See seal.c. */
#ifndef _RESID_SEAL_H
#define _RESID_SEAL_H

#include "packet.h"

struct sk_buff;

/*
 * Reads @skb into @packet from memory that nobody else can write, and makes sure that nothing which is yet to be done
 * to it writes what was read. If that cannot be had, @packet is RESID_PACKET_UNPARSABLE. Pointers into @skb are stale
 * afterwards. Packet path, may allocate.
 */
void resid_seal(struct sk_buff *skb, struct resid_packet *packet, const struct resid_reading *reading);

/* Into how many packets @skb will be cut, at least 1. It is sealed, or to be refused. */
u32 resid_seal_segments(const struct sk_buff *skb);

#endif /* _RESID_SEAL_H */
