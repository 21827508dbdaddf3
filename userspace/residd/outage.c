// SPDX-License-Identifier: Apache-2.0
/* A spool that cannot be written: the kernel keeps its batch and folds. What that costs is counted over a restart. */
#include "daemon.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "node/report.h"
#include "util/file.h"
#include "util/hex.h"

#define FILE_MAX	1024
#define FILE_FORMAT	"%s %" PRIu64 " %" PRIu64 " %s\n"	/* the module's run, since when, folded until then, why */

static struct path outage_file(void)
{
	return paths_in(paths_run_dir(), "outage");
}

void outage_resume(struct daemon *daemon)
{
	char instance[2 * sizeof(daemon->instance) + 1], of[sizeof(instance)];
	struct outage *outage = &daemon->outage;
	_cleanup_free_ char *text = NULL;
	struct resid_error ignored;
	size_t length;

	hex_format(daemon->instance, sizeof(daemon->instance), instance);
	outage->on = !file_read(outage_file().text, FILE_MAX, &text, &length, &ignored) &&
		     sscanf(text, "%32s %" SCNu64 " %" SCNu64 " %511[^\n]", of, &outage->since_ns, &outage->folded,
			    outage->why) == 4 && !strcmp(of, instance);
}

void outage_begin(struct daemon *daemon, const char *why)
{
	char instance[2 * sizeof(daemon->instance) + 1], text[FILE_MAX];
	struct outage *outage = &daemon->outage;
	struct resid_nl_status status;
	struct resid_error ignored;
	int length;

	if (outage->on || resid_nl_status(daemon->nl, &status, &ignored))
		return;
	*outage = (struct outage){ .on = true, .since_ns = daemon_now(), .folded = status.audit_folded };
	snprintf(outage->why, sizeof(outage->why), "%.500s", why);
	hex_format(daemon->instance, sizeof(daemon->instance), instance);
	length = snprintf(text, sizeof(text), FILE_FORMAT, instance, outage->since_ns, outage->folded, outage->why);
	/* Without it, a restart counts from itself on. */
	file_write(outage_file().text, text, (size_t)length, 0640, FILE_OWN_GROUP, &ignored);
}

void outage_end(struct daemon *daemon)
{
	struct outage *outage = &daemon->outage;
	struct resid_nl_status status;
	char since[REPORT_TIME], until[REPORT_TIME], text[1000];
	struct resid_error ignored;
	uint64_t folded;

	if (!outage->on || resid_nl_status(daemon->nl, &status, &ignored))
		return;
	folded = status.audit_folded - outage->folded;
	report_time(outage->since_ns, since);
	report_time(daemon_now(), until);
	snprintf(text, sizeof(text), "from %s to %s: %s; the kernel kept all counts, %" PRIu64
		 " packets of them under a coarser key; no packet is missing", since, until, outage->why, folded);
	if (spool_notice(daemon->spool, text, folded, &ignored))
		return;
	daemon_say(SD_NOTICE, "%s", text);
	outage->on = false;
	unlink(outage_file().text);
}
