// SPDX-License-Identifier: Apache-2.0
/* Packed sources: whatever packs them, what is in them counts; and what is cut short or damaged is refused. */
#include "source_support.h"

#include <bzlib.h>
#include <lzma.h>
#include <zstd.h>

#define ROOM 65536

static size_t pack_gzip(const char *data, size_t length, char *out)
{
	z_stream stream = { .next_in = (Bytef *)data, .avail_in = (uInt)length, .next_out = (Bytef *)out,
			    .avail_out = ROOM };

	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	deflateEnd(&stream);
	return stream.total_out;
}

static size_t pack_bzip2(const char *data, size_t length, char *out)
{
	unsigned int used = ROOM;

	assert_int_equal(BZ2_bzBuffToBuffCompress(out, &used, (char *)data, (unsigned int)length, 9, 0, 0), BZ_OK);
	return used;
}

static size_t pack_xz(const char *data, size_t length, char *out)
{
	const uint8_t *from = (const uint8_t *)data;
	size_t used = 0;

	assert_int_equal(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, NULL, from, length, (uint8_t *)out, &used, ROOM),
			 LZMA_OK);
	return used;
}

static size_t pack_zstd(const char *data, size_t length, char *out)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();
	size_t used;

	/* as the program zstd does */
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	used = ZSTD_compress2(context, out, ROOM, data, length);
	assert_false(ZSTD_isError(used));
	ZSTD_freeCCtx(context);
	return used;
}

static const struct {
	const char *name;
	size_t (*pack)(const char *data, size_t length, char *out);
} packings[] = { { "gzip", pack_gzip }, { "bzip2", pack_bzip2 }, { "xz", pack_xz }, { "zstd", pack_zstd } };

static void test_packed(void **context)
{
	static const char rows[] = "192.0.2.0/24,NO\n198.51.100.0/24,FR\n", more[] = "203.0.113.0/24,SE\n2001:db8::/32,DE\n";
	static char data[2 * ROOM];

	for (size_t i = 0; i < sizeof(packings) / sizeof(packings[0]); i++) {
		size_t length = packings[i].pack(rows, sizeof(rows) - 1, data), all;
		struct source *source = good(SOURCE_RIR, keep("packed", data, length));

		print_message("%s\n", packings[i].name);
		assert_int_equal(source->v4.count, 2);
		V4(1, "198.51.100.0/24 - - - FR 0");
		source_free(source);
		/* several after each other are one */
		all = length + packings[i].pack(more, sizeof(more) - 1, data + length);
		source = good(SOURCE_RIR, keep("two", data, all));
		assert_int_equal(source->v4.count, 3);
		assert_int_equal(source->v6.count, 1);
		source_free(source);
		for (size_t cut = 6; cut < all; cut++)
			if (cut != length)
				refused(SOURCE_RIR, keep("cut", data, cut), "the packed data are ");
		memcpy(data + length, "this is garbage", 15);
		refused(SOURCE_RIR, keep("tail", data, length + 15), "the packed data are damaged");
	}
}

/* No byte of the packed data but those of its head that say nothing can change in silence. */
static void test_flipped(void **context)
{
	static const char rows[] = "192.0.2.0/24,NO\n198.51.100.0/24,FR\n203.0.113.0/24,SE\n";
	static char data[ROOM];
	const size_t head[] = { 10, 0, 0, 0 };

	for (size_t i = 0; i < sizeof(packings) / sizeof(packings[0]); i++) {
		size_t length = packings[i].pack(rows, sizeof(rows) - 1, data);
		struct resid_error err;

		for (size_t at = head[i]; at < length; at++) {
			struct source *source = NULL;

			data[at] ^= 0x55;
			if (!read_as(SOURCE_RIR, keep("flip", data, length), &source, &err) && source->v4.count != 3)
				fail_msg("%s: byte %zu changes what is read", packings[i].name, at);
			source_free(source);
			data[at] ^= 0x55;
		}
	}
}

/* Little that unpacks to much: the lines are bounded, and so is the time. */
static void test_bomb(void **context)
{
	const size_t length = (size_t)64 << 20;
	_cleanup_free_ char *zeros = mem_alloc(length), *packed = mem_alloc(length / 100);
	z_stream stream = { .next_in = (Bytef *)zeros, .avail_in = (uInt)length, .next_out = (Bytef *)packed,
			    .avail_out = (uInt)length / 100 };

	memset(zeros, 'a', length);
	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	deflateEnd(&stream);
	refused(SOURCE_LIST, keep("bomb", packed, stream.total_out), ":1: the line is longer than 65536 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packed),
		cmocka_unit_test(test_flipped),
		cmocka_unit_test(test_bomb),
	};

	return cmocka_run_group_tests(tests, source_setup, source_teardown);
}
