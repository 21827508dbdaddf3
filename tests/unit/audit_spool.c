// SPDX-License-Identifier: Apache-2.0
/* The spool when residd dies at every byte, and on a full disk: every batch that was committed, whole, and no other. */
#include "spool.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "util/file.h"

static void killed_at_every_byte(void **state)
{
	struct path path = segment_path(folder, 1, false);
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
	struct path path = segment_path(folder, 1, false);
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
	struct path path = segment_path(folder, 1, false);
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
	struct path path = segment_path(folder, 1, false);
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

static void a_second_writer_is_refused(void **state)
{
	struct spool_options options = { .dir = folder };
	struct spool *spool = open_plain(), *second = NULL;
	struct resid_error err;

	assert_int_equal(spool_open(&options, &second, &err), -1);
	assert_int_equal(err.status, RESID_EXIT_SYSTEM);
	spool_free(spool);
}

/* A limit on the size of files stands for the full disk: the write ends in the middle. */
static void full_disk_leaves_whole_batches(void **state)
{
	struct path path = segment_path(folder, 1, false);
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
	assert_int_equal(stat(segment_path(folder, 1, false).text, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(stat(folder, &st), 0);
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
		cmocka_unit_test_setup(a_second_writer_is_refused, fresh),
		cmocka_unit_test_setup(full_disk_leaves_whole_batches, fresh),
		cmocka_unit_test_setup(a_small_disk_is_told, fresh),
		cmocka_unit_test_setup(modes_are_for_the_group, fresh),
	};

	return folder_make() ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
