// SPDX-License-Identifier: Apache-2.0
/*
 * The wire oracle: writes down every frame that arrives at a device, one line each, so that a test can ask whether
 * its tag left the node. It stands beyond the node and knows nothing of Resid.
 *
 *   wire [-t] DEVICE LOG      until SIGTERM or SIGINT; `-t` takes what the device sends instead; prints `ready`
 *
 * Columns, `-` where a frame has none:  microseconds ethertype source destination protocol sport dport flags tag
 * Behind VLAN tags the inner ethertype is written as 8100/0800. ICMP has its type and code for ports. Flags are those
 * of TCP and `f` for a fragment. The last line, `# frames N lost N`, proves that nothing was missed.
 */
#include "tool.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>

static volatile sig_atomic_t stop;

static void on_signal(int signo)
{
	(void)signo;
	stop = 1;
}

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* The tag, wherever in the frame it is: inside a tunnel, in a second fragment. */
static const char *find_tag(const uint8_t *frame, size_t length, char *out, size_t size)
{
	const char *start = memmem(frame, length, TAG_PREFIX, strlen(TAG_PREFIX));
	const char *end;

	if (!start)
		return "-";
	start += strlen(TAG_PREFIX);
	end = memchr(start, TAG_END, (size_t)((const char *)frame + length - start));
	if (!end || (size_t)(end - start) >= size)
		return "cut";
	memcpy(out, start, (size_t)(end - start));
	out[end - start] = 0;
	return out;
}

static void write_frame(FILE *log, const uint8_t *frame, size_t length, uint16_t stripped_vlan, uint64_t start)
{
	char type[32] = "-", source[64] = "-", destination[64] = "-", proto[8] = "-", sport[8] = "-", dport[8] = "-";
	char flags[16] = "-", tag[128];
	size_t offset = 12;
	int position = 0, next = -1, fragment = 0, later = 0;

	if (stripped_vlan)
		position = sprintf(type, "8100/");
	if (length < 14)
		return;
	while ((be16(frame + offset) == ETH_P_8021Q || be16(frame + offset) == ETH_P_8021AD) && offset + 6 <= length &&
	       position < 20) {
		position += sprintf(type + position, "%04x/", be16(frame + offset));
		offset += 4;
	}
	uint16_t ethertype = be16(frame + offset);

	sprintf(type + position, "%04x", ethertype);
	offset += 2;

	const uint8_t *ip = frame + offset;
	size_t left = length - offset, header = 0;

	if (ethertype == ETH_P_IP && left >= 20) {
		header = (size_t)(ip[0] & 15) * 4;
		next = ip[9];
		inet_ntop(AF_INET, ip + 12, source, sizeof(source));
		inet_ntop(AF_INET, ip + 16, destination, sizeof(destination));
		fragment = (be16(ip + 6) & 0x3fff) != 0;
		later = (be16(ip + 6) & 0x1fff) != 0;
	} else if (ethertype == ETH_P_IPV6 && left >= 40) {
		header = 40;
		next = ip[6];
		inet_ntop(AF_INET6, ip + 8, source, sizeof(source));
		inet_ntop(AF_INET6, ip + 24, destination, sizeof(destination));
		while ((next == 0 || next == 43 || next == 60 || next == 44) && header + 8 <= left) {
			if (next == 44) {
				fragment = 1;
				later = (be16(ip + header + 2) & 0xfff8) != 0;
			}
			next = ip[header];
			/* The second byte of a fragment header is reserved and zero. */
			header += 8 + (size_t)ip[header + 1] * 8;
		}
	} else {
		snprintf(source, sizeof(source), "%02x:%02x:%02x:%02x:%02x:%02x", frame[6], frame[7], frame[8],
			 frame[9], frame[10], frame[11]);
		snprintf(destination, sizeof(destination), "%02x:%02x:%02x:%02x:%02x:%02x", frame[0], frame[1], frame[2],
			 frame[3], frame[4], frame[5]);
	}
	if (next >= 0)
		sprintf(proto, "%u", (unsigned int)next & 255);
	if (next >= 0 && !later && header + 8 <= left) {
		const uint8_t *l4 = ip + header;

		if (next == IPPROTO_TCP || next == IPPROTO_UDP) {
			sprintf(sport, "%u", be16(l4));
			sprintf(dport, "%u", be16(l4 + 2));
		} else if (next == IPPROTO_ICMP || next == IPPROTO_ICMPV6) {
			sprintf(sport, "%u", l4[0]);
			sprintf(dport, "%u", l4[1]);
		}
		if (next == IPPROTO_TCP && header + 14 <= left) {
			const char *names = "FSRPAU";
			char *p = flags;

			for (int bit = 0; bit < 6; bit++)
				if (l4[13] & 1 << bit)
					*p++ = names[bit];
			*p = 0;
		}
	}
	if (fragment)
		strcpy(flags, "f");
	fprintf(log, "%llu %s %s %s %s %s %s %s %s\n", (unsigned long long)(now_us() - start), type, source, destination,
		proto, sport, dport, flags, find_tag(frame, length, tag, sizeof(tag)));
}

int main(int argc, char **argv)
{
	static uint8_t frame[70000];
	int outgoing = 0, option, one = 1, room = 64 << 20;

	while ((option = getopt(argc, argv, "t")) != -1) {
		if (option != 't')
			return 2;
		outgoing = 1;
	}
	if (argc - optind != 2)
		die("usage: wire [-t] DEVICE LOG");

	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = (int)if_nametoindex(argv[optind]) };
	struct packet_mreq promiscuous = { .mr_ifindex = ll.sll_ifindex, .mr_type = PACKET_MR_PROMISC };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	FILE *log = fopen(argv[optind + 1], "w");
	struct sigaction action = { .sa_handler = on_signal };

	if (!ll.sll_ifindex || fd < 0 || !log)
		die("wire: %s, %s: %s", argv[optind], argv[optind + 1], strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one));
	setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof(promiscuous));
	if (bind(fd, (void *)&ll, sizeof(ll)))
		die("bind: %s", strerror(errno));
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	puts("ready");
	fflush(stdout);

	uint64_t start = now_us(), frames = 0, lost = 0;

	for (;;) {
		struct sockaddr_ll from;
		char control[128];
		struct iovec iov = { frame, sizeof(frame) };
		struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1,
				    .msg_control = control, .msg_controllen = sizeof(control) };
		ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);
		uint16_t vlan = 0;

		if (n < 0) {
			/* All that had arrived before the signal has been written. */
			if (stop)
				break;
			fflush(log);
			poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 100);
			continue;
		}
		if ((from.sll_pkttype == PACKET_OUTGOING) != outgoing)
			continue;
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
			struct tpacket_auxdata *aux = (void *)CMSG_DATA(c);

			if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA &&
			    aux->tp_status & TP_STATUS_VLAN_VALID)
				vlan = 1;
		}
		frames++;
		write_frame(log, frame, (size_t)n, vlan, start);
	}

	struct tpacket_stats stats = {};
	socklen_t length = sizeof(stats);

	getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &length);
	lost = stats.tp_drops;
	fprintf(log, "# frames %llu lost %llu\n", (unsigned long long)frames, (unsigned long long)lost);
	return fclose(log) ? 2 : 0;
}
