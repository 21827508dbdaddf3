// SPDX-License-Identifier: Apache-2.0
/* Providers' feeds in JSON: good files, refused ones with their words, and files cut anywhere. */
#include "source_support.h"

static void test_good_json(void **context)
{
	struct source *source = good(SOURCE_AWS, FEEDS "aws.json");

	assert_string_equal(source->name, "it");
	assert_string_equal(source->file, "aws.json");
	assert_string_equal(source->date, "2026-06-25");
	assert_string_equal(source->string[0], "");
	assert_int_equal(source->v4.count, 4);
	assert_int_equal(source->v6.count, 1);
	V4(0, "192.0.2.0/24 eusc-de-east-1 AMAZON - - 0");
	V4(1, "198.51.100.0/24 eu-west-3 AMAZON - - 0");
	V4(2, "198.51.100.0/24 eu-west-3 EC2 - - 0");
	/* a local zone is not where its region is */
	V4(3, "203.0.113.0/24 eu-central-1-ist-1 EC2 - - 0");
	V6(0, "2001:db8::/32 eu-west-3 AMAZON - - 0");
	source_free(source);

	source = good(SOURCE_AZURE, FEEDS "azure.json");
	assert_string_equal(source->date, "");
	assert_int_equal(source->v4.count, 3);
	V4(0, "192.0.2.0/24 centralfrance AzureCloud.centralfrance - - 0");
	V4(1, "192.0.2.0/28 centralfrance AzureCloud.centralfrance - - 0");
	V4(2, "203.0.113.0/24 - ActionGroup - - 0");
	assert_int_equal(source->v6.count, 1);
	source_free(source);

	source = good(SOURCE_GOOGLE, FEEDS "google.json");
	assert_string_equal(source->date, "2026-06-25");
	V4(0, "198.51.100.0/25 europe-west9 Google Cloud - - 0");
	V6(0, "2001:db8:2::/48 - - - - 0");
	source_free(source);

	source = good(SOURCE_ORACLE, FEEDS "oracle.json");
	assert_string_equal(source->date, "2026-06-25");
	assert_int_equal(source->v4.count, 4);
	V4(0, "192.0.2.0/24 eu-paris-1 - - - 0");
	V4(1, "203.0.113.0/25 eu-frankfurt-2 OBJECT_STORAGE - - 0");
	V4(2, "203.0.113.0/25 eu-frankfurt-2 OSN - - 0");
	V4(3, "203.0.113.128/25 eu-paris-1 OCI - - 0");
	source_free(source);
}

#define AWS(prefixes, v6) "{\"createDate\": \"2026-06-25-04-23-59\", \"prefixes\": " prefixes ", \"ipv6_prefixes\": " v6 "}"
#define AWS_ONE(prefix) AWS("[{\"ip_prefix\": \"" prefix "\", \"region\": \"a\", \"service\": \"b\"}]", "[]")

static void test_bad_json(void **context)
{
	bad(SOURCE_AWS, "", ": is empty");
	bad(SOURCE_AWS, " ", ":1:2: not JSON: a value expected, and the file ends");
	bad(SOURCE_AWS, "{\n \"prefixes\": [\n", ":3:1: not JSON: ");
	bad(SOURCE_AWS, "{\"a\": [1,]}", ":1:10: not JSON: ");
	bad(SOURCE_AWS, "{\"a\": 1, \"a\": 2}", "not JSON: duplicate");
	bad(SOURCE_AWS, "[]", "is not an object");
	bad(SOURCE_AWS, "{}", "prefixes: is missing, so this is no file of the format `aws`");
	bad(SOURCE_AWS, AWS("{}", "[]"), "prefixes: is not a list");
	bad(SOURCE_AWS, AWS("[]", "[]"), "holds no prefix at all");
	bad(SOURCE_AWS, AWS("[7]", "[]"), "prefixes[0]: is not an object");
	bad(SOURCE_AWS, AWS("[{}]", "[]"), "prefixes[0].ip_prefix: is missing");
	bad(SOURCE_AWS, AWS("[{\"ip_prefix\": 7}]", "[]"), "prefixes[0].ip_prefix: is not text");
	bad(SOURCE_AWS, AWS_ONE("192.0.2.1/24"), "prefixes[0].ip_prefix: '192.0.2.1/24' has bits set after");
	bad(SOURCE_AWS, AWS_ONE("0.0.0.0/0"), "prefixes[0].ip_prefix: '0.0.0.0/0' is every address there is");
	bad(SOURCE_AWS, AWS_ONE("2001:db8::/32"), "'2001:db8::/32' is of the other address family");
	bad(SOURCE_AWS, AWS_ONE("192.0.2.0/33"), "has a prefix length over 32");
	bad(SOURCE_AWS, "{\"createDate\": \"25.6.2026\", \"prefixes\": []}", "createDate: '25.6.2026' does not begin with");
	bad(SOURCE_AWS, "{\"createDate\": \"2026-02-29-01\", \"prefixes\": []}", "createDate: '2026-02-29-01'");
	bad(SOURCE_AZURE, "{\"values\": [{\"name\": \"a\"}]}", "values[0].properties: is missing");
	bad(SOURCE_AZURE, "{\"values\": [{\"name\": \"a\", \"properties\": 7}]}", "values[0].properties: is not an object");
	bad(SOURCE_AZURE, "{\"values\": [{\"name\": \"a\", \"properties\": {\"addressPrefixes\": [\"192.0.2.0/24\", 7]}}]}",
	    "values[0].properties.addressPrefixes[1]: is not text");
	bad(SOURCE_AZURE, "{\"values\": [{\"name\": \"a\", \"properties\": {\"addressPrefixes\": [\"::/0\"]}}]}",
	    "values[0].properties.addressPrefixes[0]: '::/0' is every address there is");
	bad(SOURCE_AZURE, "{\"values\": []}", "holds no prefix at all");
	bad(SOURCE_GOOGLE, "{\"prefixes\": [{\"scope\": \"x\"}]}", "prefixes[0].ipv4Prefix: is missing");
	bad(SOURCE_GOOGLE, "{\"prefixes\": [{\"ipv6Prefix\": \"192.0.2.0/24\"}]}", "is of the other address family");
	bad(SOURCE_ORACLE, "{\"regions\": [{\"region\": \"x\"}]}", "regions[0].cidrs: is missing");
	bad(SOURCE_ORACLE, "{\"regions\": [{\"region\": \"x\", \"cidrs\": [{\"cidr\": \"192.0.2.0\", \"tags\": 7}]}]}",
	    "regions[0].cidrs[0].tags: is not a list");
	bad(SOURCE_ORACLE, "{\"regions\": [{\"region\": \"x\", \"cidrs\": [{\"cidr\": \"localhost\"}]}]}",
	    "regions[0].cidrs[0].cidr: 'localhost' is not an address or a prefix");
}

/* However a file is cut short, it is refused or is whole. */
static void test_truncated_json(void **context)
{
	static const struct {
		enum source_format format;
		const char *path;
	} files[] = { { SOURCE_AWS, FEEDS "aws.json" }, { SOURCE_AZURE, FEEDS "azure.json" },
		      { SOURCE_GOOGLE, FEEDS "google.json" }, { SOURCE_ORACLE, FEEDS "oracle.json" } };
	size_t i, cut, length;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		_cleanup_free_ char *data = NULL;
		struct resid_error err;

		assert_int_equal(file_read(files[i].path, 1 << 20, &data, &length, &err), 0);
		for (cut = 1; cut + 2 < length; cut += 13)
			refused(files[i].format, keep("cut", data, cut), "not JSON: ");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_json),
		cmocka_unit_test(test_bad_json),
		cmocka_unit_test(test_truncated_json),
	};

	return cmocka_run_group_tests(tests, source_setup, source_teardown);
}
