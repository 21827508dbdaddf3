// SPDX-License-Identifier: Apache-2.0
/* Every format's name, a file that is not there, and the real files where they are. */
#include "source_support.h"

static void test_missing(void **context)
{
	struct source *source = NULL;
	struct resid_error err;
	int format;

	for (format = 0; format < SOURCE_FORMATS; format++) {
		assert_int_equal(read_as(format, "/nonexistent", &source, &err), -1);
		assert_non_null(strstr(err.text, "/nonexistent: cannot be opened: No such file"));
		assert_int_equal(read_as(format, "/", &source, &err), -1);
		assert_int_equal(source_format_parse(source_format_name(format)), format);
	}
	assert_int_equal(source_format_parse("csv"), -1);
}

static void real(enum source_format format, const char *path, size_t v4, size_t v6)
{
	struct source *source;
	size_t family, i;

	if (access(path, R_OK)) {
		print_message("SKIP %s: not here\n", path);
		return;
	}
	source = good(format, path);
	assert_true(source->v4.count >= v4);
	assert_true(source->v6.count >= v6);
	for (family = 0; family < 2; family++) {
		const struct source_facts *facts = family ? &source->v6 : &source->v4;

		for (i = 1; i < facts->count; i++) {
			const struct source_fact *a = &facts->fact[i - 1], *b = a + 1;

			assert_true(a->first < b->first || (a->first == b->first && a->last >= b->last));
			assert_true(b->first <= b->last && b->region < source->string_count);
		}
	}
	source_free(source);
}

static void test_real(void **context)
{
	const char *data = getenv("RESID_TEST_DATA") ? getenv("RESID_TEST_DATA") : "../shared/data";
	static const struct {
		enum source_format format;
		const char *file;
		size_t v4, v6;
	} files[] = {
		{ SOURCE_AWS, "feeds/aws-ip-ranges.json", 8000, 4000 },
		{ SOURCE_AZURE, "feeds/microsoft-azure-ip-ranges.json", 30000, 10000 },
		{ SOURCE_GOOGLE, "feeds/google-cloud-ip-ranges.json", 600, 40 },
		{ SOURCE_ORACLE, "feeds/oracle-cloud-ip-ranges.json", 800, 0 },
		{ SOURCE_GEOFEED, "feeds/digitalocean.csv", 1000, 100 },
		{ SOURCE_LIST, "feeds/cloudflare-v4-ip-ranges.txt", 15, 0 },
		{ SOURCE_RIR, "rir-holder.csv.gz", 170000, 60000 },
	};
	char path[512];
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", data, files[i].file);
		real(files[i].format, path, files[i].v4, files[i].v6);
	}
	real(SOURCE_LIBLOC, LIBLOC, 1000000, 200000);
}

/* A real file that ends too early, at several lengths. */
static void test_real_truncated(void **context)
{
	_cleanup_free_ char *data = NULL;
	struct resid_error err;
	size_t length, i;

	if (access(LIBLOC, R_OK)) {
		print_message("SKIP " LIBLOC ": not here\n");
		return;
	}
	assert_int_equal(file_read(LIBLOC, 1 << 28, &data, &length, &err), 0);
	for (i = 100000; i < length && i < 40000000; i *= 18)
		refused(SOURCE_LIBLOC, keep("cut.db", data, i), "is cut short: its section of ");
}

/* Whatever the format: nothing in it, everything in it, host bits. The good twin shows that the rest is right. */
static void test_guards(void **context)
{
	static const struct {
		enum source_format format;
		const char *before, *after, *empty;
	} files[] = {
		{ SOURCE_AWS, "{\"prefixes\": [{\"region\": \"x\", \"service\": \"y\", \"ip_prefix\": \"",
		  "\"}], \"ipv6_prefixes\": []}",
		  "{\"prefixes\": [], \"ipv6_prefixes\": []}" },
		{ SOURCE_AZURE, "{\"values\": [{\"name\": \"a\", \"properties\": {\"addressPrefixes\": [\"", "\"]}}]}",
		  "{\"values\": []}" },
		{ SOURCE_GOOGLE, "{\"prefixes\": [{\"ipv4Prefix\": \"", "\"}]}", "{\"prefixes\": []}" },
		{ SOURCE_ORACLE, "{\"regions\": [{\"region\": \"x\", \"cidrs\": [{\"cidr\": \"", "\"}]}]}",
		  "{\"regions\": []}" },
		{ SOURCE_GEOFEED, "", ",NO,,,\n", "# nothing\n" },
		{ SOURCE_LIST, "", "\n", "\n" },
		{ SOURCE_RIR, "", ",NO\n", "\r\n" },
	};
	static const char *const prefixes[] = { "0.0.0.0/0", "192.0.2.7/24", "192.0.2.0/24" };
	static const char *const sentences[] = { "'0.0.0.0/0' is every address there is", "'192.0.2.7/24' has bits set" };
	size_t i, j;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		bad(files[i].format, files[i].empty, "holds no prefix at all");
		for (j = 0; j < 3; j++) {
			_cleanup_free_ char *text = mem_format("%s%s%s", files[i].before, prefixes[j], files[i].after);

			if (j < 2)
				bad(files[i].format, text, sentences[j]);
			else
				source_free(good(files[i].format, keep("good", text, strlen(text))));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guards),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_real),
		cmocka_unit_test(test_real_truncated),
	};

	return cmocka_run_group_tests(tests, source_setup, source_teardown);
}
