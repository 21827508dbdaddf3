// SPDX-License-Identifier: Apache-2.0
/*
 * The policy language against a naive reading of it: random policies with exceptions, windows, directions, control,
 * `bootstrap`, `on_unknown` and `on_stale`, each written as text for the compiler and kept as words for the reader
 * here, and random packets. Three must agree on the rule: the reader, which asks rule after rule from the words; the
 * kernel's tables with the kernel's functions; and what `residctl explain` runs. Where a packet does not say its port
 * or its direction, the tables may be stricter than each of the ways it could have gone, never weaker.
 *
 * Prints TAP. RESID_SOAK=1: ten times as much. RESID_SEED: another run.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../userspace/residctl/destination.h"
#include "snapshot/full_build.h"
#include "snapshot/sources.h"
#include "util/memory.h"
#include "util/rfc3339.h"

#define POLICIES 200
#define PACKETS	 5000
#define RULES	 14
#define CLASSES	 3
#define EPOCH	 1795352400	/* 2026-11-22T13:00:00Z, and windows are within 20,000 seconds of it */

static uint64_t state = 0x9e3779b97f4a7c15;

static uint64_t random64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

static unsigned int below(unsigned int bound)
{
	return (unsigned int)(random64() % bound);
}

static bool one_in(unsigned int n)
{
	return !below(n);
}

/* ---- the world: an address is its first 64 bits, of IPv4 its 32 ---- */

struct place {
	bool v6;
	uint64_t first, last;
	const char *location;
};

/* What stands later is asked first. */
static const struct place places[] = {
	{ false, 0x02000000, 0x0200ffff, "FR" },      { false, 0x03000000, 0x0300ffff, "US" },
	{ false, 0x04000000, 0x0400ffff, "NO" },      { false, 0x05000000, 0x0500ffff, "region-EU" },
	{ false, 0x07000000, 0x0700ffff, "CS" },      { false, 0x08000000, 0x0800ffff, "CN" },
	{ false, 0x09000000, 0x0900ffff, "GB" },      { false, 0x0b000000, 0x0b00ffff, "unknown" },
	{ false, 0x0a000000, 0x0affffff, "local" },   { false, 0xc6336400, 0xc63364ff, "special" },
	{ false, 0xa9fea9fe, 0xa9fea9fe, "metadata" },
	{ true, 0x2a00000000000000, 0x2a000000ffffffff, "FR" }, { true, 0x2b00000000000000, 0x2b000000ffffffff, "US" },
	{ true, 0x2c00000000000000, 0x2c000000ffffffff, "unknown" },
	{ true, 0xfd00000000000000, 0xfd0000000000ffff, "local" },
};

#define PLACES (sizeof(places) / sizeof(places[0]))

static const char geoip4[] = "33554432,33619967,FR\n50331648,50397183,US\n67108864,67174399,NO\n83886080,83951615,EU\n"
			     "117440512,117506047,CS\n134217728,134283263,CN\n150994944,151060479,UK\n";
static const char geoip6[] = "2a00::,2a00:0:ffff:ffff:ffff:ffff:ffff:ffff,FR\n2b00::,2b00:0:ffff:ffff:ffff:ffff:ffff:ffff,US\n";

/* What is said of control, strongest first. */
struct fact {
	const char *prefix;
	const char *tier, *operator, *control;
};

static const struct fact facts[] = {
	{ "2.0.9.0/24", "override", "host", "FR" },  { "3.0.9.0/25", "override", "host", "FR" },
	{ "2.0.2.0/23", "feed", "cloud", "US" },     { "2.0.9.0/25", "feed", "cloud", "US" },
	{ "3.0.0.0/17", "feed", "cloud", "US" },     { "5.0.1.0/24", "feed", "cloud", "US" },
	{ "11.0.1.0/24", "feed", "cloud", "US" },    { "2a00:0:2::/48", "feed", "cloud", "US" },
	{ "2.0.3.0/24", "feed", "sealed", "FR US" }, { "8.0.4.0/24", "feed", "sealed", "FR US" },
	{ "2.0.0.0/17", "rir", "", "FR" },	     { "2.0.5.0/24", "rir", "", "US" },
	{ "4.0.0.0/20", "rir", "", "FR" },	     { "11.0.0.0/24", "rir", "", "CN" },
	{ "2b00:0:1::/48", "rir", "", "FR" },
};

#define FACTS (sizeof(facts) / sizeof(facts[0]))

static const char operators_text[] =
	"resid-operators: 1\ndate: 2026-11-21\noperators:\n"
	"  - {id: cloud, name: C, parent: C, jurisdictions: [{country: US, basis: b}], feeds: [{format: list, file: cloud}],\n"
	"     citation: c, reviewed: 2026-11-21, confidence: high}\n"
	"  - {id: sealed, name: S, parent: S, jurisdictions: [{country: FR, basis: b}, {country: US, basis: b}],\n"
	"     feeds: [{format: list, file: sealed}], citation: c, reviewed: 2026-11-21, confidence: high}\n"
	"  - {id: host, name: H, parent: H, jurisdictions: [{country: FR, basis: b}], prefixes: [2.0.9.0/24, 3.0.9.0/25],\n"
	"     citation: c, reviewed: 2026-11-21, confidence: high}\n";

struct address {
	bool v6;
	uint64_t key;
};

/* First and last key of a prefix. */
static void prefix_keys(const char *text, bool *v6, uint64_t *first, uint64_t *last)
{
	unsigned char bytes[16] = { 0 };
	char address[64];
	unsigned int length, bits, i, count;

	*v6 = strchr(text, ':');
	bits = *v6 ? 64 : 32;
	length = bits;
	if (sscanf(text, "%63[^/]/%u", address, &length) < 1 || inet_pton(*v6 ? AF_INET6 : AF_INET, address, bytes) != 1)
		abort();
	for (*first = 0, i = 0, count = *v6 ? 8 : 4; i < count; i++)
		*first = *first << 8 | bytes[i];
	*last = length == bits ? *first : *first | (~0ull >> (64 - (bits - length)));
}

static bool in_prefix(const char *text, struct address address)
{
	uint64_t first, last;
	bool v6;

	prefix_keys(text, &v6, &first, &last);
	return v6 == address.v6 && address.key >= first && address.key <= last;
}

static const char *location_of(struct address address)
{
	const char *location = "unknown";
	size_t i;

	for (i = 0; i < PLACES; i++)
		if (places[i].v6 == address.v6 && address.key >= places[i].first && address.key <= places[i].last)
			location = places[i].location;
	return location;
}

static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);
	const char *at;

	for (at = strstr(list, word); length && at; at = strstr(at + 1, word))
		if ((at == list || at[-1] == ' ') && (!at[length] || at[length] == ' '))
			return true;
	return false;
}

static bool is_country(const char *location)
{
	return has_word("FR US NO CN GB", location);
}

static bool is_geographic(const char *location)
{
	return !has_word("local special metadata", location);
}

static unsigned int strength(const char *tier)
{
	static const char *const order[] = { "override", "feed", "operator", "rir", "as", "location", "none" };
	unsigned int i;

	for (i = 0; strcmp(order[i], tier); i++)
		;
	return i;
}

/* The strongest tier that speaks, in it the longest prefix. */
static struct fact control_of(struct address address, const char *location)
{
	struct fact found = { "", "none", "", "" };
	uint64_t first, last, size = ~0ull;
	size_t i;
	bool v6;

	if (is_country(location))
		found = (struct fact){ "", "location", "", location };
	for (i = 0; i < FACTS; i++) {
		if (!in_prefix(facts[i].prefix, address) || strength(facts[i].tier) > strength(found.tier))
			continue;
		prefix_keys(facts[i].prefix, &v6, &first, &last);
		if (!strcmp(facts[i].tier, found.tier) && last - first >= size)
			continue;
		size = last - first;
		found = facts[i];
	}
	return found;
}

/* ---- a policy as words; "" says nothing ---- */

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
	struct class class[CLASSES];
	struct rule rule[RULES];
	size_t count;
	int64_t stale_at;
};

static const char *const verdicts[] = { "allow", "audit", "reject", "drop" };
static const char *const class_names[] = { "one", "two", "six" };
static const unsigned int class_ids[] = { 1, 2, 6 };

/* "EU" and "EEA" as far as the world goes. */
static bool set_holds(const struct policy_words *policy, const char *list, const char *what)
{
	if (has_word(list, what))
		return true;
	if (has_word(list, "EU") && !strcmp(what, "FR"))
		return true;
	if (has_word(list, "EEA") && has_word("FR NO", what))
		return true;
	return has_word(list, "$home") && set_holds(policy, policy->home, what);
}

static const char *pick(const char *const *list, size_t count)
{
	return list[below((unsigned int)count)];
}

#define PICK(...)                                                             \
	({                                                                    \
		static const char *const _list[] = { __VA_ARGS__ };           \
		pick(_list, sizeof(_list) / sizeof(_list[0]));                \
	})

static int64_t random_time(void)
{
	return EPOCH + 1000 * (int64_t)below(20);
}

static void make_rule(struct rule *rule, bool exception, unsigned int number)
{
	*rule = (struct rule){ .exception = exception, .verdict = exception ? 1 : below(4) };
	snprintf(rule->id, sizeof(rule->id), "%c%u", exception ? 'e' : 'r', number);
	rule->classes = exception ? PICK("one", "two six", "two") : PICK("", "", "one", "two", "two six", "one six");
	rule->locations = PICK("", "", "FR", "US", "EU", "EEA", "$home", "$home local", "EU local unknown", "GB CN region-EU",
			       "special", "metadata", "CS NO", "unknown");
	rule->not_in = *rule->locations && !has_word("special metadata unknown", rule->locations) && one_in(3) &&
		       !has_word(rule->locations, "local") && !has_word(rule->locations, "unknown");
	rule->with_unknown = rule->not_in && one_in(2);
	rule->control_how = PICK("", "", "in", "not in", "subset of");
	rule->control = PICK("US", "EU", "EEA", "$home", "FR US", "CN");
	if (!strcmp(rule->control_how, "in") && one_in(3))
		rule->control = "US unknown";
	rule->operators = PICK("", "", "", "", "cloud", "host", "cloud sealed");
	rule->operators_not = one_in(3);
	rule->prefixes = PICK("", "", "", "2.0.0.0/16", "2.0.2.0/24 2a00:0:2::/48", "3.0.0.0/8", "10.1.0.0/16 2.0.9.64/26");
	rule->protos = PICK("", "", "6", "6 17", "1", "58 132");
	rule->ports = has_word(rule->protos, "1") || has_word(rule->protos, "58") ? "" : PICK("", "", "443", "53 80-443", "0-1023");
	rule->direction = PICK("", "", "", "original", "reply");
	rule->min_tier = rule->verdict >= 2 ? "" : PICK("", "", "", "feed", "rir", "location");
	if (exception && !*rule->locations && !*rule->control_how && !*rule->operators && !*rule->prefixes)
		rule->prefixes = "2.0.0.0/15";
	if (exception || one_in(4)) {
		rule->from = random_time();
		rule->until = rule->from + 1000 * (int64_t)(1 + below(6));
		if (!exception && one_in(3))
			*(one_in(2) ? &rule->from : &rule->until) = 0;
	}
}

static void make_policy(struct policy_words *policy)
{
	unsigned int i, exceptions = below(4), rules = 2 + below(RULES - 5);

	*policy = (struct policy_words){ .home = PICK("FR", "EU", "EEA", "GB"),
					 .bootstrap = PICK("", "", "3.0.0.53", "2.0.2.0/24 2b00::/32") };
	for (i = 0; i < CLASSES; i++)
		policy->class[i] = (struct class){ below(4), one_in(2) ? 9 : below(4), one_in(2) ? 0 : below(4) };
	policy->stale_at = one_in(2) ? random_time() : 0;
	for (i = 0; i < exceptions; i++)
		make_rule(&policy->rule[policy->count++], true, i);
	for (i = 0; i < rules; i++)
		make_rule(&policy->rule[policy->count++], false, i);
}

/* ---- its text ---- */

static void print_list(FILE *out, const char *list)
{
	fputs("['", out);
	for (; *list; list++)
		fputs(*list == ' ' ? "', '" : (char[2]){ *list }, out);
	fputs("']", out);
}

static void print_key(FILE *out, const char *key, const char *list)
{
	if (!*list)
		return;
	fprintf(out, ", %s: ", key);
	print_list(out, list);
}

static void print_time(FILE *out, const char *key, int64_t at)
{
	char text[RFC3339_TEXT];

	if (!at)
		return;
	rfc3339_format(at, text);
	fprintf(out, ", %s: '%s'", key, text);
}

static void print_rule(FILE *out, const struct rule *rule)
{
	fprintf(out, "  - {id: %s, reason: r, justification: j", rule->id);
	if (rule->exception)
		fputs(", owner: o, ticket: t", out);
	else
		fprintf(out, ", verdict: %s", verdicts[rule->verdict]);
	print_key(out, "class", rule->classes);
	if (rule->not_in) {
		fprintf(out, ", location: {unknown: %s", rule->with_unknown ? "true" : "false");
		print_key(out, "not in", rule->locations);
		fputs("}", out);
	} else {
		print_key(out, "location", rule->locations);
	}
	if (*rule->control_how) {
		fprintf(out, ", control: {%s: ", rule->control_how);
		print_list(out, rule->control);
		fputs("}", out);
	}
	if (*rule->operators) {
		fprintf(out, ", operator: {%s: ", rule->operators_not ? "not in" : "in");
		print_list(out, rule->operators);
		fputs("}", out);
	}
	print_key(out, "prefix", rule->prefixes);
	print_key(out, "proto", rule->protos);
	print_key(out, "port", rule->ports);
	if (*rule->direction)
		fprintf(out, ", direction: %s", rule->direction);
	if (*rule->min_tier)
		fprintf(out, ", min_tier: %s", rule->min_tier);
	print_time(out, "from", rule->from);
	print_time(out, "until", rule->until);
	fputs("}\n", out);
}

static char *policy_text(const struct policy_words *policy)
{
	char *text = NULL;
	size_t length, i;
	FILE *out = open_memstream(&text, &length);

	fprintf(out, "resid: 1\nhome: %s\nclasses:\n", policy->home);
	for (i = 0; i < CLASSES; i++) {
		fprintf(out, "  %s: {id: %u, default: %s, on_stale: %s", class_names[i], class_ids[i],
			verdicts[policy->class[i].fallback], policy->class[i].stale ? verdicts[policy->class[i].stale] : "keep");
		if (policy->class[i].unknown != 9)
			fprintf(out, ", on_unknown: %s", verdicts[policy->class[i].unknown]);
		fputs("}\n", out);
	}
	if (*policy->bootstrap) {
		fputs("bootstrap: ", out);
		print_list(out, policy->bootstrap);
		fputs("\n", out);
	}
	for (i = 0; i < policy->count; i++) {
		if (!i && policy->rule[i].exception)
			fputs("exceptions:\n", out);
		if (!policy->rule[i].exception && (!i || policy->rule[i - 1].exception))
			fputs("rules:\n", out);
		print_rule(out, &policy->rule[i]);
	}
	fclose(out);
	return text;
}

/* ---- the naive reading ---- */

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

static bool any_prefix(const char *list, struct address address)
{
	char word[64];
	int used;

	for (; sscanf(list, "%63s%n", word, &used) == 1; list += used)
		if (in_prefix(word, address))
			return true;
	return false;
}

static bool any_port(const char *list, int port)
{
	char word[64];
	int used, first, last;

	for (; sscanf(list, "%63s%n", word, &used) == 1; list += used) {
		if (sscanf(word, "%d-%d", &first, &last) == 1)
			last = first;
		if (port >= first && port <= last)
			return true;
	}
	return false;
}

/* How many of the controllers are in the list, and how many are there? */
static void count_control(const struct policy_words *policy, const char *list, const char *control, int *in, int *all)
{
	char word[8];
	int used;

	for (*in = *all = 0; sscanf(control, "%7s%n", word, &used) == 1; control += used) {
		++*all;
		*in += set_holds(policy, list, word);
	}
}

static bool location_matches(const struct policy_words *policy, const struct rule *rule, const char *location)
{
	if (!*rule->locations)
		return true;
	if (!rule->not_in)
		return set_holds(policy, rule->locations, location);
	if (set_holds(policy, rule->locations, location))
		return false;
	return is_country(location) || (rule->with_unknown && is_geographic(location));
}

static bool control_matches(const struct policy_words *policy, const struct rule *rule, const struct fact *fact)
{
	int in, all;

	if (*rule->min_tier && strength(fact->tier) > strength(rule->min_tier))
		return false;
	if (*rule->operators && (!*fact->operator || has_word(rule->operators, fact->operator) == rule->operators_not))
		return false;
	count_control(policy, rule->control, fact->control, &in, &all);
	if (!strcmp(rule->control_how, "in"))
		return all ? in > 0 : has_word(rule->control, "unknown");
	if (!strcmp(rule->control_how, "not in"))
		return all && !in;
	return !*rule->control_how || (all && in == all);
}

static bool rule_matches(const struct policy_words *policy, const struct rule *rule, const struct packet *packet,
			 const char *location, const struct fact *fact)
{
	char number[8];

	snprintf(number, sizeof(number), "%u", packet->proto);
	return (!*rule->classes || has_word(rule->classes, class_names[packet->class])) &&
	       (!rule->from || packet->now >= rule->from) && (!rule->until || packet->now < rule->until) &&
	       (!*rule->prefixes || any_prefix(rule->prefixes, packet->address)) &&
	       (!*rule->protos || has_word(rule->protos, number)) &&
	       (!*rule->ports || (has_word("6 17 132 33 136", number) && any_port(rule->ports, packet->port))) &&
	       (!*rule->direction || !strcmp(rule->direction, packet->direction)) &&
	       location_matches(policy, rule, location) && control_matches(policy, rule, fact);
}

static bool asks_data(const struct rule *rule)
{
	char word[16];
	const char *list = rule->locations;
	int used;

	if (*rule->control_how || *rule->operators || *rule->min_tier)
		return true;
	for (; sscanf(list, "%15s%n", word, &used) == 1; list += used)
		if (is_geographic(word))
			return true;
	return false;
}

static struct answer naive(const struct policy_words *policy, const struct packet *packet)
{
	const struct class *class = &policy->class[packet->class];
	const char *location = location_of(packet->address), *name = class_names[packet->class];
	struct fact fact = is_geographic(location) ? control_of(packet->address, location) :
						     (struct fact){ "", "none", "", "" };
	struct answer answer = { "bootstrap", 0 };
	size_t i;

	if (any_prefix(policy->bootstrap, packet->address))
		return answer;
	for (i = 0; i < policy->count; i++) {
		const struct rule *rule = &policy->rule[i];

		if (!rule_matches(policy, rule, packet, location, &fact))
			continue;
		snprintf(answer.id, sizeof(answer.id), "%s", rule->id);
		answer.verdict = rule->verdict;
		if (policy->stale_at && packet->now >= policy->stale_at && rule->verdict < class->stale &&
		    is_geographic(location) && asks_data(rule)) {
			snprintf(answer.id, sizeof(answer.id), "stale-%s", name);
			answer.verdict = class->stale;
		}
		return answer;
	}
	answer.verdict = class->fallback;
	snprintf(answer.id, sizeof(answer.id), "default-%s", name);
	if (class->unknown != 9 && is_geographic(location) && (!is_country(location) || !*fact.control)) {
		answer.verdict = class->unknown;
		snprintf(answer.id, sizeof(answer.id), "unknown-%s", name);
	}
	return answer;
}

/* ---- the others ---- */

static struct destination destination_of(const struct packet *packet)
{
	struct destination out = { .flow = { .now = packet->now, .proto = packet->proto, .proto_known = true } };
	uint64_t key = packet->address.key;
	int i, bytes = packet->address.v6 ? 8 : 4;

	if (packet->port >= 0) {
		out.flow.has_port = true;
		out.flow.dport = (uint16_t)packet->port;
	}
	if (*packet->direction)
		out.flow.direction = strcmp(packet->direction, "reply") ? RESID_DIR_ORIGINAL : RESID_DIR_REPLY;
	out.place[0].family = packet->address.v6 ? AF_INET6 : AF_INET;
	for (i = bytes - 1; i >= 0; i--, key >>= 8)
		out.place[0].address[i] = (uint8_t)key;
	if (packet->address.v6)
		out.place[0].address[15] = 9;
	return out;
}

static uint16_t kernel_rule(const struct snapshot *snapshot, const struct packet *packet, const struct destination *to)
{
	const struct resid_table *table = snapshot_table(snapshot);
	uint16_t group = packet->address.v6 ? resid_lpm_lookup6(&table->lpm6, to->place[0].address) :
					      resid_lpm_lookup4(&table->lpm4, to->place[0].address);

	return resid_verdict_decide(table, (uint8_t)class_ids[packet->class], group, &to->flow);
}

static struct packet random_packet(const struct policy_words *policy)
{
	static const uint8_t protos[] = { 6, 6, 17, 17, 1, 58, 132, 47 };
	static const uint16_t ports[] = { 443, 443, 53, 80, 52, 54, 79, 444, 0, 1023, 1024, 65535 };
	const struct place *place = &places[below(PLACES)];
	struct packet packet = { .class = below(CLASSES), .proto = protos[below(8)], .port = -1,
				 .address = { place->v6, place->first }, .direction = one_in(2) ? "original" : "reply" };
	uint64_t first, last;
	bool v6;

	packet.address.key += random64() % (place->last - place->first + 1);
	if (one_in(2)) {
		prefix_keys(facts[below(FACTS)].prefix, &v6, &first, &last);
		first = one_in(2) ? first : one_in(2) ? last : first + random64() % (last - first + 1);
		packet.address = (struct address){ v6, first };
	}
	if (has_word("6 17 132", (const char *[]){ "6", "17", "132", "1" }[packet.proto == 6 ? 0 : packet.proto == 17 ? 1 :
										   packet.proto == 132 ? 2 : 3]))
		packet.port = ports[below(12)];
	packet.now = random_time() + (int64_t)below(3) - 1;
	if (policy->stale_at && one_in(4))
		packet.now = policy->stale_at - (int64_t)below(2);
	return packet;
}

static void show(const struct policy_words *policy, const struct packet *packet, const char *what, const char *got,
		 const char *expected)
{
	static unsigned int shown;
	char *text;

	if (shown++ >= 3)
		return;
	text = policy_text(policy);
	printf("# %s says %s, the words %s: class %s, %s %llx, protocol %u, port %d, %s, at %lld, stale at %lld\n", what, got,
	       expected, class_names[packet->class], packet->address.v6 ? "IPv6" : "IPv4",
	       (unsigned long long)packet->address.key, packet->proto, packet->port, packet->direction,
	       (long long)packet->now, (long long)policy->stale_at);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		printf("#   %s\n", line);
	free(text);
}

struct tally {
	size_t policies, dropped, packets, kernel, explain, hidden, weaker;
};

/* What the packet does not say could be any of these. */
static void hide(const struct policy_words *policy, const struct snapshot *snapshot, const struct packet *packet,
		 struct tally *tally)
{
	static const int ports[] = { 52, 53, 54, 79, 80, 443, 444, 0, 1023, 1024, 65535 };
	struct packet known = *packet, hidden = *packet;
	struct destination to;
	unsigned int strictest = 0;
	size_t d, p;

	hidden.direction = one_in(2) ? "" : hidden.direction;
	hidden.port = one_in(2) ? -1 : hidden.port;
	for (d = 0; d < 2; d++) {
		known.direction = *hidden.direction ? hidden.direction : d ? "reply" : "original";
		for (p = 0; p < sizeof(ports) / sizeof(ports[0]); p++) {
			struct answer answer;

			known.port = hidden.port < 0 && packet->port >= 0 ? ports[p] : packet->port;
			answer = naive(policy, &known);
			strictest = answer.verdict > strictest ? answer.verdict : strictest;
		}
	}
	to = destination_of(&hidden);
	tally->hidden++;
	if (snapshot_rule_at(snapshot, kernel_rule(snapshot, &hidden, &to)).verdict >= strictest)
		return;
	tally->weaker++;
	show(policy, &hidden, "the kernel", "something weaker", verdicts[strictest]);
}

static void ask(const struct policy_words *policy, const struct snapshot *snapshot, struct tally *tally)
{
	size_t i;

	for (i = 0; i < PACKETS; i++) {
		struct packet packet = random_packet(policy);
		struct destination to = destination_of(&packet);
		struct answer expected = naive(policy, &packet);
		struct snapshot_rule kernel = snapshot_rule_at(snapshot, kernel_rule(snapshot, &packet, &to));
		struct snapshot_rule explain;

		destination_judge(&to, snapshot, (uint8_t)class_ids[packet.class]);
		explain = snapshot_rule_at(snapshot, to.place[to.decided].rule);
		tally->packets++;
		if (strcmp(kernel.id, expected.id) || kernel.verdict != expected.verdict) {
			tally->kernel++;
			show(policy, &packet, "the kernel", kernel.id, expected.id);
		}
		if (strcmp(explain.id, expected.id) || explain.verdict != expected.verdict) {
			tally->explain++;
			show(policy, &packet, "explain", explain.id, expected.id);
		}
		if (one_in(4))
			hide(policy, snapshot, &packet, tally);
	}
}

/* A rule that says what is not so is refused, rightly or not: without it the others must do as they say. */
static bool drop_refused(struct policy_words *policy, const char *error)
{
	const char *at = strstr(error, "rule '");
	size_t i, length;

	if (!at || (!strstr(error, "is unreachable") && !strstr(error, "some destinations need")))
		return false;
	at += strlen("rule '");
	length = strcspn(at, "'");
	for (i = 0; i < policy->count; i++) {
		if (strlen(policy->rule[i].id) != length || strncmp(policy->rule[i].id, at, length))
			continue;
		memmove(&policy->rule[i], &policy->rule[i + 1], (policy->count - i - 1) * sizeof(policy->rule[0]));
		policy->count--;
		return true;
	}
	return false;
}

static bool run(struct policy_words *words, const struct sources *sources, struct tally *tally)
{
	static const struct policy_options options = { .sets = "/nonexistent", .now = EPOCH };
	struct snapshot *snapshot = NULL;
	struct resid_error err;

	for (;;) {
		_cleanup_policy_ struct policy *policy = NULL;
		_cleanup_free_ char *text = policy_text(words);

		if (!policy_parse("p.yaml", text, strlen(text), &options, &policy, &err)) {
			const struct full_data data = { .world = sources->world, .stale_at = words->stale_at };

			if (snapshot_build_data(policy, &data, &snapshot, &err))
				break;
			ask(words, snapshot, tally);
			snapshot_free(snapshot);
			tally->policies++;
			return true;
		}
		if (!drop_refused(words, err.text))
			break;
		tally->dropped++;
	}
	printf("# %s\n", err.text);
	return false;
}

/* ---- the files that the world is read from ---- */

static void put(const char *folder, const char *name, const char *text)
{
	_cleanup_free_ char *path = mem_format("%s/%s", folder, name);
	FILE *file = fopen(path, "we");

	if (!file || fputs(text, file) < 0 || fclose(file))
		abort();
}

static void put_facts(const char *folder, const char *name, const char *tier, const char *operator)
{
	char *text = NULL;
	size_t length, i;
	FILE *out = open_memstream(&text, &length);

	for (i = 0; i < FACTS; i++)
		if (!strcmp(facts[i].tier, tier) && !strcmp(facts[i].operator, operator))
			fprintf(out, "%s%s%s\n", facts[i].prefix, *operator ? "" : ",", *operator ? "" : facts[i].control);
	fclose(out);
	put(folder, name, text);
	free(text);
}

static struct sources *read_sources(const char *folder)
{
	static const struct policy_options options = { .sets = "/nonexistent" };
	static const char text[] = "resid: 1\nhome: FR\nclasses: {a: {id: 1, default: allow}}\n"
				   "rules: [{id: a, control: {in: US}, verdict: drop, reason: r}]\n";
	_cleanup_free_ char *v4 = mem_format("%s/geoip", folder), *v6 = mem_format("%s/geoip6", folder);
	_cleanup_free_ char *rir = mem_format("%s/rir", folder), *operators = mem_format("%s/operators.yaml", folder);
	_cleanup_free_ char *feeds = mem_format("cloud=%s/cloud,sealed=%s/sealed", folder, folder);
	const struct build_inputs inputs = { .geoip4 = v4, .geoip6 = v6, .feeds = feeds, .rir = rir, .asn = "none",
					     .operators = operators, .uncached = true, .lenient = true };
	_cleanup_policy_ struct policy *policy = NULL;
	struct sources *sources = NULL;
	struct resid_error err;

	put(folder, "geoip", geoip4);
	put(folder, "geoip6", geoip6);
	put(folder, "operators.yaml", operators_text);
	put_facts(folder, "cloud", "feed", "cloud");
	put_facts(folder, "sealed", "feed", "sealed");
	put_facts(folder, "rir", "rir", "");
	if (policy_parse("p.yaml", text, strlen(text), &options, &policy, &err) ||
	    sources_read(&inputs, policy, &options, &sources, &err))
		printf("# %s\n", err.text);
	return sources;
}

int main(void)
{
	const char *soak = getenv("RESID_SOAK"), *seed = getenv("RESID_SEED");
	unsigned int i, policies = POLICIES * (soak && *soak ? 10 : 1);
	char folder[] = "/tmp/resid-language-XXXXXX";
	_cleanup_free_ char *command = NULL;
	struct sources *sources;
	struct tally tally = { 0 };
	bool bad;

	if (seed && strtoull(seed, NULL, 0))
		state = strtoull(seed, NULL, 0);
	if (!mkdtemp(folder))
		return 1;
	sources = read_sources(folder);
	command = mem_format("rm -r %s", folder);
	bad = system(command) || !sources;
	for (i = 0; i < policies && !bad; i++) {
		struct policy_words words;

		make_policy(&words);
		bad = !run(&words, sources, &tally);
	}
	bad |= !tally.packets || tally.packets != (size_t)policies * PACKETS;
	printf("# %zu policies, %zu rules that no packet reaches left out\n", tally.policies, tally.dropped);
	printf("%s 1 - the kernel's tables do what the words say (%zu packets, %zu differ)\n",
	       bad || tally.kernel ? "not ok" : "ok", tally.packets, tally.kernel);
	printf("%s 2 - so does what explain runs (%zu packets, %zu differ)\n", bad || tally.explain ? "not ok" : "ok",
	       tally.packets, tally.explain);
	printf("%s 3 - what a packet hides makes it no freer (%zu packets, %zu weaker)\n1..3\n",
	       bad || tally.weaker || !tally.hidden ? "not ok" : "ok", tally.hidden, tally.weaker);
	sources_free(sources);
	return bad || tally.kernel || tally.explain || tally.weaker;
}
