// SPDX-License-Identifier: Apache-2.0
#include "sink/format/format.h"

#include <stdio.h>
#include <string.h>

#include "util/hex.h"
#include "util/memory.h"

struct format_writer {
	const struct format *format;
	struct community_id *community;
	struct format_facts facts;
};

static const struct format *const formats[] = {
	&format_json, &format_ecs, &format_ocsf, &format_cef, &format_rfc5424, &format_journal,
};

const struct format *format_find(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (!strcmp(formats[i]->name, name))
			return formats[i];
	return NULL;
}

int format_writer_new(const struct format *format, uint32_t enterprise, struct format_writer **out,
		      struct resid_error *err)
{
	struct format_writer *writer = mem_zero(1, sizeof(*writer));

	writer->format = format;
	writer->facts.enterprise = enterprise ?: FORMAT_ENTERPRISE;
	if (community_id_new(&writer->community, err)) {
		free(writer);
		return -1;
	}
	*out = writer;
	return 0;
}

void format_writer_free(struct format_writer *writer)
{
	if (writer)
		community_id_free(writer->community);
	free(writer);
}

bool format_is_refused(const struct audit_event *event)
{
	if (event->kind != AUDIT_KIND_EGRESS)
		return false;
	return event->flags & RESID_AUDIT_F_DENIED || (event->verdict >= RESID_V_REJECT && event_is_enforced(event));
}

const char *format_action(const struct audit_event *event)
{
	static const char *const taken[RESID_V_COUNT] = { "allowed", "audited", "rejected", "dropped" };

	switch (event->kind) {
	case AUDIT_KIND_HEAD:
		return "segment-closed";
	case AUDIT_KIND_GAP:
		return "records-lost";
	case AUDIT_KIND_EGRESS:
		if (event->flags & RESID_AUDIT_F_DENIED)
			return "dropped";
		if (event->verdict >= RESID_V_REJECT && !event_is_enforced(event))
			return "reported";
		return event->verdict < RESID_V_COUNT ? taken[event->verdict] : "unknown";
	default:
		return "notice";
	}
}

unsigned int format_severity(const struct audit_event *event)
{
	switch (event->kind) {
	case AUDIT_KIND_HEAD:
		return 0;
	case AUDIT_KIND_GAP:
		return 9;
	case AUDIT_KIND_NOTICE:
		return 7;
	default:
		if (event->verdict < RESID_V_REJECT)
			return 3;
		return event_is_enforced(event) ? 5 : 8;
	}
}

void format_flags(struct jsonw *out, const struct audit_event *event)
{
	bool any = false;

	for (int bit = 0; bit < 8; bit++) {
		const char *name = event->flags & 1u << bit ? event_flag_name((uint8_t)(1u << bit)) : NULL;

		if (!name)
			continue;
		if (!any)
			jsonw_array(out, "flags");
		any = true;
		jsonw_string(out, NULL, name);
	}
	if (any)
		jsonw_array_end(out);
}

unsigned int format_priority(const struct audit_event *event)
{
	unsigned int severity = format_severity(event);

	if (severity >= 9)
		return 2;
	if (severity >= 7)
		return 3;
	if (severity >= 5)
		return 4;
	return severity >= 3 ? 5 : 6;
}

static char *format_two(char *at, unsigned int value)
{
	*at++ = (char)('0' + value / 10 % 10);
	*at++ = (char)('0' + value % 10);
	return at;
}

/* The civil date of a day, by eras of 400 years that begin on 1 March. */
static void format_date(uint64_t days, unsigned int *year, unsigned int *month, unsigned int *day)
{
	uint64_t shifted = days + 719468, era = shifted / 146097;
	unsigned int in_era = (unsigned int)(shifted % 146097);
	unsigned int years = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	unsigned int in_year = in_era - (365 * years + years / 4 - years / 100), from_march = (5 * in_year + 2) / 153;

	*day = in_year - (153 * from_march + 2) / 5 + 1;
	*month = from_march < 10 ? from_march + 3 : from_march - 9;
	*year = (unsigned int)(years + era * 400 + (*month <= 2));
}

void format_time(uint64_t wall_ns, char out[FORMAT_TIME])
{
	uint64_t seconds = wall_ns / 1000000000u;
	unsigned int year, month, day, rest = (unsigned int)(seconds % 86400);
	unsigned int fraction = (unsigned int)(wall_ns % 1000000000u);
	char *at = out;

	format_date(seconds / 86400, &year, &month, &day);
	at = format_two(at, year / 100);
	at = format_two(at, year);
	*at++ = '-';
	at = format_two(at, month);
	*at++ = '-';
	at = format_two(at, day);
	*at++ = 'T';
	at = format_two(at, rest / 3600);
	*at++ = ':';
	at = format_two(at, rest / 60 % 60);
	*at++ = ':';
	at = format_two(at, rest % 60);
	*at++ = '.';
	for (unsigned int place = 100000000; place; place /= 10)
		*at++ = (char)('0' + fraction / place % 10);
	*at++ = 'Z';
	*at = '\0';
}

void format_sentence(const struct format_facts *facts, char *out, size_t size)
{
	const struct audit_event *event = facts->event;

	if (event->kind != AUDIT_KIND_EGRESS) {
		snprintf(out, size, "%s", event->text ?: event->kind == AUDIT_KIND_HEAD ? "the spool closed a segment" : "");
		return;
	}
	snprintf(out, size, "%s: %.64s to %s%s%s, %llu packets", format_action(event), event->class_name ?: "data",
		 *facts->dst ? facts->dst : "several destinations", event->location ? ", " : "",
		 event->location ?: "", (unsigned long long)event->packets);
}

static void format_country(const char *location, char country[3])
{
	country[0] = '\0';
	if (!location || strlen(location) != 2 || location[0] < 'A' || location[0] > 'Z' || location[1] < 'A' ||
	    location[1] > 'Z')
		return;
	memcpy(country, location, 3);
}

static void format_find_facts(struct format_writer *writer, const struct audit_event *event)
{
	struct format_facts *facts = &writer->facts;

	facts->event = event;
	event_id(event, facts->id);
	format_time(event->first_wall_ns, facts->first);
	format_time(event->last_wall_ns, facts->last);
	event_address(event->family, &event->src, facts->src);
	event_address(event->family, &event->dst, facts->dst);
	facts->src_whole = event->src.state == AUDIT_ADDRESS_WHOLE;
	facts->dst_whole = event->dst.state == AUDIT_ADDRESS_WHOLE;
	community_id(writer->community, event, facts->community);
	hex_format(event->generation, event->generation_length, facts->generation);
	format_country(event->location, facts->country);
	facts->proto = event->family ? event_proto_name(event->proto, facts->proto_number) : NULL;
}

const struct format_facts *format_record(struct format_writer *writer, const struct audit_event *event, size_t reserve,
					 struct jsonw *out)
{
	static const size_t names[] = { 0, 128, 48, 16, 1 };	/* bytes; 0: all of a name */
	size_t start = out->length;

	format_find_facts(writer, event);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		out->length = start;
		out->comma = out->cut = false;
		out->name_max = names[i];
		writer->format->write(out, &writer->facts);
		if (out->length - start <= FORMAT_MAX - reserve)
			break;
	}
	out->name_max = 0;
	return &writer->facts;
}
