// SPDX-License-Identifier: Apache-2.0
/* What a parser that has been taken over by its data can do: nothing. What it can tell: nothing that makes no sense. */
#include "source_support.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "source/confine.h"
#include "source/reader.h"
#include "source/record.h"

static int parse_tries(struct confine *confine, int fd, void *context)
{
	char byte;

	if (open("/etc/passwd", O_RDONLY) >= 0)
		return confine_fail(confine, ": opened a file");
	if (open("/tmp", O_WRONLY | O_TMPFILE, 0600) >= 0)
		return confine_fail(confine, ": made a file");
	if (socket(AF_INET, SOCK_DGRAM, 0) >= 0 || socket(AF_UNIX, SOCK_STREAM, 0) >= 0)
		return confine_fail(confine, ": opened a socket");
	if (!kill(getppid(), 0))
		return confine_fail(confine, ": may signal the caller");
	if (fork() >= 0)
		return confine_fail(confine, ": made a process");
	if (setuid(1) == 0)
		return confine_fail(confine, ": changed its user");
	if (read(fd, &byte, 1) != 1)
		return confine_fail(confine, ": cannot read the file");
	if (confine_close_files(confine))
		return -1;
	if (open("/proc/self/exe", O_RDONLY) >= 0 || openat(AT_FDCWD, ".", O_RDONLY | O_DIRECTORY) >= 0)
		return confine_fail(confine, ": opened a file late");
	return confine_fail(confine, ":7: is held");
}

static int parse_dies(struct confine *confine, int fd, void *context)
{
	*(volatile int *)8 = 1;
	return 0;
}

static int parse_is_silent(struct confine *confine, int fd, void *context)
{
	return -1;
}

static int parse_escapes(struct confine *confine, int fd, void *context)
{
	return confine_fail(confine, ": two\nlines\x1b[2J");
}

/* As memory.h ends a process that gets none. A sanitizer's own is beyond any limit, so there is none under it. */
static int parse_wants_memory(struct confine *confine, int fd, void *context)
{
	_exit(RESID_EXIT_SYSTEM);
}

static int take_nothing(void *context, unsigned int kind, const uint8_t *bytes, size_t length, struct resid_error *err)
{
	return 0;
}

static int run(confine_parser parse, confine_taker take, void *context, struct resid_error *err)
{
	return confine_run(&(struct confine_job){ FEEDS "list.txt", parse, take, context, NULL }, err);
}

static void test_confined(void **context)
{
	static const struct {
		confine_parser parse;
		const char *expected;
	} parsers[] = {
		{ parse_tries, "list.txt:7: is held; fetch" },
		{ parse_dies, "the data are damaged: their parser, which runs confined, died of them" },
		{ parse_is_silent, "their parser gave up without a word" },
		{ parse_escapes, "two?lines?[2J" },
		{ parse_wants_memory, "its parser needs more than 512 MiB of memory" },
	};

	for (size_t i = 0; i < sizeof(parsers) / sizeof(parsers[0]); i++) {
		struct resid_error err = { 0 };

		assert_int_equal(run(parsers[i].parse, take_nothing, NULL, &err), -1);
		if (!strstr(err.text, parsers[i].expected))
			fail_msg("expected '%s', got '%s'", parsers[i].expected, err.text);
		assert_int_equal(err.status, RESID_EXIT_INPUT);
		/* nobody is left behind */
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	}
}

/* ---- records: one that is right, and then one that is not ---- */

static const struct record_fact right = {
	.first = (u128)0xc0000200 << 96, .last = (u128)0xc00002ff << 96 | U128_MAX >> 32, .asn = 64496, .country = "NO",
	.family = 4,
};

struct lie {
	const char *name;
	uint8_t kind;
	size_t length;		/* 0: a fact */
	uint8_t bytes[64];
	struct record_fact fact;
};

static int parse_lies(struct confine *confine, int fd, void *context)
{
	const struct lie *lie = ((void **)context)[1];

	confine_send(confine, RECORD_FACT, &right, sizeof(right));
	if (lie->length)
		confine_send(confine, lie->kind, lie->bytes, lie->length);
	else
		confine_send(confine, RECORD_FACT, &lie->fact, sizeof(lie->fact));
	return 0;
}

static int take_record(void *context, unsigned int kind, const uint8_t *bytes, size_t length, struct resid_error *err)
{
	return record_take(((void **)context)[0], kind, bytes, length, err);
}

static void test_lies(void **context)
{
#define FIRST ((u128)0xc0000200 << 96)
#define LAST ((u128)0xc00002ff << 96 | U128_MAX >> 32)
	const struct lie lies[] = {
		{ .name = "everything", .fact = { 0, U128_MAX, .family = 4 } },
		{ .name = "a range that ends before it begins", .fact = { FIRST, (u128)1 << 96 | U128_MAX >> 32, .family = 4 } },
		{ .name = "an IPv4 address with more", .fact = { FIRST + 1, LAST, .family = 4 } },
		{ .name = "an IPv4 address with less", .fact = { FIRST, LAST - 1, .family = 4 } },
		{ .name = "a family that is none", .fact = { FIRST, LAST, .family = 5 } },
		{ .name = "a country that is none", .fact = { FIRST, LAST, .family = 4, .country = "N\n" } },
		{ .name = "a registered country that is none", .fact = { FIRST, LAST, .family = 4, .registered = "1A" } },
		{ .name = "a represented country that is none", .fact = { FIRST, LAST, .family = 4, .represented = "a-" } },
		{ .name = "a region that was not named", .fact = { FIRST, LAST, .family = 4, .region = 1 } },
		{ .name = "a service that was not named", .fact = { FIRST, LAST, .family = 4, .service = UINT32_MAX } },
		{ "a fact that is too short", RECORD_FACT, 8, { 0 }, { 0 } },
		{ "a date that is none", RECORD_DATE, 10, "2026-02-30", { 0 } },
		{ "a date that is long", RECORD_DATE, 11, "2026-02-20x", { 0 } },
		{ "a format that was not asked for", RECORD_FORMAT, 1, { SOURCE_MMDB }, { 0 } },
		{ "a format that there is not", RECORD_FORMAT, 1, { 200 }, { 0 } },
		{ "an AS without a number", RECORD_AS_NAME, 3, "abc", { 0 } },
		{ "an AS at home nowhere", RECORD_AS_COUNTRY, 6, { 1, 0, 0, 0, '1', '2' }, { 0 } },
		{ "more bad rows than rows", RECORD_ROWS, 16, { 1, 0, 0, 0, 0, 0, 0, 0, 2 }, { 0 } },
		{ "bad rows of which nothing was said", RECORD_ROWS, 16, { 2, 0, 0, 0, 0, 0, 0, 0, 1 }, { 0 } },
		{ "a kind that there is not", 77, 1, { 0 }, { 0 } },
	};

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct source *source = mem_zero(1, sizeof(*source));
		struct record_taker taker = { source, SOURCE_BIT(SOURCE_LIBLOC), FEEDS "list.txt" };
		const void *both[] = { &taker, &lies[i] };
		struct resid_error err = { 0 };

		*MEM_PUSH(source->string, source->string_count, source->string_capacity) = mem_copy("", 0);
		if (run(parse_lies, take_record, both, &err) != -1)
			fail_msg("%s is believed", lies[i].name);
		if (!strstr(err.text, "its parser says what makes no sense"))
			fail_msg("%s: %s", lies[i].name, err.text);
		assert_int_equal(source->v4.count, 1);
		source_free(source);
	}
}

/* The first name stays; one without end is cut between two letters, and what cannot be shown is not there. */
static int parse_names(struct confine *confine, int fd, void *context)
{
	struct source_reader reader = { .confine = confine };
	char endless[1000];

	intern_new(&reader.ases);
	memset(endless, 'x', sizeof(endless));
	memcpy(endless + SOURCE_AS_NAME - 1, "\xc3\xa9", 2);
	confine_send(confine, RECORD_FACT, &right, sizeof(right));
	source_as(&reader, 64499, endless, sizeof(endless));
	source_as(&reader, 64497, "first", 5);
	source_as(&reader, 64496, "", 0);
	source_as(&reader, 64495, "\r\n", 2);
	source_as(&reader, 0, "nobody", 6);
	source_as(&reader, 64497, "second", 6);
	source_as(&reader, 64498, "0123\x1b[2J56789abcdef", 19);
	return 0;
}

static void test_names(void **context)
{
	struct source *source = mem_zero(1, sizeof(*source));
	struct record_taker taker = { source, SOURCE_BIT(SOURCE_LIBLOC), FEEDS "list.txt" };
	const void *both[] = { &taker, NULL };
	struct resid_error err = { 0 };

	*MEM_PUSH(source->string, source->string_count, source->string_capacity) = mem_copy("", 0);
	if (run(parse_names, take_record, both, &err))
		fail_msg("%s", err.text);
	source_order_as(source);
	assert_int_equal(source->as.length, 3 * sizeof(struct source_as));
	as_is(source, 0, 64497, "first");
	as_is(source, 1, 64498, "0123[2J56789abcdef");
	assert_int_equal(((const struct source_as *)source->as.data)[2].number, 64499);
	assert_int_equal(strlen((char *)source->as_text.data), SOURCE_AS_NAME - 1);
	source_free(source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_confined),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, source_setup, source_teardown);
}
