/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Holds a spool against its heads: every record up to the anchor is as it was written, none is missing and none stands
 * elsewhere. What is behind the anchor is the unproven tail: nobody outside knows yet what it was.
 *
 * Without an anchor from elsewhere it is the last head that this key signed: it proves against everybody who does not
 * have the key, but not that nothing was cut off behind it.
 */
#ifndef RESID_SPOOL_VERIFY_H
#define RESID_SPOOL_VERIFY_H

#include "spool/head.h"

struct verify_anchor {
	uint64_t number;
	uint8_t hash[SEGMENT_HASH];
};

struct verify_report {
	uint64_t segments, records;	/* proven: up to the anchor */
	uint64_t first_segment, first_sequence;	/* where the spool begins: what was before is past its retention */
	uint64_t anchor;		/* its segment; 0: there is none, and nothing is proven */
	bool anchored;			/* the anchor came from elsewhere and its head is there */
	uint64_t tail_segments, tail_records;	/* behind the anchor */
	uint64_t faults;		/* up to the anchor */
	uint64_t tail_faults;
	uint64_t unsigned_heads;
};

/* A fault: the segment, the sequence of the first record that it may concern (0: none), a sentence. */
typedef void verify_fault(void *context, bool proven, uint64_t segment, uint64_t sequence, const char *text);

/* dir NULL: the default. anchor, key: may be NULL. -1: it cannot be read at all. */
int verify_spool(const char *dir, const struct verify_anchor *anchor, const struct head_key *key, verify_fault *fault,
		 void *context, struct verify_report *report, struct resid_error *err);

#endif
