/* SPDX-License-Identifier: Apache-2.0 */
/* Packets of a capture (pcap, pcapng), read by libpcap in a process of its own that can do nothing else. */
#ifndef RESIDCTL_CAPTURE_H
#define RESIDCTL_CAPTURE_H

#include "replay.h"
#include "util/address.h"

struct capture_inputs {
	const char *class;		/* whose data all of it is */
	const struct prefix *from;	/* only packets from these addresses; count 0: any */
	size_t from_count;
};

/* Is it a capture, by how it begins? */
bool capture_is(const char *path);

/*
 * Gives the packets to replay_bytes(). Where the capture says which packets left (Linux cooked captures do), only those
 * count. Who began a connection is learnt from the packets before.
 */
int capture_replay(struct replay *replay, const char *path, const struct capture_inputs *inputs,
		   struct resid_error *err);

#endif
