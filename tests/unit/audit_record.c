// SPDX-License-Identifier: Apache-2.0
/* What a record says, and what it keeps silent about. */
#include "support.h"

#include <jansson.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/record.h"
#include "nl/store.h"

static char dir[] = "/tmp/resid-record-XXXXXX";
static struct record_context context = { .instance = { 1, 2, 3 } };
static uint64_t generation;

static json_t *written(const struct resid_audit_record *record)
{
	struct jsonw json = { 0 };
	json_error_t error;
	json_t *parsed;

	record_write(&json, &context, 42, 7, record);
	assert_int_equal(json.text[json.length - 1], '\n');
	parsed = json_loadb(json.text, json.length, JSON_REJECT_DUPLICATES, &error);
	if (!parsed)
		fail_msg("%s: %.*s", error.text, (int)json.length, json.text);
	jsonw_fini(&json);
	return parsed;
}

static void says(const json_t *record, const char *key, const char *value)
{
	const char *have = json_string_value(json_object_get(record, key));

	if (!have)
		fail_msg("no %s", key);
	assert_string_equal(have, value);
}

static void counts(const json_t *record, const char *key, long long value)
{
	assert_true(json_is_integer(json_object_get(record, key)));
	assert_int_equal(json_integer_value(json_object_get(record, key)), value);
}

static void silent(const json_t *record, const char *key)
{
	if (json_object_get(record, key))
		fail_msg("%s should not be there", key);
}

static struct resid_audit_record tcp(void)
{
	return (struct resid_audit_record){
		.key = {
			.src = { 10, 0, 0, 1 }, .dst = { 3, 0, 0, 9 }, .generation = generation, .netns = 1,
			.ifindex = 3, .uid = 1000, .socket = 77, .sport = htons(40000), .dport = htons(443),
			.family = AF_INET,
			.proto = IPPROTO_TCP, .class = 2, .verdict = RESID_V_REJECT,
		},
		.packets = 3, .bytes = 180, .tcp_flags = 2,
		.first_wall_ns = 1792842896000000001, .last_wall_ns = 1792842897123456789,
	};
}

static void names_come_from_the_generation(void **state)
{
	struct resid_audit_record record = tcp();
	json_t *parsed = written(&record);

	says(parsed, "id", "01020300000000000000000000000000-42-7");
	says(parsed, "class", "shut");
	says(parsed, "verdict", "reject");
	assert_true(json_is_true(json_object_get(parsed, "enforced")));
	says(parsed, "location", "US");
	says(parsed, "prefix", "3.0.0.0/16");
	says(parsed, "proto", "tcp");
	says(parsed, "src", "10.0.0.1");
	says(parsed, "dst", "3.0.0.9");
	says(parsed, "time_first", "2026-10-24T11:54:56.000000001Z");
	says(parsed, "time_last", "2026-10-24T11:54:57.123456789Z");
	assert_int_equal(json_string_length(json_object_get(parsed, "generation")), 64);
	counts(parsed, "sport", 40000);
	counts(parsed, "dport", 443);
	counts(parsed, "packets", 3);
	counts(parsed, "bytes", 180);
	counts(parsed, "uid", 1000);
	silent(parsed, "fold");
	silent(parsed, "flags");
	silent(parsed, "cgroup_id");
	json_decref(parsed);
}

static void unknown_generation_keeps_numbers(void **state)
{
	struct resid_audit_record record = tcp();
	json_t *parsed;

	record.key.generation = 0x1122334455667788;
	parsed = written(&record);
	says(parsed, "class", "class-2");
	says(parsed, "rule", "rule-0");
	says(parsed, "generation", "8877665544332211");
	silent(parsed, "location");
	json_decref(parsed);
}

static void icmp_non_ip_and_fragments(void **state)
{
	struct resid_audit_record record = tcp();
	json_t *parsed;

	record.key.proto = IPPROTO_ICMP;
	record.key.dport = htons(3 << 8 | 13);
	parsed = written(&record);
	counts(parsed, "icmp_type", 3);
	counts(parsed, "icmp_code", 13);
	silent(parsed, "dport");
	json_decref(parsed);

	record.key.proto = IPPROTO_UDP;
	record.key.flags = RESID_AUDIT_F_FRAGMENT | RESID_AUDIT_F_PERMISSIVE;
	parsed = written(&record);
	silent(parsed, "dport");
	assert_true(json_is_false(json_object_get(parsed, "enforced")));
	assert_int_equal(json_array_size(json_object_get(parsed, "flags")), 1);
	json_decref(parsed);

	record.key = (struct resid_audit_key){ .generation = generation, .dport = htons(0x88cc), .uid = UINT32_MAX,
					       .flags = RESID_AUDIT_F_NON_IP, .verdict = RESID_V_DROP };
	parsed = written(&record);
	says(parsed, "ethertype", "0x88cc");
	silent(parsed, "dst");
	silent(parsed, "uid");
	silent(parsed, "proto");
	json_decref(parsed);
}

/* Zeros of a coarser key are not facts. */
static void folds_say_no_more_than_they_know(void **state)
{
	struct resid_audit_record record = tcp();
	json_t *parsed;

	record.key.fold = RESID_FOLD_FLOW;
	parsed = written(&record);
	says(parsed, "fold", "flow");
	says(parsed, "dst", "3.0.0.9");
	silent(parsed, "src");
	silent(parsed, "sport");
	silent(parsed, "uid");
	silent(parsed, "socket");
	json_decref(parsed);

	record.key.fold = RESID_FOLD_DEST;
	parsed = written(&record);
	silent(parsed, "dst");
	silent(parsed, "location");
	says(parsed, "class", "shut");
	json_decref(parsed);

	record.key.fold = RESID_FOLD_ALL;
	parsed = written(&record);
	silent(parsed, "class");
	silent(parsed, "rule");
	silent(parsed, "hook");
	says(parsed, "verdict", "reject");
	counts(parsed, "packets", 3);
	json_decref(parsed);
}

static void any_bytes_are_a_record(void **state)
{
	unsigned int seed = 3;

	for (int round = 0; round < 20000; round++) {
		struct resid_audit_record record;
		unsigned char *byte = (unsigned char *)&record;

		for (size_t i = 0; i < sizeof(record); i++)
			byte[i] = (unsigned char)rand_r(&seed);
		/* not a file search and a cgroup search each time */
		record.key.generation = round & 1 ? generation : 0;
		record.key.cgroup = 0;
		/* jansson's integers are signed */
		record.packets >>= 1;
		record.bytes >>= 1;
		record.key.netns >>= 1;
		record.key.socket >>= 1;
		if (round & 2)
			record.key.family = round & 4 ? AF_INET : AF_INET6;
		json_decref(written(&record));
	}
}

static void ids_are_read_back(void **state)
{
	static const char *const bad[] = {
		"", "{\"id\":\"", "{\"id\":\"01020300000000000000000000000000-42-7",
		"{\"id\":\"0102030000000000000000000000000-42-7\"", "{\"id\":\"0102030000000000000000000000000X-42-7\"",
		"{\"id\":\"01020300000000000000000000000000-42-4294967296\"",
		"{\"id\":\"01020300000000000000000000000000-99999999999999999999-1\"",
		"{\"id\":\"01020300000000000000000000000000--1\"", "{\"ip\":\"01020300000000000000000000000000-42-7\"",
	};
	struct resid_audit_record record = tcp();
	struct jsonw json = { 0 };
	uint8_t instance[16];
	uint64_t batch;
	uint32_t index;

	record_write(&json, &context, UINT64_MAX, UINT32_MAX, &record);
	assert_true(record_parse_id(json.text, json.length, instance, &batch, &index));
	assert_memory_equal(instance, context.instance, sizeof(instance));
	assert_int_equal(batch, UINT64_MAX);
	assert_int_equal(index, UINT32_MAX);
	for (size_t length = 0; length < 40; length++)
		assert_false(record_parse_id(json.text, length, instance, &batch, &index));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(record_parse_id(bad[i], strlen(bad[i]), instance, &batch, &index));
	jsonw_fini(&json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_come_from_the_generation),
		cmocka_unit_test(unknown_generation_keeps_numbers),
		cmocka_unit_test(icmp_non_ip_and_fragments),
		cmocka_unit_test(folds_say_no_more_than_they_know),
		cmocka_unit_test(any_bytes_are_a_record),
		cmocka_unit_test(ids_are_read_back),
	};
	struct snapshot *snapshot;
	struct resid_error err;
	struct path file;
	int failed;

	if (!mkdtemp(dir) || setenv("RESID_STATE_DIR", dir, 1))
		return 2;
	snapshot = support_build(CLASSES);
	if (store_save(snapshot, &err) || store_set_current(snapshot_generation(snapshot), &err))
		return 2;
	memcpy(&generation, snapshot_generation(snapshot), sizeof(generation));
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	record_context_fini(&context);
	file = store_generation(snapshot_generation(snapshot));
	unlink(file.text);
	unlink(store_current().text);
	rmdir(paths_in(dir, "generations").text);
	rmdir(dir);
	snapshot_free(snapshot);
	return failed;
}
