// SPDX-License-Identifier: Apache-2.0
#include "util/nearest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NEAREST_WORD 64	/* longer ones are not compared */

static size_t nearest_min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Optimal string alignment (Damerau and Levenshtein), a row at a time; capitals do not count. */
static size_t nearest_distance(const char *word, const char *known)
{
	size_t row[3][NEAREST_WORD + 1], *above = row[0], *before = row[1], *now = row[2], *freed;
	size_t width = strlen(known), height = strlen(word);

	for (size_t j = 0; j <= width; j++)
		before[j] = j;
	for (size_t i = 1; i <= height; i++) {
		now[0] = i;
		for (size_t j = 1; j <= width; j++) {
			const int here = tolower((unsigned char)word[i - 1]);
			const int there = tolower((unsigned char)known[j - 1]);

			now[j] = nearest_min(before[j - 1] + (here != there), nearest_min(before[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && here == tolower((unsigned char)known[j - 2]) &&
			    there == tolower((unsigned char)word[i - 2]))
				now[j] = nearest_min(now[j], above[j - 2] + 1);
		}
		freed = above;
		above = before;
		before = now;
		now = freed;
	}
	return before[width];
}

static size_t nearest_common(const char *word, const char *known)
{
	size_t length = 0;

	while (word[length] && tolower((unsigned char)word[length]) == tolower((unsigned char)known[length]))
		length++;
	return length;
}

void nearest_try(struct nearest *nearest, const char *known, const char *answer)
{
	const size_t length = strlen(nearest->word);
	size_t distance, common;

	if (!length || length > NEAREST_WORD || strlen(known) > NEAREST_WORD)
		return;
	distance = nearest_distance(nearest->word, known);
	common = nearest_common(nearest->word, known);
	/* A third of it may be wrong; of two letters none, or every country would be near. */
	if (distance > length / 3 || (nearest->best && distance > nearest->distance) ||
	    (nearest->best && distance == nearest->distance && common <= nearest->common))
		return;
	nearest->distance = distance;
	nearest->common = common;
	nearest->best = answer ? answer : known;
}

struct nearest_text nearest_text(const struct nearest *nearest)
{
	struct nearest_text out = { "" };

	if (nearest->best)
		snprintf(out.text, sizeof(out.text), "; did you mean '%s'?", nearest->best);
	return out;
}

struct nearest_text nearest_of(const char *word, const char *const *known)
{
	struct nearest nearest = { .word = word };

	for (; *known; known++)
		nearest_try(&nearest, *known, NULL);
	return nearest_text(&nearest);
}
