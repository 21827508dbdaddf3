/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the words that there are somebody may have meant who wrote another: "did you mean". */
#ifndef RESID_UTIL_NEAREST_H
#define RESID_UTIL_NEAREST_H

#include <stddef.h>

/* Initialised with the word alone: struct nearest nearest = { .word = "polcy" }. */
struct nearest {
	const char *word;
	const char *best;	/* of those tried; NULL: none is near */
	size_t distance;	/* characters that were left out, put in, replaced or exchanged with their neighbour */
	size_t common;		/* characters at the beginning that are the same: of equally near ones the most */
};

/* One of the words that there are; `answer` is what to propose for it, NULL: itself. Strings stay the caller's. */
void nearest_try(struct nearest *nearest, const char *known, const char *answer);

/* "; did you mean 'policy'?", or "": to stand at the end of a sentence. */
struct nearest_text {
	char text[128];
};
struct nearest_text nearest_text(const struct nearest *nearest);

/* The same for an array of words that ends with NULL. */
struct nearest_text nearest_of(const char *word, const char *const *known);

#endif
