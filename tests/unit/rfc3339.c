// SPDX-License-Identifier: Apache-2.0
/* Points in time: what the calendar has, what it has not, and the way there and back. */
#include "support.h"

#include "util/rfc3339.h"

static void test_reads(void **context)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} good[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-11-22T13:00:00Z", 1795352400 },
		{ "2026-11-22T14:00:00+01:00", 1795352400 },
		{ "2026-11-22T08:30:00-04:30", 1795352400 },
		{ "2026-11-23T03:45:00+14:45", 1795352400 },
		{ "2024-02-29T00:00:00Z", 1709164800 },
		{ "2000-02-29T00:00:00+00:00", 951782400 },
		{ "9999-12-31T23:59:59Z", 253402300799 },
		{ "1970-01-01T00:00:00+02:00", -7200 },
	};
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const char *error;
		int64_t seconds;

		error = rfc3339_parse(good[i].text, &seconds);
		if (error)
			fail_msg("%s %s", good[i].text, error);
		assert_int_equal(seconds, good[i].seconds);
	}
}

static void test_refuses(void **context)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "", "is not a date and a time" },
		{ "2026-11-22", "is not a date and a time" },
		{ "2026-11-22 14:00:00Z", "is not a date and a time" },
		{ "2026-11-22t14:00:00Z", "is not a date and a time" },
		{ "20261122T140000Z", "is not a date and a time" },
		{ "2026-11-22T14:00Z", "is not a date and a time" },
		{ " 2026-11-22T14:00:00Z", "is not a date and a time" },
		{ "2026-02-29T14:00:00Z", "is a day that the calendar does not have" },
		{ "2100-02-29T14:00:00Z", "is a day that the calendar does not have" },
		{ "2026-04-31T14:00:00Z", "is a day that the calendar does not have" },
		{ "2026-13-01T14:00:00Z", "is a day that the calendar does not have" },
		{ "2026-00-01T14:00:00Z", "is a day that the calendar does not have" },
		{ "2026-01-00T14:00:00Z", "is a day that the calendar does not have" },
		{ "1969-12-31T23:59:59Z", "is a day that the calendar does not have" },
		{ "2026-11-22T24:00:00Z", "is a time that no clock shows" },
		{ "2026-11-22T23:60:00Z", "is a time that no clock shows" },
		{ "2026-11-22T23:59:60Z", "is a time that no clock shows" },
		{ "2026-11-22T14:00:00", "has no offset from UTC" },
		{ "2026-11-22T14:00:00.5Z", "has a fraction of a second" },
		{ "2026-11-22T14:00:00z", "does not end in an offset" },
		{ "2026-11-22T14:00:00ZZ", "does not end in an offset" },
		{ "2026-11-22T14:00:00+1", "does not end in an offset" },
		{ "2026-11-22T14:00:00+0100", "does not end in an offset" },
		{ "2026-11-22T14:00:00+01:00x", "does not end in an offset" },
		{ "2026-11-22T14:00:00+24:00", "has an offset that no clock shows" },
		{ "2026-11-22T14:00:00+01:60", "has an offset that no clock shows" },
		{ "2026-11-22T14:00:00-00:00", "has the offset -00:00" },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int64_t seconds = 42;
		const char *error = rfc3339_parse(bad[i].text, &seconds);

		if (!error)
			fail_msg("'%s' was accepted", bad[i].text);
		if (strncmp(error, bad[i].why, strlen(bad[i].why)))
			fail_msg("'%s' %s, not that it %s", bad[i].text, error, bad[i].why);
		assert_int_equal(seconds, 42);
	}
}

static void test_there_and_back(void **context)
{
	int64_t seconds, back;
	char text[RFC3339_TEXT];

	for (seconds = 0; seconds < 253402300800; seconds += 86399 * 97) {
		rfc3339_format(seconds, text);
		assert_int_equal(strlen(text), RFC3339_TEXT - 1);
		assert_null(rfc3339_parse(text, &back));
		assert_int_equal(back, seconds);
	}
	rfc3339_format(1795352400, text);
	assert_string_equal(text, "2026-11-22T13:00:00Z");
}

static void test_days(void **context)
{
	int64_t first;

	assert_true(rfc3339_parse_day("2024-02-29", &first));
	assert_int_equal(first, 1709164800);
	assert_false(rfc3339_parse_day("2026-02-29", &first));
	assert_false(rfc3339_parse_day("2026-2-28", &first));
	assert_false(rfc3339_parse_day("2026-02-28T", &first));
	assert_false(rfc3339_parse_day("", &first));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
