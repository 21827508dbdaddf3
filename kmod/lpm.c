// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Longest-prefix match as a poptrie.
 *
 * The first 18 bits of an address index the root. A root entry is a group, or the number of a node. A node takes the
 * next 6 bits as one of 64 slots:
 *
 *      slot      0 1 2 3 4 5 6 7 ...            inner   0 0 1 0 0 0 1 0   slots 2 and 6 continue in a node
 *      group     a a . b b c . c                starts  1 0 0 1 0 1 0 0   slots 0, 3 and 5 begin a run
 *
 * Children and leaves are stored densely, so the k-th one is found by counting the set bits up to and including the
 * slot: slot 6 is child node_base + popcount(inner up to 6) - 1, slot 7 is leaf leaf_base + popcount(starts up to 7)
 * - 1, which is run c: a run goes on across slots that continue in a node.
 *
 * Userspace builds the table and never changes it; here it is only checked and walked. An IPv4 lookup touches at most
 * the root, three nodes and a leaf, an IPv6 one the root, nineteen nodes and a leaf.
 */
#include "lpm.h"

static_assert(sizeof(struct resid_lpm_header) == 8);
static_assert(sizeof(struct resid_lpm_node) == 24);

#define LPM_ROOT_SIZE (1u << RESID_LPM_ROOT_BITS)
#define LPM_SLOT_SHIFT (64 - RESID_LPM_STRIDE)

/*
 * The only valid numbering is breadth-first without gaps, so following it once proves that every index is in range,
 * that there is no cycle and how deep the deepest node lies.
 */
static const char *lpm_check(const struct resid_lpm *lpm, const struct resid_lpm_header *header,
			     unsigned int address_bits, u32 group_count)
{
	u64 next_node = 0, next_leaf = 0, level_end;
	unsigned int bits = RESID_LPM_ROOT_BITS;
	u32 i;

	for (i = 0; i < LPM_ROOT_SIZE; i++) {
		if (!(lpm->root[i] & RESID_LPM_LEAF)) {
			if (lpm->root[i] != next_node++)
				return "LPM root: nodes are not in order";
		} else if ((lpm->root[i] & ~RESID_LPM_LEAF) >= group_count) {
			return "LPM root: group out of range";
		}
	}

	level_end = next_node;
	for (i = 0; i < header->node_count; i++) {
		const struct resid_lpm_node *node = &lpm->node[i];

		if (i >= next_node)
			return "LPM node: not reachable";
		if (i == level_end) {
			bits += RESID_LPM_STRIDE;
			level_end = next_node;
		}
		if (bits >= address_bits)
			return "LPM node: deeper than the address is long";
		if (node->inner & node->starts)
			return "LPM node: a slot is both node and leaf";
		/* the first slot that is a leaf must begin a run; with ~inner == 0 there is none */
		if (~node->inner & (node->inner + 1) & ~node->starts)
			return "LPM node: a leaf before the first run";
		if (node->node_base != next_node || node->leaf_base != next_leaf)
			return "LPM node: children or leaves are not in order";
		next_node += hweight64(node->inner);
		next_leaf += hweight64(node->starts);
	}
	if (next_node != header->node_count)
		return "LPM: wrong number of nodes";
	if (next_leaf != header->leaf_count)
		return "LPM: wrong number of leaves";

	for (i = 0; i < header->leaf_count; i++)
		if (lpm->leaf[i] >= group_count)
			return "LPM leaf: group out of range";
	return NULL;
}

const char *resid_lpm_open(struct resid_lpm *lpm, const void *section, size_t length, unsigned int address_bits,
			   u32 group_count)
{
	const struct resid_lpm_header *header = section;
	struct resid_lpm view;
	const char *error;
	u64 expected;

	if (length < sizeof(*header))
		return "LPM section is too short for its header";
	expected = sizeof(*header) + LPM_ROOT_SIZE * sizeof(*view.root);
	expected += (u64)header->node_count * sizeof(*view.node);
	expected += (u64)header->leaf_count * sizeof(*view.leaf);
	if (length != expected)
		return "LPM section length does not fit its counts";

	view.root = (const u32 *)(header + 1);
	view.node = (const struct resid_lpm_node *)(view.root + LPM_ROOT_SIZE);
	view.leaf = (const u16 *)(view.node + header->node_count);
	error = lpm_check(&view, header, address_bits, group_count);
	if (!error)
		*lpm = view;
	return error;
}

u16 resid_lpm_lookup(const struct resid_lpm *lpm, u64 high, u64 low)
{
	u32 entry = lpm->root[high >> (64 - RESID_LPM_ROOT_BITS)];

	if (entry & RESID_LPM_LEAF)
		return entry & ~RESID_LPM_LEAF;

	high = high << RESID_LPM_ROOT_BITS | low >> (64 - RESID_LPM_ROOT_BITS);
	low <<= RESID_LPM_ROOT_BITS;
	for (;;) {
		const struct resid_lpm_node *node = &lpm->node[entry];
		unsigned int slot = high >> LPM_SLOT_SHIFT;
		u64 upto = (2ull << slot) - 1;

		if (!(node->inner >> slot & 1))
			return lpm->leaf[node->leaf_base + hweight64(node->starts & upto) - 1];
		entry = node->node_base + hweight64(node->inner & upto) - 1;
		high = high << RESID_LPM_STRIDE | low >> LPM_SLOT_SHIFT;
		low <<= RESID_LPM_STRIDE;
	}
}
