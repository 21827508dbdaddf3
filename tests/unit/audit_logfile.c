// SPDX-License-Identifier: Apache-2.0
/*
 * The log file when residd dies: at every byte of a write, after it, around a rotation, on a full disk. After each
 * the file must hold every batch once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/logfile.h"
#include "audit/record.h"
#include "util/file.h"
#include "util/paths.h"

static char dir[] = "/tmp/resid-logfile-XXXXXX";
static struct path path, rotated;
static struct record_context context = { .instance = { 0xab, 0xcd, 1, 2, 3 } };

static void batch_text(struct jsonw *json, uint64_t batch, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct resid_audit_record record = {
			.key = { .family = AF_INET, .proto = IPPROTO_TCP, .verdict = RESID_V_DROP, .rule = (uint16_t)i,
				 .src = { 10, 0, 0, 1 }, .dst = { 192, 0, 2, (uint8_t)i }, .uid = UINT32_MAX },
			.packets = i + 1,
		};

		record_write(json, &context, batch, i, &record);
	}
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

	if (logfile_open(path.text, &log, &err))
		fail_msg("%s", err.text);
	return log;
}

/* What residd does at its start with a batch that the kernel gives. True when it had to be written. */
static bool deliver(struct logfile *log, uint64_t batch, uint32_t count)
{
	struct jsonw json = { 0 };
	struct resid_error err;
	bool written;

	if (logfile_resume(log, context.instance, batch, count, &written, &err))
		fail_msg("%s", err.text);
	if (!written) {
		batch_text(&json, batch, count);
		if (logfile_append(log, json.text, json.length, &err))
			fail_msg("%s", err.text);
		jsonw_fini(&json);
	}
	return !written;
}

static int fresh(void **state)
{
	unlink(path.text);
	unlink(rotated.text);
	return 0;
}

static void killed_at_every_byte(void **state)
{
	struct jsonw before = { 0 }, whole = { 0 };

	batch_text(&before, 1, 3);
	batch_text(&whole, 1, 3);
	batch_text(&whole, 2, 4);
	for (size_t length = before.length; length <= whole.length; length++) {
		struct logfile *log;

		put(&path, whole.text, length);
		log = reopen();
		assert_int_equal(deliver(log, 2, 4), length < whole.length);
		holds(&path, &whole);
		/* and killed once more before the acknowledgement */
		logfile_free(log);
		log = reopen();
		assert_false(deliver(log, 2, 4));
		holds(&path, &whole);
		logfile_free(log);
	}
	jsonw_fini(&before);
	jsonw_fini(&whole);
}

static void killed_at_every_byte_of_the_first(void **state)
{
	struct jsonw whole = { 0 };

	batch_text(&whole, 7, 2);
	for (size_t length = 0; length <= whole.length; length++) {
		struct logfile *log;

		put(&path, whole.text, length);
		log = reopen();
		assert_int_equal(deliver(log, 7, 2), length < whole.length);
		holds(&path, &whole);
		logfile_free(log);
	}
	jsonw_fini(&whole);
}

/* A power cut leaves zeros where data were to be. */
static void zeros_at_the_end(void **state)
{
	struct jsonw whole = { 0 };
	struct logfile *log;
	char *torn;

	batch_text(&whole, 1, 3);
	torn = calloc(1, whole.length + 4096);
	memcpy(torn, whole.text, whole.length);
	put(&path, torn, whole.length + 4096);
	log = reopen();
	holds(&path, &whole);
	logfile_free(log);
	free(torn);
	jsonw_fini(&whole);
}

static void another_instance_is_another_batch(void **state)
{
	struct jsonw whole = { 0 };
	struct logfile *log;

	batch_text(&whole, 1, 3);
	put(&path, whole.text, whole.length);
	context.instance[0] ^= 1;
	batch_text(&whole, 1, 3);
	log = reopen();
	assert_true(deliver(log, 1, 3));
	context.instance[0] ^= 1;
	holds(&path, &whole);
	logfile_free(log);
	jsonw_fini(&whole);
}

static void rotated_between_sync_and_acknowledgement(void **state)
{
	struct jsonw whole = { 0 }, before = { 0 }, only = { 0 };
	struct logfile *log;

	batch_text(&before, 1, 3);
	batch_text(&whole, 1, 3);
	batch_text(&whole, 2, 4);
	batch_text(&only, 2, 4);
	/* whole in the rotated file: not again */
	put(&rotated, whole.text, whole.length);
	log = reopen();
	assert_false(deliver(log, 2, 4));
	logfile_free(log);
	holds(&rotated, &whole);
	/* a part there: cut there, written here */
	put(&rotated, whole.text, whole.length - 10);
	log = reopen();
	assert_true(deliver(log, 2, 4));
	holds(&rotated, &before);
	holds(&path, &only);
	logfile_free(log);
	jsonw_fini(&whole);
	jsonw_fini(&before);
	jsonw_fini(&only);
}

static void follows_a_rotation(void **state)
{
	struct jsonw one = { 0 }, two = { 0 };
	struct logfile *log = reopen();
	struct resid_error err;

	batch_text(&one, 1, 3);
	batch_text(&two, 2, 3);
	assert_true(deliver(log, 1, 3));
	assert_int_equal(logfile_reopen(log, &err), 0);	/* nothing was rotated */
	assert_int_equal(rename(path.text, rotated.text), 0);
	assert_int_equal(logfile_reopen(log, &err), 0);
	assert_true(deliver(log, 2, 3));
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

	assert_int_equal(logfile_open(path.text, &second, &err), -1);
	assert_int_equal(err.status, RESID_EXIT_SYSTEM);
	assert_null(second);
	logfile_free(log);
}

/* A limit on the size of files stands for the full disk: the write ends in the middle. */
static void full_disk_leaves_whole_batches(void **state)
{
	struct jsonw whole = { 0 }, next = { 0 };
	struct logfile *log = reopen();
	struct rlimit old, small;
	struct resid_error err;

	batch_text(&whole, 1, 3);
	batch_text(&next, 2, 3);
	assert_true(deliver(log, 1, 3));
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = whole.length + next.length / 2;
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(logfile_append(log, next.text, next.length, &err), -1);
	setrlimit(RLIMIT_FSIZE, &old);
	holds(&path, &whole);
	/* space returns: the kernel gives the batch again */
	assert_true(deliver(log, 2, 3));
	batch_text(&whole, 2, 3);
	holds(&path, &whole);
	logfile_free(log);
	jsonw_fini(&whole);
	jsonw_fini(&next);
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
		cmocka_unit_test_setup(killed_at_every_byte_of_the_first, fresh),
		cmocka_unit_test_setup(zeros_at_the_end, fresh),
		cmocka_unit_test_setup(another_instance_is_another_batch, fresh),
		cmocka_unit_test_setup(rotated_between_sync_and_acknowledgement, fresh),
		cmocka_unit_test_setup(follows_a_rotation, fresh),
		cmocka_unit_test_setup(a_second_writer_is_refused, fresh),
		cmocka_unit_test_setup(full_disk_leaves_whole_batches, fresh),
		cmocka_unit_test_setup(mode_is_0640, fresh),
	};
	int failed;

	if (!mkdtemp(dir))
		return 2;
	path = paths_in(dir, "egress.jsonl");
	rotated = paths_in(dir, "egress.jsonl.1");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	fresh(NULL);
	rmdir(dir);
	return failed;
}
