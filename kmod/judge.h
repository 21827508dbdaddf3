/* SPDX-License-Identifier: GPL-2.0-only */
/* From a packet to a verdict, and from a verdict to the books. See judge.c. */
#ifndef _RESID_JUDGE_H
#define _RESID_JUDGE_H

#include "packet.h"

struct net_device;
struct resid_counter;
struct resid_state;
struct sk_buff;

/* What is to be judged. */
struct resid_sight {
	struct sk_buff *skb;
	struct net_device *dev;		/* by which it is to leave */
	enum resid_hook hook;
	enum resid_link link;		/* what skb->data begins with */
};

struct resid_ruling {
	enum resid_verdict verdict;
	bool refuse;			/* the verdict refuses, and is in force */
	bool record;			/* there is something to write down */
	bool whole;			/* if it cannot be written down in full, it must not pass */
	u8 class;
	u8 flags;			/* RESID_AUDIT_F_* */
	u16 rule;
	u16 group;
	u64 generation;
	unsigned int dest;		/* index of the destination that decided */
	struct resid_counter *counter;	/* NULL: link traffic, or no policy: not counted */
	struct resid_packet packet;
};

/* Packet path, RCU read side. */
void resid_judge(const struct resid_sight *sight, struct resid_ruling *ruling);

/*
 * The judgement alone: @ruling holds a packet that is not of the link and its class, and is zero but for them. @now is
 * that of the policy, if there is one. Any context, RCU read side.
 */
void resid_judge_decide(const struct resid_state *state, enum resid_direction direction, s64 now,
			struct resid_ruling *ruling);

/*
 * Counts what was judged, and records it if it is to be recorded. Returns false for a packet that was to pass and must
 * not. Packet path, once a packet.
 */
bool resid_judge_book(const struct resid_sight *sight, const struct resid_ruling *ruling);

#endif /* _RESID_JUDGE_H */
