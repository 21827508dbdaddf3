// SPDX-License-Identifier: Apache-2.0
/*
 * The policy language against a naive reading of it: random policies with exceptions, windows, directions, control,
 * `bootstrap`, `on_unknown` and `on_stale`, each written as text for the compiler and kept as words for the reader
 * here, and random packets. Three must agree on the rule: the reader, which asks rule after rule from the words; the
 * kernel's tables with the kernel's functions; and what `residctl explain` runs. Where a packet does not say its port
 * or its direction, the tables may be stricter than each of the ways it could have gone, never weaker. And a rule that
 * `policy check` calls unreachable is one that no packet meets.
 *
 * Prints TAP. RESID_SOAK=1: ten times as much. RESID_SEED: another run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "residctl/destination.h"
#include "policy/policy.h"
#include "snapshot/build.h"
#include "snapshot/full_build.h"
#include "snapshot/sources.h"
#include "util/memory.h"
#include "words.h"

#define POLICIES 200
#define PACKETS	 5000
#define DOUBTS	 500

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

	return resid_verdict_decide(table, (uint8_t)words_class_ids[packet->class], group, &to->flow);
}

static struct packet random_packet(const struct policy_words *policy)
{
	static const uint8_t protos[] = { 6, 6, 17, 17, 1, 58, 132, 47 };
	static const uint16_t ports[] = { 443, 443, 53, 80, 52, 54, 79, 444, 0, 1023, 1024, 65535 };
	const struct place *place = &words_places[words_below(words_place_count)];
	struct packet packet = { .class = words_below(WORDS_CLASSES), .proto = protos[words_below(8)], .port = -1,
				 .address = { place->v6, place->first }, .direction = words_one_in(2) ? "original" : "reply" };
	uint64_t first, last;
	bool v6;

	packet.address.key += words_random() % (place->last - place->first + 1);
	if (words_one_in(2)) {
		words_prefix(words_facts[words_below(words_fact_count)].prefix, &v6, &first, &last);
		first = words_one_in(2) ? first : words_one_in(2) ? last : first + words_random() % (last - first + 1);
		packet.address = (struct address){ v6, first };
	}
	if (packet.proto == 6 || packet.proto == 17 || packet.proto == 132)
		packet.port = ports[words_below(12)];
	packet.now = words_time() + (int64_t)words_below(3) - 1;
	if (policy->stale_at && words_one_in(4))
		packet.now = policy->stale_at - (int64_t)words_below(2);
	return packet;
}

static void show(const struct policy_words *policy, const struct packet *packet, const char *what, const char *got,
		 const char *expected)
{
	static unsigned int shown;
	char *text;

	if (shown++ >= 3)
		return;
	text = words_text(policy);
	printf("# %s says %s, the words %s: class %s, %s %llx, protocol %u, port %d, %s, at %lld, stale at %lld\n", what, got,
	       expected, words_class_names[packet->class], packet->address.v6 ? "IPv6" : "IPv4",
	       (unsigned long long)packet->address.key, packet->proto, packet->port, packet->direction,
	       (long long)packet->now, (long long)policy->stale_at);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		printf("#   %s\n", line);
	free(text);
}

struct tally {
	size_t policies, dropped, packets, kernel, explain, hidden, weaker, reached;
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

	hidden.direction = words_one_in(2) ? "" : hidden.direction;
	hidden.port = words_one_in(2) ? -1 : hidden.port;
	for (d = 0; d < 2; d++) {
		known.direction = *hidden.direction ? hidden.direction : d ? "reply" : "original";
		for (p = 0; p < sizeof(ports) / sizeof(ports[0]); p++) {
			struct answer answer;

			known.port = hidden.port < 0 && packet->port >= 0 ? ports[p] : packet->port;
			answer = words_judge(policy, &known);
			strictest = answer.verdict > strictest ? answer.verdict : strictest;
		}
	}
	to = destination_of(&hidden);
	tally->hidden++;
	if (snapshot_rule_at(snapshot, kernel_rule(snapshot, &hidden, &to)).verdict >= strictest)
		return;
	tally->weaker++;
	show(policy, &hidden, "the kernel", "something weaker", words_verdicts[strictest]);
}

static void ask(const struct policy_words *policy, const struct snapshot *snapshot, struct tally *tally)
{
	size_t i;

	for (i = 0; i < PACKETS; i++) {
		struct packet packet = random_packet(policy);
		struct destination to = destination_of(&packet);
		struct answer expected = words_judge(policy, &packet);
		struct snapshot_rule kernel = snapshot_rule_at(snapshot, kernel_rule(snapshot, &packet, &to));
		struct snapshot_rule explain;

		destination_judge(&to, snapshot, (uint8_t)words_class_ids[packet.class]);
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
		if (words_one_in(4))
			hide(policy, snapshot, &packet, tally);
	}
}

/* Does a packet meet the rule that is said to be unreachable? */
static void doubt(const struct policy_words *refused, const char *id, struct tally *tally)
{
	struct policy_words policy = *refused;
	unsigned int i;

	policy.stale_at = 0;
	for (i = 0; i < DOUBTS; i++) {
		struct packet packet = random_packet(&policy);
		struct answer answer = words_judge(&policy, &packet);

		if (strcmp(answer.id, id))
			continue;
		tally->reached++;
		show(&policy, &packet, "the check", "unreachable", id);
		return;
	}
}

/* A rule that says what is not so is refused: without it the others must do as they say. */
static bool drop_refused(struct policy_words *policy, const char *error, struct tally *tally)
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
		if (strstr(error, "is unreachable"))
			doubt(policy, policy->rule[i].id, tally);
		memmove(&policy->rule[i], &policy->rule[i + 1], (policy->count - i - 1) * sizeof(policy->rule[0]));
		policy->count--;
		return true;
	}
	return false;
}

static bool run(struct policy_words *words, const struct sources *sources, struct tally *tally)
{
	static const struct policy_options options = { .sets = "/nonexistent", .now = WORDS_EPOCH };
	struct snapshot *snapshot = NULL;
	struct resid_error err;

	for (;;) {
		_cleanup_policy_ struct policy *policy = NULL;
		_cleanup_free_ char *text = words_text(words);

		if (!policy_parse("p.yaml", text, strlen(text), &options, &policy, &err)) {
			const struct full_data data = { .world = sources->world, .stale_at = words->stale_at };

			if (snapshot_build_data(policy, &data, &snapshot, &err))
				break;
			ask(words, snapshot, tally);
			snapshot_free(snapshot);
			tally->policies++;
			return true;
		}
		if (!drop_refused(words, err.text, tally))
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

static struct sources *read_sources(const char *folder)
{
	static const struct policy_options options = { .sets = "/nonexistent" };
	_cleanup_free_ char *text = mem_format("resid: 1\nhome: FR\nclasses: {a: {id: 1, default: allow}}\n%s"
					       "rules: [{id: a, location: US, verdict: drop, reason: r}]\n", "");
	_cleanup_free_ char *v4 = mem_format("%s/geoip", folder), *v6 = mem_format("%s/geoip6", folder);
	_cleanup_free_ char *operators = mem_format("%s/operators.yaml", folder);
	const struct build_inputs inputs = { .geoip4 = v4, .geoip6 = v6, .asn = "none",
					     .operators = operators, .uncached = true, .lenient = true };
	_cleanup_policy_ struct policy *policy = NULL;
	struct sources *sources = NULL;
	struct resid_error err;

	put(folder, "geoip", words_geoip4);
	put(folder, "geoip6", words_geoip6);
	put(folder, "operators.yaml", words_operators);
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
		words_seed(strtoull(seed, NULL, 0));
	if (!mkdtemp(folder))
		return 1;
	sources = read_sources(folder);
	command = mem_format("rm -r %s", folder);
	bad = system(command) || !sources;
	for (i = 0; i < policies && !bad; i++) {
		struct policy_words words;

		words_make(&words);
		bad = !run(&words, sources, &tally);
	}
	bad |= !tally.packets || tally.packets != (size_t)policies * PACKETS;
	printf("# %zu policies, %zu rules that no packet reaches left out\n", tally.policies, tally.dropped);
	printf("%s 1 - the kernel's tables do what the words say (%zu packets, %zu differ)\n",
	       bad || tally.kernel ? "not ok" : "ok", tally.packets, tally.kernel);
	printf("%s 2 - so does what explain runs (%zu packets, %zu differ)\n", bad || tally.explain ? "not ok" : "ok",
	       tally.packets, tally.explain);
	printf("%s 3 - what a packet hides makes it no freer (%zu packets, %zu weaker)\n",
	       bad || tally.weaker || !tally.hidden ? "not ok" : "ok", tally.hidden, tally.weaker);
	printf("%s 4 - what is called unreachable is (%zu rules, %zu reached)\n1..4\n",
	       bad || tally.reached || !tally.dropped ? "not ok" : "ok", tally.dropped, tally.reached);
	sources_free(sources);
	return bad || tally.kernel || tally.explain || tally.weaker || tally.reached;
}
