/* SPDX-License-Identifier: Apache-2.0 */
/* How a file of world_file.h is laid out: a header, tables each at the next multiple of 8, opinions. */
#ifndef RESID_GEO_WORLD_LAYOUT_H
#define RESID_GEO_WORLD_LAYOUT_H

#include "geo/world.h"

#define WORLD_MAGIC	"rsworld1"	/* eight bytes, without the final zero */

enum world_table {
	WORLD_STRINGS,		/* char[]; begins and ends with a zero */
	WORLD_SOURCES,
	WORLD_OVERLAPS,		/* struct world_overlap[] */
	WORLD_PLACES,		/* struct place_fact[] */
	WORLD_CONTROLS,		/* struct control_fact[] */
	WORLD_PAIRS,		/* struct world_pair[] */
	WORLD_RANGES4,
	WORLD_RANGES6,
	WORLD_OPERATORS,	/* uint32_t[]: strings */
	WORLD_VOICES,		/* struct world_opinions[] */
	WORLD_ASN,		/* as many as enum asn_part has */
	WORLD_TABLES = WORLD_ASN + ASN_PARTS
};

/* All after sha256, up to the opinions, is under it. */
struct world_header {
	uint8_t magic[8];
	uint8_t sha256[RESID_DIGEST_LEN];
	uint8_t key[RESID_DIGEST_LEN];
	uint8_t opinions_sha256[RESID_DIGEST_LEN];
	uint64_t head, opinions;	/* bytes; the head includes this */
	uint32_t count[WORLD_TABLES];
};

struct world_file_source {
	uint32_t name, file;
	uint32_t control, place;
	uint64_t prefixes, v4, v6, located;
	char date[16];
	uint8_t sha256[RESID_DIGEST_LEN];
};

struct world_file_range4 {
	uint32_t first, pair;
};

struct world_file_range6 {
	uint64_t high, low;
	uint32_t pair, reserved;
};

/* Of an element. */
static inline size_t world_element(unsigned int table)
{
	static const size_t size[WORLD_ASN] = {
		[WORLD_STRINGS] = 1,
		[WORLD_SOURCES] = sizeof(struct world_file_source),
		[WORLD_OVERLAPS] = sizeof(struct world_overlap),
		[WORLD_PLACES] = sizeof(struct place_fact),
		[WORLD_CONTROLS] = sizeof(struct control_fact),
		[WORLD_PAIRS] = sizeof(struct world_pair),
		[WORLD_RANGES4] = sizeof(struct world_file_range4),
		[WORLD_RANGES6] = sizeof(struct world_file_range6),
		[WORLD_OPERATORS] = sizeof(uint32_t),
		[WORLD_VOICES] = sizeof(struct world_opinions),
	};

	return table < WORLD_ASN ? size[table] : asn_part_size[table - WORLD_ASN];
}

#endif
