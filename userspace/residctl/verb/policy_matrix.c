// SPDX-License-Identifier: Apache-2.0
/*
 * The matrix of allowed flows that an auditor asks for (SecNumCloud 13.1.a): a row for each class and rule, in the
 * order in which they are asked, with what the rule says in the policy's own words.
 */
#include "residctl/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "residctl/output.h"
#include "policy/describe.h"
#include "policy/policy.h"
#include "util/jsonw.h"
#include "residctl/snapshots.h"
#include "util/memory.h"
#include "util/proto.h"

enum matrix_column {
	MATRIX_CLASS,
	MATRIX_ORDER,
	MATRIX_DESTINATION,
	MATRIX_PROTOCOL,
	MATRIX_PORT,
	MATRIX_DIRECTION,
	MATRIX_VERDICT,
	MATRIX_JUSTIFICATION,
	MATRIX_REASON,
	MATRIX_CLAUSE,
	MATRIX_RULE,
	MATRIX_OWNER,
	MATRIX_TICKET,
	MATRIX_FROM,
	MATRIX_UNTIL,
	MATRIX_SETTING,
	MATRIX_VALUE,
	MATRIX_COLUMNS
};

static const char *const matrix_names[MATRIX_COLUMNS] = {
	"class",
	"order",
	"destination",
	"protocol",
	"port",
	"direction",
	"verdict",
	"justification",
	"reason",
	"clause",
	"rule",
	"owner",
	"ticket",
	"from",
	"until",
	"setting",
	"value",
};

/* Cells of one row, each owned; NULL is empty. */
struct matrix_row {
	char *cell[MATRIX_COLUMNS];
};

enum matrix_format { MATRIX_MARKDOWN, MATRIX_CSV, MATRIX_JSON };

struct matrix_out {
	enum matrix_format format;
	struct jsonw json;
	unsigned int order;		/* of the last row in its class */
};

static void matrix_row_fini(struct matrix_row *row)
{
	size_t i;

	for (i = 0; i < MATRIX_COLUMNS; i++)
		free(row->cell[i]);
}

static void matrix_set(struct matrix_row *row, enum matrix_column column, const char *text)
{
	if (text && *text)
		row->cell[column] = mem_copy(text, strlen(text));
}

/* In words. */

/* "EU, local"; of a map "not in EEA, CH, unknown: true". */
static void matrix_node(const struct yaml_node *node, FILE *out)
{
	size_t i;

	if (node->kind == YAML_SCALAR)
		fputs(node->text, out);
	for (i = 0; node->kind == YAML_LIST && i < node->count; i++) {
		fputs(i ? ", " : "", out);
		matrix_node(node->child[i], out);
	}
	for (i = 0; node->kind == YAML_MAP && i < node->count; i += 2) {
		const char *key = node->child[i]->text;

		fprintf(out, "%s%s%s ", i ? ", " : "", key, strcmp(key, "unknown") ? "" : ":");
		matrix_node(node->child[i + 1], out);
	}
}

static const struct yaml_node *matrix_get(const struct policy_rule *rule, const char *key)
{
	return rule->mark && rule->mark->kind == YAML_MAP ? yaml_get(rule->mark, key) : NULL;
}

static void matrix_text(struct matrix_row *row, enum matrix_column column, const struct policy_rule *rule,
			const char *key)
{
	const struct yaml_node *node = matrix_get(rule, key);

	if (node && node->kind == YAML_SCALAR)
		matrix_set(row, column, node->text);
}

static char *matrix_destination(const struct policy_rule *rule)
{
	static const struct {
		const char *key, *words;
	} predicates[] = {
		{ "location", "location " }, { "registered", "registered " }, { "control", "control " },
		{ "operator", "operator " }, { "min_tier", "evidence at least " }, { "uncontradicted", "uncontradicted " },
	};
	char *text = NULL, prefix[ADDRESS_TEXT];
	size_t length, i;
	FILE *out = open_memstream(&text, &length);

	for (i = 0; i < rule->prefix_count; i++) {
		prefix_format(&rule->prefix[i], prefix);
		fprintf(out, "%s%s", i ? ", " : "prefix ", prefix);
	}
	for (i = 0; i < sizeof(predicates) / sizeof(predicates[0]); i++) {
		const struct yaml_node *node = matrix_get(rule, predicates[i].key);

		if (!node)
			continue;
		fprintf(out, "%s%s", ftell(out) ? "; " : "", predicates[i].words);
		matrix_node(node, out);
	}
	if (!ftell(out))
		fputs("anywhere", out);
	fclose(out);
	return text;
}

static char *matrix_protocols(const struct policy_rule *rule)
{
	char *text = NULL, number[4];
	size_t length, i;
	FILE *out = open_memstream(&text, &length);

	for (i = 0; i < rule->proto_count; i++)
		fprintf(out, "%s%s", i ? ", " : "", proto_name(rule->proto[i], number));
	fputs(i ? "" : "any", out);
	fclose(out);
	return text;
}

static char *matrix_ports(const struct policy_rule *rule)
{
	char *text = NULL;
	size_t length, i;
	FILE *out = open_memstream(&text, &length);

	for (i = 0; i < rule->ports_count; i++) {
		fprintf(out, "%s%u", i ? ", " : "", rule->ports[i].first);
		if (rule->ports[i].last > rule->ports[i].first)
			fprintf(out, "-%u", rule->ports[i].last);
	}
	fputs(i ? "" : "any", out);
	fclose(out);
	return text;
}

static const char *matrix_direction(const struct policy_rule *rule)
{
	if (!rule->direction)
		return "both";
	return rule->direction == RESID_STEP_F_REPLY ? "reply" : "original";
}

/* Out. */

static void matrix_csv_field(const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, stdout);
		return;
	}
	putchar('"');
	for (; *text; text++)
		printf("%s%c", *text == '"' ? "\"" : "", *text);
	putchar('"');
}

static void matrix_markdown_field(const char *text)
{
	for (; *text; text++)
		printf("%s%c", *text == '|' ? "\\" : "", *text);
}

static void matrix_line(const struct matrix_out *out, const char *const *cell)
{
	size_t i;

	for (i = 0; i < MATRIX_COLUMNS; i++) {
		fputs(out->format == MATRIX_MARKDOWN ? "| " : i ? "," : "", stdout);
		(out->format == MATRIX_MARKDOWN ? matrix_markdown_field : matrix_csv_field)(cell[i] ? cell[i] : "");
		fputs(out->format == MATRIX_MARKDOWN ? " " : "", stdout);
	}
	fputs(out->format == MATRIX_MARKDOWN ? "|\n" : "\r\n", stdout);	/* RFC 4180 */
}

static void matrix_row_json(struct jsonw *json, const struct matrix_row *row)
{
	size_t i;

	jsonw_object(json, NULL);
	for (i = 0; i < MATRIX_COLUMNS; i++) {
		if (!row->cell[i])
			continue;
		if (i == MATRIX_ORDER)
			jsonw_u64(json, matrix_names[i], strtoul(row->cell[i], NULL, 10));
		else
			jsonw_string(json, matrix_names[i], row->cell[i]);
	}
	jsonw_object_end(json);
}

static void matrix_put(struct matrix_out *out, struct matrix_row *row)
{
	row->cell[MATRIX_ORDER] = mem_format("%u", ++out->order);
	if (out->format == MATRIX_JSON)
		matrix_row_json(&out->json, row);
	else
		matrix_line(out, (const char *const *)row->cell);
}

static void matrix_rule(struct matrix_out *out, const struct policy_class *class, const struct policy_rule *rule)
{
	_cleanup_(matrix_row_fini) struct matrix_row row = { 0 };

	matrix_set(&row, MATRIX_CLASS, class->name);
	row.cell[MATRIX_DESTINATION] = matrix_destination(rule);
	row.cell[MATRIX_PROTOCOL] = matrix_protocols(rule);
	row.cell[MATRIX_PORT] = matrix_ports(rule);
	matrix_set(&row, MATRIX_DIRECTION, matrix_direction(rule));
	matrix_set(&row, MATRIX_VERDICT, output_verdict(rule->verdict));
	matrix_set(&row, MATRIX_JUSTIFICATION, rule->justification);
	matrix_set(&row, MATRIX_REASON, rule->reason);
	matrix_set(&row, MATRIX_CLAUSE, rule->clause);
	matrix_set(&row, MATRIX_RULE, rule->id);
	matrix_text(&row, MATRIX_OWNER, rule, "owner");
	matrix_text(&row, MATRIX_TICKET, rule, "ticket");
	matrix_text(&row, MATRIX_FROM, rule, "from");
	matrix_text(&row, MATRIX_UNTIL, rule, "until");
	matrix_put(out, &row);
}

/* What no rule matched. */
static void matrix_default(struct matrix_out *out, const struct policy_class *class, const char *destination,
			   enum resid_verdict verdict)
{
	_cleanup_(matrix_row_fini) struct matrix_row row = { 0 };

	matrix_set(&row, MATRIX_CLASS, class->name);
	matrix_set(&row, MATRIX_DESTINATION, destination);
	matrix_set(&row, MATRIX_PROTOCOL, "any");
	matrix_set(&row, MATRIX_PORT, "any");
	matrix_set(&row, MATRIX_DIRECTION, "both");
	matrix_set(&row, MATRIX_VERDICT, output_verdict(verdict));
	matrix_set(&row, MATRIX_REASON, "no rule matched; this is the class's default");
	matrix_put(out, &row);
}

static void matrix_class(struct matrix_out *out, const struct policy *policy, const struct policy_class *class)
{
	size_t i;

	out->order = 0;
	for (i = 0; i < policy->rule_count; i++)
		if (policy_rule_has_class(&policy->rule[i], class->id))
			matrix_rule(out, class, &policy->rule[i]);
	if (class->has_on_unknown)
		matrix_default(out, class, "location or control unknown", class->on_unknown);
	matrix_default(out, class, "all else", class->fallback);
}

/* What holds for a class or for all of the policy; rules have rows of their own. */
static void matrix_setting(void *context, const struct describe_field *field)
{
	_cleanup_(matrix_row_fini) struct matrix_row row = { 0 };
	const char *kind = describe_kind_name(field->kind);
	struct matrix_out *out = context;

	if (field->kind == DESCRIBE_RULE || field->kind == DESCRIBE_EXCEPTION || !*field->value)
		return;
	if (field->kind == DESCRIBE_CLASS)
		matrix_set(&row, MATRIX_CLASS, field->name);
	row.cell[MATRIX_SETTING] = field->kind == DESCRIBE_CLASS || field->kind == DESCRIBE_POLICY ?
					   mem_copy(field->key, strlen(field->key)) :
					   mem_format("%s %s: %s", kind, field->name, field->key);
	matrix_set(&row, MATRIX_VALUE, field->value);
	matrix_put(out, &row);
}

static void matrix_write(struct matrix_out *out, const struct policy *policy)
{
	static const char *const rule[MATRIX_COLUMNS] = {
		"---",
		"---",
		"---",
		"---",
		"---",
		"---",
		"---",
		"---",
		"---",
		"---",
		"---",
		"---",
		"---",
		"---",
		"---",
		"---",
		"---",
	};
	size_t i;

	if (out->format == MATRIX_JSON)
		jsonw_array(&out->json, NULL);
	else
		matrix_line(out, matrix_names);
	if (out->format == MATRIX_MARKDOWN)
		matrix_line(out, rule);
	for (i = 0; i < policy->class_count; i++)
		matrix_class(out, policy, &policy->class[i]);
	out->order = 0;
	describe_policy(policy, matrix_setting, out);
	if (out->format != MATRIX_JSON)
		return;
	jsonw_array_end(&out->json);
	output_json(&out->json);
}

/* Of a file, or as it was compiled into the snapshot. */
static int matrix_policy(const struct call *call, struct policy **out, struct resid_error *err)
{
	struct policy_options options = { .sets = call_option(call, "sets") };
	const char *file = call_option(call, "policy"), *compiled = call_option(call, "snapshot");
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;
	const char *text;

	if (file && compiled)
		return resid_fail(err, RESID_EXIT_USAGE, "policy matrix: of --policy and --snapshot, leave one out");
	if (snapshots_now(call, &options.now, err))
		return -1;
	if (file) {
		options.warn = snapshots_warn;
		return policy_read(file, &options, out, err);
	}
	/* --sets is for reading the policy, not for compiling it */
	if (compiled ? snapshot_open(compiled, &snapshot, err) : snapshots_open_current(call, &snapshot, err))
		return -1;
	text = snapshot_policy_text(snapshot);
	return policy_parse(snapshot_policy_name(snapshot), text, strlen(text), &options, out, err);
}

static int policy_matrix_run(const struct call *call, struct view *view, struct resid_error *err)
{
	const char *format = call_option(call, "format");
	_cleanup_policy_ struct policy *policy = NULL;
	struct matrix_out out = { .format = MATRIX_MARKDOWN };

	if (format && !strcmp(format, "csv"))
		out.format = MATRIX_CSV;
	else if (format && strcmp(format, "markdown"))
		return resid_fail(err, RESID_EXIT_USAGE, "policy matrix: --format is csv or markdown, not '%.32s'", format);
	if ((view->output.form == VIEW_FORM_JSON) && format)
		return resid_fail(err, RESID_EXIT_USAGE, "policy matrix: of --format and --json, leave one out");
	if ((view->output.form == VIEW_FORM_JSON))
		out.format = MATRIX_JSON;
	if (matrix_policy(call, &policy, err))
		return -1;
	matrix_write(&out, policy);
	return RESID_EXIT_OK;
}

static const struct command_option policy_matrix_options[] = {
	{ "policy", "FILE", "a policy instead of the one that was loaded last" },
	{ "snapshot", "FILE", "the policy that this snapshot was made of" },
	{ "sets", "DIR", "country sets that come before the built-in ones (default /etc/resid/sets, /usr/share/resid/sets)" },
	{ "format", "FORMAT", "markdown (the default) or csv (RFC 4180)" },
	{ NULL, NULL, NULL },
};

const struct command command_policy_matrix = {
	.name = "policy matrix",
	.args = "",
	.summary = "the matrix of allowed flows, with their justification",
	.detail = "A row for each class and rule: destination, protocol, port, direction, verdict, justification, reason, "
		  "clause, and for an exception owner, ticket, beginning and end. Within a class the rows are in the order in "
		  "which they are asked: the first that matches decides, and the last stands for what none matched. Then a row "
		  "for each setting, of a class or of the whole policy, with its value.\n\n"
		  "  residctl policy matrix --format csv >matrix.csv",
	.json = "an array, an object a row",
	.min_args = 0,
	.max_args = 0,
	.options = policy_matrix_options,
	.run = policy_matrix_run,
};
