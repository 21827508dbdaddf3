/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Distinct byte strings, numbered in the order in which they were first seen. The compiler uses it wherever it asks
 * "have I had this one before?": zones, columns, chains, names.
 */
#ifndef RESID_UTIL_INTERN_H
#define RESID_UTIL_INTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct intern;

void intern_new(struct intern **out);
void intern_free(struct intern *intern);

/* The number of these bytes; they are copied when they are new. */
uint32_t intern_put(struct intern *intern, const void *bytes, size_t length);
/* The bytes by number, 8-byte aligned, valid until the next intern_put(). length may be NULL. */
const void *intern_get(const struct intern *intern, uint32_t number, size_t *length);
uint32_t intern_count(const struct intern *intern);

#endif
