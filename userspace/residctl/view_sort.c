// SPDX-License-Identifier: Apache-2.0
#include "view_sort.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render.h"
#include "util/address.h"
#include "util/memory.h"
#include "util/nearest.h"

struct sorted {
	struct view_node *row;
	const struct view_node *cell;
	size_t place;		/* before */
	bool down;
};

/* The first table that there is. */
static struct view_node *sort_table(struct view_node *node)
{
	if (node->kind == VIEW_TABLE)
		return node;
	for (struct view_node *child = node->first; child; child = child->next) {
		const bool holds = child->kind == VIEW_TABLE || child->kind == VIEW_OBJECT;
		struct view_node *found = holds ? sort_table(child) : NULL;

		if (found)
			return found;
	}
	return NULL;
}

static bool sort_key(const struct view_node *cell, sa_family_t *family, u128 *key)
{
	struct prefix prefix;

	if (prefix_parse(cell->text, &prefix))
		return false;
	*family = prefix.family;
	*key = prefix.first;
	return true;
}

static int sort_prefixes(const struct view_node *a, const struct view_node *b)
{
	sa_family_t left_family, right_family;
	u128 left, right;

	if (!sort_key(a, &left_family, &left) || !sort_key(b, &right_family, &right))
		return strcmp(a->text, b->text);
	if (left_family != right_family)
		return left_family < right_family ? -1 : 1;
	return (left > right) - (left < right);
}

static int sort_cells(const struct view_node *a, const struct view_node *b)
{
	char left[RENDER_TEXT], right[RENDER_TEXT];

	if (!a || !b)
		return (a != NULL) - (b != NULL);
	if (a->kind == VIEW_PREFIX && b->kind == VIEW_PREFIX)
		return sort_prefixes(a, b);
	if (a->kind == b->kind && a->kind >= VIEW_NUMBER)
		return (a->number > b->number) - (a->number < b->number);
	return strverscmp(render_value(a, left), render_value(b, right));
}

static int sort_compare(const void *a, const void *b)
{
	const struct sorted *left = a, *right = b;
	int order = sort_cells(left->cell, right->cell);

	if (order)
		return left->down ? -order : order;
	return left->place < right->place ? -1 : 1;
}

static void sort_by(struct view_node *table, const char *column, bool down)
{
	_cleanup_free_ struct sorted *sorted = NULL;
	size_t count = 0, i = 0;

	for (const struct view_node *row = table->first; row; row = row->next)
		count++;
	sorted = mem_zero(count + 1, sizeof(*sorted));
	for (struct view_node *row = table->first; row; row = row->next, i++)
		sorted[i] = (struct sorted){ row, render_cell(row, column), i, down };
	if (count)
		qsort(sorted, count, sizeof(*sorted), sort_compare);
	for (i = 0; i < count; i++)
		sorted[i].row->next = i + 1 < count ? sorted[i + 1].row : NULL;
	table->first = count ? sorted[0].row : NULL;
	table->last = count ? sorted[count - 1].row : NULL;
}

static int sort_column(const struct view_node *table, const char *name, struct resid_error *err)
{
	struct nearest nearest = { .word = name };
	char list[512] = "";

	for (const struct view_column *column = table->columns; column->label; column++) {
		if (!strcmp(column->label, name))
			return 0;
		nearest_try(&nearest, column->label, NULL);
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", *list ? ", " : "", column->label);
	}
	return resid_fail(err, RESID_EXIT_USAGE, "--sort: there is no column '%s'; the columns are %s%s", name, list,
			  nearest_text(&nearest).text);
}

int view_sort(struct view *view, struct resid_error *err)
{
	_cleanup_free_ char *text = mem_copy(view->output.sort, strlen(view->output.sort));
	struct view_node *table = sort_table(view->root);
	char *word;

	/* The last word first: the ones before it decide where it was sorted already. */
	while (table && *text) {
		word = strrchr(text, ',') ? strrchr(text, ',') + 1 : text;
		if (sort_column(table, word + (*word == '-'), err))
			return -1;
		sort_by(table, word + (*word == '-'), *word == '-');
		if (word == text)
			break;
		word[-1] = '\0';
	}
	return 0;
}
