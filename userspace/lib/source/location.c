// SPDX-License-Identifier: Apache-2.0
#include "source/location.h"

#include <string.h>
#include <strings.h>

struct location_code {
	char code[3];
	const char *name;	/* NULL: withdrawn */
};

#define LOCATION_NUMBER(a, b) (((a) - 'A') * 26 + (b) - 'A')

/* By number. Withdrawn codes still stand in data; SU for one covers members and non-members of the EU. */
static const struct location_code codes[LOCATION_CODES] = {
#define LOCATION_COUNTRY(a, b, english) [LOCATION_NUMBER(a, b)] = { { a, b }, english },
#include "source/location_countries.h"
#undef LOCATION_COUNTRY
#define LOCATION_HISTORIC(a, b) [LOCATION_NUMBER(a, b)] = { { a, b }, NULL }
	LOCATION_HISTORIC('A', 'N'), LOCATION_HISTORIC('C', 'S'), LOCATION_HISTORIC('S', 'U'),
	LOCATION_HISTORIC('T', 'P'), LOCATION_HISTORIC('Y', 'U'), LOCATION_HISTORIC('Z', 'R'),
};

/* What people write instead of the code that ISO assigned. */
static const struct {
	const char *text, *code;
} mistake[] = {
	{ "UK", "GB" },      { "EL", "GR" },	     { "Great Britain", "GB" }, { "England", "GB" },   { "Britain", "GB" },
	{ "Holland", "NL" }, { "Czech Republic", "CZ" }, { "Turkey", "TR" },	 { "Norge", "NO" },	{ "USA", "US" },
	{ "DEU", "DE" },     { "FRA", "FR" },	     { "GER", "DE" },		 { "Deutschland", "DE" },
};

static const char *const word[LOCATION_COUNT - LOCATION_CODES] = {
	[LOCATION_LOCAL - LOCATION_CODES] = "local",
	[LOCATION_LINK - LOCATION_CODES] = "link",
	[LOCATION_SPECIAL - LOCATION_CODES] = "special",
	[LOCATION_MULTICAST - LOCATION_CODES] = "multicast",
	[LOCATION_METADATA - LOCATION_CODES] = "metadata",
	[LOCATION_TRANSLATED - LOCATION_CODES] = "translated",
	[LOCATION_REGION_EU - LOCATION_CODES] = "region-EU",
	[LOCATION_REGION_AP - LOCATION_CODES] = "region-AP",
	[LOCATION_ANYCAST - LOCATION_CODES] = "anycast",
	[LOCATION_SATELLITE - LOCATION_CODES] = "satellite",
	[LOCATION_PROXY - LOCATION_CODES] = "proxy",
	[LOCATION_UNKNOWN - LOCATION_CODES] = "unknown",
};

#define MISTAKE_COUNT (sizeof(mistake) / sizeof(mistake[0]))

static bool location_is_letters(const char *code)
{
	return code[0] >= 'A' && code[0] <= 'Z' && code[1] >= 'A' && code[1] <= 'Z';
}

static unsigned int location_from_letters(const char *code)
{
	return (unsigned int)LOCATION_NUMBER(code[0], code[1]);
}

/* Assigned, or withdrawn. */
static bool location_is_code(unsigned int location)
{
	return codes[location].code[0];
}

int location_of_code(const char code[2])
{
	unsigned int location;

	if (!location_is_letters(code)) {
		if (!memcmp(code, "A1", 2))
			return LOCATION_PROXY;
		if (!memcmp(code, "A2", 2))
			return LOCATION_SATELLITE;
		return !memcmp(code, "??", 2) || !memcmp(code, "O1", 2) ? LOCATION_UNKNOWN : -1;
	}
	if (!memcmp(code, "EU", 2))
		return LOCATION_REGION_EU;
	if (!memcmp(code, "AP", 2))
		return LOCATION_REGION_AP;
	if (!memcmp(code, "UK", 2))
		return (int)location_from_letters("GB");
	location = location_from_letters(code);
	return location_is_code(location) ? (int)location : LOCATION_UNKNOWN;
}

/*
 * ISO 3166-2 of November 2020 and what came before it: subdivisions that ISO 3166-1 lists as well ("also covered by").
 * Of France also the numbers of the overseas departments, which data still have.
 */
static const struct {
	const char *subdivision, *code;
} territory[] = {
	{ "CN-HK", "HK" },  { "CN-91", "HK" },	{ "CN-MO", "MO" },  { "CN-92", "MO" },	{ "CN-TW", "TW" },  { "CN-71", "TW" },
	{ "FI-01", "AX" },  { "FR-BL", "BL" },	{ "FR-GF", "GF" },  { "FR-973", "GF" },	{ "FR-GP", "GP" },  { "FR-971", "GP" },
	{ "FR-MF", "MF" },  { "FR-MQ", "MQ" },	{ "FR-972", "MQ" }, { "FR-NC", "NC" },	{ "FR-PF", "PF" },  { "FR-PM", "PM" },
	{ "FR-RE", "RE" },  { "FR-974", "RE" }, { "FR-TF", "TF" },  { "FR-WF", "WF" },	{ "FR-YT", "YT" },  { "FR-976", "YT" },
	{ "NL-AW", "AW" },  { "NL-BQ1", "BQ" }, { "NL-BQ2", "BQ" }, { "NL-BQ3", "BQ" }, { "NL-CW", "CW" },  { "NL-SX", "SX" },
	{ "NO-21", "SJ" },  { "NO-22", "SJ" },	{ "US-AS", "AS" },  { "US-GU", "GU" },	{ "US-MP", "MP" },  { "US-PR", "PR" },
	{ "US-UM", "UM" },  { "US-VI", "VI" },
};

int location_of_subdivision(const char *text)
{
	size_t i;

	for (i = 0; i < sizeof(territory) / sizeof(territory[0]); i++)
		if (!strcasecmp(text, territory[i].subdivision))
			return (int)location_from_letters(territory[i].code);
	return -1;
}

int location_find(const char *text)
{
	unsigned int i;

	if (strlen(text) == 2 && location_is_letters(text)) {
		unsigned int location = location_from_letters(text);

		return location_is_code(location) ? (int)location : -1;
	}
	for (i = LOCATION_CODES; i < LOCATION_COUNT; i++)
		if (!strcmp(text, word[i - LOCATION_CODES]))
			return (int)i;
	return -1;
}

const char *location_name(unsigned int location)
{
	if (location >= LOCATION_CODES)
		return location < LOCATION_COUNT ? word[location - LOCATION_CODES] : "unknown";
	return location_is_code(location) ? codes[location].code : "unknown";
}

bool location_is_country(unsigned int location)
{
	return location < LOCATION_CODES && codes[location].name;
}

bool location_is_geographic(unsigned int location)
{
	return location < LOCATION_CODES ? location_is_code(location) : location >= LOCATION_REGION_EU;
}

const char *location_country_name(unsigned int location)
{
	return location < LOCATION_CODES ? codes[location].name : NULL;
}

const char *location_suggest(const char *text)
{
	size_t i;

	for (i = 0; i < MISTAKE_COUNT; i++)
		if (!strcasecmp(text, mistake[i].text))
			return mistake[i].code;
	for (i = 0; i < LOCATION_CODES; i++)
		if (codes[i].name && (!strcasecmp(text, codes[i].code) || !strcasecmp(text, codes[i].name)))
			return codes[i].code;
	for (i = 0; i < LOCATION_COUNT - LOCATION_CODES; i++)
		if (!strcasecmp(text, word[i]))
			return word[i];
	return NULL;
}
