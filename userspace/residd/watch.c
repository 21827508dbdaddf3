// SPDX-License-Identifier: Apache-2.0
/*
 * Keeps the class maps true. What can make an assignment's target appear or go is watched: the folders above
 * assigned cgroups and all slices (inotify), /run/netns, the devices of the initial namespace (rtnetlink), assign.d,
 * the current snapshot, and the files that its data came from. An event leads to one reconciliation 20 ms later;
 * without events there is one every reconcile_interval. A new cgroup does not wait for that: the kernel labels it by
 * its name (label/names.h). A namespace or device that nobody has labelled yet is unlabelled, the strictest class.
 */
#include "daemon.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include "host/cgroup.h"
#include "host/netns.h"
#include "util/file.h"
#include "util/memory.h"

#define MILLI		1000u
#define SECOND		1000000u
#define WATCH_SETTLE	(20 * MILLI)	/* events of one change come together */
#define WATCH_SPACING	(100 * MILLI)	/* between two reconciliations under a storm of events */
#define WATCH_UNSETTLED	(50 * MILLI)	/* a namespace whose name is there and whose mount is not */
#define WATCH_TRIES	40
#define WATCH_DATA	(2 * SECOND)	/* a package replaces several files */

enum watch_kind {
	WATCH_CGROUP = 1,
	WATCH_NETNS = 2,
	WATCH_RUN = 4,		/* where /run/netns appears */
	WATCH_ASSIGN = 8,
	WATCH_STATE = 16,
	WATCH_SOURCE = 32,
};

struct watch_dir {
	int wd;
	unsigned int kinds;
};

struct watch {
	int inotify;
	struct watch_dir *dirs;
	size_t count, room;
	sd_event_source *events, *links, *soon, *period, *data;
	uint64_t last;		/* CLOCK_MONOTONIC of the last reconciliation, microseconds */
	unsigned int tries;
	bool wants_links;
};

static void watch_add(struct watch *watch, const char *path, enum watch_kind kind)
{
	uint32_t mask = IN_CREATE | IN_DELETE | IN_MOVE | IN_ONLYDIR | (kind == WATCH_CGROUP ? 0 : IN_CLOSE_WRITE);
	int wd = inotify_add_watch(watch->inotify, path, mask);
	struct watch_dir *dir;

	if (wd < 0)
		return;	/* not there: then what is above it is watched */
	for (size_t i = 0; i < watch->count; i++) {
		if (watch->dirs[i].wd == wd) {
			watch->dirs[i].kinds |= kind;
			return;
		}
	}
	dir = MEM_PUSH(watch->dirs, watch->count, watch->room);
	*dir = (struct watch_dir){ .wd = wd, .kinds = kind };
}

static unsigned int watch_kinds(const struct watch *watch, int wd)
{
	for (size_t i = 0; i < watch->count; i++)
		if (watch->dirs[i].wd == wd)
			return watch->dirs[i].kinds;
	return 0;
}

static void watch_forget(struct watch *watch, int wd)
{
	for (size_t i = 0; i < watch->count; i++)
		if (watch->dirs[i].wd == wd)
			watch->dirs[i--] = watch->dirs[--watch->count];
}

/* ---- what to watch ---------------------------------------------------------------------------------------- */

static bool watch_slice(void *context, const char *path)
{
	struct resid_error ignored;
	const char *mount = cgroup_mount(&ignored);
	struct path full = paths_in(mount, "%s", path + 1);

	watch_add(context, full.text, WATCH_CGROUP);
	return true;
}

/* Every folder above a cgroup, the deepest that exists included: each may be removed and made again. */
static void watch_above(struct watch *watch, const char *mount, const char *path)
{
	struct path full = paths_in(mount, "%s", path + 1);

	for (char *slash = full.text + strlen(mount); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		watch_add(watch, full.text, WATCH_CGROUP);
		*slash = '/';
	}
}

static void watch_targets(struct watch *watch, const struct assign_list *list)
{
	struct resid_error ignored;
	const char *mount = cgroup_mount(&ignored);
	bool units = false;

	watch->wants_links = false;
	for (size_t i = 0; i < list->count; i++) {
		const struct assign_target *target = &list->items[i].target;

		units |= target->kind == ASSIGN_UNIT;
		watch->wants_links |= target->kind == ASSIGN_DEV || target->kind == ASSIGN_NETNS;
		if (mount && target->kind == ASSIGN_CGROUP)
			watch_above(watch, mount, target->name);
	}
	if (mount && units)
		cgroup_each_slice(watch_slice, watch);
	watch_add(watch, NETNS_DIR, WATCH_NETNS);
}

static void watch_files(struct daemon *daemon)
{
	struct path run = paths_dir_of(NETNS_DIR), assign = paths_in(paths_conf_dir(), "assign.d");
	struct resid_error ignored;

	paths_make_dir(assign.text, 0755, &ignored);
	paths_make_dir(paths_state_dir(), 0755, &ignored);
	watch_add(daemon->watch, run.text, WATCH_RUN);
	watch_add(daemon->watch, assign.text, WATCH_ASSIGN);
	watch_add(daemon->watch, paths_state_dir(), WATCH_STATE);
	data_follow(daemon);
	for (size_t i = 0; i < daemon->data.count; i++)
		watch_add(daemon->watch, paths_dir_of(daemon->data.path[i]).text, WATCH_SOURCE);
}

/* ---- reconciling ------------------------------------------------------------------------------------------ */

static void watch_note(void *context, const struct assignment *item, const char *text)
{
	struct resid_error *first = context;
	char target[4200];

	/* What merely does not exist now is no trouble. */
	if (*first->text || !item || item->class_id > 0)
		return;
	assign_format_target(&item->target, target, sizeof(target));
	resid_fail(first, RESID_EXIT_INPUT, "%s: %.200s is %s: %s", item->origin, target, item->class_name, text);
}

static int watch_apply(struct daemon *daemon, struct resid_error *unknown, struct resid_error *err)
{
	struct reconcile_report report = { 0 };
	struct assign_list list = { 0 };
	struct resid_error wrong;
	int unread = assign_read_most(&list, &wrong), result;

	assign_add_policy(&list, daemon->snapshot);
	/* Watched before it is looked at, so that nothing slips in between. */
	watch_targets(daemon->watch, &list);
	result = reconcile(daemon->tagger, daemon->nl, &list, daemon->snapshot, watch_note, unknown, &report,
			   err);
	assign_list_fini(&list);
	if (!result && unread) {
		*err = wrong;
		result = -1;
	}
	if (!result) {
		daemon->publish |= report.changed || report.pending != daemon->assignments.pending;
		daemon->assignments = report;
	}
	return result;
}

static uint64_t watch_now(struct daemon *daemon)
{
	uint64_t now = 0;

	sd_event_now(daemon->event, CLOCK_MONOTONIC, &now);
	return now;
}

static void watch_schedule(struct daemon *daemon, uint64_t delay)
{
	struct watch *watch = daemon->watch;
	uint64_t now = watch_now(daemon), at = now + delay;

	if (at < watch->last + WATCH_SPACING)
		at = watch->last + WATCH_SPACING;
	sd_event_source_set_time(watch->soon, at);
	sd_event_source_set_enabled(watch->soon, SD_EVENT_ONESHOT);
}

void watch_soon(struct daemon *daemon)
{
	int enabled = SD_EVENT_OFF;

	if (!daemon->watch || sd_event_source_get_enabled(daemon->watch->soon, &enabled) < 0 || enabled != SD_EVENT_OFF)
		return;
	daemon->watch->tries = 0;
	watch_schedule(daemon, WATCH_SETTLE);
}

void watch_reconcile(struct daemon *daemon)
{
	struct resid_nl_status status;
	struct resid_error err, unknown = { 0 };
	struct tagger *tagger = NULL;
	bool loaded;

	daemon->watch->last = watch_now(daemon);
	watch_files(daemon);
	if (!daemon->nl || !daemon->snapshot || resid_nl_status(daemon->nl, &status, &err))
		return;
	/* Disarmed, or never armed: what arms it applies the assignments first. */
	if (!status.has_generation) {
		tagger_free(TAKE(daemon->tagger));
		return;
	}
	if (tagger_ensure(daemon->nl, false, &tagger, &loaded, &err)) {
		daemon_trouble(daemon, TROUBLE_TAGGER, err.text);
		return;
	}
	daemon_trouble(daemon, TROUBLE_TAGGER, NULL);
	tagger_free(daemon->tagger);
	daemon->tagger = tagger;
	if (daemon->who)
		restore_who(daemon);	/* a disarm took it down */
	guarding_ensure(daemon);
	if (watch_apply(daemon, &unknown, &err))
		daemon_trouble(daemon, TROUBLE_ASSIGN, err.text);
	else
		daemon_trouble(daemon, TROUBLE_ASSIGN, *unknown.text ? unknown.text : NULL);
	if (daemon->assignments.unsettled && daemon->watch->tries++ < WATCH_TRIES)
		watch_schedule(daemon, WATCH_UNSETTLED);
}

/* ---- events ----------------------------------------------------------------------------------------------- */

static void watch_event(struct daemon *daemon, const struct inotify_event *event)
{
	struct watch *watch = daemon->watch;
	unsigned int kinds = watch_kinds(watch, event->wd);
	const char *name = event->len ? event->name : "";

	if (event->mask & IN_Q_OVERFLOW) {
		restore_reopen(daemon);
		watch_soon(daemon);
		return;
	}
	if (event->mask & IN_IGNORED) {
		watch_forget(watch, event->wd);
		return;
	}
	if ((kinds & WATCH_CGROUP && event->mask & IN_ISDIR) || kinds & WATCH_NETNS || kinds & WATCH_ASSIGN ||
	    (kinds & WATCH_RUN && !strcmp(name, file_base_name(NETNS_DIR))))
		watch_soon(daemon);
	if (kinds & WATCH_STATE && !strcmp(name, "current.rsnap")) {
		restore_reopen(daemon);
		watch_soon(daemon);
	}
	if (kinds & WATCH_SOURCE && event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO) && data_has(daemon, name)) {
		sd_event_source_set_time_relative(watch->data, WATCH_DATA);
		sd_event_source_set_enabled(watch->data, SD_EVENT_ONESHOT);
	}
}

static int watch_events(sd_event_source *source, int fd, uint32_t revents, void *context)
{
	char bytes[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t length;

	while ((length = read(fd, bytes, sizeof(bytes))) > 0) {
		for (char *at = bytes; at < bytes + length;) {
			const struct inotify_event *event = (const void *)at;

			watch_event(context, event);
			at += sizeof(*event) + event->len;
		}
	}
	return 0;
}

static int watch_links(sd_event_source *source, int fd, uint32_t revents, void *context)
{
	struct daemon *daemon = context;
	char bytes[16384];

	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) >= 0 || errno == ENOBUFS || errno == EINTR)
		;
	presence_devices(daemon);
	if (daemon->watch->wants_links)
		watch_soon(daemon);
	return 0;
}

static int watch_timer(sd_event_source *source, uint64_t usec, void *context)
{
	struct daemon *daemon = context;

	watch_reconcile(daemon);
	return 0;
}

static int watch_period(sd_event_source *source, uint64_t usec, void *context)
{
	struct daemon *daemon = context;

	watch_soon(daemon);
	policy_check_age(daemon);
	sd_event_source_set_time_relative(source, daemon->config.reconcile_interval * (uint64_t)SECOND);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int watch_data(sd_event_source *source, uint64_t usec, void *context)
{
	policy_refresh_data(context);
	return 0;
}

static int watch_link_socket(void)
{
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	struct sockaddr_nl groups = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	int result;

	if (fd < 0 || bind(fd, (struct sockaddr *)&groups, sizeof(groups)))
		return -1;
	result = fd;
	fd = -1;
	return result;
}

int watch_init(struct daemon *daemon, struct resid_error *err)
{
	struct watch *watch = mem_zero(1, sizeof(*watch));
	uint64_t period = daemon->config.reconcile_interval * (uint64_t)SECOND;
	int links = watch_link_socket(), error;

	daemon->watch = watch;
	watch->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (watch->inotify < 0 || links < 0)
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot watch for changes: %s", strerror(errno));
	if ((error = sd_event_add_io(daemon->event, &watch->events, watch->inotify, EPOLLIN, watch_events,
				     daemon)) < 0 ||
	    (error = sd_event_add_io(daemon->event, &watch->links, links, EPOLLIN, watch_links, daemon)) < 0 ||
	    (error = sd_event_source_set_io_fd_own(watch->links, true)) < 0 ||
	    (error = sd_event_add_time_relative(daemon->event, &watch->soon, CLOCK_MONOTONIC, 0, MILLI, watch_timer,
						daemon)) < 0 ||
	    (error = sd_event_add_time_relative(daemon->event, &watch->data, CLOCK_MONOTONIC, 0, SECOND, watch_data,
						daemon)) < 0 ||
	    (error = sd_event_add_time_relative(daemon->event, &watch->period, CLOCK_MONOTONIC, period, SECOND,
						watch_period, daemon)) < 0 ||
	    (error = sd_event_source_set_enabled(watch->soon, SD_EVENT_OFF)) < 0 ||
	    (error = sd_event_source_set_enabled(watch->data, SD_EVENT_OFF)) < 0)
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot watch for changes: %s", strerror(-error));
	return 0;
}

void watch_fini(struct daemon *daemon)
{
	struct watch *watch = TAKE(daemon->watch);

	if (!watch)
		return;
	sd_event_source_disable_unref(watch->events);
	sd_event_source_disable_unref(watch->links);
	sd_event_source_disable_unref(watch->soon);
	sd_event_source_disable_unref(watch->period);
	sd_event_source_disable_unref(watch->data);
	if (watch->inotify >= 0)
		close(watch->inotify);
	free(watch->dirs);
	free(watch);
}
