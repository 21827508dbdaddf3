// SPDX-License-Identifier: Apache-2.0
#include "words.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/rfc3339.h"

static uint64_t state = 0x9e3779b97f4a7c15;

void words_seed(uint64_t seed)
{
	state = seed;
}

uint64_t words_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

unsigned int words_below(unsigned int bound)
{
	return (unsigned int)(words_random() % bound);
}

bool words_one_in(unsigned int n)
{
	return !words_below(n);
}

/* ---- the world: an address is its first 64 bits, of IPv4 its 32 ---- */

/* What stands later is asked first. */
const struct place words_places[] = {
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

const size_t words_place_count = sizeof(words_places) / sizeof(words_places[0]);

const char words_geoip4[] = "33554432,33619967,FR\n50331648,50397183,US\n67108864,67174399,NO\n83886080,83951615,EU\n"
			    "117440512,117506047,CS\n134217728,134283263,CN\n150994944,151060479,UK\n";
const char words_geoip6[] = "2a00::,2a00:0:ffff:ffff:ffff:ffff:ffff:ffff,FR\n2b00::,2b00:0:ffff:ffff:ffff:ffff:ffff:ffff,US\n";

/* What is said of control, strongest first. */
const struct fact words_facts[] = {
	{ "2.0.12.0/24", "override", "", "FR US" },  { "4.0.2.0/24", "override", "", "CN" },
	{ "2.0.9.0/24", "override", "host", "FR" },  { "3.0.9.0/25", "override", "host", "FR" },
	{ "2.0.2.0/23", "feed", "cloud", "US" },     { "2.0.9.0/25", "feed", "cloud", "US" },
	{ "3.0.0.0/17", "feed", "cloud", "US" },     { "5.0.1.0/24", "feed", "cloud", "US" },
	{ "11.0.1.0/24", "feed", "cloud", "US" },    { "2a00:0:2::/48", "feed", "cloud", "US" },
	{ "2.0.3.0/24", "feed", "sealed", "FR US" }, { "8.0.4.0/24", "feed", "sealed", "FR US" },
	{ "2.0.0.0/17", "rir", "", "FR" },	     { "2.0.5.0/24", "rir", "", "US" },
	{ "4.0.0.0/20", "rir", "", "FR" },	     { "11.0.0.0/24", "rir", "", "CN" },
	{ "2b00:0:1::/48", "rir", "", "FR" },
};

const size_t words_fact_count = sizeof(words_facts) / sizeof(words_facts[0]);

const char words_overrides[] = "sources:\n  overrides:\n    - {prefix: 2.0.12.0/24, control: [FR, US], reason: r}\n"
			       "    - {prefix: 4.0.2.0/24, control: CN, reason: r}\n";

const char words_operators[] =
	"resid-operators: 1\ndate: 2026-11-21\noperators:\n"
	"  - {id: cloud, name: C, parent: C, jurisdictions: [{country: US, basis: b}], feeds: [{format: list, file: cloud}],\n"
	"     citation: c, reviewed: 2026-11-21, confidence: high}\n"
	"  - {id: sealed, name: S, parent: S, jurisdictions: [{country: FR, basis: b}, {country: US, basis: b}],\n"
	"     feeds: [{format: list, file: sealed}], citation: c, reviewed: 2026-11-21, confidence: high}\n"
	"  - {id: host, name: H, parent: H, jurisdictions: [{country: FR, basis: b}], prefixes: [2.0.9.0/24, 3.0.9.0/25],\n"
	"     citation: c, reviewed: 2026-11-21, confidence: high}\n";

/* First and last key of a prefix. */
void words_prefix(const char *text, bool *v6, uint64_t *first, uint64_t *last)
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

	words_prefix(text, &v6, &first, &last);
	return v6 == address.v6 && address.key >= first && address.key <= last;
}

static const char *location_of(struct address address)
{
	const char *location = "unknown";
	size_t i;

	for (i = 0; i < words_place_count; i++)
		if (words_places[i].v6 == address.v6 && address.key >= words_places[i].first &&
		    address.key <= words_places[i].last)
			location = words_places[i].location;
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
	for (i = 0; i < words_fact_count; i++) {
		if (!in_prefix(words_facts[i].prefix, address) || strength(words_facts[i].tier) > strength(found.tier))
			continue;
		words_prefix(words_facts[i].prefix, &v6, &first, &last);
		if (!strcmp(words_facts[i].tier, found.tier) && last - first >= size)
			continue;
		size = last - first;
		found = words_facts[i];
	}
	return found;
}

/* ---- a policy as words; "" says nothing ---- */

const char *const words_verdicts[4] = { "allow", "audit", "reject", "drop" };
const char *const words_class_names[WORDS_CLASSES] = { "one", "two", "six" };
const unsigned int words_class_ids[WORDS_CLASSES] = { 1, 2, 6 };

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
	return list[words_below((unsigned int)count)];
}

#define PICK(...)                                                             \
	({                                                                    \
		static const char *const _list[] = { __VA_ARGS__ };           \
		pick(_list, sizeof(_list) / sizeof(_list[0]));                \
	})

int64_t words_time(void)
{
	return WORDS_EPOCH + 1000 * (int64_t)words_below(20);
}

static void make_rule(struct rule *rule, bool exception, unsigned int number)
{
	*rule = (struct rule){ .exception = exception, .verdict = exception ? 1 : words_below(4) };
	snprintf(rule->id, sizeof(rule->id), "%c%u", exception ? 'e' : 'r', number);
	rule->classes = exception ? PICK("one", "two six", "two") : PICK("", "", "one", "two", "two six", "one six");
	rule->locations = PICK("", "", "FR", "US", "EU", "EEA", "$home", "$home local", "EU local unknown", "GB CN region-EU",
			       "special", "metadata", "CS NO", "unknown");
	rule->not_in = *rule->locations && !has_word("special metadata unknown", rule->locations) && words_one_in(3) &&
		       !has_word(rule->locations, "local") && !has_word(rule->locations, "unknown");
	rule->with_unknown = rule->not_in && words_one_in(2);
	/* what is known of control is weighed by tests/unit/monotone.c and control_nests.c */
	rule->control_how = rule->control = rule->operators = "";
	rule->prefixes = PICK("", "", "", "2.0.0.0/16", "2.0.2.0/24 2a00:0:2::/48", "3.0.0.0/8", "10.1.0.0/16 2.0.9.64/26");
	rule->protos = PICK("", "", "6", "6 17", "1", "58 132");
	rule->ports = has_word(rule->protos, "1") || has_word(rule->protos, "58") ? "" : PICK("", "", "443", "53 80-443", "0-1023");
	rule->direction = PICK("", "", "", "original", "reply");
	rule->min_tier = "";
	if (exception && !*rule->locations && !*rule->control_how && !*rule->operators && !*rule->prefixes)
		rule->prefixes = "2.0.0.0/15";
	if (exception || words_one_in(4)) {
		rule->from = words_time();
		rule->until = rule->from + 1000 * (int64_t)(1 + words_below(6));
		if (!exception && words_one_in(3))
			*(words_one_in(2) ? &rule->from : &rule->until) = 0;
	}
}

void words_make(struct policy_words *policy)
{
	unsigned int i, exceptions = words_below(4), rules = 2 + words_below(WORDS_RULES - 5);

	*policy = (struct policy_words){ .home = PICK("FR", "EU", "EEA", "GB"),
					 .bootstrap = PICK("", "", "3.0.0.53", "2.0.2.0/24 2b00::/32") };
	for (i = 0; i < WORDS_CLASSES; i++)
		policy->class[i] = (struct class){ words_below(4), words_one_in(2) ? 9 : words_below(4),
						   words_one_in(2) ? 0 : words_below(4) };
	policy->stale_at = words_one_in(2) ? words_time() : 0;
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
		fprintf(out, ", verdict: %s", words_verdicts[rule->verdict]);
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

char *words_text(const struct policy_words *policy)
{
	char *text = NULL;
	size_t length, i;
	FILE *out = open_memstream(&text, &length);

	fprintf(out, "resid: 1\nhome: %s\nclasses:\n", policy->home);
	for (i = 0; i < WORDS_CLASSES; i++) {
		fprintf(out, "  %s: {id: %u, default: %s, on_stale: %s", words_class_names[i], words_class_ids[i],
			words_verdicts[policy->class[i].fallback], policy->class[i].stale ? words_verdicts[policy->class[i].stale] : "keep");
		if (policy->class[i].unknown != 9)
			fprintf(out, ", on_unknown: %s", words_verdicts[policy->class[i].unknown]);
		fputs("}\n", out);
	}
	fputs(words_overrides, out);
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
	return (!*rule->classes || has_word(rule->classes, words_class_names[packet->class])) &&
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

struct answer words_judge(const struct policy_words *policy, const struct packet *packet)
{
	const struct class *class = &policy->class[packet->class];
	const char *location = location_of(packet->address), *name = words_class_names[packet->class];
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
