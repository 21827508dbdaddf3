// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <stdio.h>
#include <string.h>

#include "geo/opinions.h"
#include "geo/world_file.h"
#include "residctl/place.h"
#include "residctl/show.h"
#include "residctl/snapshots.h"
#include "util/address.h"

struct lookup {
	struct view *view;
	const struct snapshot *snapshot;
	struct world *world;	/* what each tier says; NULL: not asked for, or not kept here */
};

static void lookup_fini(struct lookup *lookup)
{
	world_free(lookup->world);
}

/* The first of its axis won, unless the policy itself says where the address is. */
static bool lookup_won(const struct world_opinion *opinions, size_t i, const struct snapshot_place *place)
{
	return (!i || strcmp(opinions[i].axis, opinions[i - 1].axis)) &&
	       !strcmp(opinions[i].answer, strcmp(opinions[i].axis, "control") ? place->location : place->control);
}

static void lookup_opinion(struct view *view, const struct world_opinion *opinion, bool won)
{
	view_row(view);
	view_text(view, "axis", "axis", opinion->axis);
	view_text(view, "tier", "tier", opinion->tier);
	view_text(view, "answer", "answer", opinion->answer);
	view_text(view, "source", "source", opinion->source);
	view_known(view, "file", "file", opinion->file);
	view_known(view, "date", "date", opinion->date);
	view_known(view, "operator", "operator", opinion->operator);
	view_bool(view, "won", "holds", won);
	view_end(view);
}

/* Every tier that has something to say, the strongest first. */
static void lookup_opinions(const struct lookup *lookup, sa_family_t family, u128 key,
			    const struct snapshot_place *place)
{
	static const struct view_column columns[] = {
		{ .label = "axis" }, { .label = "tier" }, { .label = "answer" }, { .label = "holds" }, { .label = "source" },
		{ .label = "file", .rank = 1 }, { .label = "date" }, { .label = "operator" }, { NULL },
	};
	struct world_opinion opinions[WORLD_OPINIONS_MAX];
	size_t count = world_opinions_of(lookup->world, family, key, opinions);

	view_table(lookup->view, "opinions", "what each tier of evidence says:", columns);
	for (size_t i = 0; i < count; i++)
		lookup_opinion(lookup->view, &opinions[i], lookup_won(opinions, i, place));
	view_end(lookup->view);
}

static void lookup_as(struct view *view, const struct snapshot_as *as)
{
	if (!as->number)
		return;
	view_number(view, "asn", "AS", as->number);
	if (*as->name)
		view_note(view, " %s", as->name);
	view_known(view, "as_name", NULL, as->name);
}

static const struct view_column lookup_columns[] = {
	{ .label = "address", .width = 15 }, { .label = "prefix", .width = 18 }, { .label = "location", .width = 8 },
	{ .label = "control", .width = 8 }, { .label = "operator", .width = 10 }, { .label = "source" }, { NULL },
};

static void lookup_line(struct view *view, const char *address, const struct snapshot_place *place)
{
	view_prefix(view, NULL, "address", address);
	view_prefix(view, NULL, "prefix", place->prefix);
	view_text(view, NULL, "location", place->location);
	view_text(view, NULL, "control", *place->control ? place->control : "unknown");
	view_known(view, NULL, "operator", place->operator);
	view_text(view, NULL, "source", place->source);
	view_note(view, "%s%s", *place->source_date ? " " : "", place->source_date);
}

static void lookup_show(const struct lookup *lookup, sa_family_t family, u128 key)
{
	struct view *view = lookup->view;
	char address[ADDRESS_TEXT];
	struct snapshot_place place;
	struct snapshot_as as;
	uint8_t bytes[16];

	address_bytes(family, key, bytes);
	address_format(family, key, address);
	snapshot_lookup(lookup->snapshot, family, bytes, &place);
	if (view->stream)
		view_row(view);
	if (view->stream && view->output.form != VIEW_FORM_JSON) {
		lookup_line(view, address, &place);
	} else {
		as = snapshot_as_of(lookup->snapshot, family, bytes);
		view_prefix(view, "address", "address", address);
		place_view(view, &place);
		lookup_as(view, &as);
		if (lookup->world)
			lookup_opinions(lookup, family, key, &place);
	}
	if (view->stream)
		view_end(view);
}

static int lookup_one(const struct lookup *lookup, const char *text, const char *where, size_t number,
		      struct resid_error *err)
{
	sa_family_t family;
	u128 key;

	if (!address_parse(text, &family, &key))
		return resid_fail(err, RESID_EXIT_INPUT, "%s%zu: '%.80s' is not an IPv4 or IPv6 address", where, number, text);
	lookup_show(lookup, family, key);
	return show_view(lookup->view, err);
}

static int lookup_lines(const struct lookup *lookup, struct resid_error *err)
{
	_cleanup_free_ char *line = NULL;
	size_t room = 0, number = 0;
	ssize_t length;

	while ((length = getline(&line, &room, stdin)) >= 0) {
		char *start = line + strspn(line, " \t");

		number++;
		line[strcspn(line, "\r\n")] = '\0';
		start[strcspn(start, " \t")] = '\0';
		if (!*start && strlen(line) + 1 >= (size_t)length)
			continue;
		if (lookup_one(lookup, start, "standard input:", number, err))
			return -1;
	}
	if (ferror(stdin))
		return resid_fail(err, RESID_EXIT_SYSTEM, "standard input cannot be read: %m");
	return RESID_EXIT_OK;
}

static int lookup_run(const struct call *call, struct view *view, struct resid_error *err)
{
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;
	_cleanup_(lookup_fini) struct lookup lookup = { .view = view };

	if (snapshots_open(call, &snapshot, err))
		return -1;
	lookup.snapshot = snapshot;
	if (call->argc || call_option(call, "tiers"))
		lookup.world = world_load(snapshot_world(snapshot), NULL, true);
	if (!call->argc) {
		view_stream(view, lookup_columns, false);
		return lookup_lines(&lookup, err);
	}
	for (int i = 0; i < call->argc; i++)
		if (lookup_one(&lookup, call->argv[i], "argument ", (size_t)i + 1, err))
			return -1;
	return RESID_EXIT_OK;
}

static const struct command_option lookup_options[] = {
	{ "tiers", NULL, "what each tier says also for addresses from standard input" },
	{ "snapshot", "FILE", "a snapshot instead of the one in force" },
	{ "policy", "FILE", "a policy, compiled in memory, instead of a snapshot" },
	SNAPSHOTS_DATA_OPTIONS,
	{ NULL, NULL, NULL },
};

const struct command command_lookup = {
	.name = "lookup",
	.args = "[IP...]",
	.summary = "say where addresses are and who controls them",
	.detail = "Addresses come from the arguments, or one a line from standard input. For each: the longest prefix around it "
		  "that has one answer, the location, and the source that says so with its date; then, where a source says it, whose law "
		  "reaches the operator, how strong the evidence is (override, feed, operator, rir, as, from strong to weak), and "
		  "who says so. With --json `control` is always there: where no source speaks it is the location's country; `asn` and `as_name` "
		  "are there where the AS database knows who announces the address.\n\n"
		  "Below an address of the command line stands what each tier of evidence says of it, from strong to weak, with a "
		  "star before what holds; with --json as `opinions`. It comes from the cache of the sources that the snapshot "
		  "was made of, and is left out where the cache is gone.\n\n"
		  "Locations are countries (ISO 3166-1), region-EU and region-AP (somewhere in Europe, somewhere in Asia or the "
		  "Pacific: what data say when they know no country), local, link, special, multicast, metadata, translated and "
		  "unknown. An IPv6 address that is `translated` carries an IPv4 address, which is judged as well.",
	.json = "an object an address, a line each",
	.min_args = 0,
	.max_args = -1,
	.options = lookup_options,
	.run = lookup_run,
};
