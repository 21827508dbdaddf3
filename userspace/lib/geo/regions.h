/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy/regions.yaml: in which country the regions are for which providers publish ranges. Curated and dated; a region
 * that is not in it says nothing of where its ranges are.
 */
#ifndef RESID_GEO_REGIONS_H
#define RESID_GEO_REGIONS_H

#include "source/source.h"

struct region {
	enum source_format format;	/* of the feed that speaks of it */
	char *name;			/* "eu-west-3" */
	unsigned int location;
};

struct regions {
	struct region *region;	/* by format and name */
	size_t count, capacity;
	char date[sizeof("2026-06-25")];
	uint8_t sha256[RESID_DIGEST_LEN];
};

/* The embedded file. Refused with FILE:LINE:COLUMN. */
int regions_read(struct regions **out, struct resid_error *err);
/* The same on text in memory. */
int regions_parse(const char *name, const char *text, size_t length, struct regions **out, struct resid_error *err);
void regions_free(struct regions *regions);

/* LOCATION_*, or -1: not said. */
int regions_find(const struct regions *regions, enum source_format format, const char *name);

DEFINE_CLEANUP(regions, struct regions *, regions_free);
#define _cleanup_regions_ _cleanup_(cleanup_regions)

#endif
