// SPDX-License-Identifier: Apache-2.0
/* The guard: kept in place, in the mode of the node, and what it says goes to the journal. */
#include "daemon.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-daemon.h>

#include "bpf/guard.h"
#include "host/cgroup.h"
#include "util/memory.h"

#define GUARDING_LINES	32	/* of one burst; the rest is counted */

struct guarding {
	struct guard *guard;
	struct ring_buffer *ring;
	sd_event_source *ready;
	struct resid_error why;		/* why there is none; said once */
	unsigned int lines, more;	/* of the burst that is being read */
};

static int guarding_event(void *context, void *data, size_t size)
{
	struct guarding *guarding = context;
	const struct guard_event *event = data;
	struct path path;

	if (size < sizeof(*event))
		return 0;
	if (guarding->lines++ >= GUARDING_LINES) {
		guarding->more++;
		return 0;
	}
	if (!cgroup_path(event->cgroup, &path))
		snprintf(path.text, sizeof(path.text), "(gone)");
	daemon_say(SD_WARNING, "guard: %s %s%s%.*s to process %u (%.*s, uid %u) in cgroup %.300s; who may is named in guard.allow",
		   event->refused ? "refused" : "permissive, let pass:", guard_what(event), *event->name ? " " : "", GUARD_NAME,
		   event->name, event->pid, (int)sizeof(event->comm), event->comm, event->uid, path.text);
	return 0;
}

static int guarding_read(sd_event_source *source, int fd, uint32_t revents, void *context)
{
	struct guarding *guarding = context;

	guarding->lines = guarding->more = 0;
	ring_buffer__consume(guarding->ring);
	if (guarding->more)
		daemon_say(SD_WARNING, "guard: and %u more", guarding->more);
	return 0;
}

static void guarding_close(struct guarding *guarding)
{
	guarding->ready = sd_event_source_disable_unref(guarding->ready);
	ring_buffer__free(guarding->ring);
	guarding->ring = NULL;
	guard_free(TAKE(guarding->guard));
}

void guarding_fini(struct daemon *daemon)
{
	if (!daemon->guarding)
		return;
	guarding_close(daemon->guarding);
	free(TAKE(daemon->guarding));
}

static int guarding_listen(struct daemon *daemon, struct resid_error *err)
{
	struct guarding *guarding = daemon->guarding;
	int error;

	if (guard_open(&guarding->guard, err))
		return -1;
	guarding->ring = ring_buffer__new(guarding->guard->event, guarding_event, guarding, NULL);
	if (!guarding->ring)
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot read what the guard says: %s", strerror(errno));
	error = sd_event_add_io(daemon->event, &guarding->ready, ring_buffer__epoll_fd(guarding->ring), EPOLLIN,
				guarding_read, guarding);
	return error < 0 ? resid_fail(err, RESID_EXIT_SYSTEM, "cannot read what the guard says: %s", strerror(-error)) : 0;
}

void guarding_ensure(struct daemon *daemon)
{
	struct resid_error err, ignored;
	struct guard *pinned = NULL;
	struct guarding *guarding;

	if (!daemon->guarding)
		daemon->guarding = mem_zero(1, sizeof(*guarding));
	guarding = daemon->guarding;
	if (guarding->guard && guard_open(&pinned, &ignored))
		guarding_close(guarding);	/* somebody took it down */
	guard_free(pinned);
	if (!load_guard(daemon->nl, &err) && (guarding->guard || !guarding_listen(daemon, &err))) {
		guarding->why.text[0] = '\0';
		return;
	}
	guarding_close(guarding);
	if (strcmp(guarding->why.text, err.text))
		daemon_say(SD_WARNING, "AF_XDP and programs that redirect packets are not guarded: %s", err.text);
	guarding->why = err;
}
