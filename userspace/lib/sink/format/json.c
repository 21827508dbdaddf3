// SPDX-License-Identifier: Apache-2.0
/*
 * Every fact by its own name, one level deep:
 *
 *   id sequence kind     kind only of what is no packet: head, gap, notice
 *   time_first time_last RFC 3339, UTC; clock_unsynchronised when the kernel said so
 *   host host_id
 *   class verdict rule reason justification policy
 *   enforced             false when the node or the class was permissive
 *   hook                 local_out, forward or egress
 *   family proto src sport dst dport     ICMP: icmp_type, icmp_code; frames that are not IP: ethertype
 *   location prefix control tier control_source operator operator_name asn as_name    of dst, as the generation knew it
 *   generation packets bytes tcp_flags community_id
 *   ifindex interface netns netns_name cgroup_id cgroup unit container runtime tenant uid socket pid comm started
 *   fold flags           what was given up when the kernel's table was full; what was special
 *   head text lost       of what is no packet
 *   truncated            names were cut, lest the record be longer than receivers take
 */
#include "sink/format/format.h"

#include <stdio.h>
#include <sys/socket.h>

#include "node/report.h"

static void json_text(struct jsonw *out, const char *key, const char *value)
{
	if (value && *value)
		jsonw_string(out, key, value);
}

static void json_name(struct jsonw *out, const char *key, const char *value)
{
	if (value && *value)
		jsonw_name(out, key, value);
}

static void json_number(struct jsonw *out, const char *key, uint64_t value)
{
	if (value)
		jsonw_u64(out, key, value);
}

static void json_judgement(struct jsonw *out, const struct format_facts *facts)
{
	const struct audit_event *event = facts->event;

	json_name(out, "class", event->class_name);
	jsonw_string(out, "verdict", report_verdict(event->verdict));
	jsonw_bool(out, "enforced", event_is_enforced(event));
	json_text(out, "rule", event->rule);
	json_name(out, "reason", event->reason);
	json_name(out, "justification", event->justification);
	json_name(out, "policy", event->policy);
	if (event->fold < RESID_FOLD_ALL)
		jsonw_string(out, "hook", event_hook_name(event->hook));
}

static void json_detail(struct jsonw *out, const struct audit_event *event)
{
	char number[16];

	switch (event->detail) {
	case AUDIT_DETAIL_PORTS:
		jsonw_u64(out, "sport", event->sport);
		jsonw_u64(out, "dport", event->dport);
		break;
	case AUDIT_DETAIL_ICMP:
		jsonw_u64(out, "icmp_type", event->icmp_type);
		jsonw_u64(out, "icmp_code", event->icmp_code);
		break;
	case AUDIT_DETAIL_ETHERTYPE:
		snprintf(number, sizeof(number), "0x%04x", event->ethertype);
		jsonw_string(out, "ethertype", number);
		break;
	}
}

static void json_flow(struct jsonw *out, const struct format_facts *facts)
{
	const struct audit_event *event = facts->event;

	if (event->family) {
		jsonw_string(out, "family", event->family == AF_INET ? "ipv4" : "ipv6");
		jsonw_string(out, "proto", facts->proto);
	}
	json_text(out, "src", facts->src);
	json_text(out, "dst", facts->dst);
	json_detail(out, event);
	json_name(out, "location", event->location);
	json_name(out, "prefix", event->prefix);
	json_name(out, "control", event->control);
	json_name(out, "tier", event->tier);
	json_name(out, "control_source", event->control_source);
	json_name(out, "operator", event->operator);
	json_name(out, "operator_name", event->operator_name);
	json_number(out, "asn", event->asn);
	json_name(out, "as_name", event->as_name);
	json_text(out, "generation", facts->generation);
	jsonw_u64(out, "packets", event->packets);
	jsonw_u64(out, "bytes", event->bytes);
	json_number(out, "tcp_flags", event->tcp_flags);
	json_text(out, "community_id", facts->community);
}

static void json_sender(struct jsonw *out, const struct audit_event *event)
{
	char started[FORMAT_TIME];

	json_number(out, "ifindex", event->ifindex);
	json_name(out, "interface", event->ifname);
	json_number(out, "netns", event->netns);
	json_name(out, "netns_name", event->netns_name);
	json_number(out, "cgroup_id", event->cgroup_id);
	json_name(out, "cgroup", event->cgroup);
	json_name(out, "unit", event->unit);
	json_text(out, "container", event->container);
	json_text(out, "runtime", event->runtime);
	json_name(out, "tenant", event->tenant);
	if (event->uid != UINT32_MAX)
		jsonw_u64(out, "uid", event->uid);
	json_number(out, "socket", event->socket);
	json_number(out, "pid", event->pid);
	json_name(out, "comm", event->comm);
	if (event->started_wall_ns) {
		format_time(event->started_wall_ns, started);
		jsonw_string(out, "started", started);
	}
}

static void json_marks(struct jsonw *out, const struct audit_event *event)
{
	json_text(out, "fold", event_fold_name(event->fold));
	format_flags(out, event);
}

static void json_write(struct jsonw *out, const struct format_facts *facts)
{
	const struct audit_event *event = facts->event;
	bool egress = event->kind == AUDIT_KIND_EGRESS;

	jsonw_object(out, NULL);
	jsonw_string(out, "id", facts->id);
	json_number(out, "sequence", event->sequence);
	if (!egress)
		jsonw_string(out, "kind", event_kind_name(event->kind));
	jsonw_string(out, "time_first", facts->first);
	jsonw_string(out, "time_last", facts->last);
	if (event->clock_unsynchronised)
		jsonw_bool(out, "clock_unsynchronised", true);
	json_name(out, "host", event->host);
	json_text(out, "host_id", event->host_id);
	if (egress) {
		json_judgement(out, facts);
		json_flow(out, facts);
		json_sender(out, event);
		json_marks(out, event);
	}
	json_name(out, "head", event->head);
	json_name(out, "text", event->text);
	json_number(out, "lost", event->lost);
	if (out->cut)
		jsonw_bool(out, "truncated", true);
	jsonw_object_end(out);
}

const struct format format_json = { .name = "json", .json = true, .write = json_write };
