/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The kernel's part of a snapshot, validated. See table.c. */
#ifndef _RESID_TABLE_H
#define _RESID_TABLE_H

#include "lpm.h"

/* Views into the bytes of a snapshot, which must stay as long as the table. */
struct resid_table {
	const struct resid_snapshot_header *header;
	const struct resid_core *core;
	const struct resid_rule *rule;
	const struct resid_step *step;
	const u16 *matrix;
	struct resid_lpm lpm4;
	struct resid_lpm lpm6;
	u8 generation[RESID_DIGEST_LEN];
};

/**
 * resid_table_open() - validate the kernel's part of a snapshot
 * @table: the views; meaningful only on success
 * @data: the bytes, 8-byte aligned; nothing about them is trusted
 * @length: of @data: up to the end of RESID_SECTION_LPM6, not a byte more
 *
 * Return: NULL, or a sentence that says what is wrong with the snapshot.
 */
const char *resid_table_open(struct resid_table *table, const void *data, size_t length);

#endif /* _RESID_TABLE_H */
