// SPDX-License-Identifier: Apache-2.0
/*
 * What each format says: CEF and RFC 5424 through readers written from their texts, and all of them with names as a
 * hostile workload would choose them.
 */
#include "record.h"

#include <time.h>

#include "util/utf8.h"
#include "util/version.h"

#define LONG	4096

static const char *const formats[] = { "json", "ecs", "ocsf", "cef", "rfc5424" };
static char long_name[LONG + 1];

static const char **names(struct audit_event *event, size_t i)
{
	const char **all[] = { &event->host, &event->class_name, &event->reason, &event->justification, &event->policy,
			       &event->prefix, &event->control, &event->tier, &event->control_source, &event->operator,
			       &event->operator_name, &event->as_name, &event->ifname, &event->netns_name,
			       &event->cgroup, &event->unit, &event->tenant, &event->comm, &event->location };

	return i < sizeof(all) / sizeof(*all) ? all[i] : NULL;
}

/* A hidden address is not an address, and ids are not made of it. */
static void hidden_addresses(void **state)
{
	struct audit_event event = sample_event();
	json_t *json;
	char *text;

	event.src.state = AUDIT_ADDRESS_TRUNCATED;
	event.src.length = 24;
	event.dst.state = AUDIT_ADDRESS_HASHED;
	json = parsed("ecs", &event);
	silent(json, "source.ip");
	silent(json, "destination.ip");
	silent(json, "related");
	silent(json, "network.community_id");
	says(json, "source.address", "10.0.0.1/24");
	json_decref(json);
	text = written("cef", &event);
	assert_null(strstr(text, " src="));
	assert_null(strstr(text, " dst="));
	assert_non_null(strstr(text, " shost=10.0.0.1/24 "));
	free(text);
}

/* ---- CEF and RFC 5424, read as their texts say ------------------------------------------------------------ */

/* The value of an extension: from "key=" to the blank before the next key. False: not there. */
static bool cef_read(const char *text, const char *key, char *out)
{
	const char *from = text;
	size_t length = strlen(key);
	int bars = 0;

	for (; *from && bars < 7; from++) {
		if (*from == '\\')
			from++;
		else if (*from == '|')
			bars++;
	}
	assert_int_equal(bars, 7);
	while (*from) {
		const char *equals = from, *end, *last;

		while (*equals != '=')
			assert_true(*equals >= '0' && *equals <= 'z' && equals++);
		/* The next bare equals sign ends the value at the last blank before it. */
		for (end = equals + 1; *end && *end != '='; end++)
			if (*end == '\\')
				end++;
		last = end;
		if (*end)
			while (*last != ' ')
				last--;
		if ((size_t)(equals - from) == length && !strncmp(from, key, length)) {
			for (const char *in = equals + 1; in < last; in++) {
				if (*in == '\\' && (in[1] == 'n' || in[1] == 'r'))
					*out++ = *++in == 'n' ? '\n' : '\r';
				else
					*out++ = *in == '\\' ? *++in : *in;
			}
			*out = '\0';
			return true;
		}
		from = *last ? last + 1 : last;
	}
	return false;
}

static bool sd_read(const char *text, const char *key, char *out)
{
	char begin[40];
	const char *in;

	snprintf(begin, sizeof(begin), " %s=\"", key);
	in = strstr(text, begin);
	if (!in)
		return false;
	for (in += strlen(begin); *in != '"'; in++) {
		assert_true(*in && *in != ']');
		if (*in == '\\') {
			in++;
			assert_true(*in == '"' || *in == '\\' || *in == ']');
		}
		*out++ = *in;
	}
	*out = '\0';
	return true;
}

static void cef_says(const char *text, const char *key, const char *value)
{
	char have[8192];

	if (!cef_read(text, key, have))
		fail_msg("no %s in %s", key, text);
	assert_string_equal(have, value);
}

static void cef_header(void **state)
{
	struct audit_event event = sample_event();
	char *text, start[80];

	event.rule = "a|b\\c";
	text = written("cef", &event);
	snprintf(start, sizeof(start), "CEF:0|Resid|residd|%s|a\\|b\\\\c|Egress denied|5|", resid_version);
	assert_memory_equal(text, start, strlen(start));
	cef_says(text, "act", "rejected");
	cef_says(text, "externalId", "abababababababababababababababab-42-7");
	cef_says(text, "cnt", "3");
	cef_says(text, "rt", "1792842897123");
	cef_says(text, "src", "10.0.0.1");
	cef_says(text, "dpt", "443");
	cef_says(text, "cs1Label", "control");
	cef_says(text, "cs1", "US");
	cef_says(text, "cn2Label", "destinationAsn");
	cef_says(text, "cn2", "16509");
	cef_says(text, "residAsName", "AMAZON-02");
	free(text);
}

#define BAD "\xef\xbf\xbd"

static void hostile_names_come_through(void **state)
{
	static const struct {
		const char *name, *cef, *sd;
	} hostile[] = {
		{ "a|b=c\\d\"e]f", "a|b=c\\d\"e]f", "a|b=c\\d\"e]f" },
		{ "x act=allowed dst=1.1.1.1", "x act=allowed dst=1.1.1.1", "x act=allowed dst=1.1.1.1" },
		{ "\"] [evil@1 id=\"x\"]", "\"] [evil@1 id=\"x\"]", "\"] [evil@1 id=\"x\"]" },
		{ "two\nlines\r\nCEF:0|Evil|", "two\nlines\r\nCEF:0|Evil|", "two lines  CEF:0|Evil|" },
		{ "tab\tescape\x1b[2J\x7f", "tab escape [2J ", "tab escape [2J " },
		{ "no utf-8: \xff\xc0\xaf", "no utf-8: " BAD BAD BAD, "no utf-8: " BAD BAD BAD },
		{ "Pr\xc3\xa9" "fecture \\", "Pr\xc3\xa9" "fecture \\", "Pr\xc3\xa9" "fecture \\" },
		{ "=", "=", "=" },
		{ "\\", "\\", "\\" },
		{ "\\n", "\\n", "\\n" },
	};
	char have[8192];

	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		struct audit_event event = sample_event();
		char *cef, *sd;

		event.comm = event.class_name = event.reason = event.as_name = hostile[i].name;
		cef = written("cef", &event);
		cef_says(cef, "sproc", hostile[i].cef);
		cef_says(cef, "cs2", hostile[i].cef);
		cef_says(cef, "residAsName", hostile[i].cef);
		cef_says(cef, "act", "rejected");
		cef_says(cef, "dst", "52.46.1.2");
		assert_null(strchr(cef, '\n'));
		sd = written("rfc5424", &event);
		assert_memory_equal(sd, "[resid@32473 id=\"", 17);
		assert_true(sd_read(sd, "comm", have));
		assert_string_equal(have, hostile[i].sd);
		assert_true(sd_read(sd, "as_name", have));
		assert_string_equal(have, hostile[i].sd);
		assert_null(strchr(sd, '\n'));
		free(cef);
		free(sd);
	}
}

/* ---- any name, any length --------------------------------------------------------------------------------- */

static bool is_utf8(const char *text)
{
	while (*text) {
		size_t length = utf8_length(text);

		if (!length || (length == 1 && ((unsigned char)*text < 0x20 || *text == 0x7f)))
			return false;
		text += length;
	}
	return true;
}

/* Ids and counts are whole whatever the names do. */
static void keeps_ids(const char *format, const char *text)
{
	static const char *const kept[] = { "abababababababababababababababab-42-7", "52.46.1.2", "180", "deny-us" };

	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		if (!strstr(text, kept[i]))
			fail_msg("%s lost %s: %s", format, kept[i], text);
	if (!strstr(text, "truncated"))
		fail_msg("%s does not say that it is truncated: %s", format, text);
}

static void cuts_names_first(void **state)
{
	static const char fill[] = { 'a', '"', '\x01', '\n', '|', '\\', ']', '\xff', '=' };

	for (size_t f = 0; f < sizeof(formats) / sizeof(*formats); f++) {
		for (size_t i = 0; i < sizeof(fill); i++) {
			struct audit_event event = sample_event();
			char *text;

			memset(long_name, fill[i], LONG);
			for (size_t n = 0; names(&event, n); n++)
				*names(&event, n) = long_name;
			text = written(formats[f], &event);
			assert_true(is_utf8(text));
			keeps_ids(formats[f], text);
			if (format_find(formats[f])->json) {
				json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

				assert_non_null(json);
				json_decref(json);
			}
			free(text);
		}
	}
}

/* One long name among short ones is cut alone: the others stay whole. */
static void cuts_whole_characters(void **state)
{
	for (size_t f = 0; f < sizeof(formats) / sizeof(*formats); f++) {
		struct audit_event event = sample_event();
		char *text;

		for (size_t i = 0; i + 3 <= LONG; i += 3)
			memcpy(long_name + i, "\xe6\x97\xa5", 3);
		long_name[LONG - LONG % 3] = '\0';
		event.comm = long_name;
		text = written(formats[f], &event);
		assert_true(is_utf8(text));
		assert_null(strstr(text, BAD));
		assert_non_null(strstr(text, "health data stays under EU law"));
		assert_non_null(strstr(text, "\xe6\x97\xa5\xe6\x97\xa5"));
		free(text);
	}
}

static void any_bytes(void **state)
{
	unsigned int seed = 5;

	for (int round = 0; round < 4000; round++) {
		struct audit_event event = sample_event();
		char name[200];
		size_t length = (size_t)rand_r(&seed) % (sizeof(name) - 1);

		for (size_t i = 0; i < length; i++)
			name[i] = (char)(1 + rand_r(&seed) % 255);
		name[length] = '\0';
		for (size_t n = 0; names(&event, n); n++)
			if (rand_r(&seed) & 1)
				*names(&event, n) = name;
		for (size_t f = 0; f < sizeof(formats) / sizeof(*formats); f++) {
			char *text = written(formats[f], &event);

			assert_true(is_utf8(text));
			free(text);
			if (format_find(formats[f])->json)
				json_decref(parsed(formats[f], &event));
		}
	}
}

static void times(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} known[] = {
		{ 0, "1970-01-01T00:00:00.000000000Z" },
		{ 951782400000000000, "2000-02-29T00:00:00.000000000Z" },
		{ 4107542399999999999, "2100-02-28T23:59:59.999999999Z" },
	};
	unsigned int seed = 9;
	char text[FORMAT_TIME], expected[40];

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		format_time(known[i].ns, text);
		assert_string_equal(text, known[i].text);
	}
	for (int round = 0; round < 20000; round++) {
		uint64_t ns = ((uint64_t)rand_r(&seed) << 32 | (unsigned int)rand_r(&seed)) % 9000000000000000000u;
		time_t seconds = (time_t)(ns / 1000000000);
		struct tm tm;

		gmtime_r(&seconds, &tm);
		strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S", &tm);
		snprintf(expected + 19, sizeof(expected) - 19, ".%09uZ", (unsigned int)(ns % 1000000000));
		format_time(ns, text);
		assert_string_equal(text, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hidden_addresses),
		cmocka_unit_test(cef_header),
		cmocka_unit_test(hostile_names_come_through),
		cmocka_unit_test(cuts_names_first),
		cmocka_unit_test(cuts_whole_characters),
		cmocka_unit_test(any_bytes),
		cmocka_unit_test(times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
