// SPDX-License-Identifier: Apache-2.0
/*
 * What a node keeps over a boot: its mode, also when the file is not what it was, and which generations it may go back
 * to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/absent.h"
#include "node/store.h"
#include "util/file.h"

static char dir[] = "/tmp/resid-store-XXXXXX";

static struct path in(const char *name)
{
	return paths_in(dir, "%s", name);
}

static void put(const char *name, const char *text, size_t length)
{
	struct path path = in(name);
	int fd;

	unlink(path.text);
	fd = open(path.text, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), length);
	close(fd);
}

static void fresh(void)
{
	char command[256];

	snprintf(command, sizeof(command), "rm -rf %s && mkdir -p %s/generations", dir, dir);
	assert_int_equal(system(command), 0);
}

/* ---- the mode --------------------------------------------------------------------------------------------- */

static enum store_mode mode_of(enum resid_mode *mode, char why[1024])
{
	struct resid_error err = { 0 };
	enum store_mode result = store_mode_read(mode, &err);

	strcpy(why, err.text);
	return result;
}

static void mode_is(enum store_mode want, enum resid_mode mode)
{
	enum resid_mode got;
	char why[1024];

	if (mode_of(&got, why) != want || got != mode)
		fail_msg("the mode is %s, %s", store_mode_name(got), why);
	if (want == STORE_MODE_LOST && !strstr(why, "the node is enforcing"))
		fail_msg("it says: %s", why);
}

static void mode_is_kept(void **state)
{
	struct resid_error err;

	fresh();
	for (int i = 0; i < 2; i++) {
		assert_int_equal(store_mode_write(i ? RESID_MODE_PERMISSIVE : RESID_MODE_ENFORCING, &err), 0);
		mode_is(STORE_MODE_KEPT, i ? RESID_MODE_PERMISSIVE : RESID_MODE_ENFORCING);
	}
	put("mode", "permissive", 10);
	mode_is(STORE_MODE_KEPT, RESID_MODE_PERMISSIVE);
}

/* Only the very word is permissive: every other text of up to 64 bytes is not. */
static void damaged_is_enforcing(void **state)
{
	static const char word[] = "permissive\n";
	char text[64];

	fresh();
	for (size_t cut = 0; cut < sizeof(word) - 2; cut++) {
		put("mode", word, cut);
		mode_is(STORE_MODE_LOST, RESID_MODE_ENFORCING);
	}
	for (size_t at = 0; at < sizeof(word) - 1; at++) {
		for (unsigned int bit = 0; bit < 8; bit++) {
			memcpy(text, word, sizeof(word));
			text[at] ^= (char)(1 << bit);
			put("mode", text, sizeof(word) - 1);
			mode_is(STORE_MODE_LOST, RESID_MODE_ENFORCING);
		}
	}
	put("mode", "permissive\n\0x", 13);
	mode_is(STORE_MODE_LOST, RESID_MODE_ENFORCING);
	put("mode", "permissive\npermissive\n", 22);
	mode_is(STORE_MODE_LOST, RESID_MODE_ENFORCING);
	put("mode", "\0permissive\n", 12);
	mode_is(STORE_MODE_LOST, RESID_MODE_ENFORCING);
}

static void missing_is_enforcing_if_there_was_a_policy(void **state)
{
	fresh();
	mode_is(STORE_MODE_NONE, RESID_MODE_PERMISSIVE);
	assert_int_equal(symlink("generations/gone.rsnap", in("current.rsnap").text), 0);
	mode_is(STORE_MODE_LOST, RESID_MODE_ENFORCING);
	fresh();
	put("history.jsonl", "", 0);
	mode_is(STORE_MODE_LOST, RESID_MODE_ENFORCING);
	fresh();
	put("generations/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.rsnap", "x", 1);
	mode_is(STORE_MODE_LOST, RESID_MODE_ENFORCING);
	fresh();
	assert_int_equal(rmdir(in("generations").text), 0);
	mode_is(STORE_MODE_NONE, RESID_MODE_PERMISSIVE);
	put("generations", "", 0);
	mode_is(STORE_MODE_LOST, RESID_MODE_ENFORCING);
}

/* ---- generations ------------------------------------------------------------------------------------------ */

static void generation_of(uint8_t byte, uint8_t out[RESID_DIGEST_LEN])
{
	memset(out, byte, RESID_DIGEST_LEN);
}

static void keep(uint8_t byte)
{
	uint8_t generation[RESID_DIGEST_LEN];
	struct resid_error err;

	generation_of(byte, generation);
	assert_int_equal(file_write(store_generation(generation).text, "x", 1, 0600, FILE_OWN_GROUP, &err), 0);
}

static void accept_it(uint8_t byte)
{
	uint8_t generation[RESID_DIGEST_LEN];
	struct resid_error err;

	generation_of(byte, generation);
	assert_int_equal(store_accept(generation, &err), 0);
}

static struct path file_of(uint8_t byte)
{
	uint8_t generation[RESID_DIGEST_LEN];

	generation_of(byte, generation);
	return store_generation(generation);
}

static struct path trial_of(uint8_t byte)
{
	struct path file = file_of(byte);

	strcpy(strrchr(file.text, '.'), ".trial");
	return file;
}

static void tried(uint8_t byte)
{
	put(trial_of(byte).text + strlen(dir) + 1, "", 0);
}

/* The bytes of the generations, best first; the first may be "c", the link. */
static void order_is(const char *want)
{
	struct path *files;
	char got[64] = "";
	size_t count;

	store_accepted(&files, &count);
	for (size_t i = 0; i < count; i++) {
		const char *base = file_base_name(files[i].text);

		strncat(got, strcmp(base, "current.rsnap") ? base : "c", 1);
	}
	free(files);
	assert_string_equal(got, want);
}

static void last_accepted_comes_first(void **state)
{
	fresh();
	order_is("");
	keep(0x11);
	accept_it(0x11);
	keep(0x22);
	accept_it(0x22);
	keep(0x33);
	accept_it(0x33);
	order_is("c21");
	/* back to an older one: it is the last that was accepted */
	accept_it(0x11);
	order_is("c32");
	assert_int_equal(unlink(in("current.rsnap").text), 0);
	order_is("132");
	accept_it(0x22);
	assert_int_equal(unlink(file_of(0x22).text), 0);
	order_is("13");
}

static void tried_is_not_restored(void **state)
{
	fresh();
	keep(0x11);
	accept_it(0x11);
	keep(0x22);
	tried(0x22);
	order_is("c");
	assert_int_equal(unlink(in("current.rsnap").text), 0);
	order_is("1");
	accept_it(0x22);
	order_is("c1");
}

/* The order is that of acceptance, whatever the clock said. */
static void clock_does_not_matter(void **state)
{
	struct timespec ahead[2] = { { .tv_sec = 4000000000 }, { .tv_sec = 4000000000, .tv_nsec = 999999999 } };

	fresh();
	keep(0x11);
	accept_it(0x11);
	assert_int_equal(utimensat(AT_FDCWD, file_of(0x11).text,
				   ahead, 0), 0);
	keep(0x22);
	accept_it(0x22);
	keep(0x33);
	accept_it(0x33);
	assert_int_equal(unlink(in("current.rsnap").text), 0);
	order_is("321");
}

static void pruned_by_age(void **state)
{
	fresh();
	for (uint8_t i = 1; i <= 5; i++) {
		keep((uint8_t)(i * 0x11));
		accept_it((uint8_t)(i * 0x11));
	}
	accept_it(0x11);
	tried(0x22);
	store_prune(2);
	order_is("c54");
	assert_int_equal(access(trial_of(0x22).text, F_OK), -1);
}

/* ---- without the module ----------------------------------------------------------------------------------- */

static void setting_is(const char *text, enum absent_setting want)
{
	put("residd.conf", text, strlen(text));
	if (absent_setting() != want)
		fail_msg("`%s` is %d", text, absent_setting());
}

static void absent_is_read(void **state)
{
	fresh();
	assert_int_equal(absent_setting(), ABSENT_BY_MODE);
	setting_is("", ABSENT_BY_MODE);
	setting_is("spool_days = 3\n", ABSENT_BY_MODE);
	setting_is("when_absent = open\n", ABSENT_OPEN);
	setting_is("when_absent = closed\n", ABSENT_CLOSED);
	setting_is("junk\nno_key = 7\nwhen_absent=open", ABSENT_OPEN);
	setting_is("when_absent = opne\n", ABSENT_CLOSED);
	setting_is("when_absent = Open\n", ABSENT_CLOSED);
	setting_is("when_absent =\n", ABSENT_CLOSED);
	setting_is("when_absnet = open\n", ABSENT_BY_MODE);
	assert_int_equal(unlink(in("residd.conf").text), 0);
	assert_int_equal(mkdir(in("residd.conf").text, 0700), 0);
	assert_int_equal(absent_setting(), ABSENT_CLOSED);
	assert_true(absent_is_wanted(ABSENT_BY_MODE, RESID_MODE_ENFORCING));
	assert_false(absent_is_wanted(ABSENT_BY_MODE, RESID_MODE_PERMISSIVE));
	assert_true(absent_is_wanted(ABSENT_CLOSED, RESID_MODE_PERMISSIVE));
	assert_false(absent_is_wanted(ABSENT_OPEN, RESID_MODE_ENFORCING));
}

static int group_begin(void **state)
{
	if (!mkdtemp(dir))
		return -1;
	setenv("RESID_STATE_DIR", dir, 1);
	setenv("RESID_CONF_DIR", dir, 1);
	return 0;
}

static int group_end(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mode_is_kept),
		cmocka_unit_test(damaged_is_enforcing),
		cmocka_unit_test(missing_is_enforcing_if_there_was_a_policy),
		cmocka_unit_test(last_accepted_comes_first),
		cmocka_unit_test(tried_is_not_restored),
		cmocka_unit_test(clock_does_not_matter),
		cmocka_unit_test(pruned_by_age),
		cmocka_unit_test(absent_is_read),
	};

	return cmocka_run_group_tests(tests, group_begin, group_end);
}
