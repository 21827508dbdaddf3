// SPDX-License-Identifier: Apache-2.0
/* Syslog over TCP with octet counting (RFC 6587). A receiver that has read to the end of the stream closes it too. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sink/transport/net.h"
#include "sink/transport/syslog.h"
#include "util/memory.h"

struct tcp {
	int fd;
	struct jsonw frames;
};

static int tcp_open(struct sink_link *link, struct resid_error *err)
{
	int fd = net_connect(link->config->address.text, SOCK_STREAM, link->config->timeout, err);
	struct tcp *tcp;

	if (fd < 0)
		return -1;
	link->state = tcp = mem_zero(1, sizeof(*tcp));
	tcp->fd = fd;
	return 0;
}

static int tcp_send(struct sink_link *link, struct sink_batch *batch, struct resid_error *err)
{
	struct tcp *tcp = link->state;
	char byte;

	/* The first send into a stream that the other side has closed would succeed. */
	if (!recv(tcp->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT))
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: it closed the connection", link->config->address.text);
	syslog_frames(link->config, batch, &tcp->frames);
	if (net_send(tcp->fd, link->config->address.text, tcp->frames.text, tcp->frames.length, err))
		return -1;
	syslog_done(batch);
	return 0;
}

static int tcp_confirm(struct sink_link *link, struct resid_error *err)
{
	struct tcp *tcp = link->state;
	char bytes[512];
	ssize_t length;

	if (shutdown(tcp->fd, SHUT_WR))
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: %s", link->config->address.text, strerror(errno));
	do
		length = recv(tcp->fd, bytes, sizeof(bytes), 0);
	while (length > 0 || (length < 0 && errno == EINTR));
	if (length < 0)
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: it did not read to the end: %s", link->config->address.text,
				  errno == EAGAIN ? "it did not close the connection in time" : strerror(errno));
	return 0;
}

static void tcp_close(struct sink_link *link)
{
	struct tcp *tcp = link->state;

	close(tcp->fd);
	jsonw_fini(&tcp->frames);
	free(tcp);
}

const struct transport transport_syslog_tcp = {
	.name = "syslog-tcp",
	.format = "rfc5424",
	.needs = TRANSPORT_ADDRESS,
	.overhead = SYSLOG_OVERHEAD,
	.open = tcp_open,
	.send = tcp_send,
	.confirm = tcp_confirm,
	.close = tcp_close,
};
