// SPDX-License-Identifier: Apache-2.0
/* Syslog over UDP (RFC 5426): a datagram a record. Nobody says whether it arrived: for where nothing else is spoken. */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sink/transport/net.h"
#include "sink/transport/syslog.h"
#include "util/memory.h"

struct udp {
	int fd;
	struct jsonw message;
};

static int udp_open(struct sink_link *link, struct resid_error *err)
{
	int fd = net_connect(link->config->address.text, SOCK_DGRAM, link->config->timeout, err);
	struct udp *udp;

	if (fd < 0)
		return -1;
	link->state = udp = mem_zero(1, sizeof(*udp));
	udp->fd = fd;
	return 0;
}

static int udp_send(struct sink_link *link, struct sink_batch *batch, struct resid_error *err)
{
	struct udp *udp = link->state;

	for (size_t i = 0; i < batch->count; i++) {
		if (batch->records[i].done)
			continue;
		udp->message.length = 0;
		syslog_message(link->config, batch, &batch->records[i], &udp->message);
		if (net_send(udp->fd, link->config->address.text, udp->message.text, udp->message.length, err))
			return -1;
		batch->records[i].done = true;
	}
	return 0;
}

static void udp_close(struct sink_link *link)
{
	struct udp *udp = link->state;

	close(udp->fd);
	jsonw_fini(&udp->message);
	free(udp);
}

const struct transport transport_syslog_udp = {
	.name = "syslog-udp",
	.format = "rfc5424",
	.needs = TRANSPORT_ADDRESS,
	.overhead = SYSLOG_OVERHEAD,
	.open = udp_open,
	.send = udp_send,
	.close = udp_close,
};
