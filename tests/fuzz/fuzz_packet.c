// SPDX-License-Identifier: Apache-2.0
/*
 * The packet parser on any bytes, with any link header and NAT64 prefixes. What it calls IP names the address that
 * stands in the outer header; and no cut makes a packet name fewer destinations: it names the same, or is unparsable.
 */
#include <stdlib.h>
#include <string.h>

#include "kmod/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void parse(struct resid_packet *packet, const uint8_t *data, size_t size, enum resid_link link,
		  const struct resid_nat64 *nat64, unsigned int count)
{
	/* of its own size, so that ASan sees a byte too far */
	uint8_t *copy = malloc(size ? size : 1);
	struct resid_bytes bytes = { .data = copy, .length = size };

	must(copy != NULL);
	if (size)
		memcpy(copy, data, size);
	resid_packet_parse(packet, &bytes,
			   &(struct resid_reading){ .link = link, .nat64 = nat64, .nat64_count = count });
	free(copy);
}

static void check(const struct resid_packet *packet, const uint8_t *data, size_t size)
{
	must(packet->dest_count <= RESID_DEST_MAX);
	if (packet->kind == RESID_PACKET_NON_IP)
		must(packet->dest_count == 0);
	if (packet->kind != RESID_PACKET_IP)
		return;
	must(packet->dest_count >= 1);
	if (packet->family == AF_INET) {
		must(packet->ip_offset + 20 <= size && data[packet->ip_offset] >> 4 == 4);
		must(!memcmp(packet->dest[0].address, data + packet->ip_offset + 16, 4));
	} else {
		must(packet->family == AF_INET6);
		must(packet->ip_offset + 40 <= size && data[packet->ip_offset] >> 4 == 6);
		must(!memcmp(packet->dest[0].address, data + packet->ip_offset + 24, 16));
	}
	must(!packet->bare_tcp || (packet->proto == IPPROTO_TCP && packet->has_port && !packet->fragment));
	must(!packet->has_port || packet->proto_known);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	static const uint8_t lengths[] = { 32, 40, 48, 56, 64, 96 };
	struct resid_nat64 nat64[RESID_NAT64_MAX] = { 0 };
	struct resid_packet whole, cut;
	enum resid_link link;
	unsigned int count;
	size_t keep;

	if (size < 4)
		return 0;
	link = input[0] % 3;
	count = input[1] % (RESID_NAT64_MAX + 1);
	keep = (size_t)(input[2] << 8 | input[3]);
	input += 4;
	size -= 4;
	for (unsigned int i = 0; i < count; i++) {
		nat64[i].length = lengths[i % sizeof(lengths)];
		nat64[i].prefix[0] = 0x20;
		nat64[i].prefix[1] = 0x02;
	}
	parse(&whole, input, size, link, nat64, count);
	check(&whole, input, size);
	if (!size)
		return 0;
	keep %= size;
	parse(&cut, input, keep, link, nat64, count);
	check(&cut, input, keep);
	if (whole.kind == RESID_PACKET_UNPARSABLE)
		return 0;
	if (cut.kind != RESID_PACKET_UNPARSABLE) {
		/* a frame of the link is one by its length */
		must(cut.kind == whole.kind || whole.dest_count == 0);
		must(cut.dest_count == whole.dest_count);
		must(!memcmp(cut.dest, whole.dest, cut.dest_count * sizeof(cut.dest[0])));
	}
	return 0;
}
