// SPDX-License-Identifier: Apache-2.0
/*
 * Sends bytes by TCP and asks whether they arrived as they were.
 *
 *   bulk -l PORT                                      takes them, from one sender after the other; prints `ready`
 *   bulk [-n BYTES] [-z | -f] [-t SECONDS] ADDRESS PORT   sends, from a buffer, by MSG_ZEROCOPY or by sendfile()
 *
 * The sender prints `arrived=N intact=0|1`, and ` error=ERRNO` if it ended early.
 */
#include "tool.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/time.h>

struct receipt {
	uint64_t bytes, hash;
};

static void hash_add(struct receipt *receipt, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		receipt->hash = (receipt->hash ^ bytes[i]) * 0x100000001b3;
	receipt->bytes += length;
}

static void take(int fd)
{
	static uint8_t bytes[65536];
	struct receipt receipt = {};
	ssize_t n;

	while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0)
		hash_add(&receipt, bytes, (size_t)n);
	send(fd, &receipt, sizeof(receipt), MSG_NOSIGNAL);
	close(fd);
}

static void listen_on(unsigned long port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	int fd = socket(AF_INET6, SOCK_STREAM, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) || listen(fd, 8))
		die("port %lu: %s", port, strerror(errno));
	signal(SIGCHLD, SIG_IGN);
	puts("ready");
	fflush(stdout);
	for (;;) {
		int client = accept(fd, NULL, NULL);

		if (client >= 0 && !fork()) {
			take(client);
			_exit(0);
		}
		close(client);
	}
}

static uint8_t *sample(size_t length)
{
	uint8_t *bytes = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint32_t state = 1;

	if (bytes == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	for (size_t i = 0; i < length; i++) {
		state = state * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(state >> 24);
	}
	return bytes;
}

int main(int argc, char **argv)
{
	struct receipt expected = {}, receipt = {};
	size_t length = 1 << 20, sent = 0;
	int option, zerocopy = 0, file = -1, one = 1, error = 0;
	struct timeval limit = { .tv_sec = 10 };
	uint8_t *bytes;
	union address to;

	while ((option = getopt(argc, argv, "l:n:zft:")) != -1) {
		switch (option) {
		case 'l': listen_on(number(optarg)); break;
		case 'n': length = number(optarg); break;
		case 'z': zerocopy = 1; break;
		case 'f': file = memfd_create("bulk", 0); break;
		case 't': limit.tv_sec = (time_t)number(optarg); break;
		default: return 2;
		}
	}
	if (argc - optind != 2)
		die("usage: bulk -l PORT | bulk [-n BYTES] [-z | -f] [-t SECONDS] ADDRESS PORT");
	to = address(argv[optind], number(argv[optind + 1]));
	bytes = sample(length);
	hash_add(&expected, bytes, length);
	if (file >= 0 && write(file, bytes, length) != (ssize_t)length)
		die("memfd: %s", strerror(errno));

	int fd = socket(to.sa.sa_family, SOCK_STREAM, 0);

	if (zerocopy && setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)))
		die("SO_ZEROCOPY: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, &to.sa, address_len(&to)))
		error = errno;
	while (!error && sent < length) {
		off_t offset = (off_t)sent;
		int flags = MSG_NOSIGNAL | (zerocopy ? MSG_ZEROCOPY : 0);
		ssize_t n = file >= 0 ? sendfile(fd, file, &offset, length - sent) :
					send(fd, bytes + sent, length - sent, flags);

		if (n >= 0)
			sent += (size_t)n;
		else
			error = errno;
	}
	shutdown(fd, SHUT_WR);
	if (!error && recv(fd, &receipt, sizeof(receipt), MSG_WAITALL) != sizeof(receipt))
		error = errno ?: ECONNRESET;
	printf("arrived=%llu intact=%d", (unsigned long long)receipt.bytes,
	       receipt.bytes == expected.bytes && receipt.hash == expected.hash);
	if (error)
		printf(" error=%s", errno_name(error));
	putchar('\n');
	return 0;
}
