/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the daemon and the process of a sink say to each other over a SOCK_SEQPACKET pair. Both ends are one program,
 * and one message is under way at a time:
 *
 *   daemon                         sink
 *   BEGIN  its settings       -->             the text of the file, with a final zero
 *                             <--  READY      it has them, and has given up every privilege
 *   BATCH  records            -->
 *                             <--  FAILED     it keeps trying; what is wrong, for the status
 *                             <--  PARK       one record that the receiver will never take
 *                             <--  DELIVERED  the receiver may have it: the cursor stays
 *                             <--  CONFIRMED  the receiver has it, and all before: the cursor moves
 *                             <--  REWIND     what was delivered before is in doubt: begin at the cursor again
 *   CONFIRM                   -->             answered by CONFIRMED or REWIND
 */
#ifndef RESID_SINK_WIRE_H
#define RESID_SINK_WIRE_H

#include <stdbool.h>

#include "spool/event.h"

#define WIRE_FD		3	/* of the sink's process */
#define WIRE_FULL	(96u << 10)	/* bytes of a message that takes no further record */
#define WIRE_MAX	(204u << 10)	/* with a last one of the greatest length: its texts have 4 KiB at most */
#define WIRE_BUFFER	212992	/* of the socket, which holds one message */

enum wire_type {
	WIRE_BEGIN = 1,
	WIRE_BATCH,
	WIRE_CONFIRM,
	WIRE_READY,
	WIRE_FAILED,
	WIRE_PARK,
	WIRE_DELIVERED,
	WIRE_CONFIRMED,
	WIRE_REWIND,
};

struct wire_header {
	uint32_t type;		/* enum wire_type */
	uint32_t count;		/* BATCH: records */
};

/* FAILED and PARK. */
struct wire_report {
	struct wire_header header;
	char id[AUDIT_ID];	/* PARK */
	char text[512];		/* a sentence */
	char record[2048];	/* PARK: the record as it was formatted, with a final zero */
};

/* Appends one event. False: there is no room for it in this message. */
bool wire_put(struct buffer *message, const struct audit_event *event);
/* The next event of a message from *at on. Texts point into the message. False: it is no event. */
bool wire_get(const uint8_t **at, const uint8_t *end, struct audit_event *event);

#endif
