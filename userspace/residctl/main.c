// SPDX-License-Identifier: Apache-2.0
/*
 * residctl: from words to a call, from a failure to one sentence and an exit status. What can be called is in table.c.
 */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"
#include "say.h"
#include "show.h"
#include "terminal.h"
#include "util/version.h"

/* "check, compile, ...": the second words of a family. */
static void main_family(const char *first, char *out, size_t size)
{
	const size_t length = strlen(first);

	*out = '\0';
	for (const struct command *const *list = commands; *list; list++)
		if (!strncmp((*list)->name, first, length) && (*list)->name[length] == ' ')
			snprintf(out + strlen(out), size - strlen(out), "%s%s", *out ? ", " : "", (*list)->name + length + 1);
}

static int main_unknown(int argc, char **argv, struct resid_error *err)
{
	const struct nearest_text mean = table_suggest(argc, argv);
	char family[512];

	if (!table_is_family(argv[0]))
		return resid_fail(err, RESID_EXIT_USAGE, "there is no command '%s'%s", argv[0],
				  *mean.text ? mean.text : "; see `residctl --help`");
	main_family(argv[0], family, sizeof(family));
	if (argc > 1 && argv[1][0] != '-')
		return resid_fail(err, RESID_EXIT_USAGE, "there is no command '%s %s'; %s has %s%s", argv[0], argv[1], argv[0],
				  family, mean.text);
	return resid_fail(err, RESID_EXIT_USAGE, "%s: a second word is missing, one of %s", argv[0], family);
}

static int main_help(int argc, char **argv, struct resid_error *err)
{
	const struct command *command;
	int words;

	if (!argc) {
		help_print_all(stdout);
		return RESID_EXIT_OK;
	}
	command = table_find(argc, argv, &words);
	if (!command)
		return main_unknown(argc, argv, err);
	if (words != argc)
		return resid_fail(err, RESID_EXIT_USAGE, "help: there is no command '%s %s'", command->name, argv[words]);
	help_print_command(stdout, command);
	return RESID_EXIT_OK;
}

/* Runs the verb and shows what it has to say. */
static int main_run(const struct parse *parse, struct resid_error *err)
{
	const struct call call = { parse->command, parse->argc, parse->argv, parse->value };
	struct view_output output = terminal_output(parse->common[COMMON_WIDE], parse->common[COMMON_NO_COLOR]);
	_cleanup_(cleanup_view) struct view *view = NULL;
	int status;

	if (parse->common[COMMON_JSON] && !call.command->json)
		return resid_fail(err, RESID_EXIT_USAGE, "%s: what it prints is no data, so there is no --json of it",
				  call.command->name);
	output.form = parse->common[COMMON_JSON] ? VIEW_FORM_JSON : VIEW_FORM_TEXT;
	output.sort = call_option(&call, "sort");
	view = view_new(&output);
	status = call.command->run(&call, view, err);
	if (status < 0 || (view_has_more(view) && show_view(view, err)))
		return -1;
	return status;
}

static int main_dispatch(int argc, char **argv, struct resid_error *err)
{
	_cleanup_(parse_fini) struct parse parse = { .err = err };
	int words = 0;

	if (parse_before(&parse, argc, argv, &words))
		return -1;
	argc -= words;
	argv += words;
	if (argc && argv[0][0] == '-') {
		printf("residctl %s\n", resid_version);
		return RESID_EXIT_OK;
	}
	if (parse.common[COMMON_HELP] || (argc && !strcmp(argv[0], "help")))
		return main_help(parse.common[COMMON_HELP] ? argc : argc - 1, argv + !parse.common[COMMON_HELP], err);
	if (!argc)
		return resid_fail(err, RESID_EXIT_USAGE, "a command is missing; see `residctl --help`");
	parse.command = table_find(argc, argv, &words);
	if (!parse.command)
		return main_unknown(argc, argv, err);
	if (parse_words(&parse, argc - words, argv + words))
		return -1;
	if (parse.common[COMMON_HELP]) {
		help_print_command(stdout, parse.command);
		return RESID_EXIT_OK;
	}
	return main_run(&parse, err);
}

/* A reader that went away (`residctl log | head`) is no failure of ours; a full disk is. */
static int main_flush(struct resid_error *err)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	if (errno == EPIPE)
		return 0;
	return resid_fail(err, RESID_EXIT_SYSTEM, "standard output cannot be written: %s",
			  errno ? strerror(errno) : "an earlier write failed");
}

int main(int argc, char **argv)
{
	struct resid_error err = { .status = RESID_EXIT_SYSTEM };
	int status;

	/* For the width of characters; all else stays as C has it. */
	setlocale(LC_CTYPE, "C.UTF-8");
	status = main_dispatch(argc ? argc - 1 : 0, argv + 1, &err);
	if (main_flush(&err) && status >= 0)
		status = -1;
	say_progress_end();
	if (status >= 0)
		return status;
	say_failure(err.text);
	return err.status;
}
