// SPDX-License-Identifier: Apache-2.0
#include "events.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/report.h"
#include "sink/format/format.h"
#include "util/hex.h"
#include "util/memory.h"

#define ENDPOINT	(AUDIT_ADDRESS_TEXT + 10)

struct events {
	enum events_form form;
	struct format_writer *writer;
	struct jsonw json;
	bool begun;
};

int events_new(enum events_form form, struct events **out, struct resid_error *err)
{
	struct events *events = mem_zero(1, sizeof(*events));

	events->form = form;
	if (format_writer_new(&format_json, 0, &events->writer, err)) {
		free(events);
		return -1;
	}
	*out = events;
	return 0;
}

void events_free(struct events *events)
{
	if (!events)
		return;
	format_writer_free(events->writer);
	jsonw_fini(&events->json);
	free(events);
}

/* Texts come from workloads: what a terminal would obey is not sent to it. */
static void events_text(const char *text)
{
	for (; text && *text; text++)
		putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
}

static void events_word(const char *text, int width)
{
	int length = text ? (int)strlen(text) : 1;

	events_text(text ? text : "-");
	printf("%*s", length < width ? width - length + 1 : 1, "");
}

static void events_endpoint(const struct audit_event *event, const struct audit_address *address, uint16_t port,
			    char out[ENDPOINT])
{
	char text[AUDIT_ADDRESS_TEXT];

	if (!event_address(event->family, address, text))
		snprintf(out, ENDPOINT, "-");
	else if (event->detail == AUDIT_DETAIL_PORTS)
		snprintf(out, ENDPOINT, strchr(text, ':') ? "[%s]:%u" : "%s:%u", text, port);
	else
		snprintf(out, ENDPOINT, "%s", text);
}

static const char *events_proto(const struct audit_event *event, char number[4])
{
	return event->family ? event_proto_name(event->proto, number) : "-";
}

static void events_line(const struct audit_event *event)
{
	char time[REPORT_TIME], source[ENDPOINT], destination[ENDPOINT], number[4];

	report_time(event->last_wall_ns, time);
	if (event->kind != AUDIT_KIND_EGRESS) {
		printf("%s %s ", event->last_wall_ns ? time : "-", event_kind_name(event->kind));
		events_text(event->head ? event->head : event->text);
		putchar('\n');
		return;
	}
	events_endpoint(event, &event->src, event->sport, source);
	events_endpoint(event, &event->dst, event->dport, destination);
	printf("%s ", time);
	events_text(event->class_name ? event->class_name : "-");
	printf(" %s%s %s %s -> %s ", report_verdict(event->verdict), event_is_enforced(event) ? "" : " (permissive)",
	       events_proto(event, number), source, destination);
	events_text(event->location ? event->location : "-");
	fputs(" by ", stdout);
	events_text(event->rule ? event->rule : "-");
	printf(", %" PRIu64 " packets, %" PRIu64 " bytes", event->packets, event->bytes);
	if (event->cgroup) {
		fputs(", ", stdout);
		events_text(event->cgroup);
	}
	putchar('\n');
}

static void events_table(struct events *events, const struct audit_event *event)
{
	char time[REPORT_TIME], destination[ENDPOINT], packets[24], verdict[16];

	if (!events->begun)
		printf("%-20s %-14s %-8s %-12s %-28s %-8s %-10s %-24s %10s %14s\n", "LAST", "CLASS", "VERDICT", "TENANT",
		       "DESTINATION", "LOCATION", "OPERATOR", "RULE", "PACKETS", "BYTES");
	report_time(event->last_wall_ns, time);
	if (event->last_wall_ns)
		printf("%.19sZ ", time);
	else
		printf("%-20s ", "-");
	if (event->kind != AUDIT_KIND_EGRESS) {
		printf("%s: ", event_kind_name(event->kind));
		events_text(event->head ? event->head : event->text);
		putchar('\n');
		return;
	}
	events_endpoint(event, &event->dst, event->dport, destination);
	events_word(event->class_name, 14);
	/* in brackets what was permissive, so not carried out */
	snprintf(verdict, sizeof(verdict), event_is_enforced(event) ? "%s" : "(%s)", report_verdict(event->verdict));
	events_word(verdict, 8);
	events_word(event->tenant, 12);
	events_word(destination, 28);
	events_word(event->location, 8);
	events_word(event->operator, 10);
	events_word(event->rule, 24);
	snprintf(packets, sizeof(packets), "%" PRIu64, event->packets);
	printf("%10s %14" PRIu64 "\n", packets, event->bytes);
}

/* A cell that a spreadsheet would take for a formula begins with an apostrophe. */
static void events_cell(const char *text, bool last)
{
	if (text && *text) {
		putchar('"');
		if (strchr("=+-@", *text) && (text[1] || *text != '-'))
			putchar('\'');
		for (; *text; text++) {
			if (*text == '"')
				putchar('"');
			putchar((unsigned char)*text < 0x20 ? ' ' : *text);
		}
		putchar('"');
	}
	fputs(last ? "\r\n" : ",", stdout);
}

static void events_number(uint64_t value, bool known)
{
	if (known)
		printf("%" PRIu64, value);
	putchar(',');
}

static void events_csv(struct events *events, const struct audit_event *event)
{
	char id[AUDIT_ID], first[REPORT_TIME], last[REPORT_TIME], src[AUDIT_ADDRESS_TEXT], dst[AUDIT_ADDRESS_TEXT];
	char number[4], generation[2 * RESID_DIGEST_LEN + 1];
	bool ports = event->detail == AUDIT_DETAIL_PORTS, egress = event->kind == AUDIT_KIND_EGRESS;

	if (!events->begun)
		fputs("id,sequence,kind,time_first,time_last,class,tenant,verdict,enforced,rule,proto,src,sport,dst,dport,"
		      "location,control,operator,asn,as_name,packets,bytes,generation,cgroup,unit,container,fold,text\r\n", stdout);
	event_id(event, id);
	report_time(event->first_wall_ns, first);
	report_time(event->last_wall_ns, last);
	event_address(event->family, &event->src, src);
	event_address(event->family, &event->dst, dst);
	hex_format(event->generation, event->generation_length, generation);
	events_cell(id, false);
	events_number(event->sequence, true);
	events_cell(event_kind_name(event->kind), false);
	events_cell(first, false);
	events_cell(last, false);
	events_cell(event->class_name, false);
	events_cell(event->tenant, false);
	events_cell(egress ? report_verdict(event->verdict) : NULL, false);
	events_cell(egress ? event_is_enforced(event) ? "true" : "false" : NULL, false);
	events_cell(event->rule, false);
	events_cell(event->family ? events_proto(event, number) : NULL, false);
	events_cell(src, false);
	events_number(event->sport, ports);
	events_cell(dst, false);
	events_number(event->dport, ports);
	events_cell(event->location, false);
	events_cell(event->control, false);
	events_cell(event->operator, false);
	events_number(event->asn, event->asn);
	events_cell(event->as_name, false);
	events_number(event->packets, egress);
	events_number(event->bytes, egress);
	events_cell(generation, false);
	events_cell(event->cgroup, false);
	events_cell(event->unit, false);
	events_cell(event->container, false);
	events_cell(event_fold_name(event->fold), false);
	events_cell(event->head ? event->head : event->text, true);
}

void events_print(struct events *events, const struct audit_event *event)
{
	switch (events->form) {
	case EVENTS_LINE:
		events_line(event);
		break;
	case EVENTS_TABLE:
		events_table(events, event);
		break;
	case EVENTS_CSV:
		events_csv(events, event);
		break;
	case EVENTS_JSON:
		events->json.length = 0;
		format_record(events->writer, event, 0, &events->json);
		jsonw_line(&events->json);
		fwrite(events->json.text, 1, events->json.length, stdout);
		break;
	}
	events->begun = true;
}
