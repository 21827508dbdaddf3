// SPDX-License-Identifier: Apache-2.0
/*
 * ArcSight Common Event Format, revision 25: a header of seven fields between bars, then key=value with blanks between.
 * In the header `|` and `\` are escaped, in a value `=`, `\` and line ends; other control characters cannot stand in
 * either and become blanks. Bytes that are no UTF-8 become U+FFFD.
 */
#include "sink/format/format.h"

#include <string.h>

#include "util/utf8.h"
#include "util/version.h"

#define CEF_PUT(out, literal) jsonw_raw(out, literal, sizeof(literal) - 1)

/* One character of `at`; its length there. */
static size_t cef_character(struct jsonw *out, const char *at, char special)
{
	size_t length = utf8_length(at);
	unsigned char first = (unsigned char)*at;

	if (!length) {
		CEF_PUT(out, "\xef\xbf\xbd");
		return 1;
	}
	if (first == (unsigned char)special || first == '\\') {
		CEF_PUT(out, "\\");
		jsonw_raw(out, at, 1);
	} else if (first == '\n' && special == '=') {
		CEF_PUT(out, "\\n");
	} else if (first == '\r' && special == '=') {
		CEF_PUT(out, "\\r");
	} else if (first < 0x20 || first == 0x7f) {
		CEF_PUT(out, " ");
	} else {
		jsonw_raw(out, at, length);
	}
	return length;
}

static void cef_text(struct jsonw *out, const char *text, char special)
{
	size_t length = jsonw_cut(out, text);

	for (const char *at = text, *end = text + length; at < end;) {
		const char *run = at;

		while (at < end && *at >= 0x20 && *at < 0x7f && *at != special && *at != '\\')
			at++;
		jsonw_raw(out, run, (size_t)(at - run));
		if (at < end)
			at += cef_character(out, at, special);
	}
}

static void cef_header(struct jsonw *out, const char *text)
{
	cef_text(out, text, '|');
	CEF_PUT(out, "|");
}

static void cef_key(struct jsonw *out, const char *key)
{
	if (out->comma)
		CEF_PUT(out, " ");
	out->comma = true;
	jsonw_raw(out, key, strlen(key));
	CEF_PUT(out, "=");
}

static void cef_name(struct jsonw *out, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	cef_key(out, key);
	cef_text(out, value, '=');
}

/* What is never cut. */
static void cef_id(struct jsonw *out, const char *key, const char *value)
{
	size_t name_max = out->name_max;

	out->name_max = 0;
	cef_name(out, key, value);
	out->name_max = name_max;
}

static void cef_number(struct jsonw *out, const char *key, uint64_t value)
{
	cef_key(out, key);
	jsonw_raw_u64(out, value);
}

/* A custom string with its label. */
static void cef_custom(struct jsonw *out, const char *key, const char *label, const char *value)
{
	char label_key[24];
	size_t length = strlen(key);

	if (!value || !*value)
		return;
	memcpy(label_key, key, length);
	memcpy(label_key + length, "Label", sizeof("Label"));
	cef_id(out, label_key, label);
	cef_name(out, key, value);
}

static void cef_addresses(struct jsonw *out, const struct format_facts *facts)
{
	const struct audit_event *event = facts->event;

	/* A part of an address, or its hash, is not of CEF's type; it has the fields for host names. */
	cef_id(out, facts->src_whole ? "src" : "shost", facts->src);
	cef_id(out, facts->dst_whole ? "dst" : "dhost", facts->dst);
	if (event->detail == AUDIT_DETAIL_PORTS) {
		cef_number(out, "spt", event->sport);
		cef_number(out, "dpt", event->dport);
	}
	if (facts->proto)
		cef_id(out, "proto", facts->proto);
}

static void cef_flow(struct jsonw *out, const struct format_facts *facts)
{
	const struct audit_event *event = facts->event;

	cef_addresses(out, facts);
	cef_number(out, "cnt", event->packets);
	cef_number(out, "out", event->bytes);
	cef_number(out, "deviceDirection", 1);
	cef_name(out, "deviceOutboundInterface", event->ifname);
	cef_name(out, "reason", event->reason);
	cef_name(out, "sproc", event->comm);
	if (event->pid)
		cef_number(out, "spid", event->pid);
	if (event->uid != UINT32_MAX)
		cef_number(out, "suid", event->uid);
	cef_custom(out, "cs1", "control", event->control);
	cef_custom(out, "cs2", "class", event->class_name);
	cef_custom(out, "cs3", "zone", event->location);
	cef_custom(out, "cs4", "operator", event->operator);
	if (event->asn) {
		cef_id(out, "cn2Label", "destinationAsn");
		cef_number(out, "cn2", event->asn);
	}
	/* The custom strings are used up; a key that begins with the product's name is the producer's own. */
	cef_name(out, "residAsName", event->as_name);
	cef_custom(out, "cs5", "evidenceTier", event->tier);
	cef_custom(out, "cs6", "workload", event->container ?: event->unit ?: event->cgroup);
	cef_custom(out, "flexString1", "communityId", *facts->community ? facts->community : NULL);
	cef_custom(out, "flexString2", "tenant", event->tenant);
	cef_id(out, "deviceFacility", event_hook_name(event->hook));
}

static void cef_write(struct jsonw *out, const struct format_facts *facts)
{
	const struct audit_event *event = facts->event;
	bool egress = event->kind == AUDIT_KIND_EGRESS;

	CEF_PUT(out, "CEF:0|" FORMAT_VENDOR "|" FORMAT_PRODUCT "|");
	cef_header(out, resid_version);
	cef_header(out, egress && event->rule ? event->rule : event_kind_name(event->kind));
	cef_header(out, !egress ? format_action(event) : format_is_refused(event) ? "Egress denied" : "Egress recorded");
	jsonw_raw_u64(out, format_severity(event));
	CEF_PUT(out, "|");
	cef_id(out, "externalId", facts->id);
	cef_id(out, "act", format_action(event));
	cef_number(out, "rt", event->last_wall_ns / 1000000);
	cef_number(out, "start", event->first_wall_ns / 1000000);
	cef_number(out, "end", event->last_wall_ns / 1000000);
	cef_name(out, "dvchost", event->host);
	cef_id(out, "deviceExternalId", event->host_id);
	if (egress)
		cef_flow(out, facts);
	else
		cef_name(out, "msg", event->head ?: event->text);
	if (out->cut)
		cef_custom(out, "cn1", "truncated", "1");
}

const struct format format_cef = { .name = "cef", .write = cef_write };
