// SPDX-License-Identifier: Apache-2.0
/*
 * How much of what a provider publishes a class may reach. Of several verdicts that packets to one address may meet,
 * by protocol, port or direction, the most permissive counts: what is allowed to nobody is what counts as refused.
 */
#include "residctl/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "source/format.h"
#include "residctl/output.h"
#include "util/jsonw.h"
#include "residctl/snapshots.h"
#include "util/file.h"
#include "util/intern.h"
#include "util/memory.h"

struct exposure_count {
	uint64_t all, verdict[RESID_V_COUNT];
};

/* IPv4 in addresses, IPv6 in /64s. */
struct exposure_part {
	struct exposure_count v4, v6;
};

struct exposure {
	const struct snapshot *snapshot;
	int64_t now;
	uint8_t class_id;
	bool json;
	sa_family_t family;
	struct exposure_part total;
	struct intern *operators;	/* ids; "" : not known */
	struct exposure_part *part;	/* by number of the operator */
	size_t part_count, part_capacity;
};

static enum resid_verdict exposure_verdict(const struct exposure *exposure, uint16_t group)
{
	const struct resid_table *table = snapshot_table(exposure->snapshot);
	const struct resid_core *core = table->core;
	uint16_t cell = table->matrix[(size_t)core->row[exposure->class_id] * core->group_count + group];
	enum resid_verdict best = RESID_V_COUNT - 1;
	const struct resid_step *step;

	if (!(cell & RESID_CELL_CHAIN))
		return table->rule[cell].verdict;
	/* the compiler leaves out steps that no packet reaches */
	for (step = &table->step[cell & RESID_CELL_INDEX];; step++) {
		if (step->flags & RESID_STEP_F_TIME && (exposure->now < step->from || exposure->now >= step->until))
			continue;
		if (table->rule[step->rule].verdict < best)
			best = table->rule[step->rule].verdict;
		if (step->flags & RESID_STEP_F_LAST)
			return best;
	}
}

static void exposure_add(struct exposure_part *part, sa_family_t family, uint64_t count, enum resid_verdict verdict)
{
	struct exposure_count *to = family == AF_INET ? &part->v4 : &part->v6;

	to->all += count;
	to->verdict[verdict] += count;
}

static void exposure_piece(void *context, u128 first, u128 last, const struct snapshot_place *place)
{
	struct exposure *exposure = context;
	unsigned int shift = exposure->family == AF_INET ? 96 : 64;
	uint64_t count = (uint64_t)(last >> shift) - (uint64_t)(first >> shift) + 1;
	enum resid_verdict verdict = exposure_verdict(exposure, place->group);
	uint32_t number = intern_put(exposure->operators, place->operator, strlen(place->operator) + 1);

	if (number == exposure->part_count)
		MEM_PUSH(exposure->part, exposure->part_count, exposure->part_capacity);
	exposure_add(&exposure->part[number], exposure->family, count, verdict);
	exposure_add(&exposure->total, exposure->family, count, verdict);
}

/* Facts ascend and may nest: each address once. */
static void exposure_walk(struct exposure *exposure, const struct source_facts *facts, sa_family_t family)
{
	size_t i = 0;

	exposure->family = family;
	while (i < facts->count) {
		u128 first = facts->fact[i].first, last = facts->fact[i].last;

		for (i++; i < facts->count && facts->fact[i].first <= last; i++)
			if (facts->fact[i].last > last)
				last = facts->fact[i].last;
		snapshot_walk(exposure->snapshot, family, first, last, exposure_piece, exposure);
	}
}

static void exposure_json_count(struct jsonw *json, const struct exposure_count *count)
{
	unsigned int v;

	jsonw_u64(json, "addresses", count->all);
	for (v = 0; v < RESID_V_COUNT; v++)
		jsonw_u64(json, output_verdict(v), count->verdict[v]);
}

static void exposure_json_part(struct jsonw *json, const struct exposure_part *part)
{
	unsigned int v;

	exposure_json_count(json, &part->v4);
	jsonw_object(json, "ipv6");
	jsonw_u64(json, "slash64", part->v6.all);
	for (v = 0; v < RESID_V_COUNT; v++)
		jsonw_u64(json, output_verdict(v), part->v6.verdict[v]);
	jsonw_object_end(json);
}

static void exposure_json(const struct exposure *exposure, const struct source *source)
{
	_cleanup_(jsonw_fini) struct jsonw json = { 0 };
	size_t i;

	jsonw_object(&json, NULL);
	jsonw_string(&json, "feed", source->file);
	jsonw_string(&json, "format", source_format_name(source->format));
	exposure_json_part(&json, &exposure->total);
	jsonw_array(&json, "operators");
	for (i = 0; i < exposure->part_count; i++) {
		const char *id = intern_get(exposure->operators, (uint32_t)i, NULL);

		jsonw_object(&json, NULL);
		jsonw_string(&json, "operator", *id ? id : "unknown");
		exposure_json_part(&json, &exposure->part[i]);
		jsonw_object_end(&json);
	}
	jsonw_array_end(&json);
	jsonw_object_end(&json);
	output_json(&json);
}

static void exposure_text_part(const char *name, const struct exposure_part *part)
{
	char text[OUTPUT_COUNT], all[OUTPUT_COUNT];
	unsigned int v;

	printf("%-32s %12s", name, output_count(part->v4.all, text));
	for (v = 0; v < RESID_V_COUNT; v++)
		printf(" %12s", output_count(part->v4.verdict[v], text));
	printf("  %s of %s\n", output_count(part->v6.verdict[RESID_V_ALLOW], text), output_count(part->v6.all, all));
}

static void exposure_text(const struct exposure *exposure, const struct source *source)
{
	size_t i;

	exposure_text_part(source->file, &exposure->total);
	for (i = 0; i < exposure->part_count; i++) {
		const char *id = intern_get(exposure->operators, (uint32_t)i, NULL);
		_cleanup_free_ char *name = mem_format("  %s", *id ? id : "(unknown)");

		exposure_text_part(name, &exposure->part[i]);
	}
}

/* What of it does not count. */
static void exposure_bad(const char *path, const struct source *source)
{
	_cleanup_free_ char *said = NULL;

	if (!source->bad)
		return;
	said = source_said(source);
	fprintf(stderr, "residctl: warning: %s: %" PRIu64 " of %" PRIu64 " rows are left out: %s\n", path, source->bad,
		source->rows, said);
}

static int exposure_feed(const struct exposure *all, const char *path, struct resid_error *err)
{
	struct exposure exposure = *all;
	_cleanup_source_ struct source *source = NULL;
	const struct source_want want = { source_formats(SOURCE_USE_FEED), file_base_name(path), SOURCE_BAD };

	if (source_read(&want, path, &source, err))
		return -1;
	exposure_bad(path, source);
	intern_new(&exposure.operators);
	exposure_walk(&exposure, &source->v4, AF_INET);
	exposure_walk(&exposure, &source->v6, AF_INET6);
	if (exposure.json)
		exposure_json(&exposure, source);
	else
		exposure_text(&exposure, source);
	intern_free(exposure.operators);
	free(exposure.part);
	return 0;
}

static int policy_exposure_run(const struct call *call, struct view *view, struct resid_error *err)
{
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;
	struct exposure exposure = { .json = (view->output.form == VIEW_FORM_JSON) };
	const char *class = call_option(call, "class");
	int id, i;

	if (!class)
		return resid_fail(err, RESID_EXIT_USAGE, "policy exposure: say with --class whose data it is");
	if (snapshots_now(call, &exposure.now, err) || snapshots_open(call, &snapshot, err))
		return -1;
	id = snapshot_class_find(snapshot, class);
	if (id < 0)
		return resid_fail(err, RESID_EXIT_INPUT, "the policy has no class '%.64s'", class);
	exposure.snapshot = snapshot;
	exposure.class_id = (uint8_t)id;
	if (!exposure.json)
		printf("%-32s %12s %12s %12s %12s %12s  %s\n", "", "IPv4", "allow", "audit", "reject", "drop",
		       "IPv6 /64s allowed");
	for (i = 0; i < call->argc; i++)
		if (exposure_feed(&exposure, call->argv[i], err))
			return -1;
	return RESID_EXIT_OK;
}

static const struct command_option policy_exposure_options[] = {
	{ "class", "CLASS", "whose data it is (needed)" },
	{ "policy", "FILE", "a policy, compiled in memory, instead of a snapshot" },
	{ "snapshot", "FILE", "a snapshot instead of the one in force" },
	SNAPSHOTS_DATA_OPTIONS,
	{ NULL, NULL, NULL },
};

const struct command command_policy_exposure = {
	.name = "policy exposure",
	.args = "FEED...",
	.summary = "count the addresses of providers that a class may reach",
	.detail = "FEED is a file of ranges: as AWS, Azure, Google or Oracle publish them, a geofeed (RFC 8805), or a prefix a "
		  "line; its content says which. For each, how many of its IPv4 addresses get each verdict, and of its IPv6 "
		  "how many /64s (one that is split counts in each part), in all and by operator. An address that appears "
		  "several times counts once. Where the verdict depends on protocol, port or direction, the most permissive "
		  "counts.\n\n"
		  "  residctl policy exposure --policy p.yaml --class health --feed aws=ip-ranges.json ip-ranges.json",
	.json = "an object a feed, a line each",
	.min_args = 1,
	.max_args = -1,
	.options = policy_exposure_options,
	.run = policy_exposure_run,
};
