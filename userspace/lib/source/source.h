/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a source of control or location data yields, whatever its format: facts about ranges.
 * What a fact means (tier, operator, jurisdictions) is decided in control.h, not here.
 */
#ifndef RESID_SOURCE_SOURCE_H
#define RESID_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kmod/uapi/resid.h"
#include "util/address.h"
#include "util/buffer.h"
#include "util/cleanup.h"
#include "util/error.h"

enum source_format {
	/* Ranges that a provider publishes, as JSON (shape.c) */
	SOURCE_AWS,
	SOURCE_AZURE,
	SOURCE_GOOGLE,
	SOURCE_ORACLE,
	SOURCE_FASTLY,
	SOURCE_GITHUB,
	SOURCE_ZSCALER,
	SOURCE_ZSCALER_CENR,
	SOURCE_M365,
	SOURCE_SALESFORCE,
	SOURCE_VULTR,
	SOURCE_EXOSCALE,
	SOURCE_CLOUDFLARE,
	SOURCE_ATLASSIAN,
	SOURCE_IMPERVA,
	SOURCE_OKTA,
	/* ... as text */
	SOURCE_GEOFEED,		/* RFC 8805 */
	SOURCE_LIST,		/* one prefix a line */
	/* Where the holder of addresses and ASes is registered */
	SOURCE_RIR,		/* "prefix,country" */
	SOURCE_DELEGATED,	/* delegated-extended of the regional registries */
	SOURCE_RPSL,		/* inetnum, inet6num and organisation of a registry's database */
	/* Which AS announces addresses */
	SOURCE_ASN_CSV,		/* "prefix,asn,name" or "first,last,asn,name" */
	SOURCE_PFX2AS,		/* "address length asn" */
	SOURCE_RPKI,		/* validated ROAs as JSON */
	SOURCE_MRT,		/* RFC 6396, TABLE_DUMP_V2 */
	SOURCE_BIRD,		/* show route */
	SOURCE_FRR,		/* show bgp json */
	/* Databases of locations, of origin ASes or of both */
	SOURCE_LIBLOC,		/* location.db */
	SOURCE_MMDB,		/* MaxMind DB */
	SOURCE_FORMATS
};

#define SOURCE_BIT(format) (1ull << (format))	/* of a set of them */

/* Of a fact: that a country says little of where the addresses are. */
#define SOURCE_F_ANYCAST	1u
#define SOURCE_F_SATELLITE	2u
#define SOURCE_F_PROXY		4u	/* anonymous */
#define SOURCE_F_ALL		7u

#define SOURCE_REMEDY	"fetch the file anew, or name another"

#define SOURCE_AS_NAME	96	/* bytes; the longest of libloc's 70,000 has 80 */
#define SOURCE_STRING	120	/* bytes of a region or a service */
#define SOURCE_SAYS_BAD	5	/* bad rows that are told one by one */
#define SOURCE_SAID	240	/* bytes of what is told of one */
#define SOURCE_BAD	50	/* thousandths of the rows that may be bad where nobody says otherwise */

struct source_fact {
	u128 first, last;	/* keys, as in geo_range */
	uint32_t asn;		/* 0: not said */
	char country[3];	/* a code of location.h ("NO", "EU" for somewhere there); "": not said */
	char registered[3];	/* of the holder, all that SOURCE_RIR says; "": not said */
	char represented[3];	/* whose law holds there although it is elsewhere (a military base); "": not said */
	uint8_t flags;		/* SOURCE_F_* */
	uint32_t region;	/* index into source->string; 0: "" */
	uint32_t service;	/* of a registry's data the holder's name */
} __attribute__((packed, aligned(8)));

struct source_facts {
	struct source_fact *fact;	/* ascending by first, then by longer range; may nest and repeat */
	size_t count, capacity;
};

/* What an AS database calls an AS. */
struct source_as {
	uint32_t number;
	uint32_t name;		/* offset into the text, from 1 */
};

/* Where a registry has the holder of an AS. */
struct source_as_country {
	uint32_t number;
	char country[4];	/* as in struct source_fact */
};

struct source {
	enum source_format format;
	char *name;			/* as the policy names it: "aws" */
	char *file;			/* name without folders */
	char date[sizeof("2026-06-25")];	/* of the data, from the data; "" when they do not say */
	uint8_t sha256[RESID_DIGEST_LEN];	/* of the file */
	struct source_facts v4, v6;
	char **string;			/* regions and services, each once; string[0] is "" */
	size_t string_count, string_capacity;
	struct buffer as;		/* struct source_as[], ascending, each once */
	struct buffer as_country;	/* struct source_as_country[], ascending, each once */
	struct buffer as_text;		/* up to SOURCE_AS_NAME bytes of clean UTF-8 and a zero, again and again */
	uint64_t rows, bad;		/* of a text: how many there were, and how many of them were left out */
	char *said[SOURCE_SAYS_BAD];	/* what is wrong with the first bad ones: "12: 'x' is not a prefix" */
	size_t said_count;
};

/*
 * Codes as in location.h: "UK" becomes GB, "EU", "AP", "A1" and "A2" stay, what names no place becomes "". false: not a
 * code.
 */
bool source_country(const char *text, char out[3]);

void source_free(struct source *source);

enum source_says { SOURCE_SAYS_COUNTRY, SOURCE_SAYS_REGISTERED, SOURCE_SAYS_ASN };
/* Does any of its facts say this? */
bool source_says(const struct source *source, enum source_says what);
/* Where the registry that this source copies has the holder of an AS; "": it does not say. */
const char *source_country_of_as(const struct source *source, uint32_t asn);
/* The order that facts stand in, each once. */
void source_order(struct source_facts *facts);
/* Names and countries of ASes ascending; of an AS with several the first. */
void source_order_as(struct source *source);
/* "line 12: ...; line 15: ...": what was said of bad rows; the caller's to free. */
char *source_said(const struct source *source);
/* May so many of its rows be bad? max_bad: thousandths. said: what source_said() gave. 0, or -1: PATH:12: ... */
int source_check_bad(const char *path, uint64_t rows, uint64_t bad, const char *said, unsigned int max_bad,
		     struct resid_error *err);

DEFINE_CLEANUP(source, struct source *, source_free);
#define _cleanup_source_ _cleanup_(cleanup_source)

#endif
