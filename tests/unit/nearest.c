// SPDX-License-Identifier: Apache-2.0
/* What somebody meant who misspelt a word; and nothing where it was another word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "util/nearest.h"

static const char *const words[] = { "policy", "class", "lookup", "explain", "status", "counters", "asn", "json", "FR", NULL };

static void means(const char *word, const char *expected)
{
	char sentence[64] = "";

	if (*expected)
		snprintf(sentence, sizeof(sentence), "; did you mean '%s'?", expected);
	assert_string_equal(nearest_of(word, words).text, sentence);
}

static void one_slip(void **state)
{
	means("polcy", "policy");		/* left out */
	means("policcy", "policy");		/* put in */
	means("poliky", "policy");		/* replaced */
	means("stauts", "status");		/* exchanged */
	means("Status", "status");
	means("cuonterz", "counters");		/* two of eight */
	means("fr", "FR");
}

static void equally_near(void **state)
{
	means("jsn", "json");			/* and asn: but it begins so */
}

static void another_word(void **state)
{
	means("", "");
	means("x", "");
	means("UK", "");
	means("frobnicate", "");
	means("lok", "");
	means("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "");
}

static void an_answer_of_its_own(void **state)
{
	struct nearest nearest = { .word = "Frence" };

	nearest_try(&nearest, "Germany", "DE");
	nearest_try(&nearest, "France", "FR");
	assert_string_equal(nearest_text(&nearest).text, "; did you mean 'FR'?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_slip),
		cmocka_unit_test(equally_near),
		cmocka_unit_test(another_word),
		cmocka_unit_test(an_answer_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
