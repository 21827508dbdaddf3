/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RESID_SECTION_FULL: all that the kernel need not know, so that an address, a rule and a class keep their names as
 * long as a record speaks of the generation. A header, then tables in the order of enum full_table_id, each at the
 * next multiple of 8 with zeros between. Text is an offset into the strings, which end with a zero. Host order.
 */
#ifndef RESID_SNAPSHOT_FULL_H
#define RESID_SNAPSHOT_FULL_H

#include <stddef.h>
#include <stdint.h>

#include "kmod/uapi/resid.h"
#include "geo/asn.h"
#include "geo/control.h"
#include "geo/place.h"
#include "geo/registered.h"

#define FULL_MAGIC	"rsfull7\n"	/* eight bytes, without the final zero */
#define FULL_NO_CLASS	0xffff
#define FULL_NO_SOURCE	0xffff
#define FULL_NO_OPERATOR 0xffff

enum full_table_id {
	FULL_STRINGS,		/* char[]; begins with a zero, so 0 is "" */
	FULL_CLASSES,
	FULL_RULES,		/* as many as, and in the order of, the kernel's */
	FULL_ASSIGNMENTS,
	FULL_SOURCES,
	FULL_SETS,
	FULL_OPERATORS,		/* those that somebody names */
	FULL_EVIDENCE,
	FULL_PIECES,		/* uint32_t[]: numbers of evidence, by zone, or'ed with FULL_PIECE_IGNORED */
	FULL_ZONES,
	FULL_FIRST4,		/* uint32_t[]: first address of each range, ascending from 0 */
	FULL_ZONE4,		/* uint32_t[]: its zone */
	FULL_FIRST6,		/* struct full_first6[] */
	FULL_ZONE6,		/* uint32_t[] */
	FULL_ASN,		/* as many as enum asn_part (geo/asn.h) has, in its order */
	FULL_TABLES = FULL_ASN + ASN_PARTS
};

struct full_table {
	uint64_t offset;	/* from the start of the section */
	uint32_t count;		/* elements */
	uint32_t reserved;
};

struct full_header {
	uint8_t magic[8];
	uint32_t policy_name;	/* the file's, without folders */
	uint32_t policy_text;
	int64_t stale_at;	/* seconds since the epoch: then a source becomes too old for the policy; 0: never */
	uint8_t world[RESID_DIGEST_LEN];	/* key of the data as laid out (geo/world_file.h) */
	struct full_table table[FULL_TABLES];
};

struct full_class {
	uint32_t name;
	uint16_t judged_as;	/* index of the class that stands for it, or FULL_NO_CLASS */
	uint8_t id;
	uint8_t fallback;	/* enum resid_verdict */
};

struct full_rule {
	uint64_t key;
	uint32_t id;
	uint32_t reason;
	uint32_t clause;	/* or "" */
	uint32_t justification;	/* or "" */
	uint32_t owner, ticket;	/* of an exception, or "" */
	int64_t from, until;	/* seconds since the epoch; INT64_MIN, INT64_MAX: no beginning, no end */
	uint8_t verdict;
	uint8_t reserved[7];
};

struct full_assignment {
	uint32_t target;
	uint8_t class_id;
	uint8_t reserved[3];
};

struct full_source {
	uint32_t name;		/* "tor-geoipdb" */
	uint32_t file;		/* "geoip", or "" */
	uint32_t date;		/* "2026-06-25", or "" */
	uint32_t tier;		/* "feed": the strongest of control that it speaks in; "registered", "location", "none" */
	uint32_t accepted;	/* what was wrong with it and let pass by --accept, or "" */
	uint32_t reserved;
	uint64_t prefixes;	/* how much it says, for the next one to be held against: both families */
	uint64_t v4, v6;	/* addresses, /64s */
	uint8_t sha256[RESID_DIGEST_LEN];	/* of the file, or zeros */
};

struct full_set {
	uint32_t name;
	uint32_t date;
	uint32_t source;
	uint32_t members;	/* "AT BE BG" */
	int64_t ends;		/* seconds since the epoch: from then on it is law no more; 0: none is known */
};

struct full_operator {
	uint32_t id, name, parent;
	uint32_t citation;	/* of what is said about its control */
	uint32_t reviewed;	/* "2026-11-21" */
	uint32_t confidence;	/* "high" */
	uint32_t basis;		/* "US: CLOUD Act (18 USC 2713); US: FISA 702 (50 USC 1881a), until 2026-04-20" */
};

/* What one source says on one axis (geo/evidence.h). */
struct full_evidence {
	uint32_t answer;	/* "FR,US" */
	uint16_t source;	/* index */
	uint16_t operator;	/* index, or FULL_NO_OPERATOR */
	int64_t fresh_until;	/* seconds since the epoch; INT64_MIN: its source has no date; INT64_MAX: for good */
	uint8_t axis;		/* enum evidence_axis */
	uint8_t tier;		/* enum place_tier, registered_tier or control_tier */
	uint8_t fresh;		/* it was when the policy was compiled */
	uint8_t reserved[5];
};

#define FULL_PIECE_IGNORED	0x80000000u	/* of a location: it does not count here (snapshot/weigh.h) */

struct full_zone {
	uint32_t location;	/* "FR", or "unknown" where it is disputed */
	uint32_t where;		/* "DE,FR": all places that it may be in, of which `location` is one or none */
	uint32_t registered;	/* "IE", or "" : unknown */
	uint32_t control;	/* "FR,US", or "" : unknown */
	uint32_t piece;		/* index of the first */
	uint16_t piece_count;
	uint16_t source;	/* who says where it is: index, or FULL_NO_SOURCE */
	uint16_t group;		/* of the kernel's table */
	uint16_t control_source;	/* who names the operator: index, or FULL_NO_SOURCE */
	uint16_t operator;	/* index, or FULL_NO_OPERATOR */
	uint8_t tier;		/* enum control_tier, the strongest that names an operator */
	uint8_t place;		/* enum place_tier */
	uint8_t settled;	/* by an override that has an end */
	uint8_t reserved[3];
};

struct full_first6 {
	uint64_t high, low;
};

/* A view of the section: pointers into it. */
struct full {
	const struct full_header *header;
	const char *strings;
	const struct full_class *class;
	const struct full_rule *rule;
	const struct full_assignment *assignment;
	const struct full_source *source;
	const struct full_set *set;
	const struct full_operator *operator;
	const struct full_evidence *evidence;
	const uint32_t *piece;
	const struct full_zone *zone;
	const uint32_t *first4;
	const uint32_t *zone4;
	const struct full_first6 *first6;
	const uint32_t *zone6;
	struct asn_view asn;
};

/*
 * Checks a section, of which nothing is trusted; data is 8-byte aligned. group_count: of the kernel's table. NULL, or
 * a sentence that says what is wrong. After NULL every offset and index in it may be followed.
 */
const char *full_open(struct full *full, const void *data, size_t length, uint32_t group_count);

static inline uint32_t full_count(const struct full *full, enum full_table_id id)
{
	return full->header->table[id].count;
}

static inline const char *full_string(const struct full *full, uint32_t offset)
{
	return full->strings + offset;
}

/* The last range whose first address is not over this one. */
uint32_t full_find4(const struct full *full, uint32_t address);
uint32_t full_find6(const struct full *full, uint64_t high, uint64_t low);

#endif
