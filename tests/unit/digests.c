// SPDX-License-Identifier: Apache-2.0
/* A file's digest is remembered while the file stays as it was, and in a place that nobody else can write. */
#include "support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "geo/digests.h"
#include "util/file.h"

#define OLD "tests/unit/feeds/list.txt"		/* changed before this program was built */

static char folder[] = "/tmp/resid-digests-XXXXXX";
static const uint8_t digest[RESID_DIGEST_LEN] = { 1, 2, 3 };

static const char *in_folder(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static bool is_known(const struct digests_stamp *stamp)
{
	uint8_t found[RESID_DIGEST_LEN];
	struct digests digests;

	digests_load(&digests);
	if (!digests_find(&digests, stamp, found))
		return false;
	assert_memory_equal(found, digest, sizeof(digest));
	return true;
}

/* Learnt and kept. */
static struct digests_stamp learn(void)
{
	struct digests_stamp stamp = digests_stamp(OLD);
	struct digests digests = { 0 };

	assert_true(stamp.inode);
	digests_learn(&digests, OLD, &stamp, digest);
	assert_true(digests.learnt);
	digests_save(&digests);
	return stamp;
}

static void test_same_file(void **context)
{
	struct digests_stamp stamp = learn(), other;
	int64_t *time[] = { &other.changed_s, &other.changed_ns, &other.modified_s, &other.modified_ns };
	uint64_t *number[] = { &other.device, &other.inode, &other.length };
	size_t i;

	assert_true(is_known(&stamp));
	for (i = 0; i < sizeof(number) / sizeof(number[0]); i++) {
		other = stamp;
		++*number[i];
		assert_false(is_known(&other));
	}
	for (i = 0; i < sizeof(time) / sizeof(time[0]); i++) {
		other = stamp;
		++*time[i];
		assert_false(is_known(&other));
	}
}

/* It could change once more and bear the same time; or it has changed since it was looked at. */
static void test_not_learnt(void **context)
{
	struct digests_stamp stamp, nothing = digests_stamp("/nonexistent"), device = digests_stamp("/dev/null");
	struct digests digests = { 0 };
	struct resid_error err;

	assert_int_equal(file_write(in_folder("new"), "x", 1, 0600, FILE_OWN_GROUP, &err), 0);
	stamp = digests_stamp(in_folder("new"));
	assert_int_equal(stamp.length, 1);
	digests_learn(&digests, in_folder("new"), &stamp, digest);
	assert_false(digests.learnt);

	stamp = digests_stamp(OLD);
	stamp.modified_ns++;
	digests_learn(&digests, OLD, &stamp, digest);
	assert_false(digests.learnt);

	assert_false(nothing.inode || device.inode);
	digests_learn(&digests, "/nonexistent", &nothing, digest);
	assert_false(digests.learnt || is_known(&nothing));
	unlink(in_folder("new"));
}

/* The same file again takes its own place, and the first learnt goes first. */
static void test_bounded(void **context)
{
	struct digests_stamp stamp = digests_stamp(OLD);
	struct digests digests = { 0 };
	uint8_t found[RESID_DIGEST_LEN];
	size_t i;

	for (i = 0; i < DIGESTS_KEPT; i++)
		digests.entry[i].stamp = (struct digests_stamp){ .device = 1, .inode = i + 1 };
	digests_learn(&digests, OLD, &stamp, digest);
	assert_true(digests_find(&digests, &stamp, found));
	assert_true(digests_find(&digests, &(struct digests_stamp){ .device = 1, .inode = DIGESTS_KEPT - 1 }, found));
	assert_false(digests_find(&digests, &(struct digests_stamp){ .device = 1, .inode = DIGESTS_KEPT }, found));

	digests.entry[0].stamp.modified_s--;
	digests_learn(&digests, OLD, &stamp, digest);
	assert_true(digests_find(&digests, &stamp, found));
	assert_true(digests_find(&digests, &(struct digests_stamp){ .device = 1, .inode = DIGESTS_KEPT - 1 }, found));
}

static void test_not_believed(void **context)
{
	const char *path = in_folder("cache/digests");
	struct digests_stamp stamp = learn();
	struct resid_error err;
	char *data;
	size_t length, i;

	assert_int_equal(file_read(path, 1 << 20, &data, &length, &err), 0);
	for (i = 0; i < 200; i++) {
		data[i] ^= 1;
		assert_int_equal(file_write(path, data, length, 0644, FILE_OWN_GROUP, &err), 0);
		assert_false(is_known(&stamp));
		data[i] ^= 1;
	}
	assert_int_equal(file_write(path, data, length / 2, 0644, FILE_OWN_GROUP, &err), 0);
	assert_false(is_known(&stamp));
	assert_int_equal(file_write(path, data, length, 0666, FILE_OWN_GROUP, &err), 0);
	assert_false(is_known(&stamp));
	assert_int_equal(chmod(path, 0644), 0);
	assert_true(is_known(&stamp));
	assert_int_equal(chmod(in_folder("cache"), 0777), 0);
	assert_false(is_known(&stamp));
	assert_int_equal(chmod(in_folder("cache"), 0755), 0);
	free(data);
}

static int begin(void **context)
{
	if (!mkdtemp(folder))
		return -1;
	return setenv("RESID_CACHE_DIR", in_folder("cache"), 1);
}

static int end(void **context)
{
	unlink(in_folder("cache/digests"));
	rmdir(in_folder("cache"));
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_file),
		cmocka_unit_test(test_not_learnt),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_not_believed),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
