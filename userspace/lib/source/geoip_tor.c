// SPDX-License-Identifier: Apache-2.0
/*
 * The CSV of Debian's tor-geoipdb. Its 25 MB are read on every compile, so numbers are parsed by hand.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "kmod/deps.h"
#include "source/geoip.h"
#include "util/file.h"
#include "util/memory.h"

#define TOR_MAX ((size_t)1 << 28)
#define TOR_REMEDY "reinstall the package tor-geoipdb, or name a whole file with --geoip4 and --geoip6"

struct tor_reader {
	const char *name;
	const char *at, *end;
	size_t line;		/* from 1 */
	struct resid_error *err;
};

static int tor_fail(const struct tor_reader *reader, const char *what)
{
	return resid_fail(reader->err, RESID_EXIT_INPUT, "%s:%zu: %s; %s", reader->name, reader->line, what,
			  TOR_REMEDY);
}

static const char *tor_decimal(const char *at, u128 *key)
{
	const char *start = at;
	uint64_t value = 0;

	while (*at >= '0' && *at <= '9' && at - start < 10)
		value = value * 10 + (uint64_t)(*at++ - '0');
	if (at == start || value > UINT32_MAX)
		return NULL;
	*key = (u128)value << 96;
	return at;
}

static int tor_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Rare: an address that ends in a dotted quad. */
static const char *tor_mixed(const char *start, u128 *key)
{
	size_t length = strcspn(start, ",\n");
	char text[INET6_ADDRSTRLEN];
	uint8_t bytes[16];

	if (length >= sizeof(text))
		return NULL;
	memcpy(text, start, length);
	text[length] = '\0';
	if (inet_pton(AF_INET6, text, bytes) != 1)
		return NULL;
	*key = address_key(AF_INET6, bytes);
	return start + length;
}

/* RFC 4291: up to eight words, "::" once for a run of zeros. The words after it are shifted to the low end. */
static const char *tor_ipv6(const char *at, u128 *key)
{
	const char *start = at;
	u128 high = 0, low = 0;
	int words = 0, gap = -1;

	if (at[0] == ':') {
		if (at[1] != ':')
			return NULL;
		gap = 0;
		at += 2;
	}
	for (;;) {
		unsigned int word = 0, digits = 0;
		int digit;

		while ((digit = tor_hex_digit(*at)) >= 0 && digits < 5) {
			word = word << 4 | (unsigned int)digit;
			digits++;
			at++;
		}
		if (*at == '.')
			return tor_mixed(start, key);
		if (!digits)
			break;
		if (digits > 4 || words == 8)
			return NULL;
		words++;
		if (gap < 0)
			high = high << 16 | word;
		else
			low = low << 16 | word;
		if (*at != ':')
			break;
		at++;
		if (*at == ':') {
			if (gap >= 0)
				return NULL;
			gap = words;
			at++;
		} else if (tor_hex_digit(*at) < 0) {
			return NULL;
		}
	}
	if (gap < 0) {
		if (words != 8)
			return NULL;
		*key = high;
		return at;
	}
	if (words > 7)
		return NULL;
	*key = (gap ? high << 16 * (8 - gap) : 0) | low;
	return at;
}

/* "# Generated: Thu, 25 Jun 2026 04:33:59 GMT" */
static void tor_date(const char *at, const char *end, char date[static 11])
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	static const char mark[] = "# Generated: ";
	const char *comma, *month;
	char name[4] = "";

	if ((size_t)(end - at) < sizeof(mark) - 1 || memcmp(at, mark, sizeof(mark) - 1))
		return;
	comma = memchr(at, ',', (size_t)(end - at));
	if (!comma || end - comma < 13 || comma[1] != ' ' || comma[4] != ' ' || comma[8] != ' ')
		return;
	memcpy(name, comma + 5, 3);
	month = strstr(months, name);
	if (!month || (month - months) % 3 || strspn(comma + 2, "0123456789") != 2 ||
	    strspn(comma + 9, "0123456789") != 4)
		return;
	memcpy(date, comma + 9, 4);
	date[4] = '-';
	date[5] = (char)('0' + ((month - months) / 3 + 1) / 10);
	date[6] = (char)('0' + ((month - months) / 3 + 1) % 10);
	date[7] = '-';
	memcpy(date + 8, comma + 2, 2);
	date[10] = '\0';
}

static int tor_line(struct tor_reader *reader, sa_family_t family, const u128 *previous, struct geo_range *range)
{
	const char *(*number)(const char *, u128 *) = family == AF_INET ? tor_decimal : tor_ipv6;
	const char *at = reader->at;
	int location;

	at = number(at, &range->first);
	if (!at || *at != ',')
		return tor_fail(reader, "the first field is not an address");
	at = number(at + 1, &range->last);
	if (!at || *at != ',')
		return tor_fail(reader, "the second field is not an address");
	if (family == AF_INET)
		range->last |= U128_MAX >> 32;
	at++;
	if (reader->end - at < 3)
		return tor_fail(reader, "the file is cut short in this line");
	if (at[2] != '\n')
		return tor_fail(reader, "the third field is not a code of two letters");
	location = location_of_code(at);
	if (location < 0)
		return tor_fail(reader, "the third field is not a code of two letters");
	if (range->first > range->last)
		return tor_fail(reader, "the range ends before it begins");
	if (previous && range->first <= *previous)
		return tor_fail(reader, "the range overlaps the one before it, or they are not in order");
	range->location = (uint16_t)location;
	reader->at = at + 3;
	return 0;
}

int geo_tor_parse(const char *name, const char *data, size_t length, sa_family_t family, struct geo_table **out,
		  struct resid_error *err)
{
	struct tor_reader reader = { .name = name, .at = data, .end = data + length, .line = 1, .err = err };
	_cleanup_geo_ struct geo_table *table = mem_zero(1, sizeof(*table));
	size_t capacity = length / (family == AF_INET ? 22 : 50) + 16;

	table->source = "tor-geoipdb";
	table->file = mem_copy(file_base_name(name), strlen(file_base_name(name)));
	table->family = family;
	table->range = mem_resize(NULL, capacity, sizeof(*table->range));
	sha256((const u8 *)data, (unsigned int)length, table->sha256);

	if (length && data[length - 1] != '\n') {
		size_t i;

		for (i = 0; i < length; i++)
			reader.line += data[i] == '\n';
		return tor_fail(&reader, "the file is cut short: its last line has no end");
	}
	for (; reader.at < reader.end; reader.line++) {
		if (*reader.at == '#' || *reader.at == '\n') {
			const char *end = memchr(reader.at, '\n', (size_t)(reader.end - reader.at));

			tor_date(reader.at, end, table->date);
			reader.at = end + 1;
			continue;
		}
		if (table->count == capacity) {
			capacity *= 2;
			table->range = mem_resize(table->range, capacity, sizeof(*table->range));
		}
		if (tor_line(&reader, family, table->count ? &table->range[table->count - 1].last : NULL,
			     &table->range[table->count]))
			return -1;
		table->count++;
	}
	if (!table->count)
		return resid_fail(err, RESID_EXIT_INPUT, "%s: holds no range at all; %s", name, TOR_REMEDY);
	*out = TAKE(table);
	return 0;
}

int geo_tor_read(const char *path, sa_family_t family, struct geo_table **out, struct resid_error *err)
{
	_cleanup_free_ char *data = NULL;
	size_t length;

	if (file_read(path, TOR_MAX, &data, &length, err))
		return -1;
	return geo_tor_parse(path, data, length, family, out, err);
}

void geo_free(struct geo_table *table)
{
	if (!table)
		return;
	free(table->range);
	free(table->file);
	free(table);
}
