/* SPDX-License-Identifier: Apache-2.0 */
/* What a source of location data yields, whatever its format. One file a format. */
#ifndef RESID_SOURCE_GEOIP_H
#define RESID_SOURCE_GEOIP_H

#include <stddef.h>

#include "kmod/uapi/resid.h"
#include "source/location.h"
#include "util/address.h"
#include "util/cleanup.h"
#include "util/error.h"

struct geo_range {
	u128 first, last;	/* keys */
	uint16_t location;
};

struct geo_table {
	const char *source;		/* "tor-geoipdb" */
	char *file;			/* name without folders */
	char date[sizeof("2026-06-25")];	/* of the data, from the data; "" when they do not say */
	uint8_t sha256[RESID_DIGEST_LEN];	/* of the file */
	sa_family_t family;
	struct geo_range *range;	/* ascending, disjoint, at least one */
	size_t count;
};

/*
 * tor-geoipdb: "FIRST,LAST,CC" a line, IPv4 in decimal, IPv6 as text; lines with '#' are comments, one of which
 * ("# Generated: Thu, 25 Jun 2026 ...") has the date. Anything else is refused with FILE:LINE and a remedy.
 */
int geo_tor_read(const char *path, sa_family_t family, struct geo_table **out, struct resid_error *err);
/* The same on bytes in memory, which must have a zero after them. */
int geo_tor_parse(const char *name, const char *data, size_t length, sa_family_t family, struct geo_table **out,
		  struct resid_error *err);

void geo_free(struct geo_table *table);

DEFINE_CLEANUP(geo, struct geo_table *, geo_free);
#define _cleanup_geo_ _cleanup_(cleanup_geo)

#endif
