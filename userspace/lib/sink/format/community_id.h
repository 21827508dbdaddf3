/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Community ID version 1: the same short text for both directions of a flow, from every tool that sees it
 * (https://github.com/corelight/community-id-spec).
 */
#ifndef RESID_SINK_FORMAT_COMMUNITY_ID_H
#define RESID_SINK_FORMAT_COMMUNITY_ID_H

#include <stdbool.h>

#include "spool/event.h"
#include "util/cleanup.h"
#include "util/error.h"

#define COMMUNITY_ID	40	/* "1:", 28 of base64, a zero */

/* A digest that is ready to use again. */
struct community_id;

int community_id_new(struct community_id **out, struct resid_error *err);
void community_id_free(struct community_id *id);
DEFINE_CLEANUP(community_id, struct community_id *, community_id_free);

/* False, and "", when the record does not have all that the id is made of: a fold or a hidden address took it. */
bool community_id(struct community_id *id, const struct audit_event *event, char out[COMMUNITY_ID]);

#endif
