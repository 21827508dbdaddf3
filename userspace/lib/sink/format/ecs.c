// SPDX-License-Identifier: Apache-2.0
/* Elastic Common Schema 8.17. What it has no field for stands below `resid`. */
#include "sink/format/format.h"
#include "util/version.h"

#include <sys/socket.h>

#define ECS_VERSION	"8.17.0"

static void ecs_name(struct jsonw *out, const char *key, const char *value)
{
	if (value && *value)
		jsonw_name(out, key, value);
}

static void ecs_count(struct jsonw *out, const char *key, uint64_t value)
{
	if (value)
		jsonw_u64(out, key, value);
}

static void ecs_one(struct jsonw *out, const char *key, const char *value)
{
	jsonw_array(out, key);
	jsonw_string(out, NULL, value);
	jsonw_array_end(out);
}

static void ecs_event(struct jsonw *out, const struct format_facts *facts)
{
	const struct audit_event *event = facts->event;
	bool egress = event->kind == AUDIT_KIND_EGRESS;

	jsonw_object(out, "event");
	jsonw_string(out, "kind", event->kind == AUDIT_KIND_GAP ? "pipeline_error" : "event");
	ecs_one(out, "category", egress ? "network" : "host");
	jsonw_array(out, "type");
	jsonw_string(out, NULL, egress ? "connection" : "info");
	if (egress)
		jsonw_string(out, NULL, format_is_refused(event) ? "denied" : "allowed");
	jsonw_array_end(out);
	jsonw_string(out, "action", format_action(event));
	jsonw_string(out, "module", "resid");
	jsonw_string(out, "dataset", "resid.egress");
	jsonw_u64(out, "severity", format_severity(event));
	ecs_name(out, "reason", egress ? event->reason : event->text);
	jsonw_string(out, "start", facts->first);
	jsonw_string(out, "end", facts->last);
	jsonw_u64(out, "sequence", event->sequence);
	jsonw_string(out, "id", facts->id);
	jsonw_object_end(out);
}

static void ecs_network(struct jsonw *out, const struct format_facts *facts)
{
	const struct audit_event *event = facts->event;

	jsonw_object(out, "network");
	jsonw_string(out, "direction", "egress");
	if (facts->proto) {
		jsonw_string(out, "type", event->family == AF_INET ? "ipv4" : "ipv6");
		jsonw_string(out, "transport", facts->proto);
		jsonw_u64_string(out, "iana_number", event->proto);
	}
	if (*facts->community)
		jsonw_string(out, "community_id", facts->community);
	jsonw_u64(out, "packets", event->packets);
	jsonw_u64(out, "bytes", event->bytes);
	jsonw_object_end(out);
}

/* A part of an address, or its hash, is not of ECS's type ip. */
static void ecs_address(struct jsonw *out, const char *text, bool whole)
{
	if (!*text)
		return;
	jsonw_string(out, "address", text);
	if (whole)
		jsonw_string(out, "ip", text);
}

static void ecs_source(struct jsonw *out, const struct format_facts *facts)
{
	if (!*facts->src)
		return;
	jsonw_object(out, "source");
	ecs_address(out, facts->src, facts->src_whole);
	if (facts->event->detail == AUDIT_DETAIL_PORTS)
		jsonw_u64(out, "port", facts->event->sport);
	jsonw_object_end(out);
}

static void ecs_destination(struct jsonw *out, const struct format_facts *facts)
{
	const struct audit_event *event = facts->event;

	if (!*facts->dst)
		return;
	jsonw_object(out, "destination");
	ecs_address(out, facts->dst, facts->dst_whole);
	if (event->detail == AUDIT_DETAIL_PORTS)
		jsonw_u64(out, "port", event->dport);
	if (*facts->country) {
		jsonw_object(out, "geo");
		jsonw_string(out, "country_iso_code", facts->country);
		jsonw_object_end(out);
	}
	if (event->asn) {
		jsonw_object(out, "as");
		jsonw_u64(out, "number", event->asn);
		if (event->as_name) {
			jsonw_object(out, "organization");
			ecs_name(out, "name", event->as_name);
			jsonw_object_end(out);
		}
		jsonw_object_end(out);
	}
	jsonw_object_end(out);
}

static void ecs_related(struct jsonw *out, const struct format_facts *facts)
{
	if (!facts->src_whole && !facts->dst_whole)
		return;
	jsonw_object(out, "related");
	jsonw_array(out, "ip");
	if (facts->src_whole)
		jsonw_string(out, NULL, facts->src);
	if (facts->dst_whole)
		jsonw_string(out, NULL, facts->dst);
	jsonw_array_end(out);
	jsonw_object_end(out);
}

static void ecs_rule(struct jsonw *out, const struct format_facts *facts)
{
	if (!facts->event->rule)
		return;
	jsonw_object(out, "rule");
	jsonw_string(out, "id", facts->event->rule);
	ecs_name(out, "name", facts->event->rule);
	ecs_name(out, "ruleset", facts->event->policy);
	if (*facts->generation)
		jsonw_string(out, "version", facts->generation);
	jsonw_object_end(out);
}

static void ecs_node(struct jsonw *out, const struct audit_event *event)
{
	if (event->host) {
		jsonw_object(out, "host");
		ecs_name(out, "name", event->host);
		if (event->host_id)
			jsonw_string(out, "id", event->host_id);
		jsonw_object_end(out);
	}
	jsonw_object(out, "observer");
	jsonw_string(out, "vendor", FORMAT_VENDOR);
	jsonw_string(out, "product", FORMAT_PRODUCT);
	jsonw_string(out, "version", resid_version);
	jsonw_string(out, "type", "firewall");
	if (event->ifname) {
		jsonw_object(out, "egress");
		jsonw_object(out, "interface");
		ecs_name(out, "name", event->ifname);
		jsonw_object_end(out);
		jsonw_object_end(out);
	}
	jsonw_object_end(out);
}

static void ecs_process(struct jsonw *out, const struct audit_event *event)
{
	char start[FORMAT_TIME];

	if (!event->pid && !event->comm)
		return;
	jsonw_object(out, "process");
	ecs_count(out, "pid", event->pid);
	ecs_name(out, "name", event->comm);
	if (event->started_wall_ns) {
		format_time(event->started_wall_ns, start);
		jsonw_string(out, "start", start);
	}
	jsonw_object_end(out);
}

static void ecs_workload(struct jsonw *out, const struct audit_event *event)
{
	ecs_process(out, event);
	if (event->uid != UINT32_MAX) {
		jsonw_object(out, "user");
		jsonw_u64_string(out, "id", event->uid);
		jsonw_object_end(out);
	}
	if (event->container) {
		jsonw_object(out, "container");
		jsonw_string(out, "id", event->container);
		ecs_name(out, "runtime", event->runtime);
		jsonw_object_end(out);
	}
	if (event->tenant) {
		jsonw_object(out, "organization");
		ecs_name(out, "id", event->tenant);
		jsonw_object_end(out);
	}
}

static void ecs_own_flow(struct jsonw *out, const struct audit_event *event)
{
	if (event->detail == AUDIT_DETAIL_ICMP) {
		jsonw_u64(out, "icmp_type", event->icmp_type);
		jsonw_u64(out, "icmp_code", event->icmp_code);
	} else if (event->detail == AUDIT_DETAIL_ETHERTYPE) {
		jsonw_u64(out, "ethertype", event->ethertype);
	}
	ecs_count(out, "tcp_flags", event->tcp_flags);
	ecs_count(out, "netns", event->netns);
	ecs_name(out, "netns_name", event->netns_name);
	ecs_count(out, "cgroup_id", event->cgroup_id);
	ecs_name(out, "cgroup", event->cgroup);
	ecs_name(out, "unit", event->unit);
	ecs_count(out, "socket", event->socket);
}

static void ecs_own(struct jsonw *out, const struct format_facts *facts)
{
	const struct audit_event *event = facts->event;

	jsonw_object(out, "resid");
	jsonw_string(out, "kind", event_kind_name(event->kind));
	if (event->kind == AUDIT_KIND_EGRESS) {
		ecs_name(out, "class", event->class_name);
		jsonw_string(out, "hook", event_hook_name(event->hook));
		jsonw_bool(out, "enforced", event_is_enforced(event));
		if (*facts->generation)
			jsonw_string(out, "generation", facts->generation);
		ecs_name(out, "zone", event->location);
		ecs_name(out, "prefix", event->prefix);
		ecs_name(out, "control", event->control);
		ecs_name(out, "evidence_tier", event->tier);
		ecs_name(out, "control_source", event->control_source);
		ecs_name(out, "operator", event->operator);
		ecs_name(out, "operator_name", event->operator_name);
		ecs_name(out, "justification", event->justification);
		ecs_own_flow(out, event);
		if (event_fold_name(event->fold))
			jsonw_string(out, "fold", event_fold_name(event->fold));
		format_flags(out, event);
	}
	ecs_name(out, "head", event->head);
	ecs_count(out, "lost", event->lost);
	if (event->clock_unsynchronised)
		jsonw_bool(out, "clock_unsynchronised", true);
	if (out->cut)
		jsonw_bool(out, "truncated", true);
	jsonw_object_end(out);
}

static void ecs_write(struct jsonw *out, const struct format_facts *facts)
{
	jsonw_object(out, NULL);
	jsonw_string(out, "@timestamp", facts->last);
	jsonw_object(out, "ecs");
	jsonw_string(out, "version", ECS_VERSION);
	jsonw_object_end(out);
	ecs_event(out, facts);
	if (facts->event->kind == AUDIT_KIND_EGRESS) {
		ecs_network(out, facts);
		ecs_source(out, facts);
		ecs_destination(out, facts);
		ecs_related(out, facts);
		ecs_rule(out, facts);
	}
	ecs_node(out, facts->event);
	ecs_workload(out, facts->event);
	ecs_own(out, facts);
	jsonw_object_end(out);
}

const struct format format_ecs = { .name = "ecs", .json = true, .write = ecs_write };
