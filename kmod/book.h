/* SPDX-License-Identifier: GPL-2.0-only */
/* Packet path. What was judged, into the counters and, if it is to be recorded, into the audit table. See book.c. */
#ifndef _RESID_BOOK_H
#define _RESID_BOOK_H

#include <linux/types.h>

struct resid_ruling;
struct resid_sight;

/*
 * Counts @sight, and records it if @ruling says so; link traffic, and what is seen before a policy, is not counted. Its
 * figures are set. Returns false for a packet that was to pass and must not, for want of room. Packet path, in the RCU
 * read side of the ruling, once a packet.
 */
bool resid_book_add(const struct resid_sight *sight, const struct resid_ruling *ruling);

#endif /* _RESID_BOOK_H */
