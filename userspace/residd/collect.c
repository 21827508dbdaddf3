// SPDX-License-Identifier: Apache-2.0
#include "daemon.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-daemon.h>

#include "spool/head.h"

#define SECOND		1000000u
#define COLLECT_ONCE	2	/* batches a wake: one that waited, and what came since */

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
