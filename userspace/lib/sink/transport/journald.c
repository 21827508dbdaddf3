// SPDX-License-Identifier: Apache-2.0
/*
 * The journal of this node, by its native protocol: a datagram an entry. systemd keeps the queue when journald
 * restarts.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "sink/transport/net.h"
#include "sink/transport/transport.h"
#include "util/cleanup.h"
#include "util/memory.h"

#define JOURNAL_SOCKET	"/run/systemd/journal/socket"

static const char *journald_path(const struct sink_link *link)
{
	return *link->config->path.text ? link->config->path.text : JOURNAL_SOCKET;
}

static int journald_open(struct sink_link *link, struct resid_error *err)
{
	const struct timeval limit = { .tv_sec = link->config->timeout };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int *state;

	if (strlen(journald_path(link)) >= sizeof(to.sun_path))
		return resid_fail(err, RESID_EXIT_INPUT, "%s is too long for a socket's path", journald_path(link));
	strcpy(to.sun_path, journald_path(link));
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
	    connect(fd, (const struct sockaddr *)&to, sizeof(to)))
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: %s", to.sun_path, strerror(errno));
	link->state = state = mem_alloc(sizeof(*state));
	*state = fd;
	fd = -1;
	return 0;
}

static int journald_send(struct sink_link *link, struct sink_batch *batch, struct resid_error *err)
{
	const int *fd = link->state;

	for (size_t i = 0; i < batch->count; i++) {
		struct sink_record *record = &batch->records[i];

		if (record->done)
			continue;
		if (net_send(*fd, journald_path(link), batch->text + record->offset, record->length, err))
			return -1;
		record->done = true;
	}
	return 0;
}

static void journald_close(struct sink_link *link)
{
	close(*(int *)link->state);
	free(link->state);
}

const struct transport transport_journald = {
	.name = "journald",
	.format = "journal",
	.own_format = true,
	.open = journald_open,
	.send = journald_send,
	.close = journald_close,
};
