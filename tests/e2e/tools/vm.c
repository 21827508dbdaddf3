// SPDX-License-Identifier: Apache-2.0
/*
 * Plays a virtual machine behind a tap: its packets come from no socket of this kernel, so only FORWARD can refuse
 * them in a way that it sees.
 *
 *   vm TAP GATEWAY-MAC tcp|udp|icmp SOURCE ADDRESS PORT TAG
 *
 * sends one packet and prints `saw=` syn-ack, rst, echoed, icmp-TYPE-CODE or timeout (2 s). The neighbour entry of
 * SOURCE must be there: it answers no ARP. Its own Ethernet address is 02:00:00:00:ee:03.
 */
#include "packet.h"

#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>

static const uint8_t own_mac[6] = { 2, 0, 0, 0, 0xee, 3 };

/*
 * What a packet that came back says about ours, whose transport header is `sent`; NULL if it is about something else,
 * such as an earlier attempt's SYN-ACK that the peer sends again.
 */
static const char *judge(const uint8_t *ip, size_t length, const union address *from, int tcp, const uint8_t *sent,
			 const char *tag, char *text)
{
	size_t size, header;
	const uint8_t *own = address_bytes(from, &size);
	int proto;

	if (size == 4 && length >= 28 && ip[0] >> 4 == 4 && !memcmp(ip + 16, own, 4)) {
		header = (size_t)(ip[0] & 15) * 4;
		proto = ip[9];
	} else if (size == 16 && length >= 48 && ip[0] >> 4 == 6 && !memcmp(ip + 24, own, 16)) {
		header = 40;
		proto = ip[6];
	} else {
		return NULL;
	}
	const uint8_t *l4 = ip + header;

	if (proto == IPPROTO_TCP) {
		if (!tcp || memcmp(l4, sent + 2, 2) || memcmp(l4 + 2, sent, 2))
			return NULL;
		return l4[13] & 4 ? "rst" : "syn-ack";
	}
	if (!tcp && !memmem(ip, length, tag, strlen(tag)))
		return NULL;
	/* An ICMP error quotes our packet, tag and all: look at the type first. */
	if ((proto == IPPROTO_ICMP && l4[0] != 0) || (proto == IPPROTO_ICMPV6 && l4[0] < 128)) {
		sprintf(text, "icmp-%u-%u", l4[0], l4[1]);
		return text;
	}
	return tcp ? NULL : "echoed";
}

int main(int argc, char **argv)
{
	if (argc != 8)
		die("usage: vm TAP GATEWAY-MAC tcp|udp|icmp SOURCE ADDRESS PORT TAG");

	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	union address from = address(argv[4], 0), to = address(argv[5], number(argv[6]));
	struct packet p = {};
	uint8_t mac[6], frame[4096];
	char text[32];
	const char *saw = NULL;
	int fd = open("/dev/net/tun", O_RDWR);

	strncpy(request.ifr_name, argv[1], IFNAMSIZ - 1);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request))
		die("%s: %s", argv[1], strerror(errno));
	mac_parse(argv[2], mac);
	packet_add(&p, mac, 6);
	packet_add(&p, own_mac, 6);
	put16(packet_add(&p, NULL, 2), to.sa.sa_family == AF_INET ? ETH_P_IP : ETH_P_IPV6);

	int tcp = !strcmp(argv[3], "tcp"), udp = !strcmp(argv[3], "udp"), v4 = to.sa.sa_family == AF_INET;
	int icmp = v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	size_t at = packet_ip(&p, &from, &to, tcp ? IPPROTO_TCP : udp ? IPPROTO_UDP : icmp);

	const uint8_t *sent = p.data + p.length;

	if (tcp)
		packet_tcp_syn(&p, &from, &to);
	else if (udp)
		packet_udp(&p, &from, &to, argv[7]);
	else
		packet_echo(&p, &from, &to, argv[7]);
	packet_finish(&p, at);

	/* The carrier comes with the descriptor, and the stack needs a moment to see it. */
	usleep(200000);
	if (write(fd, p.data, p.length) < 0)
		die("write: %s", strerror(errno));

	uint64_t deadline = now_us() + 2000000, now;

	while (!saw && (now = now_us()) < deadline) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (poll(&wait, 1, (int)((deadline - now + 999) / 1000)) <= 0)
			break;
		n = read(fd, frame, sizeof(frame));
		if (n > 14)
			saw = judge(frame + 14, (size_t)n - 14, &from, tcp, sent, argv[7], text);
	}
	printf("saw=%s\n", saw ? saw : "timeout");
	return 0;
}
