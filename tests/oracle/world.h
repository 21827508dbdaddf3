/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The oracle's own view of the world, slow and obvious: it shares no code with the compiler, neither the reader of
 * location data nor the registries nor the order in which rules are asked.
 */
#ifndef TESTS_ORACLE_WORLD_H
#define TESTS_ORACLE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef unsigned __int128 u128;

/* Addresses as plain numbers: an IPv4 one is below 2^32. */
struct world_range {
	u128 first, last;
	char location[12];
};

struct world {
	int family;			/* 4 or 6 */
	u128 end;			/* the highest address */
	struct world_range *range;	/* of the file, as they stand */
	size_t count;
};

struct world_rule {
	const char *id;
	const char *classes;	/* separated by blanks; NULL: any */
	const char *locations;	/* separated by blanks; NULL: any */
	bool not_in, unknown;
	const char *prefixes;	/* NULL: any */
	const char *protos;	/* numbers; NULL: any */
	const char *ports;	/* "443 8000-8009"; NULL: any */
	const char *verdict;
};

struct world_class {
	const char *name;
	unsigned int id;
	const char *fallback;
};

struct world_policy {
	const struct world_class *class;	/* ends with a NULL name */
	const struct world_rule *rule;		/* ends with a NULL id */
	const char *local;			/* prefixes */
};

/* False, with a reason on standard output as a TAP comment, when the data cannot be read. */
bool world_read(const char *path, int family, struct world *out);
/* Where it is, by scanning everything from the start. */
const char *world_scan(const struct world *world, const struct world_policy *policy, u128 address);
/* The same, with the location that the file has for it known already. */
const char *world_place(const struct world *world, const struct world_policy *policy, u128 address,
			const char *of_file);
/* Does one of the prefixes hold it? */
bool world_in_prefixes(int family, const char *prefixes, u128 address);
/* Id of the rule that decides. class: index. */
const char *world_judge(const struct world_policy *policy, size_t class, int family, u128 address,
			const char *location, unsigned int proto, unsigned int port);
/* All prefixes of a policy and of the registries, for edges. Calls back with first and last of each. */
void world_each_prefix(int family, const struct world_policy *policy,
		       void (*callback)(void *context, u128 first, u128 last), void *context);

#endif
