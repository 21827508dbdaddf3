/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESIDCTL_VIEW_SORT_H
#define RESIDCTL_VIEW_SORT_H

#include "view.h"

/* clang-format off */
/* The option of verbs that show a table: put it among a verb's options. */
#define VIEW_SORT_OPTION \
	{ "sort", "COLUMN,...", "rows in the order of these columns; with a dash before it, the highest first" }
/* clang-format on */

/* Rows of the view's table in the order that output.sort asks for, equal ones as they were. Exit 1: no such column. */
int view_sort(struct view *view, struct resid_error *err);

#endif
