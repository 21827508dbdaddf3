// SPDX-License-Identifier: Apache-2.0
#include "daemon.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-daemon.h>

#define SECOND		1000000u
#define COLLECT_ONCE	2	/* batches a wake: one that waited, and what came since */

bool collect(struct daemon *daemon, unsigned int batches)
{
	bool more = true;
	struct resid_error err;

	if (!daemon->nl || !daemon->log)
		return false;
	while (more && batches--) {
		if (!drain_once(&daemon->drain, daemon->nl, daemon->log, &more, &err)) {
			daemon->publish |= more;
			continue;
		}
		daemon_trouble(daemon, TROUBLE_AUDIT, err.text);
		if (resid_nl_errno(daemon->nl) == ENODEV)
			restore_disconnect(daemon);
		return false;
	}
	daemon_trouble(daemon, TROUBLE_AUDIT, NULL);
	return true;
}

/* The module tells when there is something; this finds what it could not tell, and a module that comes and goes. */
static int collect_timer(sd_event_source *source, uint64_t usec, void *context)
{
	struct daemon *daemon = context;

	restore_connect(daemon);
	if (!daemon->log)
		collect_rotate(daemon);
	collect(daemon, COLLECT_ONCE);
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

void collect_rotate(struct daemon *daemon)
{
	struct resid_error err;
	int result;

	if (daemon->log)
		result = logfile_reopen(daemon->log, &err);
	else
		result = logfile_open(daemon->config.log_file.text, &daemon->log, &err);
	daemon_trouble(daemon, TROUBLE_LOG, result ? err.text : NULL);
}

int collect_init(struct daemon *daemon, struct resid_error *err)
{
	int error;

	/* A log that cannot be opened now is tried again: the kernel keeps the records meanwhile. */
	collect_rotate(daemon);
	error = sd_event_add_time_relative(daemon->event, &daemon->drain_timer, CLOCK_MONOTONIC, 0, SECOND / 2,
					   collect_timer, daemon);
	if (error < 0)
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot make a timer: %s", strerror(-error));
	return 0;
}
