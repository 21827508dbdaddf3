/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The judgement: class and group give a cell of the matrix, a cell is a rule or a short chain, the first step of a
 * chain that matches gives the rule. The kernel enforces with this file and residctl explains with it.
 */
#ifndef _RESID_VERDICT_H
#define _RESID_VERDICT_H

#include "table.h"

/* What a chain looks at beside class and group. */
struct resid_flow {
	s64 now;			/* seconds since the epoch */
	u16 dport;			/* host order, valid if has_port */
	u8 proto;
	bool has_port;
	bool proto_known;		/* false: the transport header is out of reach, so it may be any */
	enum resid_direction direction;
};

enum resid_match {
	RESID_MATCH_NO,
	RESID_MATCH_MAYBE,		/* the packet does not say */
	RESID_MATCH_YES
};

static inline bool resid_verdict_has_ports(u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP || proto == IPPROTO_DCCP ||
	       proto == IPPROTO_UDPLITE;
}

static inline enum resid_match resid_verdict_match(const struct resid_step *step, const struct resid_flow *flow)
{
	enum resid_match match = RESID_MATCH_YES;

	if (step->flags & RESID_STEP_F_TIME)
		if (flow->now < step->from || flow->now >= step->until)
			return RESID_MATCH_NO;
	if (step->flags & RESID_STEP_F_PROTO) {
		if (!flow->proto_known)
			match = RESID_MATCH_MAYBE;
		else if (flow->proto != step->proto)
			return RESID_MATCH_NO;
	}
	if (step->flags & RESID_STEP_F_PORT) {
		if (flow->has_port) {
			if (flow->dport < step->port_first || flow->dport > step->port_last)
				return RESID_MATCH_NO;
		} else if (flow->proto_known && !resid_verdict_has_ports(flow->proto)) {
			return RESID_MATCH_NO;
		} else {
			match = RESID_MATCH_MAYBE;
		}
	}
	if (step->flags & (RESID_STEP_F_ORIGINAL | RESID_STEP_F_REPLY)) {
		if (flow->direction == RESID_DIR_UNKNOWN)
			match = RESID_MATCH_MAYBE;
		else if (!(step->flags & (flow->direction == RESID_DIR_REPLY ? RESID_STEP_F_REPLY :
									       RESID_STEP_F_ORIGINAL)))
			return RESID_MATCH_NO;
	}
	return match;
}

static inline u16 resid_verdict_stricter(const struct resid_table *table, u16 a, u16 b)
{
	return table->rule[b].verdict > table->rule[a].verdict ? b : a;
}

/**
 * resid_verdict_decide() - rule that applies
 * @table: validated snapshot
 * @class: of the data
 * @group: of the destination
 * @flow: the rest of what is known of the packet
 *
 * First match wins. Where the packet does not say whether a step matches (a fragment without ports, no conntrack
 * entry), the strictest rule of all the ways it could have gone wins.
 *
 * Return: index into the rules.
 */
static inline u16 resid_verdict_decide(const struct resid_table *table, u8 class, u16 group,
				       const struct resid_flow *flow)
{
	const struct resid_core *core = table->core;
	u16 cell = table->matrix[(u32)core->row[class] * core->group_count + group];
	const struct resid_step *step;
	bool doubt = false;
	u16 rule = 0;

	if (likely(!(cell & RESID_CELL_CHAIN)))
		return cell;

	for (step = &table->step[cell & RESID_CELL_INDEX];; step++) {
		enum resid_match match = resid_verdict_match(step, flow);

		if (match == RESID_MATCH_NO)
			continue;
		rule = doubt ? resid_verdict_stricter(table, rule, step->rule) : step->rule;
		if (match == RESID_MATCH_YES)
			return rule;
		doubt = true;
	}
}

#endif /* _RESID_VERDICT_H */
