// SPDX-License-Identifier: GPL-2.0-only
/*
 * The judgement of one packet: read it, class it, look up where it goes, and take the rule that the policy has for
 * that.
 *
 * All of it is on the packet path, on the caller's stack, and takes no lock. The state is loaded once, and everything
 * about the packet is decided by it: while another one is swapped in, a packet is judged by the old or by the new,
 * never by parts of both. What the ruling points to, the counter, belongs to that state's policy: it is there until the
 * caller leaves the RCU read side, and no longer.
 *
 * Two things are read that others may write meanwhile. A conntrack entry is only asked for the direction of this
 * packet, which stands in the skb. The class is class.c's affair.
 */
#include "judge.h"

#include <net/net_namespace.h>
#include <net/netfilter/nf_conntrack.h>

#include "class.h"
#include "closed.h"
#include "counter.h"
#include "policy.h"
#include "seal.h"
#include "sight.h"
#include "state.h"
#include "verdict.h"

/* A node that booted closed and has no policy yet. */
static void judge_closed(struct resid_ruling *ruling)
{
	const struct resid_packet *packet = &ruling->packet;
	unsigned int i = 0;

	if (packet->kind == RESID_PACKET_LINK)
		return;
	if (packet->kind == RESID_PACKET_IP) {
		while (i < packet->dest_count && resid_closed_allows(&packet->dest[i]))
			i++;
		if (i == packet->dest_count)
			return;
	}
	ruling->dest = i;
	ruling->verdict = RESID_V_DROP;
	ruling->refuse = true;
	ruling->record = true;
	ruling->flags |= RESID_AUDIT_F_NO_POLICY;
	ruling->rule = RESID_NO_RULE;
	ruling->counter = resid_counter_closed;
}

/* A macvlan hands over packets with the entry of its own namespace, where a tenant makes the connections. */
static enum resid_direction judge_direction(const struct resid_sight *sight)
{
	enum ip_conntrack_info info;
	const struct nf_conn *ct = nf_ct_get(sight->skb, &info);

	if (!ct || nf_ct_is_template(ct) || !net_eq(nf_ct_net(ct), sight->net))
		return RESID_DIR_UNKNOWN;
	return CTINFO2DIR(info) == IP_CT_DIR_REPLY ? RESID_DIR_REPLY : RESID_DIR_ORIGINAL;
}

/* What one class comes to. */
struct judge_opinion {
	enum resid_verdict verdict;
	bool refuse;
	u8 class;
	u16 rule;
	u16 group;
	unsigned int dest;
};

static u16 judge_group(const struct resid_table *table, const struct resid_dest *dest)
{
	return dest->family == AF_INET ? resid_lpm_lookup4(&table->lpm4, dest->address) :
					 resid_lpm_lookup6(&table->lpm6, dest->address);
}

/* A frame that neighbours exchange. */
static void judge_frame(const struct resid_table *table, const struct resid_flow *flow, struct judge_opinion *opinion)
{
	opinion->group = table->core->link_group;
	opinion->rule = resid_verdict_decide(table, opinion->class, opinion->group, flow);
}

/* The strictest rule over all destinations. */
static void judge_destinations(const struct resid_table *table, const struct resid_flow *flow,
			       const struct resid_packet *packet, struct judge_opinion *opinion)
{
	unsigned int i;

	for (i = 0; i < packet->dest_count; i++) {
		u16 group = packet->of_link ? table->core->link_group : judge_group(table, &packet->dest[i]);
		u16 rule = resid_verdict_decide(table, opinion->class, group, flow);

		if (!i || table->rule[rule].verdict > table->rule[opinion->rule].verdict) {
			opinion->rule = rule;
			opinion->group = group;
			opinion->dest = i;
		}
	}
}

static void judge_class(const struct resid_state *state, const struct resid_flow *flow,
			const struct resid_packet *packet, struct judge_opinion *opinion)
{
	const struct resid_table *table = &state->policy->table;
	const struct resid_core *core = table->core;

	switch (packet->kind) {
	case RESID_PACKET_IP:
	case RESID_PACKET_LINK:
		if (packet->dest_count)
			judge_destinations(table, flow, packet, opinion);
		else
			judge_frame(table, flow, opinion);
		break;
	case RESID_PACKET_NON_IP:
		opinion->rule = core->non_ip_rule;
		break;
	default:
		opinion->rule = core->unparsable_rule;
		break;
	}
	opinion->verdict = table->rule[opinion->rule].verdict;
	opinion->refuse = opinion->verdict >= RESID_V_REJECT && state->mode == RESID_MODE_ENFORCING &&
			  !(core->class_flags[opinion->class] & RESID_CLASS_F_PERMISSIVE);
}

static bool judge_is_stricter(const struct judge_opinion *a, const struct judge_opinion *b)
{
	return a->refuse != b->refuse ? a->refuse : a->verdict > b->verdict;
}

/* The strictest over all classes; of equals the first, which is the sender's own. */
static void judge_classes(const struct resid_state *state, const struct resid_flow *flow,
			  const struct resid_ruling *ruling, struct judge_opinion *strictest)
{
	unsigned int i;

	for (i = 0; i < ruling->classes.count; i++) {
		struct judge_opinion opinion = { .class = ruling->classes.id[i] };

		judge_class(state, flow, &ruling->packet, &opinion);
		if (!i || judge_is_stricter(&opinion, strictest))
			*strictest = opinion;
	}
}

static u8 judge_flags(const struct resid_ruling *ruling)
{
	const struct resid_packet *packet = &ruling->packet;
	u8 flags = 0;

	if (packet->kind == RESID_PACKET_UNPARSABLE)
		flags |= RESID_AUDIT_F_UNPARSABLE;
	else if (!packet->dest_count)
		flags |= RESID_AUDIT_F_NON_IP;
	else if (packet->fragment)
		flags |= RESID_AUDIT_F_FRAGMENT;
	if (ruling->dest)
		flags |= RESID_AUDIT_F_INNER;
	if (ruling->verdict >= RESID_V_REJECT && !ruling->refuse)
		flags |= RESID_AUDIT_F_PERMISSIVE;
	return flags;
}

static void judge_policy(const struct resid_state *state, const struct resid_flow *flow, struct resid_ruling *ruling)
{
	const struct resid_policy *policy = state->policy;
	const struct resid_core *core = policy->table.core;
	struct judge_opinion opinion = {};

	judge_classes(state, flow, ruling, &opinion);
	ruling->generation = policy->generation;
	ruling->verdict = opinion.verdict;
	ruling->refuse = opinion.refuse;
	ruling->class = opinion.class;
	ruling->rule = opinion.rule;
	ruling->group = opinion.group;
	ruling->dest = opinion.dest;
	ruling->flags = judge_flags(ruling);
	ruling->record = ruling->verdict != RESID_V_ALLOW;
	ruling->whole = ruling->verdict == RESID_V_AUDIT && state->mode == RESID_MODE_ENFORCING &&
			(core->class_flags[ruling->class] & (RESID_CLASS_F_DENY_ON_LOSS | RESID_CLASS_F_PERMISSIVE)) ==
				RESID_CLASS_F_DENY_ON_LOSS;
	ruling->counter = policy->counter[core->row[ruling->class] * core->rule_count + ruling->rule];
}

void resid_judge_decide(const struct resid_state *state, enum resid_direction direction, s64 now,
			struct resid_ruling *ruling)
{
	const struct resid_packet *packet = &ruling->packet;
	const struct resid_flow flow = {
		.now = now,
		.dport = ntohs(packet->dport),
		.proto = packet->proto,
		.has_port = packet->has_port,
		.proto_known = packet->proto_known,
		.direction = direction,
	};

	if (state->policy)
		judge_policy(state, &flow, ruling);
	else if (state->closed)
		judge_closed(ruling);
}

void resid_judge(const struct resid_sight *sight, struct resid_ruling *ruling)
{
	const struct resid_state *state = rcu_dereference(resid_state);
	const struct resid_policy *policy = state->policy;
	const struct resid_core *core = policy ? policy->table.core : NULL;
	const struct resid_reading reading = {
		.link = sight->link,
		.ethertype = sight->ethertype,
		.nat64 = core ? core->nat64 : NULL,
		.nat64_count = core ? core->nat64_count : 0,
	};

	memset(ruling, 0, offsetof(struct resid_ruling, packet));
	if (!policy && !state->closed)
		return;
	resid_seal(sight->skb, &ruling->packet, &reading);
	resid_class_of(state, sight->skb, sight->dev, &ruling->packet, &ruling->classes);
	ruling->class = ruling->classes.id[0];
	if (ruling->packet.neighbour && ruling->class == RESID_CLASS_KERNEL) {
		/* to an address of the link, whatever the policy thinks of where that is */
		ruling->packet.kind = RESID_PACKET_LINK;
		ruling->packet.of_link = true;
	}
	resid_judge_decide(state, judge_direction(sight), policy ? resid_policy_now(policy) : 0, ruling);
}
