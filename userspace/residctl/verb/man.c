// SPDX-License-Identifier: Apache-2.0
/* `residctl man`: the manual page, in mdoc, from the command table. */
#include "residctl/table.h"

#include <string.h>

#define MAN_COLUMNS	80	/* of the source; mandoc's lint wants no more */

/* How wide it is, and with `print` it itself: a backslash is a control character of roff, a hyphen may break a line. */
static size_t man_word(const char *text, size_t length, bool print)
{
	size_t width = 0, i;

	for (i = 0; i < length; i++) {
		const char plain[] = { text[i], '\0' };
		const char *out = text[i] == '\\' ? "\\e" : text[i] == '-' ? "\\-" : plain;

		width += strlen(out);
		if (print)
			fputs(out, stdout);
	}
	return width;
}

/* A line must not begin with a control character. */
static void man_line_start(const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
}

static void man_literal(const char *text, size_t length)
{
	man_line_start(text);
	man_word(text, length, true);
	putchar('\n');
}

static bool man_ends_sentence(const char *word, size_t length)
{
	while (length && strchr(")\"`'", word[length - 1]))
		length--;
	return length && strchr(".!?", word[length - 1]);
}

/* A sentence begins a line, as mdoc has it. */
static void man_text(const char *text, size_t length)
{
	size_t column = 0, at = 0, end;
	bool ended = false;

	for (; at < length; at = end + strspn(text + end, " ")) {
		size_t width;

		end = at + strcspn(text + at, " ");
		if (end > length)
			end = length;
		width = man_word(text + at, end - at, false);
		if (column && (ended || column + 1 + width > MAN_COLUMNS)) {
			putchar('\n');
			column = 0;
		}
		if (column)
			putchar(' ');
		else
			man_line_start(text + at);
		man_word(text + at, end - at, true);
		column += width + 1;
		ended = man_ends_sentence(text + at, end - at);
	}
	putchar('\n');
}

/* Arguments of a macro: what mdoc would take for punctuation or for a macro is not. */
static void man_argument(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"')
			fputs("\\(dq", stdout);
		else if (*text == '\\')
			fputs("\\e", stdout);
		else
			putchar(*text);
	}
	putchar('"');
}

/* Indented lines are literal, and bring their own space above. */
static void man_paragraphs(const char *text)
{
	bool literal = false, gap = true;

	while (*text) {
		size_t length = strcspn(text, "\n");

		if (literal && *text != ' ') {
			puts(".Ed");
			literal = false;
		}
		if (*text == ' ' && !literal) {
			puts(".Bd -literal");
			literal = true;
		} else if (length && gap) {
			puts(".Pp");
		}
		if (length)
			(literal ? man_literal : man_text)(text, length);
		gap = !length;
		text += length + (text[length] == '\n');
	}
	if (literal)
		puts(".Ed");
}

static void man_option(const struct command_option *option)
{
	printf(".It Fl \\-%s", option->name);
	if (option->arg) {
		fputs(" Ar ", stdout);
		man_argument(option->arg);
	}
	putchar('\n');
	man_text(option->help, strlen(option->help));
}

static void man_command(const struct command *command)
{
	const struct command_option *option;

	fputs(".Ss ", stdout);
	man_argument(command->name);
	fputs("\n.Nm residctl\n.Cm ", stdout);
	man_argument(command->name);
	putchar('\n');
	for (option = command->options; option && option->name; option++) {
		printf(".Op Fl \\-%s", option->name);
		if (option->arg) {
			fputs(" Ar ", stdout);
			man_argument(option->arg);
		}
		putchar('\n');
	}
	if (command->args && *command->args) {
		fputs(".Ar ", stdout);
		man_argument(command->args);
		putchar('\n');
	}
	puts(".Pp");
	man_text(command->summary, strlen(command->summary));
	if (command->detail)
		man_paragraphs(command->detail);
	if (command->json) {
		puts(".Pp");
		printf("With\n.Fl \\-json :\n%s.\n", command->json);
	}
	if (table_option_count(command)) {
		puts(".Bl -tag -width Ds");
		for (option = command->options; option->name; option++)
			man_option(option);
		puts(".El");
	}
}

static int man_run(const struct call *call, struct view *view, struct resid_error *err)
{
	const struct command *const *list;

	puts(".\\\" SPDX-License-Identifier: Apache-2.0\n"
	     ".\\\" Written by `residctl man` from its command table.\n"
	     ".Dd November 21, 2026\n"
	     ".Dt RESIDCTL 8\n"
	     ".Os\n"
	     ".Sh NAME\n"
	     ".Nm residctl\n"
	     ".Nd keep classified data inside the jurisdictions that its owner chose\n"
	     ".Sh SYNOPSIS\n"
	     ".Nm\n"
	     ".Ar command\n"
	     ".Op Ar option ...\n"
	     ".Op Ar argument ...\n"
	     ".Sh DESCRIPTION\n"
	     "A policy says for each class of data where it may go.\n"
	     ".Nm\n"
	     "compiles it with location data to a snapshot, puts that in force in the\n"
	     "kernel module, labels workloads with their class, and answers where an\n"
	     "address is and what would happen to a packet.\n"
	     ".Pp\n"
	     "An option's argument follows it as the next word or after an equals sign.\n"
	     "An option may be shortened to one dash and its first letter; where several\n"
	     "begin with it, that is the first of the command's list.\n"
	     ".Pp\n"
	     "Text fits the terminal; what goes to a file or a pipe is not cut.\n"
	     "Names that others chose are shown with their control characters escaped.\n"
	     "Every command takes the following options, before its name as well:\n"
	     ".Bl -tag -width Ds");
	for (const struct command_option *option = common_options; option->name; option++)
		man_option(option);
	puts(".El\n"
	     ".Sh COMMANDS");
	for (list = commands; *list; list++)
		man_command(*list);
	puts(".Sh ENVIRONMENT\n"
	     ".Bl -tag -width Ds\n"
	     ".It Ev NO_COLOR\n"
	     "If set and not empty, output has no colour.\n"
	     "It has none anyway where it is not a terminal.\n"
	     ".It Ev COLUMNS\n"
	     "How wide the terminal is, if not as wide as it says.\n"
	     ".It Ev RESID_SHARE_DIR\n"
	     "Where packs are looked for instead of\n"
	     ".Pa /usr/share/resid :\n"
	     ".Pa policy\n"
	     "in a source tree that is not installed.\n"
	     ".El\n"
	     ".Sh FILES\n"
	     ".Bl -tag -width Ds\n"
	     ".It Pa /etc/resid/policy.yaml\n"
	     "The policy.\n"
	     "Without it the built-in default is in force.\n"
	     ".It Pa /etc/resid/sets\n"
	     "Country sets that come before the built-in ones.\n"
	     ".It Pa /etc/resid/assign.d\n"
	     "Which workload has which class, a file a target.\n"
	     ".It Pa /usr/share/resid/default.yaml , Pa /usr/share/resid/operators.yaml\n"
	     "What is built in, to read and to copy: the policy, and who operates what.\n"
	     ".It Pa /usr/share/resid/grammar.yaml\n"
	     "The grammar of policies by example.\n"
	     ".It Pa /usr/share/resid/packs\n"
	     "Rules to include, each with a README.\n"
	     ".It Pa /var/lib/resid/current.rsnap\n"
	     "The snapshot in force.\n"
	     ".It Pa /usr/share/tor/geoip , Pa /usr/share/tor/geoip6\n"
	     "Location data, of the package tor\\-geoipdb.\n"
	     ".El\n"
	     ".Sh EXIT STATUS\n"
	     ".Bl -tag -width 4n -compact\n"
	     ".It 0\n"
	     "success\n"
	     ".It 1\n"
	     "the command line is wrong\n"
	     ".It 2\n"
	     "kernel or system: module not loaded, not root, I/O\n"
	     ".It 3\n"
	     "refused input: policy, location data, snapshot, address\n"
	     ".It 4\n"
	     "an expectation did not hold\n"
	     ".El\n"
	     ".Sh SEE ALSO\n"
	     ".Xr residd 8");
	return RESID_EXIT_OK;
}

const struct command command_man = {
	.name = "man",
	.args = "",
	.summary = "print the manual page",
	.min_args = 0,
	.max_args = 0,
	.run = man_run,
};
