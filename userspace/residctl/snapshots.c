// SPDX-License-Identifier: Apache-2.0
#include "snapshots.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "say.h"
#include "util/rfc3339.h"

void snapshots_warn(void *context, const char *text)
{
	say_warning("%s", text);
}

int snapshots_now(const struct call *call, int64_t *out, struct resid_error *err)
{
	const char *text = call_option(call, "now"), *error;

	*out = time(NULL);
	error = text ? rfc3339_parse(text, out) : NULL;
	return error ? resid_fail(err, RESID_EXIT_USAGE, "--now: '%.64s' %s", text, error) : 0;
}

/* The options that say where data are, and what they fill. */
static const struct {
	const char *option;
	size_t input;
} snapshots_data[] = {
	{ "geoip4", offsetof(struct build_inputs, geoip4) },	 { "geoip6", offsetof(struct build_inputs, geoip6) },
	{ "sets", offsetof(struct build_inputs, sets) },	 { "mmdb", offsetof(struct build_inputs, mmdb) },
	{ "geofeed", offsetof(struct build_inputs, geofeeds) },	 { "feed", offsetof(struct build_inputs, feeds) },
	{ "rir", offsetof(struct build_inputs, rir) },		 { "asn", offsetof(struct build_inputs, asn) },
	{ "operators", offsetof(struct build_inputs, operators) },
};

int snapshots_inputs(const struct call *call, const char *policy, struct build_inputs *out, struct resid_error *err)
{
	size_t i;

	*out = (struct build_inputs){ .policy = policy, .lenient = true, .uncached = call_option(call, "no-cache") };
	for (i = 0; i < sizeof(snapshots_data) / sizeof(*snapshots_data); i++)
		*(const char **)((char *)out + snapshots_data[i].input) = call_option(call, snapshots_data[i].option);
	return snapshots_now(call, &out->now, err);
}

void snapshots_guard(const struct call *call, struct build_inputs *inputs)
{
	static struct path current;

	current = store_current();
	inputs->lenient = false;
	inputs->previous = current.text;
	inputs->accept = call_option(call, "accept");
}

const char *snapshots_own_policy(struct path *buffer)
{
	*buffer = paths_in(paths_conf_dir(), "policy.yaml");
	return access(buffer->text, F_OK) ? NULL : buffer->text;
}

/* The option that wants a policy compiled, or NULL. */
static const char *snapshots_compiling(const struct call *call)
{
	size_t i;

	if (call_option(call, "policy"))
		return "policy";
	for (i = 0; i < sizeof(snapshots_data) / sizeof(*snapshots_data); i++)
		if (call_option(call, snapshots_data[i].option))
			return snapshots_data[i].option;
	return NULL;
}

int snapshots_read(const struct build_inputs *inputs, struct snapshot **out, struct resid_error *err)
{
	size_t length = inputs->policy ? strlen(inputs->policy) : 0;

	if (length > 6 && !strcmp(inputs->policy + length - 6, ".rsnap"))
		return snapshot_open(inputs->policy, out, err);
	return snapshot_build(inputs, snapshots_warn, NULL, out, err);
}

int snapshots_open_current(const struct call *call, struct snapshot **out, struct resid_error *err)
{
	struct path current = store_current();
	struct build_inputs inputs;

	if (snapshots_inputs(call, NULL, &inputs, err))
		return -1;
	if (!access(current.text, F_OK))
		return snapshot_open(current.text, out, err);
	if (errno == EACCES)
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: %s; be root, or name a file with --snapshot", current.text,
				  strerror(errno));
	say_note("no policy was ever loaded here, so this speaks of the built-in default and today's data");
	return snapshot_build(&inputs, NULL, NULL, out, err);
}

int snapshots_open(const struct call *call, struct snapshot **out, struct resid_error *err)
{
	const char *file = call_option(call, "snapshot"), *compiling = snapshots_compiling(call);
	struct build_inputs inputs;
	struct path own;

	if (file && compiling)
		return resid_fail(err, RESID_EXIT_USAGE, "%s: --snapshot is compiled already, and --%s has no part in it; "
							 "leave one of them out", call->command->name, compiling);
	if (snapshots_inputs(call, call_option(call, "policy"), &inputs, err))
		return -1;
	if (file)
		return snapshot_open(file, out, err);
	if (!compiling)
		return snapshots_open_current(call, out, err);
	if (!inputs.policy)
		inputs.policy = snapshots_own_policy(&own);
	return snapshots_read(&inputs, out, err);
}
