// SPDX-License-Identifier: Apache-2.0
#include "snapshots.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void snapshots_warn(void *context, const char *text)
{
	fprintf(stderr, "warning: %s\n", text);
}

int snapshots_open(const struct call *call, struct snapshot **out, struct resid_error *err)
{
	const char *file = call_option(call, "snapshot");
	const struct build_inputs inputs = { 0 };
	struct path current;

	if (file)
		return snapshot_open(file, out, err);
	current = store_current();
	if (!access(current.text, F_OK))
		return snapshot_open(current.text, out, err);
	if (errno == EACCES)
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: %s; be root, or name a file with --snapshot", current.text,
				  strerror(errno));
	fputs("note: no policy was ever loaded here, so this speaks of the built-in default and today's data\n", stderr);
	return snapshot_build(&inputs, NULL, NULL, out, err);
}
