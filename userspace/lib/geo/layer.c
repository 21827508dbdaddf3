// SPDX-License-Identifier: Apache-2.0
#include "geo/layer.h"

#include <stdlib.h>

#include "util/cleanup.h"
#include "util/memory.h"

void layer_claim(struct layer_claims *claims, u128 first, u128 last, uint32_t fact)
{
	struct layer_claim *claim = MEM_PUSH(claims->claim, claims->count, claims->capacity);

	claim->first = first;
	claim->last = last;
	claim->fact = fact;
}

void layer_claims_fini(struct layer_claims *claims)
{
	free(claims->claim);
	*claims = (struct layer_claims){ 0 };
}

void layer_fini(struct layer *layer)
{
	free(layer->range);
	*layer = (struct layer){ 0 };
}

void layer_append(struct layer *layer, u128 first, u128 last, uint32_t fact)
{
	struct layer_range *end = layer->count ? &layer->range[layer->count - 1] : NULL;

	if (fact == LAYER_HOLE)
		return;
	if (end && end->fact == fact && end->last + 1 == first) {
		end->last = last;
		return;
	}
	end = MEM_PUSH(layer->range, layer->count, layer->capacity);
	end->first = first;
	end->last = last;
	end->fact = fact;
}

static int layer_compare(const void *left, const void *right)
{
	const struct layer_claim *a = left, *b = right;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	if (a->last != b->last)
		return a->last > b->last ? -1 : 1;
	return a->fact < b->fact ? -1 : a->fact > b->fact;
}

/* Sources come sorted, mostly; a million facts are not sorted once more. */
static void layer_sort(struct layer_claims *claims)
{
	size_t i;

	for (i = 1; i < claims->count; i++) {
		if (layer_compare(&claims->claim[i - 1], &claims->claim[i]) > 0) {
			qsort(claims->claim, claims->count, sizeof(*claims->claim), layer_compare);
			return;
		}
	}
}

/* The claims that hold at a point, the longest prefix last. */
struct layer_stack {
	struct layer_claim *claim;
	size_t count, capacity;
	u128 at;		/* all before this has been appended */
};

static void layer_stack_fini(struct layer_stack *stack)
{
	free(stack->claim);
}

/* Appends what the stack says up to last. */
static void layer_advance(struct layer_stack *stack, struct layer *out, u128 last)
{
	while (stack->count) {
		const struct layer_claim *top = &stack->claim[stack->count - 1];

		if (top->last >= last) {
			if (stack->at <= last)
				layer_append(out, stack->at, last, top->fact);
			return;
		}
		if (stack->at <= top->last) {
			layer_append(out, stack->at, top->last, top->fact);
			stack->at = top->last + 1;
		}
		stack->count--;
	}
}

void layer_flatten(struct layer_claims *claims, layer_unite *unite, void *context, struct layer *layer)
{
	_cleanup_(layer_stack_fini) struct layer_stack stack = { 0 };
	size_t i;

	layer_sort(claims);
	for (i = 0; i < claims->count; i++) {
		const struct layer_claim *claim = &claims->claim[i];
		struct layer_claim *top;

		if (claim->first)
			layer_advance(&stack, layer, claim->first - 1);
		stack.at = claim->first;
		top = stack.count ? &stack.claim[stack.count - 1] : NULL;
		if (top && top->first == claim->first && top->last == claim->last)
			top->fact = unite(context, top->fact, claim->fact);
		else
			*MEM_PUSH(stack.claim, stack.count, stack.capacity) = *claim;
	}
	layer_advance(&stack, layer, U128_MAX);
	layer_claims_fini(claims);
}
