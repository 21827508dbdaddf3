/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file of the spool: NUMBER.seg, or NUMBER.zst once it is closed and packed (the same bytes, with zstd):
 *
 *   header | frame frame frame ... COMMIT | frame ... COMMIT | ... | HEAD
 *
 * A frame is a struct segment_frame and what it describes. RECORD holds one event (event.h), COMMIT ends a batch, and
 * what is behind the last COMMIT was never acknowledged; HEAD ends the segment.
 *
 * The chain is SHA-256: of the header first, then of the chain so far and the next frame, RECORD and COMMIT alike.
 * COMMIT repeats it, so that damage is narrowed down to a batch; HEAD signs it, and the hash of the head before.
 *
 * All integers little-endian, as the host (uapi/resid.h).
 */
#ifndef RESID_SPOOL_SEGMENT_H
#define RESID_SPOOL_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"
#include "util/paths.h"

#define SEGMENT_MAGIC	"rspool1\n"	/* eight bytes, without the final zero */
#define SEGMENT_HEAD_MAGIC "rshead1\n"
#define SEGMENT_HASH	32
#define SEGMENT_SIGNATURE 64
#define SEGMENT_FRAME_MAX (256u << 10)	/* bytes of a frame behind its header */

struct segment_header {
	uint8_t magic[8];
	uint8_t spool[16];		/* random; names this spool for ever */
	uint64_t number;		/* from 1 */
	uint64_t first_sequence;	/* of its first record */
	uint64_t opened_ns;		/* wall */
	uint8_t previous[SEGMENT_HASH];	/* of the head before it; zeros: there is none */
	char host[64], host_id[36];	/* end with a zero */
	uint32_t crc;			/* of all before it */
};

enum segment_type {
	SEGMENT_RECORD = 1,
	SEGMENT_COMMIT,
	SEGMENT_HEAD
};

struct segment_frame {
	uint32_t length;
	uint32_t crc;			/* of length, type and the bytes */
	uint32_t type;
};

struct segment_commit {
	uint8_t instance[16];
	uint64_t batch;
	uint64_t records;		/* of this batch */
	uint8_t chain[SEGMENT_HASH];	/* before this frame */
};

struct segment_head {
	uint8_t magic[8];
	uint8_t spool[16];
	uint64_t number, first_sequence, records;
	uint64_t oldest;		/* number of the oldest segment that was kept when this one was closed */
	uint64_t opened_ns, closed_ns;
	uint8_t chain[SEGMENT_HASH];
	uint8_t previous[SEGMENT_HASH];
	uint8_t key[8];			/* first bytes of the SHA-256 of the public key; zeros: not signed */
	uint8_t signature[SEGMENT_SIGNATURE];	/* of all before it */
};

_Static_assert(sizeof(struct segment_header) == 184, "as it is on disk");
_Static_assert(sizeof(struct segment_commit) == 64, "as it is on disk");
_Static_assert(sizeof(struct segment_head) == 208, "as it is on disk");

/* ---- chain ------------------------------------------------------------------------------------------------ */

/* SHA-256 again and again, without asking the library each time for how. */
struct segment_chain {
	void *context;
	uint8_t hash[SEGMENT_HASH];
};

void segment_chain_init(struct segment_chain *chain);
void segment_chain_fini(struct segment_chain *chain);
void segment_chain_start(struct segment_chain *chain, const struct segment_header *header);
void segment_chain_add(struct segment_chain *chain, const struct segment_frame *frame, const void *bytes);

uint32_t segment_header_crc(const struct segment_header *header);
uint32_t segment_frame_crc(const struct segment_frame *frame, const void *bytes);

/* ---- the files of a spool --------------------------------------------------------------------------------- */

struct segment_file {
	uint64_t number;
	bool packed;
	uint64_t bytes;
};

/* All of them, ascending; of a packed one that is still there unpacked, the packed one. *out is for free(). */
int segment_list(const char *dir, struct segment_file **out, size_t *count, struct resid_error *err);
struct path segment_path(const char *dir, uint64_t number, bool packed);

/* ---- reading ---------------------------------------------------------------------------------------------- */

struct segment_reader;

/* *found is false when there is no such segment; else the header was read and checked. */
int segment_open(const char *dir, uint64_t number, bool *found, struct segment_reader **out, struct resid_error *err);
void segment_close(struct segment_reader *reader);
DEFINE_CLEANUP(segment, struct segment_reader *, segment_close);

const struct segment_header *segment_header(const struct segment_reader *reader);
bool segment_is_packed(const struct segment_reader *reader);
/* Of the next frame, in the unpacked file. */
uint64_t segment_offset(const struct segment_reader *reader);
/* Reads no byte at or beyond an offset, when it is not packed; not less than was read already. */
void segment_limit(struct segment_reader *reader, uint64_t offset);
/* Goes forward to an offset that is the start of a frame. */
int segment_skip_to(struct segment_reader *reader, uint64_t offset, struct resid_error *err);

enum segment_result {
	SEGMENT_END,		/* nothing behind the last frame, or not all of a frame yet */
	SEGMENT_FRAME,
	SEGMENT_DAMAGED,	/* a whole frame, of which the CRC does not hold: the next call gives the next */
	SEGMENT_BROKEN		/* what is here is no frame, or cannot be unpacked: nothing behind it can be found */
};

/* The bytes belong to the reader until the next call. *torn (may be NULL) with SEGMENT_END: a part of one is there. */
enum segment_result segment_next(struct segment_reader *reader, struct segment_frame *frame, const uint8_t **bytes,
				 bool *torn);

/* ---- closed segments -------------------------------------------------------------------------------------- */

/* Packs NUMBER.seg into NUMBER.zst, and removes it; nothing changes on failure. */
int segment_pack(const char *dir, uint64_t number, struct resid_error *err);

#endif
