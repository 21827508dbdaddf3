/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands of residctl as data. One table drives the parser, the help, the man page and the shell completion.
 * A verb is a file of verb/ that defines one struct command; table.c lists them in the order of the man page.
 */
#ifndef RESIDCTL_COMMAND_H
#define RESIDCTL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "view.h"

struct command_option {
	const char *name;	/* "json": --json */
	const char *arg;	/* "FILE", or NULL for a flag; "FILE,..." may stand again, joined by commas */
	const char *help;	/* one line */
};

struct call {
	const struct command *command;
	int argc;		/* positional arguments */
	char **argv;
	const char *const *value;	/* beside command->options: NULL, or the argument ("" for a flag) */
};

struct command {
	const char *name;	/* "policy load" */
	const char *args;	/* "[FILE]"; drives the count of positional arguments and completion */
	const char *summary;	/* one line, lower case, no full stop */
	const char *detail;	/* paragraphs for the man page, plain text, separated by empty lines */
	const char *json;	/* what --json gives: "one object"; NULL: nothing, the verb prints a script */
	int min_args, max_args;	/* max_args -1: any number */
	const struct command_option *options;	/* ends with a NULL name */
	/*
	 * Fills the view; main shows it. Exit status; failures that are not RESID_EXIT_EXPECT after output go through
	 * *err and return -1, and then what the view has is not shown.
	 */
	int (*run)(const struct call *call, struct view *view, struct resid_error *err);
};

extern const struct command *const commands[];	/* ends with NULL */

/* The option's argument, "" for a flag that is set, NULL when it is not. */
const char *call_option(const struct call *call, const char *name);

/* --confirm TIME, as the kernel takes it: 1 second to a day; 0 without the option. */
int call_confirm(const struct call *call, uint32_t *seconds, struct resid_error *err);

#endif
