/* SPDX-License-Identifier: Apache-2.0 */
/* What main, help, man and completion read of the command table. */
#ifndef RESIDCTL_TABLE_H
#define RESIDCTL_TABLE_H

#include <stdio.h>

#include "command.h"
#include "util/nearest.h"

/* Verbs for packagers, in no list: man, completion. */
extern const struct command *const hidden_commands[];	/* ends with NULL */

/* What every verb takes, before the command as well; none has an argument. */
enum common { COMMON_JSON, COMMON_WIDE, COMMON_NO_COLOR, COMMON_HELP, COMMON_COUNT };
extern const struct command_option common_options[];	/* by enum common; ends with a NULL name */

/*
 * The command that begins a command line, and how many of its words it takes; NULL when there is none. Two words come
 * before one.
 */
const struct command *table_find(int argc, char *const *argv, int *words);

/* Is it the first word of a verb of two, as "policy" is? */
bool table_is_family(const char *word);

/* "; did you mean 'policy check'?" of words that begin no command: misspelt, or a second word alone; or "". */
struct nearest_text table_suggest(int argc, char *const *argv);

size_t table_option_count(const struct command *command);

/* "residctl policy compile [OPTION]... FILE", without line end. */
void table_print_usage(FILE *out, const struct command *command);

/* help.c */
void help_print_all(FILE *out);
void help_print_command(FILE *out, const struct command *command);

#endif
