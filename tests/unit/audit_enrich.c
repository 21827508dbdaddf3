// SPDX-License-Identifier: Apache-2.0
/* What a record says, and what it keeps silent about. */
#include "support.h"

#include <jansson.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/enrich.h"
#include "node/store.h"
#include "sink/format/format.h"
#include "util/file.h"
#include "util/memory.h"

static char dir[] = "/tmp/resid-record-XXXXXX";
static const uint8_t instance[16] = { 1, 2, 3 };
static struct enricher enricher;
static struct format_writer *writer;
static uint64_t generation;

static json_t *written(const struct resid_audit_record *record)
{
	_cleanup_buffer_ struct buffer bytes = { 0 };
	struct audit_event event, read;
	struct jsonw json = { 0 };
	json_error_t error;
	json_t *parsed;

	enrich(&enricher, NULL, instance, 42, 7, record, &event);
	/* by way of the spool's form */
	event_encode(&event, &bytes);
	assert_true(event_decode(bytes.data, bytes.length, &read));
	format_record(writer, &read, 0, &json);
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
	counts(parsed, "asn", 16509);
	says(parsed, "as_name", "A \"B\"");
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

/* Every prefix of an event's bytes, and any byte in another's place: refused or read, never followed astray. */
static void damaged_bytes_are_refused_or_read(void **state)
{
	struct resid_audit_record record = tcp();
	struct buffer bytes = { 0 };
	struct audit_event event;
	unsigned int seed = 5;
	char id[AUDIT_ID];

	enrich(&enricher, NULL, instance, 42, 7, &record, &event);
	event_encode(&event, &bytes);
	for (size_t length = 0; length < bytes.length; length++) {
		uint8_t *copy = malloc(length + !length);

		memcpy(copy, bytes.data, length);
		event_decode(copy, length, &event);
		free(copy);
	}
	for (int round = 0; round < 50000; round++) {
		uint8_t *copy = malloc(bytes.length);

		memcpy(copy, bytes.data, bytes.length);
		copy[(size_t)rand_r(&seed) % bytes.length] = (uint8_t)rand_r(&seed);
		if (event_decode(copy, bytes.length, &event)) {
			struct jsonw json = { 0 };

			event_id(&event, id);
			format_record(writer, &event, 0, &json);
			jsonw_fini(&json);
		}
		free(copy);
	}
	buffer_fini(&bytes);
}

static void workloads_by_their_cgroup(void **state)
{
#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	static const struct {
		const char *cgroup, *unit, *container, *runtime;
	} cases[] = {
		{ "/", "", "", NULL },
		{ "/system.slice/nginx.service", "nginx.service", "", NULL },
		{ "/user.slice/user-1000.slice/user@1000.service/app.slice/web.service", "web.service", "", NULL },
		{ "/machine.slice/libpod-" HEX64 ".scope/container", "libpod-" HEX64 ".scope", HEX64, "podman" },
		{ "/libpod_parent/libpod-" HEX64, "", HEX64, "podman" },
		{ "/machine.slice/libpod-conmon-" HEX64 ".scope", "libpod-conmon-" HEX64 ".scope", "", NULL },
		{ "/system.slice/docker-" HEX64 ".scope", "docker-" HEX64 ".scope", HEX64, "docker" },
		{ "/docker/" HEX64, "", HEX64, "docker" },
		{ "/kubepods.slice/kubepods-pod1.slice/cri-containerd-" HEX64 ".scope",
		  "cri-containerd-" HEX64 ".scope", HEX64, "containerd" },
		{ "/kubepods.slice/kubepods-pod1.slice/crio-" HEX64 ".scope", "crio-" HEX64 ".scope", HEX64, "crio" },
		{ "/kubepods/burstable/pod7/" HEX64, "", HEX64, NULL },
		/* a tenant makes cgroups below its own, with the name of another's container */
		{ "/docker/" HEX64 "/libpod-ffffffffffffffff.scope/sshd.service", "", HEX64, "docker" },
		{ "/system.slice/docker-nothex.scope", "docker-nothex.scope", "", NULL },
		{ "/system.slice/docker-" HEX64 "0.scope", "docker-" HEX64 "0.scope", "", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct workload workload;

		workload_parse(cases[i].cgroup, &workload);
		assert_string_equal(workload.unit, cases[i].unit);
		assert_string_equal(workload.container, cases[i].container);
		if (cases[i].runtime)
			assert_string_equal(workload.runtime, cases[i].runtime);
		else
			assert_null(workload.runtime);
	}
}

static void addresses_of_persons(void **state)
{
	struct resid_audit_record record = tcp(), other = tcp();
	struct privacy privacy = { 0 };
	struct resid_error err;
	json_t *parsed, *again;

	assert_non_null(privacy_add(&privacy, "shut"));
	assert_non_null(privacy_add(&privacy, "shut both erase"));
	assert_non_null(privacy_add(&privacy, "shut all hash"));
	assert_non_null(privacy_add(&privacy, "shut@ both hash"));
	assert_non_null(privacy_add(&privacy, "shut both hash now"));
	assert_null(privacy_add(&privacy, "open@acme both hash"));
	assert_null(privacy_add(&privacy, "shut dst truncate"));
	assert_null(privacy_add(&privacy, "* both hash"));
	assert_int_equal(privacy_key(&privacy, &err), 0);
	enricher.privacy = &privacy;

	parsed = written(&record);
	says(parsed, "src", "10.0.0.1");
	says(parsed, "dst", "3.0.0.0/24");
	says(parsed, "location", "US");
	silent(parsed, "prefix");
	json_decref(parsed);

	record.key.class = other.key.class = 1;
	parsed = written(&record);
	again = written(&other);
	assert_int_equal(strncmp(json_string_value(json_object_get(parsed, "dst")), "hash:", 5), 0);
	assert_string_equal(json_string_value(json_object_get(parsed, "dst")),
			    json_string_value(json_object_get(again, "dst")));
	json_decref(again);
	other.key.dst[3]++;
	again = written(&other);
	assert_string_not_equal(json_string_value(json_object_get(parsed, "dst")),
				json_string_value(json_object_get(again, "dst")));
	json_decref(again);
	json_decref(parsed);
	enricher.privacy = NULL;
	privacy_fini(&privacy);
}

static void tenants_by_assignment(void **state)
{
	struct path folder = paths_in(dir, "assign.d"), file = paths_in(folder.text, "a.assign");
	struct resid_audit_record record = tcp();
	struct resid_error err;
	json_t *parsed;

	assert_int_equal(setenv("RESID_CONF_DIR", dir, 1), 0);
	assert_int_equal(mkdir(folder.text, 0755), 0);
	assert_int_equal(file_write(file.text, "cgroup:/ shut tenant=acme\n", 26, 0644, FILE_OWN_GROUP, &err), 0);
	enricher_refresh(&enricher);
	parsed = written(&record);
	silent(parsed, "tenant");	/* no cgroup, and so none below the root */
	json_decref(parsed);
	/* a cgroup that is known already */
	enricher.cgroup[5] = (struct enrich_cgroup){ .id = 5, .path = mem_copy("/a/b.service", 12) };
	workload_parse("/a/b.service", &enricher.cgroup[5].workload);
	record.key.cgroup = 5;
	parsed = written(&record);
	says(parsed, "tenant", "acme");
	says(parsed, "unit", "b.service");
	says(parsed, "cgroup", "/a/b.service");
	json_decref(parsed);
	unlink(file.text);
	rmdir(folder.text);
}

/* 3.0.0.0/24 is announced; what the database calls its AS has a quote in it. */
static struct snapshot *built(void)
{
	const struct source_as as = { 16509, 1 };
	struct source source = { .name = (char *)"asn", .file = (char *)"asn.db" };
	struct source_fact *fact = MEM_PUSH(source.v4.fact, source.v4.count, source.v4.capacity);
	struct snapshot *snapshot;
	struct prefix prefix;

	assert_null(prefix_parse("3.0.0.0/24", &prefix));
	fact->first = prefix.first;
	fact->last = prefix_last(&prefix);
	fact->asn = as.number;
	buffer_append(&source.as, &as, sizeof(as));
	buffer_append(&source.as_text, "A \"B\"", sizeof("A \"B\""));
	snapshot = support_build_data(CLASSES, WORLD4, WORLD6, 0, &source);
	free(source.v4.fact);
	buffer_fini(&source.as);
	buffer_fini(&source.as_text);
	return snapshot;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_come_from_the_generation),
		cmocka_unit_test(unknown_generation_keeps_numbers),
		cmocka_unit_test(icmp_non_ip_and_fragments),
		cmocka_unit_test(folds_say_no_more_than_they_know),
		cmocka_unit_test(any_bytes_are_a_record),
		cmocka_unit_test(damaged_bytes_are_refused_or_read),
		cmocka_unit_test(workloads_by_their_cgroup),
		cmocka_unit_test(addresses_of_persons),
		cmocka_unit_test(tenants_by_assignment),
	};
	struct snapshot *snapshot;
	struct resid_error err;
	struct path file;
	int failed;

	if (!mkdtemp(dir) || setenv("RESID_STATE_DIR", dir, 1))
		return 2;
	if (format_writer_new(&format_json, 0, &writer, &err))
		return 2;
	snapshot = built();
	if (store_save(snapshot, false, &err) || store_accept(snapshot_generation(snapshot), &err))
		return 2;
	memcpy(&generation, snapshot_generation(snapshot), sizeof(generation));
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	enricher_fini(&enricher);
	format_writer_free(writer);
	unlink(paths_in(dir, "privacy.key").text);
	file = store_generation(snapshot_generation(snapshot));
	unlink(file.text);
	unlink(store_current().text);
	rmdir(paths_in(dir, "generations").text);
	rmdir(dir);
	snapshot_free(snapshot);
	return failed;
}
