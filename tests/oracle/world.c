// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order in which they win. "" stands for the policy's own list. */
static const struct {
	const char *location, *prefixes;
} registry[] = {
	{ "metadata", "169.254.169.254/32 169.254.170.2/32 169.254.170.23/32 169.254.42.42/32 169.254.0.23/32 "
		      "100.100.100.200/32 192.0.0.192/32 168.63.129.16/32 fd00:ec2::254/128 fd00:ec2::23/128 "
		      "fd20:ce::254/128 fd00:42::42/128" },
	{ "link", "224.0.0.0/24 fe80::/10 ff02::/16" },
	{ "local", "127.0.0.0/8 255.255.255.255/32 ::1/128" },
	{ "translated", "::ffff:0:0/96 ::ffff:0:0:0/96 64:ff9b::/96 2001::/32 2002::/16" },
	{ "local", "" },
	{ "multicast", "224.0.0.0/4 ff00::/8" },
	{ "special", "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 "
		     "192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 ::/96 "
		     "64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001:db8::/32 3fff::/20 5f00::/16 fc00::/7 "
		     "fec0::/10" },
};

static const char eu[] = " AT AX BE BG CY CZ DE DK EE ES FI FR GF GP GR HR HU IE IT LT LU LV MF MQ MT NL PL PT RE RO SE SI SK YT ";
static char countries[2048] = " XK ";

static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);
	const char *at;

	for (at = strstr(list, word); at; at = strstr(at + 1, word))
		if ((at == list || at[-1] == ' ') && (!at[length] || at[length] == ' '))
			return true;
	return false;
}

/* The next word of a list, or false. */
static bool next_word(const char **list, char word[80])
{
	size_t length;

	*list += strspn(*list, " ");
	length = strcspn(*list, " ");
	if (!length || length >= 80)
		return false;
	memcpy(word, *list, length);
	word[length] = '\0';
	*list += length;
	return true;
}

static bool parse_address(int family, const char *text, u128 *out)
{
	unsigned char bytes[16];
	int i;

	if (inet_pton(family == 4 ? AF_INET : AF_INET6, text, bytes) != 1)
		return false;
	*out = 0;
	for (i = 0; i < (family == 4 ? 4 : 16); i++)
		*out = *out * 256 + bytes[i];
	return true;
}

static bool parse_prefix(int family, const char *text, u128 *first, u128 *last)
{
	unsigned int bits = family == 4 ? 32 : 128, length = bits;
	char address[80];
	u128 size;

	if (sscanf(text, "%79[^/]/%u", address, &length) < 1 || !parse_address(family, address, first))
		return false;
	size = length ? (u128)1 << (bits - length) : 0;	/* 0: everything, by overflow */
	*last = length ? *first + size - 1 : family == 4 ? 0xffffffff : ~(u128)0;
	return true;
}

static bool read_countries(void)
{
	FILE *file = fopen("/usr/share/zoneinfo/iso3166.tab", "re");
	char line[256];

	if (!file) {
		puts("# no /usr/share/zoneinfo/iso3166.tab: install tzdata");
		return false;
	}
	while (fgets(line, sizeof(line), file))
		if (line[0] != '#')
			snprintf(countries + strlen(countries), sizeof(countries) - strlen(countries), "%.2s ", line);
	fclose(file);
	return true;
}

static void location_of_file(const char *code, char out[12])
{
	if (!strcmp(code, "UK"))
		code = "GB";
	if (!strcmp(code, "EU") || !strcmp(code, "AP"))
		snprintf(out, 12, "region-%.2s", code);
	else if (has_word(countries, code) || has_word("AN CS SU TP YU ZR", code))
		snprintf(out, 12, "%.2s", code);
	else
		snprintf(out, 12, "unknown");
}

bool world_read(const char *path, int family, struct world *out)
{
	FILE *file = fopen(path, "re");
	char line[256];
	size_t room = 0;

	if (!file || !read_countries()) {
		printf("# %s cannot be read\n", path);
		return false;
	}
	*out = (struct world){ .family = family, .end = family == 4 ? 0xffffffff : ~(u128)0 };
	while (fgets(line, sizeof(line), file)) {
		unsigned long long first4, last4;
		char first[80], last[80], code[8];
		struct world_range *range;

		if (line[0] == '#')
			continue;
		if (out->count == room) {
			room = room ? room * 2 : 1 << 16;
			out->range = realloc(out->range, room * sizeof(*out->range));
		}
		range = &out->range[out->count++];
		if (family == 4 && sscanf(line, "%llu,%llu,%7s", &first4, &last4, code) == 3) {
			range->first = first4;
			range->last = last4;
		} else if (sscanf(line, "%79[^,],%79[^,],%7s", first, last, code) != 3 ||
			   !parse_address(6, first, &range->first) || !parse_address(6, last, &range->last)) {
			printf("# %s: what is this line? %s", path, line);
			exit(1);
		}
		location_of_file(code, range->location);
	}
	fclose(file);
	return true;
}

bool world_in_prefixes(int family, const char *prefixes, u128 address)
{
	u128 first, last;
	char word[80];

	while (next_word(&prefixes, word))
		if (parse_prefix(family, word, &first, &last) && address >= first && address <= last)
			return true;
	return false;
}

const char *world_place(const struct world *world, const struct world_policy *policy, u128 address, const char *of_file)
{
	size_t i;

	for (i = 0; i < sizeof(registry) / sizeof(registry[0]); i++) {
		const char *prefixes = *registry[i].prefixes ? registry[i].prefixes : policy->local;

		if (world_in_prefixes(world->family, prefixes, address))
			return registry[i].location;
	}
	return of_file;
}

const char *world_scan(const struct world *world, const struct world_policy *policy, u128 address)
{
	const char *of_file = "unknown";
	size_t i;

	for (i = 0; i < world->count; i++)
		if (address >= world->range[i].first && address <= world->range[i].last)
			of_file = world->range[i].location;
	return world_place(world, policy, address, of_file);
}

/* A country's name stands for all that is its territory by its own law. */
static const char *const territories[][2] = {
	{ "FR", "FR RE GP MQ GF YT MF" }, { "FI", "FI AX" }, { "US", "US AS GU MP PR UM VI" }, { "CN", "CN HK MO" },
};

static bool is_territory(const char *locations, const char *location)
{
	for (size_t i = 0; i < sizeof(territories) / sizeof(territories[0]); i++)
		if (has_word(locations, territories[i][0]) && has_word(territories[i][1], location))
			return true;
	return false;
}

static bool location_matches(const struct world_rule *rule, const char *location)
{
	bool named = has_word(rule->locations, location) || is_territory(rule->locations, location) ||
		     (has_word(rule->locations, "EU") && has_word(eu, location));

	if (!rule->not_in)
		return named;
	if (named)
		return false;
	if (has_word(countries, location))
		return true;
	return rule->unknown && (!strcmp(location, "unknown") || !strncmp(location, "region-", 7) || strlen(location) == 2);
}

static bool port_matches(const char *ports, unsigned int port)
{
	unsigned int first, last;
	char word[80];

	while (next_word(&ports, word)) {
		if (sscanf(word, "%u-%u", &first, &last) == 1)
			last = first;
		if (port >= first && port <= last)
			return true;
	}
	return false;
}

const char *world_judge(const struct world_policy *policy, size_t class, int family, u128 address,
			const char *location, unsigned int proto, unsigned int port)
{
	static char fallback[80];
	const struct world_rule *rule;
	char number[8];

	snprintf(number, sizeof(number), "%u", proto);
	for (rule = policy->rule; rule->id; rule++) {
		if (rule->classes && !has_word(rule->classes, policy->class[class].name))
			continue;
		if (rule->locations && !location_matches(rule, location))
			continue;
		if (rule->prefixes && !world_in_prefixes(family, rule->prefixes, address))
			continue;
		if (rule->protos && !has_word(rule->protos, number))
			continue;
		if (rule->ports && (!has_word("6 17 132 33 136", number) || !port_matches(rule->ports, port)))
			continue;
		return rule->id;
	}
	snprintf(fallback, sizeof(fallback), "default-%s", strcmp(location, "link") ? policy->class[class].name : "link");
	return fallback;
}

static void each_of(int family, const char *prefixes, void (*callback)(void *, u128, u128), void *context)
{
	u128 first, last;
	char word[80];

	while (next_word(&prefixes, word))
		if (parse_prefix(family, word, &first, &last))
			callback(context, first, last);
}

void world_each_prefix(int family, const struct world_policy *policy, void (*callback)(void *, u128, u128),
		       void *context)
{
	const struct world_rule *rule;
	size_t i;

	for (i = 0; i < sizeof(registry) / sizeof(registry[0]); i++)
		each_of(family, registry[i].prefixes, callback, context);
	each_of(family, policy->local, callback, context);
	for (rule = policy->rule; rule->id; rule++)
		if (rule->prefixes)
			each_of(family, rule->prefixes, callback, context);
}
