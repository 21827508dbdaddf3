// SPDX-License-Identifier: Apache-2.0
#include "util/rfc3339.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct rfc3339_day {
	unsigned int year, month, day;
};

/* The text has this form, d a digit; further text may follow. */
static bool rfc3339_has_form(const char *text, const char *form)
{
	for (; *form; form++, text++)
		if (*form == 'd' ? *text < '0' || *text > '9' : *text != *form)
			return false;
	return true;
}

static unsigned int rfc3339_number(const char *digits, unsigned int count)
{
	unsigned int value = 0;

	while (count--)
		value = value * 10 + (unsigned int)(*digits++ - '0');
	return value;
}

static unsigned int rfc3339_month_days(unsigned int year, unsigned int month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

static bool rfc3339_read_day(const char *text, struct rfc3339_day *out)
{
	out->year = rfc3339_number(text, 4);
	out->month = rfc3339_number(text + 5, 2);
	out->day = rfc3339_number(text + 8, 2);
	return out->year >= 1970 && out->month >= 1 && out->month <= 12 && out->day >= 1 &&
	       out->day <= rfc3339_month_days(out->year, out->month);
}

static int64_t rfc3339_seconds(const struct rfc3339_day *day, unsigned int second)
{
	struct tm tm = { .tm_year = (int)day->year - 1900, .tm_mon = (int)day->month - 1, .tm_mday = (int)day->day };

	return (int64_t)timegm(&tm) + second;
}

/* What follows the seconds: Z, or +HH:MM, or -HH:MM; in seconds east of UTC. */
static const char *rfc3339_parse_offset(const char *text, int *out)
{
	unsigned int hour, minute;

	*out = 0;
	if (!strcmp(text, "Z"))
		return NULL;
	if (*text == '.')
		return "has a fraction of a second; write whole seconds";
	if (!*text)
		return "has no offset from UTC, so nobody can say when it is; add Z or +01:00";
	if ((*text != '+' && *text != '-') || strlen(text) != 6 || !rfc3339_has_form(text + 1, "dd:dd"))
		return "does not end in an offset; write Z, or one like +01:00";
	hour = rfc3339_number(text + 1, 2);
	minute = rfc3339_number(text + 4, 2);
	if (hour > 23 || minute > 59)
		return "has an offset that no clock shows";
	if (*text == '-' && !hour && !minute)
		return "has the offset -00:00, which means that it is not known; write Z for UTC";
	*out = (int)(hour * 3600 + minute * 60) * (*text == '-' ? -1 : 1);
	return NULL;
}

const char *rfc3339_parse(const char *text, int64_t *out)
{
	unsigned int hour, minute, second;
	struct rfc3339_day day;
	const char *error;
	int offset;

	if (!rfc3339_has_form(text, "dddd-dd-ddTdd:dd:dd"))
		return "is not a date and a time; write them like 2026-11-22T14:00:00+01:00";
	if (!rfc3339_read_day(text, &day))
		return "is a day that the calendar does not have";
	hour = rfc3339_number(text + 11, 2);
	minute = rfc3339_number(text + 14, 2);
	second = rfc3339_number(text + 17, 2);
	if (hour > 23 || minute > 59 || second > 59)
		return "is a time that no clock shows; the last second of a day is 23:59:59";
	error = rfc3339_parse_offset(text + 19, &offset);
	if (error)
		return error;
	*out = rfc3339_seconds(&day, hour * 3600 + minute * 60 + second) - offset;
	return NULL;
}

void rfc3339_format(int64_t seconds, char out[RFC3339_TEXT])
{
	time_t time = (time_t)seconds;
	struct tm tm;

	gmtime_r(&time, &tm);
	strftime(out, RFC3339_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

bool rfc3339_parse_day(const char *text, int64_t *out)
{
	struct rfc3339_day day;

	if (!rfc3339_has_form(text, "dddd-dd-dd") || text[10] || !rfc3339_read_day(text, &day))
		return false;
	*out = rfc3339_seconds(&day, 0);
	return true;
}
