/* SPDX-License-Identifier: Apache-2.0 */
/* Which snapshot a verb speaks of, and what it is compiled from. */
#ifndef RESIDCTL_SNAPSHOTS_H
#define RESIDCTL_SNAPSHOTS_H

#include "command.h"
#include "node/store.h"
#include "snapshot/build.h"

#define _cleanup_snapshot_ _cleanup_(cleanup_snapshot)

/* clang-format off */
#define SNAPSHOTS_NOW_OPTION \
	{ "now", "TIME", "the date and time to go by, like 2026-11-22T14:00:00+01:00 (default: the clock)" }

/* Of verbs that speak of one snapshot. */
#define SNAPSHOTS_ONE_OPTION \
	{ "snapshot", "FILE", "a snapshot instead of the one in force" }

/* The options of whoever compiles: where the data are. */
#define SNAPSHOTS_DATA_OPTIONS \
	{ "geoip4", "FILE", "IPv4 locations (default /usr/share/tor/geoip)" }, \
	{ "geoip6", "FILE", "IPv6 locations (default /usr/share/tor/geoip6)" }, \
	{ "sets", "DIR", "country sets that come before the built-in ones (default /etc/resid/sets, /usr/share/resid/sets)" }, \
	{ "mmdb", "FILE", "locations as a MaxMind DB" }, \
	{ "geofeed", "NAME=PATH,...", "locations that an operator publishes (RFC 8805); may stand again" }, \
	{ "feed", "NAME=PATH,...", "ranges that an operator publishes; may stand again" }, \
	{ "rir", "FILE", "prefix,country of the registered holders" }, \
	{ "asn", "FILE", "AS database (libloc or MaxMind DB), or none (default /var/lib/location/database.db, if the policy asks for control)" }, \
	{ "operators", "FILE", "who operates what (default: the built-in operators.yaml)" }, \
	{ "no-cache", NULL, "read all data anew" }, \
	SNAPSHOTS_NOW_OPTION

/* Of those that refuse data which are not what the policy asks for. */
#define SNAPSHOTS_ACCEPT_OPTION \
	{ "accept", "SOURCE,...", "let a source pass once that the policy's guards refuse; the snapshot tells it" }
/* clang-format on */

/* For a command that has these options. */
int snapshots_inputs(const struct call *call, const char *policy, struct build_inputs *out, struct resid_error *err);

/*
 * For those that make what will be in force: data that are not what the policy asks for (its guards, and what was
 * loaded last) are refused unless --accept names them. Others are told and go on.
 */
void snapshots_guard(const struct call *call, struct build_inputs *inputs);

/* --now, else the clock; in seconds since the epoch. */
int snapshots_now(const struct call *call, int64_t *out, struct resid_error *err);

/*
 * --snapshot F, else --policy P compiled in memory with the data of the options above, else the one in force. Where
 * there is none: built in memory from the default policy, saying so. Options of data without --policy compile the
 * node's own policy, or the default.
 */
int snapshots_open(const struct call *call, struct snapshot **out, struct resid_error *err);

/* A policy, compiled in memory, or what `residctl policy compile` made of one (its name ends in .rsnap). */
int snapshots_read(const struct build_inputs *inputs, struct snapshot **out, struct resid_error *err);

/* What was loaded last; where there is none, as for snapshots_open(). */
int snapshots_open_current(const struct call *call, struct snapshot **out, struct resid_error *err);

/* The path of the node's policy, or NULL where it has none; in a buffer of the caller's. */
const char *snapshots_own_policy(struct path *buffer);

/* "warning: FILE:LINE:COLUMN: sentence" on standard error. */
void snapshots_warn(void *context, const char *text);

#endif
