// SPDX-License-Identifier: Apache-2.0
#include "spool/segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "util/file.h"
#include "util/memory.h"

#define NAME_DIGITS	10
#define READ_SIZE	(128u << 10)	/* bytes asked of a file at a time */

DEFINE_CLEANUP(dir, DIR *, closedir);

/* ---- chain ------------------------------------------------------------------------------------------------ */

void segment_chain_init(struct segment_chain *chain)
{
	*chain = (struct segment_chain){ .context = EVP_MD_CTX_new() };
	/* only a provider that lacks SHA-256 can fail here, and then nothing can be proved */
	if (!chain->context || !EVP_DigestInit_ex(chain->context, EVP_sha256(), NULL))
		abort();
}

void segment_chain_fini(struct segment_chain *chain)
{
	EVP_MD_CTX_free(chain->context);
	chain->context = NULL;
}

static void chain_step(struct segment_chain *chain, const void *first, size_t first_length, const void *second,
		       size_t second_length)
{
	if (!EVP_DigestUpdate(chain->context, first, first_length) ||
	    !EVP_DigestUpdate(chain->context, second, second_length) ||
	    !EVP_DigestFinal_ex(chain->context, chain->hash, NULL) ||
	    !EVP_DigestInit_ex(chain->context, NULL, NULL))
		abort();
}

void segment_chain_start(struct segment_chain *chain, const struct segment_header *header)
{
	chain_step(chain, header, sizeof(*header), NULL, 0);
}

void segment_chain_add(struct segment_chain *chain, const struct segment_frame *frame, const void *bytes)
{
	uint8_t before[SEGMENT_HASH + sizeof(*frame)];

	memcpy(before, chain->hash, SEGMENT_HASH);
	memcpy(before + SEGMENT_HASH, frame, sizeof(*frame));
	chain_step(chain, before, sizeof(before), bytes, frame->length);
}

uint32_t segment_header_crc(const struct segment_header *header)
{
	return (uint32_t)crc32(0, (const uint8_t *)header, offsetof(struct segment_header, crc));
}

uint32_t segment_frame_crc(const struct segment_frame *frame, const void *bytes)
{
	uLong crc = crc32(0, (const uint8_t *)&frame->length, sizeof(frame->length));

	crc = crc32(crc, (const uint8_t *)&frame->type, sizeof(frame->type));
	return (uint32_t)crc32(crc, bytes, frame->length);
}

/* ---- the files of a spool --------------------------------------------------------------------------------- */

struct path segment_path(const char *dir, uint64_t number, bool packed)
{
	return paths_in(dir, "%0*" PRIu64 "%s", NAME_DIGITS, number, packed ? ".zst" : ".seg");
}

static bool segment_name(const char *name, struct segment_file *file)
{
	char *end;

	if (strspn(name, "0123456789") < NAME_DIGITS)
		return false;
	errno = 0;
	file->number = strtoull(name, &end, 10);
	file->packed = !strcmp(end, ".zst");
	return !errno && file->number && (file->packed || !strcmp(end, ".seg"));
}

/* The packed one of two behind the other. */
static int segment_order(const void *a, const void *b)
{
	const struct segment_file *left = a, *right = b;

	if (left->number != right->number)
		return left->number < right->number ? -1 : 1;
	return left->packed - right->packed;
}

int segment_list(const char *dir, struct segment_file **out, size_t *count, struct resid_error *err)
{
	_cleanup_(cleanup_dir) DIR *folder = opendir(dir);
	_cleanup_free_ struct segment_file *files = NULL;
	size_t room = 0, found = 0, kept = 0;
	struct segment_file file;
	struct dirent *entry;
	struct stat st;

	if (!folder)
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot read %s: %s", dir, strerror(errno));
	while ((entry = readdir(folder))) {
		if (!segment_name(entry->d_name, &file) || fstatat(dirfd(folder), entry->d_name, &st, 0))
			continue;
		file.bytes = (uint64_t)st.st_size;
		*MEM_PUSH(files, found, room) = file;
	}
	if (found)
		qsort(files, found, sizeof(*files), segment_order);
	for (size_t i = 0; i < found; i++) {
		if (kept && files[kept - 1].number == files[i].number)
			kept--;
		files[kept++] = files[i];
	}
	*out = TAKE(files);
	*count = kept;
	return 0;
}

/* ---- reading ---------------------------------------------------------------------------------------------- */

struct segment_reader {
	struct path path;
	int fd;
	ZSTD_DCtx *unpack;	/* NULL: not packed */
	uint8_t *packed;	/* READ_SIZE bytes of the file */
	ZSTD_inBuffer in;
	uint8_t *data;		/* from `at` to `end`: unpacked, not given yet */
	size_t at, end, room;
	uint64_t offset;	/* of `at` */
	uint64_t limit;		/* not read beyond, unless packed */
	bool broken;
	struct segment_header header;
};

static ssize_t reader_read(struct segment_reader *reader, void *to, size_t size)
{
	ssize_t got;

	do
		got = read(reader->fd, to, size);
	while (got < 0 && errno == EINTR);
	return got;
}

/* Adds what one read brings; false: the end, or what cannot be unpacked. */
static bool reader_more(struct segment_reader *reader)
{
	ZSTD_outBuffer out;
	ssize_t got;

	if (reader->at) {
		memmove(reader->data, reader->data + reader->at, reader->end - reader->at);
		reader->end -= reader->at;
		reader->at = 0;
	}
	if (!reader->unpack) {
		uint64_t left = reader->limit - (reader->offset + reader->end);

		got = reader_read(reader, reader->data + reader->end,
				  left < reader->room - reader->end ? left : reader->room - reader->end);
		if (got > 0)
			reader->end += (size_t)got;
		return got > 0;
	}
	out = (ZSTD_outBuffer){ reader->data, reader->room, reader->end };
	while (out.pos == reader->end) {
		size_t result;

		if (reader->in.pos == reader->in.size) {
			got = reader_read(reader, reader->packed, READ_SIZE);
			if (got <= 0)
				return false;
			reader->in = (ZSTD_inBuffer){ reader->packed, (size_t)got, 0 };
		}
		result = ZSTD_decompressStream(reader->unpack, &out, &reader->in);
		if (ZSTD_isError(result)) {
			reader->broken = true;
			return false;
		}
	}
	reader->end = out.pos;
	return true;
}

static bool reader_have(struct segment_reader *reader, size_t length)
{
	while (reader->end - reader->at < length)
		if (!reader_more(reader))
			return false;
	return true;
}

static void reader_take(struct segment_reader *reader, size_t length)
{
	reader->at += length;
	reader->offset += length;
}

static int reader_header(struct segment_reader *reader, uint64_t number, struct resid_error *err)
{
	struct segment_header *header = &reader->header;

	if (!reader_have(reader, sizeof(*header)))
		return resid_fail(err, RESID_EXIT_INPUT, "%s ends in its header", reader->path.text);
	memcpy(header, reader->data + reader->at, sizeof(*header));
	if (memcmp(header->magic, SEGMENT_MAGIC, sizeof(header->magic)) ||
	    header->crc != segment_header_crc(header) || header->number != number ||
	    header->host[sizeof(header->host) - 1] || header->host_id[sizeof(header->host_id) - 1])
		return resid_fail(err, RESID_EXIT_INPUT, "%s has no header of segment %" PRIu64, reader->path.text, number);
	reader_take(reader, sizeof(*header));
	return 0;
}

int segment_open(const char *dir, uint64_t number, bool *found, struct segment_reader **out, struct resid_error *err)
{
	_cleanup_(cleanup_segment) struct segment_reader *reader = mem_zero(1, sizeof(*reader));
	bool packed = false;

	/* Being packed meanwhile, the first is gone and the second is there. */
	reader->path = segment_path(dir, number, false);
	reader->fd = file_open(reader->path.text, O_RDONLY, 0, err);
	if (reader->fd < 0 && errno == ENOENT) {
		packed = true;
		reader->path = segment_path(dir, number, true);
		reader->fd = file_open(reader->path.text, O_RDONLY, 0, err);
	}
	*found = reader->fd >= 0 || errno != ENOENT;
	if (!*found)
		return 0;
	if (reader->fd < 0)
		return -1;
	reader->limit = sizeof(struct segment_header);
	reader->room = sizeof(struct segment_frame) + SEGMENT_FRAME_MAX + READ_SIZE;
	reader->data = mem_alloc(reader->room);
	if (packed) {
		reader->packed = mem_alloc(READ_SIZE);
		reader->unpack = ZSTD_createDCtx();
		if (!reader->unpack)
			return resid_fail(err, RESID_EXIT_SYSTEM, "no memory to unpack %s", reader->path.text);
	}
	if (reader_header(reader, number, err))
		return -1;
	reader->limit = UINT64_MAX;
	*out = TAKE(reader);
	return 0;
}

void segment_close(struct segment_reader *reader)
{
	if (!reader)
		return;
	ZSTD_freeDCtx(reader->unpack);
	free(reader->packed);
	free(reader->data);
	if (reader->fd >= 0)
		close(reader->fd);
	free(reader);
}

const struct segment_header *segment_header(const struct segment_reader *reader)
{
	return &reader->header;
}

bool segment_is_packed(const struct segment_reader *reader)
{
	return reader->unpack;
}

uint64_t segment_offset(const struct segment_reader *reader)
{
	return reader->offset;
}

void segment_limit(struct segment_reader *reader, uint64_t offset)
{
	reader->limit = offset;
}

int segment_skip_to(struct segment_reader *reader, uint64_t offset, struct resid_error *err)
{
	while (reader->offset < offset) {
		size_t have = reader->end - reader->at;

		if (!have && !reader_have(reader, 1))
			return resid_fail(err, RESID_EXIT_INPUT, "%s ends at byte %" PRIu64 ", before byte %" PRIu64,
					  reader->path.text, reader->offset, offset);
		have = reader->end - reader->at;
		reader_take(reader, have < offset - reader->offset ? have : offset - reader->offset);
	}
	return 0;
}

enum segment_result segment_next(struct segment_reader *reader, struct segment_frame *frame, const uint8_t **bytes,
				 bool *torn)
{
	if (torn)
		*torn = false;
	if (!reader_have(reader, sizeof(*frame))) {
		if (torn)
			*torn = reader->end != reader->at;
		return reader->broken ? SEGMENT_BROKEN : SEGMENT_END;
	}
	memcpy(frame, reader->data + reader->at, sizeof(*frame));
	if (frame->length > SEGMENT_FRAME_MAX || frame->type < SEGMENT_RECORD || frame->type > SEGMENT_HEAD)
		return SEGMENT_BROKEN;
	if (!reader_have(reader, sizeof(*frame) + frame->length)) {
		if (torn)
			*torn = true;
		return reader->broken ? SEGMENT_BROKEN : SEGMENT_END;
	}
	*bytes = reader->data + reader->at + sizeof(*frame);
	reader_take(reader, sizeof(*frame) + frame->length);
	return frame->crc == segment_frame_crc(frame, *bytes) ? SEGMENT_FRAME : SEGMENT_DAMAGED;
}
