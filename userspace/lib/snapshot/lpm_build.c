// SPDX-License-Identifier: Apache-2.0
/*
 * Breadth first: the root names the nodes of the first level in order, each node its children in order, so that the
 * numbers come out as the kernel wants them and no second pass is needed. A slot becomes a node exactly when a range
 * begins inside it.
 */
#include "snapshot/lpm_build.h"

#include "kmod/uapi/resid.h"

#define LPM_SLOTS (1u << RESID_LPM_STRIDE)

/* A node that has a number and waits to be written. */
struct lpm_pending {
	u128 base;		/* first address */
	size_t range;		/* that holds base */
};

struct lpm_builder {
	const struct lpm_range *range;
	size_t count;
	struct lpm_pending *pending;
	size_t pending_count, pending_capacity;
	struct buffer nodes, leaves;
};

static void lpm_builder_fini(struct lpm_builder *builder)
{
	free(builder->pending);
	buffer_fini(&builder->nodes);
	buffer_fini(&builder->leaves);
}

/* Moves *range to the one that holds base. Gives whether another begins after base and up to last. */
static bool lpm_is_split(const struct lpm_builder *builder, u128 base, u128 last, size_t *range)
{
	while (*range + 1 < builder->count && builder->range[*range + 1].first <= base)
		++*range;
	return *range + 1 < builder->count && builder->range[*range + 1].first <= last;
}

static void lpm_push(struct lpm_builder *builder, u128 base, size_t range)
{
	*MEM_PUSH(builder->pending, builder->pending_count, builder->pending_capacity) =
		(struct lpm_pending){ .base = base, .range = range };
}

static void lpm_add_root(struct lpm_builder *builder, struct buffer *out)
{
	const unsigned int shift = 128 - RESID_LPM_ROOT_BITS;
	uint32_t *root = buffer_extend(out, sizeof(*root) << RESID_LPM_ROOT_BITS);
	size_t range = 0;
	uint32_t i;

	for (i = 0; i < 1u << RESID_LPM_ROOT_BITS; i++) {
		u128 base = (u128)i << shift;

		if (lpm_is_split(builder, base, base | (((u128)1 << shift) - 1), &range)) {
			root[i] = (uint32_t)builder->pending_count;
			lpm_push(builder, base, range);
		} else {
			root[i] = RESID_LPM_LEAF | builder->range[range].group;
		}
	}
}

/* The slot of a node that an address after its first is in, LPM_SLOTS when it is behind the node. */
static uint32_t lpm_slot(u128 base, int shift, u128 address)
{
	u128 offset = address - base;

	if (offset >> (shift + RESID_LPM_STRIDE))
		return LPM_SLOTS;
	return (uint32_t)(shift >= 0 ? offset >> shift : offset << -shift);
}

/*
 * bits: how many lie above the node. The deepest IPv6 nodes have slots finer than an address: those are filled up.
 * Slots in which no range begins are like the one before them and are not looked at.
 */
static void lpm_add_node(struct lpm_builder *builder, struct lpm_pending pending, unsigned int bits)
{
	int shift = 128 - (int)bits - RESID_LPM_STRIDE;
	struct resid_lpm_node *node = buffer_extend(&builder->nodes, sizeof(*node));
	bool running = false;
	uint16_t run = 0;
	uint32_t slot = 0;

	node->node_base = (uint32_t)builder->pending_count;
	node->leaf_base = (uint32_t)(builder->leaves.length / sizeof(run));
	while (slot < LPM_SLOTS) {
		u128 base = pending.base, last;
		uint16_t group;

		base |= shift >= 0 ? (u128)slot << shift : slot >> -shift;
		last = shift > 0 ? base | (((u128)1 << shift) - 1) : base;
		if (lpm_is_split(builder, base, last, &pending.range)) {
			node->inner |= 1ull << slot++;
			lpm_push(builder, base, pending.range);
			continue;
		}
		group = builder->range[pending.range].group;
		if (!running || group != run) {
			node->starts |= 1ull << slot;
			buffer_append(&builder->leaves, &group, sizeof(group));
			running = true;
			run = group;
		}
		slot = pending.range + 1 < builder->count ?
			lpm_slot(pending.base, shift, builder->range[pending.range + 1].first) : LPM_SLOTS;
	}
}

void lpm_build(const struct lpm_range *range, size_t count, struct buffer *out)
{
	__attribute__((cleanup(lpm_builder_fini))) struct lpm_builder builder = { .range = range, .count = count };
	struct resid_lpm_header header = { 0 };
	size_t at = out->length, i, level_end;
	unsigned int bits = RESID_LPM_ROOT_BITS;

	buffer_append(out, &header, sizeof(header));
	lpm_add_root(&builder, out);
	level_end = builder.pending_count;
	for (i = 0; i < builder.pending_count; i++) {
		if (i == level_end) {
			bits += RESID_LPM_STRIDE;
			level_end = builder.pending_count;
		}
		lpm_add_node(&builder, builder.pending[i], bits);
	}
	buffer_append(out, builder.nodes.data, builder.nodes.length);
	buffer_append(out, builder.leaves.data, builder.leaves.length);
	header.node_count = (uint32_t)(builder.nodes.length / sizeof(struct resid_lpm_node));
	header.leaf_count = (uint32_t)(builder.leaves.length / sizeof(uint16_t));
	memcpy(out->data + at, &header, sizeof(header));
}
