// SPDX-License-Identifier: Apache-2.0
#include "sink/transport/net.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "util/cleanup.h"

int net_split(const char *address, char *host, char port[16], struct resid_error *err)
{
	const char *colon = strrchr(address, ':'), *begin = address, *end = colon;

	if (colon && *address == '[' && colon > address + 2 && colon[-1] == ']') {
		begin++;
		end--;
	} else if (colon && (*address == '[' || memchr(address, ':', (size_t)(colon - address)))) {
		colon = NULL;	/* an IPv6 address without its brackets */
	}
	if (!colon || end == begin || end - begin > 255 || !colon[1] || strlen(colon + 1) > 15)
		return resid_fail(err, RESID_EXIT_INPUT, "address `%s` is not HOST:PORT or [IPV6]:PORT", address);
	snprintf(host, 256, "%.*s", (int)(end - begin), begin);
	snprintf(port, 16, "%s", colon + 1);
	return 0;
}

static int net_set_up(int fd, int type, uint32_t timeout)
{
	const struct timeval limit = { .tv_sec = timeout };
	unsigned int user_timeout = timeout * 1000;
	const int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)))
		return -1;
	if (type == SOCK_STREAM) {
		setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout, sizeof(user_timeout));
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	}
	return 0;
}

/* SO_SNDTIMEO bounds connect() too. */
static int net_try(const struct addrinfo *to, uint32_t timeout)
{
	_cleanup_close_ int fd = socket(to->ai_family, to->ai_socktype | SOCK_CLOEXEC, to->ai_protocol);
	int result;

	if (fd < 0 || net_set_up(fd, to->ai_socktype, timeout) || connect(fd, to->ai_addr, to->ai_addrlen)) {
		if (errno == EINPROGRESS)
			errno = ETIMEDOUT;
		return -1;
	}
	result = fd;
	fd = -1;
	return result;
}

int net_connect(const char *address, int type, uint32_t timeout, struct resid_error *err)
{
	const struct addrinfo hints = { .ai_socktype = type, .ai_flags = AI_ADDRCONFIG };
	struct addrinfo *list = NULL;
	char host[256], port[16];
	int fd = -1, error;

	if (net_split(address, host, port, err))
		return -1;
	error = getaddrinfo(host, port, &hints, &list);
	if (error)
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: %s", address, gai_strerror(error));
	for (const struct addrinfo *to = list; to && fd < 0; to = to->ai_next)
		fd = net_try(to, timeout);
	error = errno;
	freeaddrinfo(list);
	if (fd < 0)
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: cannot connect: %s", address, strerror(error));
	return fd;
}

int net_send(int fd, const char *address, const void *bytes, size_t length, struct resid_error *err)
{
	const char *at = bytes;

	while (length) {
		ssize_t sent = send(fd, at, length, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return resid_fail(err, RESID_EXIT_SYSTEM, "%s: %s", address,
					  errno == EAGAIN ? "it takes no more data" : strerror(errno));
		at += sent;
		length -= (size_t)sent;
	}
	return 0;
}
