// SPDX-License-Identifier: Apache-2.0
/*
 * What each format says: ECS and OCSF against tables of the fields that we use (schemas/), CEF and RFC 5424 through
 * readers written from their texts, and all of them with names as a hostile workload would choose them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../sample.h"
#include "sink/format.h"
#include "util/utf8.h"

#define SCHEMAS	"tests/unit/schemas/"
#define LONG	4096

static const char *const formats[] = { "json", "ecs", "ocsf", "cef", "rfc5424" };
static char long_name[LONG + 1];

static const char **names(struct audit_event *event, size_t i)
{
	const char **all[] = { &event->host, &event->class_name, &event->reason, &event->justification, &event->policy,
			       &event->prefix, &event->control, &event->tier, &event->control_source, &event->operator,
			       &event->operator_name, &event->as_name, &event->ifname, &event->netns_name,
			       &event->cgroup, &event->unit, &event->tenant, &event->comm, &event->location };

	return i < sizeof(all) / sizeof(*all) ? all[i] : NULL;
}

/* One record in a format, with a final zero. free() it. */
static char *written(const char *name, const struct audit_event *event)
{
	struct format_writer *writer;
	struct jsonw out = { 0 };
	struct resid_error err;

	assert_int_equal(format_writer_new(format_find(name), 0, &writer, &err), 0);
	format_record(writer, event, 0, &out);
	if (out.length > FORMAT_MAX)
		fail_msg("%s: %zu bytes", name, out.length);
	jsonw_raw(&out, "", 1);
	format_writer_free(writer);
	return out.text;
}

static json_t *parsed(const char *name, const struct audit_event *event)
{
	char *text = written(name, event);
	json_error_t error;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (!json)
		fail_msg("%s: %s in %s", name, error.text, text);
	free(text);
	return json;
}

/* a.b.c of an object; an array's first element stands for it. */
static const json_t *at(const json_t *json, const char *path)
{
	char key[64];

	while (*path && json) {
		size_t length = strcspn(path, ".");

		snprintf(key, sizeof(key), "%.*s", (int)length, path);
		if (json_is_array(json))
			json = json_array_get(json, 0);
		json = json_object_get(json, key);
		path += length + (path[length] == '.');
	}
	return json;
}

static void says(const json_t *json, const char *path, const char *value)
{
	const json_t *have = at(json, path);

	if (json_is_array(have))
		have = json_array_get(have, 0);
	if (!json_is_string(have))
		fail_msg("no %s", path);
	if (strcmp(json_string_value(have), value))
		fail_msg("%s is %s, not %s", path, json_string_value(have), value);
}

static void counts(const json_t *json, const char *path, long long value)
{
	if (!json_is_integer(at(json, path)) || json_integer_value(at(json, path)) != value)
		fail_msg("%s is not %lld", path, value);
}

static void silent(const json_t *json, const char *path)
{
	if (at(json, path))
		fail_msg("%s should not be there", path);
}

/* ---- schemas ---------------------------------------------------------------------------------------------- */

struct field {
	char name[64], type[16], allowed[80], need[16];
};

struct schema {
	struct field field[96];
	size_t count;
};

static void schema_read(struct schema *schema, const char *file)
{
	FILE *in = fopen(file, "re");
	char line[256];

	if (!in)
		fail_msg("%s is not there: run from the top of the tree", file);
	memset(schema, 0, sizeof(*schema));
	while (fgets(line, sizeof(line), in)) {
		struct field *field = &schema->field[schema->count];
		char *rest = line, *part;
		int column = 0;

		line[strcspn(line, "\n")] = '\0';
		if (*line == '#')
			continue;
		while ((part = strsep(&rest, "\t")))
			switch (column++) {
			case 0: snprintf(field->name, sizeof(field->name), "%.63s", part); break;
			case 1: snprintf(field->type, sizeof(field->type), "%.15s", part); break;
			case 2: snprintf(field->allowed, sizeof(field->allowed), "%.79s", part); break;
			case 3: snprintf(field->need, sizeof(field->need), "%.15s", part); break;
			}
		assert_true(++schema->count < 96);
	}
	fclose(in);
	assert_true(schema->count > 30);
}

static const struct field *schema_find(const struct schema *schema, const char *name)
{
	for (size_t i = 0; i < schema->count; i++)
		if (!strcmp(schema->field[i].name, name))
			return &schema->field[i];
	return NULL;
}

static bool allowed(const struct field *field, const char *value)
{
	size_t length = strlen(value);

	for (const char *list = field->allowed; *list; list += strcspn(list, ",") + (list[strcspn(list, ",")] == ','))
		if (strcspn(list, ",") == length && !strncmp(list, value, length))
			return true;
	return !*field->allowed;
}

static void is_type(const struct field *field, const json_t *value)
{
	const char *text = json_string_value(value);
	char number[24] = "", address[16];
	struct tm tm;

	if (!strcmp(field->type, "long") || !strcmp(field->type, "integer") || !strcmp(field->type, "timestamp")) {
		if (!json_is_integer(value))
			fail_msg("%s is no number", field->name);
		snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
		/* OCSF: milliseconds since the epoch */
		if (*field->type == 't' && json_integer_value(value) / 1000000000000 != 1)
			fail_msg("%s is no time: %s", field->name, number);
		text = number;
	} else if (!text) {
		fail_msg("%s is no text", field->name);
	} else if (!strcmp(field->type, "ip")) {
		if (inet_pton(AF_INET, text, address) != 1 && inet_pton(AF_INET6, text, address) != 1)
			fail_msg("%s is no address: %s", field->name, text);
	} else if (!strcmp(field->type, "date")) {
		const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

		if (!end || *end != '.' || strspn(end + 1, "0123456789") != 9 || strcmp(end + 10, "Z"))
			fail_msg("%s is no date: %s", field->name, text);
	}
	if (!allowed(field, text))
		fail_msg("%s may not be %s", field->name, text);
}

/* Every leaf is a field of the table and has its type; below `own` anything may stand. */
static void conforms(const struct schema *schema, const json_t *json, const char *path, const char *own)
{
	const struct field *field = schema_find(schema, path);
	const char *key;
	json_t *value;
	size_t i;

	if (!strcmp(path, own) || (field && !strcmp(field->type, "object")))
		return;
	if (json_is_object(json)) {
		if (!json_object_size(json) && *path)
			fail_msg("%s is empty", path);
		json_object_foreach((json_t *)json, key, value) {
			char below[128];

			snprintf(below, sizeof(below), "%s%s%s", path, *path ? "." : "", key);
			conforms(schema, value, below, own);
		}
	} else if (json_is_array(json)) {
		json_array_foreach((json_t *)json, i, value)
			conforms(schema, value, path, own);
	} else if (!field) {
		fail_msg("the schema has no %s", path);
	} else {
		is_type(field, json);
	}
}

static void has_required(const struct schema *schema, const json_t *json)
{
	for (size_t i = 0; i < schema->count; i++) {
		const char *name = schema->field[i].name, *dot = strrchr(name, '.');
		char parent[64];

		snprintf(parent, sizeof(parent), "%.*s", dot ? (int)(dot - name) : 0, name);
		if (*schema->field[i].need && at(json, parent) && !at(json, name))
			fail_msg("%s is required", name);
	}
}

/* Events of every kind, with everything and with next to nothing in them. */
static size_t variants(struct audit_event out[16])
{
	size_t count = 0;

	for (int verdict = RESID_V_AUDIT; verdict <= RESID_V_DROP; verdict++) {
		out[count] = sample_event();
		out[count++].verdict = (uint8_t)verdict;
	}
	out[count] = sample_event();
	out[count++].flags = RESID_AUDIT_F_PERMISSIVE | RESID_AUDIT_F_INNER;
	out[count] = sample_event();
	out[count].family = AF_INET6;
	out[count].proto = IPPROTO_ICMPV6;
	out[count].detail = AUDIT_DETAIL_ICMP;
	out[count++].icmp_type = 128;
	out[count] = sample_event();
	out[count].src.state = AUDIT_ADDRESS_TRUNCATED;
	out[count].src.length = 24;
	out[count++].dst.state = AUDIT_ADDRESS_HASHED;
	event_init(&out[count]);
	out[count].kind = AUDIT_KIND_EGRESS;
	out[count].fold = RESID_FOLD_ALL;
	out[count].verdict = RESID_V_DROP;
	out[count].first_wall_ns = out[count].last_wall_ns = 1792842897123456789;
	count++;
	for (int kind = AUDIT_KIND_HEAD; kind < AUDIT_KIND_COUNT; kind++) {
		event_init(&out[count]);
		out[count].kind = (uint8_t)kind;
		out[count].last_wall_ns = out[count].first_wall_ns = 1792842897123456789;
		out[count].lost = 12;
		out[count].head = kind == AUDIT_KIND_HEAD ? "1 2 3" : NULL;
		out[count++].text = "a sentence";
	}
	return count;
}

static void conforms_to(const char *format, const char *file, const char *own)
{
	struct audit_event event[16];
	size_t count = variants(event);
	struct schema schema;

	schema_read(&schema, file);
	for (size_t i = 0; i < count; i++) {
		json_t *json = parsed(format, &event[i]);

		conforms(&schema, json, "", own);
		has_required(&schema, json);
		json_decref(json);
	}
}

static void ecs_conforms(void **state)
{
	conforms_to("ecs", SCHEMAS "ecs-8.17.0.tsv", "resid");
}

static void ocsf_conforms(void **state)
{
	conforms_to("ocsf", SCHEMAS "ocsf-1.8.0.tsv", "unmapped");
}

/* ---- what stands in them ---------------------------------------------------------------------------------- */

static void ecs_says(void **state)
{
	struct audit_event event = sample_event();
	json_t *json = parsed("ecs", &event);

	says(json, "@timestamp", "2026-10-24T11:54:57.123456789Z");
	says(json, "event.action", "rejected");
	says(json, "event.id", "abababababababababababababababab-42-7");
	says(json, "event.start", "2026-10-24T11:54:56.000000001Z");
	assert_string_equal(json_string_value(json_array_get(at(json, "event.type"), 1)), "denied");
	counts(json, "event.sequence", 4711);
	counts(json, "network.packets", 3);
	counts(json, "network.bytes", 180);
	says(json, "network.iana_number", "6");
	says(json, "source.ip", "10.0.0.1");
	counts(json, "destination.port", 443);
	says(json, "destination.geo.country_iso_code", "FR");
	counts(json, "destination.as.number", 16509);
	says(json, "destination.as.organization.name", "AMAZON-02");
	says(json, "rule.id", "deny-us");
	says(json, "organization.id", "hospital");
	says(json, "process.name", "curl");
	says(json, "resid.control", "US");
	silent(json, "resid.truncated");
	json_decref(json);

	event.verdict = RESID_V_DROP;
	event.flags = RESID_AUDIT_F_PERMISSIVE;
	json = parsed("ecs", &event);
	says(json, "event.action", "reported");
	assert_string_equal(json_string_value(json_array_get(at(json, "event.type"), 1)), "allowed");
	json_decref(json);
}

static void ocsf_says(void **state)
{
	static const struct {
		uint8_t verdict, flags, tcp;
		int activity, action, disposition;
	} cases[] = {
		{ RESID_V_REJECT, 0, 2, 5, 2, 2 },
		{ RESID_V_REJECT, 0, 16, 5, 2, 21 },
		{ RESID_V_DROP, 0, 16, 5, 2, 6 },
		{ RESID_V_REJECT, RESID_AUDIT_F_PERMISSIVE, 2, 6, 3, 17 },
		{ RESID_V_AUDIT, 0, 2, 6, 3, 17 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct audit_event event = sample_event();
		json_t *json;

		event.verdict = cases[i].verdict;
		event.flags = cases[i].flags;
		event.tcp_flags = cases[i].tcp;
		json = parsed("ocsf", &event);
		counts(json, "class_uid", 4001);
		counts(json, "activity_id", cases[i].activity);
		counts(json, "type_uid", 400100 + cases[i].activity);
		counts(json, "action_id", cases[i].action);
		counts(json, "disposition_id", cases[i].disposition);
		counts(json, "time", 1792842897123);
		says(json, "metadata.uid", "abababababababababababababababab-42-7");
		counts(json, "traffic.bytes_out", 180);
		counts(json, "dst_endpoint.autonomous_system.number", 16509);
		says(json, "dst_endpoint.autonomous_system.name", "AMAZON-02");
		json_decref(json);
	}
}

/* A hidden address is not an address, and ids are not made of it. */
static void hidden_addresses(void **state)
{
	struct audit_event event = sample_event();
	json_t *json;
	char *text;

	event.src.state = AUDIT_ADDRESS_TRUNCATED;
	event.src.length = 24;
	event.dst.state = AUDIT_ADDRESS_HASHED;
	json = parsed("ecs", &event);
	silent(json, "source.ip");
	silent(json, "destination.ip");
	silent(json, "related");
	silent(json, "network.community_id");
	says(json, "source.address", "10.0.0.1/24");
	json_decref(json);
	text = written("cef", &event);
	assert_null(strstr(text, " src="));
	assert_null(strstr(text, " dst="));
	assert_non_null(strstr(text, " shost=10.0.0.1/24 "));
	free(text);
}

/* ---- CEF and RFC 5424, read as their texts say ------------------------------------------------------------ */

/* The value of an extension: from "key=" to the blank before the next key. False: not there. */
static bool cef_read(const char *text, const char *key, char *out)
{
	const char *from = text;
	size_t length = strlen(key);
	int bars = 0;

	for (; *from && bars < 7; from++) {
		if (*from == '\\')
			from++;
		else if (*from == '|')
			bars++;
	}
	assert_int_equal(bars, 7);
	while (*from) {
		const char *equals = from, *end, *last;

		while (*equals != '=')
			assert_true(*equals >= '0' && *equals <= 'z' && equals++);
		/* The next bare equals sign ends the value at the last blank before it. */
		for (end = equals + 1; *end && *end != '='; end++)
			if (*end == '\\')
				end++;
		last = end;
		if (*end)
			while (*last != ' ')
				last--;
		if ((size_t)(equals - from) == length && !strncmp(from, key, length)) {
			for (const char *in = equals + 1; in < last; in++) {
				if (*in == '\\' && (in[1] == 'n' || in[1] == 'r'))
					*out++ = *++in == 'n' ? '\n' : '\r';
				else
					*out++ = *in == '\\' ? *++in : *in;
			}
			*out = '\0';
			return true;
		}
		from = *last ? last + 1 : last;
	}
	return false;
}

static bool sd_read(const char *text, const char *key, char *out)
{
	char begin[40];
	const char *in;

	snprintf(begin, sizeof(begin), " %s=\"", key);
	in = strstr(text, begin);
	if (!in)
		return false;
	for (in += strlen(begin); *in != '"'; in++) {
		assert_true(*in && *in != ']');
		if (*in == '\\') {
			in++;
			assert_true(*in == '"' || *in == '\\' || *in == ']');
		}
		*out++ = *in;
	}
	*out = '\0';
	return true;
}

static void cef_says(const char *text, const char *key, const char *value)
{
	char have[8192];

	if (!cef_read(text, key, have))
		fail_msg("no %s in %s", key, text);
	assert_string_equal(have, value);
}

static void cef_header(void **state)
{
	struct audit_event event = sample_event();
	char *text;

	event.rule = "a|b\\c";
	text = written("cef", &event);
	assert_memory_equal(text, "CEF:0|Resid|residd|0.1|a\\|b\\\\c|Egress denied|5|", 46);
	cef_says(text, "act", "rejected");
	cef_says(text, "externalId", "abababababababababababababababab-42-7");
	cef_says(text, "cnt", "3");
	cef_says(text, "rt", "1792842897123");
	cef_says(text, "src", "10.0.0.1");
	cef_says(text, "dpt", "443");
	cef_says(text, "cs1Label", "control");
	cef_says(text, "cs1", "US");
	cef_says(text, "cn2Label", "destinationAsn");
	cef_says(text, "cn2", "16509");
	cef_says(text, "residAsName", "AMAZON-02");
	free(text);
}

#define BAD "\xef\xbf\xbd"

static void hostile_names_come_through(void **state)
{
	static const struct {
		const char *name, *cef, *sd;
	} hostile[] = {
		{ "a|b=c\\d\"e]f", "a|b=c\\d\"e]f", "a|b=c\\d\"e]f" },
		{ "x act=allowed dst=1.1.1.1", "x act=allowed dst=1.1.1.1", "x act=allowed dst=1.1.1.1" },
		{ "\"] [evil@1 id=\"x\"]", "\"] [evil@1 id=\"x\"]", "\"] [evil@1 id=\"x\"]" },
		{ "two\nlines\r\nCEF:0|Evil|", "two\nlines\r\nCEF:0|Evil|", "two lines  CEF:0|Evil|" },
		{ "tab\tescape\x1b[2J\x7f", "tab escape [2J ", "tab escape [2J " },
		{ "no utf-8: \xff\xc0\xaf", "no utf-8: " BAD BAD BAD, "no utf-8: " BAD BAD BAD },
		{ "Pr\xc3\xa9" "fecture \\", "Pr\xc3\xa9" "fecture \\", "Pr\xc3\xa9" "fecture \\" },
		{ "=", "=", "=" },
		{ "\\", "\\", "\\" },
		{ "\\n", "\\n", "\\n" },
	};
	char have[8192];

	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		struct audit_event event = sample_event();
		char *cef, *sd;

		event.comm = event.class_name = event.reason = event.as_name = hostile[i].name;
		cef = written("cef", &event);
		cef_says(cef, "sproc", hostile[i].cef);
		cef_says(cef, "cs2", hostile[i].cef);
		cef_says(cef, "residAsName", hostile[i].cef);
		cef_says(cef, "act", "rejected");
		cef_says(cef, "dst", "52.46.1.2");
		assert_null(strchr(cef, '\n'));
		sd = written("rfc5424", &event);
		assert_memory_equal(sd, "[resid@32473 id=\"", 17);
		assert_true(sd_read(sd, "comm", have));
		assert_string_equal(have, hostile[i].sd);
		assert_true(sd_read(sd, "as_name", have));
		assert_string_equal(have, hostile[i].sd);
		assert_null(strchr(sd, '\n'));
		free(cef);
		free(sd);
	}
}

/* ---- any name, any length --------------------------------------------------------------------------------- */

static bool is_utf8(const char *text)
{
	while (*text) {
		size_t length = utf8_length(text);

		if (!length || (length == 1 && ((unsigned char)*text < 0x20 || *text == 0x7f)))
			return false;
		text += length;
	}
	return true;
}

/* Ids and counts are whole whatever the names do. */
static void keeps_ids(const char *format, const char *text)
{
	static const char *const kept[] = { "abababababababababababababababab-42-7", "52.46.1.2", "180", "deny-us" };

	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		if (!strstr(text, kept[i]))
			fail_msg("%s lost %s: %s", format, kept[i], text);
	if (!strstr(text, "truncated"))
		fail_msg("%s does not say that it is truncated: %s", format, text);
}

static void cuts_names_first(void **state)
{
	static const char fill[] = { 'a', '"', '\x01', '\n', '|', '\\', ']', '\xff', '=' };

	for (size_t f = 0; f < sizeof(formats) / sizeof(*formats); f++) {
		for (size_t i = 0; i < sizeof(fill); i++) {
			struct audit_event event = sample_event();
			char *text;

			memset(long_name, fill[i], LONG);
			for (size_t n = 0; names(&event, n); n++)
				*names(&event, n) = long_name;
			text = written(formats[f], &event);
			assert_true(is_utf8(text));
			keeps_ids(formats[f], text);
			if (format_find(formats[f])->json) {
				json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

				assert_non_null(json);
				json_decref(json);
			}
			free(text);
		}
	}
}

/* One long name among short ones is cut alone: the others stay whole. */
static void cuts_whole_characters(void **state)
{
	for (size_t f = 0; f < sizeof(formats) / sizeof(*formats); f++) {
		struct audit_event event = sample_event();
		char *text;

		for (size_t i = 0; i + 3 <= LONG; i += 3)
			memcpy(long_name + i, "\xe6\x97\xa5", 3);
		long_name[LONG - LONG % 3] = '\0';
		event.comm = long_name;
		text = written(formats[f], &event);
		assert_true(is_utf8(text));
		assert_null(strstr(text, BAD));
		assert_non_null(strstr(text, "health data stays under EU law"));
		assert_non_null(strstr(text, "\xe6\x97\xa5\xe6\x97\xa5"));
		free(text);
	}
}

static void any_bytes(void **state)
{
	unsigned int seed = 5;

	for (int round = 0; round < 4000; round++) {
		struct audit_event event = sample_event();
		char name[200];
		size_t length = (size_t)rand_r(&seed) % (sizeof(name) - 1);

		for (size_t i = 0; i < length; i++)
			name[i] = (char)(1 + rand_r(&seed) % 255);
		name[length] = '\0';
		for (size_t n = 0; names(&event, n); n++)
			if (rand_r(&seed) & 1)
				*names(&event, n) = name;
		for (size_t f = 0; f < sizeof(formats) / sizeof(*formats); f++) {
			char *text = written(formats[f], &event);

			assert_true(is_utf8(text));
			free(text);
			if (format_find(formats[f])->json)
				json_decref(parsed(formats[f], &event));
		}
	}
}

static void times(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} known[] = {
		{ 0, "1970-01-01T00:00:00.000000000Z" },
		{ 951782400000000000, "2000-02-29T00:00:00.000000000Z" },
		{ 4107542399999999999, "2100-02-28T23:59:59.999999999Z" },
	};
	unsigned int seed = 9;
	char text[FORMAT_TIME], expected[40];

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		format_time(known[i].ns, text);
		assert_string_equal(text, known[i].text);
	}
	for (int round = 0; round < 20000; round++) {
		uint64_t ns = ((uint64_t)rand_r(&seed) << 32 | (unsigned int)rand_r(&seed)) % 9000000000000000000u;
		time_t seconds = (time_t)(ns / 1000000000);
		struct tm tm;

		gmtime_r(&seconds, &tm);
		strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S", &tm);
		snprintf(expected + 19, sizeof(expected) - 19, ".%09uZ", (unsigned int)(ns % 1000000000));
		format_time(ns, text);
		assert_string_equal(text, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ecs_conforms),
		cmocka_unit_test(ocsf_conforms),
		cmocka_unit_test(ecs_says),
		cmocka_unit_test(ocsf_says),
		cmocka_unit_test(hidden_addresses),
		cmocka_unit_test(cef_header),
		cmocka_unit_test(hostile_names_come_through),
		cmocka_unit_test(cuts_names_first),
		cmocka_unit_test(cuts_whole_characters),
		cmocka_unit_test(any_bytes),
		cmocka_unit_test(times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
