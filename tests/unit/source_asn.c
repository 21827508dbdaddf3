// SPDX-License-Identifier: Apache-2.0
/* Which AS announces addresses, and where who holds them is registered: the texts that routers and registries write. */
#include "source_support.h"

static struct source *text(enum source_format format, const char *rows)
{
	struct source *source = NULL;
	struct resid_error err;
	const char *path = keep("text", rows, strlen(rows));

	/* found among all that are read for the same */
	if (source_read(&(struct source_want){ source_formats(SOURCE_USE_ASN) | source_formats(SOURCE_USE_RIR), "it", 500 },
			path, &source, &err))
		fail_msg("%s", err.text);
	assert_string_equal(source_format_name(source->format), source_format_name(format));
	return source;
}

static void test_csv(void **context)
{
	static const char *const files[] = {
		"192.0.2.0/24,64496,Example One\n2001:db8::/32,64497,\"Example, Two\"\n",
		"# prefix,asn,as name\n192.0.2.0/24,AS64496,Example One\n2001:db8::/32,AS64497,\"Example, Two\"\n",
		"192.0.2.0,192.0.2.255,64496,Example One\n2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,64497,\"Example, Two\"\n",
		"ip_range_start,ip_range_end,asn,as_name\n192.0.2.0,192.0.2.255,64496,Example One\n"
		"2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,64497,\"Example, Two\"\n",
		"192.0.2.0\t192.0.2.255\t64496\tFR\tExample One\n"
		"2001:db8::\t2001:db8:ffff:ffff:ffff:ffff:ffff:ffff\t64497\tNO\tExample, Two\n",
		"network,country,asn,as_name,as_domain\n192.0.2.0/24,FR,AS64496,Example One,example.org\n"
		"2001:db8::/32,NO,AS64497,\"Example, Two\",example.net\n",
		"\xef\xbb\xbf"
		"192.0.2.0/24,64496,Example One\r\n2001:db8::/32,64497,\"Example, Two\"\r\n198.51.100.0/24,0,Not routed\r\n",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct source *source = text(SOURCE_ASN_CSV, files[i]);

		print_message("csv %zu\n", i);
		assert_int_equal(source->v4.count, 1);
		assert_int_equal(source->v6.count, 1);
		V4(0, "192.0.2.0/24 - - - - 64496");
		V6(0, "2001:db8::/32 - - - - 64497");
		assert_int_equal(source->as.length, 2 * sizeof(struct source_as));
		/* of what has five columns and no names the fourth may be anything */
		if (i != 4)
			as_is(source, 0, 64496, "Example One");
		if (i != 4)
			as_is(source, 1, 64497, "Example, Two");
		source_free(source);
	}
	bad(SOURCE_ASN_CSV, "192.0.2.0/24\n", ":1: '192.0.2.0/24' has no number of an AS: ''");
	bad(SOURCE_ASN_CSV, "192.0.2.0/24,AS,x\n", ":1: '192.0.2.0/24' has no number of an AS: 'AS'");
	bad(SOURCE_ASN_CSV, "192.0.2.0/24,4294967296,x\n", "has no number of an AS: '4294967296'");
	bad(SOURCE_ASN_CSV, "192.0.2.0,192.0.1.255,64496,x\n", "'192.0.2.0' is a range that ends before it begins");
	bad(SOURCE_ASN_CSV, "192.0.2.0,2001:db8::,64496,x\n", "'192.0.2.0' is not followed by the last address of a range");
	bad(SOURCE_ASN_CSV, "192.0.2.0/25,192.0.2.255,64496,x\n", "is not followed by the last address of a range");
}

static void test_pfx2as(void **context)
{
	struct source *source = text(SOURCE_PFX2AS, "192.0.2.0\t24\t64496\n198.51.100.0\t24\t64497_64498\n"
						    "203.0.113.0 24 64499,64500_64496\n2001:db8:: 32 64496\n");

	assert_int_equal(source->v4.count, 6);
	V4(0, "192.0.2.0/24 - - - - 64496");
	V4(1, "198.51.100.0/24 - - - - 64497");
	V4(2, "198.51.100.0/24 - - - - 64498");
	V4(5, "203.0.113.0/24 - - - - 64500");
	V6(0, "2001:db8::/32 - - - - 64496");
	source_free(source);
	bad(SOURCE_PFX2AS, "192.0.2.0\t24\n", ":1: '192.0.2.0' is not followed by the length of its prefix and an AS");
	bad(SOURCE_PFX2AS, "192.0.2.0\t24\t64496\tx\n", "is not followed by the length of its prefix and an AS");
	bad(SOURCE_PFX2AS, "192.0.2.0\t240\t64496\n", "'192.0.2.0/240' has a prefix length over 32");
	bad(SOURCE_PFX2AS, "192.0.2.0\t2400\t64496\n", "has a prefix length that is not a number");
	bad(SOURCE_PFX2AS, "192.0.2.1\t24\t64496\n", "'192.0.2.1/24' has bits set after its prefix length");
	bad(SOURCE_PFX2AS, "192.0.2.0\t24\t64496_\n", "'192.0.2.0/24' has no number of an AS: ''");
}

/* Of BIRD 2 with and without `all`, of BIRD 1 and of BIRD 3. */
static void test_bird(void **context)
{
	struct source *source = text(SOURCE_BIRD,
				     "BIRD 2.0.12 ready.\nTable master4:\n0.0.0.0/0            unicast [peer1 2026-06-25] * (100) [AS64511i]\n"
				     "\tvia 203.0.113.1 on eth0\n192.0.2.0/24         unicast [peer1 2026-06-25] * (100) [AS64496i]\n"
				     "\tvia 203.0.113.1 on eth0\n                     unicast [peer2 2026-06-24] (100) [AS64497?]\n"
				     "\tvia 203.0.113.2 on eth0\n198.51.100.0/24      blackhole [static1 2026-06-25] * (200)\n\n"
				     "Table master6:\n2001:db8::/32        unicast [peer1 2026-06-25] * (100) [AS4200000000e]\n");

	assert_int_equal(source->v4.count, 2);
	V4(0, "192.0.2.0/24 - - - - 64496");
	V4(1, "192.0.2.0/24 - - - - 64497");
	V6(0, "2001:db8::/32 - - - - 4200000000");
	source_free(source);
	source = text(SOURCE_BIRD,
		      "192.0.2.0/24       via 203.0.113.1 on eth0 [peer1 2026-06-25] * (100) [AS64496i]\n\tType: BGP unicast univ\n"
		      "\tBGP.origin: IGP\n\tBGP.as_path: 64511 64500 64496\n\tBGP.next_hop: 203.0.113.1\n"
		      "198.51.100.0/24    via 203.0.113.1 on eth0 [peer1 2026-06-25] * (100) [?]\n"
		      "\tBGP.as_path: 64511 {64497 64498}\n2001:db8::/32 unicast [peer 2026-06-25] * (100)\n\tbgp_path: 64511 64499\n");
	assert_int_equal(source->v4.count, 3);
	V4(0, "192.0.2.0/24 - - - - 64496");
	V4(1, "198.51.100.0/24 - - - - 64497");
	V4(2, "198.51.100.0/24 - - - - 64498");
	V6(0, "2001:db8::/32 - - - - 64499");
	source_free(source);
	bad(SOURCE_BIRD, "192.0.2.1/24       unicast [peer1 2026-06-25] * (100) [AS64496i]\n", ":1: '192.0.2.1/24' has bits");
}

#define RIPE "2|ripencc|1782338399|5|19830705|20260624|+0200\n" \
	     "ripencc|*|ipv4|*|2|summary\nripencc|*|asn|*|2|summary\nripencc|*|ipv6|*|1|summary\n"

static void test_delegated(void **context)
{
	static const char ripe[] = RIPE "ripencc|FR|ipv4|192.0.2.0|256|20100101|allocated|a\n"
					"ripencc|NO|ipv4|198.51.100.0|768|20100101|assigned|b\nripencc|FR|asn|64496|2|20100101|allocated|a\n"
					"ripencc||asn|64500|1||available|\nripencc|DE|ipv6|2001:db8::|32|20100101|allocated|c\n";
	static const char apnic[] = "2|apnic|20260620|1|19850701|20260620|+1000\napnic|*|ipv4|*|1|summary\n"
				    "apnic|AU|ipv4|203.0.112.0|256|20100101|allocated|d\n";
	_cleanup_free_ char *both = mem_format("%s%s", ripe, apnic);
	const struct source_as_country *home;
	struct source *source = text(SOURCE_DELEGATED, ripe);
	char *cut;

	assert_string_equal(source->date, "2026-06-24");
	assert_int_equal(source->v4.count, 2);
	V4(0, "192.0.2.0/24 - - - FR 0");
	assert_true(source->v4.fact[1].first >> 96 == 0xc6336400 && source->v4.fact[1].last >> 96 == 0xc63366ff);
	assert_string_equal(source->v4.fact[1].registered, "NO");
	V6(0, "2001:db8::/32 - - - DE 0");
	home = (const struct source_as_country *)source->as_country.data;
	assert_int_equal(source->as_country.length, 2 * sizeof(*home));
	assert_int_equal(home[1].number, 64497);
	assert_string_equal(home[1].country, "FR");
	source_free(source);

	/* the date of several is that of the oldest */
	source = text(SOURCE_DELEGATED, both);
	assert_string_equal(source->date, "2026-06-20");
	assert_int_equal(source->v4.count, 3);
	source_free(source);

	/* cut after any line it has fewer records than it says */
	for (cut = strrchr(both, '\n'); cut && cut > both + strlen(RIPE); cut = strrchr(both, '\n')) {
		cut[1] = '\0';
		if (strcmp(both, ripe) && strlen(both) < strlen(ripe) + strlen(apnic) &&
		    !(strlen(both) > strlen(ripe) && strlen(both) < strlen(ripe) + 90))
			refused(SOURCE_DELEGATED, keep("cut", both, strlen(both)), "the file is cut short: ");
		*cut = '\0';
	}
	bad(SOURCE_DELEGATED, "ripencc|FR|ipv4|192.0.2.0|0|20100101|allocated|a\n", ":1: '192.0.2.0' and 0 more are no IPv4");
	bad(SOURCE_DELEGATED, "ripencc|FR|ipv4|255.255.255.0|512|20100101|allocated|a\n", "and 512 more are no IPv4 addresses");
	bad(SOURCE_DELEGATED, "ripencc|FR|ipv4|192.0.2.0|x|20100101|allocated|a\n", ":1: 'x' is not how many");
	bad(SOURCE_DELEGATED, "ripencc|FRA|ipv4|192.0.2.0|256|20100101|allocated|a\n", ":1: 'FRA' is not a country");
	bad(SOURCE_DELEGATED, "ripencc|FR|ipv6|2001:db8::|129|20100101|allocated|a\n", "'2001:db8::/129' has a prefix length over");
	bad(SOURCE_DELEGATED, "ripencc|FR|asn|4294967295|2|20100101|allocated|a\n", "are no numbers of ASes");
	bad(SOURCE_DELEGATED, "ripencc|FR\n", ":1: 'ripencc' is no record of a registry");
}

static void test_rpsl(void **context)
{
	struct source *source = text(SOURCE_RPSL,
				     "% This is the database\n\ninetnum:        192.0.2.0 - 192.0.2.255\nnetname:        EXAMPLE\n"
				     "country:        US\norg:            ORG-EX1-RIPE\nstatus:         ALLOCATED PA\nremarks:        a long text\n"
				     "                org: ORG-NOT-RIPE\n\ninetnum:        192.0.2.0 - 192.0.2.15\ncountry:        DE\n"
				     "status:         ASSIGNED PA\n\ninet6num:       2001:db8::/32\norg:            ORG-EX2-RIPE\n\n"
				     "inetnum:        203.0.113.0 - 203.0.113.255\norg:            ORG-GONE-RIPE\n\n"
				     "organisation:   ORG-EX1-RIPE\norg-name:       Example SAS\ncountry:        FR\n\n"
				     "organisation:   ORG-EX2-RIPE\norg-name:       Beispiel GmbH\n");

	assert_int_equal(source->v4.count, 1);
	V4(0, "192.0.2.0/24 - Example SAS - FR 0");
	V6(0, "2001:db8::/32 - Beispiel GmbH - - 0");
	source_free(source);
	bad(SOURCE_RPSL, "inetnum: 192.0.2.255 - 192.0.2.0\norg: ORG-EX1-RIPE\n",
	    ":1: '192.0.2.255' is no range of addresses");
}

/* ---- MRT ---- */

static void put(struct buffer *out, size_t size, uint32_t number)
{
	while (size--) {
		const uint8_t byte = (uint8_t)(number >> 8 * size);

		buffer_append(out, &byte, 1);
	}
}

static void mrt_record(struct buffer *out, uint32_t type, uint32_t subtype, const struct buffer *body)
{
	put(out, 4, 1782361439);
	put(out, 2, type);
	put(out, 2, subtype);
	put(out, 4, (uint32_t)body->length);
	buffer_append(out, body->data, body->length);
}

static void mrt_peers(struct buffer *out)
{
	_cleanup_buffer_ struct buffer body = { 0 };

	put(&body, 4, 0x0a000001);
	put(&body, 2, 0); /* no name of a view */
	put(&body, 2, 1);
	put(&body, 1, 2); /* IPv4, an AS of four bytes */
	put(&body, 4, 0x0a000002);
	put(&body, 4, 0xcb007101);
	put(&body, 4, 64511);
	mrt_record(out, 13, 1, &body);
}

/* A route: "2:64511,64500;1:64497,64498", segments of a kind each. */
static void mrt_route(struct buffer *out, const char *path, bool paths)
{
	_cleanup_buffer_ struct buffer segments = { 0 }, attributes = { 0 };

	while (*path) {
		_cleanup_buffer_ struct buffer ases = { 0 };
		const uint32_t kind = (uint32_t)(*path - '0');
		char *end;

		for (path += 2; *path && *path != ';'; path = end + (*end == ','))
			put(&ases, 4, (uint32_t)strtoul(path, &end, 10));
		put(&segments, 1, kind);
		put(&segments, 1, (uint32_t)ases.length / 4);
		buffer_append(&segments, ases.data, ases.length);
		path += *path == ';';
	}
	put(&attributes, 4, 0x40010100); /* ORIGIN: IGP */
	put(&attributes, 2, 0x5002); /* AS_PATH, of a length of two bytes */
	put(&attributes, 2, (uint32_t)segments.length);
	buffer_append(&attributes, segments.data, segments.length);
	put(&attributes, 3, 0x400304); /* NEXT_HOP */
	put(&attributes, 4, 0xcb007101);
	put(out, 2, 0);
	put(out, 4, 1782000000);
	if (paths)
		put(out, 4, 7);
	put(out, 2, (uint32_t)attributes.length);
	buffer_append(out, attributes.data, attributes.length);
}

static void mrt_rib(struct buffer *out, uint32_t subtype, const char *prefix, const char *first, const char *second)
{
	_cleanup_buffer_ struct buffer body = { 0 };
	uint8_t bytes[16];
	struct prefix parsed;

	prefix_parse(prefix, &parsed);
	address_bytes(parsed.family, parsed.first, bytes);
	put(&body, 4, 0);
	put(&body, 1, parsed.length);
	buffer_append(&body, bytes, (parsed.length + 7u) / 8);
	put(&body, 2, second ? 2 : 1);
	mrt_route(&body, first, subtype > 4);
	if (second)
		mrt_route(&body, second, subtype > 4);
	mrt_record(out, 13, subtype, &body);
}

static void mrt_file(struct buffer *out)
{
	mrt_peers(out);
	mrt_rib(out, 2, "0.0.0.0/0", "2:64511", NULL);
	mrt_rib(out, 2, "192.0.2.0/24", "2:64511,64500,64496", "2:64511,4200000000");
	mrt_rib(out, 2, "198.51.100.0/25", "2:64511;1:64497,64498", NULL);
	mrt_rib(out, 2, "198.51.100.128/25", "3:65001;2:64511,64499", NULL);
	mrt_rib(out, 2, "203.0.113.0/24", "", NULL);
	mrt_rib(out, 4, "2001:db8::/32", "2:64511,64496", NULL);
	mrt_rib(out, 10, "2001:db8:1::/48", "2:64511,64497", "2:64511,64498");
}

static void test_mrt(void **context)
{
	static const char *const facts[] = {
		"192.0.2.0/24 - - - - 64496",
		"192.0.2.0/24 - - - - 4200000000",
		"198.51.100.0/25 - - - - 64497",
		"198.51.100.0/25 - - - - 64498",
		"198.51.100.128/25 - - - - 64499",
	};
	_cleanup_buffer_ struct buffer file = { 0 }, old = { 0 };
	struct source *source;

	mrt_file(&file);
	keep("dump", file.data, file.length);
	if (getenv("RESID_KEEP_MRT"))
		assert_int_equal(file_write(getenv("RESID_KEEP_MRT"), file.data, file.length, 0644, FILE_OWN_GROUP,
					    &(struct resid_error){ 0 }),
				 0);
	assert_int_equal(source_read(&(struct source_want){ source_formats(SOURCE_USE_ASN), "it", 0 }, temporary("dump"),
				     &source, &(struct resid_error){ 0 }),
			 0);
	assert_int_equal(source->format, SOURCE_MRT);
	assert_string_equal(source->date, "2026-06-25");
	assert_int_equal(source->v4.count, sizeof(facts) / sizeof(facts[0]));
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		V4(i, facts[i]);
	assert_int_equal(source->v6.count, 3);
	V6(0, "2001:db8::/32 - - - - 64496");
	V6(1, "2001:db8:1::/48 - - - - 64497");
	V6(2, "2001:db8:1::/48 - - - - 64498");
	source_free(source);
	source = good(SOURCE_MRT, pack("dump.gz", temporary("dump")));
	assert_int_equal(source->v4.count, sizeof(facts) / sizeof(facts[0]));
	source_free(source);

	/* cut inside a record; between records it is a shorter table */
	for (size_t cut = 1; cut < file.length; cut += 7) {
		struct resid_error err;

		if (read_as(SOURCE_MRT, keep("cut", file.data, cut), &source, &err))
			assert_non_null(strstr(err.text, ": the file is cut short") ?: strstr(err.text, "holds no prefix at all"));
		else
			source_free(source);
	}
	damage(SOURCE_MRT, (const char *)file.data, file.length, 0, 300);
	mrt_record(&old, 12, 1, &file);
	refused(SOURCE_MRT, keep("old", old.data, old.length), "record 1: is of the old TABLE_DUMP");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_pfx2as),
		cmocka_unit_test(test_bird),
		cmocka_unit_test(test_delegated),
		cmocka_unit_test(test_rpsl),
		cmocka_unit_test(test_mrt),
	};

	return cmocka_run_group_tests(tests, source_setup, source_teardown);
}
