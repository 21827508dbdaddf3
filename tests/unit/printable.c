// SPDX-License-Identifier: Apache-2.0
/*
 * Text that others supplied, before a terminal sees it. Which characters are hidden, printable-unicode.sh asks of
 * Python.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "util/printable.h"

static void becomes(const char *text, const char *expected)
{
	char *copy = printable_copy(text);

	assert_string_equal(copy, expected);
	free(copy);
}

static void keeps_what_can_be_read(void **state)
{
	becomes("", "");
	becomes("plain text, \"quoted\" \\back", "plain text, \"quoted\" \\back");
	becomes("Préfecture, 日本, Ελλάδα, \xf0\x9f\x94\x92", "Préfecture, 日本, Ελλάδα, \xf0\x9f\x94\x92");
}

static void shows_controls(void **state)
{
	becomes("a\x1b[31mb", "a\\x1b[31mb");
	becomes("one\ntwo\ttab\rback\bdel\x7f", "one\\ntwo\\ttab\\x0dback\\x08del\\x7f");
	becomes("\xc2\x9b" "31m", "\\u009b31m");	/* CSI in one character */
}

static void shows_what_turns_or_hides(void **state)
{
	becomes("evil\xe2\x80\xae" "gpj.exe", "evil\\u202egpj.exe");
	becomes("\xe2\x81\xa6x\xe2\x81\xa9\xe2\x80\x8f\xd8\x9c", "\\u2066x\\u2069\\u200f\\u061c");
	becomes("\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf\xe2\x80\x8b", "\\u2028\\u2029\\ufeff\\u200b");
	becomes("\xf3\xa0\x81\x81", "\\U000e0041");
}

static void shows_bytes_that_are_none(void **state)
{
	becomes("\xff", "\\xff");
	becomes("a\xc3", "a\\xc3");
	becomes("\xe2\x80", "\\xe2\\x80");
	becomes("\xed\xa0\x80", "\\xed\\xa0\\x80");
	becomes("\xc0\x9b", "\\xc0\\x9b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_can_be_read),
		cmocka_unit_test(shows_controls),
		cmocka_unit_test(shows_what_turns_or_hides),
		cmocka_unit_test(shows_bytes_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
