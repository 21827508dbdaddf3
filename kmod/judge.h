/* SPDX-License-Identifier: GPL-2.0-only */
/* Packet path. From a packet to a verdict. See judge.c. */
#ifndef _RESID_JUDGE_H
#define _RESID_JUDGE_H

#include "class.h"
#include "packet.h"

struct resid_counter;
struct resid_sight;
struct resid_state;

struct resid_ruling {
	enum resid_verdict verdict;
	bool refuse;			/* the verdict refuses, and is in force */
	bool record;			/* there is something to write down */
	bool whole;			/* if it cannot be written down in full, it must not pass */
	u8 class;			/* the one that decided */
	u8 flags;			/* RESID_AUDIT_F_* */
	u16 rule;
	u16 group;
	u64 generation;
	unsigned int dest;		/* index of the destination that decided */
	struct resid_counter *counter;	/* NULL: no policy: not counted */
	struct resid_classes classes;
	struct resid_packet packet;
};

/* @ruling is set, whatever it held. Packet path, RCU read side. */
void resid_judge(const struct resid_sight *sight, struct resid_ruling *ruling);

/*
 * The judgement alone: @ruling holds a packet and its classes, and is zero but for them. @now is
 * that of the policy, if there is one. Any context, RCU read side.
 */
void resid_judge_decide(const struct resid_state *state, enum resid_direction direction, s64 now,
			struct resid_ruling *ruling);

#endif /* _RESID_JUDGE_H */
