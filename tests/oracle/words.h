/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy as words, its text for the compiler, and the naive reading of it, in a small world of its own. It shares no
 * code with the policy reader, the compiler or the kernel's tables.
 */
#ifndef TESTS_ORACLE_WORDS_H
#define TESTS_ORACLE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORDS_RULES	14
#define WORDS_CLASSES	3
#define WORDS_EPOCH	1795352400	/* 2026-11-22T13:00:00Z, and windows are within 20,000 seconds of it */

/* An address is its first 64 bits, of IPv4 its 32. */
struct address {
	bool v6;
	uint64_t key;
};

struct place {
	bool v6;
	uint64_t first, last;
	const char *location;
};

/* What is said of control, strongest first. */
struct fact {
	const char *prefix;
	const char *tier, *operator, *control;
};

/* Of the places what stands later is asked first. */
extern const struct place words_places[];
extern const struct fact words_facts[];
extern const size_t words_place_count, words_fact_count;
/* The world as the readers of data want it. */
extern const char words_geoip4[], words_geoip6[], words_operators[];
/* What every policy says of it beside: its key `sources`. */
extern const char words_overrides[];

/* "" says nothing. */
struct rule {
	char id[16];
	bool exception;
	const char *classes, *locations, *control, *operators, *prefixes, *protos, *ports, *direction, *min_tier;
	bool not_in, with_unknown, operators_not;
	const char *control_how;
	int64_t from, until;		/* 0: open */
	unsigned int verdict;
};

struct class {
	unsigned int fallback, unknown, stale;	/* unknown 9: not said; stale 0: keep */
};

struct policy_words {
	const char *home;
	const char *bootstrap;
	struct class class[WORDS_CLASSES];
	struct rule rule[WORDS_RULES];
	size_t count;
	int64_t stale_at;
};

struct packet {
	size_t class;
	struct address address;
	uint8_t proto;
	int port;			/* -1: the packet has none, or hides it */
	const char *direction;
	int64_t now;
};

struct answer {
	char id[80];
	unsigned int verdict;
};

extern const char *const words_verdicts[4], *const words_class_names[WORDS_CLASSES];
extern const unsigned int words_class_ids[WORDS_CLASSES];

/* A stream of its own: the same seed, the same policies. */
void words_seed(uint64_t seed);
uint64_t words_random(void);
unsigned int words_below(unsigned int bound);
bool words_one_in(unsigned int n);
int64_t words_time(void);

/* First and last key of a prefix. */
void words_prefix(const char *text, bool *v6, uint64_t *first, uint64_t *last);

void words_make(struct policy_words *policy);
/* The caller frees it. */
char *words_text(const struct policy_words *policy);
struct answer words_judge(const struct policy_words *policy, const struct packet *packet);

#endif
