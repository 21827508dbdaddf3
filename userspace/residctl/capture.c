// SPDX-License-Identifier: Apache-2.0
#include "capture.h"

#include <fcntl.h>
#include <pcap/pcap.h>
#include <pcap/sll.h>
#include <string.h>

#include "source/confine.h"
#include "util/buffer.h"
#include "util/cleanup.h"
#include "util/file.h"

#define CAPTURE_SNAP 1024	/* bytes of a packet that are looked at: more than its headers can have */

#define CAPTURE_ETHERNET 14
#define CAPTURE_PACKET	1	/* kind of message */

/* What the child yields for each packet, and then its bytes. */
struct capture_head {
	uint32_t wire;			/* length of the whole packet */
	uint8_t link;			/* enum resid_link */
	uint8_t reserved[3];
};

struct capture_message {
	struct capture_head head;
	uint8_t bytes[CAPTURE_ETHERNET + CAPTURE_SNAP];
};

/* The child. */

struct capture_link {
	int type;
	unsigned int skip;		/* bytes before the packet */
	enum resid_link link;
	unsigned int protocol, direction;	/* offsets in a cooked header; 0, 0: it is none */
};

static const struct capture_link capture_links[] = {
	{ DLT_EN10MB, 0, RESID_LINK_ETHERNET, 0, 0 },
	{ DLT_RAW, 0, RESID_LINK_IP, 0, 0 },
	{ DLT_IPV4, 0, RESID_LINK_IP, 0, 0 },
	{ DLT_IPV6, 0, RESID_LINK_IP, 0, 0 },
	{ DLT_NULL, 4, RESID_LINK_IP, 0, 0 },
	{ DLT_LOOP, 4, RESID_LINK_IP, 0, 0 },
	{ DLT_LINUX_SLL, SLL_HDR_LEN, RESID_LINK_ETHERNET, 14, 1 },
	{ DLT_LINUX_SLL2, SLL2_HDR_LEN, RESID_LINK_ETHERNET, 0, 10 },
};

/* A cooked header has the type of the frame where Ethernet has it last: the addresses before it are zeros. */
static void capture_yield(struct confine *confine, const struct capture_link *link, const struct pcap_pkthdr *packet,
			  const u_char *bytes)
{
	struct capture_message message = { .head = { .wire = packet->len - link->skip, .link = (uint8_t)link->link } };
	uint32_t length = packet->caplen - link->skip, used = 0;

	if (link->direction && bytes[link->direction] != LINUX_SLL_OUTGOING)
		return;
	if (link->direction) {
		used = CAPTURE_ETHERNET;
		memcpy(message.bytes + used - 2, bytes + link->protocol, 2);
		message.head.wire += used;
	}
	length = length < CAPTURE_SNAP ? length : CAPTURE_SNAP;
	memcpy(message.bytes + used, bytes + link->skip, length);
	confine_send(confine, CAPTURE_PACKET, &message, sizeof(message.head) + used + length);
}

static int capture_parse(struct confine *confine, int fd, void *context)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	FILE *file = fdopen(fd, "r");
	pcap_t *pcap = file ? pcap_fopen_offline(file, why) : NULL;
	const struct capture_link *link = NULL;
	struct pcap_pkthdr *packet;
	const u_char *bytes;
	size_t i;
	int got;

	if (!pcap)
		return confine_fail(confine, ": is no capture: %s", why);
	if (confine_close_files(confine))
		return -1;
	for (i = 0; i < sizeof(capture_links) / sizeof(capture_links[0]); i++)
		if (capture_links[i].type == pcap_datalink(pcap))
			link = &capture_links[i];
	if (!link)
		return confine_fail(confine, ": its packets have link type %d, which is not read; capture Ethernet or `any`",
				    pcap_datalink(pcap));
	while ((got = pcap_next_ex(pcap, &packet, &bytes)) == 1)
		if (packet->caplen >= link->skip && packet->len >= packet->caplen)
			capture_yield(confine, link, packet, bytes);
	if (got != PCAP_ERROR_BREAK)
		return confine_fail(confine, ": is damaged: %s", pcap_geterr(pcap));
	return 0;
}

/* The parent. */

struct capture {
	struct replay *replay;
	const struct capture_inputs *inputs;
	struct intern *connections;	/* struct capture_connection */
	struct buffer began;		/* by number: 0 not known, 1 the lower end, 2 the upper */
};

static void capture_fini(struct capture *capture)
{
	buffer_fini(&capture->began);
	intern_free(capture->connections);
}

struct capture_end {
	uint8_t address[16];
	uint16_t port, padding;
};

struct capture_connection {
	struct capture_end end[2];	/* the lower first */
	uint32_t proto;
};

#define CAPTURE_SYN 0x02
#define CAPTURE_ACK 0x10

/* As conntrack has it, as far as the capture goes back: whoever is seen first began, TCP by its SYN. */
static enum resid_direction capture_direction(struct capture *capture, const struct resid_packet *packet)
{
	struct capture_connection connection = { .proto = packet->proto };
	const bool tcp = packet->proto == IPPROTO_TCP, syn = packet->tcp_flags & CAPTURE_SYN;
	struct capture_end from = { .port = packet->has_port ? packet->sport : 0 };
	struct capture_end to = { .port = packet->has_port ? packet->dport : 0 };
	uint32_t number;
	uint8_t sender, *began;

	if (packet->kind != RESID_PACKET_IP || !packet->proto_known || packet->fragment)
		return RESID_DIR_UNKNOWN;
	memcpy(from.address, packet->src, sizeof(from.address));
	memcpy(to.address, packet->dest[0].address, sizeof(to.address));
	sender = memcmp(&from, &to, sizeof(from)) < 0 ? 1 : 2;
	connection.end[sender - 1] = from;
	connection.end[2 - sender] = to;
	number = intern_put(capture->connections, &connection, sizeof(connection));
	if (number == capture->began.length)
		buffer_extend(&capture->began, 1);
	began = &capture->began.data[number];
	if (tcp && syn)
		*began = packet->tcp_flags & CAPTURE_ACK ? 3 - sender : sender;
	else if (!tcp && !*began)
		*began = sender;
	if (!*began)
		return RESID_DIR_UNKNOWN;
	return *began == sender ? RESID_DIR_ORIGINAL : RESID_DIR_REPLY;
}

static bool capture_counts(const struct capture *capture, const struct resid_packet *packet)
{
	const struct capture_inputs *inputs = capture->inputs;
	u128 source = packet->family ? address_key(packet->family, packet->src) : 0;
	size_t i;

	for (i = 0; i < inputs->from_count; i++)
		if (packet->family == inputs->from[i].family &&
		    (source & prefix_mask(inputs->from[i].length)) == inputs->from[i].first)
			return true;
	return !inputs->from_count;
}

static void capture_packet(struct capture *capture, const struct capture_head *head, const uint8_t *data, size_t length)
{
	const struct resid_bytes bytes = { .data = data, .length = length };
	struct replay_packet packet = {
		.class = capture->inputs->class, .data = data, .length = length, .link = head->link,
	};
	struct resid_packet parsed;

	resid_packet_parse(&parsed, &bytes, &(struct resid_reading){ .link = head->link });
	packet.direction = capture_direction(capture, &parsed);
	if (!capture_counts(capture, &parsed))
		return;
	packet.bytes = head->wire > parsed.ip_offset ? head->wire - parsed.ip_offset : 0;
	replay_bytes(capture->replay, &packet);
}

static int capture_take(void *context, unsigned int kind, const uint8_t *bytes, size_t length, struct resid_error *err)
{
	struct capture_message message;

	if (kind != CAPTURE_PACKET || length < sizeof(message.head) || length > sizeof(message))
		return resid_fail(err, RESID_EXIT_INPUT, "the capture's parser says what makes no sense");
	memcpy(&message, bytes, length);
	if (message.head.link > RESID_LINK_ETHERNET)
		return resid_fail(err, RESID_EXIT_INPUT, "the capture's parser says what makes no sense");
	capture_packet(context, &message.head, message.bytes, length - sizeof(message.head));
	return 0;
}

bool capture_is(const char *path)
{
	static const uint32_t magic[] = { 0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0x0a0d0d0a };
	struct resid_error ignored;
	_cleanup_close_ int fd = file_open(path, O_RDONLY, 0, &ignored);
	uint32_t word;
	size_t i;

	if (fd < 0 || read(fd, &word, sizeof(word)) != sizeof(word))
		return false;
	for (i = 0; i < sizeof(magic) / sizeof(magic[0]); i++)
		if (word == magic[i])
			return true;
	return false;
}

int capture_replay(struct replay *replay, const char *path, const struct capture_inputs *inputs,
		   struct resid_error *err)
{
	_cleanup_(capture_fini) struct capture capture = { .replay = replay, .inputs = inputs };

	intern_new(&capture.connections);
	return confine_run(&(struct confine_job){ path, capture_parse, capture_take, &capture, NULL }, err);
}
