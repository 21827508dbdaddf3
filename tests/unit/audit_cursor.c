// SPDX-License-Identifier: Apache-2.0
/* Cursors over many segments, packed and gone: every record once and in order, and what is missing is said. */
#include "spool.h"

#include <fcntl.h>
#include <poll.h>
#include <time.h>

#include "util/file.h"

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
	assert_int_equal(segment_list(folder, &files, &count, &err), 0);
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
	assert_int_equal(spool_open_read(folder, &reader, &err), 0);
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

static void wait_packed(uint64_t number)
{
	for (int i = 0; i < 1000 && access(segment_path(folder, number, true).text, F_OK); i++)
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	assert_int_equal(access(segment_path(folder, number, true).text, F_OK), 0);
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
	assert_int_equal(utimensat(AT_FDCWD, segment_path(folder, 1, true).text, past, 0), 0);
	assert_int_equal(utimensat(AT_FDCWD, segment_path(folder, 2, true).text, past, 0), 0);
	if (spool_tend(spool, &err))
		fail_msg("%s", err.text);
	assert_int_equal(access(segment_path(folder, 1, true).text, F_OK), -1);
	assert_int_equal(access(segment_path(folder, 2, true).text, F_OK), -1);
	assert_int_equal(access(segment_path(folder, 3, true).text, F_OK), 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(many_segments_in_order, fresh),
		cmocka_unit_test_setup(cursors_go_on_where_they_were, fresh),
		cmocka_unit_test_setup(seeks_by_number, fresh),
		cmocka_unit_test_setup(retention_leaves_a_gap_that_is_said, fresh),
	};

	return folder_make() ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
