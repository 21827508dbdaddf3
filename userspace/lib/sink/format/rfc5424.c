// SPDX-License-Identifier: Apache-2.0
/*
 * RFC 5424: the facts as one structured data element, `resid@ENTERPRISE`, then a sentence. The header is the syslog
 * transport's (syslog.c). In a value `"`, `\` and `]` are escaped (section 6.3.3), control characters become blanks,
 * bytes that are no UTF-8 U+FFFD.
 */
#include "sink/format/format.h"

#include <string.h>

#include "util/utf8.h"

#define SD_PUT(out, literal) jsonw_raw(out, literal, sizeof(literal) - 1)

static size_t sd_character(struct jsonw *out, const char *at)
{
	size_t length = utf8_length(at);
	unsigned char first = (unsigned char)*at;

	if (!length) {
		SD_PUT(out, "\xef\xbf\xbd");
		return 1;
	}
	if (first < 0x20 || first == 0x7f) {
		SD_PUT(out, " ");
		return 1;
	}
	if (first == '"' || first == '\\' || first == ']')
		SD_PUT(out, "\\");
	jsonw_raw(out, at, length);
	return length;
}

static void sd_text(struct jsonw *out, const char *text, size_t length)
{
	for (const char *at = text, *end = text + length; at < end;) {
		const char *run = at;

		while (at < end && *at >= 0x20 && *at < 0x7f && *at != '"' && *at != '\\' && *at != ']')
			at++;
		jsonw_raw(out, run, (size_t)(at - run));
		if (at < end)
			at += sd_character(out, at);
	}
}

static void sd_key(struct jsonw *out, const char *key)
{
	SD_PUT(out, " ");
	jsonw_raw(out, key, strlen(key));
	SD_PUT(out, "=\"");
}

static void sd_bytes(struct jsonw *out, const char *key, const char *value, size_t length)
{
	sd_key(out, key);
	sd_text(out, value, length);
	SD_PUT(out, "\"");
}

static void sd_name(struct jsonw *out, const char *key, const char *value)
{
	if (value && *value)
		sd_bytes(out, key, value, jsonw_cut(out, value));
}

/* What is never cut. */
static void sd_id(struct jsonw *out, const char *key, const char *value)
{
	if (value && *value)
		sd_bytes(out, key, value, strlen(value));
}

static void sd_number(struct jsonw *out, const char *key, uint64_t value)
{
	sd_key(out, key);
	jsonw_raw_u64(out, value);
	SD_PUT(out, "\"");
}

static void sd_judgement(struct jsonw *out, const struct format_facts *facts)
{
	const struct audit_event *event = facts->event;

	sd_name(out, "class", event->class_name);
	sd_id(out, "rule", event->rule);
	sd_name(out, "reason", event->reason);
	sd_id(out, "enforced", event_is_enforced(event) ? "true" : "false");
	sd_id(out, "hook", event_hook_name(event->hook));
	sd_id(out, "generation", facts->generation);
	sd_id(out, "fold", event_fold_name(event->fold));
}

static void sd_flow(struct jsonw *out, const struct format_facts *facts)
{
	const struct audit_event *event = facts->event;

	sd_id(out, "proto", facts->proto);
	sd_id(out, "src", facts->src);
	sd_id(out, "dst", facts->dst);
	if (event->detail == AUDIT_DETAIL_PORTS) {
		sd_number(out, "sport", event->sport);
		sd_number(out, "dport", event->dport);
	} else if (event->detail == AUDIT_DETAIL_ICMP) {
		sd_number(out, "icmp_type", event->icmp_type);
		sd_number(out, "icmp_code", event->icmp_code);
	}
	sd_number(out, "packets", event->packets);
	sd_number(out, "bytes", event->bytes);
	sd_id(out, "community_id", facts->community);
	sd_name(out, "location", event->location);
	sd_name(out, "control", event->control);
	sd_name(out, "tier", event->tier);
	sd_name(out, "operator", event->operator);
	if (event->asn)
		sd_number(out, "asn", event->asn);
	sd_name(out, "as_name", event->as_name);
}

static void sd_sender(struct jsonw *out, const struct audit_event *event)
{
	sd_name(out, "interface", event->ifname);
	sd_name(out, "unit", event->unit);
	sd_id(out, "container", event->container);
	sd_name(out, "tenant", event->tenant);
	sd_name(out, "cgroup", event->cgroup);
	if (event->uid != UINT32_MAX)
		sd_number(out, "uid", event->uid);
	if (event->pid)
		sd_number(out, "pid", event->pid);
	sd_name(out, "comm", event->comm);
}

static void rfc5424_write(struct jsonw *out, const struct format_facts *facts)
{
	const struct audit_event *event = facts->event;
	char sentence[256];

	SD_PUT(out, "[resid@");
	jsonw_raw_u64(out, facts->enterprise);
	sd_id(out, "id", facts->id);
	sd_number(out, "sequence", event->sequence);
	sd_id(out, "action", format_action(event));
	sd_id(out, "first", facts->first);
	sd_id(out, "last", facts->last);
	if (event->kind == AUDIT_KIND_EGRESS) {
		sd_judgement(out, facts);
		sd_flow(out, facts);
		sd_sender(out, event);
	}
	sd_name(out, "head", event->head);
	if (event->lost)
		sd_number(out, "lost", event->lost);
	if (event->clock_unsynchronised)
		sd_id(out, "clock_unsynchronised", "true");
	if (out->cut)
		sd_id(out, "truncated", "true");
	SD_PUT(out, "] ");
	format_sentence(facts, sentence, sizeof(sentence));
	sd_text(out, sentence, strlen(sentence));
}

const struct format format_rfc5424 = { .name = "rfc5424", .write = rfc5424_write };
