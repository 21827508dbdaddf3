// SPDX-License-Identifier: Apache-2.0
#include "show.h"

#include "render.h"
#include "view_sort.h"

int show_view(struct view *view, struct resid_error *err)
{
	if (view->output.sort && view_sort(view, err))
		return -1;
	render(view);
	view_clear(view);
	return 0;
}
