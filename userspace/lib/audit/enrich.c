// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "audit/enrich_private.h"

static void enrich_rule(struct enricher *enricher, const struct resid_audit_key *key, const struct snapshot *snapshot,
			struct audit_event *event)
{
	if (key->flags & RESID_AUDIT_F_NO_POLICY) {
		event->reason = "no policy is loaded and the node was booted closed";
	} else if (snapshot && key->rule < snapshot_rule_count(snapshot)) {
		struct snapshot_rule rule = snapshot_rule_at(snapshot, key->rule);

		event->rule = rule.id;
		event->reason = rule.reason && *rule.reason ? rule.reason : NULL;
		event->clause = *rule.clause ? rule.clause : NULL;
		event->justification = *rule.justification ? rule.justification : NULL;
	} else {
		snprintf(enricher->number, sizeof(enricher->number), "rule-%u", key->rule);
		event->rule = enricher->number;
	}
}

static void enrich_class(struct enricher *enricher, const struct resid_audit_key *key, const struct snapshot *snapshot,
			 struct audit_event *event)
{
	event->class_id = key->class;
	if (snapshot) {
		event->class_name = snapshot_class_name(snapshot, key->class);
		return;
	}
	snprintf(enricher->class_number, sizeof(enricher->class_number), "class-%u", key->class);
	event->class_name = enricher->class_number;
}

static const char *enrich_known(const char *text)
{
	return text && *text ? text : NULL;
}

static void enrich_destination(struct enricher *enricher, const struct resid_audit_key *key,
			       const struct snapshot *snapshot, struct audit_event *event)
{
	struct snapshot_place *place = &enricher->place;
	struct snapshot_as as;

	event->dst.state = AUDIT_ADDRESS_WHOLE;
	event->dst.length = key->family == AF_INET ? 32 : 128;
	memcpy(event->dst.bytes, key->dst, sizeof(event->dst.bytes));
	if (!snapshot)
		return;
	snapshot_lookup(snapshot, key->family, key->dst, place);
	event->location = place->location;
	event->prefix = place->prefix;
	event->control = place->control;
	event->tier = place->tier;
	event->control_source = enrich_known(place->control_source);
	event->operator = enrich_known(place->operator);
	event->operator_name = enrich_known(place->operator_name);
	as = snapshot_as_of(snapshot, key->family, key->dst);
	event->asn = as.number;
	event->as_name = enrich_known(as.name);
}

static void enrich_ports(const struct resid_audit_key *key, struct audit_event *event)
{
	uint16_t dport = ntohs(key->dport);

	switch (key->proto) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		event->detail = AUDIT_DETAIL_ICMP;
		event->icmp_type = (uint8_t)(dport >> 8);
		event->icmp_code = (uint8_t)dport;
		break;
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		event->detail = AUDIT_DETAIL_PORTS;
		event->sport = ntohs(key->sport);
		event->dport = dport;
		break;
	}
}

static void enrich_flow(struct enricher *enricher, const struct resid_audit_key *key, const struct snapshot *snapshot,
			struct audit_event *event)
{
	bool flow = key->fold < RESID_FOLD_FLOW;

	if (key->family != AF_INET && key->family != AF_INET6) {
		if (flow && key->flags & RESID_AUDIT_F_NON_IP) {
			event->detail = AUDIT_DETAIL_ETHERTYPE;
			event->ethertype = ntohs(key->dport);
		}
		return;
	}
	event->family = key->family;
	event->proto = key->proto;
	if (flow) {
		event->src.state = AUDIT_ADDRESS_WHOLE;
		event->src.length = key->family == AF_INET ? 32 : 128;
		memcpy(event->src.bytes, key->src, sizeof(event->src.bytes));
	}
	if (key->fold < RESID_FOLD_DEST)
		enrich_destination(enricher, key, snapshot, event);
	if (flow && !(key->flags & (RESID_AUDIT_F_FRAGMENT | RESID_AUDIT_F_UNPARSABLE)))
		enrich_ports(key, event);
}

static void enrich_process(struct enricher *enricher, const struct resid_audit_record *record,
			   struct audit_event *event)
{
	struct who *who = &enricher->process;

	if (!record->key.socket || !who_find(enricher->who, record->key.socket, who))
		return;
	event->pid = who->pid;
	event->comm = enrich_known(who->comm);
	event->started_wall_ns = who->started + (record->first_wall_ns - record->first_boot_ns);
}

static void enrich_sender(struct enricher *enricher, struct resid_nl *nl, const struct resid_audit_key *key,
			  struct audit_event *event)
{
	const struct enrich_cgroup *cgroup;

	event->ifindex = key->ifindex;
	event->netns = key->netns;
	event->ifname = key->ifindex ? enrich_device(enricher, nl, key->ifindex, key->netns) : NULL;
	event->netns_name = enrich_netns_name(enricher, key->netns);
	if (key->fold == RESID_FOLD_NONE) {
		event->cgroup_id = key->cgroup;
		event->uid = key->uid;
		event->socket = key->socket;
		cgroup = key->cgroup ? enrich_cgroup(enricher, key->cgroup) : NULL;
		if (cgroup) {
			event->cgroup = cgroup->path;
			event->unit = enrich_known(cgroup->workload.unit);
			event->container = enrich_known(cgroup->workload.container);
			event->runtime = cgroup->workload.runtime;
		}
	}
	event->tenant = enrich_tenant(enricher, event);
}

static void enrich_generation(const struct resid_audit_key *key, const struct snapshot *snapshot,
			      struct audit_event *event)
{
	if (snapshot) {
		memcpy(event->generation, snapshot_generation(snapshot), RESID_DIGEST_LEN);
		event->generation_length = RESID_DIGEST_LEN;
		event->policy = enrich_known(snapshot_policy_name(snapshot));
	} else if (key->generation) {
		memcpy(event->generation, &key->generation, sizeof(key->generation));
		event->generation_length = sizeof(key->generation);
	}
}

void enrich(struct enricher *enricher, struct resid_nl *nl, const uint8_t instance[16], uint64_t batch, uint32_t index,
	    const struct resid_audit_record *record, struct audit_event *event)
{
	const struct resid_audit_key *key = &record->key;
	const struct snapshot *snapshot = enrich_snapshot(enricher, key->generation);

	event_init(event);
	event->kind = AUDIT_KIND_EGRESS;
	memcpy(event->instance, instance, sizeof(event->instance));
	event->batch = batch;
	event->index = index;
	event->first_wall_ns = record->first_wall_ns;
	event->last_wall_ns = record->last_wall_ns;
	event->first_boot_ns = record->first_boot_ns;
	event->last_boot_ns = record->last_boot_ns;
	event->clock_unsynchronised = enricher->clock_unsynchronised;
	event->verdict = key->verdict;
	event->hook = key->hook;
	event->fold = key->fold;
	event->flags = key->flags;
	event->packets = record->packets;
	event->bytes = record->bytes;
	enrich_generation(key, snapshot, event);
	if (key->fold >= RESID_FOLD_ALL)
		return;
	enrich_class(enricher, key, snapshot, event);
	enrich_rule(enricher, key, snapshot, event);
	enrich_flow(enricher, key, snapshot, event);
	event->tcp_flags = event->proto == IPPROTO_TCP ? record->tcp_flags : 0;
	enrich_sender(enricher, nl, key, event);
	enrich_process(enricher, record, event);
	if (enricher->privacy)
		privacy_apply(enricher->privacy, event);
}
