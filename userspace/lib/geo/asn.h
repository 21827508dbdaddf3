/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which AS announces an address and what that AS is called, so that records can say it; no policy asks for it. A world
 * and a snapshot both keep it in this form. AS 0: nobody is known to announce the address.
 */
#ifndef RESID_GEO_ASN_H
#define RESID_GEO_ASN_H

#include <stdbool.h>

#include "source/source.h"
#include "util/buffer.h"

/* The tables, one after the other; by family ascending first addresses, from 0, and who announces up to the next. */
enum asn_part {
	ASN_FIRST4,		/* uint32_t[] */
	ASN_OF4,		/* uint32_t[] */
	ASN_FIRST6,		/* uint64_t[]: upper halves; a /64 belongs to whoever announces its first address */
	ASN_OF6,		/* uint32_t[] */
	ASN_NAMES,		/* struct source_as[], ascending, each once */
	ASN_TEXT,		/* char[]; begins and ends with a zero */
	ASN_PARTS
};

extern const size_t asn_part_size[ASN_PARTS];	/* of an element */

struct asn_table {
	struct buffer part[ASN_PARTS];
};

struct asn_view {
	const void *part[ASN_PARTS];
	uint32_t count[ASN_PARTS];	/* elements */
};

/* A family; facts without an AS say nothing, and the longest prefix wins. NULL: there is no AS database. */
void asn_lay(struct asn_table *table, sa_family_t family, const struct source_facts *facts);
/* What the source calls its ASes. NULL: no source. */
void asn_lay_names(struct asn_table *table, const struct source *source);
void asn_fini(struct asn_table *table);

/* Is all in order and in range? That the parts are there, as many as counted and aligned, is the caller's care. */
bool asn_is_sound(const struct asn_view *view);
/* key: util/address.h. 0: nobody is known. */
uint32_t asn_find(const struct asn_view *view, sa_family_t family, u128 key);
/* "OVH SAS", or "". */
const char *asn_name(const struct asn_view *view, uint32_t asn);

#endif
