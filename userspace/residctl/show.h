/* SPDX-License-Identifier: Apache-2.0 */
/* What a view holds, on standard output: sorted, rendered, forgotten. */
#ifndef RESIDCTL_SHOW_H
#define RESIDCTL_SHOW_H

#include "view.h"

/* Fails for a --sort by a column that is not there. */
int show_view(struct view *view, struct resid_error *err);

#endif
