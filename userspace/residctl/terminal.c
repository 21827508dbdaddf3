// SPDX-License-Identifier: Apache-2.0
#include "terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TERMINAL_WIDTH 80	/* where nobody says one */
#define TERMINAL_NARROW 40	/* less than this is no width to fit anything in */
#define TERMINAL_WIDE 10000

static unsigned int terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	long width = columns ? strtol(columns, NULL, 10) : 0;
	struct winsize size;

	if (width <= 0 && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		width = size.ws_col;
	if (width <= 0 || width > TERMINAL_WIDE)
		return TERMINAL_WIDTH;
	return width < TERMINAL_NARROW ? TERMINAL_NARROW : (unsigned int)width;
}

struct view_output terminal_output(bool wide, bool no_color)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");
	const bool terminal = isatty(STDOUT_FILENO);

	return (struct view_output){
		.out = stdout,
		.width = terminal && !wide ? terminal_width() : 0,
		.terminal = terminal,
		.colour = terminal && !no_color && !(none && *none) && !(term && !strcmp(term, "dumb")),
	};
}
