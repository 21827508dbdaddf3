// SPDX-License-Identifier: Apache-2.0
/*
 * Why a packet goes or does not. The group comes from the kernel's table, the verdict from the kernel's own functions;
 * only the names are from the full table.
 */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain_kernel.h"
#include "output.h"
#include "sink/jsonw.h"
#include "snapshots.h"
#include "util/address.h"
#include "util/memory.h"
#include "window.h"

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

static void explain_json_evidence(struct jsonw *json, const char *of, const char *source, const char *date,
				  const char *citation)
{
	jsonw_object(json, NULL);
	jsonw_string(json, "of", of);
	jsonw_string(json, "source", source);
	if (*date)
		jsonw_string(json, "date", date);
	if (*citation)
		jsonw_string(json, "citation", citation);
	jsonw_object_end(json);
}

static void explain_json_control(struct jsonw *json, const struct snapshot_place *place)
{
	jsonw_countries(json, "control", place->control);
	if (*place->operator) {
		jsonw_string(json, "operator", place->operator);
		jsonw_string(json, "operator_name", place->operator_name);
		jsonw_string(json, "operator_parent", place->operator_parent);
	}
	jsonw_string(json, "tier", place->tier);
	jsonw_array(json, "evidence");
	explain_json_evidence(json, "location", place->source, place->source_date, "");
	if (*place->control)
		explain_json_evidence(json, "control", place->control_source, place->control_date, "");
	if (*place->operator)
		explain_json_evidence(json, "operator", "operators", place->reviewed, place->citation);
	jsonw_array_end(json);
}

static void explain_json_rule(struct jsonw *json, const struct snapshot_rule *rule)
{
	jsonw_string(json, "rule", rule->id);
	jsonw_string(json, "reason", rule->reason);
	if (*rule->clause)
		jsonw_string(json, "clause", rule->clause);
	if (*rule->justification)
		jsonw_string(json, "justification", rule->justification);
	window_json(json, rule);
	jsonw_string(json, "verdict", output_verdict(rule->verdict));
}

static void explain_json_place(struct jsonw *json, const struct explain *explain, const struct destination_place *place)
{
	struct snapshot_rule rule = snapshot_rule_at(explain->snapshot, place->rule);

	jsonw_string(json, "address", place->text);
	jsonw_string(json, "prefix", place->place.prefix);
	jsonw_string(json, "location", place->place.location);
	jsonw_string(json, "source", place->place.source);
	if (*place->place.source_date)
		jsonw_string(json, "date", place->place.source_date);
	explain_json_control(json, &place->place);
	explain_json_rule(json, &rule);
}

static const char *const explain_directions[] = { "unknown", "original", "reply" };

/* The outer address leads; rule and verdict are those that hold, wherever they come from. */
static void explain_json(const struct explain *explain, const struct resid_answer *answer)
{
	const struct destination_place *outer = &explain->to.place[0];
	const struct destination_place *decided = &explain->to.place[explain->to.decided];
	struct snapshot_rule rule = snapshot_rule_at(explain->snapshot, decided->rule);
	_cleanup_(jsonw_fini) struct jsonw json = { 0 };
	size_t i;

	jsonw_object(&json, NULL);
	jsonw_string(&json, "class", explain->class_name);
	jsonw_u64(&json, "class_id", explain->class_id);
	jsonw_string(&json, "address", outer->text);
	if (explain->to.flow.has_port)
		jsonw_u64(&json, "port", explain->to.flow.dport);
	if (explain->to.flow.proto_known)
		jsonw_u64(&json, "proto", explain->to.flow.proto);
	jsonw_string(&json, "prefix", outer->place.prefix);
	jsonw_string(&json, "location", outer->place.location);
	jsonw_string(&json, "source", outer->place.source);
	if (*outer->place.source_date)
		jsonw_string(&json, "date", outer->place.source_date);
	explain_json_control(&json, &outer->place);
	if (explain->to.count > 1) {
		jsonw_array(&json, "embedded");
		for (i = 1; i < explain->to.count; i++) {
			jsonw_object(&json, NULL);
			explain_json_place(&json, explain, &explain->to.place[i]);
			jsonw_object_end(&json);
		}
		jsonw_array_end(&json);
		jsonw_string(&json, "decided_by", decided->text);
	}
	if (explain->to.link)
		jsonw_bool(&json, "link", true);
	if (explain->to.flow.direction)
		jsonw_string(&json, "direction", explain_directions[explain->to.flow.direction]);
	explain_json_rule(&json, &rule);
	if (answer)
		explain_kernel_json(&json, explain, answer);
	jsonw_string(&json, "policy", snapshot_policy_name(explain->snapshot));
	jsonw_hex(&json, "generation", snapshot_generation(explain->snapshot), RESID_DIGEST_LEN);
	jsonw_object_end(&json);
	output_json(&json);
}

static void explain_text_class(const struct explain *explain)
{
	size_t i;

	printf("class        %s (%u)", explain->class_name, explain->class_id);
	for (i = 0; i < snapshot_class_count(explain->snapshot); i++) {
		struct snapshot_class class = snapshot_class_at(explain->snapshot, i);

		if (class.id == explain->class_id && class.judged_as)
			printf(", judged as %s", class.judged_as);
		if (class.id == explain->class_id && class.permissive)
			printf(", permissive: recorded, not refused");
	}
	putchar('\n');
}

static void explain_text_control(const struct snapshot_place *place)
{
	if (!*place->control) {
		puts("control      unknown");
		return;
	}
	printf("control      %s%s%s (by %s: %s%s%s)\n", output_bold(), place->control, output_plain(), place->tier,
	       place->control_source, *place->control_date ? " of " : "", place->control_date);
	if (!*place->operator)
		return;
	printf("operator     %s, of %s\n", place->operator_name, place->operator_parent);
	printf("             %s (reviewed %s)\n", place->citation, place->reviewed);
}

static void explain_text(const struct explain *explain, const struct resid_answer *answer)
{
	const struct destination_place *outer = &explain->to.place[0];
	size_t i;

	explain_text_class(explain);
	printf("destination  %s", outer->text);
	if (explain->to.flow.has_port)
		printf(" port %u", explain->to.flow.dport);
	if (explain->to.proto_name)
		printf(" protocol %s", explain->to.proto_name);
	if (explain->to.flow.direction)
		printf(", %s", explain->to.flow.direction == RESID_DIR_REPLY ? "a reply" : "of a flow that began here");
	putchar('\n');
	if (explain->to.link)
		puts("link         it never leaves the link, so it passes whatever the policy says");
	for (i = 0; i < explain->to.count; i++) {
		const struct destination_place *place = &explain->to.place[i];
		struct snapshot_rule rule = snapshot_rule_at(explain->snapshot, place->rule);

		if (i)
			printf("carries      %s\n", place->text);
		printf("prefix       %s\nlocation     %s%s%s (%s%s%s)\n", place->place.prefix, output_bold(),
		       place->place.location, output_plain(), place->place.source, *place->place.source_date ? " of " : "",
		       place->place.source_date);
		explain_text_control(&place->place);
		printf("rule         %s: %s\n", rule.id, rule.reason);
		if (*rule.clause)
			printf("clause       %s\n", rule.clause);
		if (*rule.justification)
			printf("justified    %s\n", rule.justification);
		window_text(&rule);
		printf("verdict      %s%s%s%s\n",
		       output_verdict_colour(rule.verdict), output_verdict(rule.verdict), output_plain(),
		       explain->to.count > 1 && i == explain->to.decided ? " (the strictest, so it holds)" : "");
	}
	if (answer)
		explain_kernel_text(explain, answer);
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
	struct explain *item;
	char **text;		/* what the items point into */
	size_t count, line;
	bool json, brief;
	struct resid_nl *nl;	/* NULL: the kernel is not asked */
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
	resid_nl_free(run->nl);
}

static void explain_brief(const struct explain *explain, const struct resid_answer *answer)
{
	const struct destination_place *decided = &explain->to.place[explain->to.decided];
	struct snapshot_rule rule = snapshot_rule_at(explain->snapshot, decided->rule);

	printf("%s %s %s %s\n", explain->class_name, explain->to.place[0].text,
	       explain->to.link ? "link" : output_verdict(rule.verdict), rule.id);
	if (answer && !explain_kernel_agrees(explain, answer))
		explain_kernel_text(explain, answer);
}

/* Judges what is there, asks the kernel the same, and says it. */
static int explain_flush(struct explain_run *run, const struct snapshot *snapshot, struct resid_error *err)
{
	struct resid_answer answers[RESID_QUESTIONS_MAX];
	size_t i;

	for (i = 0; i < run->count; i++)
		destination_judge(&run->item[i].to, snapshot, run->item[i].class_id);
	if (run->nl && explain_kernel_ask(run->nl, snapshot, run->item, run->count, answers, err))
		return -1;
	for (i = 0; i < run->count; i++) {
		const struct resid_answer *answer = run->nl ? &answers[i] : NULL;

		run->disagreed += answer && !explain_kernel_agrees(&run->item[i], answer);
		if (run->json)
			explain_json(&run->item[i], answer);
		else
			(run->brief ? explain_brief : explain_text)(&run->item[i], answer);
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
	return explain_class(item, class, err) || explain_direction(item, direction, err) ||
	       destination_parse(&item->to, text, err) ? -1 : 0;
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

	run->item = mem_zero(RESID_QUESTIONS_MAX, sizeof(*run->item));
	run->text = mem_zero(RESID_QUESTIONS_MAX, sizeof(*run->text));
	if (!call->argc ? explain_lines(run, common, err) :
			  explain_add(run, common, class, call->argv[0], direction, err))
		return -1;
	if (explain_flush(run, common->snapshot, err))
		return -1;
	return run->disagreed ? RESID_EXIT_EXPECT : RESID_EXIT_OK;
}

static int explain_run(const struct call *call, struct resid_error *err)
{
	_cleanup_(explain_run_fini) struct explain_run run = { .json = call_option(call, "json"), .brief = !call->argc };
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;
	const bool kernel = call_option(call, "kernel");
	struct explain common = { 0 };

	if (call->argc && !call_option(call, "class"))
		return resid_fail(err, RESID_EXIT_USAGE, "explain: say with --class whose data it is");
	if (snapshots_now(call, &common.to.flow.now, err) || (kernel && resid_nl_open(&run.nl, err)) ||
	    (kernel && explain_kernel_snapshot(call, run.nl, &snapshot, err)) ||
	    (!snapshot && snapshots_open(call, &snapshot, err)))
		return -1;
	common.snapshot = snapshot;
	return explain_all(&run, call, &common, err);
}

static const struct command_option explain_options[] = {
	{ "class", "CLASS", "whose data it is: name or number (needed)" },
	{ "direction", "WAY", "original or reply; else it may be either" },
	{ "kernel", NULL, "ask the kernel the same; exit status 4 if it says something else" },
	{ "snapshot", "FILE", "a snapshot instead of the one in force" },
	{ "policy", "FILE", "a policy, compiled in memory, instead of a snapshot" },
	SNAPSHOTS_DATA_OPTIONS,
	{ "json", NULL, "one JSON object" },
	{ NULL, NULL, NULL },
};

const struct command command_explain = {
	.name = "explain",
	.args = "[IP[:PORT][/PROTOCOL]]",
	.summary = "say what happens to a packet, and why",
	.detail = "From the class and the destination to the rule and the verdict, with the code that the kernel runs. An IPv6 "
		  "address with a port stands in brackets. Without a protocol a port is TCP's. Where the policy looks at what "
		  "was not said (a protocol, a port), the strictest of the possible verdicts is shown, as the kernel does "
		  "with a packet that does not say.\n\n"
		  "An IPv6 address that carries IPv4 ones (NAT64, 6to4, Teredo, ISATAP) is judged with them; the strictest "
		  "verdict holds.\n\n"
		  "Without an argument it reads lines of CLASS DESTINATION [DIRECTION] from standard input, and answers each in "
		  "one: class, address, verdict, rule. With --kernel the module is asked the same by the code that judges packets, and "
		  "must agree; then it is the generation in force in the kernel that is spoken of.\n\n"
		  "  residctl explain --class health 198.51.100.7:443\n"
		  "  residctl explain --class health --json '[2001:db8::1]:53/udp'",
	.min_args = 0,
	.max_args = 1,
	.options = explain_options,
	.run = explain_run,
};
