// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <stdio.h>
#include <string.h>

#include "residctl/place.h"
#include "residctl/show.h"
#include "residctl/snapshots.h"
#include "util/address.h"

struct lookup {
	struct view *view;
	const struct snapshot *snapshot;
	bool opinions;		/* what each source says is told as well */
};

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
	{ .label = "registered", .width = 10 }, { .label = "control", .width = 8 }, { .label = "operator", .width = 10 },
	{ .label = "source" }, { NULL },
};

static void lookup_line(struct view *view, const char *address, const struct snapshot_place *place)
{
	view_prefix(view, NULL, "address", address);
	view_prefix(view, NULL, "prefix", place->prefix);
	view_text(view, NULL, "location", place->location);
	view_text(view, NULL, "registered", *place->registered ? place->registered : "unknown");
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
		place_view(view, &(struct place){ lookup->snapshot, &place, family, bytes });
		lookup_as(view, &as);
		if (lookup->opinions)
			place_view_opinions(view, &(struct place){ lookup->snapshot, &place, family, bytes });
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
	struct lookup lookup = { .view = view };

	if (snapshots_open(call, &snapshot, err))
		return -1;
	lookup.snapshot = snapshot;
	lookup.opinions = call->argc || call_option(call, "tiers");
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
	{ "tiers", NULL, "what each source says also for addresses from standard input" },
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
		  "that has one answer, and the three axes: where it is, where its holder is registered, and, if somebody names "
		  "who operates it, whose law reaches that operator, with the strongest who names it (override, prefix, feed, operator, "
		  "holder, from strong to weak); `because` says what it all comes to. With --json `where`, `registered` and "
		  "`control` are always there, empty for what nobody knows; `asn` and `as_name` are there where the AS database "
		  "knows who announces the address.\n\n"
		  "Below an address of the command line stands what each source says of it, axis by axis and from strong to "
		  "weak: its date, whether it was fresh when the policy was compiled, whether it contradicts what the strongest "
		  "says, and of a location whether it counts; with --json as `opinions`.\n\n"
		  "Locations are countries (ISO 3166-1), region-EU and region-AP (somewhere in Europe, somewhere in Asia or the "
		  "Pacific: what data say when they know no country), anycast, satellite and proxy (nowhere in particular), local, "
		  "link, special, multicast, metadata, translated and unknown. An IPv6 address that is `translated` carries an IPv4 address, which is judged as well.",
	.json = "an object an address, a line each",
	.min_args = 0,
	.max_args = -1,
	.options = lookup_options,
	.run = lookup_run,
};
