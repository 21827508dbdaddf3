/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One audit record as one line of JSON. The kernel's record has numbers; the generation that it names has the words.
 *
 *   id                   INSTANCE-BATCH-INDEX, unique for ever
 *   time_first time_last RFC 3339, UTC
 *   class verdict rule reason enforced   enforced is false when the node or the class was permissive
 *   hook                 local_out, forward or egress
 *   family proto src sport dst dport     ICMP: icmp_type, icmp_code; frames that are not IP: ethertype
 *   location prefix      of dst, as the generation knew it
 *   generation packets bytes ifindex netns cgroup_id cgroup uid socket tcp_flags
 *   fold flags           what was given up when the kernel's table was full; what was special
 *
 * What is not known, or has no meaning for the record, is not there.
 */
#ifndef RESID_AUDIT_RECORD_H
#define RESID_AUDIT_RECORD_H

#include "../../../kmod/uapi/resid.h"
#include "sink/jsonw.h"
#include "snapshot/snapshot.h"

#define RECORD_GENERATIONS	4	/* kept open at a time */
#define RECORD_CGROUPS		1024	/* paths remembered: a power of two */

/* Owns what it has looked up so far. */
struct record_context {
	uint8_t instance[16];
	struct record_generation {
		uint64_t first;
		struct snapshot *snapshot;	/* NULL: its file is not there */
		uint64_t used;
	} generation[RECORD_GENERATIONS];
	uint64_t clock;
	struct record_cgroup {
		uint64_t id;
		char *path;
	} cgroup[RECORD_CGROUPS];
};

void record_context_fini(struct record_context *context);
/* Forgets generations whose file was missing; their files may have come. */
void record_context_refresh(struct record_context *context);

/* Appends one line. */
void record_write(struct jsonw *json, struct record_context *context, uint64_t batch, uint32_t index,
		  const struct resid_audit_record *record);

/* Reads the id at the beginning of a line that record_write wrote. */
bool record_parse_id(const char *line, size_t length, uint8_t instance[16], uint64_t *batch, uint32_t *index);

#endif
