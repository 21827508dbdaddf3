/* SPDX-License-Identifier: Apache-2.0 */
/* How a file of world_file.h is laid out: a header, tables each at the next multiple of 8. */
#ifndef RESID_GEO_WORLD_LAYOUT_H
#define RESID_GEO_WORLD_LAYOUT_H

#include "geo/world.h"

#define WORLD_MAGIC	"rsworld2"	/* eight bytes, without the final zero */

enum world_table {
	WORLD_STRINGS,		/* char[]; begins and ends with a zero */
	WORLD_SOURCES,
	WORLD_OVERLAPS,		/* struct world_overlap[] */
	WORLD_EVIDENCE,		/* struct evidence[] */
	WORLD_DOSSIERS,		/* uint32_t[]: how many pieces each has; the first is empty */
	WORLD_PIECES,		/* uint32_t[]: numbers of evidence, dossier after dossier */
	WORLD_RANGES4,
	WORLD_RANGES6,
	WORLD_OPERATORS,	/* uint32_t[]: strings */
	WORLD_REGIONS,
	WORLD_ASN,		/* as many as enum asn_part has */
	WORLD_TABLES = WORLD_ASN + ASN_PARTS
};

/* All after sha256 is under it. */
struct world_header {
	uint8_t magic[8];
	uint8_t sha256[RESID_DIGEST_LEN];
	uint8_t key[RESID_DIGEST_LEN];
	uint64_t length;		/* bytes, with this */
	uint32_t count[WORLD_TABLES];
};

struct world_file_source {
	uint32_t name, file, said, reserved;
	uint64_t prefixes, v4, v6, located, rows, bad;
	char date[16];
	uint8_t sha256[RESID_DIGEST_LEN];
};

struct world_file_region {
	uint32_t name, source;
	uint64_t v4, v6;
};

struct world_file_range4 {
	uint32_t first, dossier;
};

struct world_file_range6 {
	uint64_t high, low;
	uint32_t dossier, reserved;
};

/* Of an element. */
static inline size_t world_element(unsigned int table)
{
	static const size_t size[WORLD_ASN] = {
		[WORLD_STRINGS] = 1,
		[WORLD_SOURCES] = sizeof(struct world_file_source),
		[WORLD_OVERLAPS] = sizeof(struct world_overlap),
		[WORLD_EVIDENCE] = sizeof(struct evidence),
		[WORLD_DOSSIERS] = sizeof(uint32_t),
		[WORLD_PIECES] = sizeof(uint32_t),
		[WORLD_RANGES4] = sizeof(struct world_file_range4),
		[WORLD_RANGES6] = sizeof(struct world_file_range6),
		[WORLD_OPERATORS] = sizeof(uint32_t),
		[WORLD_REGIONS] = sizeof(struct world_file_region),
	};

	return table < WORLD_ASN ? size[table] : asn_part_size[table - WORLD_ASN];
}

#endif
