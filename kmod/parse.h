/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What the readers of packets share. A packet is read header by header: encap.c looks up the next one in its table and
 * calls the reader that the table names, which reads one header at @at and says what follows. So there is no recursion,
 * and no header is read that is not in the table.
 */
#ifndef _RESID_PARSE_H
#define _RESID_PARSE_H

#include "packet.h"

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd

/* What the number means that names a header. */
enum resid_space {
	RESID_SPACE_END,		/* no header follows */
	RESID_SPACE_FRAME,		/* an Ethernet header; it has no number */
	RESID_SPACE_ETHERTYPE,
	RESID_SPACE_GRE,		/* an ethertype inside GRE */
	RESID_SPACE_LLC,		/* destination and source access point of 802.2 */
	RESID_SPACE_IPV4,		/* a protocol */
	RESID_SPACE_IPV6,		/* a next header */
	RESID_SPACE_PPP
};

/* What is done about a header. */
enum resid_encap {
	RESID_ENCAP_PLAIN,		/* carries no packet */
	RESID_ENCAP_READ,		/* belongs to the packet that is being read, and another header follows */
	RESID_ENCAP_INNER,		/* carries another packet, which is read */
	RESID_ENCAP_LINK,		/* is of the link, if it is well-formed */
	RESID_ENCAP_ENDPOINT,		/* carries another packet, which is left to the endpoint */
	RESID_ENCAP_REFUSE		/* carries another packet: unparsable */
};

struct resid_parse {
	struct resid_packet *packet;
	const struct resid_bytes *bytes;
	const struct resid_nat64 *nat64;
	unsigned int nat64_count;
	/* The header that is to be read. */
	enum resid_space space;
	u16 id;
	u32 at;				/* its offset */
	u32 from;			/* the offset of the one that named it */
	u32 end;			/* where the innermost packet ends, by the headers read so far */
	u32 bare;			/* bytes from @at on, by the outer IP header that stands right before; else 0 */
	u8 family;			/* of the last of them */
	u8 hop_limit;			/* of the outer one */
	u32 frame;			/* offset of the last Ethernet header */
	u32 frame_end;			/* where the frame ends, whatever headers in it say */
	bool fragment;			/* what is read is, or lies in, a first fragment */
	bool inner;			/* what is read lies inside a tunnel */
};

/*
 * The @length bytes at @offset, in place or copied to @buffer; NULL if the packet ends before. Nobody else reads bytes
 * of a packet, so that its extent is known.
 */
static inline const void *resid_parse_at(struct resid_parse *parse, u32 offset, u32 length, void *buffer)
{
	if (offset > parse->end || length > parse->end - offset)
		return NULL;
	if (offset + length > parse->packet->extent)
		parse->packet->extent = offset + length;
	return resid_bytes_at(parse->bytes, offset, length, buffer);
}

/* The innermost packet ends at @end at the latest. */
static inline void resid_parse_bound(struct resid_parse *parse, u32 end)
{
	if (end < parse->end)
		parse->end = end;
}

static inline void resid_parse_next(struct resid_parse *parse, enum resid_space space, u16 id, u32 at)
{
	parse->space = space;
	parse->id = id;
	parse->at = at;
}

static inline void resid_parse_next_proto(struct resid_parse *parse, u8 proto, u32 at)
{
	resid_parse_next(parse, parse->family == AF_INET ? RESID_SPACE_IPV4 : RESID_SPACE_IPV6, proto, at);
}

/*
 * Each is in the file of its stem. Those without arguments beside the first read the header at @parse->at, and call
 * resid_parse_next() if another follows. False: unparsable.
 */

/* Reads header after header, from that at @parse->at on. */
bool resid_encap_walk(struct resid_parse *parse);
/* What is done about that header. */
enum resid_encap resid_encap_of(enum resid_space space, u16 id);
/* Of a number that the table does not have: true if it names nothing that could be a packet inside another. */
bool resid_encap_foreign(struct resid_parse *parse);

bool resid_frame_ethernet(struct resid_parse *parse);
bool resid_frame_tag(struct resid_parse *parse);
bool resid_frame_hsr(struct resid_parse *parse);
bool resid_frame_snap(struct resid_parse *parse);

/* These are of the link if they are what they claim, else frames of an unknown kind. */
bool resid_link_arp(struct resid_parse *parse);
bool resid_link_slow(struct resid_parse *parse);
bool resid_link_eapol(struct resid_parse *parse);
bool resid_link_lldp(struct resid_parse *parse);
bool resid_link_ptp(struct resid_parse *parse);
bool resid_link_stp(struct resid_parse *parse);

bool resid_ip_read4(struct resid_parse *parse);
bool resid_ip_read6(struct resid_parse *parse);
/* A fragment that begins @offset bytes behind @at, which is where what @proto names would begin. */
bool resid_ip_fragment(struct resid_parse *parse, u8 proto, u32 at, u32 offset);

bool resid_extension_auth(struct resid_parse *parse);
bool resid_extension_options(struct resid_parse *parse);
bool resid_extension_routing(struct resid_parse *parse);
bool resid_extension_fragment(struct resid_parse *parse);
bool resid_extension_last(struct resid_parse *parse);

bool resid_transport_read(struct resid_parse *parse);
/* The header has a checksum, @offset bytes from its beginning. */
void resid_transport_sum(struct resid_parse *parse, u32 offset);

bool resid_tunnel_gre(struct resid_parse *parse);
bool resid_tunnel_wccp(struct resid_parse *parse);
bool resid_tunnel_erspan(struct resid_parse *parse);
bool resid_tunnel_etherip(struct resid_parse *parse);
bool resid_tunnel_mpls(struct resid_parse *parse);
bool resid_tunnel_pppoe(struct resid_parse *parse);
bool resid_tunnel_ppp(struct resid_parse *parse);
bool resid_tunnel_pim(struct resid_parse *parse);
bool resid_tunnel_igmp(struct resid_parse *parse);

/* Adds a destination; of an IPv6 one also what is inside the address. */
bool resid_dest_add(struct resid_parse *parse, u8 family, const u8 *address);
bool resid_dest_add6(struct resid_parse *parse, const u8 address[16]);

#endif /* _RESID_PARSE_H */
