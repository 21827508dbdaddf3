// SPDX-License-Identifier: Apache-2.0
/*
 * The log file when residd dies: at every byte of a write, after it, around a rotation, on a full disk. After each
 * the file must hold every record once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/logfile.h"
#include "audit/segment.h"
#include "sink/format.h"
#include "util/file.h"
#include "util/paths.h"

static char dir[] = "/tmp/resid-logfile-XXXXXX";
static const uint8_t instance[16] = { 0xab, 0xcd, 1, 2, 3 };
static struct path path, rotated, spool_dir;
static struct spool *spool;
static struct format_writer *writer;

static struct audit_event event_of(uint64_t batch, uint32_t index)
{
	struct audit_event event;

	event_init(&event);
	event.kind = AUDIT_KIND_EGRESS;
	memcpy(event.instance, instance, sizeof(instance));
	event.batch = batch;
	event.index = index;
	event.packets = index + 1;
	return event;
}

static void into_spool(uint64_t batch, uint32_t count)
{
	struct resid_error err;

	for (uint32_t i = 0; i < count; i++) {
		struct audit_event event = event_of(batch, i);

		spool_put(spool, &event);
	}
	if (spool_commit(spool, instance, batch, &err))
		fail_msg("%s", err.text);
}

/* What the file is to have of records first..last of the spool. */
static void lines(struct jsonw *out, uint64_t first, uint64_t last)
{
	struct spool_cursor *cursor = NULL;
	struct audit_event event;
	struct resid_error err;

	if (spool_cursor_open(spool, NULL, &cursor, &err) || spool_cursor_seek(cursor, first, &err))
		fail_msg("%s", err.text);
	for (uint64_t sequence = first; sequence <= last; sequence++) {
		assert_int_equal(spool_cursor_next(cursor, &event, &err), 1);
		assert_int_equal(event.sequence, sequence);
		format_record(writer, &event, 0, out);
		jsonw_line(out);
	}
	spool_cursor_free(cursor);
}

static void put(const struct path *file, const void *bytes, size_t length)
{
	FILE *out = fopen(file->text, "w");

	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, length, out), length);
	fclose(out);
}

static void holds(const struct path *file, const struct jsonw *expected)
{
	struct resid_error err;
	size_t length;
	char *text;

	if (file_read(file->text, 1 << 20, &text, &length, &err))
		fail_msg("%s", err.text);
	assert_int_equal(length, expected->length);
	assert_memory_equal(text, expected->text, length);
	free(text);
}

static struct logfile *reopen(void)
{
	struct logfile *log = NULL;
	struct resid_error err;

	if (logfile_open(path.text, spool, &log, &err))
		fail_msg("%s", err.text);
	return log;
}

static void pump(struct logfile *log)
{
	struct resid_error err;
	bool more;

	if (logfile_pump(log, &more, &err))
		fail_msg("%s", err.text);
	assert_false(more);
}

static int fresh(void **state)
{
	struct spool_options options = { .dir = spool_dir.text };
	struct resid_error err;

	spool_free(spool);
	spool = NULL;
	unlink(path.text);
	unlink(rotated.text);
	unlink(paths_in(spool_dir.text, "cursor/log").text);
	unlink(segment_path(spool_dir.text, 1, false).text);
	return state ? spool_open(&options, &spool, &err) : 0;
}

/* The cursor is behind the first batch; what is in the file of the second, a crash left there. */
static void killed_at_every_byte(void **state)
{
	struct jsonw before = { 0 }, whole = { 0 };
	struct path cursor = paths_in(spool_dir.text, "cursor/log");
	struct resid_error err;
	size_t cursor_length;
	char *cursor_bytes;
	struct logfile *log;

	into_spool(1, 3);
	log = reopen();
	pump(log);
	logfile_free(log);
	into_spool(2, 4);
	lines(&before, 1, 3);
	lines(&whole, 1, 7);
	holds(&path, &before);
	assert_int_equal(file_read(cursor.text, 4096, &cursor_bytes, &cursor_length, &err), 0);
	for (size_t length = before.length; length <= whole.length; length++) {
		put(&path, whole.text, length);
		put(&cursor, cursor_bytes, cursor_length);
		log = reopen();
		pump(log);
		holds(&path, &whole);
		logfile_free(log);
		log = reopen();
		pump(log);
		holds(&path, &whole);
		logfile_free(log);
	}
	free(cursor_bytes);
	jsonw_fini(&before);
	jsonw_fini(&whole);
}

/* A power cut leaves zeros where data were to be. */
static void zeros_at_the_end(void **state)
{
	struct jsonw whole = { 0 };
	struct logfile *log;
	char *torn;

	into_spool(1, 3);
	lines(&whole, 1, 3);
	torn = calloc(1, whole.length + 4096);
	memcpy(torn, whole.text, whole.length);
	put(&path, torn, whole.length + 4096);
	log = reopen();
	pump(log);
	holds(&path, &whole);
	logfile_free(log);
	free(torn);
	jsonw_fini(&whole);
}

static void rotated_between_sync_and_cursor(void **state)
{
	struct jsonw whole = { 0 }, part = { 0 }, rest = { 0 };
	struct path cursor = paths_in(spool_dir.text, "cursor/log");
	struct logfile *log;

	into_spool(1, 3);
	into_spool(2, 4);
	lines(&whole, 1, 7);
	lines(&part, 1, 5);
	lines(&rest, 6, 7);
	put(&rotated, whole.text, whole.length);
	log = reopen();
	pump(log);
	logfile_free(log);
	holds(&rotated, &whole);
	assert_int_equal(access(path.text, F_OK), 0);
	unlink(path.text);
	unlink(cursor.text);
	put(&rotated, part.text, part.length);
	log = reopen();
	pump(log);
	holds(&path, &rest);
	logfile_free(log);
	jsonw_fini(&whole);
	jsonw_fini(&part);
	jsonw_fini(&rest);
}

static void follows_a_rotation(void **state)
{
	struct jsonw one = { 0 }, two = { 0 };
	struct logfile *log = reopen();
	struct resid_error err;

	into_spool(1, 3);
	pump(log);
	assert_int_equal(logfile_reopen(log, &err), 0);	/* nothing was rotated */
	assert_int_equal(rename(path.text, rotated.text), 0);
	assert_int_equal(logfile_reopen(log, &err), 0);
	into_spool(2, 3);
	assert_int_equal(logfile_lag(log), 3);
	pump(log);
	assert_int_equal(logfile_lag(log), 0);
	lines(&one, 1, 3);
	lines(&two, 4, 6);
	holds(&rotated, &one);
	holds(&path, &two);
	logfile_free(log);
	jsonw_fini(&one);
	jsonw_fini(&two);
}

static void a_second_writer_is_refused(void **state)
{
	struct logfile *log = reopen(), *second = NULL;
	struct resid_error err;

	assert_int_equal(logfile_open(path.text, spool, &second, &err), -1);
	assert_int_equal(err.status, RESID_EXIT_SYSTEM);
	assert_null(second);
	logfile_free(log);
}

/* A limit on the size of files stands for the full disk: the write ends in the middle. The spool does not mind. */
static void full_disk_leaves_whole_lines(void **state)
{
	struct jsonw before = { 0 }, whole = { 0 };
	struct logfile *log = reopen();
	struct rlimit old, small;
	struct resid_error err;
	bool more;

	into_spool(1, 30);
	pump(log);
	into_spool(2, 3);
	lines(&before, 1, 30);
	lines(&whole, 1, 33);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = before.length + (whole.length - before.length) / 2;
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(logfile_pump(log, &more, &err), -1);
	setrlimit(RLIMIT_FSIZE, &old);
	holds(&path, &before);
	pump(log);
	holds(&path, &whole);
	logfile_free(log);
	jsonw_fini(&before);
	jsonw_fini(&whole);
}

static void mode_is_0640(void **state)
{
	struct logfile *log = reopen();
	struct stat st;

	assert_int_equal(stat(path.text, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	logfile_free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(killed_at_every_byte, fresh),
		cmocka_unit_test_setup(zeros_at_the_end, fresh),
		cmocka_unit_test_setup(rotated_between_sync_and_cursor, fresh),
		cmocka_unit_test_setup(follows_a_rotation, fresh),
		cmocka_unit_test_setup(a_second_writer_is_refused, fresh),
		cmocka_unit_test_setup(full_disk_leaves_whole_lines, fresh),
		cmocka_unit_test_setup(mode_is_0640, fresh),
	};
	struct resid_error err;
	int failed;

	if (!mkdtemp(dir))
		return 2;
	path = paths_in(dir, "egress.jsonl");
	rotated = paths_in(dir, "egress.jsonl.1");
	spool_dir = paths_in(dir, "spool");
	if (format_writer_new(&format_json, 0, &writer, &err))
		return 2;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	fresh(NULL);
	format_writer_free(writer);
	unlink(paths_in(spool_dir.text, "lock").text);
	rmdir(paths_in(spool_dir.text, "cursor").text);
	rmdir(spool_dir.text);
	rmdir(dir);
	return failed;
}
