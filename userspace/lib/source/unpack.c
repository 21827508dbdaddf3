// SPDX-License-Identifier: Apache-2.0
#include "source/unpack.h"

#include <bzlib.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "util/memory.h"

#define UNPACK_WINDOW	((uint64_t)64 << 20)	/* memory that a packed file may ask for */
#define UNPACK_ZSTD_LOG	26			/* the same, as zstd counts it */

/* One piece of work: what is left of the input and of the room, and how it went. */
struct unpack_piece {
	const uint8_t *in;
	size_t left;
	uint8_t *out;
	size_t room;
};

enum unpack_state { UNPACK_MORE, UNPACK_END, UNPACK_BAD };

struct unpack_packing {
	uint8_t magic[UNPACK_HEAD];
	size_t length;
	int (*begin)(struct unpack *unpack);
	enum unpack_state (*step)(struct unpack *unpack, struct unpack_piece *piece);
	void (*end)(struct unpack *unpack);
};

struct unpack {
	const struct unpack_packing *packing;
	int open;		/* in the middle of a packed file */
	union {
		z_stream gzip;
		bz_stream bzip2;
		lzma_stream xz;
		ZSTD_DCtx *zstd;
	};
};

static int unpack_gzip_begin(struct unpack *unpack)
{
	memset(&unpack->gzip, 0, sizeof(unpack->gzip));
	return inflateInit2(&unpack->gzip, 16 + MAX_WBITS) != Z_OK;
}

static enum unpack_state unpack_gzip_step(struct unpack *unpack, struct unpack_piece *piece)
{
	z_stream *stream = &unpack->gzip;
	int status;

	stream->next_in = (Bytef *)piece->in;
	stream->avail_in = (uInt)piece->left;
	stream->next_out = piece->out;
	stream->avail_out = (uInt)piece->room;
	status = inflate(stream, Z_NO_FLUSH);
	piece->left = stream->avail_in;
	piece->room = stream->avail_out;
	if (status == Z_STREAM_END)
		return UNPACK_END;
	return status == Z_OK || status == Z_BUF_ERROR ? UNPACK_MORE : UNPACK_BAD;
}

static void unpack_gzip_end(struct unpack *unpack)
{
	inflateEnd(&unpack->gzip);
}

static int unpack_bzip2_begin(struct unpack *unpack)
{
	memset(&unpack->bzip2, 0, sizeof(unpack->bzip2));
	return BZ2_bzDecompressInit(&unpack->bzip2, 0, 0) != BZ_OK;
}

static enum unpack_state unpack_bzip2_step(struct unpack *unpack, struct unpack_piece *piece)
{
	bz_stream *stream = &unpack->bzip2;
	int status;

	stream->next_in = (char *)piece->in;
	stream->avail_in = (unsigned int)piece->left;
	stream->next_out = (char *)piece->out;
	stream->avail_out = (unsigned int)piece->room;
	status = BZ2_bzDecompress(stream);
	piece->left = stream->avail_in;
	piece->room = stream->avail_out;
	if (status == BZ_STREAM_END)
		return UNPACK_END;
	return status == BZ_OK ? UNPACK_MORE : UNPACK_BAD;
}

static void unpack_bzip2_end(struct unpack *unpack)
{
	BZ2_bzDecompressEnd(&unpack->bzip2);
}

static int unpack_xz_begin(struct unpack *unpack)
{
	unpack->xz = (lzma_stream)LZMA_STREAM_INIT;
	return lzma_stream_decoder(&unpack->xz, UNPACK_WINDOW, 0) != LZMA_OK;
}

static enum unpack_state unpack_xz_step(struct unpack *unpack, struct unpack_piece *piece)
{
	lzma_stream *stream = &unpack->xz;
	lzma_ret status;

	stream->next_in = piece->in;
	stream->avail_in = piece->left;
	stream->next_out = piece->out;
	stream->avail_out = piece->room;
	status = lzma_code(stream, LZMA_RUN);
	piece->left = stream->avail_in;
	piece->room = stream->avail_out;
	if (status == LZMA_STREAM_END)
		return UNPACK_END;
	return status == LZMA_OK || status == LZMA_BUF_ERROR ? UNPACK_MORE : UNPACK_BAD;
}

static void unpack_xz_end(struct unpack *unpack)
{
	lzma_end(&unpack->xz);
}

static int unpack_zstd_begin(struct unpack *unpack)
{
	unpack->zstd = ZSTD_createDCtx();
	return !unpack->zstd ||
	       ZSTD_isError(ZSTD_DCtx_setParameter(unpack->zstd, ZSTD_d_windowLogMax, UNPACK_ZSTD_LOG));
}

static enum unpack_state unpack_zstd_step(struct unpack *unpack, struct unpack_piece *piece)
{
	ZSTD_inBuffer in = { piece->in, piece->left, 0 };
	ZSTD_outBuffer out = { piece->out, piece->room, 0 };
	size_t status = ZSTD_decompressStream(unpack->zstd, &out, &in);

	piece->left -= in.pos;
	piece->room -= out.pos;
	if (ZSTD_isError(status))
		return UNPACK_BAD;
	return status ? UNPACK_MORE : UNPACK_END;
}

static void unpack_zstd_end(struct unpack *unpack)
{
	ZSTD_freeDCtx(unpack->zstd);
}

static const struct unpack_packing packings[] = {
	{ { 0x1f, 0x8b }, 2, unpack_gzip_begin, unpack_gzip_step, unpack_gzip_end },
	{ { 'B', 'Z', 'h' }, 3, unpack_bzip2_begin, unpack_bzip2_step, unpack_bzip2_end },
	{ { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, unpack_xz_begin, unpack_xz_step, unpack_xz_end },
	{ { 0x28, 0xb5, 0x2f, 0xfd }, 4, unpack_zstd_begin, unpack_zstd_step, unpack_zstd_end },
};

struct unpack *unpack_new(const uint8_t *head, size_t length)
{
	struct unpack *unpack;
	size_t i;

	for (i = 0; i < sizeof(packings) / sizeof(packings[0]); i++) {
		if (length < packings[i].length || memcmp(head, packings[i].magic, packings[i].length))
			continue;
		unpack = mem_zero(1, sizeof(*unpack));
		unpack->packing = &packings[i];
		return unpack;
	}
	return NULL;
}

static void unpack_close(struct unpack *unpack)
{
	if (unpack->open)
		unpack->packing->end(unpack);
	unpack->open = 0;
}

void unpack_free(struct unpack *unpack)
{
	if (unpack)
		unpack_close(unpack);
	free(unpack);
}

int unpack_is_whole(const struct unpack *unpack)
{
	return !unpack->open;
}

ptrdiff_t unpack_step(struct unpack *unpack, const uint8_t **in, size_t *left, uint8_t *out, size_t room,
		      const char **why)
{
	struct unpack_piece piece = { *in, *left, out, room };
	enum unpack_state state;

	/* xz pads with zeros between files */
	while (!unpack->open && piece.left && !*piece.in && unpack->packing->magic[0] == 0xfd) {
		piece.in++;
		piece.left--;
	}
	if (!unpack->open && piece.left) {
		if (unpack->packing->begin(unpack)) {
			*why = "cannot be unpacked: no memory for it";
			return -1;
		}
		unpack->open = 1;
	}
	*in = piece.in;
	*left = piece.left;
	if (!unpack->open)
		return 0;
	state = unpack->packing->step(unpack, &piece);
	*in += *left - piece.left;
	*left = piece.left;
	if (state == UNPACK_BAD) {
		*why = "the packed data are damaged";
		return -1;
	}
	if (state == UNPACK_END)
		unpack_close(unpack);
	return (ptrdiff_t)(room - piece.room);
}
