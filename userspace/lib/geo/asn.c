// SPDX-License-Identifier: Apache-2.0
#include "geo/asn.h"

#include "geo/layer.h"
#include "util/cleanup.h"

const size_t asn_part_size[ASN_PARTS] = {
	[ASN_FIRST4] = sizeof(uint32_t), [ASN_OF4] = sizeof(uint32_t),		   [ASN_FIRST6] = sizeof(uint64_t),
	[ASN_OF6] = sizeof(uint32_t),	 [ASN_NAMES] = sizeof(struct source_as), [ASN_TEXT] = 1,
};

/* Of two ASes that announce the same prefix the lower, so that the order of their facts has no meaning. */
static uint32_t asn_unite(void *context, uint32_t left, uint32_t right)
{
	return left < right ? left : right;
}

static void asn_add4(struct asn_table *table, u128 first, uint32_t asn)
{
	const uint32_t address = (uint32_t)(first >> 96);

	buffer_append(&table->part[ASN_FIRST4], &address, sizeof(address));
	buffer_append(&table->part[ASN_OF4], &asn, sizeof(asn));
}

/* From the first /64 on that begins here or later, in place of what was said of it before. */
static void asn_add6(struct asn_table *table, u128 first, uint32_t asn)
{
	uint64_t half = (uint64_t)(first >> 64);
	size_t count = table->part[ASN_FIRST6].length / sizeof(half);

	if ((uint64_t)first && !++half)
		return;
	if (count && ((const uint64_t *)table->part[ASN_FIRST6].data)[count - 1] == half) {
		((uint32_t *)table->part[ASN_OF6].data)[count - 1] = asn;
		return;
	}
	buffer_append(&table->part[ASN_FIRST6], &half, sizeof(half));
	buffer_append(&table->part[ASN_OF6], &asn, sizeof(asn));
}

void asn_lay(struct asn_table *table, sa_family_t family, const struct source_facts *facts)
{
	void (*add)(struct asn_table *, u128, uint32_t) = family == AF_INET ? asn_add4 : asn_add6;
	_cleanup_(layer_fini) struct layer layer = { 0 };
	struct layer_claims claims = { 0 };
	u128 at = 0;
	size_t i;

	for (i = 0; facts && i < facts->count; i++)
		if (facts->fact[i].asn)
			layer_claim(&claims, facts->fact[i].first, facts->fact[i].last, facts->fact[i].asn);
	layer_flatten(&claims, asn_unite, NULL, &layer);
	if (!layer.count || layer.range[0].first)
		add(table, 0, 0);
	for (i = 0; i < layer.count; i++) {
		if (i && layer.range[i].first != at)
			add(table, at, 0);
		add(table, layer.range[i].first, layer.range[i].fact);
		at = layer.range[i].last + 1;
	}
	if (at)
		add(table, at, 0);
}

void asn_lay_names(struct asn_table *table, const struct source *source)
{
	buffer_append(&table->part[ASN_TEXT], "", 1);
	if (!source)
		return;
	buffer_append(&table->part[ASN_NAMES], source->as.data, source->as.length);
	buffer_append(&table->part[ASN_TEXT], source->as_text.data, source->as_text.length);
}

void asn_fini(struct asn_table *table)
{
	unsigned int i;

	for (i = 0; i < ASN_PARTS; i++)
		buffer_fini(&table->part[i]);
}

static bool asn_is_ordered(const struct asn_view *view)
{
	const uint32_t *first4 = view->part[ASN_FIRST4];
	const uint64_t *first6 = view->part[ASN_FIRST6];
	uint32_t i;

	if (!view->count[ASN_FIRST4] || view->count[ASN_FIRST4] != view->count[ASN_OF4] || first4[0] ||
	    !view->count[ASN_FIRST6] || view->count[ASN_FIRST6] != view->count[ASN_OF6] || first6[0])
		return false;
	for (i = 1; i < view->count[ASN_FIRST4]; i++)
		if (first4[i] <= first4[i - 1])
			return false;
	for (i = 1; i < view->count[ASN_FIRST6]; i++)
		if (first6[i] <= first6[i - 1])
			return false;
	return true;
}

bool asn_is_sound(const struct asn_view *view)
{
	const struct source_as *name = view->part[ASN_NAMES];
	uint32_t i, length = view->count[ASN_TEXT];
	const char *text = view->part[ASN_TEXT];

	if (!asn_is_ordered(view) || !length || text[0] || text[length - 1])
		return false;
	for (i = 0; i < view->count[ASN_NAMES]; i++)
		if (name[i].name >= length || (i && name[i].number <= name[i - 1].number))
			return false;
	return true;
}

/* The index of the last that is not over the address; the first is 0. */
#define ASN_FIND(first, total, address)                                   \
	({                                                                \
		uint32_t _low = 0, _count = (total);                      \
		while (_count > 1) {                                      \
			uint32_t _half = _count / 2;                      \
			_low += (first)[_low + _half] <= (address) ? _half : 0; \
			_count -= _half;                                  \
		}                                                         \
		_low;                                                     \
	})

uint32_t asn_find(const struct asn_view *view, sa_family_t family, u128 key)
{
	const uint32_t *first4 = view->part[ASN_FIRST4], *of4 = view->part[ASN_OF4], *of6 = view->part[ASN_OF6];
	const uint64_t *first6 = view->part[ASN_FIRST6];

	if (family == AF_INET)
		return of4[ASN_FIND(first4, view->count[ASN_FIRST4], (uint32_t)(key >> 96))];
	return of6[ASN_FIND(first6, view->count[ASN_FIRST6], (uint64_t)(key >> 64))];
}

const char *asn_name(const struct asn_view *view, uint32_t asn)
{
	const struct source_as *name = view->part[ASN_NAMES];
	uint32_t low = 0, high = view->count[ASN_NAMES];

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (name[middle].number < asn)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == view->count[ASN_NAMES] || name[low].number != asn)
		return "";
	return (const char *)view->part[ASN_TEXT] + name[low].name;
}
