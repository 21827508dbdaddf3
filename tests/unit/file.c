// SPDX-License-Identifier: Apache-2.0
/* A pipe, a device, a socket or a folder where a file is looked for: one sentence at once, and nobody waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "label/assign.h"
#include "node/store.h"
#include "spool/head.h"
#include "snapshot/snapshot.h"
#include "source/format.h"
#include "util/file.h"
#include "util/memory.h"
#include "util/settings.h"

#define WAIT 20	/* seconds; SIGALRM ends a reader that waits */

static char dir[] = "/tmp/resid-file-XXXXXX";

static struct path in(const char *name)
{
	return paths_in(dir, "%s", name);
}

static void put(const char *name, const char *text)
{
	struct resid_error err;

	assert_int_equal(file_write(in(name).text, text, strlen(text), 0600, FILE_OWN_GROUP, &err), 0);
}

/* Each way that a program of ours has into a file by its name. */

static int by_read(const char *path, struct resid_error *err)
{
	_cleanup_free_ char *text = NULL;
	size_t length;

	return file_read(path, 1 << 20, &text, &length, err);
}

static int by_stream(const char *path, struct resid_error *err)
{
	_cleanup_fclose_ FILE *file = file_stream(path, err);

	return file ? 0 : -1;
}

static int by_append(const char *path, struct resid_error *err)
{
	_cleanup_close_ int fd = file_open(path, O_WRONLY | O_APPEND | O_CREAT, 0600, err);

	return fd < 0 ? -1 : 0;
}

static int by_write(const char *path, struct resid_error *err)
{
	return file_write(path, "x", 1, 0600, FILE_OWN_GROUP, err);
}

static int by_sha256(const char *path, struct resid_error *err)
{
	uint8_t digest[32];

	return file_sha256(path, digest) ? 0 : resid_fail(err, RESID_EXIT_INPUT, "%s: is no file, a file is needed", path);
}

static int by_snapshot(const char *path, struct resid_error *err)
{
	struct snapshot *snapshot = NULL;

	return snapshot_open(path, &snapshot, err);
}

static int by_key(const char *path, struct resid_error *err)
{
	struct head_key *key = NULL;

	return head_key_open(path, &key, err);
}

static int by_settings(const char *path, struct resid_error *err)
{
	static const struct setting none[1];
	uint32_t out;

	return settings_read(none, 0, &out, path, NULL, NULL, err);
}

static int by_source(const char *path, struct resid_error *err)
{
	struct source *source = NULL;

	return source_read(&(struct source_want){ SOURCE_BIT(SOURCE_LIST), "list", SOURCE_BAD }, path, &source, err);
}

static const struct way {
	const char *name;
	int (*open)(const char *path, struct resid_error *err);
} ways[] = {
	{ "read", by_read },	     { "stream", by_stream },	  { "append", by_append },
	{ "write", by_write },	     { "sha256", by_sha256 },	  { "snapshot", by_snapshot },
	{ "key", by_key },	     { "settings", by_settings }, { "source", by_source },
};

static void refused(const char *path, const char *kind)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		struct resid_error err = { 0 };

		alarm(WAIT);
		if (!ways[i].open(path, &err))
			fail_msg("%s opens %s", ways[i].name, path);
		alarm(0);
		if (!strstr(err.text, path) || !strstr(err.text, "a file is needed"))
			fail_msg("%s says of %s: %s", ways[i].name, kind, err.text);
	}
}

static void pipe_is_refused(void **state)
{
	assert_int_equal(mkfifo(in("pipe").text, 0600), 0);
	refused(in("pipe").text, "a pipe");
}

static void device_is_refused(void **state)
{
	/* not /dev/null, which may be written */
	refused("/dev/zero", "a device");
	refused("/dev/random", "a device");
}

static void link_is_followed(void **state)
{
	assert_int_equal(mkfifo(in("far").text, 0600), 0);
	assert_int_equal(symlink(in("far").text, in("link").text), 0);
	refused(in("link").text, "a link to a pipe");
}

static void socket_is_refused(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", in("socket").text);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	refused(in("socket").text, "a socket");
}

static void folder_is_refused(void **state)
{
	assert_int_equal(mkdir(in("folder").text, 0700), 0);
	refused(in("folder").text, "a folder");
}

/* A file of the kernel's that is regular by its mode, and whose reader would wait: there is one for root. */
static void kernel_file_does_not_wait(void **state)
{
	struct resid_error err = { 0 };
	_cleanup_close_ int fd = -1;
	char bytes[65536];

	if (geteuid() || access("/proc/kmsg", R_OK))
		skip();
	fd = file_open("/proc/kmsg", O_RDONLY, 0, &err);
	if (fd < 0)
		skip();
	alarm(WAIT);
	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
	assert_int_equal(errno, EAGAIN);
	alarm(0);
}

static void pipe_that_was_handed_is_read(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct resid_error err;
	char path[64];
	size_t length;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "abc", 3), 3);
	close(ends[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	assert_int_equal(file_read(path, 100, &text, &length, &err), 0);
	assert_string_equal(text, "abc");
	close(ends[0]);
}

static void lines_are_bounded(void **state)
{
	struct resid_error err;
	_cleanup_fclose_ FILE *file = NULL;
	char line[8];
	size_t length;

	put("lines", "one\ntwo");
	file = file_stream(in("lines").text, &err);
	assert_int_equal(file_line(file, line, sizeof(line), &length), FILE_LINE_READ);
	assert_string_equal(line, "one\n");
	assert_int_equal(file_line(file, line, sizeof(line), &length), FILE_LINE_READ);
	assert_string_equal(line, "two");
	assert_int_equal(file_line(file, line, sizeof(line), &length), FILE_LINE_NONE);
	fclose(file);
	put("lines", "1234567\n");
	file = file_stream(in("lines").text, &err);
	assert_int_equal(file_line(file, line, sizeof(line), &length), FILE_LINE_LONG);
}

/* 20 GiB without a block on disk. */
static void sparse_file_is_refused(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct resid_error err;
	size_t length;

	put("sparse", "");
	assert_int_equal(truncate(in("sparse").text, (off_t)20 << 30), 0);
	alarm(WAIT);
	assert_int_equal(file_read(in("sparse").text, 1 << 20, &text, &length, &err), -1);
	assert_non_null(strstr(err.text, "is longer than"));
	alarm(0);
	unlink(in("sparse").text);
}

static void tell(void *context, const char *text)
{
	char *all = context;

	strcat(strcat(all, text), "\n");
}

static void other_settings_stay(void **state)
{
	struct values {
		uint32_t one, two;
	} values;
	static const struct setting settings[] = {
		{ "one", SETTING_NUMBER, offsetof(struct values, one), 1, 9, 5, NULL },
		{ "two", SETTING_NUMBER, offsetof(struct values, two), 1, 9, 6, NULL },
	};
	char said[4096] = "";
	struct resid_error err;

	put("a.conf", "one = 99\ntow = 3\njunk\ntwo = 7\n");
	settings_default(settings, 2, &values, sizeof(values));
	assert_int_equal(settings_read(settings, 2, &values, in("a.conf").text, tell, said, &err), 0);
	assert_int_equal(values.one, 5);
	assert_int_equal(values.two, 7);
	assert_non_null(strstr(said, "a.conf:1:7: one takes a number from 1 to 9, not `99`\n"));
	assert_non_null(strstr(said, "a.conf:2:1: there is no key `tow`\n"));
	assert_non_null(strstr(said, "a.conf:3:1: `junk` is not key = value\n"));
	/* strictly, the first ends it */
	assert_int_equal(settings_read(settings, 2, &values, in("a.conf").text, NULL, NULL, &err), -1);
}

static int group_begin(void **state)
{
	return mkdtemp(dir) ? 0 : -1;
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
		cmocka_unit_test(pipe_is_refused),
		cmocka_unit_test(device_is_refused),
		cmocka_unit_test(link_is_followed),
		cmocka_unit_test(socket_is_refused),
		cmocka_unit_test(folder_is_refused),
		cmocka_unit_test(kernel_file_does_not_wait),
		cmocka_unit_test(pipe_that_was_handed_is_read),
		cmocka_unit_test(lines_are_bounded),
		cmocka_unit_test(sparse_file_is_refused),
		cmocka_unit_test(other_settings_stay),
	};

	return cmocka_run_group_tests(tests, group_begin, group_end);
}
