// SPDX-License-Identifier: Apache-2.0
#include "daemon.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "audit/head.h"
#include "nl/report.h"

#define SECOND		1000000u
#define COLLECT_ONCE	2	/* batches a wake: one that waited, and what came since */

static uint64_t collect_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- a spool that cannot be written: the kernel keeps its batch and folds ----------------------------------- */

static void outage_begin(struct daemon *daemon, const char *why)
{
	struct outage *outage = &daemon->outage;
	struct resid_nl_status status;
	struct resid_error ignored;

	if (outage->on || resid_nl_status(daemon->nl, &status, &ignored))
		return;
	*outage = (struct outage){ .on = true, .since_ns = collect_now(), .folded = status.audit_folded };
	snprintf(outage->why, sizeof(outage->why), "%.500s", why);
}

/* All that waited is in the spool: what it cost stands beside it. */
static void outage_end(struct daemon *daemon)
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
	report_time(collect_now(), until);
	snprintf(text, sizeof(text), "from %s to %s: %s; the kernel kept all counts, %" PRIu64
		 " packets of them under a coarser key; no packet is missing", since, until, outage->why, folded);
	if (spool_notice(daemon->spool, text, folded, &ignored))
		return;
	daemon_say(SD_NOTICE, "%s", text);
	outage->on = false;
}

/* ---- kernel to spool --------------------------------------------------------------------------------------- */

bool collect(struct daemon *daemon, unsigned int batches)
{
	bool more = true;
	struct resid_error err;

	if (!daemon->nl || !daemon->spool)
		return false;
	while (more && batches--) {
		if (!drain_once(&daemon->drain, daemon->nl, daemon->spool, &more, &err)) {
			daemon->publish |= more;
			continue;
		}
		daemon_trouble(daemon, TROUBLE_AUDIT, err.text);
		if (resid_nl_errno(daemon->nl) == ENODEV)
			restore_disconnect(daemon);
		else
			outage_begin(daemon, err.text);
		return false;
	}
	daemon_trouble(daemon, TROUBLE_AUDIT, NULL);
	if (!more)
		outage_end(daemon);
	return true;
}

static void collect_key(struct daemon *daemon)
{
	struct resid_error err;
	int result = head_key_make(daemon->config.audit_key.text, &err);
	char text[1200];

	if (!result) {
		daemon_trouble(daemon, TROUBLE_KEY, NULL);
		return;
	}
	snprintf(text, sizeof(text), "segments of the spool are not signed: %s; make a key with `residctl audit key --make`",
		 err.text);
	daemon_trouble(daemon, TROUBLE_KEY, text);
}

static void collect_open(struct daemon *daemon)
{
	struct spool_options options = {
		.key = daemon->config.audit_key.text,
		.segment_bytes = (uint64_t)daemon->config.spool_segment_mb << 20,
		.segment_age = daemon->config.spool_segment_age,
		.retention_days = daemon->config.spool_days,
		.retention_bytes = (uint64_t)daemon->config.spool_mb << 20,
	};
	struct resid_error err;
	int result;

	if (daemon->spool)
		return;
	collect_key(daemon);
	if (*daemon->trouble[TROUBLE_KEY])
		options.key = NULL;
	result = privacy_key(&daemon->config.privacy, &err) || spool_open(&options, &daemon->spool, &err);
	daemon_trouble(daemon, TROUBLE_SPOOL, result ? err.text : NULL);
	deliver_load(daemon);
}

static void collect_tend(struct daemon *daemon)
{
	struct resid_error err;

	if (daemon->spool)
		daemon_trouble(daemon, TROUBLE_SPOOL, spool_tend(daemon->spool, &err) ? err.text : NULL);
}

/* ---- events ------------------------------------------------------------------------------------------------ */

/* The module tells when there is something; this finds what it could not tell, and a module that comes and goes. */
static int collect_timer(sd_event_source *source, uint64_t usec, void *context)
{
	struct daemon *daemon = context;

	restore_connect(daemon);
	collect_open(daemon);
	collect(daemon, COLLECT_ONCE);
	collect_tend(daemon);
	sd_event_source_set_time_relative(source, daemon->config.drain_interval * (uint64_t)SECOND);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int collect_wake(sd_event_source *source, int fd, uint32_t events, void *context)
{
	resid_nl_wake_clear(fd);
	collect(context, COLLECT_ONCE);
	return 0;
}

void collect_listen(struct daemon *daemon)
{
	struct resid_error err;
	int fd;

	daemon->wake = sd_event_source_disable_unref(daemon->wake);
	fd = resid_nl_wake_open(&err);
	if (fd < 0) {
		daemon_say(SD_WARNING, "%s; draining every %u s", err.text, daemon->config.drain_interval);
		return;
	}
	if (sd_event_add_io(daemon->event, &daemon->wake, fd, EPOLLIN, collect_wake, daemon) < 0) {
		close(fd);
		return;
	}
	sd_event_source_set_io_fd_own(daemon->wake, true);
}

int collect_init(struct daemon *daemon, struct resid_error *err)
{
	int error;

	/* A spool that cannot be opened now is tried again: the kernel keeps the records meanwhile. */
	collect_open(daemon);
	error = sd_event_add_time_relative(daemon->event, &daemon->drain_timer, CLOCK_MONOTONIC, 0, SECOND / 2,
					   collect_timer, daemon);
	if (error < 0)
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot make a timer: %s", strerror(-error));
	return 0;
}
