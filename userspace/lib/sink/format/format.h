/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One record as a SIEM wants it. Each format is a file of its own, and writes what is known and nothing else.
 *
 *   json      every fact by its own name (json.c)
 *   ecs       Elastic Common Schema (ecs.c)
 *   ocsf      Open Cybersecurity Schema Framework, class Network Activity (ocsf.c)
 *   cef       ArcSight Common Event Format (cef.c)
 *   rfc5424   a sentence with structured data; the header is the syslog transport's (rfc5424.c)
 *   journal   fields, for the journal's two transports only (journal.c)
 *
 * No format writes more than FORMAT_MAX bytes: receivers cut what is longer. Names are cut first, whole characters, and
 * `truncated` says so; ids and counts never are.
 */
#ifndef RESID_SINK_FORMAT_FORMAT_H
#define RESID_SINK_FORMAT_FORMAT_H

#include "spool/event.h"
#include "sink/format/community_id.h"
#include "util/jsonw.h"
#include "util/cleanup.h"
#include "util/error.h"

#define FORMAT_MAX		2048	/* bytes of a record, without a final newline */
#define FORMAT_PRODUCT		"residd"
#define FORMAT_VENDOR		"Resid"
#define FORMAT_TIME		32
/* The example number of RFC 5612: a site that has one of its own sets it. */
#define FORMAT_ENTERPRISE	32473u

/* What several formats say of one record, found once. "": not known. */
struct format_facts {
	const struct audit_event *event;
	uint32_t enterprise;
	char id[AUDIT_ID];
	char first[FORMAT_TIME], last[FORMAT_TIME];	/* RFC 3339, UTC, nanoseconds */
	char src[AUDIT_ADDRESS_TEXT], dst[AUDIT_ADDRESS_TEXT];
	bool src_whole, dst_whole;	/* an address, not a prefix and not a hash */
	char community[COMMUNITY_ID];
	char generation[2 * RESID_DIGEST_LEN + 1];
	char country[3];		/* of the destination, when its location is one */
	const char *proto;
	char proto_number[4];
};

struct format {
	const char *name;
	bool json;	/* a line of it is a JSON object */
	void (*write)(struct jsonw *out, const struct format_facts *facts);
};

extern const struct format format_json, format_ecs, format_ocsf, format_cef, format_rfc5424, format_journal;

/* NULL: there is none of that name. */
const struct format *format_find(const char *name);

struct format_writer;

int format_writer_new(const struct format *format, uint32_t enterprise, struct format_writer **out,
		      struct resid_error *err);
void format_writer_free(struct format_writer *writer);
DEFINE_CLEANUP(format_writer, struct format_writer *, format_writer_free);

/*
 * Appends one record without a newline, at most FORMAT_MAX - reserve bytes. Allocates nothing but what `out` grows by.
 * The facts stay valid until the next call.
 */
const struct format_facts *format_record(struct format_writer *writer, const struct audit_event *event, size_t reserve,
					 struct jsonw *out);

/* ---- for the formats -------------------------------------------------------------------------------------- */

/* The packet did not leave. */
bool format_is_refused(const struct audit_event *event);
/* "rejected", "dropped"; "audited", "reported" (permissive), "allowed"; of what is no packet "segment-closed", ... */
const char *format_action(const struct audit_event *event);
/* As CEF counts: 0 to 10. A refusal in permissive mode left the node, which is worse than one that did not. */
unsigned int format_severity(const struct audit_event *event);
/* As syslog counts: 2 critical, 3 error, 4 warning, 5 notice, 6 informational. */
unsigned int format_priority(const struct audit_event *event);
/* "flags": [...], when there are any. */
void format_flags(struct jsonw *out, const struct audit_event *event);
/* One sentence about the record. */
void format_sentence(const struct format_facts *facts, char *out, size_t size);
void format_time(uint64_t wall_ns, char out[FORMAT_TIME]);

#endif
