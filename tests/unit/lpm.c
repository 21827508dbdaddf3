// SPDX-License-Identifier: Apache-2.0
/* kmod/lpm.c over what lpm_build.c writes, held against a walk through the ranges; and what it must refuse. */
#include "support.h"

#include "kmod/lpm.h"
#include "snapshot/lpm_build.h"

#define GROUPS 7

static uint64_t state = 0x9e3779b97f4a7c15;

static uint64_t random64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

static u128 random128(void)
{
	return (u128)random64() << 64 | random64();
}

static uint16_t naive(const struct lpm_range *range, size_t count, u128 key)
{
	while (range[count - 1].first > key)
		count--;
	return range[count - 1].group;
}

static void check(const struct resid_lpm *lpm, const struct lpm_range *range, size_t count, u128 key)
{
	assert_int_equal(resid_lpm_lookup(lpm, (uint64_t)(key >> 64), (uint64_t)key), naive(range, count, key));
}

/* Builds, opens, and asks at every edge and around it, and at random. step: the distance of neighbours. */
static void check_ranges(const struct lpm_range *range, size_t count, unsigned int bits)
{
	u128 step = (u128)1 << (128 - bits), mask = ~(step - 1);
	_cleanup_buffer_ struct buffer section = { 0 };
	struct resid_lpm lpm;
	size_t i;

	lpm_build(range, count, &section);
	assert_null(resid_lpm_open(&lpm, section.data, section.length, bits, GROUPS));
	for (i = 0; i < count; i++) {
		check(&lpm, range, count, range[i].first);
		check(&lpm, range, count, range[i].first - step);
		check(&lpm, range, count, range[i].first + step);
	}
	for (i = 0; i < 2000; i++)
		check(&lpm, range, count, random128() & mask);
}

static void test_default_route(void **context)
{
	check_ranges((struct lpm_range[]){ { 0, 5 } }, 1, 32);
	check_ranges((struct lpm_range[]){ { 0, 5 } }, 1, 128);
}

static void test_host_routes(void **context)
{
	u128 v4 = (u128)0xc0000207 << 96, v6 = (u128)0x20010db8 << 96 | 5;

	check_ranges((struct lpm_range[]){ { 0, 1 }, { v4, 2 }, { v4 + ((u128)1 << 96), 1 } }, 3, 32);
	check_ranges((struct lpm_range[]){ { 0, 1 }, { v6, 2 }, { v6 + 1, 1 } }, 3, 128);
	check_ranges((struct lpm_range[]){ { 0, 1 }, { U128_MAX, 2 } }, 2, 128);
	check_ranges((struct lpm_range[]){ { 0, 1 }, { (u128)0xffffffff << 96, 2 } }, 2, 32);
	check_ranges((struct lpm_range[]){ { 0, 1 }, { 1, 2 }, { 2, 3 }, { 3, 4 } }, 4, 128);
}

/* Every prefix length with its edges in the middle of the address space. */
static void test_every_length(void **context)
{
	unsigned int bits, length;

	for (bits = 32; bits <= 128; bits += 96) {
		for (length = 1; length <= bits; length++) {
			u128 first = random128() & prefix_mask(length), last = first | ~prefix_mask(length);
			struct lpm_range range[3] = { { 0, 1 } };
			size_t count = 1;

			if (first)
				range[count++] = (struct lpm_range){ first, 2 };
			else
				range[0].group = 2;
			if (last != U128_MAX)
				range[count++] = (struct lpm_range){ last + 1, 3 };
			check_ranges(range, count, bits);
		}
	}
}

static int compare(const void *a, const void *b)
{
	const struct lpm_range *left = a, *right = b;

	return left->first < right->first ? -1 : left->first > right->first;
}

static void test_random_ranges(void **context)
{
	unsigned int round, bits;

	for (round = 0; round < 60; round++) {
		struct lpm_range range[400] = { { 0, 0 } };
		size_t count, i, wanted = 2 + random64() % 398;

		bits = round & 1 ? 128 : 32;
		for (i = 1; i < wanted; i++) {
			/* near each other, so that ranges end inside one node */
			range[i].first = (random128() & prefix_mask(8 + random64() % (bits - 7)));
			if (random64() & 1)
				range[i].first = (range[i - 1].first + ((u128)(random64() % 9) << (128 - bits)));
			range[i].group = (uint16_t)(random64() % GROUPS);
		}
		qsort(range, wanted, sizeof(*range), compare);
		for (i = 1, count = 1; i < wanted; i++)
			if (range[i].first != range[count - 1].first && range[i].group != range[count - 1].group)
				range[count++] = range[i];
		check_ranges(range, count, bits);
	}
}

/* One field of a good section spoilt at a time. */
static void test_refused(void **context)
{
	u128 v4 = (u128)0xc0000207 << 96;
	struct lpm_range range[] = { { 0, 1 }, { v4, 2 }, { v4 + ((u128)1 << 96), 1 } };
	_cleanup_buffer_ struct buffer section = { 0 };
	struct resid_lpm_header *header;
	struct resid_lpm_node *node;
	struct resid_lpm lpm;
	uint32_t *root;
	size_t i;

	lpm_build(range, 3, &section);
	header = (struct resid_lpm_header *)section.data;
	root = (uint32_t *)(header + 1);
	node = (struct resid_lpm_node *)(root + (1 << RESID_LPM_ROOT_BITS));
	assert_int_equal(header->node_count, 3);
	assert_int_equal(header->leaf_count, 4);	/* one a run, not one a slot */

#define SPOIL(field, value)                                                                                     \
	do {                                                                                                    \
		__typeof__(field) good = (field);                                                               \
		(field) = (value);                                                                              \
		assert_non_null(resid_lpm_open(&lpm, section.data, section.length, 32, 3));                     \
		(field) = good;                                                                                 \
	} while (0)

	SPOIL(header->node_count, 2);
	SPOIL(header->node_count, 0xffffffff);
	SPOIL(header->leaf_count, header->leaf_count + 1);
	SPOIL(root[0], RESID_LPM_LEAF | 3);
	SPOIL(root[0], 0);
	SPOIL(root[0xc00002 >> 6], 1);
	SPOIL(root[0xc00002 >> 6], RESID_LPM_LEAF);
	SPOIL(node[0].node_base, 0);	/* a cycle */
	SPOIL(node[0].node_base, 2);
	SPOIL(node[0].leaf_base, 1);
	SPOIL(node[0].starts, 0);
	SPOIL(node[0].starts, ~0ull);
	SPOIL(node[0].inner, 0);
	SPOIL(node[2].inner, 1ull << 63);
	for (i = 0; i < section.length; i += i < 4096 ? 1 : 4099)
		assert_non_null(resid_lpm_open(&lpm, section.data, i, 32, 3));
	assert_non_null(resid_lpm_open(&lpm, section.data, section.length, 30, 3));
	assert_non_null(resid_lpm_open(&lpm, section.data, section.length, 32, 2));
	assert_null(resid_lpm_open(&lpm, section.data, section.length, 32, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_route), cmocka_unit_test(test_host_routes),
		cmocka_unit_test(test_every_length), cmocka_unit_test(test_random_ranges),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
