// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* The list of destinations that a packet names, and the IPv4 addresses inside IPv6 ones. */
#include "parse.h"

/* RFC 6052 §2.2: the address follows the prefix and skips bits 64 to 71. */
static void dest_nat64(const u8 address[16], u8 prefix_length, u8 ipv4[4])
{
	unsigned int from = prefix_length / 8, to;

	for (to = 0; to < 4; to++, from++) {
		if (from == 8)
			from++;
		ipv4[to] = address[from];
	}
}

unsigned int resid_dest_embedded(const u8 address[16], const struct resid_nat64 *nat64, unsigned int nat64_count,
				 u8 ipv4[RESID_DEST_EMBEDDED_MAX][4])
{
	static const u8 well_known[12] = { 0x00, 0x64, 0xff, 0x9b };
	static const u8 zero[10];
	unsigned int count = 0, i;

	/* ::a.b.c.d, ::ffff:a.b.c.d, ::ffff:0:a.b.c.d; :: and ::1 are none of them */
	if (!memcmp(address, zero, 8) && get_unaligned_be64(address + 8) > 1) {
		u32 middle = get_unaligned_be32(address + 8);

		if (middle == 0 || middle == 0xffff || middle == 0xffff0000)
			memcpy(ipv4[count++], address + 12, 4);
	} else if (!memcmp(address, well_known, sizeof(well_known))) {
		memcpy(ipv4[count++], address + 12, 4);
	} else if (get_unaligned_be16(address) == 0x2002) {
		memcpy(ipv4[count++], address + 2, 4);
	} else if (get_unaligned_be32(address) == 0x20010000) {
		memcpy(ipv4[count++], address + 4, 4);
		for (i = 0; i < 4; i++)
			ipv4[count][i] = ~address[12 + i];
		count++;
	}
	if ((get_unaligned_be32(address + 8) & ~0x02000000u) == 0x00005efe)
		memcpy(ipv4[count++], address + 12, 4);
	for (i = 0; i < nat64_count && i < RESID_NAT64_MAX; i++)
		if (!memcmp(address, nat64[i].prefix, nat64[i].length / 8))
			dest_nat64(address, nat64[i].length, ipv4[count++]);
	return count;
}

bool resid_dest_add(struct resid_parse *parse, u8 family, const u8 *address)
{
	struct resid_packet *packet = parse->packet;
	struct resid_dest *dest;

	if (packet->dest_count == RESID_DEST_MAX)
		return false;
	dest = &packet->dest[packet->dest_count++];
	memset(dest, 0, sizeof(*dest));
	dest->family = family;
	memcpy(dest->address, address, family == AF_INET ? 4 : 16);
	return true;
}

bool resid_dest_add6(struct resid_parse *parse, const u8 address[16])
{
	u8 ipv4[RESID_DEST_EMBEDDED_MAX][4];
	unsigned int count, i;

	if (!resid_dest_add(parse, AF_INET6, address))
		return false;
	count = resid_dest_embedded(address, parse->nat64, parse->nat64_count, ipv4);
	for (i = 0; i < count; i++)
		if (!resid_dest_add(parse, AF_INET, ipv4[i]))
			return false;
	return true;
}
