/* SPDX-License-Identifier: GPL-2.0-only */
/* Control path. A snapshot on its way in: one at a time, it belongs to the socket that began it and dies with it. */
#ifndef _RESID_STAGE_H
#define _RESID_STAGE_H

#include <linux/types.h>

struct netlink_ext_ack;

/* All: process context; 0 or a negative errno with a sentence in extack. @portid is the sender's. */

int resid_stage_begin(u32 portid, u32 length, u64 *token, struct netlink_ext_ack *extack);
int resid_stage_chunk(u32 portid, u64 token, u32 offset, const void *data, u32 length, struct netlink_ext_ack *extack);
/* Validates and publishes; the stage is gone afterwards, whatever the outcome. */
int resid_stage_commit(u32 portid, u64 token, const u8 *replaces, u32 confirm, struct netlink_ext_ack *extack);

/* The socket @portid is gone. */
void resid_stage_release(u32 portid);
void resid_stage_fini(void);

#endif /* _RESID_STAGE_H */
