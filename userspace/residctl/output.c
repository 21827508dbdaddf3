// SPDX-License-Identifier: Apache-2.0
#include "output.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/jsonw.h"

static bool output_has_colour(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if ((no_color && *no_color) || (term && !strcmp(term, "dumb")))
		return false;
	return isatty(STDOUT_FILENO);
}

void output_json(struct jsonw *json)
{
	jsonw_line(json);
	fwrite(json->text, 1, json->length, stdout);
	jsonw_fini(json);
}

void output_countries(const char *list)
{
	putchar('[');
	for (; *list; list += 2 + (list[2] == ',')) {
		printf("\"%.2s\"", list);
		if (list[2])
			putchar(',');
	}
	putchar(']');
}

const char *output_count(uint64_t count, char out[OUTPUT_COUNT])
{
	char digits[OUTPUT_COUNT];
	size_t length = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, count), i, at = 0;

	for (i = 0; i < length; i++) {
		if (i && !((length - i) % 3))
			out[at++] = ',';
		out[at++] = digits[i];
	}
	out[at] = '\0';
	return out;
}

const char *output_verdict(enum resid_verdict verdict)
{
	static const char *const name[RESID_V_COUNT] = {
		[RESID_V_ALLOW] = "allow",
		[RESID_V_AUDIT] = "audit",
		[RESID_V_REJECT] = "reject",
		[RESID_V_DROP] = "drop",
	};

	return name[verdict];
}

const char *output_verdict_colour(enum resid_verdict verdict)
{
	static const char *const colour[RESID_V_COUNT] = {
		[RESID_V_ALLOW] = "\033[1;32m",
		[RESID_V_AUDIT] = "\033[1;33m",
		[RESID_V_REJECT] = "\033[1;31m",
		[RESID_V_DROP] = "\033[1;31m",
	};

	return output_has_colour() ? colour[verdict] : "";
}

const char *output_bold(void)
{
	return output_has_colour() ? "\033[1m" : "";
}

const char *output_plain(void)
{
	return output_has_colour() ? "\033[0m" : "";
}
