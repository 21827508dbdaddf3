// SPDX-License-Identifier: Apache-2.0
/*
 * The module comes and goes: the kernel says so at once. And while nftables stands in for it, whoever flushes the
 * ruleset opens the node, and a device that is new is not covered: both are heard of as well.
 */
#include "daemon.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include "util/cleanup.h"

#define MILLI			1000u
#define PRESENCE_SETTLE		(50 * MILLI)	/* events of one change come together */

static int presence_gone(struct daemon *daemon)
{
	struct resid_nl_status status;
	struct resid_error err;

	return daemon->nl && resid_nl_status(daemon->nl, &status, &err) && resid_nl_errno(daemon->nl) == ENODEV;
}

/* A family of generic netlink was registered or unregistered: perhaps ours. */
static int presence_family(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct daemon *daemon = context;

	resid_nl_wake_clear(fd);
	if (presence_gone(daemon)) {
		daemon_say(SD_CRIT, "resid.ko has gone");
		restore_disconnect(daemon);
	}
	restore_connect(daemon);
	return 0;
}

static int presence_settled(sd_event_source *source, uint64_t usec, void *context)
{
	struct daemon *daemon = context;
	bool devices = daemon->reshut;

	daemon->reshut = false;
	restore_again(daemon, devices);
	return 0;
}

static void presence_soon(struct daemon *daemon)
{
	int enabled = SD_EVENT_OFF;

	if (!daemon->shut || !daemon->settle || sd_event_source_get_enabled(daemon->settle, &enabled) < 0 ||
	    enabled != SD_EVENT_OFF)
		return;
	sd_event_source_set_time_relative(daemon->settle, PRESENCE_SETTLE);
	sd_event_source_set_enabled(daemon->settle, SD_EVENT_ONESHOT);
}

void presence_devices(struct daemon *daemon)
{
	daemon->reshut |= daemon->shut;
	presence_soon(daemon);
}

static int presence_ruleset(sd_event_source *source, int fd, uint32_t events, void *context)
{
	resid_nl_wake_clear(fd);
	presence_soon(context);
	return 0;
}

/* Without the right, or the protocol, nobody hears of it: then the drain's timer finds it. */
static void presence_listen_ruleset(struct daemon *daemon)
{
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
	struct sockaddr_nl groups = { .nl_family = AF_NETLINK, .nl_groups = 1u << (NFNLGRP_NFTABLES - 1) };

	if (fd < 0 || bind(fd, (struct sockaddr *)&groups, sizeof(groups)) ||
	    sd_event_add_io(daemon->event, &daemon->ruleset, fd, EPOLLIN, presence_ruleset, daemon) < 0)
		return;
	sd_event_source_set_io_fd_own(daemon->ruleset, true);
	fd = -1;
}

void presence_init(struct daemon *daemon)
{
	struct resid_error err;
	int fd = resid_nl_family_open(&err);

	if (fd < 0 || sd_event_add_io(daemon->event, &daemon->family, fd, EPOLLIN, presence_family, daemon) < 0)
		daemon_say(SD_WARNING, "the module's coming and going is seen every %u s only", daemon->config.drain_interval);
	else
		sd_event_source_set_io_fd_own(daemon->family, true);
	presence_listen_ruleset(daemon);
	if (sd_event_add_time_relative(daemon->event, &daemon->settle, CLOCK_MONOTONIC, 0, MILLI, presence_settled,
				       daemon) >= 0)
		sd_event_source_set_enabled(daemon->settle, SD_EVENT_OFF);
}

void presence_fini(struct daemon *daemon)
{
	sd_event_source_disable_unref(daemon->family);
	sd_event_source_disable_unref(daemon->ruleset);
	sd_event_source_disable_unref(daemon->settle);
}
