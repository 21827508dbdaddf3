// SPDX-License-Identifier: Apache-2.0
#include "geo/location.h"

#include <string.h>
#include <strings.h>

/* ISO 3166-1 alpha-2 as of 2026, and XK, which every registry uses for Kosovo. Sorted by code. */
static const struct {
	char code[3];
	const char *name;
} country[] = {
	{ "AD", "Andorra" },
	{ "AE", "United Arab Emirates" },
	{ "AF", "Afghanistan" },
	{ "AG", "Antigua and Barbuda" },
	{ "AI", "Anguilla" },
	{ "AL", "Albania" },
	{ "AM", "Armenia" },
	{ "AO", "Angola" },
	{ "AQ", "Antarctica" },
	{ "AR", "Argentina" },
	{ "AS", "American Samoa" },
	{ "AT", "Austria" },
	{ "AU", "Australia" },
	{ "AW", "Aruba" },
	{ "AX", "Aland Islands" },
	{ "AZ", "Azerbaijan" },
	{ "BA", "Bosnia and Herzegovina" },
	{ "BB", "Barbados" },
	{ "BD", "Bangladesh" },
	{ "BE", "Belgium" },
	{ "BF", "Burkina Faso" },
	{ "BG", "Bulgaria" },
	{ "BH", "Bahrain" },
	{ "BI", "Burundi" },
	{ "BJ", "Benin" },
	{ "BL", "St Barthelemy" },
	{ "BM", "Bermuda" },
	{ "BN", "Brunei" },
	{ "BO", "Bolivia" },
	{ "BQ", "Caribbean NL" },
	{ "BR", "Brazil" },
	{ "BS", "Bahamas" },
	{ "BT", "Bhutan" },
	{ "BV", "Bouvet Island" },
	{ "BW", "Botswana" },
	{ "BY", "Belarus" },
	{ "BZ", "Belize" },
	{ "CA", "Canada" },
	{ "CC", "Cocos (Keeling) Islands" },
	{ "CD", "DR Congo" },
	{ "CF", "Central African Republic" },
	{ "CG", "Congo" },
	{ "CH", "Switzerland" },
	{ "CI", "Cote d'Ivoire" },
	{ "CK", "Cook Islands" },
	{ "CL", "Chile" },
	{ "CM", "Cameroon" },
	{ "CN", "China" },
	{ "CO", "Colombia" },
	{ "CR", "Costa Rica" },
	{ "CU", "Cuba" },
	{ "CV", "Cape Verde" },
	{ "CW", "Curacao" },
	{ "CX", "Christmas Island" },
	{ "CY", "Cyprus" },
	{ "CZ", "Czech Republic" },
	{ "DE", "Germany" },
	{ "DJ", "Djibouti" },
	{ "DK", "Denmark" },
	{ "DM", "Dominica" },
	{ "DO", "Dominican Republic" },
	{ "DZ", "Algeria" },
	{ "EC", "Ecuador" },
	{ "EE", "Estonia" },
	{ "EG", "Egypt" },
	{ "EH", "Western Sahara" },
	{ "ER", "Eritrea" },
	{ "ES", "Spain" },
	{ "ET", "Ethiopia" },
	{ "FI", "Finland" },
	{ "FJ", "Fiji" },
	{ "FK", "Falkland Islands" },
	{ "FM", "Micronesia" },
	{ "FO", "Faroe Islands" },
	{ "FR", "France" },
	{ "GA", "Gabon" },
	{ "GB", "United Kingdom" },
	{ "GD", "Grenada" },
	{ "GE", "Georgia" },
	{ "GF", "French Guiana" },
	{ "GG", "Guernsey" },
	{ "GH", "Ghana" },
	{ "GI", "Gibraltar" },
	{ "GL", "Greenland" },
	{ "GM", "Gambia" },
	{ "GN", "Guinea" },
	{ "GP", "Guadeloupe" },
	{ "GQ", "Equatorial Guinea" },
	{ "GR", "Greece" },
	{ "GS", "South Georgia & the South Sandwich Islands" },
	{ "GT", "Guatemala" },
	{ "GU", "Guam" },
	{ "GW", "Guinea-Bissau" },
	{ "GY", "Guyana" },
	{ "HK", "Hong Kong" },
	{ "HM", "Heard Island & McDonald Islands" },
	{ "HN", "Honduras" },
	{ "HR", "Croatia" },
	{ "HT", "Haiti" },
	{ "HU", "Hungary" },
	{ "ID", "Indonesia" },
	{ "IE", "Ireland" },
	{ "IL", "Israel" },
	{ "IM", "Isle of Man" },
	{ "IN", "India" },
	{ "IO", "British Indian Ocean Territory" },
	{ "IQ", "Iraq" },
	{ "IR", "Iran" },
	{ "IS", "Iceland" },
	{ "IT", "Italy" },
	{ "JE", "Jersey" },
	{ "JM", "Jamaica" },
	{ "JO", "Jordan" },
	{ "JP", "Japan" },
	{ "KE", "Kenya" },
	{ "KG", "Kyrgyzstan" },
	{ "KH", "Cambodia" },
	{ "KI", "Kiribati" },
	{ "KM", "Comoros" },
	{ "KN", "St Kitts & Nevis" },
	{ "KP", "North Korea" },
	{ "KR", "South Korea" },
	{ "KW", "Kuwait" },
	{ "KY", "Cayman Islands" },
	{ "KZ", "Kazakhstan" },
	{ "LA", "Laos" },
	{ "LB", "Lebanon" },
	{ "LC", "St Lucia" },
	{ "LI", "Liechtenstein" },
	{ "LK", "Sri Lanka" },
	{ "LR", "Liberia" },
	{ "LS", "Lesotho" },
	{ "LT", "Lithuania" },
	{ "LU", "Luxembourg" },
	{ "LV", "Latvia" },
	{ "LY", "Libya" },
	{ "MA", "Morocco" },
	{ "MC", "Monaco" },
	{ "MD", "Moldova" },
	{ "ME", "Montenegro" },
	{ "MF", "St Martin (French)" },
	{ "MG", "Madagascar" },
	{ "MH", "Marshall Islands" },
	{ "MK", "North Macedonia" },
	{ "ML", "Mali" },
	{ "MM", "Myanmar" },
	{ "MN", "Mongolia" },
	{ "MO", "Macau" },
	{ "MP", "Northern Mariana Islands" },
	{ "MQ", "Martinique" },
	{ "MR", "Mauritania" },
	{ "MS", "Montserrat" },
	{ "MT", "Malta" },
	{ "MU", "Mauritius" },
	{ "MV", "Maldives" },
	{ "MW", "Malawi" },
	{ "MX", "Mexico" },
	{ "MY", "Malaysia" },
	{ "MZ", "Mozambique" },
	{ "NA", "Namibia" },
	{ "NC", "New Caledonia" },
	{ "NE", "Niger" },
	{ "NF", "Norfolk Island" },
	{ "NG", "Nigeria" },
	{ "NI", "Nicaragua" },
	{ "NL", "Netherlands" },
	{ "NO", "Norway" },
	{ "NP", "Nepal" },
	{ "NR", "Nauru" },
	{ "NU", "Niue" },
	{ "NZ", "New Zealand" },
	{ "OM", "Oman" },
	{ "PA", "Panama" },
	{ "PE", "Peru" },
	{ "PF", "French Polynesia" },
	{ "PG", "Papua New Guinea" },
	{ "PH", "Philippines" },
	{ "PK", "Pakistan" },
	{ "PL", "Poland" },
	{ "PM", "St Pierre & Miquelon" },
	{ "PN", "Pitcairn" },
	{ "PR", "Puerto Rico" },
	{ "PS", "Palestine" },
	{ "PT", "Portugal" },
	{ "PW", "Palau" },
	{ "PY", "Paraguay" },
	{ "QA", "Qatar" },
	{ "RE", "Reunion" },
	{ "RO", "Romania" },
	{ "RS", "Serbia" },
	{ "RU", "Russia" },
	{ "RW", "Rwanda" },
	{ "SA", "Saudi Arabia" },
	{ "SB", "Solomon Islands" },
	{ "SC", "Seychelles" },
	{ "SD", "Sudan" },
	{ "SE", "Sweden" },
	{ "SG", "Singapore" },
	{ "SH", "St Helena" },
	{ "SI", "Slovenia" },
	{ "SJ", "Svalbard & Jan Mayen" },
	{ "SK", "Slovakia" },
	{ "SL", "Sierra Leone" },
	{ "SM", "San Marino" },
	{ "SN", "Senegal" },
	{ "SO", "Somalia" },
	{ "SR", "Suriname" },
	{ "SS", "South Sudan" },
	{ "ST", "Sao Tome and Principe" },
	{ "SV", "El Salvador" },
	{ "SX", "St Maarten (Dutch)" },
	{ "SY", "Syria" },
	{ "SZ", "Eswatini (Swaziland)" },
	{ "TC", "Turks & Caicos Is" },
	{ "TD", "Chad" },
	{ "TF", "French S. Terr." },
	{ "TG", "Togo" },
	{ "TH", "Thailand" },
	{ "TJ", "Tajikistan" },
	{ "TK", "Tokelau" },
	{ "TL", "East Timor" },
	{ "TM", "Turkmenistan" },
	{ "TN", "Tunisia" },
	{ "TO", "Tonga" },
	{ "TR", "Turkey" },
	{ "TT", "Trinidad and Tobago" },
	{ "TV", "Tuvalu" },
	{ "TW", "Taiwan" },
	{ "TZ", "Tanzania" },
	{ "UA", "Ukraine" },
	{ "UG", "Uganda" },
	{ "UM", "US minor outlying islands" },
	{ "US", "United States" },
	{ "UY", "Uruguay" },
	{ "UZ", "Uzbekistan" },
	{ "VA", "Vatican City" },
	{ "VC", "Saint Vincent" },
	{ "VE", "Venezuela" },
	{ "VG", "Virgin Islands (UK)" },
	{ "VI", "Virgin Islands (US)" },
	{ "VN", "Vietnam" },
	{ "VU", "Vanuatu" },
	{ "WF", "Wallis & Futuna" },
	{ "WS", "Samoa" },
	{ "XK", "Kosovo" },
	{ "YE", "Yemen" },
	{ "YT", "Mayotte" },
	{ "ZA", "South Africa" },
	{ "ZM", "Zambia" },
	{ "ZW", "Zimbabwe" },
};

/* Codes that were withdrawn and still stand in data; SU for one covers members and non-members of the EU. */
static const char historic[][3] = { "AN", "CS", "SU", "TP", "YU", "ZR" };

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
	[LOCATION_UNKNOWN - LOCATION_CODES] = "unknown",
};

#define COUNTRY_COUNT (sizeof(country) / sizeof(country[0]))
#define MISTAKE_COUNT (sizeof(mistake) / sizeof(mistake[0]))

static bool location_is_letters(const char *code)
{
	return code[0] >= 'A' && code[0] <= 'Z' && code[1] >= 'A' && code[1] <= 'Z';
}

static unsigned int location_from_letters(const char *code)
{
	return (unsigned int)(code[0] - 'A') * 26 + (unsigned int)(code[1] - 'A');
}

static int location_country_index(unsigned int location)
{
	size_t low = 0, high = COUNTRY_COUNT;

	while (low < high) {
		size_t middle = (low + high) / 2;
		unsigned int here = location_from_letters(country[middle].code);

		if (here == location)
			return (int)middle;
		if (here < location)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

static const char *location_historic(unsigned int location)
{
	unsigned int i;

	for (i = 0; i < sizeof(historic) / sizeof(historic[0]); i++)
		if (location_from_letters(historic[i]) == location)
			return historic[i];
	return NULL;
}

int location_of_code(const char code[2])
{
	unsigned int location;

	if (!location_is_letters(code)) {
		if (!memcmp(code, "??", 2) || !memcmp(code, "A1", 2) || !memcmp(code, "A2", 2) ||
		    !memcmp(code, "O1", 2))
			return LOCATION_UNKNOWN;
		return -1;
	}
	if (!memcmp(code, "EU", 2))
		return LOCATION_REGION_EU;
	if (!memcmp(code, "AP", 2))
		return LOCATION_REGION_AP;
	if (!memcmp(code, "UK", 2))
		return (int)location_from_letters("GB");
	location = location_from_letters(code);
	return location_country_index(location) >= 0 || location_historic(location) ? (int)location : LOCATION_UNKNOWN;
}

int location_find(const char *text)
{
	unsigned int i;

	if (strlen(text) == 2 && location_is_letters(text)) {
		unsigned int location = location_from_letters(text);

		return location_country_index(location) >= 0 || location_historic(location) ? (int)location : -1;
	}
	for (i = LOCATION_CODES; i < LOCATION_COUNT; i++)
		if (!strcmp(text, word[i - LOCATION_CODES]))
			return (int)i;
	return -1;
}

const char *location_name(unsigned int location)
{
	const char *code;
	int index;

	if (location >= LOCATION_CODES)
		return location < LOCATION_COUNT ? word[location - LOCATION_CODES] : "unknown";
	index = location_country_index(location);
	if (index >= 0)
		return country[index].code;
	code = location_historic(location);
	return code ? code : "unknown";
}

bool location_is_country(unsigned int location)
{
	return location < LOCATION_CODES && location_country_index(location) >= 0;
}

bool location_is_geographic(unsigned int location)
{
	if (location < LOCATION_CODES)
		return location_country_index(location) >= 0 || location_historic(location);
	return location >= LOCATION_REGION_EU;
}

const char *location_country_name(unsigned int location)
{
	int index = location < LOCATION_CODES ? location_country_index(location) : -1;

	return index < 0 ? NULL : country[index].name;
}

const char *location_suggest(const char *text)
{
	size_t i;

	for (i = 0; i < MISTAKE_COUNT; i++)
		if (!strcasecmp(text, mistake[i].text))
			return mistake[i].code;
	for (i = 0; i < COUNTRY_COUNT; i++)
		if (!strcasecmp(text, country[i].code) || !strcasecmp(text, country[i].name))
			return country[i].code;
	for (i = 0; i < LOCATION_COUNT - LOCATION_CODES; i++)
		if (!strcasecmp(text, word[i]))
			return word[i];
	return NULL;
}
