// SPDX-License-Identifier: Apache-2.0
/* ECS and OCSF against tables of the fields that we use (schemas/), and what stands in those fields. */
#include "record.h"

#include <arpa/inet.h>
#include <time.h>

#define SCHEMAS	"tests/unit/schemas/"
#define LONG	4096

static char long_name[LONG + 1];

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
	} else if (!strcmp(field->type, "boolean")) {
		if (!json_is_boolean(value))
			fail_msg("%s is neither true nor false", field->name);
		text = json_is_true(value) ? "true" : "false";
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
static size_t variants(struct audit_event out[20])
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
	out[count] = sample_event();
	out[count].pid = 0;	/* a container's process that nobody knows */
	out[count].started_wall_ns = 0;
	out[count++].comm = NULL;
	memset(long_name, 'x', LONG);
	out[count] = sample_event();
	out[count++].reason = long_name;
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
	struct audit_event event[20];
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ecs_conforms),
		cmocka_unit_test(ocsf_conforms),
		cmocka_unit_test(ecs_says),
		cmocka_unit_test(ocsf_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
