// SPDX-License-Identifier: Apache-2.0
/* MaxMind DBs, made here byte by byte, damaged here. */
#include "source_support.h"

#include "util/buffer.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mmdb),
	};

	return cmocka_run_group_tests(tests, source_setup, source_teardown);
}
