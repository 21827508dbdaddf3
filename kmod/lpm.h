/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Longest-prefix match over an immutable table: address to group. See lpm.c. */
#ifndef _RESID_LPM_H
#define _RESID_LPM_H

#include "deps.h"

/* A view of one RESID_SECTION_LPM*: pointers into the section, which the snapshot owns. */
struct resid_lpm {
	const u32 *root;
	const struct resid_lpm_node *node;
	const u16 *leaf;
};

/**
 * resid_lpm_open() - check a section and set up a view of it
 * @lpm: the view; untouched on error
 * @section: the bytes, 8-byte aligned
 * @length: of @section
 * @address_bits: 32 or 128
 * @group_count: every leaf must be smaller
 *
 * Return: NULL, or a sentence that says what is wrong with the section.
 */
const char *resid_lpm_open(struct resid_lpm *lpm, const void *section, size_t length, unsigned int address_bits,
			   u32 group_count);

/**
 * resid_lpm_lookup() - group of an address
 * @lpm: a view that resid_lpm_open() accepted
 * @high: address bits 127..64 in host order; an IPv4 address fills the upper 32
 * @low: address bits 63..0; 0 for IPv4
 */
u16 resid_lpm_lookup(const struct resid_lpm *lpm, u64 high, u64 low);

static inline u16 resid_lpm_lookup4(const struct resid_lpm *lpm, const u8 address[4])
{
	return resid_lpm_lookup(lpm, (u64)get_unaligned_be32(address) << 32, 0);
}

static inline u16 resid_lpm_lookup6(const struct resid_lpm *lpm, const u8 address[16])
{
	return resid_lpm_lookup(lpm, get_unaligned_be64(address), get_unaligned_be64(address + 8));
}

#endif /* _RESID_LPM_H */
