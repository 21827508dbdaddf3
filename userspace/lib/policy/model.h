/* SPDX-License-Identifier: Apache-2.0 */
/* A policy as read: what the rules say, before any location data. policy/grammar.yaml is the grammar by example. */
#ifndef RESID_POLICY_MODEL_H
#define RESID_POLICY_MODEL_H

#include "kmod/uapi/resid.h"
#include "geo/control.h"
#include "source/location.h"
#include "yaml/yaml.h"
#include "util/address.h"

struct policy_class {
	const char *name;
	uint8_t id;
	bool permissive;
	bool deny_on_loss;		/* what cannot be recorded in full does not leave */
	enum resid_verdict fallback;	/* of what no rule matched */
	bool has_on_unknown;
	enum resid_verdict on_unknown;	/* the same where location or control is unknown */
	enum resid_verdict on_stale;	/* of what data let go, once they are too old; RESID_V_ALLOW: it stays */
};

struct policy_set {
	char *name;
	char *date;		/* "2020-02-01"; "" for a set of the policy itself */
	char *source;
	struct location_set members;
	int64_t ends;		/* seconds since the epoch: from then on it is law no more; 0: none is known */
};

struct policy_ports {
	uint16_t first, last;
};

/* How a rule compares a set of countries, of who controls or of who registered, with its own. */
enum policy_control {
	POLICY_CONTROL_ANY,
	POLICY_CONTROL_IN,	/* the sets meet */
	POLICY_CONTROL_NOT_IN,	/* known, and they do not meet */
	POLICY_CONTROL_SUBSET	/* known, and all of it is in the rule's */
};

/* What lets something go without `min_tier` wants this much: the operator is known by its AS at least. */
#define POLICY_MIN_TIER	CONTROL_OPERATOR

struct policy_rule {
	const char *id;
	const char *reason;
	const char *clause, *justification;	/* "" : none */
	const struct yaml_node *mark;	/* where it stands */
	const char *file;		/* in which file */
	size_t document;		/* 0: the policy's own, else 1 + index of what it includes */
	enum resid_verdict verdict;
	uint64_t classes[RESID_CLASS_COUNT / 64];	/* bit by class id */
	bool any_location;
	struct location_set locations;
	struct prefix *prefix;		/* prefix_count 0: any */
	size_t prefix_count, prefix_capacity;
	uint8_t *proto;			/* proto_count 0: any */
	size_t proto_count, proto_capacity;
	struct policy_ports *ports;	/* ports_count 0: any */
	size_t ports_count, ports_capacity;
	enum policy_control control;
	struct location_set controllers;	/* countries; with `in` also unknown */
	const struct yaml_node **operator;	/* ids; operator_count 0: any */
	size_t operator_count, operator_capacity;
	bool operator_not;			/* any known operator but these */
	enum control_tier min_tier;		/* the weakest that lets something go */
	bool has_min_tier;			/* it is written there */
	bool uncontradicted;			/* nothing else lies outside of `controllers` */
	enum policy_control registered;		/* POLICY_CONTROL_ANY: not asked */
	struct location_set registrars;		/* countries; with `in` also unknown */
	uint8_t direction;			/* 0: any; RESID_STEP_F_ORIGINAL or RESID_STEP_F_REPLY */
	int64_t from, until;			/* seconds since the epoch: from <= now < until */
	bool exception;
	const char *owner, *ticket;		/* of an exception; "" */
};

#define POLICY_BEGINNING INT64_MIN
#define POLICY_NEVER	INT64_MAX

static inline bool policy_rule_has_window(const struct policy_rule *rule)
{
	return rule->from != POLICY_BEGINNING || rule->until != POLICY_NEVER;
}

/* What a source must be for a policy to be loaded with it; see snapshot/guard.h. */
struct policy_guard {
	const struct yaml_node *mark;	/* where it stands; NULL: nowhere */
	const char *date;		/* of data that do not say themselves; NULL */
	unsigned int max_age;		/* days; 0: any */
	unsigned int max_shrink, max_unknown;	/* thousandths, POLICY_ANY_SHARE: any */
	unsigned int max_bad;		/* thousandths of its rows that may be bad */
	const char *sha256;		/* 64 lower-case digits; NULL: any */
};

#define POLICY_ANY_SHARE 1000

/* A file that the policy names itself; what the caller names comes before it. */
struct policy_source {
	const char *name;	/* of a feed or geofeed */
	const char *path;	/* NULL: not named */
	struct policy_guard guard;
};

/* Where an address is and who controls it, decided by the policy itself. */
struct policy_override {
	const struct yaml_node *mark;
	struct prefix prefix;
	int location;			/* -1: not said */
	const struct yaml_node *operator;	/* id; NULL: not said */
	bool controlled;
	struct location_set control;	/* countries; empty with an operator: those of its entry */
	int64_t until;			/* seconds since the epoch; 0: no end, so it settles nothing */
};

struct policy_sources {
	struct policy_source geoip4, geoip6, mmdb, rir, asn, operators;
	struct policy_source *feed, *geofeed;
	size_t feed_count, feed_capacity, geofeed_count, geofeed_capacity;
	struct policy_override *override;
	size_t override_count, override_capacity;
};

/* Does it let packets go? */
static inline bool policy_rule_lets_go(const struct policy_rule *rule)
{
	return rule->verdict < RESID_V_REJECT;
}

/* Does it ask who controls the destination, or on what evidence? */
static inline bool policy_rule_asks_control(const struct policy_rule *rule)
{
	return rule->control != POLICY_CONTROL_ANY || rule->operator_count || rule->has_min_tier;
}

struct policy_assignment {
	const char *target;
	uint8_t class_id;
};

struct policy_included {
	char *name;
	struct yaml_node *root;
};

/* Strings of a policy live in its root and in those of what it includes, which it owns. */
struct policy {
	char *name;			/* as in errors: the path */
	char *text;			/* with what it includes as further documents: reads again as the same */
	size_t text_length;
	struct yaml_node *root;
	struct policy_included *included;
	size_t included_count, included_capacity;
	struct policy_class *class;	/* in the order of the file */
	size_t class_count, class_capacity;
	size_t unlabelled, kernel;	/* index of the class that is judged instead */
	struct policy_set *set;
	size_t set_count, set_capacity;
	struct policy_rule *rule;	/* `bootstrap` if there is one, exceptions, rules */
	size_t rule_count, rule_capacity;
	int64_t max_exception;		/* seconds */
	struct policy_assignment *assignment;
	size_t assignment_count, assignment_capacity;
	struct prefix *local;
	size_t local_count, local_capacity;
	struct prefix *nat64;
	size_t nat64_count, nat64_capacity;
	enum resid_verdict non_ip, unparsable;
	struct location_set home;	/* none: not read yet */
	struct policy_sources sources;
};

/* One warning, "FILE:LINE:COLUMN: sentence". */
typedef void policy_warning(void *context, const char *text);

struct policy_options {
	const char *sets;	/* folder of country sets, before the embedded ones; NULL: as for packs */
	int64_t now;		/* seconds since the epoch: what ended before is warned of, no more depends on it */
	policy_warning *warn;	/* NULL: nobody listens */
	void *context;
};

void policy_free(struct policy *policy);

/* "allow", as the grammar has it. */
const char *policy_verdict_name(enum resid_verdict verdict);

/* Does any rule ask so? */
bool policy_asks_control(const struct policy *policy);

static inline bool policy_rule_has_class(const struct policy_rule *rule, uint8_t id)
{
	return rule->classes[id / 64] >> id % 64 & 1;
}

DEFINE_CLEANUP(policy, struct policy *, policy_free);
#define _cleanup_policy_ _cleanup_(cleanup_policy)

#endif
