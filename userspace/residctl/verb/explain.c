// SPDX-License-Identifier: Apache-2.0
/*
 * Why a packet goes or does not. The group comes from the kernel's table, the verdict from the kernel's own functions;
 * only the names are from the full table.
 */
#include "residctl/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "residctl/explain_kernel.h"
#include "residctl/explain_tag.h"
#include "residctl/explain_view.h"
#include "residctl/show.h"
#include "residctl/snapshots.h"
#include "util/memory.h"

static int explain_class(struct explain *explain, const char *name, struct resid_error *err)
{
	int id = snapshot_class_find(explain->snapshot, name);
	unsigned int number;

	if (id < 0 && destination_number(name, RESID_CLASS_COUNT - 1, &number))
		id = (int)number;
	if (id < 0)
		return resid_fail(err, RESID_EXIT_INPUT, "the policy has no class '%.64s'; `residctl class list` shows them",
				  name);
	explain->class_id = (uint8_t)id;
	explain->class_name = snapshot_class_name(explain->snapshot, explain->class_id);
	return 0;
}

static int explain_direction(struct explain *explain, const char *text, struct resid_error *err)
{
	if (!text)
		return 0;
	if (strcmp(text, "original") && strcmp(text, "reply"))
		return resid_fail(err, RESID_EXIT_USAGE, "explain: --direction is original or reply, not '%s'", text);
	explain->to.flow.direction = strcmp(text, "reply") ? RESID_DIR_ORIGINAL : RESID_DIR_REPLY;
	return 0;
}

/* Lines of standard input, or the one destination of the command line, so many at a time. */
struct explain_run {
	struct view *view;
	struct explain *item;
	char **text;		/* what the items point into */
	size_t count, line;
	bool brief;		/* a line of text each */
	struct resid_nl *nl;	/* NULL: the kernel is not asked */
	struct explain_tag tag;
	size_t disagreed;
};

static void explain_run_clear(struct explain_run *run)
{
	while (run->count)
		free(run->text[--run->count]);
}

static void explain_run_fini(struct explain_run *run)
{
	explain_run_clear(run);
	free(run->item);
	free(run->text);
	explain_tag_fini(&run->tag);
	resid_nl_free(run->nl);
}

static int explain_show(struct explain_run *run, const struct explain *item, const struct resid_answer *answer,
			struct resid_error *err)
{
	if (run->view->stream)
		view_row(run->view);
	if (run->brief)
		explain_brief(run->view, item, answer);
	else
		explain_view(run->view, item, answer);
	if (!run->view->stream)
		return 0;
	view_end(run->view);
	return show_view(run->view, err);
}

/* Judges what is there, asks the kernel the same, and says it. */
static int explain_flush(struct explain_run *run, const struct snapshot *snapshot, struct resid_error *err)
{
	struct resid_answer answers[RESID_QUESTIONS_MAX];

	for (size_t i = 0; i < run->count; i++)
		destination_judge(&run->item[i].to, snapshot, run->item[i].class_id);
	if (run->nl && explain_kernel_ask(run->nl, snapshot, run->item, run->count, answers, err))
		return -1;
	for (size_t i = 0; i < run->count; i++) {
		const struct resid_answer *answer = run->nl ? &answers[i] : NULL;

		run->disagreed += answer && !explain_kernel_agrees(&run->item[i], answer);
		if (explain_show(run, &run->item[i], answer, err))
			return -1;
	}
	explain_run_clear(run);
	return 0;
}

static int explain_add(struct explain_run *run, const struct explain *common, const char *class, const char *to,
		       const char *direction, struct resid_error *err)
{
	struct explain *item = &run->item[run->count];
	char *text = mem_copy(to, strlen(to));

	*item = *common;
	run->text[run->count++] = text;
	return destination_parse(&item->to, text, err) || explain_direction(item, direction, err) ||
	       explain_class(item, class, err) ? -1 : 0;
}

/* The class is what the tagger would say of it. */
static int explain_add_of(struct explain_run *run, const struct explain *common, const char *of, const char *to,
			  const char *direction, struct resid_error *err)
{
	struct explain *item = &run->item[0];

	/* unlabelled until it is known */
	if (explain_add(run, common, "0", to, direction, err) ||
	    explain_tag_find(of, &item->to, common->snapshot, &run->tag, err))
		return -1;
	item->tag = &run->tag;
	return explain_class(item, run->tag.class_name, err);
}

/* "CLASS DESTINATION [DIRECTION]" */
static int explain_line(struct explain_run *run, const struct explain *common, char *line, struct resid_error *err)
{
	static const char blanks[] = " \t\r\n";
	char *class = strtok(line, blanks), *to = strtok(NULL, blanks), *direction = strtok(NULL, blanks);
	struct resid_error inner;

	run->line++;
	if (!class)
		return 0;
	if (!to || strtok(NULL, blanks))
		return resid_fail(err, RESID_EXIT_INPUT, "standard input:%zu: a line is CLASS DESTINATION [DIRECTION]",
				  run->line);
	if (!explain_add(run, common, class, to, direction, &inner))
		return 0;
	return resid_fail(err, RESID_EXIT_INPUT, "standard input:%zu: %s", run->line, inner.text);
}

static int explain_lines(struct explain_run *run, const struct explain *common, struct resid_error *err)
{
	_cleanup_free_ char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, stdin) >= 0) {
		if (explain_line(run, common, line, err))
			return -1;
		if (run->count == RESID_QUESTIONS_MAX && explain_flush(run, common->snapshot, err))
			return -1;
	}
	if (ferror(stdin))
		return resid_fail(err, RESID_EXIT_SYSTEM, "standard input cannot be read: %m");
	return 0;
}

static int explain_all(struct explain_run *run, const struct call *call, struct explain *common,
		       struct resid_error *err)
{
	const char *class = call_option(call, "class"), *direction = call_option(call, "direction");
	const char *of = call_option(call, "of");
	int result;

	run->item = mem_zero(RESID_QUESTIONS_MAX, sizeof(*run->item));
	run->text = mem_zero(RESID_QUESTIONS_MAX, sizeof(*run->text));
	if (!call->argc)
		result = explain_lines(run, common, err);
	else if (of)
		result = explain_add_of(run, common, of, call->argv[0], direction, err);
	else
		result = explain_add(run, common, class, call->argv[0], direction, err);
	if (result || explain_flush(run, common->snapshot, err))
		return -1;
	return run->disagreed ? RESID_EXIT_EXPECT : RESID_EXIT_OK;
}

static int explain_whose(const struct call *call, struct resid_error *err)
{
	const char *class = call_option(call, "class"), *of = call_option(call, "of");

	if (call->argc && !class == !of)
		return resid_fail(err, RESID_EXIT_USAGE, "explain: say whose data it is, with one of --class and --of");
	if (!call->argc && (class || of || call_option(call, "direction")))
		return resid_fail(err, RESID_EXIT_USAGE, "explain: a destination is missing; without one, class and direction "
							 "stand in the lines of standard input");
	return 0;
}

static int explain_run(const struct call *call, struct view *view, struct resid_error *err)
{
	const bool lines = !call->argc, json = view->output.form == VIEW_FORM_JSON;
	_cleanup_(explain_run_fini) struct explain_run run = { .view = view, .brief = lines && !json };
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;
	const bool kernel = call_option(call, "kernel");
	struct explain common = { 0 };

	if (explain_whose(call, err))
		return -1;
	if (snapshots_now(call, &common.to.flow.now, err) || (kernel && resid_nl_open(&run.nl, err)) ||
	    (kernel && explain_kernel_snapshot(call, run.nl, &snapshot, err)) ||
	    (!snapshot && snapshots_open(call, &snapshot, err)))
		return -1;
	common.snapshot = snapshot;
	if (lines)
		view_stream(view, explain_columns, false);
	return explain_all(&run, call, &common, err);
}

static const struct command_option explain_options[] = {
	{ "class", "CLASS", "whose data it is: name or number" },
	{ "of", "TARGET", "instead of --class: who sends it, as `class assign` has it, or pid:NUMBER" },
	{ "direction", "WAY", "original or reply; else it may be either" },
	{ "kernel", NULL, "ask the kernel the same; exit status 4 if it says something else" },
	{ "snapshot", "FILE", "a snapshot instead of the one in force" },
	{ "policy", "FILE", "a policy, compiled in memory, instead of a snapshot" },
	SNAPSHOTS_DATA_OPTIONS,
	{ NULL, NULL, NULL },
};

const struct command command_explain = {
	.name = "explain",
	.args = "[IP[:PORT][/PROTOCOL]]",
	.summary = "say what happens to a packet, and why",
	.detail = "From the class and the destination to the rule and the verdict, with the code that the kernel runs. An IPv6 "
		  "address with a port stands in brackets. Without a protocol a port is TCP's. Where the policy looks at what "
		  "was not said (a protocol, a port), the strictest of the possible verdicts is shown, as the kernel does "
		  "with a packet that does not say; where it is the direction that matters, each one's verdict stands below.\n\n"
		  "With --of the class is the one that the tagger gives to what a cgroup, a unit, a network namespace or a process "
		  "sends, or to what comes in by a device, and it is said why: which label, on what, by which assignment. The "
		  "nearest labelled cgroup counts, then the namespace, then the device. A socket keeps the cgroup in which it was "
		  "opened, whatever becomes of its process.\n\n"
		  "An IPv6 address that carries IPv4 ones (NAT64, 6to4, Teredo, ISATAP) is judged with them; the strictest "
		  "verdict holds.\n\n"
		  "Without an argument it reads lines of CLASS DESTINATION [DIRECTION] from standard input, and answers each in "
		  "one: class, address, verdict, rule. With --kernel the module is asked the same by the code that judges packets, and "
		  "must agree; then it is the generation in force in the kernel that is spoken of.\n\n"
		  "  residctl explain --class health 198.51.100.7:443\n"
		  "  residctl explain --of unit:postgresql.service 198.51.100.7:443\n"
		  "  residctl explain --class health --json '[2001:db8::1]:53/udp'",
	.json = "an object a destination, a line each",
	.min_args = 0,
	.max_args = 1,
	.options = explain_options,
	.run = explain_run,
};
