/* SPDX-License-Identifier: Apache-2.0 */
/* Colour on standard output: only on a terminal, and not with NO_COLOR (no-color.org). */
#ifndef RESIDCTL_OUTPUT_H
#define RESIDCTL_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "kmod/verdict.h"

struct jsonw;

/* The value as a line of standard output; gives it up. */
void output_json(struct jsonw *json);

/* "FR,US" as ["FR","US"]. */
void output_countries(const char *list);

#define OUTPUT_COUNT 27	/* of 2^64 - 1, with commas */

/* "1,234,567", for people; returns out. */
const char *output_count(uint64_t count, char out[OUTPUT_COUNT]);

/* Ways to print a verdict: its word, and the escape sequences around it, "" without colour. */
const char *output_verdict(enum resid_verdict verdict);
const char *output_verdict_colour(enum resid_verdict verdict);
const char *output_bold(void);
const char *output_plain(void);

#endif
