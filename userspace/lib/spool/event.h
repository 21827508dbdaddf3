/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One audit record with all that is known of it: what the kernel counted, and the names that the daemon found when it
 * drained it. It is kept in the spool (spool.h) and read from there by every sink, in whatever format.
 *
 * Not known is NULL for a text, 0 for a number where nothing else is said. A fact that a fold gave up is not known.
 * Texts come from workloads and may hold any bytes but zero; whoever writes them escapes them.
 */
#ifndef RESID_SPOOL_EVENT_H
#define RESID_SPOOL_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kmod/uapi/resid.h"
#include "util/buffer.h"

enum audit_kind {
	AUDIT_KIND_NONE,
	AUDIT_KIND_EGRESS,	/* what the kernel refused, or let pass and recorded */
	AUDIT_KIND_HEAD,	/* the signed end of a segment of the spool */
	AUDIT_KIND_GAP,		/* records that this reader will never see: their segments are gone */
	AUDIT_KIND_NOTICE,	/* what the daemon has to say of the record itself: a full disk and what it cost */
	AUDIT_KIND_COUNT
};

enum audit_address_state {
	AUDIT_ADDRESS_NONE,
	AUDIT_ADDRESS_WHOLE,
	AUDIT_ADDRESS_TRUNCATED,	/* the first `length` bits; the rest is zero */
	AUDIT_ADDRESS_HASHED		/* bytes are a keyed hash, and no address */
};

struct audit_address {
	uint8_t bytes[16];	/* network order; IPv4 in the first four */
	uint8_t state;		/* enum audit_address_state */
	uint8_t length;		/* bits that are true */
};

/* What sport, dport, icmp_* and ethertype mean here. */
enum audit_detail {
	AUDIT_DETAIL_NONE,
	AUDIT_DETAIL_PORTS,
	AUDIT_DETAIL_ICMP,
	AUDIT_DETAIL_ETHERTYPE
};

struct audit_event {
	uint8_t kind;		/* enum audit_kind */
	uint64_t sequence;	/* place in this node's spool, from 1, without gaps */

	/* Which record: the run of the module, its batch, the record's index in it. */
	uint8_t instance[16];
	uint64_t batch;
	uint32_t index;

	/* The node. */
	const char *host;	/* its name */
	const char *host_id;	/* /etc/machine-id */

	/* When. Nanoseconds; wall: since the epoch, UTC. */
	uint64_t first_wall_ns, last_wall_ns;
	uint64_t first_boot_ns, last_boot_ns;
	bool clock_unsynchronised;	/* the kernel said so when the record was drained */

	/* The judgement. */
	uint8_t verdict;	/* enum resid_verdict */
	uint8_t hook;		/* enum resid_hook */
	uint8_t fold;		/* enum resid_fold */
	uint8_t flags;		/* RESID_AUDIT_F_* */
	uint8_t class_id;
	const char *class_name;
	const char *rule;	/* its id; "rule-7" when the generation is not known */
	const char *reason, *clause, *justification;
	const char *policy;	/* the policy's file name */
	uint8_t generation[RESID_DIGEST_LEN];
	uint8_t generation_length;	/* bytes of it that are known: 0, 8 or 32 */

	/* The packets. */
	uint64_t packets, bytes;
	uint8_t family;		/* AF_INET, AF_INET6, or 0: not IP */
	uint8_t proto;		/* IPPROTO_*, of IP only */
	uint8_t detail;		/* enum audit_detail */
	uint8_t icmp_type, icmp_code;
	uint8_t tcp_flags;	/* of all packets, united */
	uint16_t sport, dport;	/* host order */
	uint16_t ethertype;
	struct audit_address src, dst;

	/* The destination, as the generation knew it. */
	const char *location;	/* "FR"; or local, special, unknown, ... */
	const char *prefix;	/* "52.46.0.0/15" */
	const char *control;	/* "FR,US"; "" : nobody knows whose law reaches it */
	const char *tier;	/* how strong the evidence is: "feed" */
	const char *control_source;
	const char *operator, *operator_name;
	uint32_t asn;
	const char *as_name;

	/* The sender. */
	uint32_t ifindex;
	const char *ifname;
	uint64_t netns;		/* cookie */
	const char *netns_name;
	uint64_t cgroup_id;
	const char *cgroup;	/* path */
	const char *unit;	/* "nginx.service" */
	const char *container;	/* id */
	const char *runtime;	/* "podman", "docker", "containerd", "crio" */
	const char *tenant;
	uint32_t uid;		/* UINT32_MAX: not known */
	uint64_t socket;	/* cookie */
	uint32_t pid;
	const char *comm;
	uint64_t started_wall_ns;	/* the process */

	const char *head;	/* AUDIT_KIND_HEAD: the line that `residctl audit heads` prints */
	const char *text;	/* AUDIT_KIND_NOTICE, AUDIT_KIND_GAP: a sentence */
	uint64_t lost;		/* AUDIT_KIND_GAP: records. AUDIT_KIND_NOTICE: packets recorded under a coarser key */
};

/* An event of which nothing is known. */
void event_init(struct audit_event *event);

/*
 * The record's id, unique for ever and the same at every delivery: INSTANCE-BATCH-INDEX; of what is not the kernel's
 * own, SPOOL-KIND-SEQUENCE, SPOOL being what `instance` then holds.
 */
#define AUDIT_ID 96
void event_id(const struct audit_event *event, char out[AUDIT_ID]);

/* "egress", "head", "gap", "notice". */
const char *event_kind_name(enum audit_kind kind);
const char *event_hook_name(uint8_t hook);
/* NULL for RESID_FOLD_NONE. */
const char *event_fold_name(uint8_t fold);
/* The flags by name, one bit at a time: event_flag_name(1u << i); NULL: no such flag, or one said by `enforced`. */
const char *event_flag_name(uint8_t flag);
/* "tcp", or the number. */
const char *event_proto_name(uint8_t proto, char number[4]);
static inline bool event_is_enforced(const struct audit_event *event)
{
	return !(event->flags & RESID_AUDIT_F_PERMISSIVE);
}

/* "192.0.2.1"; truncated "192.0.2.0/24"; hashed "hash:0123...": false and "" for AUDIT_ADDRESS_NONE. */
#define AUDIT_ADDRESS_TEXT 64
bool event_address(uint8_t family, const struct audit_address *address, char out[AUDIT_ADDRESS_TEXT]);

/*
 * The form in the spool: fields as (number, length, bytes), the numbers for ever; what is not known takes no room.
 * Host, host_id and sequence are the segment's to keep. event_decode: texts of *event point into the bytes; fields that
 * this version does not know are passed over. False when the bytes are none of this form.
 */
void event_encode(const struct audit_event *event, struct buffer *out);
bool event_decode(const uint8_t *bytes, size_t length, struct audit_event *event);

#endif
