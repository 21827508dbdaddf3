// SPDX-License-Identifier: Apache-2.0
/*
 * What providers publish as JSON, each in its shape: read as what it is when that is said, and found among all when it
 * is not.
 */
#include "source_support.h"

#define DAY "2026-06-25"

static const struct {
	enum source_format format;
	const char *text;
	const char *facts[6]; /* as fact_is() has them, IPv4 and then IPv6 */
	const char *date;
} shapes[] = {
	{ SOURCE_AWS,
	  "{\"createDate\": \"2026-06-25-04-23-59\", \"prefixes\": [{\"ip_prefix\": \"192.0.2.0/24\", \"region\": \"eu-central-1\","
	  " \"service\": \"EC2\", \"network_border_group\": \"eu-central-1-ist-1\"}, {\"service\": \"S3\", \"region\": \"GLOBAL\","
	  " \"network_border_group\": \"\", \"ip_prefix\": \"198.51.100.0/24\"}], \"ipv6_prefixes\": []}",
	  { "192.0.2.0/24 eu-central-1-ist-1 EC2 - - 0", "198.51.100.0/24 GLOBAL S3 - - 0" },
	  DAY },
	{ SOURCE_AZURE,
	  "{\"changeNumber\": 1, \"values\": [{\"name\": \"Storage.FranceC\", \"properties\": {\"region\": \"francecentral\","
	  " \"addressPrefixes\": [\"192.0.2.0/24\", \"2001:db8::/32\"]}}]}",
	  { "192.0.2.0/24 francecentral Storage.FranceC - - 0", "2001:db8::/32 francecentral Storage.FranceC - - 0" },
	  NULL },
	{ SOURCE_GOOGLE,
	  "{\"creationTime\": \"2026-06-25T04:33:59\", \"prefixes\": [{\"ipv6Prefix\": \"2001:db8::/32\"},"
	  " {\"ipv4Prefix\": \"192.0.2.0/24\", \"service\": \"Google Cloud\", \"scope\": \"europe-west9\"}]}",
	  { "192.0.2.0/24 europe-west9 Google Cloud - - 0", "2001:db8::/32 - - - - 0" },
	  DAY },
	{ SOURCE_ORACLE,
	  "{\"last_updated_timestamp\": \"2026-06-25T04:33:59\", \"regions\": [{\"cidrs\": [{\"cidr\": \"192.0.2.0/24\","
	  " \"tags\": [\"OCI\", \"OSN\"]}, {\"cidr\": \"198.51.100.0/24\"}], \"region\": \"eu-paris-1\"}]}",
	  { "192.0.2.0/24 eu-paris-1 OCI - - 0", "192.0.2.0/24 eu-paris-1 OSN - - 0", "198.51.100.0/24 eu-paris-1 - - - 0" },
	  DAY },
	{ SOURCE_FASTLY, "{\"addresses\": [\"192.0.2.0/24\"], \"ipv6_addresses\": [\"2001:db8::/32\"]}", { "192.0.2.0/24 - - - - 0", "2001:db8::/32 - - - - 0" }, NULL },
	{ SOURCE_GITHUB,
	  "{\"verifiable_password_authentication\": false, \"ssh_key_fingerprints\": {\"SHA256_RSA\": \"uNiV\"},"
	  " \"ssh_keys\": [\"ssh-rsa AAAA\", \"ssh-ed25519 BBBB\"], \"hooks\": [\"192.0.2.0/24\", \"2001:db8::/32\"],"
	  " \"web\": [\"192.0.2.0/24\", \"198.51.100.7\"], \"none\": [], \"domains\": {\"website\": [\"*.example.org\"]}}",
	  { "192.0.2.0/24 - hooks - - 0", "192.0.2.0/24 - web - - 0", "198.51.100.7/32 - web - - 0",
	    "2001:db8::/32 - hooks - - 0" },
	  NULL },
	{ SOURCE_ZSCALER, "{\"cloudName\": \"zscaler.net\", \"type\": \"recommended\", \"hubPrefixes\": [\"192.0.2.0/24\"]}", { "192.0.2.0/24 - - - - 0" }, NULL },
	{ SOURCE_ZSCALER_CENR,
	  "{\"zscaler.net\": {\"continent : EMEA\": {\"city : Paris II\": [{\"range\": \"192.0.2.0/24\", \"vpn\": \"\"}],"
	  " \"city : Oslo\": [{\"range\": \"2001:db8::/32\"}]}}}",
	  { "192.0.2.0/24 city : Paris II zscaler.net - - 0", "2001:db8::/32 city : Oslo zscaler.net - - 0" },
	  NULL },
	{ SOURCE_M365,
	  "[{\"id\": 1, \"serviceArea\": \"Exchange\", \"urls\": [\"outlook.office.com\"], \"ips\": [\"192.0.2.0/24\"]},"
	  " {\"id\": 2, \"serviceArea\": \"Common\", \"urls\": [\"*.example.org\"]}]",
	  { "192.0.2.0/24 - Exchange - - 0" },
	  NULL },
	{ SOURCE_SALESFORCE,
	  "{\"syncToken\": \"1\", \"prefixes\": [{\"provider\": \"aws\", \"region\": \"eu-west-3\", \"ip_prefix\":"
	  " [\"192.0.2.0/24\", \"198.51.100.0/24\"]}]}",
	  { "192.0.2.0/24 eu-west-3 aws - - 0", "198.51.100.0/24 eu-west-3 aws - - 0" },
	  NULL },
	{ SOURCE_VULTR,
	  "{\"description\": \"x\", \"asn\": 64496, \"updated\": \"2026-06-25T04:33:59Z\", \"subnets\": [{\"ip_prefix\":"
	  " \"192.0.2.0/24\", \"alpha2code\": \"FR\", \"region\": \"FR-IDF\", \"city\": \"Paris\"}]}",
	  { "192.0.2.0/24 FR-IDF - FR - 0" },
	  DAY },
	{ SOURCE_EXOSCALE,
	  "{\"prefixes\": [{\"IPv4Prefix\": \"192.0.2.0/24\", \"zone\": \"ch-dk-2\"},"
	  " {\"IPv6Prefix\": \"2001:db8::/32\", \"zone\": \"at-vie-1\"}]}",
	  { "192.0.2.0/24 ch-dk-2 - - - 0", "2001:db8::/32 at-vie-1 - - - 0" },
	  NULL },
	{ SOURCE_CLOUDFLARE,
	  "{\"result\": {\"ipv4_cidrs\": [\"192.0.2.0/24\"], \"ipv6_cidrs\": [\"2001:db8::/32\"], \"etag\": \"x\"},"
	  " \"success\": true, \"errors\": []}",
	  { "192.0.2.0/24 - - - - 0", "2001:db8::/32 - - - - 0" },
	  NULL },
	{ SOURCE_ATLASSIAN,
	  "{\"creationDate\": \"2026-06-25T04:33:59\", \"items\": [{\"network\": \"192.0.2.0\", \"mask_len\": 24, \"cidr\":"
	  " \"192.0.2.0/24\", \"region\": [\"eu-west-1\", \"global\"], \"product\": [\"jira\"]}]}",
	  { "192.0.2.0/24 eu-west-1 jira - - 0", "192.0.2.0/24 global jira - - 0" },
	  DAY },
	{ SOURCE_IMPERVA, "{\"ipRanges\": [\"192.0.2.0/24\"], \"ipv6Ranges\": [\"2001:db8::/32\"], \"res\": 0}", { "192.0.2.0/24 - - - - 0", "2001:db8::/32 - - - - 0" }, NULL },
	{ SOURCE_OKTA, "{\"eu_cell_1\": {\"ip_ranges\": [\"192.0.2.0/24\"]}, \"us_cell_1\": {\"ip_ranges\": [\"198.51.100.0/24\"]}}", { "192.0.2.0/24 eu_cell_1 - - - 0", "198.51.100.0/24 us_cell_1 - - - 0" }, NULL },
	{ SOURCE_RPKI,
	  "{\"metadata\": {\"buildmachine\": \"x\", \"buildtime\": \"2026-06-25T04:33:59Z\", \"roas\": 3}, \"roas\": ["
	  "{\"asn\": 64496, \"prefix\": \"192.0.2.0/24\", \"maxLength\": 24, \"ta\": \"ripe\", \"expires\": 1782361439},"
	  "{\"asn\": \"AS64497\", \"prefix\": \"2001:db8::/32\", \"maxLength\": 48, \"ta\": \"ripe\"},"
	  "{\"asn\": 0, \"prefix\": \"198.51.100.0/24\", \"maxLength\": 24, \"ta\": \"apnic\"}]}",
	  { "192.0.2.0/24 - - - - 64496", "2001:db8::/32 - - - - 64497" },
	  DAY },
	{ SOURCE_FRR,
	  "{\"vrfName\": \"default\", \"localAS\": 64511, \"routes\": {\"192.0.2.0/24\": ["
	  "{\"valid\": true, \"prefix\": \"192.0.2.0\", \"prefixLen\": 24, \"network\": \"192.0.2.0/24\", \"path\": \"64500 64496\"},"
	  "{\"valid\": true, \"network\": \"192.0.2.0/24\", \"path\": \"64501 {64497,64498}\"}],"
	  "\"2001:db8::/32\": [{\"network\": \"2001:db8::/32\", \"path\": \"\"}]}}",
	  { "192.0.2.0/24 - - - - 64496", "192.0.2.0/24 - - - - 64497", "192.0.2.0/24 - - - - 64498",
	    "2001:db8::/32 - - - - 64511" },
	  NULL },
};

#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static uint64_t all_documents(void)
{
	return source_formats(SOURCE_USE_FEED) | source_formats(SOURCE_USE_ASN);
}

static void is_as_expected(const struct source *source, size_t i)
{
	size_t count = 0;

	assert_int_equal(source->format, shapes[i].format);
	assert_string_equal(source->date, shapes[i].date ? shapes[i].date : "");
	for (; count < 6 && shapes[i].facts[count]; count++) {
		if (count < source->v4.count)
			V4(count, shapes[i].facts[count]);
		else
			V6(count - source->v4.count, shapes[i].facts[count]);
	}
	assert_int_equal(source->v4.count + source->v6.count, count);
}

static void test_shapes(void **context)
{
	for (size_t i = 0; i < SHAPES; i++) {
		const char *path = keep("feed", shapes[i].text, strlen(shapes[i].text));
		struct source *source = good(shapes[i].format, path);
		struct resid_error err;

		is_as_expected(source, i);
		source_free(source);
		source = NULL;
		if (source_read(&(struct source_want){ all_documents(), "it", SOURCE_BAD }, path, &source, &err))
			fail_msg("%s: %s", source_format_name(shapes[i].format), err.text);
		is_as_expected(source, i);
		source_free(source);
	}
}

/* A byte order mark before it, blanks around it, and a large value among its members. */
static void test_dirt(void **context)
{
	for (size_t i = 0; i < SHAPES; i++) {
		_cleanup_buffer_ struct buffer file = { 0 };
		struct source *source;

		buffer_append(&file, "\xef\xbb\xbf \r\n\t", 7);
		if (shapes[i].text[0] == '{') {
			buffer_append(&file, "{\"comment\": \"", 13);
			memset(buffer_extend(&file, 300000), '-', 300000);
			buffer_append(&file, "\",\n", 3);
			buffer_append(&file, shapes[i].text + 1, strlen(shapes[i].text + 1));
		} else {
			buffer_append(&file, shapes[i].text, strlen(shapes[i].text));
		}
		buffer_append(&file, "\n\n", 2);
		source = good(shapes[i].format, keep("dirt", file.data, file.length));
		is_as_expected(source, i);
		source_free(source);
		/* what follows the document is no part of it */
		buffer_append(&file, "{", 1);
		refused(shapes[i].format, keep("more", file.data, file.length), "not JSON: the end of the file expected near '{'");
	}
}

/* However a document is cut short, it is refused. */
static void test_cut(void **context)
{
	for (size_t i = 0; i < SHAPES; i++)
		for (size_t cut = 1; cut < strlen(shapes[i].text); cut += 3)
			refused(shapes[i].format, keep("cut", shapes[i].text, cut), "not JSON: ");
}

/* A document in pieces that are larger than what is looked at at once. */
static void test_long(void **context)
{
	_cleanup_buffer_ struct buffer file = { 0 };
	struct source *source;
	char item[256];

	buffer_append(&file, "{\"roas\":[", 9);
	for (unsigned int i = 0; i < 50000; i++) {
		int length = snprintf(item, sizeof(item),
				      "%s\n{\"prefix\":\"10.%u.%u.0/24\",\"asn\":\"AS%u\",\"ta\":\"a %s text\",\"n\":%u}", i ? "," : "",
				      i >> 8, i & 255, 64496 + i % 10, "\xc3\xa9\\u00e9\xe2\x82\xac", i);

		buffer_append(&file, item, (size_t)length);
	}
	buffer_append(&file, "]}", 2);
	source = good(SOURCE_RPKI, keep("long", file.data, file.length));
	assert_int_equal(source->v4.count, 50000);
	V4(49999, "10.195.79.0/24 - - - - 64505");
	source_free(source);
	file.data[file.length - 3] = ']';
	refused(SOURCE_RPKI, keep("broken", file.data, file.length), ":50001:");
}

static void test_bad_shapes(void **context)
{
	struct source *source = NULL;
	struct resid_error err;

	bad(SOURCE_FASTLY, "{\"addresses\": []}", "ipv6_addresses: is missing, so this is no file of the format `fastly`");
	bad(SOURCE_FASTLY, "{\"addresses\": [\"2001:db8::/32\"], \"ipv6_addresses\": []}", "addresses[0]: '2001:db8::/32' is of the other");
	bad(SOURCE_GITHUB, "{\"hooks\": [\"192.0.2.0/24\", \"www.example.org\"]}", "hooks[1]: 'www.example.org' is not an address");
	bad(SOURCE_M365, "{}", "the JSON is not a list");
	bad(SOURCE_M365, "[{\"ips\": [\"192.0.2.0/24\"]}]", "[0].serviceArea: is missing");
	bad(SOURCE_EXOSCALE, "{\"prefixes\": [{\"zone\": \"x\"}]}", "prefixes[0].IPv4Prefix: is missing");
	bad(SOURCE_VULTR, "{\"subnets\": [{\"ip_prefix\": \"192.0.2.0/24\", \"alpha2code\": \"France\"}]}",
	    "subnets[0].alpha2code: is not a country of two letters");
	bad(SOURCE_RPKI, "{\"roas\": [{\"prefix\": \"192.0.2.0/24\", \"asn\": \"64496x\"}]}", "roas[0].asn: is neither the number");
	bad(SOURCE_RPKI, "{\"roas\": [{\"prefix\": \"192.0.2.0/24\", \"asn\": -1}]}", "roas[0].asn: is neither the number");
	bad(SOURCE_ZSCALER_CENR, "{\"z\": {\"c\": {\"p\": [{}]}}}", "z.c.p[0].range: is missing");
	bad(SOURCE_FRR, "{\"routes\": {\"192.0.2.0/24\": [{\"network\": \"192.0.2.1/24\", \"path\": \"\"}]}}",
	    "routes.192.0.2.0/24[0].network: '192.0.2.1/24' has bits set");
	assert_int_equal(source_read(&(struct source_want){ all_documents(), "it", SOURCE_BAD },
				     keep("other", "{\"a\": [\"b\"], \"prefixes\": [{\"cidr\": \"192.0.2.0/24\"}]}", 52), &source, &err),
			 -1);
	assert_non_null(strstr(err.text, "is JSON, but of no shape that is read here"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_dirt),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_bad_shapes),
	};

	return cmocka_run_group_tests(tests, source_setup, source_teardown);
}
