/* SPDX-License-Identifier: Apache-2.0 */
/* What unit tests of the compiler share: a small world, and a snapshot of it from a policy as text. */
#ifndef TESTS_UNIT_SUPPORT_H
#define TESTS_UNIT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/geoip.h"
#include "policy/policy.h"
#include "snapshot/build.h"
#include "snapshot/full_build.h"
#include "util/address.h"

/* 2.0.0.0/16 FR, 3.0.0.0/16 US, 4.0.0.0/16 NO, 5.0.0.0/16 EU, 6.0.0.0/16 ??, 7.0.0.0/16 CS */
#define WORLD4                                                                                      \
	"# Generated: Thu, 25 Jun 2026 04:33:59 GMT\n"                                              \
	"33554432,33619967,FR\n50331648,50397183,US\n67108864,67174399,NO\n83886080,83951615,EU\n" \
	"100663296,100728831,??\n117440512,117506047,CS\n"
#define WORLD6 "2a00::,2a00:ffff:ffff:ffff:ffff:ffff:ffff:ffff,FR\n2b00::,2b00::ff,US\n"

#define CLASSES                                  \
	"resid: 1\nhome: EU\nclasses:\n"         \
	"  open: {id: 1, default: allow}\n"      \
	"  shut: {id: 2, default: reject}\n"

#define SUPPORT_NOW 1784505600	/* 2026-07-20, when the world above is young */

static const struct policy_options support_options = { .sets = "/nonexistent" };

static inline struct policy *support_policy(const char *text)
{
	struct policy *policy = NULL;
	struct resid_error err = { 0 };

	if (policy_parse("test.yaml", text, strlen(text), &support_options, &policy, &err))
		fail_msg("%s", err.text);
	return policy;
}

/* stale_at: as in snapshot/full_build.h. asn: an AS database, or NULL. */
static inline struct snapshot *support_build_data(const char *text, const char *v4, const char *v6, int64_t stale_at,
						  struct source *asn)
{
	_cleanup_geo_ struct geo_table *geo4 = NULL, *geo6 = NULL;
	_cleanup_policy_ struct policy *policy = support_policy(text);
	_cleanup_world_ struct world *world = NULL;
	static const struct operators nobody;
	struct snapshot *snapshot = NULL;
	struct resid_error err = { 0 };

	if (geo_tor_parse("geoip", v4, strlen(v4), AF_INET, &geo4, &err) ||
	    geo_tor_parse("geoip6", v6, strlen(v6), AF_INET6, &geo6, &err))
		fail_msg("%s", err.text);
	world_new(&(struct world_inputs){ .geo4 = geo4, .geo6 = geo6, .operators = &nobody, .asn = &asn,
					  .asn_count = asn != NULL }, &world);
	if (snapshot_build_data(policy, &(struct full_data){ .world = world, .now = SUPPORT_NOW, .stale_at = stale_at },
				&snapshot, &err))
		fail_msg("%s", err.text);
	return snapshot;
}

static inline struct snapshot *support_build_aging(const char *text, const char *v4, const char *v6, int64_t stale_at)
{
	return support_build_data(text, v4, v6, stale_at, NULL);
}

static inline struct snapshot *support_build_world(const char *text, const char *v4, const char *v6)
{
	return support_build_aging(text, v4, v6, 0);
}

static inline struct snapshot *support_build(const char *text)
{
	return support_build_world(text, WORLD4, WORLD6);
}

/* Id of the rule that decides in the kernel's tables. */
static inline const char *support_rule_of(const struct snapshot *snapshot, unsigned int class_id, const char *address,
					  const struct resid_flow *flow)
{
	const struct resid_table *table = snapshot_table(snapshot);
	sa_family_t family;
	uint8_t bytes[16];
	uint16_t group;
	u128 key;

	assert_true(address_parse(address, &family, &key));
	address_bytes(family, key, bytes);
	group = family == AF_INET ? resid_lpm_lookup4(&table->lpm4, bytes) : resid_lpm_lookup6(&table->lpm6, bytes);
	return snapshot_rule_at(snapshot, resid_verdict_decide(table, (uint8_t)class_id, group, flow)).id;
}

/* proto 0: the packet does not say; port -1: none. */
static inline const char *support_rule(const struct snapshot *snapshot, unsigned int class_id, const char *address,
				       uint8_t proto, int port)
{
	const struct resid_flow flow = {
		.proto = proto, .proto_known = proto, .has_port = port >= 0, .dport = port >= 0 ? (uint16_t)port : 0
	};

	return support_rule_of(snapshot, class_id, address, &flow);
}

static inline struct snapshot_place support_place(const struct snapshot *snapshot, const char *address)
{
	struct snapshot_place place;
	struct prefix host;
	uint8_t bytes[16];

	/* ::ffff:192.0.2.1 is a destination of IPv6 here */
	assert_null(prefix_parse_literal(address, &host));
	address_bytes(host.family, host.first, bytes);
	snapshot_lookup(snapshot, host.family, bytes, &place);
	return place;
}

static inline const char *support_location(const struct snapshot *snapshot, const char *address)
{
	return support_place(snapshot, address).location;
}

#endif
