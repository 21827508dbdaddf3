/* SPDX-License-Identifier: Apache-2.0 */
/* Packets made by hand, a header at a time, for the tests of the parser. */
#ifndef TESTS_UNIT_PACKET_SUPPORT_H
#define TESTS_UNIT_PACKET_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kmod/packet.h"

#define FRAME_OPEN_MAX 8
#define AUTO (~0u)	/* a length that is filled in when the frame is parsed: what follows is all inside */

struct frame {
	uint8_t data[4096];
	size_t length;
	size_t open[FRAME_OPEN_MAX];	/* offsets of IP headers whose length is yet to be set */
	size_t opened;
};

static inline void clear(struct frame *frame)
{
	frame->length = 0;
	frame->opened = 0;
}

static inline void put(struct frame *frame, const void *data, size_t length)
{
	memcpy(frame->data + frame->length, data, length);
	frame->length += length;
}

static inline void put8(struct frame *frame, unsigned int value)
{
	frame->data[frame->length++] = (uint8_t)value;
}

static inline void put16(struct frame *frame, unsigned int value)
{
	put8(frame, value >> 8);
	put8(frame, value);
}

static inline void zeros(struct frame *frame, size_t count)
{
	memset(frame->data + frame->length, 0, count);
	frame->length += count;
}

static inline void put_address(struct frame *frame, int family, const char *text)
{
	uint8_t address[16];

	assert_int_equal(inet_pton(family, text, address), 1);
	put(frame, address, family == AF_INET ? 4 : 16);
}

static inline void ethernet(struct frame *frame, unsigned int type)
{
	put(frame, "\2\0\0\0\0\1\2\0\0\0\0\2", 12);
	put16(frame, type);
}

static inline void open_header(struct frame *frame, unsigned int length)
{
	if (length != AUTO)
		return;
	assert_true(frame->opened < FRAME_OPEN_MAX);
	frame->open[frame->opened++] = frame->length;
}

/* options: bytes, a multiple of four; fragment: the 16 bits of that field */
static inline void ipv4_with(struct frame *frame, unsigned int proto, const char *to, const void *options,
			     unsigned int length, unsigned int total, unsigned int fragment)
{
	open_header(frame, total);
	put8(frame, 0x40 | (5 + length / 4));
	put8(frame, 0);
	put16(frame, total);
	put16(frame, 0);
	put16(frame, fragment);
	put8(frame, 64);
	put8(frame, proto);
	put16(frame, 0);
	put_address(frame, AF_INET, "10.0.0.1");
	put_address(frame, AF_INET, to);
	put(frame, options, length);
}

static inline void ipv4(struct frame *frame, unsigned int proto, const char *to)
{
	ipv4_with(frame, proto, to, "", 0, AUTO, 0);
}

static inline void ipv6_hops(struct frame *frame, unsigned int next, const char *to, unsigned int payload,
			     unsigned int hops)
{
	open_header(frame, payload);
	put(frame, "\x60\0\0\0", 4);
	put16(frame, payload);
	put8(frame, next);
	put8(frame, hops);
	put_address(frame, AF_INET6, "fd00::1");
	put_address(frame, AF_INET6, to);
}

static inline void ipv6(struct frame *frame, unsigned int next, const char *to)
{
	ipv6_hops(frame, next, to, AUTO, 64);
}

static inline void ports(struct frame *frame, unsigned int from, unsigned int to)
{
	put16(frame, from);
	put16(frame, to);
	zeros(frame, 4);
}

static inline void tcp(struct frame *frame, unsigned int flags)
{
	put16(frame, 40000);
	put16(frame, 443);
	zeros(frame, 8);
	put8(frame, 5 << 4);
	put8(frame, flags);
	zeros(frame, 6);
}

static inline void close_headers(struct frame *frame)
{
	for (size_t i = 0; i < frame->opened; i++) {
		uint8_t *header = frame->data + frame->open[i];
		size_t length = frame->length - frame->open[i];

		if (frame->length < frame->open[i] + 20)
			continue;
		if (header[0] >> 4 == 4) {
			header[2] = (uint8_t)(length >> 8);
			header[3] = (uint8_t)length;
		} else if (length >= 40) {
			header[4] = (uint8_t)((length - 40) >> 8);
			header[5] = (uint8_t)(length - 40);
		}
	}
}

static inline struct resid_packet parse_as(struct frame *frame, enum resid_link link, const struct resid_nat64 *nat64,
					   unsigned int count)
{
	struct resid_bytes bytes = { .data = frame->data, .length = frame->length };
	struct resid_packet packet;

	close_headers(frame);
	resid_packet_parse(&packet, &bytes,
			   &(struct resid_reading){ .link = link, .nat64 = nat64, .nat64_count = count });
	return packet;
}

static inline struct resid_packet parse(struct frame *frame)
{
	return parse_as(frame, RESID_LINK_IP, NULL, 0);
}

/* "8.8.8.8 2001:db8::1", or what the packet is instead. */
static inline void names(const struct resid_packet *packet, const char *expected)
{
	static const char *const kinds[] = { "", "link", "non-ip", "unparsable" };
	char text[1024] = "", one[64];

	if (packet->kind != RESID_PACKET_IP) {
		assert_string_equal(kinds[packet->kind], expected);
		return;
	}
	for (unsigned int i = 0; i < packet->dest_count; i++) {
		inet_ntop(packet->dest[i].family, packet->dest[i].address, one, sizeof(one));
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "", one);
	}
	assert_string_equal(text, expected);
}

/* An authentication header, then @proto; the header has @words words beside its first two. */
static inline void authentication(struct frame *frame, unsigned int proto, unsigned int words)
{
	put8(frame, proto);
	put8(frame, words);
	zeros(frame, 6 + 4 * words);
}

/* "0800 45 00": digits in pairs, spaces anywhere. */
static inline void put_hex(struct frame *frame, const char *hex)
{
	unsigned int high = 16;

	for (; *hex; hex++) {
		unsigned int digit;

		if (*hex == ' ')
			continue;
		digit = (unsigned int)(strchr("0123456789abcdef", *hex) - "0123456789abcdef");
		if (high == 16) {
			high = digit;
			continue;
		}
		put8(frame, high << 4 | digit);
		high = 16;
	}
	assert_int_equal(high, 16);
}

/* Whatever of it is left, a packet names what the whole did, or is unparsable. */
static inline void cut_everywhere(struct frame *frame, enum resid_link link)
{
	struct resid_packet whole = parse_as(frame, link, NULL, 0), cut;

	for (size_t length = 0; length < frame->length; length++) {
		struct resid_bytes bytes = { .data = frame->data, .length = length };

		resid_packet_parse(&cut, &bytes, &(struct resid_reading){ .link = link });
		assert_true(cut.extent <= length);
		if (cut.kind == RESID_PACKET_UNPARSABLE || whole.kind == RESID_PACKET_UNPARSABLE)
			continue;
		assert_int_equal(cut.dest_count, whole.dest_count);
		assert_memory_equal(cut.dest, whole.dest, whole.dest_count * sizeof(whole.dest[0]));
	}
}

#endif /* TESTS_UNIT_PACKET_SUPPORT_H */
