// SPDX-License-Identifier: Apache-2.0
/* What is kept of a world on disk, and when it is believed. */
#include "world_support.h"

/* The only world of the cache; NULL: none. */
static const char *cached(void)
{
	static char path[512];
	const struct dirent *entry;
	DIR *list = opendir(getenv("RESID_CACHE_DIR"));
	size_t count = 0;

	while (list && (entry = readdir(list))) {
		if (!strstr(entry->d_name, WORLD_SUFFIX))
			continue;
		snprintf(path, sizeof(path), "%s/%s", getenv("RESID_CACHE_DIR"), entry->d_name);
		count++;
	}
	if (list)
		closedir(list);
	assert_true(count < 2);
	return count ? path : NULL;
}

static void age(const char *path)
{
	const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
}

/* What was used bears the time of its use. */
static bool was_used(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mtim.tv_sec != 1000;
}

static void test_cache_same_bytes(void **context)
{
	struct build_inputs inputs = all_inputs();
	struct snapshot *plain, *first, *second;

	fresh_cache("same");
	inputs.uncached = true;
	plain = compile(&inputs, NULL);
	assert_null(cached());
	inputs.uncached = false;
	first = compile(&inputs, NULL);
	assert_non_null(cached());
	age(cached());
	second = compile(&inputs, NULL);
	assert_true(was_used(cached()));
	assert_same_bytes(plain, first);
	assert_same_bytes(plain, second);
	snapshot_free(second);

	/* another policy, the same data */
	put("policy.yaml", CLASSES);
	age(cached());
	second = compile(&inputs, NULL);
	assert_true(was_used(cached()));
	assert_memory_equal(snapshot_world(first), snapshot_world(second), RESID_DIGEST_LEN);
	snapshot_free(second);

	/* other data, whatever their name and time say */
	put("rir.csv", RIR "4.0.0.0/16,NO\n");
	age(cached());
	second = compile(&inputs, NULL);
	assert_memory_not_equal(snapshot_world(first), snapshot_world(second), RESID_DIGEST_LEN);
	assert_registered(second, "4.0.0.1", "NO");
	snapshot_free(plain);
	snapshot_free(first);
	snapshot_free(second);
	free_inputs(&inputs);
}

/* A cache that was tampered with, or could have been, is as if it were not there. */
static void test_cache_damaged(void **context)
{
	struct build_inputs inputs = all_inputs();
	struct snapshot *plain, *again;
	uint8_t key[RESID_DIGEST_LEN];
	_cleanup_free_ char *data = NULL;
	struct resid_error err;
	_cleanup_operators_ struct operators *operators = NULL;
	struct world *world;
	size_t length, i;
	const char *path;

	fresh_cache("damaged");
	assert_int_equal(operators_read(NULL, &operators, &err), 0);
	plain = compile(&inputs, NULL);
	memcpy(key, snapshot_world(plain), sizeof(key));
	path = cached();
	assert_int_equal(file_read(path, 1 << 24, &data, &length, &err), 0);
	world = world_load(key, operators);
	assert_non_null(world);
	world_free(world);

	for (i = 0; i < length; i += i < 512 ? 1 : 61) {
		data[i] ^= 1;
		assert_int_equal(file_write(path, data, length, 0644, FILE_OWN_GROUP, &err), 0);
		world = world_load(key, operators);
		if (world)
			fail_msg("byte %zu of %zu may be changed", i, length);
		data[i] ^= 1;
	}
	for (i = 0; i < length; i += 101) {
		assert_int_equal(file_write(path, data, i, 0644, FILE_OWN_GROUP, &err), 0);
		assert_null(world_load(key, operators));
	}
	data[100] ^= 1;
	assert_int_equal(file_write(path, data, length, 0644, FILE_OWN_GROUP, &err), 0);
	again = compile(&inputs, NULL);
	assert_same_bytes(plain, again);
	snapshot_free(again);

	/* mended by that compile; but not to be believed when others may write it */
	world = world_load(key, operators);
	assert_non_null(world);
	world_free(world);
	assert_int_equal(chmod(path, 0664), 0);
	assert_null(world_load(key, operators));
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(chmod(getenv("RESID_CACHE_DIR"), 0777), 0);
	assert_null(world_load(key, operators));
	assert_int_equal(chmod(getenv("RESID_CACHE_DIR"), 0755), 0);
	assert_int_equal(rename(path, in_folder("elsewhere")), 0);
	assert_int_equal(symlink(in_folder("elsewhere"), path), 0);
	assert_null(world_load(key, operators));
	snapshot_free(plain);
	free_inputs(&inputs);
}

/* Where nothing can be kept all goes on as before. */
static void test_cache_nowhere(void **context)
{
	struct build_inputs inputs = all_inputs();

	setenv("RESID_CACHE_DIR", "/dev/null/resid", 1);
	snapshot_free(compile(&inputs, NULL));
	free_inputs(&inputs);
}

static void test_cache_is_bounded(void **context)
{
	struct build_inputs inputs = all_inputs();
	struct snapshot *snapshot;
	unsigned int i, count = 0;
	const struct dirent *entry;
	DIR *list;

	fresh_cache("bounded");
	for (i = 0; i < 12; i++) {
		_cleanup_free_ char *text = mem_format("2.0.%u.0/24,FR\n", i);

		put("rir.csv", text);
		snapshot = compile(&inputs, NULL);
		assert_non_null(world_file(snapshot_world(snapshot)).text);
		assert_int_equal(access(world_file(snapshot_world(snapshot)).text, F_OK), 0);
		snapshot_free(snapshot);
	}
	list = opendir(getenv("RESID_CACHE_DIR"));
	while ((entry = readdir(list)))
		count += strstr(entry->d_name, WORLD_SUFFIX) != NULL;
	closedir(list);
	assert_int_equal(count, WORLD_KEPT);
	free_inputs(&inputs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cache_same_bytes),
		cmocka_unit_test(test_cache_damaged),
		cmocka_unit_test(test_cache_nowhere),
		cmocka_unit_test(test_cache_is_bounded),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
