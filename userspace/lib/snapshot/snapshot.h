/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a snapshot (.rsnap): the kernel's tables and the full table with its names. A snapshot is immutable; all
 * strings and views that these functions give belong to it.
 */
#ifndef RESID_SNAPSHOT_SNAPSHOT_H
#define RESID_SNAPSHOT_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "kmod/verdict.h"
#include "util/address.h"
#include "util/error.h"

struct snapshot;

/* What is known of an address. */
struct snapshot_place {
	char prefix[64];	/* "52.46.0.0/15": the longest prefix of one answer that holds the address */
	const char *location;	/* "FR"; or local, anycast, ..., unknown: also where sources dispute it */
	const char *where;	/* "DE,FR": every place that it may be in, by some source that counts */
	const char *source;	/* who says the location: "tor-geoipdb", "policy", "iana"; "" : nobody */
	const char *source_date;	/* "2026-06-13", or "" */
	const char *registered;	/* "IE": where its holder is registered, by anybody; "" : unknown */
	const char *control;	/* "FR,US": whose law reaches it, by anybody who names an operator, sorted; "" : unknown */
	const char *tier;	/* "feed": the strongest who names it (geo/control.h); "none" */
	const char *control_source, *control_date;	/* who that is; "" */
	bool settled;		/* by an override that has an end: nothing else counts */
	const char *operator, *operator_name, *operator_parent;	/* "" : not known */
	const char *citation, *reviewed;	/* of what is known of the operator; "" */
	const char *basis;	/* "US: CLOUD Act (18 USC 2713); US: ..., until 2026-04-20": why those laws reach it; "" */
	const char *place_tier;	/* "geoip": who says the location (geo/place.h); "none" */
	uint16_t group;		/* of the kernel's table */
};

struct snapshot_class {
	uint8_t id;
	const char *name;	/* "health" */
	const char *judged_as;	/* for unlabelled and kernel: the class that stands for it; else NULL */
	enum resid_verdict fallback;	/* of what no rule matches */
	bool permissive;
	bool deny_on_loss;	/* what cannot be recorded in full does not leave */
};

struct snapshot_rule {
	const char *id;
	const char *reason;
	const char *clause, *justification;	/* "" : none */
	const char *owner, *ticket;	/* of an exception, else "" */
	int64_t from, until;	/* seconds since the epoch; INT64_MIN, INT64_MAX: no beginning, no end */
	enum resid_verdict verdict;
	uint64_t key;
};

/* A default class assignment of the policy, "unit:system.slice" to "technical". */
struct snapshot_assignment {
	const char *target;
	uint8_t class_id;
};

/* Maps and checks a file, all sections and digests. 0, or -1 with *err set. */
int snapshot_open(const char *path, struct snapshot **out, struct resid_error *err);
/* The same on bytes in memory, which the snapshot takes over (free()). */
int snapshot_adopt(void *data, size_t length, const char *name, struct snapshot **out, struct resid_error *err);
void snapshot_free(struct snapshot *snapshot);

const void *snapshot_bytes(const struct snapshot *snapshot, size_t *length);
const void *snapshot_kernel_part(const struct snapshot *snapshot, size_t *length);
const struct resid_table *snapshot_table(const struct snapshot *snapshot);
const uint8_t *snapshot_generation(const struct snapshot *snapshot);	/* 32 bytes */
const char *snapshot_policy_name(const struct snapshot *snapshot);	/* the policy's file name, without folders */
const char *snapshot_policy_text(const struct snapshot *snapshot);	/* the YAML as it was compiled */

/* Longest-prefix lookup in the full table; address in network order, 4 or 16 bytes. */
void snapshot_lookup(const struct snapshot *snapshot, sa_family_t family, const void *address,
		     struct snapshot_place *out);

/* What one source says of an address on one axis. */
struct snapshot_opinion {
	const char *axis;		/* "location", "registered", "control" */
	const char *tier;		/* "geoip", "rir", "feed" */
	const char *answer;		/* "FR,US" */
	const char *source, *file, *date;	/* date "" : the data do not say */
	const char *operator;		/* id, or "" */
	int64_t fresh_until;		/* seconds since the epoch; INT64_MIN: it has no date; INT64_MAX: for good */
	bool fresh;			/* it was when the policy was compiled */
	bool ignored; /* of a location: an older one of a weaker source, or beyond its operator's ranges */
	bool contradicts; /* of what the strongest of the axis says or, of `registered`, of who controls it */
};

/* All that is said of an address, axis by axis and from strong to weak: at most `room`. Gives how much there is. */
size_t snapshot_opinions(const struct snapshot *snapshot, sa_family_t family, const void *address,
			 struct snapshot_opinion *out, size_t room);

/* Which AS announces an address, and what the AS database calls it. */
struct snapshot_as {
	uint32_t number;	/* 0: not known */
	const char *name;	/* "OVH SAS": at most SOURCE_AS_NAME bytes of UTF-8 without control characters; "" */
};

struct snapshot_as snapshot_as_of(const struct snapshot *snapshot, sa_family_t family, const void *address);

/* As snapshot_lookup() for every range of one answer inside first..last, keys (util/address.h); prefix is not set. */
typedef void snapshot_piece(void *context, u128 first, u128 last, const struct snapshot_place *place);
void snapshot_walk(const struct snapshot *snapshot, sa_family_t family, u128 first, u128 last, snapshot_piece *piece,
		   void *context);

/* Of the full table, both families. */
size_t snapshot_zone_count(const struct snapshot *snapshot);
size_t snapshot_range_count(const struct snapshot *snapshot);

size_t snapshot_class_count(const struct snapshot *snapshot);
struct snapshot_class snapshot_class_at(const struct snapshot *snapshot, size_t index);
/* By id (every id has a name: undeclared ones are "class-N", 0 "unlabelled", 255 "kernel"). */
const char *snapshot_class_name(const struct snapshot *snapshot, uint8_t id);
/* Id, or -1 when the policy has no such class. */
int snapshot_class_find(const struct snapshot *snapshot, const char *name);

size_t snapshot_rule_count(const struct snapshot *snapshot);
struct snapshot_rule snapshot_rule_at(const struct snapshot *snapshot, size_t index);

/* A file of location data: "tor-geoipdb", "geoip", "2026-06-25"; a source without a file has file "". */
struct snapshot_source {
	const char *name, *file, *date;
	const char *tier;	/* the strongest of the tiers that it speaks in; "location" */
	const uint8_t *sha256;	/* RESID_DIGEST_LEN */
	const char *accepted;	/* what was wrong with it and let pass by --accept; "" */
	uint64_t prefixes, v4, v6;	/* how much it says: prefixes, IPv4 addresses, /64s */
};

/* From then on, in seconds since the epoch, a source is older than the policy lets it be; 0: never. */
int64_t snapshot_stale_at(const struct snapshot *snapshot);
/* Key of the data that it was made of (geo/world_file.h). */
const uint8_t *snapshot_world(const struct snapshot *snapshot);

size_t snapshot_source_count(const struct snapshot *snapshot);
struct snapshot_source snapshot_source_at(const struct snapshot *snapshot, size_t index);

/* A country set as it was when the policy was compiled: "EU", "2020-02-01", where that stands, "AT BE ...". */
struct snapshot_set {
	const char *name, *date, *source, *members;
	int64_t ends;		/* seconds since the epoch: from then on it is law no more; 0: none is known */
};

size_t snapshot_set_count(const struct snapshot *snapshot);
struct snapshot_set snapshot_set_at(const struct snapshot *snapshot, size_t index);
/* The first of those that have ended by a time, in seconds since the epoch; NULL: none has. */
const char *snapshot_set_ended(const struct snapshot *snapshot, int64_t now, int64_t *ended);

size_t snapshot_assignment_count(const struct snapshot *snapshot);
struct snapshot_assignment snapshot_assignment_at(const struct snapshot *snapshot, size_t index);

#endif
