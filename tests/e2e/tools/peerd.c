// SPDX-License-Identifier: Apache-2.0
/*
 * Plays the internet: TCP and UDP echo on the given ports of every local address, v4 and v6. UDP answers from the
 * address that was asked. The kernel answers ICMP. Prints `ready` once it listens; runs until it is killed.
 *
 *   peerd PORT...
 */
#include "tool.h"

#include <poll.h>
#include <signal.h>

enum { FDS_MAX = 1024 };

static struct pollfd fds[FDS_MAX];
static enum { LISTENER, DATAGRAM, CLIENT } kind[FDS_MAX];
static int count;

static void add(int fd, int what)
{
	if (count == FDS_MAX) {
		close(fd);
		return;
	}
	fds[count] = (struct pollfd){ .fd = fd, .events = POLLIN };
	kind[count++] = what;
}

static void open_port(int family, unsigned long port)
{
	union address a = { .sa.sa_family = (sa_family_t)family };
	int one = 1, tcp = socket(family, SOCK_STREAM, 0), udp = socket(family, SOCK_DGRAM, 0);

	if (family == AF_INET) {
		a.in.sin_port = htons((uint16_t)port);
		setsockopt(udp, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
	} else {
		a.in6.sin6_port = htons((uint16_t)port);
		setsockopt(tcp, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
		setsockopt(udp, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
		setsockopt(udp, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one));
	}
	setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(tcp, &a.sa, address_len(&a)) || listen(tcp, 256) || bind(udp, &a.sa, address_len(&a)))
		die("port %lu: %s", port, strerror(errno));
	add(tcp, LISTENER);
	add(udp, DATAGRAM);
}

static void echo_datagram(int fd)
{
	char data[4096], control[256];
	union address from;
	struct iovec iov = { data, sizeof(data) };
	struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);

	if (n < 0)
		return;
	/* The packet information that came in, sent back, names the source; the route must choose the device. */
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo *info = (void *)CMSG_DATA(c);

			info->ipi_ifindex = 0;
			info->ipi_spec_dst = info->ipi_addr;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			((struct in6_pktinfo *)CMSG_DATA(c))->ipi6_ifindex = 0;
		}
	}
	iov.iov_len = (size_t)n;
	sendmsg(fd, &m, MSG_DONTWAIT);
}

/* False when the client is gone. */
static int echo_stream(int fd)
{
	char data[16384];
	ssize_t n = recv(fd, data, sizeof(data), MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN;
	return n > 0 && send(fd, data, (size_t)n, MSG_NOSIGNAL) == n;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		die("usage: peerd PORT...");
	signal(SIGPIPE, SIG_IGN);
	for (int i = 1; i < argc; i++) {
		open_port(AF_INET, number(argv[i]));
		open_port(AF_INET6, number(argv[i]));
	}
	puts("ready");
	fflush(stdout);

	for (;;) {
		if (poll(fds, (nfds_t)count, -1) < 0)
			continue;
		for (int i = count - 1; i >= 0; i--) {
			if (!fds[i].revents)
				continue;
			if (kind[i] == LISTENER) {
				int fd = accept4(fds[i].fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

				if (fd >= 0)
					add(fd, CLIENT);
			} else if (kind[i] == DATAGRAM) {
				echo_datagram(fds[i].fd);
			} else if (!echo_stream(fds[i].fd)) {
				close(fds[i].fd);
				count--;
				fds[i] = fds[count];
				kind[i] = kind[count];
			}
		}
	}
}
