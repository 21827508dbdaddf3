/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a command line. */
#ifndef RESIDCTL_PARSE_H
#define RESIDCTL_PARSE_H

#include "table.h"

struct parse {
	const struct command *command;
	bool common[COMMON_COUNT];
	const char **value;	/* beside the options */
	char **joined;		/* the same for values that are made here */
	char **argv;		/* positional */
	int argc;
	struct resid_error *err;
};

void parse_fini(struct parse *parse);

/* What stands before the command: options of every verb; *words is how many words they are. */
int parse_before(struct parse *parse, int argc, char **argv, int *words);

/* The words behind the command, which is set. */
int parse_words(struct parse *parse, int argc, char **argv);

#endif
