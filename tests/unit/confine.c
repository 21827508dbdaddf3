// SPDX-License-Identifier: Apache-2.0
/* What a parser that has been taken over by its data can do: nothing. */
#include "source_support.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "source/confine.h"

/* A parser that has been taken over. */
static int parse_tries(struct confine *confine, int fd)
{
	char byte;

	if (open("/etc/passwd", O_RDONLY) >= 0)
		return confine_fail(confine, "opened a file");
	if (open("/tmp", O_WRONLY | O_TMPFILE, 0600) >= 0)
		return confine_fail(confine, "made a file");
	if (socket(AF_INET, SOCK_DGRAM, 0) >= 0 || socket(AF_UNIX, SOCK_STREAM, 0) >= 0)
		return confine_fail(confine, "opened a socket");
	if (!kill(getppid(), 0))
		return confine_fail(confine, "may signal the caller");
	if (fork() >= 0)
		return confine_fail(confine, "made a process");
	if (setuid(1) == 0)
		return confine_fail(confine, "changed its user");
	if (read(fd, &byte, 1) != 1)
		return confine_fail(confine, "cannot read the file");
	return confine_fail(confine, "is held");
}

static int parse_dies(struct confine *confine, int fd)
{
	*(volatile int *)8 = 1;
	return 0;
}

static int parse_is_silent(struct confine *confine, int fd)
{
	return -1;
}

static const struct confine_said norway = { .asn = 64496, .country = "NO" };

static int parse_host_bits(struct confine *confine, int fd)
{
	const struct prefix prefix = { .first = (u128)0xc0000201 << 96, .family = AF_INET, .length = 24 };

	return confine_fact(confine, &prefix, &norway);
}

static int parse_country(struct confine *confine, int fd)
{
	const struct prefix prefix = { .first = (u128)0xc0000200 << 96, .family = AF_INET, .length = 24 };
	const struct confine_said said = { .asn = 64496, .country = "N\n" };

	return confine_fact(confine, &prefix, &said);
}

static int parse_everything(struct confine *confine, int fd)
{
	const struct prefix prefix = { .family = AF_INET };

	return confine_fact(confine, &prefix, &norway);
}

static int parse_date(struct confine *confine, int fd)
{
	return confine_date(confine, (time_t)INT64_MAX);
}

/* The first name stays; one without end is cut between two letters. */
static int parse_names(struct confine *confine, int fd)
{
	const struct prefix prefix = { .first = (u128)0xc0000200 << 96, .family = AF_INET, .length = 24 };
	char endless[1000];

	memset(endless, 'x', sizeof(endless));
	memcpy(endless + SOURCE_AS_NAME - 1, "\xc3\xa9", 2);
	confine_fact(confine, &prefix, &norway);
	confine_name(confine, 64499, endless, sizeof(endless));
	confine_name(confine, 64497, "first", 5);
	confine_name(confine, 64496, "", 0);
	confine_name(confine, 64496, "\r\n", 2);
	confine_name(confine, 0, "nobody", 6);
	confine_name(confine, 64497, "second", 6);
	confine_name(confine, 64498, "0123456789abcdef", 16);
	return 0;
}

static int parse_escapes(struct confine *confine, int fd)
{
	return confine_fail(confine, "two\nlines\x1b[2J");
}

static void test_confined(void **context)
{
	static const struct {
		confine_parser parse;
		const char *expected;
	} parsers[] = {
		{ parse_tries, "is held" },
		{ parse_dies, "the data are damaged: their parser, which runs confined, died of them" },
		{ parse_is_silent, "their parser gave up without a word" },
		{ parse_host_bits, "network '192.0.2.1/24' has bits set after its prefix length" },
		{ parse_country, "network '192.0.2.0/24' has a country that is not two letters" },
		{ parse_everything, "has a network with the prefix length 0" },
		{ parse_date, "has no date that can be" },
		{ parse_escapes, "two?lines?[2J" },
	};
	size_t i;

	for (i = 0; i < sizeof(parsers) / sizeof(parsers[0]); i++) {
		struct resid_error err = { 0 };
		struct source source = { 0 };
		struct source_reader reader = { .source = &source, .path = FEEDS "list.txt", .err = &err };

		assert_int_equal(confine_read(&reader, parsers[i].parse), -1);
		if (!strstr(err.text, parsers[i].expected))
			fail_msg("expected '%s', got '%s'", parsers[i].expected, err.text);
		/* nobody is left behind */
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	}
}

static void test_names(void **context)
{
	struct resid_error err = { 0 };
	struct source *source = mem_zero(1, sizeof(*source));
	struct source_reader reader = { .source = source, .path = FEEDS "list.txt", .err = &err };

	if (confine_read(&reader, parse_names))
		fail_msg("%s", err.text);
	source_order_as(source);
	assert_int_equal(source->as.length, 3 * sizeof(struct source_as));
	as_is(source, 0, 64497, "first");
	as_is(source, 1, 64498, "0123456789abcdef");
	assert_int_equal(((const struct source_as *)source->as.data)[2].number, 64499);
	assert_int_equal(strlen((char *)source->as_text.data), SOURCE_AS_NAME - 1);
	source_free(source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_confined),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, source_setup, source_teardown);
}
