/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What packet.c, frame.c, ip.c and dest.c share while they read a packet. */
#ifndef _RESID_PARSE_H
#define _RESID_PARSE_H

#include "packet.h"

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd

struct resid_parse {
	struct resid_packet *packet;
	const struct resid_bytes *bytes;
	const struct resid_nat64 *nat64;
	unsigned int nat64_count;
	unsigned int depth;		/* 0: the outer header */
};

/* Each is in the file of its stem. All return false for unparsable. Offsets are of the header that is to be read. */
bool resid_frame_read(struct resid_parse *parse, u32 offset);
bool resid_ip_read(struct resid_parse *parse, u32 offset, u16 ethertype);

/* Add a destination; of an IPv6 one also what is inside the address. */
bool resid_dest_add(struct resid_parse *parse, u8 family, const u8 *address);
bool resid_dest_add6(struct resid_parse *parse, const u8 address[16]);

#endif /* _RESID_PARSE_H */
