/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables are megabytes, most of it the roots of the LPMs: no fuzzer finds its way into them byte by byte. So an input
 * is a list of edits to a good snapshot, ten bytes each:
 *
 *   section (1)  place in it (4)  width and way (1)  value (4)
 *
 * Digests do not count: the harness' sha256() gives the same for everything, and that stands in the header.
 */
#ifndef TESTS_FUZZ_EDIT_H
#define TESTS_FUZZ_EDIT_H

#include <stdlib.h>
#include <string.h>

#include "source/geoip.h"
#include "policy/policy.h"
#include "snapshot/build.h"
#include "snapshot/full_build.h"

#define EDIT_SIZE 10
#define EDIT_DIGEST 0x5a	/* each byte of it; rules have keys of it, and 0 is none */

/* A small world in which every kind of thing occurs once: chains, prefixes, deep nodes. */
static const char edit_policy[] =
	"resid: 1\nhome: EU\nclasses:\n  open: {id: 1, default: allow}\n  shut: {id: 2, default: reject}\n"
	"assign:\n  - {class: shut, target: 'unit:a'}\nnat64: ['2001:db8:64::/96']\nrules:\n"
	"  - {id: web, class: shut, location: EU, proto: [tcp, udp], port: [443, 8000-8099], verdict: allow, reason: r}\n"
	"  - {id: host, prefix: [2.0.0.7, '2a00::7', '2b00::/61'], verdict: drop, reason: r}\n"
	"  - {id: ping, class: shut, location: unknown, proto: icmp, verdict: audit, reason: r}\n";

static inline struct snapshot *edit_template(void)
{
	static const char v4[] = "33554432,33619967,FR\n50331648,50397189,US\n";
	static const char v6[] = "2a00::,2a00:ffff:ffff:ffff:ffff:ffff:ffff:ffff,FR\n2b00::,2b00::ff,US\n";
	static const struct policy_options options = { .sets = "/nonexistent" };
	static struct source_fact fact = { .first = (u128)2 << 120, .last = ((u128)3 << 120) - 1, .asn = 64496 };
	static struct source_as as = { .number = 64496, .name = 1 };
	static struct source source = { .name = "libloc", .file = "l", .v4 = { &fact, 1, 1 }, .v6 = { &fact, 1, 1 },
					.as = { (uint8_t *)&as, sizeof(as), sizeof(as) },
					.as_text = { (uint8_t *)"FUZZ", 5, 5 } };
	struct world_inputs inputs = { .asn = &source };
	struct operators *operators = NULL;
	struct world *world = NULL;
	struct geo_table *geo4 = NULL, *geo6 = NULL;
	struct snapshot *snapshot = NULL;
	struct policy *policy = NULL;
	struct resid_error err;

	if (policy_parse("p", edit_policy, sizeof(edit_policy) - 1, &options, &policy, &err) ||
	    geo_tor_parse("4", v4, sizeof(v4) - 1, AF_INET, &geo4, &err) ||
	    geo_tor_parse("6", v6, sizeof(v6) - 1, AF_INET6, &geo6, &err) || operators_read(NULL, &operators, &err))
		abort();
	inputs.operators = operators;
	inputs.geo4 = geo4;
	inputs.geo6 = geo6;
	world_new(&inputs, &world);
	if (snapshot_build_data(policy, &(struct full_data){ .world = world }, &snapshot, &err))
		abort();
	world_free(world);
	operators_free(operators);
	policy_free(policy);
	geo_free(geo4);
	geo_free(geo6);
	return snapshot;
}

/* What an edit overwrote, so that it can be taken back. */
struct edit_undo {
	size_t at, width;
	uint8_t old[8];
};

#define EDIT_MAX 64

/*
 * Applies up to EDIT_MAX edits to data. starts and lengths: of the areas that the first byte chooses from. Gives the
 * number applied, which edit_take_back() wants.
 */
static inline size_t edit_apply(uint8_t *data, const size_t *starts, const size_t *lengths, size_t areas,
				const uint8_t *input, size_t size, struct edit_undo undo[EDIT_MAX])
{
	size_t count = 0;

	for (; size >= EDIT_SIZE && count < EDIT_MAX; input += EDIT_SIZE, size -= EDIT_SIZE) {
		size_t area = input[0] % areas, width = (size_t)1 << (input[5] & 3), place;
		uint64_t value = 0, now = 0;
		uint32_t where;

		if (lengths[area] < width)
			continue;
		memcpy(&where, input + 1, sizeof(where));
		memcpy(&value, input + 6, 4);
		place = where % (lengths[area] / width) * width;
		undo[count].at = starts[area] + place;
		undo[count].width = width;
		memcpy(undo[count].old, data + undo[count].at, width);
		memcpy(&now, undo[count].old, width);
		/* set it, or move it a little: a wrong index is most often off by one */
		if (input[5] & 4)
			value = now + (uint64_t)(int32_t)value;
		memcpy(data + undo[count].at, &value, width);
		count++;
	}
	return count;
}

static inline void edit_take_back(uint8_t *data, const struct edit_undo undo[EDIT_MAX], size_t count)
{
	while (count--)
		memcpy(data + undo[count].at, undo[count].old, undo[count].width);
}

#endif
