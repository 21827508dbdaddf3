/* SPDX-License-Identifier: Apache-2.0 */
/* What standard output is. */
#ifndef RESIDCTL_TERMINAL_H
#define RESIDCTL_TERMINAL_H

#include "view.h"

/*
 * Width and colour: those of a terminal, and none for a file or a pipe, which get everything. COLUMNS overrules the
 * terminal's own width; NO_COLOR (no-color.org) and TERM=dumb switch colour off.
 */
struct view_output terminal_output(bool wide, bool no_color);

#endif
