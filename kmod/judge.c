// SPDX-License-Identifier: GPL-2.0-only
#include "judge.h"

#include <net/net_namespace.h>
#include <net/netfilter/nf_conntrack.h>

#include "class.h"
#include "closed.h"
#include "counter.h"
#include "policy.h"
#include "sight.h"
#include "state.h"
#include "verdict.h"

/* The kernel's own neighbour discovery may go to any address of the link. */
static bool judge_is_housekeeping(const struct resid_packet *packet, u8 class)
{
	return packet->kind == RESID_PACKET_IP && packet->neighbour && class == RESID_CLASS_KERNEL;
}

/* A node that booted closed and has no policy yet. */
static void judge_closed(struct resid_ruling *ruling)
{
	const struct resid_packet *packet = &ruling->packet;
	unsigned int i = 0;

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

/* The strictest rule over all destinations. */
static void judge_destinations(const struct resid_table *table, const struct resid_flow *flow,
			       struct resid_ruling *ruling)
{
	const struct resid_packet *packet = &ruling->packet;
	unsigned int i;

	for (i = 0; i < packet->dest_count; i++) {
		const struct resid_dest *dest = &packet->dest[i];
		u16 group = dest->family == AF_INET ? resid_lpm_lookup4(&table->lpm4, dest->address) :
						      resid_lpm_lookup6(&table->lpm6, dest->address);
		u16 rule = resid_verdict_decide(table, ruling->class, group, flow);

		if (!i || table->rule[rule].verdict > table->rule[ruling->rule].verdict) {
			ruling->rule = rule;
			ruling->group = group;
			ruling->dest = i;
		}
	}
	if (ruling->dest)
		ruling->flags |= RESID_AUDIT_F_INNER;
	if (packet->fragment)
		ruling->flags |= RESID_AUDIT_F_FRAGMENT;
}

static void judge_enforce(const struct resid_state *state, u8 class_flags, struct resid_ruling *ruling)
{
	bool enforcing = state->mode == RESID_MODE_ENFORCING && !(class_flags & RESID_CLASS_F_PERMISSIVE);

	if (ruling->verdict == RESID_V_AUDIT)
		ruling->whole = enforcing && class_flags & RESID_CLASS_F_DENY_ON_LOSS;
	if (ruling->verdict < RESID_V_REJECT)
		return;
	ruling->refuse = enforcing;
	if (!enforcing)
		ruling->flags |= RESID_AUDIT_F_PERMISSIVE;
}

static void judge_policy(const struct resid_state *state, const struct resid_flow *flow, struct resid_ruling *ruling)
{
	const struct resid_policy *policy = state->policy;
	const struct resid_core *core = policy->table.core;

	ruling->generation = policy->generation;
	switch (ruling->packet.kind) {
	case RESID_PACKET_IP:
		judge_destinations(&policy->table, flow, ruling);
		break;
	case RESID_PACKET_NON_IP:
		ruling->rule = core->non_ip_rule;
		ruling->flags |= RESID_AUDIT_F_NON_IP;
		break;
	default:
		ruling->rule = core->unparsable_rule;
		ruling->flags |= RESID_AUDIT_F_UNPARSABLE;
		break;
	}

	ruling->verdict = policy->table.rule[ruling->rule].verdict;
	ruling->record = ruling->verdict != RESID_V_ALLOW;
	ruling->counter = policy->counter[core->row[ruling->class] * core->rule_count + ruling->rule];
	judge_enforce(state, core->class_flags[ruling->class], ruling);
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
	struct resid_bytes bytes = { .skb = sight->skb };
	const struct resid_core *core = policy ? policy->table.core : NULL;

	memset(ruling, 0, offsetof(struct resid_ruling, packet));
	if (!policy && !state->closed)
		return;
	resid_packet_parse(&ruling->packet, &bytes, sight->link, core ? core->nat64 : NULL,
			   core ? core->nat64_count : 0);
	if (ruling->packet.kind == RESID_PACKET_LINK)
		return;
	ruling->class = resid_class_of(state, sight->skb, sight->dev, &ruling->packet);
	if (judge_is_housekeeping(&ruling->packet, ruling->class))
		return;
	resid_judge_decide(state, judge_direction(sight), policy ? resid_policy_now(policy) : 0, ruling);
}
