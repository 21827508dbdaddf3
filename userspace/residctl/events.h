/* SPDX-License-Identifier: Apache-2.0 */
/* Records of the spool on standard output. */
#ifndef RESIDCTL_EVENTS_H
#define RESIDCTL_EVENTS_H

#include "spool/event.h"
#include "util/cleanup.h"
#include "util/error.h"

enum events_form {
	EVENTS_LINE,	/* a sentence a record, for people */
	EVENTS_TABLE,
	EVENTS_JSON,	/* one object a line */
	EVENTS_CSV,	/* RFC 4180, with a header */
};

struct events;

int events_new(enum events_form form, struct events **out, struct resid_error *err);
void events_free(struct events *events);
DEFINE_CLEANUP(events, struct events *, events_free);
void events_print(struct events *events, const struct audit_event *event);

#endif
