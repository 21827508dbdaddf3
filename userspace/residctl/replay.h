/* SPDX-License-Identifier: Apache-2.0 */
/* Packets that were, judged by two snapshots: which of them would meet another verdict now. */
#ifndef RESIDCTL_REPLAY_H
#define RESIDCTL_REPLAY_H

#include "kmod/packet.h"
#include "change.h"

struct replay_change;

struct replay {
	const struct snapshot *old, *new;
	int64_t now;			/* at which time exceptions are judged */
	bool all;			/* keep every flow of a change, not only the first few */
	uint64_t packets, bytes;	/* judged */
	uint64_t changed;		/* packets among them */
	uint64_t untold;		/* packets that do not say where they went, or whose data they were */
	struct intern *keys;
	struct replay_change *change;
	size_t count, capacity;
};

void replay_init(struct replay *replay, const struct snapshot *old, const struct snapshot *new, int64_t now);
void replay_fini(struct replay *replay);

/* What Resid wrote down: JSON lines. Refused with FILE:LINE. */
int replay_log(struct replay *replay, const char *path, struct resid_error *err);

/* One kind of packets. packet: as the kernel's parser has it; class: by name, unlabelled where a policy has it not. */
struct replay_packet {
	const char *class;
	const uint8_t *data;
	size_t length;
	enum resid_link link;
	enum resid_direction direction;
	uint64_t bytes;
};

void replay_bytes(struct replay *replay, const struct replay_packet *packet);

void replay_json(const struct replay *replay, struct jsonw *json, const char *key);
void replay_text(const struct replay *replay);

#endif
