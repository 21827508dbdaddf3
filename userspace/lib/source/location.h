/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an address is: one number a location. Two letters are a country; lower-case words are places that no country
 * stands for. Data and policies both come down to these.
 *
 *   code of the data            location
 *   assigned by ISO 3166-1, XK  itself
 *   UK                          GB
 *   EU, AP                      region-EU, region-AP: somewhere there; never the members of the set EU
 *   AN, CS, SU, TP, YU, ZR      itself, but no longer a country: in no set, not matched by `not in`
 *   A1, A2                      proxy, satellite: who sends by it may be anywhere
 *   ??, ZZ, O1                  unknown (not known, other)
 *   any other two letters       unknown (the data have AB, OS, UN: typing errors of a registry)
 */
#ifndef RESID_SOURCE_LOCATION_H
#define RESID_SOURCE_LOCATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOCATION_CODES	(26 * 26)

enum {
	LOCATION_LOCAL = LOCATION_CODES,	/* loopback, limited broadcast and the policy's own */
	LOCATION_LINK,				/* what never leaves the link; allowed where no rule names it */
	LOCATION_SPECIAL,			/* IANA special-purpose registries */
	LOCATION_MULTICAST,
	LOCATION_METADATA,			/* metadata services of clouds */
	LOCATION_TRANSLATED,			/* IPv6 that carries an IPv4 destination */
	LOCATION_REGION_EU,
	LOCATION_REGION_AP,
	LOCATION_ANYCAST,			/* announced from many places: nowhere in particular */
	LOCATION_SATELLITE,			/* a satellite provider's: wherever the dish is */
	LOCATION_PROXY,				/* an anonymous proxy's: wherever its user wants */
	LOCATION_UNKNOWN,
	LOCATION_COUNT
};

struct location_set {
	uint64_t bits[(LOCATION_COUNT + 63) / 64];
};

static inline void location_set_add(struct location_set *set, unsigned int location)
{
	set->bits[location / 64] |= 1ull << location % 64;
}

static inline bool location_set_has(const struct location_set *set, unsigned int location)
{
	return set->bits[location / 64] >> location % 64 & 1;
}

static inline void location_set_unite(struct location_set *set, const struct location_set *more)
{
	size_t i;

	for (i = 0; i < sizeof(set->bits) / sizeof(set->bits[0]); i++)
		set->bits[i] |= more->bits[i];
}

static inline bool location_set_meets(const struct location_set *a, const struct location_set *b)
{
	size_t i;

	for (i = 0; i < sizeof(a->bits) / sizeof(a->bits[0]); i++)
		if (a->bits[i] & b->bits[i])
			return true;
	return false;
}

static inline bool location_set_is_within(const struct location_set *a, const struct location_set *b)
{
	size_t i;

	for (i = 0; i < sizeof(a->bits) / sizeof(a->bits[0]); i++)
		if (a->bits[i] & ~b->bits[i])
			return false;
	return true;
}

static inline bool location_set_is_empty(const struct location_set *set)
{
	size_t i;

	for (i = 0; i < sizeof(set->bits) / sizeof(set->bits[0]); i++)
		if (set->bits[i])
			return false;
	return true;
}

/* The location of a two-letter code in location data, or -1 when it is not of that form. */
int location_of_code(const char code[2]);

/*
 * A part of a country, as ISO 3166-2 writes it ("FR-NC"), that has a code of its own since its law is another:
 * LOCATION_* of NC. -1: it is of the country.
 */
int location_of_subdivision(const char *text);

/* The location that a policy means: an assigned country or one of the words; -1 for anything else. */
int location_find(const char *text);

/* "FR", "local", "region-EU": static storage. */
const char *location_name(unsigned int location);

/* Assigned by ISO 3166-1 (or XK); only these are matched by `not in`. */
bool location_is_country(unsigned int location);

/* May location data give it: a code, a region, nowhere in particular or unknown? */
bool location_is_geographic(unsigned int location);

/* "France", or NULL. */
const char *location_country_name(unsigned int location);

/* What somebody who wrote this may have meant ("UK" -> "GB", "France" -> "FR", "fr" -> "FR"), or NULL. */
const char *location_suggest(const char *text);

#endif
