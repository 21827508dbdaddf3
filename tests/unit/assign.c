// SPDX-License-Identifier: Apache-2.0
/* assign.d: what is understood, what is refused with its place, and that writing is reading backwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "label/assign.h"
#include "util/file.h"
#include "util/paths.h"

static char dir[] = "/tmp/resid-assign-XXXXXX";

static void empty_dir(void)
{
	struct path below = paths_in(dir, "assign.d");
	DIR *entries = opendir(below.text);
	struct dirent *entry;

	while (entries && (entry = readdir(entries)))
		unlink(paths_in(below.text, "%s", entry->d_name).text);
	if (entries)
		closedir(entries);
}

static int fresh(void **state)
{
	empty_dir();
	return 0;
}

static void target(const char *text, enum assign_kind kind, const char *name)
{
	struct assign_target parsed;
	struct resid_error err;
	char back[5000];

	if (assign_parse_target(text, &parsed, &err))
		fail_msg("%s", err.text);
	assert_int_equal(parsed.kind, kind);
	assert_string_equal(parsed.name, name);
	assert_true(assign_format_target(&parsed, back, sizeof(back)));
	assert_int_equal(assign_parse_target(back, &parsed, &err), 0);
	assert_string_equal(parsed.name, name);
}

static void targets(void **state)
{
	target("cgroup:/a/b", ASSIGN_CGROUP, "/a/b");
	target("cgroup:a//b/", ASSIGN_CGROUP, "/a/b");
	target("cgroup:/", ASSIGN_CGROUP, "/");
	target("cgroup:/a:b", ASSIGN_CGROUP, "/a:b");
	target("unit:foo@1.service", ASSIGN_UNIT, "foo@1.service");
	target("unit:system.slice", ASSIGN_UNIT, "system.slice");
	target("netns:blue", ASSIGN_NETNS, "blue");
	target("dev:eth0.100", ASSIGN_DEV, "eth0.100");
}

static void bad_targets(void **state)
{
	static const char *const bad[] = {
		"", "a", "cgroup", "cgroup:", "cgroup:/a/../b", "cgroup:./a", "cgroup:/a b", "cgroup:/a\nb",
		"Cgroup:/a", "unit:", "unit:foo", "unit:.service", "unit:a/b.service", "unit:../x.service",
		"netns:", "netns:..", "netns:a/b", "dev:", "dev:0123456789abcdef", "dev:a/b", "dev:a b", "pid:1",
		"cgroup:/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/24/25/26/27/28/29/30/31/32",
	};
	struct assign_target parsed;
	struct resid_error err;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (!assign_parse_target(bad[i], &parsed, &err))
			fail_msg("accepted %s", bad[i]);
		assert_int_equal(err.status, RESID_EXIT_INPUT);
	}
	target("cgroup:/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/24/25/26/27/28/29/30/31",
	       ASSIGN_CGROUP, "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/24/25/26/27/28/29/30/31");
}

static int parse(const char *text, struct assign_list *list, struct resid_error *err)
{
	char *copy = strdup(text);
	int result = assign_parse("f", copy, list, err);

	free(copy);
	return result;
}

static void files(void **state)
{
	struct assign_list list = { 0 };
	struct resid_error err;

	if (parse("# ours\n\n  cgroup:/a\thealth tenant=acme # why\r\nunit:b.service public\nnetns:c vital", &list, &err))
		fail_msg("%s", err.text);
	assert_int_equal(list.count, 3);
	assert_string_equal(list.items[0].class_name, "health");
	assert_string_equal(list.items[0].tenant, "acme");
	assert_string_equal(list.items[0].origin, "f:3");
	assert_string_equal(list.items[1].tenant, "");
	assert_string_equal(list.items[2].class_name, "vital");
	assign_list_fini(&list);
}

static void bad_files(void **state)
{
	static const struct {
		const char *text, *place;
	} bad[] = {
		{ "cgroup:/a", "f:1: " },
		{ "cgroup:/a health\ncgroup:a/ public", "f:2: " },
		{ "\nnonsense health", "f:2: " },
		{ "cgroup:/a health tenant", "f:1: " },
		{ "cgroup:/a health colour=red", "f:1: " },
		{ "cgroup:/a # health", "f:1: " },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct assign_list list = { 0 };
		struct resid_error err;

		if (!parse(bad[i].text, &list, &err))
			fail_msg("accepted %s", bad[i].text);
		assert_int_equal(err.status, RESID_EXIT_INPUT);
		assert_memory_equal(err.text, bad[i].place, strlen(bad[i].place));
		assign_list_fini(&list);
	}
}

static void write_one(const char *text, const char *class_name, const char *tenant)
{
	struct assign_target parsed;
	struct resid_error err;

	if (assign_parse_target(text, &parsed, &err) || assign_write(&parsed, class_name, tenant, &err))
		fail_msg("%s", err.text);
}

static struct assign_list read_all(void)
{
	struct assign_list list = { 0 };
	struct resid_error err;

	if (assign_read(&list, &err))
		fail_msg("%s", err.text);
	return list;
}

static void writing_is_reading_backwards(void **state)
{
	struct assign_list list = read_all();
	struct assign_target parsed;
	struct resid_error err;
	char deep[4000] = "cgroup:";
	bool found;

	assert_int_equal(list.count, 0);
	for (int i = 0; i < 15; i++)
		snprintf(deep + strlen(deep), sizeof(deep) - strlen(deep), "/%0200d", i);
	write_one("cgroup:/tenants/%2F|a", "health", "acme");
	write_one("cgroup:/tenants/b", "health", NULL);
	write_one("cgroup:/tenants/b", "vital", NULL);	/* replaces */
	write_one("netns:blue", "public", NULL);
	write_one(deep, "vital", NULL);
	list = read_all();
	assert_int_equal(list.count, 4);
	assign_list_fini(&list);

	assert_int_equal(assign_parse_target("cgroup:tenants/b/", &parsed, &err), 0);
	assert_int_equal(assign_remove(&parsed, &found, &err), 0);
	assert_true(found);
	assert_int_equal(assign_remove(&parsed, &found, &err), 0);
	assert_false(found);
	list = read_all();
	assert_int_equal(list.count, 3);
	assign_list_fini(&list);
}

static void tenants_are_one_word(void **state)
{
	struct assign_target parsed;
	struct resid_error err;

	assert_int_equal(assign_parse_target("netns:blue", &parsed, &err), 0);
	assert_int_equal(assign_write(&parsed, "public", "a b", &err), -1);
	assert_int_equal(assign_write(&parsed, "public", "a\nnetns:x vital", &err), -1);
	assert_int_equal(err.status, RESID_EXIT_USAGE);
}

static void a_persons_file_is_left_alone(void **state)
{
	struct path file = paths_in(dir, "assign.d/10-mine.assign");
	struct assign_target parsed;
	struct resid_error err;
	bool found;

	assert_int_equal(paths_make_dir(paths_dir_of(file.text).text, 0755, &err), 0);
	assert_int_equal(file_write(file.text, "netns:blue vital\nnetns:red vital\n", 34, 0644, FILE_OWN_GROUP, &err), 0);
	assert_int_equal(assign_parse_target("netns:red", &parsed, &err), 0);
	assert_int_equal(assign_write(&parsed, "public", NULL, &err), -1);
	assert_non_null(strstr(err.text, "10-mine.assign:2"));
	assert_int_equal(assign_remove(&parsed, &found, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets),
		cmocka_unit_test(bad_targets),
		cmocka_unit_test(files),
		cmocka_unit_test(bad_files),
		cmocka_unit_test_setup(writing_is_reading_backwards, fresh),
		cmocka_unit_test_setup(tenants_are_one_word, fresh),
		cmocka_unit_test_setup(a_persons_file_is_left_alone, fresh),
	};
	int failed;

	if (!mkdtemp(dir) || setenv("RESID_CONF_DIR", dir, 1))
		return 2;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	empty_dir();
	rmdir(paths_in(dir, "assign.d").text);
	rmdir(dir);
	return failed;
}
