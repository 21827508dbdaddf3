// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "residctl/capture.h"
#include "residctl/output.h"
#include "residctl/snapshots.h"
#include "util/memory.h"

struct simulate {
	const struct call *call;
	struct replay *replay;
	struct capture_inputs inputs;
	struct prefix *from;
	size_t from_count, from_capacity;
	const char *class;
};

static void simulate_fini(struct simulate *simulate)
{
	free(simulate->from);
}

/* "PREFIX,PREFIX" */
static int simulate_from(struct simulate *simulate, const char *list, struct resid_error *err)
{
	_cleanup_free_ char *text = list ? mem_copy(list, strlen(list)) : NULL;
	char *rest = text, *word;

	while ((word = strsep(&rest, ","))) {
		struct prefix *prefix = MEM_PUSH(simulate->from, simulate->from_count, simulate->from_capacity);
		const char *error = prefix_parse(word, prefix);

		if (error)
			return resid_fail(err, RESID_EXIT_USAGE, "--from: '%.64s' %s", word, error);
	}
	simulate->inputs.from = simulate->from;
	simulate->inputs.from_count = simulate->from_count;
	return 0;
}

/* The class of a capture is a word of the snapshots, or both policies lack it. */
static int simulate_class(struct simulate *simulate, const char *file, struct resid_error *err)
{
	const struct snapshot *const sides[] = { simulate->replay->old, simulate->replay->new };
	size_t i;

	if (!simulate->class)
		return resid_fail(err, RESID_EXIT_USAGE, "policy simulate: %s is a capture: say with --class whose data it is",
				  file);
	for (i = 0; i < 2; i++) {
		int id = snapshot_class_find(sides[i], simulate->class);

		if (id >= 0)
			simulate->inputs.class = snapshot_class_name(sides[i], (uint8_t)id);
	}
	if (!simulate->inputs.class)
		return resid_fail(err, RESID_EXIT_INPUT, "neither policy has a class '%.64s'", simulate->class);
	return 0;
}

static int simulate_file(struct simulate *simulate, const char *file, struct resid_error *err)
{
	if (!capture_is(file))
		return replay_log(simulate->replay, file, err);
	if (simulate_class(simulate, file, err))
		return -1;
	return capture_replay(simulate->replay, file, &simulate->inputs, err);
}

static int simulate_open(const struct call *call, struct snapshot **old, struct snapshot **new, struct resid_error *err)
{
	const char *against = call_option(call, "against");
	struct build_inputs inputs;

	if (snapshots_inputs(call, against, &inputs, err) ||
	    (against ? snapshots_read(&inputs, old, err) : snapshots_open_current(call, old, err)))
		return -1;
	inputs.policy = call->argv[0];
	return snapshots_read(&inputs, new, err);
}

static void simulate_json(const struct replay *replay)
{
	_cleanup_(jsonw_fini) struct jsonw json = { 0 };

	replay_json(replay, &json, NULL);
	output_json(&json);
}

static int policy_simulate_run(const struct call *call, struct view *view, struct resid_error *err)
{
	_cleanup_(simulate_fini) struct simulate simulate = { .call = call, .class = call_option(call, "class") };
	_cleanup_snapshot_ struct snapshot *old = NULL, *new = NULL;
	_cleanup_(replay_fini) struct replay replay = { 0 };
	int64_t now;
	int i;

	if (simulate_from(&simulate, call_option(call, "from"), err) || snapshots_now(call, &now, err) ||
	    simulate_open(call, &old, &new, err))
		return -1;
	replay_init(&replay, old, new, now);
	replay.all = call_option(call, "all");
	simulate.replay = &replay;
	for (i = 1; i < call->argc; i++)
		if (simulate_file(&simulate, call->argv[i], err))
			return -1;
	if ((view->output.form == VIEW_FORM_JSON))
		simulate_json(&replay);
	else
		replay_text(&replay);
	return RESID_EXIT_OK;
}

static const struct command_option policy_simulate_options[] = {
	{ "against", "FILE", "a policy or snapshot to compare with, instead of what was loaded last" },
	{ "class", "CLASS", "of a capture: whose data it is" },
	{ "from", "PREFIX,...", "of a capture: only packets from these addresses; may stand again" },
	{ "all", NULL, "every flow of a change, not only the first three" },
	SNAPSHOTS_DATA_OPTIONS,
	{ NULL, NULL, NULL },
};

const struct command command_policy_simulate = {
	.name = "policy simulate",
	.args = "POLICY FILE...",
	.summary = "say which packets that were seen a policy would treat otherwise",
	.detail = "POLICY is a policy or a snapshot, each FILE a capture (pcap or pcapng) or a log of Resid's. Every packet is "
		  "judged by the policy that was loaded last and by POLICY; what would be newly refused, newly allowed or "
		  "otherwise changed is shown by class, rule, operator and country.\n\n"
		  "Packets of a capture are read as the kernel reads them, tunnels and IPv4 addresses inside IPv6 ones "
		  "included. A capture of Ethernet has what comes in as well: say with --from which addresses are the "
		  "node's. A Linux cooked capture (`tcpdump -i any`) says itself what left. Resid's log holds what was "
		  "refused or audited, and nothing of what was allowed.\n\n"
		  "  tcpdump -w - -i any -c 100000 >out.pcap; residctl policy simulate new.yaml --class health out.pcap",
	.json = "one object",
	.min_args = 2,
	.max_args = -1,
	.options = policy_simulate_options,
	.run = policy_simulate_run,
};
