// SPDX-License-Identifier: Apache-2.0
/*
 * Readers of the sources of control: one good file of each format in tests/unit/feeds, then what each refuses, and with
 * which words. Files of libloc and MaxMind DBs are made here. The real ones are read where they are.
 */
#include "support.h"

#include <fcntl.h>
#include <libloc/as.h>
#include <libloc/libloc.h>
#include <libloc/network.h>
#include <libloc/writer.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "geo/confine.h"
#include "geo/source.h"
#include "util/buffer.h"
#include "util/file.h"

#define FEEDS	"tests/unit/feeds/"
#define LIBLOC	"/usr/share/libloc-location/location.db"

static char folder[] = "/tmp/resid-source.XXXXXX";

static const char *temporary(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static const char *keep(const char *name, const void *data, size_t length)
{
	const char *path = temporary(name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
	return path;
}

/* The same file, packed by gzip. */
static const char *pack(const char *name, const char *path)
{
	_cleanup_free_ char *data = NULL;
	struct resid_error err;
	size_t length;
	gzFile file;

	assert_int_equal(file_read(path, 1 << 20, &data, &length, &err), 0);
	path = temporary(name);
	file = gzopen(path, "wb9");
	assert_non_null(file);
	assert_int_equal(gzwrite(file, data, (unsigned int)length), length);
	assert_int_equal(gzclose(file), Z_OK);
	return path;
}

static struct source *good(enum source_format format, const char *path)
{
	struct source *source = NULL;
	struct resid_error err = { 0 };

	if (source_read(format, "it", path, &source, &err))
		fail_msg("%s", err.text);
	return source;
}

/* The sentence begins with the file and names the remedy; expected is somewhere between. */
static void refused(enum source_format format, const char *path, const char *expected)
{
	struct source *source = NULL;
	struct resid_error err = { 0 };

	assert_int_equal(source_read(format, "it", path, &source, &err), -1);
	assert_null(source);
	assert_int_equal(err.status, RESID_EXIT_INPUT);
	if (strncmp(err.text, path, strlen(path)) || !strstr(err.text, expected))
		fail_msg("expected '%s', got '%s'", expected, err.text);
	if (!strstr(err.text, "fetch the file anew"))
		fail_msg("no remedy in '%s'", err.text);
}

static void bad(enum source_format format, const char *text, const char *expected)
{
	refused(format, keep("bad", text, strlen(text)), expected);
}

/* "192.0.2.0/24 region service country registered asn", '-' for nothing */
static void fact_is(const struct source *source, const struct source_facts *facts, size_t i, const char *expected)
{
	const struct source_fact *fact = &facts->fact[i];
	sa_family_t family = facts == &source->v4 ? AF_INET : AF_INET6;
	struct prefix prefix = prefix_within(family, fact->first, fact->last, fact->first);
	char text[256], place[ADDRESS_TEXT];

	assert_true(i < facts->count);
	assert_true(prefix_last(&prefix) == fact->last);
	prefix_format(&prefix, place);
	snprintf(text, sizeof(text), "%s %s %s %s %s %u", place, fact->region ? source->string[fact->region] : "-",
		 fact->service ? source->string[fact->service] : "-", *fact->country ? fact->country : "-",
		 *fact->registered ? fact->registered : "-", fact->asn);
	assert_string_equal(text, expected);
}

#define V4(i, expected) fact_is(source, &source->v4, i, expected)
#define V6(i, expected) fact_is(source, &source->v6, i, expected)

static void test_good_json(void **context)
{
	struct source *source = good(SOURCE_AWS, FEEDS "aws.json");

	assert_string_equal(source->name, "it");
	assert_string_equal(source->file, "aws.json");
	assert_string_equal(source->date, "2026-06-25");
	assert_string_equal(source->string[0], "");
	assert_int_equal(source->v4.count, 3);
	assert_int_equal(source->v6.count, 1);
	V4(0, "192.0.2.0/24 eusc-de-east-1 AMAZON - - 0");
	V4(1, "198.51.100.0/24 eu-west-3 AMAZON - - 0");
	V4(2, "198.51.100.0/24 eu-west-3 EC2 - - 0");
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

static void test_good_lines(void **context)
{
	struct source *source = good(SOURCE_GEOFEED, FEEDS "geofeed.csv"), *packed;

	assert_int_equal(source->v4.count, 3);
	V4(0, "192.0.2.1/32 - - - - 0");
	V4(1, "198.51.100.0/24 NO-03 - NO - 0");
	V4(2, "203.0.113.0/24 - - - - 0");
	V6(0, "2001:db8::/32 - - GB - 0");
	source_free(source);

	source = good(SOURCE_LIST, FEEDS "list.txt");
	assert_int_equal(source->v4.count, 3);
	V4(0, "198.51.100.0/24 - - - - 0");
	V4(1, "198.51.100.0/25 - - - - 0");
	V4(2, "203.0.113.0/24 - - - - 0");
	source_free(source);

	source = good(SOURCE_RIR, FEEDS "rir.csv");
	packed = good(SOURCE_RIR, pack("rir.csv.gz", FEEDS "rir.csv"));
	V4(0, "192.0.2.0/24 - - - NO 0");
	V4(1, "198.51.100.0/24 - - - EU 0");
	V4(2, "198.51.100.0/25 - - - FR 0");
	V4(3, "203.0.113.0/24 - - - - 0");
	V6(0, "2001:db8::/32 - - - GB 0");
	assert_int_equal(packed->v4.count, 4);
	assert_memory_equal(packed->v4.fact, source->v4.fact, 4 * sizeof(*source->v4.fact));
	assert_memory_not_equal(packed->sha256, source->sha256, sizeof(source->sha256));
	source_free(packed);
	source_free(source);

	/* a byte order mark, no end of the last line */
	source = good(SOURCE_LIST, keep("mark", "\xef\xbb\xbf" "192.0.2.0/24\n2001:db8::/32", 29));
	assert_int_equal(source->v4.count + source->v6.count, 2);
	source_free(source);
}

#define AWS(prefixes, v6) "{\"createDate\": \"2026-06-25-04-23-59\", \"prefixes\": " prefixes ", \"ipv6_prefixes\": " v6 "}"
#define AWS_ONE(prefix) AWS("[{\"ip_prefix\": \"" prefix "\", \"region\": \"a\", \"service\": \"b\"}]", "[]")

static void test_bad_json(void **context)
{
	bad(SOURCE_AWS, "", "not JSON");
	bad(SOURCE_AWS, "{\n \"prefixes\": [\n", ":3:1: not JSON: ");
	bad(SOURCE_AWS, "{\"prefixes\": [1,]}", ":1:");
	bad(SOURCE_AWS, "{\"a\": 1, \"a\": 2}", "not JSON: duplicate");
	bad(SOURCE_AWS, "[]", "is not an object");
	bad(SOURCE_AWS, "{}", "prefixes: is missing, so this is no file of the provider `aws`");
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
	bad(SOURCE_AZURE, "{\"values\": [{\"name\": \"a\"}]}", "values[0].properties: is missing or not an object");
	bad(SOURCE_AZURE, "{\"values\": [{\"name\": \"a\", \"properties\": {\"addressPrefixes\": [\"192.0.2.0/24\", 7]}}]}",
	    "values[0].properties.addressPrefixes[1]: is not text");
	bad(SOURCE_AZURE, "{\"values\": [{\"name\": \"a\", \"properties\": {\"addressPrefixes\": [\"::/0\"]}}]}",
	    "values[0].properties.addressPrefixes[0]: '::/0' is every address there is");
	bad(SOURCE_AZURE, "{\"values\": []}", "holds no prefix at all");
	bad(SOURCE_GOOGLE, "{\"prefixes\": [{\"scope\": \"x\"}]}", "prefixes[0].ipv4Prefix: is missing");
	bad(SOURCE_GOOGLE, "{\"prefixes\": [{\"ipv6Prefix\": \"192.0.2.0/24\"}]}", "is of the other address family");
	bad(SOURCE_GOOGLE, "{\"prefixes\": [{\"ipv6Prefix\": \"::1\", \"ipv4Prefix\": \"192.0.2.0/24\"}]}", "has both");
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
		for (cut = 0; cut + 2 < length; cut += 13)
			refused(files[i].format, keep("cut", data, cut), "not JSON: ");
	}
}

static void test_bad_lines(void **context)
{
	bad(SOURCE_LIST, "", "holds no prefix at all");
	bad(SOURCE_LIST, "# nothing\n\n", "holds no prefix at all");
	bad(SOURCE_LIST, "192.0.2.0/24\n\nwww.example.org\n", ":3: 'www.example.org' is not an address or a prefix");
	bad(SOURCE_LIST, "192.0.2.7/24\n", ":1: '192.0.2.7/24' has bits set after its prefix length");
	bad(SOURCE_LIST, "0.0.0.0/0\n", ":1: '0.0.0.0/0' is every address there is");
	bad(SOURCE_LIST, "::/0\n", ":1: '::/0' is every address there is");
	bad(SOURCE_LIST, "192.0.2.0/24,NO\n", ":1: '192.0.2.0/24,NO' has a prefix length that is not a number");
	refused(SOURCE_LIST, keep("bad", "192.0.2.0/24\n\0\n", 15), ":2: a zero byte");
	bad(SOURCE_GEOFEED, "192.0.2.0/24\n", ":1: '192.0.2.0/24' stands alone");
	bad(SOURCE_GEOFEED, "192.0.2.0/24,Norway\n", ":1: 'Norway' is not a country of two letters");
	bad(SOURCE_GEOFEED, "192.0.2.0/24,N1\n", ":1: 'N1' is not a country of two letters");
	bad(SOURCE_GEOFEED, "192.0.2.0/24,NO,SE-AB\n", ":1: 'SE-AB' is not a region of the country 'NO'");
	bad(SOURCE_GEOFEED, ",NO\n", ":1: '' is not an address or a prefix");
	bad(SOURCE_RIR, "192.0.2.0/24\n", ":1: '192.0.2.0/24' is not followed by a country");
	bad(SOURCE_RIR, "192.0.2.0/24,NO,x\n", ":1: '192.0.2.0/24' is not followed by a country and the end");
	bad(SOURCE_RIR, "192.0.2.0/24,no way\n", ":1: 'no way' is not a country");
	bad(SOURCE_RIR, "192.0.2.0/24,NO\n192.0.2.1/24,NO\n", ":2: '192.0.2.1/24' has bits set");
}

static void test_bad_gzip(void **context)
{
	_cleanup_free_ char *data = NULL;
	struct resid_error err;
	size_t length, i;

	assert_int_equal(file_read(pack("rir.csv.gz", FEEDS "rir.csv"), 4096, &data, &length, &err), 0);
	for (i = 2; i < length; i++)
		refused(SOURCE_RIR, keep("cut.gz", data, i), "byte ");
	for (i = 10; i < length; i++) {
		struct source *source = NULL;

		data[i] ^= 0x55;
		if (!source_read(SOURCE_RIR, "it", keep("flip.gz", data, length), &source, &err))
			fail_msg("byte %zu does not matter", i);
		data[i] ^= 0x55;
	}
	refused(SOURCE_RIR, keep("tail.gz", memcpy(strcpy(data, ""), "\x1f\x8b\x08\x00garbage", 11), 11), "byte ");
}

static void test_missing(void **context)
{
	struct source *source = NULL;
	struct resid_error err;
	int format;

	for (format = 0; format < SOURCE_FORMATS; format++) {
		assert_int_equal(source_read(format, "it", "/nonexistent", &source, &err), -1);
		assert_non_null(strstr(err.text, "/nonexistent: cannot be opened: No such file"));
		assert_int_equal(source_read(format, "it", "/", &source, &err), -1);
		assert_int_equal(source_format_parse(source_format_name(format)), format);
	}
	assert_int_equal(source_format_parse("csv"), -1);
}

static void add_network(struct loc_writer *writer, const char *prefix, const char *country, uint32_t asn)
{
	struct loc_network *network;

	assert_int_equal(loc_writer_add_network(writer, &network, prefix), 0);
	if (country)
		assert_int_equal(loc_network_set_country_code(network, country), 0);
	loc_network_set_asn(network, asn);
	loc_network_unref(network);
}

static const char *make_libloc(void)
{
	const char *path = temporary("location.db");
	struct loc_writer *writer;
	struct loc_ctx *ctx;
	FILE *file;

	assert_int_equal(loc_new(&ctx), 0);
	assert_int_equal(loc_writer_new(ctx, &writer, NULL, NULL), 0);
	add_network(writer, "192.0.2.0/24", "NO", 64496);
	add_network(writer, "198.51.100.0/24", "FR", 64497);
	add_network(writer, "198.51.100.128/25", NULL, 64498);
	add_network(writer, "2001:db8::/32", "DE", 64499);
	file = fopen(path, "w+");
	assert_non_null(file);
	assert_int_equal(loc_writer_write(writer, file, LOC_DATABASE_VERSION_1), 0);
	fclose(file);
	loc_writer_unref(writer);
	loc_unref(ctx);
	return path;
}

static void test_libloc(void **context)
{
	struct source *source = good(SOURCE_LIBLOC, make_libloc());
	_cleanup_free_ char *data = NULL;
	struct resid_error err;
	size_t length, i;

	assert_int_equal(source->v4.count, 3);
	V4(0, "192.0.2.0/24 - - NO - 64496");
	V4(1, "198.51.100.0/24 - - FR - 64497");
	V4(2, "198.51.100.128/25 - - - - 64498");
	assert_int_equal(source->v6.count, 1);
	V6(0, "2001:db8::/32 - - DE - 64499");
	assert_int_equal(strlen(source->date), 10);
	source_free(source);

	assert_int_equal(file_read(temporary("location.db"), 1 << 22, &data, &length, &err), 0);
	refused(SOURCE_LIBLOC, keep("bad.db", data, 0), "is empty");
	for (i = 1; i < 64; i += 7)
		refused(SOURCE_LIBLOC, keep("bad.db", data, i), "byte 0: is shorter than the header");
	refused(SOURCE_LIBLOC, keep("bad.db", data, 68), "byte 68: is cut short");
	refused(SOURCE_LIBLOC, keep("bad.db", data, 4096), "byte 4096: is cut short");
	refused(SOURCE_LIBLOC, keep("bad.db", data, length / 2), "is cut short: its section of ");
	data[7] = 9;
	refused(SOURCE_LIBLOC, keep("bad.db", data, length), "byte 7: is of version 9");
	data[0] = 'X';
	refused(SOURCE_LIBLOC, keep("bad.db", data, length), "byte 0: is no location.db");
}

/* Damage after the header: refused or read, but the program lives, and what it says is a sentence. */
static void damage(enum source_format format, const char *data, size_t length, size_t from, unsigned int rounds)
{
	_cleanup_free_ char *copy = mem_copy(data, length);
	unsigned int round, i;

	srandom(20261121);
	for (round = 0; round < rounds; round++) {
		struct source *source = NULL;
		struct resid_error err = { 0 };

		memcpy(copy, data, length);
		for (i = 0; i <= round % 8; i++)
			copy[from + (size_t)random() % (length - from)] = (char)random();
		if (source_read(format, "it", keep("damaged", copy, length), &source, &err)) {
			assert_int_equal(err.status, RESID_EXIT_INPUT);
			assert_non_null(strstr(err.text, "; fetch the file anew"));
		}
		source_free(source);
	}
}

static void test_libloc_damage(void **context)
{
	_cleanup_free_ char *data = NULL;
	struct resid_error err;
	size_t length;

	assert_int_equal(file_read(make_libloc(), 1 << 22, &data, &length, &err), 0);
	damage(SOURCE_LIBLOC, data, length, 8, 60);
	/* the tree alone: its sections are small against the padding between them */
	damage(SOURCE_LIBLOC, data, 4096 < length ? length : 4096, 28, 20);
}

/* A MaxMind DB by hand: a tree with records of 24 bits, data, metadata. */
static void mmdb_text(struct buffer *out, const char *text)
{
	const uint8_t control = (uint8_t)(2 << 5 | strlen(text));

	buffer_append(out, &control, 1);
	buffer_append(out, text, strlen(text));
}

static void mmdb_number(struct buffer *out, unsigned int type, uint64_t value, unsigned int bytes)
{
	uint8_t control[2] = { (uint8_t)(type > 7 ? bytes : type << 5 | bytes), (uint8_t)(type - 7) };
	unsigned int i;

	buffer_append(out, control, type > 7 ? 2 : 1);
	for (i = bytes; i--;) {
		const uint8_t byte = (uint8_t)(value >> 8 * i);

		buffer_append(out, &byte, 1);
	}
}

static void mmdb_map(struct buffer *out, unsigned int count)
{
	const uint8_t control = (uint8_t)(7 << 5 | count);

	buffer_append(out, &control, 1);
}

static const char *make_mmdb(struct buffer *file)
{
	/* 2001:db8::/32 and, by ::/96, 192.0.2.0/24: chains of nodes, all else empty */
	static const uint8_t v6[4] = { 0x20, 0x01, 0x0d, 0xb8 };
	static const char mark[] = "\xab\xcd\xefMaxMind.com";
	const uint32_t nodes = 32 + 120 - 2, empty = nodes;
	uint32_t record[152][2], at = 1, i;
	struct buffer data = { 0 };
	uint32_t second;

	for (i = 0; i < nodes; i++)
		record[i][0] = record[i][1] = empty;
	mmdb_map(&data, 3);
	mmdb_text(&data, "country");
	mmdb_map(&data, 1);
	mmdb_text(&data, "iso_code");
	mmdb_text(&data, "NO");
	mmdb_text(&data, "registered_country");
	mmdb_map(&data, 1);
	mmdb_text(&data, "iso_code");
	mmdb_text(&data, "US");
	mmdb_text(&data, "autonomous_system_number");
	mmdb_number(&data, 6, 64496, 4);
	second = (uint32_t)data.length;
	mmdb_map(&data, 2);
	mmdb_text(&data, "country_code");
	mmdb_text(&data, "FR");
	mmdb_text(&data, "asn");
	mmdb_text(&data, "AS64497");

	/* the v4 chain: zeros to depth 96, then 192.0.2 */
	for (i = 0; i < 120; i++) {
		const uint8_t v4[3] = { 192, 0, 2 };
		unsigned int bit = i < 96 ? 0 : v4[(i - 96) / 8] >> (7 - (i - 96) % 8) & 1;

		record[i ? at - 1 : 0][bit] = i == 119 ? nodes + 16 : at;
		at += i < 119;
	}
	/* the v6 chain shares nodes 0 and 1: 0x20 begins with two zeros */
	for (i = 2; i < 32; i++) {
		unsigned int bit = v6[i / 8] >> (7 - i % 8) & 1;
		uint32_t node = i == 2 ? 2 : at - 1;

		record[node][bit] = i == 31 ? nodes + 16 + second : at;
		at += i < 31;
	}
	assert_true(at <= nodes);
	for (i = 0; i < nodes; i++) {
		const uint8_t bytes[6] = { (uint8_t)(record[i][0] >> 16), (uint8_t)(record[i][0] >> 8),
					   (uint8_t)record[i][0], (uint8_t)(record[i][1] >> 16),
					   (uint8_t)(record[i][1] >> 8), (uint8_t)record[i][1] };

		buffer_append(file, bytes, 6);
	}
	buffer_extend(file, 16);
	buffer_append(file, data.data, data.length);
	buffer_append(file, mark, sizeof(mark) - 1);
	mmdb_map(file, 9);
	mmdb_text(file, "languages");
	buffer_append(file, "\x00\x04", 2);	/* an empty list */
	mmdb_text(file, "description");
	mmdb_map(file, 0);
	mmdb_text(file, "binary_format_major_version");
	mmdb_number(file, 5, 2, 2);
	mmdb_text(file, "binary_format_minor_version");
	mmdb_number(file, 5, 0, 2);
	mmdb_text(file, "build_epoch");
	mmdb_number(file, 9, 1782361439, 8);
	mmdb_text(file, "database_type");
	mmdb_text(file, "Test");
	mmdb_text(file, "ip_version");
	mmdb_number(file, 5, 6, 2);
	mmdb_text(file, "node_count");
	mmdb_number(file, 6, nodes, 4);
	mmdb_text(file, "record_size");
	mmdb_number(file, 5, 24, 2);
	buffer_fini(&data);
	return keep("test.mmdb", file->data, file->length);
}

static void test_mmdb(void **context)
{
	_cleanup_buffer_ struct buffer file = { 0 };
	struct source *source = good(SOURCE_MMDB, make_mmdb(&file));
	uint8_t noise[4096];
	size_t i;

	assert_string_equal(source->date, "2026-06-25");
	assert_int_equal(source->v4.count, 1);
	V4(0, "192.0.2.0/24 - - NO US 64496");
	assert_int_equal(source->v6.count, 1);
	V6(0, "2001:db8::/32 - - FR - 64497");
	source_free(source);

	for (i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)(i * 2654435761u >> 13);
	refused(SOURCE_MMDB, keep("noise.mmdb", noise, sizeof(noise)), "is no MaxMind DB, or damaged: ");
	refused(SOURCE_MMDB, keep("noise.mmdb", noise, 0), "is empty");
	refused(SOURCE_MMDB, keep("cut.mmdb", file.data, file.length / 2), "is no MaxMind DB, or damaged: ");
	/* the metadata at the end are whole, and speak of a tree that is not there */
	refused(SOURCE_MMDB, keep("tail.mmdb", file.data + 600, file.length - 600), "");
	damage(SOURCE_MMDB, (const char *)file.data, file.length, 0, 120);
	/* every node's children are node 1 */
	for (i = 0; i < 900; i++)
		file.data[i] = i % 3 == 2;
	refused(SOURCE_MMDB, keep("loop.mmdb", file.data, file.length), "its search tree is deeper than an address is long");
}

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

static int parse_host_bits(struct confine *confine, int fd)
{
	const struct prefix prefix = { .first = (u128)0xc0000201 << 96, .family = AF_INET, .length = 24 };

	return confine_fact(confine, &prefix, 64496, "NO", NULL);
}

static int parse_country(struct confine *confine, int fd)
{
	const struct prefix prefix = { .first = (u128)0xc0000200 << 96, .family = AF_INET, .length = 24 };

	return confine_fact(confine, &prefix, 64496, "N\n", NULL);
}

static int parse_everything(struct confine *confine, int fd)
{
	const struct prefix prefix = { .family = AF_INET };

	return confine_fact(confine, &prefix, 64496, "NO", NULL);
}

static int parse_date(struct confine *confine, int fd)
{
	return confine_date(confine, (time_t)INT64_MAX);
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

static int setup(void **context)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **context)
{
	static const char *const names[] = { "bad", "cut", "mark", "cut.gz", "flip.gz", "tail.gz", "location.db", "bad.db",
					     "rir.csv.gz", "damaged", "test.mmdb", "noise.mmdb", "cut.mmdb", "tail.mmdb", "loop.mmdb",
					     "cut.db" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(temporary(names[i]));
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_json),
		cmocka_unit_test(test_good_lines),
		cmocka_unit_test(test_bad_json),
		cmocka_unit_test(test_truncated_json),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_bad_gzip),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_libloc),
		cmocka_unit_test(test_libloc_damage),
		cmocka_unit_test(test_mmdb),
		cmocka_unit_test(test_confined),
		cmocka_unit_test(test_real),
		cmocka_unit_test(test_real_truncated),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
