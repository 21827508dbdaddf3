// SPDX-License-Identifier: Apache-2.0
/*
 * Attempts to reach an address, as a workload makes them, and what the program saw:
 *
 *   try [-s SOURCE] [-p SOURCE-PORT] [-t TIMEOUT-MS] [-m MARK] [tcp|udp|icmp ADDRESS PORT TAG]
 *
 * Without arguments it reads attempts from standard input, one a line, and makes them one after the other. Each prints
 * `proto=tcp dst=... port=... sport=... saw=connected us=... tag=...`. `saw` is connected (TCP: the tag came back as
 * well), echoed (UDP, ICMP), timeout, or the errno; `recv-` or `send-` stands before one that a later call got. `us` is
 * the time until the first call returned, for an echo until it was there.
 * Exit status 0 whatever it saw; 2 if it could not try.
 */
#include "tool.h"

#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <poll.h>

static const char *outcome;
static char outcome_text[64];
static int timeout_ms = 2000;

static void saw(const char *call, int error)
{
	if (outcome)
		return;
	if (call)
		snprintf(outcome_text, sizeof(outcome_text), "%s-%s", call, errno_name(error));
	else
		snprintf(outcome_text, sizeof(outcome_text), "%s", errno_name(error));
	outcome = outcome_text;
}

static int wait_for(int fd, short events, uint64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };
	uint64_t now = now_us();

	return now < deadline ? poll(&p, 1, (int)((deadline - now + 999) / 1000)) : 0;
}

/* Waits until the tag comes back. */
static void await_echo(int fd, const char *tag, size_t tag_length, uint64_t deadline, const char *good)
{
	char buffer[2048];

	while (!outcome) {
		ssize_t n;

		if (wait_for(fd, POLLIN, deadline) <= 0) {
			outcome = "timeout";
			return;
		}
		n = recv(fd, buffer, sizeof(buffer), 0);
		if (n < 0) {
			saw("recv", errno);
			return;
		}
		if (n == 0) {
			outcome = "closed";
			return;
		}
		if (memmem(buffer, (size_t)n, tag, tag_length))
			outcome = good;
	}
}

static void try_tcp(int fd, const union address *to, const char *tag, size_t tag_length, uint64_t *us)
{
	uint64_t start = now_us(), deadline = start + (uint64_t)timeout_ms * 1000;
	struct timeval tv = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
	int error;

	/* A blocking connect, as programs do; SO_SNDTIMEO bounds it and yields EINPROGRESS. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	error = connect(fd, &to->sa, address_len(to)) ? errno : 0;
	*us = now_us() - start;
	if (error == EINPROGRESS)
		outcome = "timeout";
	else if (error)
		saw(NULL, error);
	else if (send(fd, tag, tag_length, MSG_NOSIGNAL) < 0)
		saw("send", errno);
	else
		await_echo(fd, tag, tag_length, deadline, "connected");
}

static void try_datagram(int fd, const union address *to, const char *packet, size_t length, const char *tag,
			 size_t tag_length, uint64_t *us)
{
	uint64_t start = now_us(), deadline = start + (uint64_t)timeout_ms * 1000;

	if (connect(fd, &to->sa, address_len(to)))
		saw("connect", errno);
	else if (send(fd, packet, length, 0) < 0)
		saw(NULL, errno);
	*us = now_us() - start;
	await_echo(fd, tag, tag_length, deadline, "echoed");
	if (!strcmp(outcome, "echoed"))
		*us = now_us() - start;
}

static uint16_t checksum(const void *data, size_t length)
{
	const uint8_t *p = data;
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static int icmp_socket(int family)
{
	if (family == AF_INET) {
		struct icmp_filter filter = { ~(1u << ICMP_ECHOREPLY) };
		int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);

		setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter, sizeof(filter));
		return fd;
	}
	struct icmp6_filter filter;
	int fd = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);

	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
	setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter));
	return fd;
}

/* The ICMP id and the source port tell attempts apart. */
static void attempt(const char *proto, const char *to_text, const char *port, const char *tag_text, const char *source,
		    unsigned long sport, unsigned long mark)
{
	union address from = {}, to = address(to_text, strcmp(proto, "icmp") ? number(port) : 0);
	socklen_t from_length = sizeof(from);
	char tag[256], packet[512];
	size_t tag_length = tag_write(tag, sizeof(tag), tag_text);
	static unsigned int id;
	uint64_t us = 0;
	int fd, one = 1;

	outcome = NULL;
	if (!strcmp(proto, "tcp"))
		fd = socket(to.sa.sa_family, SOCK_STREAM, 0);
	else if (!strcmp(proto, "udp"))
		fd = socket(to.sa.sa_family, SOCK_DGRAM, 0);
	else if (!strcmp(proto, "icmp"))
		fd = icmp_socket(to.sa.sa_family);
	else
		die("'%s' is not tcp, udp or icmp", proto);
	if (fd < 0)
		die("socket: %s", strerror(errno));

	if (mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &(uint32_t){ (uint32_t)mark }, sizeof(uint32_t)))
		die("SO_MARK: %s", strerror(errno));

	/* The source port is known before the attempt, so that a refused SYN can be looked for on the wire. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	from.sa.sa_family = to.sa.sa_family;
	if (source)
		from = address(source, 0);
	if (strcmp(proto, "icmp")) {
		if (from.sa.sa_family == AF_INET)
			from.in.sin_port = htons((uint16_t)sport);
		else
			from.in6.sin6_port = htons((uint16_t)sport);
		if (bind(fd, &from.sa, address_len(&from)))
			die("bind: %s", strerror(errno));
		getsockname(fd, &from.sa, &from_length);
	} else if (source && bind(fd, &from.sa, address_len(&from))) {
		die("bind: %s", strerror(errno));
	}

	if (!strcmp(proto, "tcp")) {
		try_tcp(fd, &to, tag, tag_length, &us);
	} else if (!strcmp(proto, "udp")) {
		try_datagram(fd, &to, tag, tag_length, tag, tag_length, &us);
	} else {
		/* Echo request: the headers of both families have the same shape. The kernel sums ICMPv6 itself. */
		struct icmphdr echo = { .type = to.sa.sa_family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST };

		echo.un.echo.id = htons((uint16_t)getpid());
		echo.un.echo.sequence = htons((uint16_t)id++);
		memcpy(packet, &echo, sizeof(echo));
		memcpy(packet + sizeof(echo), tag, tag_length);
		echo.checksum = checksum(packet, sizeof(echo) + tag_length);
		memcpy(packet, &echo, sizeof(echo));
		try_datagram(fd, &to, packet, sizeof(echo) + tag_length, tag, tag_length, &us);
	}
	close(fd);
	printf("proto=%s dst=%s port=%s sport=%u saw=%s us=%llu tag=%s\n", proto, to_text, port,
	       strcmp(proto, "icmp") ? address_port(&from) : 0, outcome, (unsigned long long)us, tag_text);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char line[512], proto[8], to[64], port[8], tag[128];
	unsigned long sport = 0, mark = 0;
	const char *source = NULL;
	int option;

	while ((option = getopt(argc, argv, "s:p:t:m:")) != -1) {
		switch (option) {
		case 's': source = optarg; break;
		case 'p': sport = number(optarg); break;
		case 't': timeout_ms = (int)number(optarg); break;
		case 'm': mark = number(optarg); break;
		default: return 2;
		}
	}
	if (argc - optind == 4) {
		attempt(argv[optind], argv[optind + 1], argv[optind + 2], argv[optind + 3], source, sport, mark);
		return 0;
	}
	if (argc != optind)
		die("usage: try [-s SOURCE] [-p SOURCE-PORT] [-t TIMEOUT-MS] [-m MARK] [tcp|udp|icmp ADDRESS PORT TAG]");
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%7s %63s %7s %127s", proto, to, port, tag) != 4)
			die("not PROTOCOL ADDRESS PORT TAG: %s", line);
		attempt(proto, to, port, tag, source, sport, mark);
	}
	return 0;
}
