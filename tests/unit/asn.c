// SPDX-License-Identifier: Apache-2.0
/* Who announces an address: laid out, held against the longest prefix found by looking at each, and believed or not. */
#include "support.h"

#include "geo/asn.h"
#include "util/cleanup.h"

static struct source source;

static int fresh(void **context)
{
	source = (struct source){ 0 };
	return 0;
}

static int done(void **context)
{
	free(source.v4.fact);
	free(source.v6.fact);
	buffer_fini(&source.as);
	buffer_fini(&source.as_text);
	return 0;
}

static void announce_key(sa_family_t family, u128 first, u128 last, uint32_t asn)
{
	struct source_facts *facts = family == AF_INET ? &source.v4 : &source.v6;
	struct source_fact *fact = MEM_PUSH(facts->fact, facts->count, facts->capacity);

	fact->first = first;
	fact->last = last;
	fact->asn = asn;
}

static void announce(const char *text, uint32_t asn)
{
	struct prefix prefix;

	assert_null(prefix_parse(text, &prefix));
	announce_key(prefix.family, prefix.first, prefix_last(&prefix), asn);
}

static void call(uint32_t number, const char *name)
{
	const struct source_as as = { number, (uint32_t)source.as_text.length + 1 };

	buffer_append(&source.as, &as, sizeof(as));
	buffer_append(&source.as_text, name, strlen(name) + 1);
}

static struct asn_view lay(struct asn_table *table)
{
	struct asn_view view;
	unsigned int i;

	source_order(&source.v4);
	source_order(&source.v6);
	asn_lay(table, AF_INET, &source.v4);
	asn_lay(table, AF_INET6, &source.v6);
	asn_lay_names(table, &source);
	for (i = 0; i < ASN_PARTS; i++) {
		view.part[i] = table->part[i].data;
		view.count[i] = (uint32_t)(table->part[i].length / asn_part_size[i]);
	}
	assert_true(asn_is_sound(&view));
	return view;
}

static uint32_t who(const struct asn_view *view, const char *address)
{
	sa_family_t family;
	u128 key;

	assert_true(address_parse(address, &family, &key));
	return asn_find(view, family, key);
}

static void test_longest_prefix(void **context)
{
	_cleanup_(asn_fini) struct asn_table table = { 0 };
	struct asn_view view;

	announce("2.0.0.0/8", 10);
	announce("2.0.1.0/24", 20);
	announce("2.0.1.128/25", 0);	/* not announced by itself: with what is around it */
	announce("2.0.2.0/24", 10);
	announce("3.0.0.0/24", 30);
	announce("3.0.0.0/24", 29);
	announce("255.255.255.0/24", 40);
	announce("2001:db8::/32", 50);
	announce("2001:db8:0:1::5/128", 60);	/* not the first address of its /64 */
	announce("2001:db8:0:2::/128", 70);
	call(10, "TEN");
	call(60, "SIXTY");
	view = lay(&table);

	assert_int_equal(who(&view, "0.0.0.0"), 0);
	assert_int_equal(who(&view, "2.0.0.1"), 10);
	assert_int_equal(who(&view, "2.0.1.1"), 20);
	assert_int_equal(who(&view, "2.0.1.129"), 20);
	assert_int_equal(who(&view, "2.0.2.1"), 10);
	assert_int_equal(who(&view, "2.255.255.255"), 10);
	assert_int_equal(who(&view, "3.0.0.0"), 29);
	assert_int_equal(who(&view, "3.0.1.0"), 0);
	assert_int_equal(who(&view, "255.255.255.255"), 40);
	assert_int_equal(who(&view, "::"), 0);
	assert_int_equal(who(&view, "2001:db8::1"), 50);
	assert_int_equal(who(&view, "2001:db8:0:1::5"), 50);
	assert_int_equal(who(&view, "2001:db8:0:2:ffff::"), 70);
	assert_int_equal(who(&view, "2001:db8:0:3::"), 50);
	assert_int_equal(who(&view, "2001:db9::"), 0);
	assert_string_equal(asn_name(&view, 10), "TEN");
	assert_string_equal(asn_name(&view, 60), "SIXTY");
	assert_string_equal(asn_name(&view, 9), "");
	assert_string_equal(asn_name(&view, 11), "");
	assert_string_equal(asn_name(&view, 61), "");
}

static void test_nobody(void **context)
{
	_cleanup_(asn_fini) struct asn_table table = { 0 };
	struct snapshot *snapshot = support_build(CLASSES);
	const uint8_t address[4] = { 2, 0, 0, 1 };
	struct asn_view view = lay(&table);

	assert_int_equal(who(&view, "2.0.0.1"), 0);
	assert_int_equal(who(&view, "2001:db8::"), 0);
	assert_string_equal(asn_name(&view, 0), "");
	assert_int_equal(snapshot_as_of(snapshot, AF_INET, address).number, 0);
	assert_string_equal(snapshot_as_of(snapshot, AF_INET, address).name, "");
	snapshot_free(snapshot);
}

/* The AS of the longest prefix around the address; of equal ones the lower number. */
static uint32_t slow(sa_family_t family, u128 key)
{
	const struct source_facts *facts = family == AF_INET ? &source.v4 : &source.v6;
	const struct source_fact *best = NULL;
	size_t i;

	for (i = 0; i < facts->count; i++) {
		const struct source_fact *fact = &facts->fact[i];

		if (!fact->asn || key < fact->first || key > fact->last)
			continue;
		if (!best || fact->last - fact->first < best->last - best->first ||
		    (fact->last - fact->first == best->last - best->first && fact->asn < best->asn))
			best = fact;
	}
	return best ? best->asn : 0;
}

/* Crowded, so that prefixes nest: the ends of the address space are among them. */
static void test_random(void **context)
{
	unsigned int round, i;

	srandom(20261122);
	for (round = 0; round < 40; round++) {
		_cleanup_(asn_fini) struct asn_table table = { 0 };
		sa_family_t family = round % 2 ? AF_INET6 : AF_INET;
		unsigned int unit = family == AF_INET ? 96 : 63;	/* halves of a /64 as well */
		struct asn_view view;

		for (i = 0; i < 60; i++) {
			unsigned int low = (unsigned int)random() % 7;
			u128 first = (u128)(random() % 256 >> low << low) << unit;

			if (i % 3 == 0)
				first |= ~(u128)0 << unit << 8;
			announce_key(family, first, first | (((u128)1 << (unit + low)) - 1), (uint32_t)random() % 6);
		}
		view = lay(&table);
		for (i = 0; i < 1024; i++) {
			u128 key = ((u128)(i % 256) << unit) | (i & 256 ? ~(u128)0 << unit << 8 : 0);
			u128 at = family == AF_INET ? key : key >> 64 << 64;

			assert_int_equal(asn_find(&view, family, key), slow(family, at));
		}
		done(NULL);
		fresh(NULL);
	}
}

static void refuse(struct asn_view *view, uint32_t *where, uint32_t value)
{
	uint32_t good = *where;

	assert_true(asn_is_sound(view));
	*where = value;
	assert_false(asn_is_sound(view));
	*where = good;
}

/* What a damaged snapshot may say. */
static void test_unsound(void **context)
{
	_cleanup_(asn_fini) struct asn_table table = { 0 };
	struct asn_view view;
	struct source_as *as;
	char *text;

	announce("2.0.0.0/8", 10);
	announce("2001:db8::/32", 10);
	call(10, "TEN");
	call(11, "ELEVEN");
	view = lay(&table);
	as = (struct source_as *)table.part[ASN_NAMES].data;
	text = (char *)table.part[ASN_TEXT].data;

	refuse(&view, &view.count[ASN_FIRST4], 0);
	refuse(&view, &view.count[ASN_OF4], view.count[ASN_FIRST4] - 1);
	refuse(&view, &view.count[ASN_OF6], view.count[ASN_FIRST6] - 1);
	refuse(&view, &view.count[ASN_TEXT], 0);
	refuse(&view, (uint32_t *)table.part[ASN_FIRST4].data, 1);
	refuse(&view, (uint32_t *)table.part[ASN_FIRST4].data + 1, 0);
	refuse(&view, (uint32_t *)table.part[ASN_FIRST6].data, 1);
	refuse(&view, (uint32_t *)table.part[ASN_FIRST6].data + 3, 0);
	refuse(&view, &as[1].number, 10);
	refuse(&view, &as[1].name, view.count[ASN_TEXT]);
	text[view.count[ASN_TEXT] - 1] = 'x';
	assert_false(asn_is_sound(&view));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_longest_prefix, fresh, done),
		cmocka_unit_test_setup_teardown(test_nobody, fresh, done),
		cmocka_unit_test_setup_teardown(test_random, fresh, done),
		cmocka_unit_test_setup_teardown(test_unsound, fresh, done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
