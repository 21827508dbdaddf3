/* SPDX-License-Identifier: Apache-2.0 */
/* A packet's destination as words say it, and what the kernel's own functions make of it. */
#ifndef RESIDCTL_DESTINATION_H
#define RESIDCTL_DESTINATION_H

#include "kmod/packet.h"
#include "snapshot/snapshot.h"

struct destination_place {
	sa_family_t family;
	uint8_t address[16];
	char text[ADDRESS_TEXT];
	struct snapshot_place place;
	uint16_t rule;
};

struct destination {
	struct resid_flow flow;
	const char *proto_name;
	struct destination_place place[1 + RESID_DEST_EMBEDDED_MAX];	/* the outer one first */
	size_t count, decided;		/* index of the strictest */
	bool link;			/* it never leaves the link */
};

/* IP, IP:PORT, [IPv6]:PORT, each with /PROTOCOL or without; takes text apart in place and keeps pointers into it. */
int destination_parse(struct destination *out, char *text, struct resid_error *err);

/* Decimal digits, up to max. */
bool destination_number(const char *text, unsigned int max, unsigned int *out);

/* The rule for one address, 4 or 16 bytes in network order. */
uint16_t destination_rule(const struct resid_table *table, uint8_t class_id, sa_family_t family, const uint8_t *address,
			  const struct resid_flow *flow);

/* Every destination is judged, the strictest verdict holds. */
void destination_judge(struct destination *out, const struct snapshot *snapshot, uint8_t class_id);

#endif
