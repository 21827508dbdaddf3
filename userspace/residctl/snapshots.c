// SPDX-License-Identifier: Apache-2.0
#include "snapshots.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/rfc3339.h"

void snapshots_warn(void *context, const char *text)
{
	fprintf(stderr, "warning: %s\n", text);
}

int snapshots_now(const struct call *call, int64_t *out, struct resid_error *err)
{
	const char *text = call_option(call, "now"), *error;

	*out = time(NULL);
	error = text ? rfc3339_parse(text, out) : NULL;
	return error ? resid_fail(err, RESID_EXIT_USAGE, "--now: '%.64s' %s", text, error) : 0;
}

int snapshots_inputs(const struct call *call, const char *policy, struct build_inputs *out, struct resid_error *err)
{
	*out = (struct build_inputs){
		.policy = policy,
		.lenient = true,
		.uncached = call_option(call, "no-cache"),
		.geofeeds = call_option(call, "geofeed"),
		.mmdb = call_option(call, "mmdb"),
		.geoip4 = call_option(call, "geoip4"),
		.geoip6 = call_option(call, "geoip6"),
		.sets = call_option(call, "sets"),
		.feeds = call_option(call, "feed"),
		.rir = call_option(call, "rir"),
		.asn = call_option(call, "asn"),
		.operators = call_option(call, "operators"),
	};
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

static bool snapshots_is_compiled(const struct build_inputs *inputs)
{
	return inputs->policy || inputs->geoip4 || inputs->geoip6 || inputs->sets || inputs->feeds || inputs->rir ||
	       inputs->asn || inputs->operators || inputs->geofeeds || inputs->mmdb;
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
	fputs("note: no policy was ever loaded here, so this speaks of the built-in default and today's data\n", stderr);
	return snapshot_build(&inputs, NULL, NULL, out, err);
}

int snapshots_open(const struct call *call, struct snapshot **out, struct resid_error *err)
{
	const char *file = call_option(call, "snapshot");
	struct build_inputs inputs;
	struct path own;

	if (snapshots_inputs(call, call_option(call, "policy"), &inputs, err))
		return -1;
	if (file)
		return snapshot_open(file, out, err);
	if (!snapshots_is_compiled(&inputs))
		return snapshots_open_current(call, out, err);
	if (!inputs.policy)
		inputs.policy = snapshots_own_policy(&own);
	return snapshots_read(&inputs, out, err);
}
