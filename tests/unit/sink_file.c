// SPDX-License-Identifier: Apache-2.0
/*
 * A file of lines when its writer dies: at every byte of a write, after it, around a rotation, on a full disk. After
 * each the file must hold every record once, though the records since the cursor come again.
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

#include "folder.h"
#include "sink/transport/transport.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/memory.h"

#define RECORDS	40

static struct path path, rotated, older;
static struct sink_config config;

/* A batch of records first to last, as the daemon gives them: no newline between them. */
static struct sink_batch *batch_of(unsigned int first, unsigned int last)
{
	static struct sink_record records[RECORDS];
	static struct sink_batch batch;
	static char text[RECORDS * 64];
	size_t length = 0;

	batch = (struct sink_batch){ .text = text, .records = records };
	for (unsigned int i = first; i <= last; i++) {
		struct sink_record *record = &records[batch.count++];

		*record = (struct sink_record){ .offset = length };
		length += (size_t)sprintf(text + length, "{\"id\":\"%u\",\"packets\":%u}", i, i * i);
		record->length = length - record->offset;
	}
	return &batch;
}

/* What the file is to hold of them. */
static char *lines(unsigned int first, unsigned int last)
{
	const struct sink_batch *batch = batch_of(first, last);
	char *text = mem_zero(RECORDS, 64);

	for (size_t i = 0; i < batch->count; i++)
		sprintf(text + strlen(text), "%.*s\n", (int)batch->records[i].length,
			batch->text + batch->records[i].offset);
	return text;
}

static void put(const struct path *file, const char *bytes, size_t length)
{
	FILE *out = fopen(file->text, "we");

	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, length, out), length);
	fclose(out);
}

static void holds(const struct path *file, unsigned int first, unsigned int last)
{
	_cleanup_free_ char *expected = first <= last ? lines(first, last) : mem_copy("", 0), *text = NULL;
	struct resid_error err;
	size_t length;

	if (file_read(file->text, 1 << 20, &text, &length, &err))
		fail_msg("%s", err.text);
	assert_string_equal(text, expected);
	assert_int_equal(length, strlen(expected));
}

static struct sink_link begin(void)
{
	struct sink_link link = { .config = &config };
	struct resid_error err;

	if (transport_file.open(&link, &err))
		fail_msg("%s", err.text);
	return link;
}

static void send(struct sink_link *link, struct sink_batch *batch)
{
	struct resid_error err;

	if (transport_file.send(link, batch, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < batch->count; i++)
		assert_true(batch->records[i].done);
}

/* One life of the writer, that gives these records. */
static void give(unsigned int first, unsigned int last)
{
	struct sink_link link = begin();

	send(&link, batch_of(first, last));
	transport_file.close(&link);
}

static int fresh(void **state)
{
	unlink(path.text);
	unlink(rotated.text);
	unlink(older.text);
	config.rotate_bytes = 0;
	return 0;
}

/* The cursor is behind record 3; what the file has of 4 to 7, a crash left there. */
static void killed_at_every_byte(void **state)
{
	_cleanup_free_ char *before = lines(1, 3), *whole = lines(1, 7);

	for (size_t length = strlen(before); length <= strlen(whole); length++) {
		put(&path, whole, length);
		give(4, 7);
		holds(&path, 1, 7);
		give(4, 7);
		holds(&path, 1, 7);
	}
}

/* The cursor could not move for a long while: it is behind record 2, and the records come in batches of three. */
static void far_ahead_of_the_cursor(void **state)
{
	_cleanup_free_ char *whole = lines(1, 13);
	struct sink_link link;

	put(&path, whole, strlen(whole));
	link = begin();
	for (unsigned int i = 3; i < 21; i += 3)
		send(&link, batch_of(i, i + 2));
	transport_file.close(&link);
	holds(&path, 1, 20);
}

/* A power cut leaves zeros where data were to be. */
static void zeros_at_the_end(void **state)
{
	_cleanup_free_ char *whole = lines(1, 3);
	char torn[8192] = { 0 };

	memcpy(torn, whole, strlen(whole));
	put(&path, torn, sizeof(torn));
	give(2, 5);
	holds(&path, 1, 5);
}

static void rotated_between_sync_and_cursor(void **state)
{
	_cleanup_free_ char *whole = lines(1, 7), *part = lines(1, 5);

	put(&rotated, whole, strlen(whole));
	give(4, 7);
	holds(&rotated, 1, 7);
	holds(&path, 1, 0);
	put(&rotated, part, strlen(part));
	give(4, 7);
	holds(&path, 6, 7);
}

/* As logrotate does it: without a word, or with the empty batch that SIGUSR1 is. */
static void follows_a_rotation(void **state)
{
	struct sink_link link = begin();

	send(&link, batch_of(1, 3));
	assert_int_equal(rename(path.text, rotated.text), 0);
	send(&link, batch_of(4, 6));
	holds(&rotated, 1, 3);
	holds(&path, 4, 6);
	assert_int_equal(rename(path.text, rotated.text), 0);
	send(&link, batch_of(1, 0));
	holds(&path, 1, 0);
	send(&link, batch_of(7, 7));
	holds(&path, 7, 7);
	transport_file.close(&link);
}

static void rotates_by_size(void **state)
{
	struct sink_link link;

	config.rotate_bytes = 90;
	link = begin();
	send(&link, batch_of(1, 5));
	send(&link, batch_of(6, 9));
	send(&link, batch_of(10, 11));
	transport_file.close(&link);
	holds(&older, 1, 5);
	holds(&rotated, 6, 9);
	holds(&path, 10, 11);
	give(8, 12);	/* killed with the cursor behind 7: some of it was rotated away */
	holds(&path, 10, 12);
}

static void a_second_writer_is_refused(void **state)
{
	struct sink_link link = begin(), second = { .config = &config };
	struct resid_error err;

	assert_int_equal(transport_file.open(&second, &err), -1);
	assert_non_null(strstr(err.text, "another sink's"));
	transport_file.close(&link);
}

/* A limit on the size of files stands for the full disk: the write ends in the middle. */
static void full_disk_leaves_whole_lines(void **state)
{
	_cleanup_free_ char *before = lines(1, 30), *whole = lines(1, 33);
	struct sink_link link = begin();
	struct rlimit old, small;
	struct resid_error err;

	send(&link, batch_of(1, 30));
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = strlen(before) + (strlen(whole) - strlen(before)) / 2;
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(transport_file.send(&link, batch_of(31, 33), &err), -1);
	assert_non_null(strstr(err.text, "File too large"));
	setrlimit(RLIMIT_FSIZE, &old);
	holds(&path, 1, 30);
	send(&link, batch_of(31, 33));
	holds(&path, 1, 33);
	transport_file.close(&link);
}

static void what_is_no_file_is_refused(void **state)
{
	struct sink_link link = { .config = &config };
	struct resid_error err;

	assert_int_equal(symlink("/etc/hostname", path.text), 0);
	assert_int_equal(transport_file.open(&link, &err), -1);
	unlink(path.text);
	assert_int_equal(mkfifo(path.text, 0600), 0);
	assert_int_equal(transport_file.open(&link, &err), -1);
	assert_non_null(strstr(err.text, "is a pipe, a file is needed"));
}

static void mode_is_0640(void **state)
{
	struct stat st;

	give(1, 1);
	assert_int_equal(stat(path.text, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(killed_at_every_byte, fresh),
		cmocka_unit_test_setup(far_ahead_of_the_cursor, fresh),
		cmocka_unit_test_setup(zeros_at_the_end, fresh),
		cmocka_unit_test_setup(rotated_between_sync_and_cursor, fresh),
		cmocka_unit_test_setup(follows_a_rotation, fresh),
		cmocka_unit_test_setup(rotates_by_size, fresh),
		cmocka_unit_test_setup(a_second_writer_is_refused, fresh),
		cmocka_unit_test_setup(full_disk_leaves_whole_lines, fresh),
		cmocka_unit_test_setup(what_is_no_file_is_refused, fresh),
		cmocka_unit_test_setup(mode_is_0640, fresh),
	};

	if (!folder_make() || mkdir(paths_in(folder, "log").text, 0700))
		return 2;
	path = paths_in(folder, "log/egress.jsonl");
	rotated = paths_in(folder, "log/egress.jsonl.1");
	older = paths_in(folder, "log/egress.jsonl.2");
	config.path = path;
	config.rotate_keep = 8;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
