// SPDX-License-Identifier: Apache-2.0
#include "policy/compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/memory.h"

struct compare_entry {
	struct describe_field field; /* its name and value are owned */
};

/* A policy, described. */
struct compare_side {
	struct compare_entry *entry;
	size_t count, capacity;
};

static void compare_side_fini(struct compare_side *side)
{
	for (size_t i = 0; i < side->count; i++) {
		free((char *)side->entry[i].field.name);
		free((char *)side->entry[i].field.value);
	}
	free(side->entry);
}

static void compare_take(void *context, const struct describe_field *field)
{
	struct compare_side *side = context;
	struct compare_entry *entry = MEM_PUSH(side->entry, side->count, side->capacity);

	entry->field = *field;
	entry->field.name = mem_copy(field->name, strlen(field->name));
	entry->field.value = mem_copy(field->value, strlen(field->value));
}

static int compare_order(const void *a, const void *b)
{
	const struct describe_field *left = &((const struct compare_entry *)a)->field;
	const struct describe_field *right = &((const struct compare_entry *)b)->field;
	int order = (left->kind > right->kind) - (left->kind < right->kind);

	if (!order)
		order = strcmp(left->name, right->name);
	return order ? order : strcmp(left->key, right->key);
}

/* Is an item of a list of them? */
static bool compare_has(const char *list, const char *item, size_t length)
{
	while (*list) {
		const char *end = strstr(list, ", ");
		size_t here = end ? (size_t)(end - list) : strlen(list);

		if (here == length && !strncmp(list, item, length))
			return true;
		list += here + (end ? 2 : 0);
	}
	return false;
}

/* The items of a list that another has not. The caller frees them. */
static char *compare_rest(const char *list, const char *other)
{
	char *rest;
	size_t size;
	FILE *out = open_memstream(&rest, &size);
	bool any = false;

	while (*list) {
		const char *end = strstr(list, ", ");
		size_t length = end ? (size_t)(end - list) : strlen(list);

		if (!compare_has(other, list, length)) {
			fprintf(out, "%s%.*s", any ? ", " : "", (int)length, list);
			any = true;
		}
		list += length + (end ? 2 : 0);
	}
	fclose(out);
	return rest;
}

static void compare_field(const struct describe_field *old, const struct describe_field *new, compare_found *found,
			  void *context)
{
	struct compare_change change = {
		.kind = old->kind,
		.name = old->name,
		.key = old->key,
		.old = old->value,
		.new = new->value,
		.list = old->list,
	};
	_cleanup_free_ char *gone = NULL, *added = NULL;

	if (!strcmp(old->value, new->value))
		return;
	if (old->list) {
		change.old = gone = compare_rest(old->value, new->value);
		change.new = added = compare_rest(new->value, old->value);
		if (!*gone && !*added)
			return;
	}
	found(context, &change);
}

/* All fields of one thing: the end of them. */
static size_t compare_end(const struct compare_side *side, size_t at)
{
	const struct describe_field *first = &side->entry[at].field;

	while (at < side->count && side->entry[at].field.kind == first->kind &&
	       !strcmp(side->entry[at].field.name, first->name))
		at++;
	return at;
}

/* Things of a kind and name stand on one side alone, or on both with the same keys. */
static void compare_walk(const struct compare_side *old, const struct compare_side *new, compare_found *found,
			 void *context)
{
	size_t i = 0, j = 0;

	while (i < old->count || j < new->count) {
		const struct describe_field *left = i < old->count ? &old->entry[i].field : NULL;
		const struct describe_field *right = j < new->count ? &new->entry[j].field : NULL;
		int order = !left ? 1 : !right ? -1 :
						 compare_order(&old->entry[i], &new->entry[j]);

		if (!order) {
			compare_field(left, right, found, context);
			i++;
			j++;
		} else {
			const struct describe_field *one = order < 0 ? left : right;
			const struct compare_change change = {
				.kind = one->kind,
				.name = one->name,
				.old = order < 0 ? "" : NULL,
				.new = order < 0 ? NULL : "",
			};

			found(context, &change);
			if (order < 0)
				i = compare_end(old, i);
			else
				j = compare_end(new, j);
		}
	}
}

void compare_policies(const struct policy *old, const struct policy *new, compare_found *found, void *context)
{
	_cleanup_(compare_side_fini) struct compare_side left = { 0 }, right = { 0 };

	describe_policy(old, compare_take, &left);
	describe_policy(new, compare_take, &right);
	qsort(left.entry, left.count, sizeof(*left.entry), compare_order);
	qsort(right.entry, right.count, sizeof(*right.entry), compare_order);
	compare_walk(&left, &right, found, context);
}

char *compare_text(const struct compare_change *change)
{
	const char *kind = describe_kind_name(change->kind);
	_cleanup_free_ char *what = *kind ? mem_format("%s %s", kind, change->name) : mem_copy("policy", 6);

	if (!change->key)
		return mem_format("%s is %s", what, change->old ? "no more" : "new");
	if (!change->list)
		return mem_format("%s: %s: %s -> %s", what, change->key, *change->old ? change->old : "not said",
				  *change->new ? change->new : "not said");
	if (!*change->old)
		return mem_format("%s: %s: now also %s", what, change->key, change->new);
	if (!*change->new)
		return mem_format("%s: %s: no longer %s", what, change->key, change->old);
	return mem_format("%s: %s: no longer %s; now also %s", what, change->key, change->old, change->new);
}
