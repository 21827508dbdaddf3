// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The one table of what a header can carry, and what is done about it. The walk over a packet asks it for every header,
 * so it cannot disagree with what happens.
 *
 * It holds what the receive path of a stock Linux unpacks and could forward: the ethertypes of dev_add_pack() and of
 * the VLAN code, SNAP clients, the protocols of inet_add_protocol(), inet6_add_protocol() and the tunnel4, tunnel6 and
 * xfrm handlers behind them, gre_add_protocol(), what a GRE device makes of its ethertype, PPP's protocols, and IPv6's
 * extension headers, as read in the source of 6.1. Other tunnels that routers are known to unpack are here as well.
 * Nothing that may carry a packet and cannot be read goes on as if it carried none:
 *
 *   a number that is not here    of an IP protocol: the data of the endpoint, as TCP's are
 *                                of a frame: a frame of an unknown kind, for which policies have a rule
 *                                inside a tunnel: refused
 *
 * What an endpoint unpacks by its own configuration and no header tells is its own business: port numbers of UDP
 * tunnels, translated addresses (NAT, NAT64 and 6rd with prefixes that the policy does not name, ILA, compressed SRv6
 * segments), and what a program there sends on.
 */
#include "parse.h"

#define ENCAP_HEADERS_MAX 24

struct encap {
	u16 spaces;			/* a bit for each enum resid_space */
	u16 id;
	enum resid_encap what;
	bool (*read)(struct resid_parse *parse);
};

#define IN_FRAME BIT(RESID_SPACE_FRAME)
#define IN_TYPE BIT(RESID_SPACE_ETHERTYPE)
#define IN_GRE BIT(RESID_SPACE_GRE)
#define IN_LLC BIT(RESID_SPACE_LLC)
#define IN_IPV4 BIT(RESID_SPACE_IPV4)
#define IN_IPV6 BIT(RESID_SPACE_IPV6)
#define IN_IP (IN_IPV4 | IN_IPV6)
#define IN_PPP BIT(RESID_SPACE_PPP)

static const struct encap encap_table[] = {
	/* what nearly all packets are made of */
	{ IN_TYPE | IN_GRE, 0x0800, RESID_ENCAP_READ, resid_ip_read4 }, /* IPv4 */
	{ IN_IP, 6, RESID_ENCAP_PLAIN, resid_transport_read }, /* TCP */
	{ IN_IP, 17, RESID_ENCAP_PLAIN, resid_transport_read }, /* UDP */
	{ IN_TYPE | IN_GRE, 0x86dd, RESID_ENCAP_READ, resid_ip_read6 }, /* IPv6 */

	/* what a frame carries beside */
	{ IN_FRAME, 0, RESID_ENCAP_READ, resid_frame_ethernet }, /* the frame itself, in a tunnel */
	{ IN_TYPE | IN_GRE, 0x8100, RESID_ENCAP_READ, resid_frame_tag }, /* VLAN */
	{ IN_TYPE | IN_GRE, 0x88a8, RESID_ENCAP_READ, resid_frame_tag }, /* provider VLAN */
	{ IN_TYPE | IN_GRE, 0x9100, RESID_ENCAP_READ, resid_frame_tag }, /* provider VLAN before 802.1ad */
	{ IN_TYPE | IN_GRE, 0x892f, RESID_ENCAP_READ, resid_frame_hsr }, /* HSR */
	{ IN_LLC, 0xaaaa, RESID_ENCAP_READ, resid_frame_snap }, /* SNAP */
	{ IN_TYPE, 0x0806, RESID_ENCAP_LINK, resid_link_arp }, /* ARP */
	{ IN_TYPE, 0x8809, RESID_ENCAP_LINK, resid_link_slow }, /* LACP */
	{ IN_TYPE, 0x888e, RESID_ENCAP_LINK, resid_link_eapol }, /* EAPOL */
	{ IN_TYPE, 0x88cc, RESID_ENCAP_LINK, resid_link_lldp }, /* LLDP */
	{ IN_TYPE, 0x88f7, RESID_ENCAP_LINK, resid_link_ptp }, /* PTP */
	{ IN_LLC, 0x4242, RESID_ENCAP_LINK, resid_link_stp }, /* spanning tree */
	{ IN_TYPE | IN_GRE, 0x8847, RESID_ENCAP_INNER, resid_tunnel_mpls }, /* MPLS */
	{ IN_TYPE | IN_GRE, 0x8848, RESID_ENCAP_INNER, resid_tunnel_mpls }, /* MPLS, label from upstream */
	{ IN_TYPE | IN_GRE, 0x8864, RESID_ENCAP_INNER, resid_tunnel_pppoe }, /* PPPoE session */
	{ IN_TYPE | IN_GRE, 0x6558, RESID_ENCAP_INNER, resid_frame_ethernet }, /* Ethernet inside */
	{ IN_TYPE, 0x88e5, RESID_ENCAP_ENDPOINT, NULL }, /* MACsec: only a neighbour that shares its key unpacks it */
	{ IN_TYPE, 0x0805, RESID_ENCAP_REFUSE, NULL }, /* X.25 */
	{ IN_TYPE, 0x08ff, RESID_ENCAP_REFUSE, NULL }, /* AX.25 over Ethernet, which can carry IP */
	{ IN_TYPE, 0x22f3, RESID_ENCAP_REFUSE, NULL }, /* TRILL */
	{ IN_TYPE, 0x4305, RESID_ENCAP_REFUSE, NULL }, /* batman-adv */
	{ IN_TYPE, 0x6000, RESID_ENCAP_REFUSE, NULL }, /* LAPB over Ethernet */
	{ IN_TYPE, 0x809b, RESID_ENCAP_REFUSE, NULL }, /* AppleTalk, which can carry IP */
	{ IN_TYPE, 0x880b, RESID_ENCAP_REFUSE, NULL }, /* PPP */
	{ IN_TYPE, 0x88b7, RESID_ENCAP_REFUSE, NULL }, /* 802 OUI extended, CAIF over USB */
	{ IN_TYPE, 0x88e7, RESID_ENCAP_REFUSE, NULL }, /* provider backbone (802.1ah) */
	{ IN_TYPE, 0x8909, RESID_ENCAP_REFUSE, NULL }, /* Cisco metadata */
	{ IN_TYPE, 0x8926, RESID_ENCAP_REFUSE, NULL }, /* VN-Tag */
	{ IN_TYPE, 0x893f, RESID_ENCAP_REFUSE, NULL }, /* E-Tag (802.1BR) */
	{ IN_TYPE, 0x894f, RESID_ENCAP_REFUSE, NULL }, /* NSH */
	{ IN_TYPE, 0x9200, RESID_ENCAP_REFUSE, NULL }, /* provider VLAN before 802.1ad */
	{ IN_TYPE, 0x9300, RESID_ENCAP_REFUSE, NULL }, /* provider VLAN before 802.1ad */
	{ IN_TYPE, 0xa0ed, RESID_ENCAP_REFUSE, NULL }, /* 6LoWPAN */
	{ IN_TYPE, 0xdada, RESID_ENCAP_REFUSE, NULL }, /* DSA */
	{ IN_LLC, 0x0606, RESID_ENCAP_REFUSE, NULL }, /* IP behind 802.2 */
	{ IN_LLC, 0x7e7e, RESID_ENCAP_REFUSE, NULL }, /* X.25 behind 802.2 */

	/* what GRE carries beside */
	{ IN_GRE, 0x883e, RESID_ENCAP_INNER, resid_tunnel_wccp }, /* WCCP */
	{ IN_GRE, 0x88be, RESID_ENCAP_INNER, resid_tunnel_erspan }, /* ERSPAN I and II */
	{ IN_GRE, 0x22eb, RESID_ENCAP_INNER, resid_tunnel_erspan }, /* ERSPAN III */
	{ IN_GRE, 0x880b, RESID_ENCAP_INNER, resid_tunnel_ppp }, /* PPP (PPTP) */
	{ IN_GRE, 0x2001, RESID_ENCAP_PLAIN, NULL }, /* NHRP */

	/* what IP carries beside */
	{ IN_IP, 1, RESID_ENCAP_PLAIN, resid_transport_read }, /* ICMP */
	{ IN_IP, 58, RESID_ENCAP_PLAIN, resid_transport_read }, /* ICMPv6 */
	{ IN_IP, 33, RESID_ENCAP_PLAIN, resid_transport_read }, /* DCCP */
	{ IN_IP, 132, RESID_ENCAP_PLAIN, resid_transport_read }, /* SCTP */
	{ IN_IP, 136, RESID_ENCAP_PLAIN, resid_transport_read }, /* UDP-Lite */
	{ IN_IPV6, 59, RESID_ENCAP_PLAIN, NULL }, /* nothing */
	{ IN_IPV6, 0, RESID_ENCAP_READ, resid_extension_options }, /* hop-by-hop options */
	{ IN_IPV6, 43, RESID_ENCAP_READ, resid_extension_routing }, /* routing header */
	{ IN_IPV6, 44, RESID_ENCAP_READ, resid_extension_fragment }, /* fragment header */
	{ IN_IPV6, 60, RESID_ENCAP_READ, resid_extension_options }, /* destination options */
	{ IN_IPV6, 135, RESID_ENCAP_PLAIN, resid_extension_last }, /* mobility header */
	{ IN_IPV6, 139, RESID_ENCAP_PLAIN, resid_extension_last }, /* HIP */
	{ IN_IPV6, 140, RESID_ENCAP_PLAIN, resid_extension_last }, /* Shim6 */
	{ IN_IP, 51, RESID_ENCAP_READ, resid_extension_auth }, /* authentication header */
	{ IN_IP, 4, RESID_ENCAP_INNER, resid_ip_read4 }, /* IPv4 inside */
	{ IN_IP, 41, RESID_ENCAP_INNER, resid_ip_read6 }, /* IPv6 inside */
	{ IN_IP, 47, RESID_ENCAP_INNER, resid_tunnel_gre }, /* GRE */
	{ IN_IP, 97, RESID_ENCAP_INNER, resid_tunnel_etherip }, /* EtherIP */
	{ IN_IP, 103, RESID_ENCAP_INNER, resid_tunnel_pim }, /* PIM, whose registers carry packets */
	{ IN_IPV4, 2, RESID_ENCAP_INNER, resid_tunnel_igmp }, /* IGMP, whose PIM of version 1 carries packets */
	{ IN_IP, 137, RESID_ENCAP_INNER, resid_tunnel_mpls }, /* MPLS in IP */
	{ IN_IP, 143, RESID_ENCAP_INNER, resid_frame_ethernet }, /* Ethernet (SRv6) */
	{ IN_IP, 50, RESID_ENCAP_ENDPOINT, NULL }, /* ESP: only who shares its key unpacks it */
	{ IN_IP, 53, RESID_ENCAP_REFUSE, NULL }, /* SwIPe */
	{ IN_IP, 55, RESID_ENCAP_REFUSE, NULL }, /* minimal encapsulation (RFC 2004) */
	{ IN_IP, 57, RESID_ENCAP_REFUSE, NULL }, /* SKIP */
	{ IN_IP, 94, RESID_ENCAP_REFUSE, NULL }, /* IP inside, of NOS, and BEET */
	{ IN_IP, 98, RESID_ENCAP_REFUSE, NULL }, /* encapsulation header (RFC 1241) */
	{ IN_IP, 108, RESID_ENCAP_REFUSE, NULL }, /* IPComp: what is compressed cannot be read */
	{ IN_IP, 115, RESID_ENCAP_REFUSE, NULL }, /* L2TP: how long its cookie is only the ends know */
	{ IN_IP, 144, RESID_ENCAP_REFUSE, NULL }, /* AGGFRAG */
	{ IN_IP, 145, RESID_ENCAP_REFUSE, NULL }, /* NSH */

	/* what PPP carries; of the rest it refuses all but its control protocols, 0x8000 and above */
	{ IN_PPP, 0x0021, RESID_ENCAP_READ, resid_ip_read4 }, /* IPv4 */
	{ IN_PPP, 0x0057, RESID_ENCAP_READ, resid_ip_read6 }, /* IPv6 */
	{ IN_PPP, 0x0281, RESID_ENCAP_INNER, resid_tunnel_mpls }, /* MPLS */
	{ IN_PPP, 0x0283, RESID_ENCAP_INNER, resid_tunnel_mpls }, /* MPLS, label from upstream */
};

/* What is done about numbers that are not in the table. */
static const struct encap encap_opaque = { 0, 0, RESID_ENCAP_PLAIN, NULL };
static const struct encap encap_foreign = { 0, 0, RESID_ENCAP_PLAIN, resid_encap_foreign };

static const struct encap *encap_find(enum resid_space space, u16 id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(encap_table); i++)
		if (encap_table[i].id == id && encap_table[i].spaces & BIT(space))
			return &encap_table[i];
	if (space == RESID_SPACE_IPV4 || space == RESID_SPACE_IPV6 || (space == RESID_SPACE_PPP && id >= 0x8000))
		return &encap_opaque;
	return &encap_foreign;
}

enum resid_encap resid_encap_of(enum resid_space space, u16 id)
{
	return encap_find(space, id)->what;
}

bool resid_encap_foreign(struct resid_parse *parse)
{
	return !parse->inner || parse->at >= parse->end;
}

static bool encap_link(struct resid_parse *parse, const struct encap *encap)
{
	if (!encap->read(parse))
		return resid_encap_foreign(parse);
	if (!parse->inner)
		parse->packet->kind = RESID_PACKET_LINK;
	return true;
}

static bool encap_step(struct resid_parse *parse)
{
	const struct encap *encap = encap_find(parse->space, parse->id);
	struct resid_packet *packet = parse->packet;
	const u32 at = parse->at;
	bool ok = true;

	if (parse->space == RESID_SPACE_IPV4 || parse->space == RESID_SPACE_IPV6) {
		packet->inner_proto = (u8)parse->id;
		packet->inner_transport = at;
		if (packet->depth == 1) {
			packet->proto = (u8)parse->id;
			packet->proto_known = encap->what != RESID_ENCAP_READ;
			packet->transport_offset = at;
		}
	}
	parse->space = RESID_SPACE_END;
	switch (encap->what) {
	case RESID_ENCAP_INNER:
		parse->inner = true;
		fallthrough;
	case RESID_ENCAP_READ:
	case RESID_ENCAP_PLAIN:
		ok = !encap->read || encap->read(parse);
		break;
	case RESID_ENCAP_LINK:
		ok = encap_link(parse, encap);
		break;
	case RESID_ENCAP_ENDPOINT:
		packet->endpoint = true;
		break;
	case RESID_ENCAP_REFUSE:
		ok = false;
		break;
	}
	parse->from = at;
	return ok;
}

bool resid_encap_walk(struct resid_parse *parse)
{
	unsigned int count;

	for (count = 0; parse->space != RESID_SPACE_END; count++)
		if (count == ENCAP_HEADERS_MAX || !encap_step(parse))
			return false;
	return true;
}
