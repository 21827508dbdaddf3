// SPDX-License-Identifier: Apache-2.0
/* The JSON writer against jansson: whatever bytes a workload chose, one line that a strict parser takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/jsonw.h"

/* Writes {"k": value}, checks that it is one line, and gives back what jansson read. free() it. */
static char *through(const char *value)
{
	struct jsonw json = { 0 };
	json_error_t error;
	json_t *parsed;
	char *copy;

	jsonw_object(&json, NULL);
	jsonw_string(&json, "k", value);
	jsonw_object_end(&json);
	for (size_t i = 0; i < json.length; i++)
		assert_true((unsigned char)json.text[i] >= 0x20 && json.text[i] != 0x7f);
	jsonw_raw(&json, "", 1);
	assert_null(strstr(json.text, "\xe2\x80\xae"));	/* no terminal turns its letters round */
	json.length--;
	parsed = json_loadb(json.text, json.length, JSON_REJECT_DUPLICATES, &error);
	if (!parsed)
		fail_msg("%s in %.*s", error.text, (int)json.length, json.text);
	copy = strdup(json_string_value(json_object_get(parsed, "k")));
	json_decref(parsed);
	jsonw_fini(&json);
	return copy;
}

static void same(const char *value)
{
	char *copy = through(value);

	assert_string_equal(copy, value);
	free(copy);
}

static void becomes(const char *value, const char *expected)
{
	char *copy = through(value);

	assert_string_equal(copy, expected);
	free(copy);
}

static void keeps_text(void **state)
{
	same("");
	same("plain");
	same("\"quoted\" \\back\\slash /slash");
	same("line\nline\r\ttab\b\f\x01\x1f\x7f");
	same("{\"injected\":true}\n{\"verdict\":\"allow\"}");
	same("Préfecture, 日本, \xf0\x9f\x94\x92, \xe2\x80\xa8\xe2\x80\xa9");
	same("|a=b|cs1Label=x\\n");
	same("turned \xe2\x80\xae and back \xe2\x81\xa9, hidden \xf3\xa0\x81\x81\xef\xbb\xbf");
	same("\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xf4\x8f\xbf\xbf");
}

#define BAD "\xef\xbf\xbd"

static void replaces_what_is_no_utf8(void **state)
{
	becomes("\x80", BAD);
	becomes("a\xff" "b", "a" BAD "b");
	becomes("\xc0\xaf", BAD BAD);			/* overlong / */
	becomes("\xe0\x80\xaf", BAD BAD BAD);
	becomes("\xed\xa0\x80", BAD BAD BAD);		/* surrogate */
	becomes("\xf4\x90\x80\x80", BAD BAD BAD BAD);	/* beyond U+10FFFF */
	becomes("\xc3", BAD);				/* cut off */
	becomes("\xe2\x80", BAD BAD);
	becomes("\xf0\x9f\x94", BAD BAD BAD);
	becomes("\xc3\"", BAD "\"");			/* the quote is not swallowed */
}

static void takes_random_bytes(void **state)
{
	unsigned int seed = 1;

	for (int round = 0; round < 20000; round++) {
		char value[64];
		size_t length = (size_t)rand_r(&seed) % (sizeof(value) - 1);

		for (size_t i = 0; i < length; i++)
			value[i] = (char)(1 + rand_r(&seed) % 255);
		value[length] = '\0';
		free(through(value));
	}
}

static void grows(void **state)
{
	char *value = malloc(300001), *copy;

	memset(value, '"', 300000);
	value[300000] = '\0';
	copy = through(value);
	assert_string_equal(copy, value);
	free(copy);
	free(value);
}

static void nests(void **state)
{
	struct jsonw json = { 0 };

	jsonw_object(&json, NULL);
	jsonw_array(&json, "a");
	jsonw_array_end(&json);
	jsonw_object(&json, "o");
	jsonw_u64(&json, "max", UINT64_MAX);
	jsonw_u64(&json, "zero", 0);
	jsonw_object_end(&json);
	jsonw_array(&json, "b");
	jsonw_bool(&json, NULL, true);
	jsonw_bool(&json, NULL, false);
	jsonw_object(&json, NULL);
	jsonw_hex(&json, "h", "\x00\xab\xff", 3);
	jsonw_object_end(&json);
	jsonw_array_end(&json);
	jsonw_object_end(&json);
	jsonw_line(&json);
	jsonw_object(&json, NULL);
	jsonw_object_end(&json);
	jsonw_line(&json);
	assert_int_equal(json.length, strlen("{\"a\":[],\"o\":{\"max\":18446744073709551615,\"zero\":0},\"b\":[true,false,"
					     "{\"h\":\"00abff\"}]}\n{}\n"));
	assert_memory_equal(json.text, "{\"a\":[],\"o\":{\"max\":18446744073709551615,\"zero\":0},\"b\":[true,false,"
				       "{\"h\":\"00abff\"}]}\n{}\n", json.length);
	jsonw_fini(&json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_text),
		cmocka_unit_test(replaces_what_is_no_utf8),
		cmocka_unit_test(takes_random_bytes),
		cmocka_unit_test(grows),
		cmocka_unit_test(nests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
