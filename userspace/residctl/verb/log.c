// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "spool/spool.h"
#include "residctl/events.h"
#include "residctl/say.h"

#define LOG_LAST	10
#define LOG_LAST_MAX	1000000
#define LOG_POLL_NS	250000000

DEFINE_CLEANUP(spool, struct spool *, spool_free);
DEFINE_CLEANUP(cursor, struct spool_cursor *, spool_cursor_free);

/* Prints what is there. Heads are for machines. */
static int log_drain(struct spool_cursor *cursor, struct events *events, bool as_json, struct resid_error *err)
{
	struct audit_event event;
	int result;

	while ((result = spool_cursor_next(cursor, &event, err)) > 0)
		if (as_json || event.kind != AUDIT_KIND_HEAD)
			events_print(events, &event);
	fflush(stdout);
	return result;
}

static int log_count(const struct call *call, uint64_t *count, struct resid_error *err)
{
	const char *text = call_option(call, "n");
	char *end;
	long number;

	*count = LOG_LAST;
	if (!text)
		return 0;
	number = strtol(text, &end, 10);
	if (*end || !*text || number < 0 || number > LOG_LAST_MAX)
		return resid_fail(err, RESID_EXIT_USAGE, "-n takes a number up to %d, not `%s`", LOG_LAST_MAX, text);
	*count = (uint64_t)number;
	return 0;
}

static int log_run(const struct call *call, struct view *view, struct resid_error *err)
{
	_cleanup_(cleanup_spool) struct spool *spool = NULL;
	_cleanup_(cleanup_cursor) struct spool_cursor *cursor = NULL;
	_cleanup_(cleanup_events) struct events *events = NULL;
	bool as_json = (view->output.form == VIEW_FORM_JSON), follow = !call_option(call, "no-follow");
	uint64_t count, end;

	if (log_count(call, &count, err) || spool_open_read(NULL, &spool, err) ||
	    spool_cursor_open(spool, NULL, &cursor, err) ||
	    events_new(as_json ? EVENTS_JSON : EVENTS_LINE, &events, err))
		return -1;
	end = spool_end(spool);
	if (!end && follow)
		say_note("there are no records yet; residd writes them (`systemctl status residd`)");
	if (spool_cursor_seek(cursor, end > count ? end - count + 1 : 1, err))
		return -1;
	do {
		struct timespec pause = { .tv_nsec = LOG_POLL_NS };

		if (log_drain(cursor, events, as_json, err))
			return -1;
		if (follow)
			nanosleep(&pause, NULL);
	} while (follow && !ferror(stdout));
	return RESID_EXIT_OK;
}

static const struct command_option log_options[] = {
	{ "n", "N", "begin with the last N records (default 10)" },
	{ "no-follow", NULL, "stop at the end instead of waiting for more" },
	{ NULL },
};

const struct command command_log = {
	.name = "log",
	.args = "",
	.summary = "show and follow what was refused or audited",
	.detail = "Reads the spool, /var/lib/resid/spool, which the daemon writes; `audit query` looks for records in all of it.",
	.json = "an object a record, a line each",
	.min_args = 0,
	.max_args = 0,
	.options = log_options,
	.run = log_run,
};
