// SPDX-License-Identifier: Apache-2.0
#include "source/source.h"

#include <stdlib.h>
#include <string.h>

#include "source/location.h"
#include "util/memory.h"

bool source_country(const char *text, char out[3])
{
	char code[3] = "";
	int location;

	out[0] = '\0';
	if (strlen(text) != 2)
		return false;
	for (int i = 0; i < 2; i++)
		code[i] = (char)(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 'a' + 'A' : text[i]);
	location = location_of_code(code);
	if (location < 0)
		return false;
	if (location == LOCATION_REGION_EU || location == LOCATION_REGION_AP || location == LOCATION_PROXY ||
	    location == LOCATION_SATELLITE)
		memcpy(out, code, 3);
	else if (location < LOCATION_CODES)
		memcpy(out, location_name((unsigned int)location), 3);
	return true;
}

static bool source_fact_says(const struct source_fact *fact, enum source_says what)
{
	if (what == SOURCE_SAYS_ASN)
		return fact->asn;
	if (what == SOURCE_SAYS_COUNTRY)
		return *fact->country || fact->flags;
	return *fact->registered;
}

bool source_says(const struct source *source, enum source_says what)
{
	size_t i;

	for (i = 0; i < source->v4.count; i++)
		if (source_fact_says(&source->v4.fact[i], what))
			return true;
	for (i = 0; i < source->v6.count; i++)
		if (source_fact_says(&source->v6.fact[i], what))
			return true;
	return false;
}

static void source_facts_fini(struct source_facts *facts)
{
	free(facts->fact);
}

void source_free(struct source *source)
{
	size_t i;

	if (!source)
		return;
	for (i = 0; i < source->string_count; i++)
		free(source->string[i]);
	free(source->string);
	source_facts_fini(&source->v4);
	source_facts_fini(&source->v6);
	buffer_fini(&source->as);
	buffer_fini(&source->as_country);
	buffer_fini(&source->as_text);
	for (i = 0; i < source->said_count; i++)
		free(source->said[i]);
	free(source->name);
	free(source->file);
	free(source);
}

static int source_compare_as_country(const void *a, const void *b)
{
	const struct source_as_country *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return strcmp(x->country, y->country);
}

const char *source_country_of_as(const struct source *source, uint32_t asn)
{
	const struct source_as_country *list = (const struct source_as_country *)source->as_country.data;
	size_t low = 0, count = source->as_country.length / sizeof(*list), high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (list[middle].number < asn)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && list[low].number == asn ? list[low].country : "";
}

static int source_compare_as(const void *a, const void *b)
{
	const struct source_as *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static void source_order_as_countries(struct source *source)
{
	struct source_as_country *list = (struct source_as_country *)source->as_country.data;
	size_t kept = 0, count = source->as_country.length / sizeof(*list);

	if (!count)
		return;
	qsort(list, count, sizeof(*list), source_compare_as_country);
	for (size_t i = 0; i < count; i++)
		if (!kept || list[kept - 1].number != list[i].number)
			list[kept++] = list[i];
	source->as_country.length = kept * sizeof(*list);
}

void source_order_as(struct source *source)
{
	struct source_as *as = (struct source_as *)source->as.data;
	size_t i, kept = 0, count = source->as.length / sizeof(*as);

	source_order_as_countries(source);
	if (!count)
		return;
	qsort(as, count, sizeof(*as), source_compare_as);
	for (i = 0; i < count; i++)
		if (!kept || as[kept - 1].number != as[i].number)
			as[kept++] = as[i];
	source->as.length = kept * sizeof(*as);
}

static int source_compare(const void *a, const void *b)
{
	const struct source_fact *x = a, *y = b;
	int order;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->last != y->last)
		return x->last > y->last ? -1 : 1;
	if (x->region != y->region)
		return x->region < y->region ? -1 : 1;
	if (x->service != y->service)
		return x->service < y->service ? -1 : 1;
	if (x->asn != y->asn)
		return x->asn < y->asn ? -1 : 1;
	if (x->flags != y->flags)
		return x->flags < y->flags ? -1 : 1;
	order = strcmp(x->country, y->country);
	if (!order)
		order = strcmp(x->registered, y->registered);
	return order ? order : strcmp(x->represented, y->represented);
}

/* In order, each once. What the binary formats yield is in order already. */
void source_order(struct source_facts *facts)
{
	size_t i, kept = 0;

	for (i = 1; i < facts->count && source_compare(&facts->fact[i - 1], &facts->fact[i]) < 0; i++)
		;
	if (i >= facts->count)
		return;
	qsort(facts->fact, facts->count, sizeof(*facts->fact), source_compare);
	for (i = 0; i < facts->count; i++)
		if (!kept || source_compare(&facts->fact[kept - 1], &facts->fact[i]))
			facts->fact[kept++] = facts->fact[i];
	facts->count = kept;
}

char *source_said(const struct source *source)
{
	char *said = mem_copy("", 0);

	for (size_t i = 0; i < source->said_count; i++) {
		char *more = mem_format("%s%sline %s", said, i ? "; " : "", source->said[i]);

		free(said);
		said = more;
	}
	return said;
}

int source_check_bad(const char *path, uint64_t rows, uint64_t bad, const char *said, unsigned int max_bad,
		     struct resid_error *err)
{
	if ((u128)bad * 1000 <= (u128)rows * max_bad)
		return 0;
	return resid_fail(err, RESID_EXIT_INPUT,
			  "%s:%.700s; %llu of its %llu rows are bad, and %u.%u %% may be (`max_bad`); " SOURCE_REMEDY, path,
			  said + strlen("line "), (unsigned long long)bad, (unsigned long long)rows, max_bad / 10,
			  max_bad % 10);
}
