// SPDX-License-Identifier: Apache-2.0
/*
 * UDP as fast as the machine can, from a known number of flows, until PACKETS (0: until SIGTERM):
 *
 *   flood [-n PACKETS] [-f FLOWS] [-s BYTES] [-g SEGMENT] ADDRESS PORT
 *
 * prints `sent=N refused=N failed=N`: datagrams that send() took, those it refused with ECONNREFUSED, other errors.
 * With `-g` each send is one GSO super-packet of BYTES cut into SEGMENTs.
 */
#include "tool.h"

#include <netinet/udp.h>
#include <signal.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

static volatile sig_atomic_t stop;

static void on_signal(int signo)
{
	(void)signo;
	stop = 1;
}

int main(int argc, char **argv)
{
	unsigned long packets = 1000, flows = 1, size = 64, segment = 0, sent = 0, refused = 0, failed = 0;
	static char payload[65000];
	int option;

	while ((option = getopt(argc, argv, "n:f:s:g:")) != -1) {
		switch (option) {
		case 'n': packets = number(optarg); break;
		case 'f': flows = number(optarg); break;
		case 's': size = number(optarg); break;
		case 'g': segment = number(optarg); break;
		default: return 2;
		}
	}
	if (argc - optind != 2 || !flows || flows > 60000 || size > sizeof(payload))
		die("usage: flood [-n PACKETS] [-f FLOWS] [-s BYTES] [-g SEGMENT] ADDRESS PORT");

	union address to = address(argv[optind], number(argv[optind + 1]));
	int *fd = calloc(flows, sizeof(*fd));

	tag_write(payload, sizeof(payload), "flood");
	for (unsigned long i = 0; i < flows; i++) {
		int room = 1 << 20;

		fd[i] = socket(to.sa.sa_family, SOCK_DGRAM, 0);
		if (fd[i] < 0 || connect(fd[i], &to.sa, address_len(&to)))
			die("flow %lu: %s", i, strerror(errno));
		setsockopt(fd[i], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
		if (segment && setsockopt(fd[i], IPPROTO_UDP, UDP_SEGMENT, &(int){ (int)segment }, sizeof(int)))
			die("UDP_SEGMENT: %s", strerror(errno));
	}
	signal(SIGTERM, on_signal);
	for (unsigned long i = 0; packets ? i < packets : !stop; i++) {
		if (send(fd[i % flows], payload, size, 0) >= 0)
			sent++;
		else if (errno == ECONNREFUSED)
			refused++;
		else
			failed++;
	}
	printf("sent=%lu refused=%lu failed=%lu\n", sent, refused, failed);
	return 0;
}
