// SPDX-License-Identifier: Apache-2.0
/*
 * The compiler and the kernel's tables against world.c, on the whole world: what a policy makes of 10^7 random
 * addresses, of both sides of every edge, and of 10^4 addresses by linear scan; and 10^6 random packets rule by rule.
 * Prints TAP. RESID_SOAK=1: ten times as much. RESID_SEED: another run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/geoip.h"
#include "policy/model.h"
#include "snapshot/build.h"
#include "util/intern.h"
#include "world.h"

#define GEOIP4 "/usr/share/tor/geoip"
#define GEOIP6 "/usr/share/tor/geoip6"
#define CHUNK 1000000

static const struct world_class classes[] = {
	{ "open", 1, "allow" }, { "middle", 7, "audit" }, { "shut", 254, "reject" }, { NULL, 0, NULL },
};

static const struct world_rule rules[] = {
	{ .id = "meta", .locations = "metadata", .verdict = "drop" },
	{ .id = "hole", .classes = "shut", .prefixes = "8.8.8.0/24 8.8.4.4/32 2a00:1450::/32 2001:4860:4860::8888/128",
	  .verdict = "drop" },
	{ .id = "dns", .prefixes = "1.0.0.0/8 193.0.0.0/9 2400::/12", .ports = "53 853", .verdict = "audit" },
	{ .id = "web", .classes = "shut middle", .locations = "EU translated NO CH", .protos = "6 17", .ports = "443 8000-8099",
	  .verdict = "allow" },
	{ .id = "ping", .classes = "shut", .locations = "EU local", .protos = "1 58", .verdict = "allow" },
	{ .id = "home", .classes = "shut", .locations = "FR local", .verdict = "allow" },
	{ .id = "far", .classes = "open", .locations = "EU US CS", .not_in = true, .unknown = true, .verdict = "audit" },
	{ .id = "lost", .classes = "middle", .locations = "unknown region-EU AN", .verdict = "reject" },
	{ .id = "rest", .classes = "middle", .locations = "GB", .not_in = true, .protos = "17", .verdict = "reject" },
	{ .id = "half", .classes = "middle", .prefixes = "128.0.0.0/1 8000::/1", .verdict = "allow" },
	{ .id = NULL },
};

static const struct world_policy oracle_policy = {
	.class = classes, .rule = rules, .local = "10.0.0.0/8 100.64.0.0/10 198.51.100.0/24 2001:db8:1::/48 fd00::/8",
};

#define CLASSES (sizeof(classes) / sizeof(classes[0]) - 1)

/* Flows that tell all rules apart. */
static const struct {
	uint8_t proto;
	uint16_t port;
} probes[] = {
	{ 6, 443 }, { 6, 53 }, { 6, 22 }, { 17, 8099 }, { 17, 8100 }, { 1, 0 }, { 58, 0 }, { 47, 0 }, { 132, 853 },
};

#define PROBES (sizeof(probes) / sizeof(probes[0]))

/* An elementary range: nothing changes inside. */
struct segment {
	u128 first, last;
	uint32_t answer;	/* number of the list of rules that all classes and probes give */
};

struct half {
	struct world world;
	struct segment *segment;
	size_t count;
	uint32_t *group_answer;	/* what the kernel's matrix says of each group, numbered alike */
};

static struct intern *answers;
static const struct snapshot *snapshot;
static unsigned int tests;
static int failed;
static uint64_t state = 0x853c49e6748fea9b;

static uint64_t random64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

static void result(size_t bad, size_t asked, const char *what)
{
	printf("%s %u - %s (%zu asked, %zu differ)\n", bad || !asked ? "not ok" : "ok", ++tests, what, asked, bad);
	failed |= bad || !asked;
	fflush(stdout);
}

/* ---- the policy as text ---- */

static void print_list(FILE *out, const char *key, const char *list)
{
	if (!list)
		return;
	fprintf(out, ", %s: ['", key);
	for (; *list; list++)
		fputs(*list == ' ' ? "', '" : (char[2]){ *list }, out);
	fputs("']", out);
}

static char *policy_text(const struct world_policy *policy)
{
	const struct world_class *class;
	const struct world_rule *rule;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	fputs("resid: 1\nhome: EU\nclasses:\n", out);
	for (class = policy->class; class->name; class++)
		fprintf(out, "  %s: {id: %u, default: %s}\n", class->name, class->id, class->fallback);
	fputs("local: ['", out);
	for (const char *at = policy->local; *at; at++)
		fputs(*at == ' ' ? "', '" : (char[2]){ *at }, out);
	fputs("']\nrules:\n", out);
	for (rule = policy->rule; rule->id; rule++) {
		fprintf(out, "  - {id: %s, verdict: %s, reason: r, justification: j", rule->id,
			rule->verdict);
		print_list(out, "class", rule->classes);
		if (rule->not_in) {
			fprintf(out, ", location: {unknown: %s", rule->unknown ? "true" : "false");
			print_list(out, "not in", rule->locations);
			fputs("}", out);
		} else {
			print_list(out, "location", rule->locations);
		}
		print_list(out, "prefix", rule->prefixes);
		print_list(out, "proto", rule->protos);
		print_list(out, "port", rule->ports);
		fputs("}\n", out);
	}
	fclose(out);
	return text;
}

/* ---- both sides of the comparison ---- */

static uint16_t kernel_group(const struct half *half, u128 address)
{
	const struct resid_table *table = snapshot_table(snapshot);

	if (half->world.family == 4)
		return resid_lpm_lookup(&table->lpm4, (uint64_t)address << 32, 0);
	return resid_lpm_lookup(&table->lpm6, (uint64_t)(address >> 64), (uint64_t)address);
}

static const char *kernel_rule(size_t class, uint16_t group, uint8_t proto, uint16_t port)
{
	const struct resid_flow flow = {
		.proto = proto, .proto_known = true, .has_port = resid_verdict_has_ports(proto), .dport = port
	};

	uint8_t class_id = (uint8_t)classes[class].id;

	return snapshot_rule_at(snapshot, resid_verdict_decide(snapshot_table(snapshot), class_id, group, &flow)).id;
}

static void add_rule(char *text, size_t room, const char *id)
{
	size_t used = strlen(text);

	snprintf(text + used, room - used, "%s ", id);
}

static uint32_t world_answer(const struct half *half, u128 address, const char *location)
{
	char text[1024] = "";
	size_t c, p;

	for (c = 0; c < CLASSES; c++)
		for (p = 0; p < PROBES; p++)
			add_rule(text, sizeof(text),
				 world_judge(&oracle_policy, c, half->world.family, address, location, probes[p].proto,
					     probes[p].port));
	return intern_put(answers, text, strlen(text));
}

static uint32_t kernel_answer(uint16_t group)
{
	char text[1024] = "";
	size_t c, p;

	for (c = 0; c < CLASSES; c++)
		for (p = 0; p < PROBES; p++)
			add_rule(text, sizeof(text), kernel_rule(c, group, probes[p].proto, probes[p].port));
	return intern_put(answers, text, strlen(text));
}

/* ---- elementary ranges ---- */

struct edges {
	u128 *edge;
	size_t count, room;
};

static void add_edge(struct edges *edges, u128 edge)
{
	if (edges->count == edges->room) {
		edges->room = edges->room ? edges->room * 2 : 1 << 16;
		edges->edge = realloc(edges->edge, edges->room * sizeof(*edges->edge));
	}
	edges->edge[edges->count++] = edge;
}

static void add_edges(void *context, u128 first, u128 last)
{
	add_edge(context, first);
	add_edge(context, last + 1);	/* 0 after the last address, which is an edge anyway */
}

static int compare(const void *left, const void *right)
{
	u128 a = *(const u128 *)left, b = *(const u128 *)right;

	return a < b ? -1 : a > b;
}

/*
 * Judging every elementary range rule by rule would take minutes, so what depends on the location alone is kept as long
 * as no prefix begins or ends: `epoch` is the number of prefix edges passed.
 */
static void cut(struct half *half)
{
	struct edges edges = { 0 }, prefixes = { 0 };
	size_t i, g = 0, epoch = 0, kept_count = 0;
	struct {
		char location[12];
		uint32_t answer;
	} kept[1024];

	world_each_prefix(half->world.family, &oracle_policy, add_edges, &prefixes);
	qsort(prefixes.edge, prefixes.count, sizeof(u128), compare);
	add_edge(&edges, 0);
	for (i = 0; i < prefixes.count; i++)
		if (prefixes.edge[i] <= half->world.end)
			add_edge(&edges, prefixes.edge[i]);
	for (i = 0; i < half->world.count; i++) {
		add_edge(&edges, half->world.range[i].first);
		if (half->world.range[i].last != half->world.end)
			add_edge(&edges, half->world.range[i].last + 1);
	}
	qsort(edges.edge, edges.count, sizeof(u128), compare);
	half->segment = calloc(edges.count, sizeof(*half->segment));
	for (i = 0; i < edges.count; i++) {
		struct segment *segment = &half->segment[half->count];
		u128 first = edges.edge[i];
		const char *location = "unknown";
		size_t k;

		if (i + 1 < edges.count && edges.edge[i + 1] == first)
			continue;
		for (; epoch < prefixes.count && prefixes.edge[epoch] <= first; epoch++)
			kept_count = 0;
		segment->first = first;
		segment->last = i + 1 < edges.count ? edges.edge[i + 1] - 1 : half->world.end;
		while (g < half->world.count && half->world.range[g].last < first)
			g++;
		if (g < half->world.count && half->world.range[g].first <= first)
			location = half->world.range[g].location;
		for (k = 0; k < kept_count && strcmp(kept[k].location, location); k++)
			;
		if (k == kept_count) {
			snprintf(kept[k].location, sizeof(kept[k].location), "%s", location);
			location = world_place(&half->world, &oracle_policy, first, location);
			kept[k].answer = world_answer(half, first, location);
			kept_count++;
		}
		segment->answer = kept[k].answer;
		half->count++;
	}
	free(edges.edge);
	free(prefixes.edge);
}

/* ---- the tests ---- */

static bool differs(const struct half *half, u128 address, uint32_t answer)
{
	static unsigned int shown;
	uint16_t group = kernel_group(half, address);

	if (half->group_answer[group] == answer)
		return false;
	if (shown++ < 5)
		printf("# IPv%d %016llx%016llx: the tables say %s\n#   and the world %s\n", half->world.family,
		       (unsigned long long)(address >> 64), (unsigned long long)address,
		       (const char *)intern_get(answers, half->group_answer[group], NULL),
		       (const char *)intern_get(answers, answer, NULL));
	return true;
}

static u128 random_address(const struct half *half, bool from_ranges)
{
	const struct world_range *range;
	u128 number = (u128)random64() << 64 | random64(), size;

	if (!from_ranges)
		return half->world.family == 4 ? (uint32_t)number : number;
	range = &half->world.range[random64() % half->world.count];
	size = range->last - range->first + 1;	/* 0: everything */
	return size ? range->first + number % size : number;
}

/* Sorted, so that one sweep through the elementary ranges answers all. */
static void test_random(const struct half *half, bool from_ranges, size_t total, const char *what)
{
	u128 *address = calloc(CHUNK, sizeof(*address));
	size_t bad = 0, done, i, s;

	for (done = 0; done < total; done += CHUNK) {
		for (i = 0; i < CHUNK; i++)
			address[i] = random_address(half, from_ranges);
		qsort(address, CHUNK, sizeof(*address), compare);
		for (i = 0, s = 0; i < CHUNK; i++) {
			while (half->segment[s].last < address[i])
				s++;
			bad += differs(half, address[i], half->segment[s].answer);
		}
	}
	free(address);
	result(bad, done, what);
}

/* First and last address of every elementary range: each is the other's neighbour, edge and edge - 1, edge + 1. */
static void test_edges(const struct half *half, const char *what)
{
	size_t s, bad = 0, asked = 0;

	for (s = 0; s < half->count; s++) {
		const struct segment *segment = &half->segment[s];
		bool wide = segment->last > segment->first;

		bad += differs(half, segment->first, segment->answer);
		bad += differs(half, segment->last, segment->answer);
		bad += differs(half, segment->first + wide, segment->answer);
		bad += differs(half, segment->last - wide, segment->answer);
		asked += 4;
	}
	result(bad, asked, what);
}

static bool location_differs(const struct half *half, u128 address, const char *location)
{
	struct snapshot_place place;
	uint8_t bytes[16];
	int i, length = half->world.family == 4 ? 4 : 16;

	for (i = length - 1; i >= 0; i--, address >>= 8)
		bytes[i] = (uint8_t)address;
	snapshot_lookup(snapshot, half->world.family == 4 ? AF_INET : AF_INET6, bytes, &place);
	return strcmp(place.location, location) != 0;
}

/* Nothing remembered, nothing sorted: the place and every probe from the beginning. */
static void test_linear(const struct half *half, size_t total, const char *what)
{
	size_t i, bad = 0;

	for (i = 0; i < total; i++) {
		u128 address = random_address(half, i & 1);
		const char *location = world_scan(&half->world, &oracle_policy, address);

		bad += differs(half, address, world_answer(half, address, location)) ||
		       location_differs(half, address, location);
	}
	result(bad, total, what);
}

static void test_packets(const struct half *half, size_t total, const char *what)
{
	static const uint16_t near[] = { 0, 52, 53, 54, 442, 443, 444, 852, 853, 854, 7999, 8000, 8099, 8100, 65535 };
	size_t i, s, c, bad = 0;

	for (i = 0; i < total; i++) {
		uint8_t proto = random64() & 1 ? (uint8_t)random64() : (uint8_t[]){ 6, 17, 1, 58, 132 }[random64() % 5];
		uint16_t port = near[random64() % (sizeof(near) / sizeof(near[0]))];
		const struct segment *segment;
		const char *location;
		size_t low = 0, high;
		u128 address;

		if (random64() & 1)
			port = (uint16_t)random64();
		s = random64() % half->count;
		segment = &half->segment[s];
		address = random64() & 1 ? segment->first : segment->last;
		/* the file's range by halving, which the linear test has shown to be the same */
		for (high = half->world.count; low < high;) {
			size_t middle = (low + high) / 2;

			if (half->world.range[middle].last < address)
				low = middle + 1;
			else
				high = middle;
		}
		location = "unknown";
		if (low < half->world.count && half->world.range[low].first <= address)
			location = half->world.range[low].location;
		location = world_place(&half->world, &oracle_policy, address, location);
		c = random64() % CLASSES;
		bad += strcmp(world_judge(&oracle_policy, c, half->world.family, address, location, proto, port),
			      kernel_rule(c, kernel_group(half, address), proto, port)) != 0;
	}
	result(bad, total, what);
}

static void fill_groups(struct half *half)
{
	unsigned int group, count = snapshot_table(snapshot)->core->group_count;

	half->group_answer = calloc(count, sizeof(*half->group_answer));
	for (group = 0; group < count; group++)
		half->group_answer[group] = kernel_answer((uint16_t)group);
}

static struct snapshot *compile(const char *geoip4, const char *geoip6)
{
	char name[] = "/tmp/resid-oracle-XXXXXX";
	char *text = policy_text(&oracle_policy);
	char curated[] = "/tmp/resid-oracle-XXXXXX";	/* nobody: what the file says of the world is all there is */
	struct build_inputs inputs = { .policy = name, .geoip4 = geoip4, .geoip6 = geoip6, .sets = "/nonexistent",
				       .operators = curated };
	struct snapshot *out = NULL;
	struct resid_error err;
	FILE *file = fdopen(mkstemp(name), "w");
	int status;

	fputs(text, file);
	fclose(file);
	file = fdopen(mkstemp(curated), "w");
	fputs("resid-operators: 1\ndate: 2026-11-21\noperators:\n"
	      "  - {id: nobody, name: N, parent: N, jurisdictions: [{country: FR, basis: b}], prefixes: [192.0.2.0/32],\n"
	      "     citation: c, reviewed: 2026-11-21, confidence: high}\n", file);
	fclose(file);
	status = snapshot_build(&inputs, NULL, NULL, &out, &err);
	unlink(curated);
	if (status)
		printf("# %s\n%s", err.text, text);
	remove(name);
	free(text);
	return status ? NULL : out;
}

/* Worlds of one range: everything, one host at either end and in the middle. */
static void test_synthetic(void)
{
	static const struct {
		const char *v4, *v6;
	} worlds[] = {
		{ "0,4294967295,FR\n", "::,ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,US\n" },
		{ "0,0,FR\n", "::,::,FR\n" },
		{ "4294967295,4294967295,FR\n", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,FR\n" },
		{ "134744072,134744072,FR\n", "2600::1,2600::1,FR\n" },
		{ "134744072,134744072,FR\n134744073,134744073,US\n134744075,134744075,UK\n",
		  "2600::1,2600::1,FR\n2600::2,2600::3,US\n2600::5,2600::5,CS\n" },
	};
	size_t i, s, bad = 0, asked = 0;
	int f;

	for (i = 0; i < sizeof(worlds) / sizeof(worlds[0]); i++) {
		char name[2][32] = { "/tmp/resid-oracle-XXXXXX", "/tmp/resid-oracle-XXXXXX" };
		const struct snapshot *outer = snapshot;
		struct snapshot *made;

		for (f = 0; f < 2; f++) {
			FILE *file = fdopen(mkstemp(name[f]), "w");

			fputs(f ? worlds[i].v6 : worlds[i].v4, file);
			fclose(file);
		}
		made = compile(name[0], name[1]);
		snapshot = made;
		for (f = 0; f < 2 && made; f++) {
			struct half half = { 0 };

			if (!world_read(name[f], f ? 6 : 4, &half.world))
				break;
			cut(&half);
			fill_groups(&half);
			for (s = 0; s < half.count; s++, asked += 3) {
				const struct segment *segment = &half.segment[s];
				u128 middle = segment->first + (segment->last - segment->first) / 2;

				bad += differs(&half, segment->first, segment->answer);
				bad += differs(&half, segment->last, segment->answer);
				bad += differs(&half, middle, segment->answer);
			}
			free(half.world.range);
			free(half.segment);
			free(half.group_answer);
		}
		bad += !made;
		snapshot_free(made);
		snapshot = outer;
		remove(name[0]);
		remove(name[1]);
	}
	result(bad, asked, "worlds of /0, /32 and /128");
}

int main(void)
{
	const char *soak = getenv("RESID_SOAK"), *seed = getenv("RESID_SEED");
	size_t times = soak && *soak ? 10 : 1;
	struct half v4 = { 0 }, v6 = { 0 };
	struct snapshot *real;

	if (seed && strtoull(seed, NULL, 0))
		state = strtoull(seed, NULL, 0);
	intern_new(&answers);
	if (!world_read(GEOIP4, 4, &v4.world) || !world_read(GEOIP6, 6, &v6.world)) {
		puts("1..0 # SKIP no location data: install tor-geoipdb and tzdata");
		return 0;
	}
	real = compile(GEOIP4, GEOIP6);
	if (!real) {
		puts("not ok 1 - the policy compiles\n1..1");
		return 1;
	}
	snapshot = real;
	cut(&v4);
	cut(&v6);
	fill_groups(&v4);
	fill_groups(&v6);
	printf("# %zu and %zu elementary ranges, %u groups, %u answers\n", v4.count, v6.count,
	       snapshot_table(snapshot)->core->group_count, intern_count(answers));
	test_random(&v4, false, 3000000 * times, "IPv4, uniform");
	test_random(&v4, true, 3000000 * times, "IPv4, from the ranges");
	test_random(&v6, false, 1000000 * times, "IPv6, uniform");
	test_random(&v6, true, 3000000 * times, "IPv6, from the ranges");
	test_edges(&v4, "IPv4, both sides of every edge");
	test_edges(&v6, "IPv6, both sides of every edge");
	test_linear(&v4, 5000 * times, "IPv4, linear scan");
	test_linear(&v6, 5000 * times, "IPv6, linear scan");
	test_packets(&v4, 500000 * times, "IPv4, random packets rule by rule");
	test_packets(&v6, 500000 * times, "IPv6, random packets rule by rule");
	test_synthetic();
	printf("1..%u\n", tests);
	free(v4.world.range);
	free(v4.segment);
	free(v4.group_answer);
	free(v6.world.range);
	free(v6.segment);
	free(v6.group_answer);
	snapshot_free(real);
	intern_free(answers);
	return failed;
}
