// SPDX-License-Identifier: Apache-2.0
/*
 * Open Cybersecurity Schema Framework 1.8.0, class Network Activity (4001), profiles security_control, host and
 * container. What is no flow is a Base Event. Facts without an attribute are enrichments of the destination, or
 * unmapped.
 */
#include "sink/format/format.h"
#include "util/version.h"

#include <stdio.h>
#include <sys/socket.h>

#define OCSF_VERSION	"1.8.0"

enum ocsf_number {
	OCSF_BASE_EVENT = 0,
	OCSF_CATEGORY_NETWORK = 4,
	OCSF_NETWORK_ACTIVITY = 4001,
	OCSF_ACTIVITY_REFUSE = 5,
	OCSF_ACTIVITY_TRAFFIC = 6,
	OCSF_ACTIVITY_OTHER = 99,
	OCSF_ACTION_DENIED = 2,
	OCSF_ACTION_OBSERVED = 3,
	OCSF_DISPOSITION_BLOCKED = 2,
	OCSF_DISPOSITION_DROPPED = 6,
	OCSF_DISPOSITION_LOGGED = 17,
	OCSF_DISPOSITION_RESET = 21,
	OCSF_DIRECTION_OUTBOUND = 2,
	OCSF_DEVICE_SERVER = 1,
	OCSF_PROTO_TCP = 6,
};

static void ocsf_name(struct jsonw *out, const char *key, const char *value)
{
	if (value && *value)
		jsonw_name(out, key, value);
}

/* 1 informational, 3 medium, 4 high, 5 critical */
static unsigned int ocsf_severity(const struct audit_event *event)
{
	unsigned int severity = format_severity(event);

	if (severity >= 9)
		return 5;
	if (severity >= 7)
		return 4;
	return severity >= 5 ? 3 : 1;
}

static unsigned int ocsf_disposition(const struct audit_event *event)
{
	if (!format_is_refused(event))
		return OCSF_DISPOSITION_LOGGED;
	if (event->verdict == RESID_V_DROP)
		return OCSF_DISPOSITION_DROPPED;
	/* A connection under way gets a reset; a new one, and what is no TCP, an error. */
	if (event->family && event->proto == OCSF_PROTO_TCP && event->tcp_flags && !(event->tcp_flags & 2))
		return OCSF_DISPOSITION_RESET;
	return OCSF_DISPOSITION_BLOCKED;
}

static void ocsf_class(struct jsonw *out, const struct audit_event *event)
{
	bool egress = event->kind == AUDIT_KIND_EGRESS;
	unsigned int class = egress ? OCSF_NETWORK_ACTIVITY : OCSF_BASE_EVENT, activity = OCSF_ACTIVITY_OTHER;

	if (egress)
		activity = format_is_refused(event) ? OCSF_ACTIVITY_REFUSE : OCSF_ACTIVITY_TRAFFIC;
	jsonw_u64(out, "category_uid", egress ? OCSF_CATEGORY_NETWORK : 0);
	jsonw_u64(out, "class_uid", class);
	jsonw_u64(out, "activity_id", activity);
	jsonw_u64(out, "type_uid", class * 100 + activity);
	jsonw_u64(out, "severity_id", ocsf_severity(event));
	if (!egress) {
		jsonw_string(out, "activity_name", format_action(event));
		ocsf_name(out, "message", event->text);
		return;
	}
	jsonw_u64(out, "action_id", format_is_refused(event) ? OCSF_ACTION_DENIED : OCSF_ACTION_OBSERVED);
	jsonw_u64(out, "disposition_id", ocsf_disposition(event));
}

static void ocsf_metadata(struct jsonw *out, const struct format_facts *facts)
{
	const struct audit_event *event = facts->event;

	jsonw_object(out, "metadata");
	jsonw_string(out, "version", OCSF_VERSION);
	jsonw_array(out, "profiles");
	jsonw_string(out, NULL, "security_control");
	jsonw_string(out, NULL, "host");
	jsonw_string(out, NULL, "container");
	jsonw_array_end(out);
	jsonw_object(out, "product");
	jsonw_string(out, "name", FORMAT_PRODUCT);
	jsonw_string(out, "vendor_name", FORMAT_VENDOR);
	jsonw_string(out, "version", resid_version);
	jsonw_object_end(out);
	jsonw_u64(out, "sequence", event->sequence);
	jsonw_string(out, "uid", facts->id);
	ocsf_name(out, "tenant_uid", event->tenant);
	if (out->cut)
		jsonw_bool(out, "is_truncated", true);
	jsonw_object_end(out);
}

static void ocsf_connection(struct jsonw *out, const struct format_facts *facts)
{
	const struct audit_event *event = facts->event;

	jsonw_object(out, "connection_info");
	jsonw_u64(out, "direction_id", OCSF_DIRECTION_OUTBOUND);
	if (facts->proto) {
		jsonw_string(out, "protocol_name", facts->proto);
		jsonw_u64(out, "protocol_num", event->proto);
		jsonw_u64(out, "protocol_ver_id", event->family == AF_INET ? 4 : 6);
		if (event->proto == OCSF_PROTO_TCP)
			jsonw_u64(out, "tcp_flags", event->tcp_flags);
	}
	if (*facts->community)
		jsonw_string(out, "community_uid", facts->community);
	jsonw_object_end(out);
}

/* An endpoint needs something to be known by; a hidden address is its name. */
static void ocsf_address(struct jsonw *out, const char *text, bool whole)
{
	if (whole)
		jsonw_string(out, "ip", text);
	else
		jsonw_string(out, "name", *text ? text : "unknown");
}

static void ocsf_container(struct jsonw *out, const struct audit_event *event)
{
	if (!event->container)
		return;
	jsonw_object(out, "container");
	jsonw_string(out, "uid", event->container);
	ocsf_name(out, "runtime", event->runtime);
	jsonw_object_end(out);
}

/* A process is known by its number; where that is not known, the container is the endpoint's. */
static void ocsf_source(struct jsonw *out, const struct format_facts *facts)
{
	jsonw_object(out, "src_endpoint");
	ocsf_address(out, facts->src, facts->src_whole);
	if (facts->event->detail == AUDIT_DETAIL_PORTS)
		jsonw_u64(out, "port", facts->event->sport);
	ocsf_name(out, "interface_name", facts->event->ifname);
	if (!facts->event->pid)
		ocsf_container(out, facts->event);
	jsonw_object_end(out);
}

static void ocsf_destination(struct jsonw *out, const struct format_facts *facts)
{
	const struct audit_event *event = facts->event;

	jsonw_object(out, "dst_endpoint");
	ocsf_address(out, facts->dst, facts->dst_whole);
	if (event->detail == AUDIT_DETAIL_PORTS)
		jsonw_u64(out, "port", event->dport);
	if (*facts->country) {
		jsonw_object(out, "location");
		jsonw_string(out, "country", facts->country);
		jsonw_object_end(out);
	}
	if (event->asn) {
		jsonw_object(out, "autonomous_system");
		jsonw_u64(out, "number", event->asn);
		ocsf_name(out, "name", event->as_name);
		jsonw_object_end(out);
	}
	jsonw_object_end(out);
}

static void ocsf_rule(struct jsonw *out, const struct format_facts *facts)
{
	const struct audit_event *event = facts->event;

	if (event->rule) {
		jsonw_object(out, "firewall_rule");
		jsonw_string(out, "uid", event->rule);
		ocsf_name(out, "name", event->rule);
		ocsf_name(out, "desc", event->reason);
		jsonw_object_end(out);
	}
	if (*facts->generation) {
		jsonw_object(out, "policy");
		jsonw_string(out, "uid", facts->generation);
		ocsf_name(out, "name", event->policy);
		jsonw_object_end(out);
	}
}

static void ocsf_actor(struct jsonw *out, const struct audit_event *event)
{
	if (!event->pid)
		return;
	jsonw_object(out, "actor");
	jsonw_object(out, "process");
	jsonw_u64(out, "pid", event->pid);
	ocsf_name(out, "name", event->comm);
	if (event->started_wall_ns)
		jsonw_u64(out, "created_time", event->started_wall_ns / 1000000);
	ocsf_container(out, event);
	jsonw_object_end(out);
	jsonw_object_end(out);
}

static void ocsf_device(struct jsonw *out, const struct audit_event *event)
{
	jsonw_object(out, "device");
	jsonw_u64(out, "type_id", OCSF_DEVICE_SERVER);
	ocsf_name(out, "hostname", event->host);
	if (event->host_id)
		jsonw_string(out, "uid", event->host_id);
	jsonw_object_end(out);
}

/* What is known of the destination beyond its attributes: {name, value, type, data}. */
static void ocsf_enrich(struct jsonw *out, const struct format_facts *facts, const char *type, const char *fact)
{
	if (!fact || !*fact)
		return;
	jsonw_object(out, NULL);
	jsonw_string(out, "name", facts->dst_whole ? "dst_endpoint.ip" : "dst_endpoint.name");
	jsonw_string(out, "value", facts->dst);
	jsonw_string(out, "type", type);
	jsonw_object(out, "data");
	jsonw_name(out, type, fact);
	jsonw_object_end(out);
	jsonw_object_end(out);
}

static void ocsf_enrichments(struct jsonw *out, const struct format_facts *facts)
{
	const struct audit_event *event = facts->event;

	if (!*facts->dst)
		return;
	jsonw_array(out, "enrichments");
	ocsf_enrich(out, facts, "zone", event->location);
	ocsf_enrich(out, facts, "control", event->control);
	ocsf_enrich(out, facts, "operator", event->operator);
	ocsf_enrich(out, facts, "evidence_tier", event->tier);
	jsonw_array_end(out);
}

static void ocsf_flow(struct jsonw *out, const struct format_facts *facts)
{
	ocsf_connection(out, facts);
	ocsf_source(out, facts);
	ocsf_destination(out, facts);
	jsonw_object(out, "traffic");
	jsonw_u64(out, "packets_out", facts->event->packets);
	jsonw_u64(out, "bytes_out", facts->event->bytes);
	jsonw_object_end(out);
	ocsf_rule(out, facts);
	ocsf_actor(out, facts->event);
	ocsf_enrichments(out, facts);
}

static void ocsf_unmapped(struct jsonw *out, const struct format_facts *facts)
{
	const struct audit_event *event = facts->event;

	jsonw_object(out, "unmapped");
	jsonw_string(out, "kind", event_kind_name(event->kind));
	if (event->kind == AUDIT_KIND_EGRESS) {
		ocsf_name(out, "class", event->class_name);
		jsonw_string(out, "hook", event_hook_name(event->hook));
		jsonw_bool(out, "enforced", event_is_enforced(event));
		ocsf_name(out, "unit", event->unit);
		ocsf_name(out, "cgroup", event->cgroup);
		if (event_fold_name(event->fold))
			jsonw_string(out, "fold", event_fold_name(event->fold));
	}
	ocsf_name(out, "head", event->head);
	if (event->lost)
		jsonw_u64(out, "lost", event->lost);
	if (event->clock_unsynchronised)
		jsonw_bool(out, "clock_unsynchronised", true);
	jsonw_object_end(out);
}

static void ocsf_write(struct jsonw *out, const struct format_facts *facts)
{
	const struct audit_event *event = facts->event;

	jsonw_object(out, NULL);
	ocsf_class(out, event);
	jsonw_u64(out, "time", event->last_wall_ns / 1000000);
	if (event->kind == AUDIT_KIND_EGRESS) {
		jsonw_u64(out, "start_time", event->first_wall_ns / 1000000);
		jsonw_u64(out, "end_time", event->last_wall_ns / 1000000);
		jsonw_u64(out, "count", event->packets);
	}
	ocsf_device(out, event);
	if (event->kind == AUDIT_KIND_EGRESS)
		ocsf_flow(out, facts);
	ocsf_unmapped(out, facts);
	ocsf_metadata(out, facts);	/* the last: it says whether a name was cut */
	jsonw_object_end(out);
}

const struct format format_ocsf = { .name = "ocsf", .json = true, .write = ocsf_write };
