// SPDX-License-Identifier: Apache-2.0
/*
 * residctl's verbs on a spool as its user meets them: the real program on a spool that the daemon's writer made, with
 * conditions, whole and damaged, with anchors true and false, with and without a key; and with every wrong word.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <fnmatch.h>
#include <jansson.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../sample.h"
#include "spool/head.h"
#include "spool/spool.h"
#include "folder.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/memory.h"

#define CTL	"build/san/residctl"
#define MARCH	1772323200000000000u	/* 2026-03-01T00:00:00Z */
#define HOUR	3600000000000u
#define OUT_MAX	(1u << 20)

static const uint8_t instance[16] = { 0xab, 0xcd, 4 };
static char first_head[HEAD_LINE], first_anchor[HEAD_ANCHOR];

/* ---- the program ------------------------------------------------------------------------------------------- */

static char *output(const char *name)
{
	struct resid_error err;
	size_t length;
	char *text;

	if (file_read(paths_in(folder, "%s", name).text, OUT_MAX, &text, &length, &err))
		fail_msg("%s", err.text);
	return text;
}

/* residctl WORDS...: its exit status; `out` and `err` in the folder have what it said. */
static int ctl(const char *words)
{
	_cleanup_free_ char *command = mem_format(CTL " %s >%s/out 2>%s/err", words, folder, folder);
	int status = system(command);

	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The patterns are the shell's; what is not expected on standard error fails, too. */
static void expect(const char *words, int status, const char *out_pattern, const char *err_pattern)
{
	int got = ctl(words);
	_cleanup_free_ char *out = output("out"), *err = output("err");

	if (got != status || fnmatch(out_pattern, out, 0) || fnmatch(err_pattern, err, 0))
		fail_msg("residctl %s: status %d\nout: %.2000s\nerr: %.2000s", words, got, out, err);
}

static size_t lines(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

/* ---- the spool --------------------------------------------------------------------------------------------- */

/*
 * Batch 1, 2026-03-01, an hour apart: health of acme to FR, by aws; health of bank to US; public of nobody, audited,
 * IPv6. Batches 2 to 41: ten records each of 2026-04, of bank, so that segments close. Batch 42: now, with names that
 * a table and a spreadsheet must survive.
 */
static void first_batch(struct spool *spool)
{
	struct audit_event event = sample_event();
	struct resid_error err;

	event.first_wall_ns = event.last_wall_ns = MARCH;
	event.tenant = "acme";
	spool_put(spool, &event);
	event.first_wall_ns = event.last_wall_ns = MARCH + HOUR;
	event.tenant = "bank";
	event.location = "US";
	event.operator = "azure";
	event.rule = "deny-cloud";
	event.packets = 5;
	inet_pton(AF_INET, "20.1.2.3", event.dst.bytes);
	spool_put(spool, &event);
	event.first_wall_ns = event.last_wall_ns = MARCH + 2 * HOUR;
	event.tenant = NULL;
	event.class_name = "public";
	event.verdict = RESID_V_AUDIT;
	event.flags |= RESID_AUDIT_F_PERMISSIVE;
	event.family = AF_INET6;
	event.packets = 7;
	inet_pton(AF_INET6, "2001:db8::7", event.dst.bytes);
	event.dst.length = 128;
	spool_put(spool, &event);
	assert_int_equal(spool_commit(spool, instance, 1, &err), 0);
}

static void last_batch(struct spool *spool, uint64_t batch)
{
	struct audit_event event = sample_event();
	struct resid_error err;

	event.first_wall_ns = event.last_wall_ns = (uint64_t)time(NULL) * 1000000000u;
	event.tenant = "=cmd|' /C calc'!A0";
	event.cgroup = "/a\"b,c\nd";
	event.packets = 11;
	spool_put(spool, &event);
	assert_int_equal(spool_commit(spool, instance, batch, &err), 0);
}

static int make(void **state)
{
	struct path key = paths_in(folder, "conf/audit.key"), dir = paths_in(folder, "state/spool");
	struct spool_options options = { .dir = dir.text, .key = key.text, .segment_bytes = 20000 };
	struct audit_event event = sample_event();
	struct spool *spool = NULL;
	struct resid_error err;
	char *newline;

	assert_int_equal(mkdir(paths_in(folder, "state").text, 0700), 0);
	assert_int_equal(mkdir(paths_in(folder, "conf").text, 0700), 0);
	expect("audit key", 2, "", "residctl: there is no key yet; make one with `residctl audit key --make`\n");
	expect("audit key --make", 0, "-----BEGIN PUBLIC KEY-----\n*\n-----END PUBLIC KEY-----\n", "");
	if (spool_open(&options, &spool, &err))
		fail_msg("%s", err.text);
	first_batch(spool);
	event.tenant = "bank";
	event.first_wall_ns = event.last_wall_ns = MARCH + 31 * 24 * HOUR;
	event.packets = 1;
	for (uint64_t batch = 2; batch <= 41; batch++) {
		for (int i = 0; i < 10; i++)
			spool_put(spool, &event);
		assert_int_equal(spool_commit(spool, instance, batch, &err), 0);
	}
	last_batch(spool, 42);
	assert_int_equal(spool_notice(spool, "the disk was full", 9, &err), 0);
	spool_free(spool);
	assert_int_equal(ctl("audit heads"), 0);
	newline = output("out");
	snprintf(first_head, sizeof(first_head), "%.*s", (int)strcspn(newline, "\n"), newline);
	snprintf(first_anchor, sizeof(first_anchor), "%.*s", (int)strcspn(newline, " "), newline);
	free(newline);
	return 0;
}

/* ---- query, export ----------------------------------------------------------------------------------------- */

static void query_finds(void **state)
{
	static const struct {
		const char *words, *sums;
	} queries[] = {
		{ "", "405 records, 426 packets, 72720 bytes" },	/* a notice is a record without packets */
		{ "--class public", "1 records, 7 packets, 180 bytes" },
		{ "--tenant acme", "1 records, 3 packets, 180 bytes" },
		{ "--tenant bank --rule deny-cloud", "1 records, 5 packets, 180 bytes" },
		{ "--rule deny-cloud --tenant acme", "0 records, 0 packets, 0 bytes" },
		{ "--operator azure", "2 records, 12 packets, 360 bytes" },
		{ "--location US --verdict reject", "1 records, 5 packets, 180 bytes" },
		{ "--verdict audit", "1 records, 7 packets, 180 bytes" },
		{ "--to 20.0.0.0/8", "1 records, 5 packets, 180 bytes" },
		{ "--to 20.1.2.3", "1 records, 5 packets, 180 bytes" },
		{ "--to 20.1.2.4", "0 records, 0 packets, 0 bytes" },
		{ "--to 2001:db8::/32", "1 records, 7 packets, 180 bytes" },
		{ "--to ::/0", "1 records, 7 packets, 180 bytes" },
		{ "--since 2026-03-01T01:00:00Z --until 2026-03-01T02:00:00Z", "1 records, 5 packets, 180 bytes" },
		{ "--since 2026-03-01T01:00:00+01:00 --until 2026-03-01T01:00:01Z", "2 records, 8 packets, 360 bytes" },
		{ "--since 1h --class health", "1 records, 11 packets, 180 bytes" },
		{ "--until 1h", "403 records, 415 packets, 72540 bytes" },
	};

	for (size_t i = 0; i < sizeof(queries) / sizeof(*queries); i++) {
		_cleanup_free_ char *words = mem_format("audit query %s", queries[i].words);
		_cleanup_free_ char *pattern = mem_format("*\n%s\n", queries[i].sums);
		_cleanup_free_ char *alone = mem_format("%s\n", queries[i].sums);

		expect(words, 0, *queries[i].sums == '0' ? alone : pattern, "");
	}
	expect("audit query --class public", 0, "* public * (audit) *2001:db8::7*", "");
}

static void query_gives_json(void **state)
{
	_cleanup_free_ char *out = NULL;
	size_t count = 0;

	expect("audit query --json", 0, "*", "");
	out = output("out");
	for (char *at = out, *line; (line = strsep(&at, "\n")) && *line; count++) {
		json_error_t error;
		json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, &error);

		if (!json)
			fail_msg("%s: %s", error.text, line);
		json_decref(json);
	}
	assert_int_equal(count, 405);
	expect("audit query --json --class public", 0, "{*\"class\":\"public\"*\"dst\":\"2001:db8::7\"*}\n", "");
}

/* One record of RFC 4180: the header's number of cells, whatever is in them. */
static size_t cells(const char **at)
{
	bool quoted = false;
	size_t count = 1;

	for (; **at && (quoted || strncmp(*at, "\r\n", 2)); (*at)++) {
		quoted ^= **at == '"';
		count += !quoted && **at == ',';
	}
	*at += 2;
	return count;
}

static void query_gives_csv(void **state)
{
	_cleanup_free_ char *out = NULL;
	size_t header, count = 0;
	const char *at;

	expect("audit query --csv", 0, "id,sequence,kind,*,text\r\n*", "");
	at = out = output("out");
	for (header = cells(&at); *at; count++)
		assert_int_equal(cells(&at), header);
	assert_int_equal(count, 405);
	/* A formula is none any more, a quote is doubled, a newline is a blank. */
	expect("audit query --csv --since 1h --class health", 0, "*,\"'=cmd|' /C calc'!A0\",*,\"/a\"\"b,c d\",*\r\n", "");
}

static void export_is_a_tenants_alone(void **state)
{
	_cleanup_free_ char *out = NULL;

	expect("audit export --tenant bank --until 2026-04-02T00:00:00Z", 0, "{*}\n", "");
	out = output("out");
	assert_int_equal(lines(out), 401);
	assert_null(strstr(out, "acme"));
	assert_null(strstr(out, "\"kind\""));	/* no notice, no head */
	expect("audit export --tenant acme --csv", 0, "id,*\r\n*\"acme\"*\r\n", "");
	expect("audit export --tenant nobody", 0, "", "");
	expect("audit export", 1, "", "residctl: audit export: --tenant is missing; `audit query --json` gives all\n");
}

static void wrong_words_are_refused(void **state)
{
	static const struct {
		const char *words;
		int status;
		const char *says;
	} bad[] = {
		{ "audit query --json --csv", 1, "residctl: --json and --csv exclude each other\n" },
		{ "audit query --since yesterday", 1, "residctl: --since takes a time, or how long ago (24h, 7d): `yesterday` *\n" },
		{ "audit query --until 2026-02-30T00:00:00Z", 1, "residctl: --until takes a time*`2026-02-30T00:00:00Z` *\n" },
		{ "audit query --since 7x", 1, "residctl: --since takes a time*`7x` *\n" },
		{ "audit query --since 1h --until 2h", 1, "residctl: --until is not after --since: nothing can be between them\n" },
		{ "audit query --to 300.1.2.3", 1, "residctl: --to: `300.1.2.3` *\n" },
		{ "audit query --to 10.0.0.0/33", 1, "residctl: --to: `10.0.0.0/33` *\n" },
		{ "audit query --verdict smoke", 1, "residctl: --verdict takes audit, reject or drop, not `smoke`\n" },
		{ "audit query --colour", 1, "residctl: audit query: unknown option '--colour'*" },
		{ "audit query word", 1, "residctl: audit query: one argument too many: 'word'*" },
		{ "audit query --spool /nonexistent", 2, "residctl: cannot read /nonexistent: No such file or directory; *\n" },
		{ "audit export --tenant x --spool /nonexistent", 2, "residctl: cannot read /nonexistent: *\n" },
		{ "audit heads --spool /nonexistent", 2, "residctl: cannot read /nonexistent: *\n" },
		{ "audit verify --spool /nonexistent", 2, "residctl: cannot read /nonexistent: *\n" },
		{ "audit verify --anchor 1", 1, "residctl: an anchor is NUMBER-HASH, as `residctl audit heads` prints it, not `1`\n" },
		{ "audit verify --key /nonexistent", 3, "residctl: /nonexistent: cannot be opened: No such file *\n" },
		{ "audit verify --key /etc/hostname", 3, "residctl: /etc/hostname is no Ed25519 key in PEM\n" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		expect(bad[i].words, bad[i].status, "", bad[i].says);
}

/* ---- heads, verify, key ------------------------------------------------------------------------------------ */

static void heads_are_printed(void **state)
{
	_cleanup_free_ char *all = NULL, *last = NULL;
	size_t count;

	expect("audit heads", 0, "1-[0-9a-f]* [0-9a-f]*\n2-[0-9a-f]*", "");
	all = output("out");
	count = lines(all);
	assert_true(count > 3);
	expect("audit heads --last", 0, "[0-9]*-[0-9a-f]* [0-9a-f]*\n", "");
	last = output("out");
	assert_int_equal(lines(last), 1);
	assert_string_equal(all + strlen(all) - strlen(last), last);
	expect("audit heads --json --last", 0, "{\"anchor\":\"[0-9]*-*\",\"segment\":*,\"signed\":true,\"line\":\"*\"}\n", "");
}

static void verify_proves(void **state)
{
	_cleanup_free_ char *anchor = mem_format("audit verify --anchor %s", first_anchor);
	_cleanup_free_ char *line = mem_format("audit verify --anchor '%s'", first_head);
	_cleanup_free_ char *json = mem_format("audit verify --json --anchor %s", first_anchor);

	expect("audit verify", 0, "proven: * records in * segments, from record 1 to the head of segment *\nunproven tail: *"
	       "\nwithout --anchor this does not prove that nothing was cut off behind segment *\n", "");
	expect(anchor, 0, "proven: * records in 1 segments, from record 1 to the head of segment 1, which is the anchor's\n"
	       "unproven tail: *\n", "");
	expect(line, 0, "proven: *which is the anchor's\n*", "");
	expect(json, 0, "{\"faults_found\":[[]],\"proven\":true,\"anchor_segment\":1,\"anchor_given\":true,*}\n", "");
}

/* The anchor of a head that is none of this spool's; of one that is not there; with a line that is not its head's. */
static void verify_finds_false_anchors(void **state)
{
	_cleanup_free_ char *other = mem_format("audit verify --anchor %s", first_anchor), *far = NULL, *torn = NULL;
	char *digit = &other[strlen(other) - 1];

	*digit = *digit == '0' ? '1' : '0';
	expect(other, 4, "FAULT segment 1: *", "");
	far = mem_format("audit verify --anchor 99%s", first_anchor);
	expect(far, 4, "FAULT segment 991: *", "");
	torn = mem_format("audit verify --anchor '%.*s0'", (int)strlen(first_head) - 1, first_head);
	if (first_head[strlen(first_head) - 1] == '0')
		torn[strlen(torn) - 2] = '1';
	expect(torn, 3, "", "residctl: the anchor 1-* is not that of the head behind it\n");
}

static void verify_finds_another_key(void **state)
{
	struct path other = paths_in(folder, "other.key"), public = paths_in(folder, "other.pub");
	_cleanup_free_ char *words = mem_format("audit verify --key %s", public.text);
	struct resid_error err;

	assert_int_equal(head_key_make(other.text, &err), 0);
	expect(words, 4, "FAULT segment 1, record 1: its head is not signed by this key\n*", "");
}

/* One byte of a record before the anchor; then what is not changed is still read. */
static void verify_finds_a_changed_byte(void **state)
{
	struct path file = segment_path(paths_in(folder, "state/spool").text, 1, true);
	_cleanup_free_ char *anchor = mem_format("audit verify --anchor %s", first_anchor);
	_cleanup_free_ char *json = mem_format("audit verify --json --anchor %s", first_anchor);
	_cleanup_free_ char *bytes = NULL;
	struct resid_error err;
	size_t length;

	assert_int_equal(file_read(file.text, OUT_MAX, &bytes, &length, &err), 0);
	bytes[length / 2] ^= 1;
	assert_int_equal(file_write(file.text, bytes, length, 0640, FILE_OWN_GROUP, &err), 0);
	expect(anchor, 4, "FAULT segment 1*", "");
	expect(json, 4, "{\"faults_found\":[[]{\"before_anchor\":true,\"segment\":1,*\"fault\":\"*\"}*],\"proven\":false,*}\n",
	       "");
	expect("audit query", 0, "*segment 1 cannot be read*", "");
	bytes[length / 2] ^= 1;
	assert_int_equal(file_write(file.text, bytes, length, 0640, FILE_OWN_GROUP, &err), 0);
	expect(anchor, 0, "proven: *", "");
	assert_int_equal(unlink(file.text), 0);
	expect(anchor, 4, "*FAULT segment 1: *", "");
	assert_int_equal(file_write(file.text, bytes, length, 0640, FILE_OWN_GROUP, &err), 0);
}

static void key_is_made_once(void **state)
{
	struct path private = paths_in(folder, "conf/audit.key"), public = paths_in(folder, "conf/audit.pub");
	_cleanup_free_ char *first = NULL, *again = NULL;
	struct stat st;

	expect("audit key", 0, "-----BEGIN PUBLIC KEY-----\n*", "");
	first = output("out");
	expect("audit key --make", 0, "*", "");
	again = output("out");
	assert_string_equal(first, again);
	assert_int_equal(stat(private.text, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(rename(public.text, paths_in(folder, "kept").text), 0);
	assert_int_equal(symlink("/etc/hostname", public.text), 0);
	expect("audit key", 3, "", "residctl: */conf/audit.pub is no Ed25519 key in PEM\n");
	assert_int_equal(rename(paths_in(folder, "kept").text, public.text), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(query_finds),
		cmocka_unit_test(query_gives_json),
		cmocka_unit_test(query_gives_csv),
		cmocka_unit_test(export_is_a_tenants_alone),
		cmocka_unit_test(wrong_words_are_refused),
		cmocka_unit_test(heads_are_printed),
		cmocka_unit_test(verify_proves),
		cmocka_unit_test(verify_finds_false_anchors),
		cmocka_unit_test(verify_finds_another_key),
		cmocka_unit_test(verify_finds_a_changed_byte),
		cmocka_unit_test(key_is_made_once),
	};

	if (!folder_make())
		return 2;
	setenv("RESID_STATE_DIR", paths_in(folder, "state").text, 1);
	setenv("RESID_CONF_DIR", paths_in(folder, "conf").text, 1);
	setenv("NO_COLOR", "1", 1);
	return cmocka_run_group_tests(tests, make, NULL);
}
