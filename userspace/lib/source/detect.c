// SPDX-License-Identifier: Apache-2.0
#include "source/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/memory.h"

#define DETECT_TAIL	((off_t)1 << 17)	/* where a MaxMind DB has its metadata */
#define DETECT_ROWS	1000			/* rows that are asked what they are */

static bool detect_is_libloc(int fd)
{
	char head[sizeof(DETECT_LIBLOC) - 1];

	return pread(fd, head, sizeof(head), 0) == sizeof(head) && !memcmp(head, DETECT_LIBLOC, sizeof(head));
}

static bool detect_is_mmdb(int fd)
{
	static const char mark[] = "\xab\xcd\xefMaxMind.com";
	_cleanup_free_ char *tail = mem_alloc(DETECT_TAIL);
	struct stat st;
	ssize_t got;

	if (fstat(fd, &st))
		return false;
	got = pread(fd, tail, DETECT_TAIL, st.st_size > DETECT_TAIL ? st.st_size - DETECT_TAIL : 0);
	return got > 0 && memmem(tail, (size_t)got, mark, sizeof(mark) - 1);
}

/* The header of a first record of MRT, whatever kind it is. */
static bool detect_is_mrt(const uint8_t *at, ptrdiff_t there)
{
	const unsigned int type = there < 12 ? 0 : at[4] << 8 | at[5];

	return there >= 12 && at[0] && (type == 12 || type == 13 || type == 16 || type == 17) && !at[6] && at[7] < 16 &&
	       !at[8];
}

/* ---- rows: each is asked which formats it could be of, and the most win ---- */

static bool detect_country(const char *text)
{
	char code[3];

	return strlen(text) == 2 && source_country(text, code);
}

static bool detect_address(const char *text, size_t length)
{
	char copy[ADDRESS_TEXT];
	sa_family_t family;
	u128 key;

	snprintf(copy, sizeof(copy), "%.*s", (int)(length < sizeof(copy) ? length : 0), text);
	return address_parse(copy, &family, &key);
}

static bool detect_list(const struct source_row *row, const struct prefix *prefix)
{
	return prefix && row->count == 1;
}

/* A region or more than two fields: what two fields are, a country says. */
static bool detect_geofeed(const struct source_row *row, const struct prefix *prefix)
{
	return prefix && row->count > 1 && (!*row->field[1] || detect_country(row->field[1]));
}

static bool detect_rir(const struct source_row *row, const struct prefix *prefix)
{
	return prefix && (row->count == 2 || row->count == 3) && detect_country(row->field[1]);
}

static bool detect_asn_csv(const struct source_row *row, const struct prefix *prefix)
{
	const char *tab = strchr(row->field[0], '\t');
	uint32_t asn;

	if (tab && row->count == 1)
		return detect_address(row->field[0], (size_t)(tab - row->field[0])) && strchr(tab + 1, '\t') &&
		       detect_address(tab + 1, strcspn(tab + 1, "\t"));
	return prefix && row->count > 1 &&
	       (source_asn(row->field[1], &asn) || (row->count > 2 && source_asn(row->field[2], &asn)));
}

static bool detect_pfx2as(const struct source_row *row, const struct prefix *prefix)
{
	const char *line = row->field[0], *length = line + strcspn(line, " \t"), *origin;

	if (!detect_address(line, (size_t)(length - line)))
		return false;
	length += strspn(length, " \t");
	origin = length + strspn(length, "0123456789");
	return origin > length && origin <= length + 3 && (*origin == ' ' || *origin == '\t') &&
	       strspn(origin, " \t0123456789_") == strlen(origin);
}

static bool detect_delegated(const struct source_row *row, const struct prefix *prefix)
{
	const char *line = row->field[0];
	unsigned int bars = 0;

	while ((line = strchr(line, '|')) && line++)
		bars++;
	return bars >= 5;
}

static bool detect_rpsl(const struct source_row *row, const struct prefix *prefix)
{
	static const char *const keys[] = { "inetnum:", "inet6num:", "organisation:" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strncmp(row->field[0], keys[i], strlen(keys[i])))
			return true;
	return false;
}

static bool detect_bird(const struct source_row *row, const struct prefix *prefix)
{
	const char *line = row->field[0], *blank = line + strcspn(line, " \t"), *slash = memchr(line, '/', (size_t)(blank - line));

	return slash && *blank && detect_address(line, (size_t)(slash - line)) && strchr(blank, '[') &&
	       strchr(blank, ']');
}

static const struct {
	enum source_format format;
	bool (*is)(const struct source_row *row, const struct prefix *prefix);
} detect_rows[] = {
	{ SOURCE_LIST, detect_list },	      { SOURCE_GEOFEED, detect_geofeed },
	{ SOURCE_RIR, detect_rir },	      { SOURCE_ASN_CSV, detect_asn_csv },
	{ SOURCE_PFX2AS, detect_pfx2as },     { SOURCE_DELEGATED, detect_delegated },
	{ SOURCE_RPSL, detect_rpsl },	      { SOURCE_BIRD, detect_bird },
};

#define DETECT_FORMATS (sizeof(detect_rows) / sizeof(detect_rows[0]))

static int detect_text(struct source_reader *reader, uint64_t formats)
{
	unsigned int votes[DETECT_FORMATS] = { 0 }, best = 0;
	struct source_row row;
	struct prefix prefix;
	int got = 0;

	reader->detecting = true;
	for (unsigned int i = 0; i < DETECT_ROWS && (got = source_row(reader, ',', &row)) > 0; i++) {
		const struct prefix *found = source_prefix(row.field[0], &prefix) ? NULL : &prefix;

		for (size_t j = 0; j < DETECT_FORMATS; j++)
			votes[j] += formats & SOURCE_BIT(detect_rows[j].format) && detect_rows[j].is(&row, found);
	}
	reader->detecting = false;
	reader->rows = reader->bad = 0;
	if (got < 0)
		return -1;
	for (size_t j = 0; j < DETECT_FORMATS; j++) {
		if (votes[j] > best)
			reader->format = detect_rows[j].format;
		best = votes[j] > best ? votes[j] : best;
	}
	return best > 0;
}

static int detect_packed(struct source_reader *reader, uint64_t formats)
{
	const uint8_t *at;
	ptrdiff_t there;

	if (input_open(&reader->input, reader->confine, reader->fd))
		return -1;
	there = input_peek(&reader->input, 64, &at);
	if (there < 0)
		return -1;
	if (formats & SOURCE_BIT(SOURCE_MRT) && detect_is_mrt(at, there)) {
		reader->format = SOURCE_MRT;
		return 1;
	}
	while (there && (*at <= ' ' || *at == 0xef || *at == 0xbb || *at == 0xbf)) {
		at++;
		there--;
	}
	if (there && (*at == '{' || *at == '['))
		return document_detect(reader, &reader->input, formats);
	return detect_text(reader, formats);
}

int detect_format(struct source_reader *reader, uint64_t formats)
{
	if (formats && !(formats & (formats - 1))) {
		reader->format = (enum source_format)__builtin_ctzll(formats);
		return 1;
	}
	if (formats & SOURCE_BIT(SOURCE_LIBLOC) && detect_is_libloc(reader->fd)) {
		reader->format = SOURCE_LIBLOC;
		return 1;
	}
	if (formats & SOURCE_BIT(SOURCE_MMDB) && detect_is_mmdb(reader->fd)) {
		reader->format = SOURCE_MMDB;
		return 1;
	}
	return detect_packed(reader, formats);
}
