// SPDX-License-Identifier: Apache-2.0
/*
 * The spool when residd dies at every byte, on a full disk, over many segments, and what its cursors give then: every
 * record that was committed, once, in order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "audit/segment.h"
#include "audit/spool.h"
#include "util/file.h"
#include "util/paths.h"

static char dir[] = "/tmp/resid-spool-XXXXXX";
static const uint8_t instance[16] = { 0xab, 0xcd, 3 };

static struct spool *open_with(struct spool_options options)
{
	struct spool *spool = NULL;
	struct resid_error err;

	options.dir = dir;
	if (spool_open(&options, &spool, &err))
		fail_msg("%s", err.text);
	return spool;
}

static struct spool *open_plain(void)
{
	return open_with((struct spool_options){ 0 });
}

static struct audit_event event_of(uint64_t batch, uint32_t index)
{
	struct audit_event event;

	event_init(&event);
	event.kind = AUDIT_KIND_EGRESS;
	memcpy(event.instance, instance, sizeof(instance));
	event.batch = batch;
	event.index = index;
	event.packets = index + 1;
	event.rule = "deny-all";
	event.control = "";
	return event;
}

static int put_batch(struct spool *spool, uint64_t batch, uint32_t count, struct resid_error *err)
{
	for (uint32_t i = 0; i < count; i++) {
		struct audit_event event = event_of(batch, i);

		spool_put(spool, &event);
	}
	return spool_commit(spool, instance, batch, err);
}

static void batch_is_put(struct spool *spool, uint64_t batch, uint32_t count)
{
	struct resid_error err;

	if (put_batch(spool, batch, count, &err))
		fail_msg("%s", err.text);
}

/* What the daemon does with a batch that the kernel gives (again). */
static void deliver(struct spool *spool, uint64_t batch, uint32_t count)
{
	if (!spool_has(spool, instance, batch))
		batch_is_put(spool, batch, count);
}

static struct spool_cursor *cursor_of(struct spool *spool, const char *name)
{
	struct spool_cursor *cursor = NULL;
	struct resid_error err;

	if (spool_cursor_open(spool, name, &cursor, &err))
		fail_msg("%s", err.text);
	return cursor;
}

/* The next record; heads are passed over. False: none now. */
static bool next_of(struct spool_cursor *cursor, struct audit_event *event)
{
	struct resid_error err;
	int result;

	do {
		result = spool_cursor_next(cursor, event, &err);
		if (result < 0)
			fail_msg("%s", err.text);
	} while (result && event->kind == AUDIT_KIND_HEAD);
	return result;
}

static void gives(struct spool_cursor *cursor, uint64_t batch, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct audit_event event;

		assert_true(next_of(cursor, &event));
		assert_int_equal(event.kind, AUDIT_KIND_EGRESS);
		assert_int_equal(event.batch, batch);
		assert_int_equal(event.index, i);
		assert_int_equal(event.packets, i + 1);
		assert_string_equal(event.rule, "deny-all");
		assert_string_equal(event.control, "");
		assert_null(event.reason);
		assert_int_equal(event.uid, UINT32_MAX);
	}
}

static void gives_no_more(struct spool_cursor *cursor)
{
	struct audit_event event;

	assert_false(next_of(cursor, &event));
}

static void whole_is(struct spool *spool, uint64_t first, uint64_t last, uint32_t count)
{
	struct spool_cursor *cursor = cursor_of(spool, NULL);

	for (uint64_t batch = first; batch <= last; batch++)
		gives(cursor, batch, count);
	gives_no_more(cursor);
	spool_cursor_free(cursor);
}

static void clear_in(const char *folder)
{
	DIR *at = opendir(folder);
	struct dirent *entry;

	while (at && (entry = readdir(at)))
		if (entry->d_name[0] != '.')
			unlink(paths_in(folder, "%s", entry->d_name).text);
	if (at)
		closedir(at);
}

static int fresh(void **state)
{
	struct path cursors = paths_in(dir, "cursor");

	clear_in(cursors.text);
	rmdir(cursors.text);
	clear_in(dir);
	return 0;
}

static void killed_at_every_byte(void **state)
{
	struct path path = segment_path(dir, 1, false);
	struct spool *spool = open_plain();
	struct resid_error err;
	size_t before, length;
	struct stat st;
	char *bytes;

	batch_is_put(spool, 1, 3);
	assert_int_equal(stat(path.text, &st), 0);
	before = (size_t)st.st_size;
	batch_is_put(spool, 2, 3);
	spool_free(spool);
	if (file_read(path.text, 1 << 20, &bytes, &length, &err))
		fail_msg("%s", err.text);
	for (size_t at = before; at <= length; at++) {
		fresh(NULL);
		if (file_write(path.text, bytes, at, 0640, FILE_OWN_GROUP, &err))
			fail_msg("%s", err.text);
		spool = open_plain();
		assert_true(spool_has(spool, instance, 1));
		assert_int_equal(spool_has(spool, instance, 2), at == length);
		deliver(spool, 2, 3);
		assert_int_equal(spool_end(spool), 6);
		spool_free(spool);
		/* and once more before the acknowledgement */
		spool = open_plain();
		assert_true(spool_has(spool, instance, 2));
		deliver(spool, 3, 3);
		whole_is(spool, 1, 3, 3);
		spool_free(spool);
	}
	free(bytes);
}

static void killed_at_every_byte_of_the_first(void **state)
{
	struct path path = segment_path(dir, 1, false);
	struct spool *spool = open_plain();
	struct resid_error err;
	size_t length;
	char *bytes;

	batch_is_put(spool, 7, 2);
	spool_free(spool);
	if (file_read(path.text, 1 << 20, &bytes, &length, &err))
		fail_msg("%s", err.text);
	for (size_t at = 0; at <= length; at++) {
		fresh(NULL);
		if (file_write(path.text, bytes, at, 0640, FILE_OWN_GROUP, &err))
			fail_msg("%s", err.text);
		spool = open_plain();
		deliver(spool, 7, 2);
		whole_is(spool, 7, 7, 2);
		spool_free(spool);
	}
	free(bytes);
}

/* A power cut leaves zeros where data were to be. */
static void zeros_at_the_end(void **state)
{
	struct path path = segment_path(dir, 1, false);
	struct spool *spool = open_plain();
	struct stat st;

	batch_is_put(spool, 1, 3);
	spool_free(spool);
	assert_int_equal(stat(path.text, &st), 0);
	assert_int_equal(truncate(path.text, st.st_size + 4096), 0);
	spool = open_plain();
	deliver(spool, 2, 3);
	whole_is(spool, 1, 2, 3);
	spool_free(spool);
}

/* A flipped bit in the middle is no torn end: nothing behind it is cut off. */
static void damage_stays_as_evidence(void **state)
{
	struct path path = segment_path(dir, 1, false);
	struct spool *spool = open_plain();
	struct spool_cursor *cursor;
	struct audit_event event;
	struct stat st, after;
	int fd;

	batch_is_put(spool, 1, 3);
	batch_is_put(spool, 2, 3);
	spool_free(spool);
	assert_int_equal(stat(path.text, &st), 0);
	fd = open(path.text, O_RDWR);
	assert_int_equal(pwrite(fd, "\xff", 1, sizeof(struct segment_header) + sizeof(struct segment_frame) + 5), 1);
	close(fd);
	spool = open_plain();
	assert_int_equal(stat(path.text, &after), 0);
	assert_int_equal(after.st_size, st.st_size);
	batch_is_put(spool, 3, 3);
	cursor = cursor_of(spool, NULL);
	assert_true(next_of(cursor, &event));
	assert_int_equal(event.kind, AUDIT_KIND_GAP);
	assert_int_equal(event.lost, 1);
	spool_cursor_free(cursor);
	spool_free(spool);
}

static void another_instance_is_another_batch(void **state)
{
	static const uint8_t other[16] = { 9 };
	struct spool *spool = open_plain();

	batch_is_put(spool, 5, 3);
	assert_true(spool_has(spool, instance, 4));
	assert_true(spool_has(spool, instance, 5));
	assert_false(spool_has(spool, instance, 6));
	assert_false(spool_has(spool, other, 5));
	spool_free(spool);
}

static void many_segments_in_order(void **state)
{
	struct spool *spool = open_with((struct spool_options){ .segment_bytes = 2000 });
	struct segment_file *files;
	struct resid_error err;
	size_t count;

	for (uint64_t batch = 1; batch <= 40; batch++) {
		batch_is_put(spool, batch, 5);
		if (batch % 7 == 0) {
			spool_free(spool);
			spool = open_with((struct spool_options){ .segment_bytes = 2000 });
		}
	}
	whole_is(spool, 1, 40, 5);
	assert_int_equal(spool_end(spool), 200);
	spool_free(spool);	/* waits for the packing */
	assert_int_equal(segment_list(dir, &files, &count, &err), 0);
	assert_true(count > 5);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(files[i].number, i + 1);
	assert_true(files[0].packed);
	free(files);
	spool = open_plain();
	assert_true(spool_has(spool, instance, 40));
	whole_is(spool, 1, 40, 5);
	spool_free(spool);
}

static void cursors_go_on_where_they_were(void **state)
{
	struct spool *spool = open_with((struct spool_options){ .segment_bytes = 1500 });
	struct spool_cursor *slow = cursor_of(spool, "slow"), *fast = cursor_of(spool, "fast"), *twin = NULL;
	struct resid_error err;
	struct pollfd wake;

	assert_int_equal(spool_cursor_open(spool, "slow", &twin, &err), -1);
	assert_int_equal(spool_cursor_open(spool, "../x", &twin, &err), -1);
	wake = (struct pollfd){ .fd = spool_cursor_fd(fast), .events = POLLIN };
	assert_int_equal(poll(&wake, 1, 0), 0);
	for (uint64_t batch = 1; batch <= 10; batch++)
		batch_is_put(spool, batch, 3);
	assert_int_equal(poll(&wake, 1, 0), 1);
	for (uint64_t batch = 1; batch <= 10; batch++)
		gives(fast, batch, 3);
	gives_no_more(fast);
	assert_int_equal(spool_cursor_commit(fast, &err), 0);
	gives(slow, 1, 3);
	assert_int_equal(spool_cursor_commit(slow, &err), 0);
	gives(slow, 2, 3);	/* not committed */
	assert_int_equal(spool_cursor_lag(fast), 0);
	assert_int_equal(spool_cursor_lag(slow), 27);
	spool_cursor_rewind(slow);
	gives(slow, 2, 2 /* of 3 */);
	spool_cursor_free(slow);
	spool_cursor_free(fast);
	spool_free(spool);

	spool = open_with((struct spool_options){ .segment_bytes = 1500 });
	fast = cursor_of(spool, "fast");
	slow = cursor_of(spool, "slow");
	gives_no_more(fast);
	for (uint64_t batch = 2; batch <= 10; batch++)
		gives(slow, batch, 3);
	gives_no_more(slow);
	batch_is_put(spool, 11, 3);
	gives(fast, 11, 3);
	gives(slow, 11, 3);
	spool_cursor_free(slow);
	spool_cursor_free(fast);
	spool_free(spool);
}

static void seeks_by_number(void **state)
{
	struct spool *spool = open_with((struct spool_options){ .segment_bytes = 1500 });
	struct spool *reader = NULL;
	struct spool_cursor *cursor;
	struct resid_error err;

	for (uint64_t batch = 1; batch <= 10; batch++)
		batch_is_put(spool, batch, 3);
	assert_int_equal(spool_open_read(dir, &reader, &err), 0);
	assert_int_equal(spool_end(reader), 30);
	cursor = cursor_of(reader, NULL);
	for (uint64_t first = 1; first <= 30; first++) {
		struct audit_event event;

		assert_int_equal(spool_cursor_seek(cursor, first, &err), 0);
		assert_true(next_of(cursor, &event));
		assert_int_equal(event.sequence, first);
		assert_int_equal(event.batch, (first - 1) / 3 + 1);
	}
	assert_int_equal(spool_cursor_seek(cursor, 31, &err), 0);
	gives_no_more(cursor);
	/* another process sees what is added */
	batch_is_put(spool, 11, 3);
	gives(cursor, 11, 3);
	spool_cursor_free(cursor);
	spool_free(reader);
	spool_free(spool);
}

static void a_second_writer_is_refused(void **state)
{
	struct spool_options options = { .dir = dir };
	struct spool *spool = open_plain(), *second = NULL;
	struct resid_error err;

	assert_int_equal(spool_open(&options, &second, &err), -1);
	assert_int_equal(err.status, RESID_EXIT_SYSTEM);
	spool_free(spool);
}

/* A limit on the size of files stands for the full disk: the write ends in the middle. */
static void full_disk_leaves_whole_batches(void **state)
{
	struct path path = segment_path(dir, 1, false);
	struct spool *spool = open_plain();
	struct spool_cursor *cursor = cursor_of(spool, NULL);
	struct rlimit old, small;
	struct resid_error err;
	struct stat st, after;

	batch_is_put(spool, 1, 30);
	assert_int_equal(stat(path.text, &st), 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	for (rlim_t more = 0; more < 1500; more += 97) {
		small = old;
		small.rlim_cur = (rlim_t)st.st_size + more;
		setrlimit(RLIMIT_FSIZE, &small);
		assert_int_equal(put_batch(spool, 2, 30, &err), -1);
		setrlimit(RLIMIT_FSIZE, &old);
		assert_int_equal(stat(path.text, &after), 0);
		assert_int_equal(after.st_size, st.st_size);
		assert_false(spool_has(spool, instance, 2));
	}
	gives(cursor, 1, 30);
	gives_no_more(cursor);
	/* space returns: the kernel gives the batch again */
	deliver(spool, 2, 30);
	gives(cursor, 2, 30);
	spool_cursor_free(cursor);
	spool_free(spool);
	spool = open_plain();
	whole_is(spool, 1, 2, 30);
	spool_free(spool);
}

static void wait_packed(uint64_t number)
{
	for (int i = 0; i < 1000 && access(segment_path(dir, number, true).text, F_OK); i++)
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	assert_int_equal(access(segment_path(dir, number, true).text, F_OK), 0);
}

/* Old segments go; a cursor that has not read them says how many records it will never see. */
static void retention_leaves_a_gap_that_is_said(void **state)
{
	struct spool *spool = open_with((struct spool_options){ .segment_bytes = 1500, .retention_days = 30 });
	struct spool_cursor *cursor = cursor_of(spool, "late");
	const struct timespec then = { .tv_sec = time(NULL) - 31 * 86400 }, past[2] = { then, then };
	struct audit_event event;
	struct resid_error err;
	uint64_t seen = 0;

	for (uint64_t batch = 1; batch <= 40; batch++)
		batch_is_put(spool, batch, 3);
	spool_cursor_free(cursor);
	spool_free(spool);
	spool = open_with((struct spool_options){ .segment_bytes = 1500, .retention_days = 30 });
	cursor = cursor_of(spool, "late");
	gives(cursor, 1, 2);
	assert_int_equal(spool_cursor_commit(cursor, &err), 0);
	wait_packed(3);
	assert_int_equal(utimensat(AT_FDCWD, segment_path(dir, 1, true).text, past, 0), 0);
	assert_int_equal(utimensat(AT_FDCWD, segment_path(dir, 2, true).text, past, 0), 0);
	if (spool_tend(spool, &err))
		fail_msg("%s", err.text);
	assert_int_equal(access(segment_path(dir, 1, true).text, F_OK), -1);
	assert_int_equal(access(segment_path(dir, 2, true).text, F_OK), -1);
	assert_int_equal(access(segment_path(dir, 3, true).text, F_OK), 0);
	spool_cursor_free(cursor);
	cursor = cursor_of(spool, "late");
	assert_true(next_of(cursor, &event));
	assert_int_equal(event.kind, AUDIT_KIND_GAP);
	seen = 2 + event.lost;
	while (next_of(cursor, &event)) {
		seen++;
		assert_int_equal(event.sequence, seen);
	}
	assert_int_equal(seen, 121);	/* 120, and the notice of the removal */
	spool_cursor_free(cursor);
	spool_free(spool);
}

static void a_small_disk_is_told(void **state)
{
	struct spool *spool = open_with((struct spool_options){ .retention_bytes = 20000 });
	struct spool_status status;

	spool_status(spool, &status);
	assert_false(status.small);
	for (uint64_t batch = 1; batch <= 40; batch++)
		batch_is_put(spool, batch, 3);
	spool_status(spool, &status);
	assert_int_equal(status.records, 120);
	assert_true(status.small);
	assert_true(status.days < 183);
	assert_non_null(strstr(status.text, "183 days"));
	spool_free(spool);
}

static void modes_are_for_the_group(void **state)
{
	struct spool *spool = open_plain();
	struct stat st;

	batch_is_put(spool, 1, 1);
	assert_int_equal(stat(segment_path(dir, 1, false).text, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	spool_free(spool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(killed_at_every_byte, fresh),
		cmocka_unit_test_setup(killed_at_every_byte_of_the_first, fresh),
		cmocka_unit_test_setup(zeros_at_the_end, fresh),
		cmocka_unit_test_setup(damage_stays_as_evidence, fresh),
		cmocka_unit_test_setup(another_instance_is_another_batch, fresh),
		cmocka_unit_test_setup(many_segments_in_order, fresh),
		cmocka_unit_test_setup(cursors_go_on_where_they_were, fresh),
		cmocka_unit_test_setup(seeks_by_number, fresh),
		cmocka_unit_test_setup(a_second_writer_is_refused, fresh),
		cmocka_unit_test_setup(full_disk_leaves_whole_batches, fresh),
		cmocka_unit_test_setup(retention_leaves_a_gap_that_is_said, fresh),
		cmocka_unit_test_setup(a_small_disk_is_told, fresh),
		cmocka_unit_test_setup(modes_are_for_the_group, fresh),
	};
	int failed;

	if (!mkdtemp(dir))
		return 2;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	fresh(NULL);
	rmdir(dir);
	return failed;
}
