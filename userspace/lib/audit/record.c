// SPDX-License-Identifier: Apache-2.0
#include "audit/record.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/cgroup.h"
#include "nl/report.h"
#include "nl/store.h"
#include "util/hex.h"
#include "util/memory.h"
#include "util/proto.h"

#define ID_PREFIX	"{\"id\":\""

void record_context_fini(struct record_context *context)
{
	for (size_t i = 0; i < RECORD_GENERATIONS; i++)
		snapshot_free(context->generation[i].snapshot);
	for (size_t i = 0; i < RECORD_CGROUPS; i++)
		free(context->cgroup[i].path);
	memset(context, 0, sizeof(*context));
}

void record_context_refresh(struct record_context *context)
{
	for (size_t i = 0; i < RECORD_GENERATIONS; i++)
		if (!context->generation[i].snapshot)
			context->generation[i].first = 0;
}

/* The snapshot of a generation, from its file; the least recently used one makes room. NULL: not there. */
static const struct snapshot *record_snapshot(struct record_context *context, uint64_t first)
{
	struct record_generation *entry = &context->generation[0];
	struct resid_error ignored;
	struct path file;

	if (!first)
		return NULL;
	for (size_t i = 0; i < RECORD_GENERATIONS; i++) {
		if (context->generation[i].first == first) {
			context->generation[i].used = ++context->clock;
			return context->generation[i].snapshot;
		}
		if (context->generation[i].used < entry->used)
			entry = &context->generation[i];
	}
	if (entry->snapshot)
		snapshot_free(entry->snapshot);
	*entry = (struct record_generation){ .first = first, .used = ++context->clock };
	if (store_find(first, &file) && snapshot_open(file.text, &entry->snapshot, &ignored))
		entry->snapshot = NULL;
	return entry->snapshot;
}

/* The path of a cgroup, also when its folder went after it was first seen. NULL: not known. */
static const char *record_cgroup(struct record_context *context, uint64_t id)
{
	struct record_cgroup *entry = &context->cgroup[id & (RECORD_CGROUPS - 1)];
	struct path path;

	if (entry->id == id)
		return entry->path;
	if (!cgroup_path(id, &path))
		return NULL;
	free(entry->path);
	entry->path = mem_copy(path.text, strlen(path.text));
	entry->id = id;
	return entry->path;
}

static const char *record_hook(uint8_t hook)
{
	static const char *const name[] = { "local_out", "forward", "egress" };

	return hook < sizeof(name) / sizeof(*name) ? name[hook] : "unknown";
}

static void record_id(struct jsonw *json, const struct record_context *context, uint64_t batch, uint32_t index)
{
	char id[2 * sizeof(context->instance) + 40];

	hex_format(context->instance, sizeof(context->instance), id);
	snprintf(id + 2 * sizeof(context->instance), sizeof(id) - 2 * sizeof(context->instance),
		 "-%" PRIu64 "-%" PRIu32, batch, index);
	jsonw_string(json, "id", id);
}

static void record_rule(struct jsonw *json, const struct resid_audit_key *key, const struct snapshot *snapshot)
{
	char number[16];

	if (key->flags & RESID_AUDIT_F_NO_POLICY) {
		jsonw_string(json, "reason", "no policy is loaded and the node was booted closed");
	} else if (snapshot && key->rule < snapshot_rule_count(snapshot)) {
		struct snapshot_rule rule = snapshot_rule_at(snapshot, key->rule);

		jsonw_string(json, "rule", rule.id);
		if (rule.reason && *rule.reason)
			jsonw_string(json, "reason", rule.reason);
	} else {
		snprintf(number, sizeof(number), "rule-%u", key->rule);
		jsonw_string(json, "rule", number);
	}
}

static void record_ports(struct jsonw *json, const struct resid_audit_key *key)
{
	uint16_t dport = ntohs(key->dport);

	switch (key->proto) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		jsonw_u64(json, "icmp_type", dport >> 8);
		jsonw_u64(json, "icmp_code", dport & 0xff);
		break;
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		jsonw_u64(json, "sport", ntohs(key->sport));
		jsonw_u64(json, "dport", dport);
		break;
	}
}

static void record_destination(struct jsonw *json, const struct resid_audit_key *key, const struct snapshot *snapshot)
{
	char text[INET6_ADDRSTRLEN];
	struct snapshot_place place;

	jsonw_string(json, "dst", inet_ntop(key->family, key->dst, text, sizeof(text)) ? text : "");
	if (!snapshot)
		return;
	snapshot_lookup(snapshot, key->family, key->dst, &place);
	jsonw_string(json, "location", place.location);
	jsonw_string(json, "prefix", place.prefix);
}

static void record_flow(struct jsonw *json, const struct resid_audit_key *key, const struct snapshot *snapshot)
{
	char text[INET6_ADDRSTRLEN], number[16];
	bool ip = key->family == AF_INET || key->family == AF_INET6;

	if (ip) {
		jsonw_string(json, "family", key->family == AF_INET ? "ipv4" : "ipv6");
		jsonw_string(json, "proto", proto_name(key->proto, number));
		if (key->fold < RESID_FOLD_FLOW && inet_ntop(key->family, key->src, text, sizeof(text)))
			jsonw_string(json, "src", text);
		if (key->fold < RESID_FOLD_DEST)
			record_destination(json, key, snapshot);
		if (key->fold < RESID_FOLD_FLOW && !(key->flags & (RESID_AUDIT_F_FRAGMENT | RESID_AUDIT_F_UNPARSABLE)))
			record_ports(json, key);
	} else if (key->flags & RESID_AUDIT_F_NON_IP && key->fold < RESID_FOLD_FLOW) {
		snprintf(number, sizeof(number), "0x%04x", ntohs(key->dport));
		jsonw_string(json, "ethertype", number);
	}
}

static void record_sender(struct jsonw *json, const struct resid_audit_key *key, struct record_context *context)
{
	const char *path;

	jsonw_u64(json, "ifindex", key->ifindex);
	jsonw_u64(json, "netns", key->netns);
	if (key->fold != RESID_FOLD_NONE)
		return;
	if (key->cgroup) {
		jsonw_u64(json, "cgroup_id", key->cgroup);
		path = record_cgroup(context, key->cgroup);
		if (path)
			jsonw_string(json, "cgroup", path);
	}
	if (key->uid != UINT32_MAX)
		jsonw_u64(json, "uid", key->uid);
	if (key->socket)
		jsonw_u64(json, "socket", key->socket);
}

static void record_marks(struct jsonw *json, const struct resid_audit_key *key)
{
	static const char *const fold[] = { "none", "flow", "destination", "all" };
	static const struct {
		uint8_t flag;
		const char *name;
	} flags[] = {
		{ RESID_AUDIT_F_UNPARSABLE, "unparsable" }, { RESID_AUDIT_F_NON_IP, "non_ip" },
		{ RESID_AUDIT_F_FRAGMENT, "fragment" },	    { RESID_AUDIT_F_INNER, "inner" },
		{ RESID_AUDIT_F_NO_POLICY, "no_policy" },
	};

	if (key->fold)
		jsonw_string(json, "fold", key->fold < sizeof(fold) / sizeof(*fold) ? fold[key->fold] : "unknown");
	if (!(key->flags & ~RESID_AUDIT_F_PERMISSIVE))
		return;
	jsonw_array(json, "flags");
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (key->flags & flags[i].flag)
			jsonw_string(json, NULL, flags[i].name);
	jsonw_array_end(json);
}

static void record_generation(struct jsonw *json, const struct resid_audit_key *key, const struct snapshot *snapshot)
{
	if (snapshot)
		jsonw_hex(json, "generation", snapshot_generation(snapshot), RESID_DIGEST_LEN);
	else if (key->generation)
		jsonw_hex(json, "generation", &key->generation, sizeof(key->generation));
}

void record_write(struct jsonw *json, struct record_context *context, uint64_t batch, uint32_t index,
		  const struct resid_audit_record *record)
{
	const struct resid_audit_key *key = &record->key;
	const struct snapshot *snapshot = record_snapshot(context, key->generation);
	char time[REPORT_TIME], class_name[16];

	snprintf(class_name, sizeof(class_name), "class-%u", key->class);
	jsonw_object(json, NULL);
	record_id(json, context, batch, index);
	report_time(record->first_wall_ns, time);
	jsonw_string(json, "time_first", time);
	report_time(record->last_wall_ns, time);
	jsonw_string(json, "time_last", time);
	if (key->fold < RESID_FOLD_ALL)
		jsonw_string(json, "class", snapshot ? snapshot_class_name(snapshot, key->class) : class_name);
	jsonw_string(json, "verdict", report_verdict(key->verdict));
	jsonw_bool(json, "enforced", !(key->flags & RESID_AUDIT_F_PERMISSIVE));
	if (key->fold < RESID_FOLD_ALL) {
		record_rule(json, key, snapshot);
		jsonw_string(json, "hook", record_hook(key->hook));
		record_flow(json, key, snapshot);
	}
	record_generation(json, key, snapshot);
	jsonw_u64(json, "packets", record->packets);
	jsonw_u64(json, "bytes", record->bytes);
	if (key->proto == IPPROTO_TCP && record->tcp_flags)
		jsonw_u64(json, "tcp_flags", record->tcp_flags);
	if (key->fold < RESID_FOLD_ALL)
		record_sender(json, key, context);
	record_marks(json, key);
	jsonw_object_end(json);
	jsonw_line(json);
}

static bool record_hex(const char *text, uint8_t *out, size_t length)
{
	for (size_t i = 0; i < 2 * length; i++) {
		const char *digits = "0123456789abcdef", *digit = text[i] ? strchr(digits, text[i]) : NULL;

		if (!digit)
			return false;
		out[i / 2] = (uint8_t)(out[i / 2] << 4 | (digit - digits));
	}
	return true;
}

/* Digits up to `end`; at least one, no more than fit. */
static bool record_number(const char **at, const char *stop, char end, uint64_t *value)
{
	const char *start = *at;

	*value = 0;
	for (; *at < stop && **at >= '0' && **at <= '9'; (*at)++)
		if (__builtin_mul_overflow(*value, 10, value) || __builtin_add_overflow(*value, **at - '0', value))
			return false;
	return *at > start && *at < stop && *(*at)++ == end;
}

bool record_parse_id(const char *line, size_t length, uint8_t instance[16], uint64_t *batch, uint32_t *index)
{
	const char *at = line + strlen(ID_PREFIX), *stop = line + length;
	uint64_t wide;

	if (length < strlen(ID_PREFIX) + 34 || memcmp(line, ID_PREFIX, strlen(ID_PREFIX)))
		return false;
	if (!record_hex(at, instance, 16))
		return false;
	at += 32;
	if (*at++ != '-' || !record_number(&at, stop, '-', batch) || !record_number(&at, stop, '"', &wide) ||
	    wide > UINT32_MAX)
		return false;
	*index = (uint32_t)wide;
	return true;
}
