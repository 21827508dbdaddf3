// SPDX-License-Identifier: Apache-2.0
/*
 * Sends IPv4 packets of which not all is settled when the kernel gets them. The tag is in the payload.
 *
 *   owed sum    DEVICE MAC SOURCE ADDRESS TAG          an ordinary UDP checksum is left to the device (virtio header)
 *   owed write  DEVICE MAC SOURCE ADDRESS OTHER TAG    the same, but what is to be written makes OTHER of ADDRESS
 *   owed cut    DEVICE MAC SOURCE ADDRESS SIZE TAG     a TCP super-packet of 6000 bytes, in segments of SIZE
 *   owed ring   DEVICE MAC SOURCE ADDRESS OTHER TAG N  N frames by a TX_RING, while a second thread goes on exchanging
 *                                                      ADDRESS and OTHER in the ring; their sums must be the same
 *
 * ADDRESS and OTHER differ in their first halves only. Prints `sent=N` or `sent=N error=ERRNO`.
 */
#include "packet.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <pthread.h>
#include <sys/mman.h>

#define IP ETH_HLEN
#define L4 (ETH_HLEN + 20)

static unsigned int sent, error;

static void result(ssize_t n)
{
	if (n < 0)
		error = (unsigned int)errno;
	else
		sent++;
}

static void ethernet(struct packet *p, const char *mac)
{
	uint8_t *head = packet_add(p, NULL, ETH_HLEN);

	mac_parse(mac, head);
	memcpy(head + 6, "\2\0\0\0\xee\1", 6);
	put16(head + 12, ETH_P_IP);
}

static int packet_socket(const char *device)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET,
				  .sll_protocol = 0,
				  .sll_ifindex = (int)if_nametoindex(device) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&ll, sizeof(ll)))
		die("%s: %s", device, strerror(errno));
	return fd;
}

static void send_owed(const char *device, const struct virtio_net_hdr *owed, const uint8_t *frame, size_t length)
{
	int fd = packet_socket(device), one = 1;
	uint8_t all[sizeof(*owed) + 8192];

	if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)))
		die("PACKET_VNET_HDR: %s", strerror(errno));
	memcpy(all, owed, sizeof(*owed));
	memcpy(all + sizeof(*owed), frame, length);
	result(send(fd, all, sizeof(*owed) + length, 0));
}

static void udp(struct packet *p, const char *mac, const union address *from, const union address *to, const char *tag)
{
	ethernet(p, mac);
	packet_ip(p, from, to, IPPROTO_UDP);
	packet_udp(p, from, to, tag);
	packet_finish(p, IP);
}

static void send_sum(char **argv)
{
	const struct virtio_net_hdr owed = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = L4, .csum_offset = 6 };
	union address from = address(argv[2], 0), to = address(argv[3], 7);
	struct packet p = {};
	uint32_t sum = IPPROTO_UDP;

	udp(&p, argv[1], &from, &to, argv[4]);
	sum = sum_add(sum + (uint32_t)(p.length - L4), p.data + IP + 12, 8);
	put16(p.data + L4 + 6, ~sum_fold(sum) & 0xffff);
	send_owed(argv[0], &owed, p.data, p.length);
}

static void send_write(char **argv)
{
	const struct virtio_net_hdr owed = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
					     .csum_start = IP,
					     .csum_offset = 16 };
	union address from = address(argv[2], 0), to = address(argv[3], 7), other = address(argv[4], 7);
	unsigned int wanted, have;
	struct packet p = {};

	/* first as it is to arrive, for its IP checksum; then as it is to be judged */
	udp(&p, argv[1], &from, &other, argv[5]);
	packet_add(&p, NULL, p.length % 2 + 2);
	packet_finish(&p, IP);
	put16(p.data + L4 + 6, 0);
	wanted = (unsigned int)p.data[IP + 16] << 8 | p.data[IP + 17];
	memcpy(p.data + IP + 16, &to.in.sin_addr, 4);
	/* the last two bytes make the sum come out as the other's first half */
	have = sum_fold(sum_add(0, p.data + IP, p.length - IP));
	put16(p.data + p.length - 2, have >= wanted ? have - wanted : have + 0xffff - wanted);
	send_owed(argv[0], &owed, p.data, p.length);
}

static void send_cut(char **argv)
{
	const struct virtio_net_hdr owed = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = L4 + 20,
		.gso_size = (uint16_t)number(argv[4]),
		.csum_start = L4,
		.csum_offset = 16,
	};
	union address from = address(argv[2], 0), to = address(argv[3], 7);
	static uint8_t frame[L4 + 20 + 6000];
	struct packet p = {};

	ethernet(&p, argv[1]);
	packet_ip(&p, &from, &to, IPPROTO_TCP);
	packet_tcp_syn(&p, &from, &to);
	p.data[L4 + 13] = 0x10;
	memcpy(frame, p.data, p.length);
	tag_write((char *)frame + p.length, 200, argv[5]);
	put16(frame + IP + 2, sizeof(frame) - IP);
	put16(frame + IP + 10, 0);
	put16(frame + IP + 10, sum_fold(sum_add(0, frame + IP, 20)));
	send_owed(argv[0], &owed, frame, sizeof(frame));
}

static volatile int over;
static uint8_t *flipped;
static uint16_t halves[2];

static void *flip(void *unused)
{
	for (unsigned int i = 0; !over; i++)
		*(volatile uint16_t *)flipped = halves[i & 1];
	return unused;
}

static void send_ring(char **argv)
{
	struct tpacket_req ring = { .tp_block_size = 4096, .tp_block_nr = 1, .tp_frame_size = 2048, .tp_frame_nr = 2 };
	union address from = address(argv[2], 0), to = address(argv[3], 7), other = address(argv[4], 7);
	unsigned long count = number(argv[6]);
	int fd = packet_socket(argv[0]);
	struct tpacket_hdr *slot;
	struct packet p = {};
	pthread_t thread;

	udp(&p, argv[1], &from, &to, argv[5]);
	put16(p.data + L4 + 6, 0);
	if (setsockopt(fd, SOL_PACKET, PACKET_TX_RING, &ring, sizeof(ring)))
		die("PACKET_TX_RING: %s", strerror(errno));
	slot = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (slot == MAP_FAILED)
		die("ring: %s", strerror(errno));
	uint8_t *frame = (uint8_t *)slot + TPACKET_HDRLEN - sizeof(struct sockaddr_ll);

	memcpy(frame, p.data, p.length);
	flipped = frame + IP + 16;
	memcpy(&halves[0], &to.in.sin_addr, 2);
	memcpy(&halves[1], &other.in.sin_addr, 2);
	if (pthread_create(&thread, NULL, flip, NULL))
		die("no thread");
	/* both slots are sent each time; only the first one's bytes are flipped */
	struct tpacket_hdr *second = (void *)((uint8_t *)slot + 2048);

	memcpy((uint8_t *)second + TPACKET_HDRLEN - sizeof(struct sockaddr_ll), p.data, p.length);
	for (unsigned long i = 0; i < count; i++) {
		slot->tp_len = second->tp_len = (unsigned int)p.length;
		slot->tp_status = second->tp_status = TP_STATUS_SEND_REQUEST;
		result(send(fd, NULL, 0, 0));
	}
	over = 1;
	pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int arguments;
		void (*send)(char **argv);
	} kinds[] = { { "sum", 5, send_sum }, { "write", 6, send_write }, { "cut", 6, send_cut }, { "ring", 7, send_ring } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && argc > 2; i++) {
		if (strcmp(kinds[i].name, argv[1]) || kinds[i].arguments != argc - 2)
			continue;
		kinds[i].send(argv + 2);
		if (error)
			printf("sent=%u error=%s\n", sent, errno_name((int)error));
		else
			printf("sent=%u\n", sent);
		return 0;
	}
	die("owed: see the head of owed.c for what it takes");
}
