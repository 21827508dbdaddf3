// SPDX-License-Identifier: Apache-2.0
/*
 * The journal's own form, of its native protocol and of its export format alike: FIELD=value and a newline; a value
 * with a newline in it stands behind its length (https://systemd.io/JOURNAL_NATIVE_PROTOCOL).
 */
#include "sink/format/format.h"

#include <endian.h>
#include <string.h>

#define JOURNAL_PUT(out, literal) jsonw_raw(out, literal, sizeof(literal) - 1)

static void journal_bytes(struct jsonw *out, const char *field, const char *value, size_t length)
{
	uint64_t wire = htole64(length);

	jsonw_raw(out, field, strlen(field));
	if (memchr(value, '\n', length)) {
		JOURNAL_PUT(out, "\n");
		jsonw_raw(out, (const char *)&wire, sizeof(wire));
	} else {
		JOURNAL_PUT(out, "=");
	}
	jsonw_raw(out, value, length);
	JOURNAL_PUT(out, "\n");
}

static void journal_name(struct jsonw *out, const char *field, const char *value)
{
	if (value && *value)
		journal_bytes(out, field, value, jsonw_cut(out, value));
}

/* What is never cut. */
static void journal_id(struct jsonw *out, const char *field, const char *value)
{
	if (value && *value)
		journal_bytes(out, field, value, strlen(value));
}

static void journal_number(struct jsonw *out, const char *field, uint64_t value)
{
	jsonw_raw(out, field, strlen(field));
	JOURNAL_PUT(out, "=");
	jsonw_raw_u64(out, value);
	JOURNAL_PUT(out, "\n");
}

static void journal_flow(struct jsonw *out, const struct format_facts *facts)
{
	const struct audit_event *event = facts->event;

	journal_name(out, "RESID_CLASS", event->class_name);
	journal_id(out, "RESID_RULE", event->rule);
	journal_name(out, "RESID_REASON", event->reason);
	journal_id(out, "RESID_ENFORCED", event_is_enforced(event) ? "yes" : "no");
	journal_id(out, "RESID_GENERATION", facts->generation);
	journal_id(out, "RESID_PROTO", facts->proto);
	journal_id(out, "RESID_SRC", facts->src);
	journal_id(out, "RESID_DST", facts->dst);
	if (event->detail == AUDIT_DETAIL_PORTS) {
		journal_number(out, "RESID_SPORT", event->sport);
		journal_number(out, "RESID_DPORT", event->dport);
	}
	journal_number(out, "RESID_PACKETS", event->packets);
	journal_number(out, "RESID_BYTES", event->bytes);
	journal_id(out, "RESID_COMMUNITY_ID", facts->community);
	journal_name(out, "RESID_LOCATION", event->location);
	journal_name(out, "RESID_CONTROL", event->control);
	journal_name(out, "RESID_TIER", event->tier);
	journal_name(out, "RESID_OPERATOR", event->operator);
	if (event->asn)
		journal_number(out, "RESID_ASN", event->asn);
	journal_name(out, "RESID_AS_NAME", event->as_name);
	journal_id(out, "RESID_HOOK", event_hook_name(event->hook));
	journal_id(out, "RESID_FOLD", event_fold_name(event->fold));
	journal_name(out, "RESID_INTERFACE", event->ifname);
}

static void journal_sender(struct jsonw *out, const struct audit_event *event)
{
	journal_name(out, "RESID_UNIT", event->unit);
	journal_id(out, "RESID_CONTAINER", event->container);
	journal_name(out, "RESID_TENANT", event->tenant);
	journal_name(out, "RESID_CGROUP", event->cgroup);
	journal_name(out, "RESID_COMM", event->comm);
	if (event->pid)
		journal_number(out, "RESID_PID", event->pid);
	if (event->uid != UINT32_MAX)
		journal_number(out, "RESID_UID", event->uid);
}

static void journal_write(struct jsonw *out, const struct format_facts *facts)
{
	const struct audit_event *event = facts->event;
	char sentence[256];

	format_sentence(facts, sentence, sizeof(sentence));
	journal_id(out, "MESSAGE", sentence);
	journal_number(out, "PRIORITY", format_priority(event));
	JOURNAL_PUT(out, "SYSLOG_IDENTIFIER=" FORMAT_PRODUCT "\n");
	journal_id(out, "RESID_ID", facts->id);
	journal_number(out, "RESID_SEQUENCE", event->sequence);
	journal_id(out, "RESID_ACTION", format_action(event));
	journal_id(out, "RESID_FIRST", facts->first);
	journal_id(out, "RESID_LAST", facts->last);
	journal_name(out, "RESID_HOST", event->host);
	if (event->kind == AUDIT_KIND_EGRESS) {
		journal_flow(out, facts);
		journal_sender(out, event);
	}
	journal_name(out, "RESID_HEAD", event->head);
	if (event->lost)
		journal_number(out, "RESID_LOST", event->lost);
	if (event->clock_unsynchronised)
		journal_id(out, "RESID_CLOCK_UNSYNCHRONISED", "yes");
	if (out->cut)
		journal_id(out, "RESID_TRUNCATED", "yes");
}

const struct format format_journal = { .name = "journal", .write = journal_write };
