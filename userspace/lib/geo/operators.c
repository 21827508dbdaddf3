// SPDX-License-Identifier: Apache-2.0
/* The reader of operators.yaml. Strict: a key that nobody reads would be a fact that nobody heeds. */
#include "geo/operators.h"

#include <stdlib.h>
#include <string.h>

#include "kmod/deps.h"
#include "source/format.h"
#include "yaml/embedded.h"
#include "yaml/keys.h"
#include "yaml/yaml.h"
#include "util/file.h"
#include "util/memory.h"

void operators_free(struct operators *operators)
{
	size_t i, j;

	if (!operators)
		return;
	for (i = 0; i < operators->count; i++) {
		struct operator *operator = &operators->operator[i];

		for (j = 0; j < operator->jurisdiction_count; j++)
			laws_free_basis(&operator->jurisdiction[j]);
		for (j = 0; j < operator->feed_count; j++) {
			free(operator->feed[j].file);
			free(operator->feed[j].service);
			free(operator->feed[j].region);
		}
		for (j = 0; j < operator->prefix_count; j++)
			free(operator->prefix[j]);
		for (j = 0; j < operator->holder_count; j++)
			free(operator->holder[j]);
		free(operator->id);
		free(operator->name);
		free(operator->parent);
		free(operator->technology);
		free(operator->criterion);
		free(operator->jurisdiction);
		free(operator->asn);
		free(operator->holder);
		free(operator->feed);
		free(operator->prefix);
		free(operator->anycast);
		free(operator->citation);
		free(operator->reviewed);
		free(operator->confidence);
		free(operator->comment);
	}
	free(operators->operator);
	free(operators->asn);
	free(operators);
}

const struct operator *operators_find(const struct operators *operators, const char *id)
{
	size_t i;

	for (i = 0; i < operators->count; i++)
		if (operators->operator[i].id && !strcmp(operators->operator[i].id, id))
			return &operators->operator[i];
	return NULL;
}

static int operators_compare_asn(const void *a, const void *b)
{
	const struct operators_asn *x = a, *y = b;

	return (x->asn > y->asn) - (x->asn < y->asn);
}

const struct operator *operators_by_asn(const struct operators *operators, uint32_t asn)
{
	const struct operators_asn key = { .asn = asn }, *found;

	if (!operators->asn_count)
		return NULL;
	found = bsearch(&key, operators->asn, operators->asn_count, sizeof(key), operators_compare_asn);
	return found ? &operators->operator[found->operator] : NULL;
}

bool operator_locates(const struct operator *operator)
{
	for (size_t i = 0; i < operator->feed_count; i++)
		if (source_format_locates(operator->feed[i].format))
			return true;
	return false;
}

/* A list under a key; items: NULL and 0 when the key is absent and not required. */
static int operators_list(const struct keys_file *file, const struct yaml_node *map, const char *key, bool required,
			  struct yaml_node ***items, size_t *count)
{
	_cleanup_free_ char *what = mem_format("`%s`", key);
	const struct yaml_node *node;

	*items = NULL;
	*count = 0;
	if (keys_get(file, map, key, required, &node))
		return -1;
	if (!node)
		return 0;
	if (keys_kind(file, node, YAML_LIST, what))
		return -1;
	if (!node->count)
		return keys_fail(file, node, "%s is an empty list; %s", what,
				 required ? "it needs an item" : "leave it out");
	*items = node->child;
	*count = node->count;
	return 0;
}

/* Values of a list under a key, or the one value of a scalar, joined in *out; "" when the key is absent. */
static int operators_joined(const struct keys_file *file, const struct yaml_node *map, const char *key, bool required,
			    const char *between, char **out)
{
	_cleanup_free_ char *what = mem_format("a value of `%s`", key);
	_cleanup_free_ char *joined = mem_copy("", 0);
	const struct yaml_node *node, *const *items;
	size_t count;

	if (keys_get(file, map, key, required, &node))
		return -1;
	if (!node || node->kind == YAML_SCALAR)
		return laws_text(file, map, key, required, out);
	if (keys_items(file, &node, key, &items, &count))
		return -1;
	for (size_t i = 0; i < count; i++) {
		char *longer;

		if (keys_kind(file, items[i], YAML_SCALAR, what))
			return -1;
		if (!items[i]->text[0] || strpbrk(items[i]->text, "\n\r\t"))
			return keys_fail(file, items[i], "%s must be one line that says something", what);
		longer = mem_format("%s%s%s", joined, i ? between : "", items[i]->text);
		free(joined);
		joined = longer;
	}
	*out = TAKE(joined);
	return 0;
}

static int operators_criterion(const struct keys_file *file, const struct yaml_node *node, char **out)
{
	static const char *const limbs[] = { "seat", "share", "shares", "influence", NULL };
	const struct yaml_node *list;
	struct yaml_node **items;
	size_t limb, count;

	if (operators_list(file, node, "criterion", false, &items, &count))
		return -1;
	list = yaml_get(node, "criterion");
	for (size_t i = 0; list && i < count; i++) {
		for (limb = 0; limbs[limb] && items[i]->kind == YAML_SCALAR; limb++)
			if (!strcmp(items[i]->text, limbs[limb]))
				break;
		if (items[i]->kind != YAML_SCALAR || !limbs[limb])
			return keys_fail(file, items[i], "a criterion is seat, share, shares or influence, not '%s'",
					 items[i]->kind == YAML_SCALAR ? items[i]->text : "a list or a map");
	}
	return operators_joined(file, node, "criterion", false, ", ", out);
}

static int operators_uncertain(const struct keys_file *file, const struct yaml_node *node, bool *out)
{
	_cleanup_free_ char *text = NULL;

	if (laws_text(file, node, "uncertain", false, &text))
		return -1;
	if (*text && strcmp(text, "true") && strcmp(text, "false"))
		return keys_fail(file, yaml_get(node, "uncertain"), "`uncertain` must be true or false, not '%s'", text);
	*out = !strcmp(text, "true");
	return 0;
}

static int operators_holders(const struct keys_file *file, const struct yaml_node *node, struct operator *operator)
{
	struct yaml_node **items;
	size_t count;

	if (operators_list(file, node, "holders", false, &items, &count))
		return -1;
	operator->holder = mem_zero(count, sizeof(*operator->holder));
	for (size_t i = 0; i < count; i++) {
		const char *star;

		if (keys_kind(file, items[i], YAML_SCALAR, "a holder"))
			return -1;
		star = strchr(items[i]->text, '*');
		if (strlen(items[i]->text) < 2 || (star && star[1]) || star == items[i]->text)
			return keys_fail(file, items[i], "a holder '%s' must be a name; '*' stands for the rest, at its end",
					 items[i]->text);
		operator->holder[operator->holder_count++] = mem_copy(items[i]->text, strlen(items[i]->text));
	}
	return 0;
}

/* A pattern: '*' at the end at most. */
static int operators_pattern(const struct keys_file *file, const struct yaml_node *map, const char *key, char **out)
{
	const char *star;

	if (laws_text(file, map, key, false, out))
		return -1;
	star = strchr(*out, '*');
	if (star && (star[1] || star == *out))
		return keys_fail(file, yaml_get(map, key), "%s '%s': '*' stands for the rest, after at least one letter",
				 key, *out);
	return 0;
}

static int operators_feed(const struct keys_file *file, const struct yaml_node *node, struct operator_feed *feed)
{
	static const char *const keys[] = { "format", "file", "service", "region", NULL };
	const struct yaml_node *format;
	int number;

	if (keys_known(file, node, "a feed", keys) || keys_get(file, node, "format", true, &format) ||
	    keys_kind(file, format, YAML_SCALAR, "`format`"))
		return -1;
	number = source_format_parse(format->text);
	if (number < 0 || !(source_formats(SOURCE_USE_FEED) & SOURCE_BIT(number))) {
		_cleanup_free_ char *names = source_format_names(source_formats(SOURCE_USE_FEED));

		return keys_fail(file, format, "unknown format '%s'; write %s", format->text, names);
	}
	feed->format = (enum source_format)number;
	if (laws_text(file, node, "file", true, &feed->file))
		return -1;
	if (strchr(feed->file, '/'))
		return keys_fail(file, yaml_get(node, "file"), "file '%s' must be a name without folders", feed->file);
	if (operators_pattern(file, node, "service", &feed->service))
		return -1;
	return operators_pattern(file, node, "region", &feed->region);
}

/* keys_number() is for small numbers. 0 and the last are reserved (RFC 7607, RFC 7300). */
static int operators_asn(const struct keys_file *file, const struct yaml_node *node, uint32_t *out)
{
	uint64_t value = 0;
	const char *at;

	if (keys_kind(file, node, YAML_SCALAR, "an ASN"))
		return -1;
	for (at = node->text; *at >= '0' && *at <= '9' && value < UINT32_MAX; at++)
		value = value * 10 + (uint64_t)(*at - '0');
	if (*at || !value || value >= UINT32_MAX || node->text[0] == '0')
		return keys_fail(file, node, "an ASN '%s' must be a number from 1 to %u, without AS before it",
				 node->text, UINT32_MAX - 1);
	*out = (uint32_t)value;
	return 0;
}

static int operators_asns(const struct keys_file *file, const struct yaml_node *node, struct operators *operators,
			  struct operator *operator)
{
	struct yaml_node **items;
	size_t i, j, k, count;
	uint32_t asn = 0;

	if (operators_list(file, node, "asn", false, &items, &count))
		return -1;
	operator->asn = mem_zero(count, sizeof(*operator->asn));
	for (i = 0; i < count; i++) {
		if (operators_asn(file, items[i], &asn))
			return -1;
		for (j = 0; j < operators->count; j++)
			for (k = 0; k < operators->operator[j].asn_count; k++)
				if (operators->operator[j].asn[k] == asn)
					return keys_fail(file, items[i], "AS%u stands twice, first at '%s'", asn,
							 operators->operator[j].id);
		operator->asn[operator->asn_count++] = asn;
	}
	return 0;
}

static int operators_prefixes(const struct keys_file *file, const struct yaml_node *node, struct operators *operators,
			      struct operator *operator)
{
	struct yaml_node **items;
	size_t i, j, k, count;
	struct prefix prefix;
	char text[ADDRESS_TEXT];

	if (operators_list(file, node, "prefixes", false, &items, &count))
		return -1;
	operator->prefix = mem_zero(count, sizeof(*operator->prefix));
	for (i = 0; i < count; i++) {
		if (keys_prefix(file, items[i], &prefix))
			return -1;
		if (!prefix.length)
			return keys_fail(file, items[i], "prefix '%s' is every address there is", items[i]->text);
		prefix_format(&prefix, text);
		for (j = 0; j < operators->count; j++)
			for (k = 0; k < operators->operator[j].prefix_count; k++)
				if (!strcmp(operators->operator[j].prefix[k], text))
					return keys_fail(file, items[i], "prefix '%s' stands twice, first at '%s'", text,
							 operators->operator[j].id);
		operator->prefix[operator->prefix_count++] = mem_copy(text, strlen(text));
	}
	return 0;
}

static int operators_anycast(const struct keys_file *file, const struct yaml_node *node, struct operator *operator)
{
	struct yaml_node **items;
	size_t count;

	if (operators_list(file, node, "anycast", false, &items, &count))
		return -1;
	operator->anycast = mem_zero(count, sizeof(*operator->anycast));
	for (size_t i = 0; i < count; i++) {
		struct prefix *prefix = &operator->anycast[operator->anycast_count++];

		if (keys_prefix(file, items[i], prefix))
			return -1;
		if (!prefix->length)
			return keys_fail(file, items[i], "prefix '%s' is every address there is", items[i]->text);
	}
	return 0;
}

static int operators_confidence(const struct keys_file *file, const struct yaml_node *node, char **out)
{
	if (laws_text(file, node, "confidence", true, out))
		return -1;
	if (strcmp(*out, "high") && strcmp(*out, "medium") && strcmp(*out, "low"))
		return keys_fail(file, yaml_get(node, "confidence"), "confidence '%s' must be high, medium or low", *out);
	return 0;
}

/* operator is the last of operators, zeroed. */
static int operators_one(const struct keys_file *file, const struct yaml_node *node, const struct laws *laws,
			 struct operators *operators, struct operator *operator)
{
	static const char *const keys[] = { "id", "name", "parent", "technology", "criterion", "uncertain",
					    "jurisdictions", "asn", "holders", "feeds", "prefixes", "anycast", "citation",
					    "reviewed", "confidence", "comment", NULL };
	const struct yaml_node *id;
	struct yaml_node **items;
	size_t i, count;

	if (keys_known(file, node, "an operator", keys) || keys_get(file, node, "id", true, &id) ||
	    keys_name(file, id, "id"))
		return -1;
	if (operators_find(operators, id->text))
		return keys_fail(file, id, "operator '%s' stands twice", id->text);
	operator->id = mem_copy(id->text, strlen(id->text));
	if (laws_text(file, node, "name", true, &operator->name) ||
	    operators_joined(file, node, "parent", true, "; ", &operator->parent) ||
	    laws_text(file, node, "technology", false, &operator->technology) ||
	    operators_criterion(file, node, &operator->criterion) ||
	    operators_uncertain(file, node, &operator->uncertain) ||
	    laws_text(file, node, "citation", true, &operator->citation) ||
	    laws_date(file, node, "reviewed", true, &operator->reviewed) ||
	    operators_confidence(file, node, &operator->confidence) ||
	    laws_text(file, node, "comment", false, &operator->comment))
		return -1;

	if (operators_list(file, node, "jurisdictions", true, &items, &count))
		return -1;
	operator->jurisdiction = mem_zero(count, sizeof(*operator->jurisdiction));
	for (i = 0; i < count; i++) {
		operator->jurisdiction_count++;
		if (laws_jurisdiction(file, items[i], laws, &operator->jurisdiction[i]))
			return -1;
	}
	if (operators_list(file, node, "feeds", false, &items, &count))
		return -1;
	operator->feed = mem_zero(count, sizeof(*operator->feed));
	for (i = 0; i < count; i++) {
		operator->feed_count++;
		if (operators_feed(file, items[i], &operator->feed[i]))
			return -1;
	}
	if (operators_holders(file, node, operator) || operators_asns(file, node, operators, operator) ||
	    operators_anycast(file, node, operator))
		return -1;
	return operators_prefixes(file, node, operators, operator);
}

static void operators_index(struct operators *operators)
{
	size_t i, j, capacity = 0;

	for (i = 0; i < operators->count; i++) {
		for (j = 0; j < operators->operator[i].asn_count; j++) {
			struct operators_asn *entry = MEM_PUSH(operators->asn, operators->asn_count, capacity);

			entry->asn = operators->operator[i].asn[j];
			entry->operator = i;
		}
	}
	if (operators->asn_count)
		qsort(operators->asn, operators->asn_count, sizeof(*operators->asn), operators_compare_asn);
}

static int operators_parse(const char *name, const char *text, size_t length, struct operators **out,
			   struct resid_error *err)
{
	static const char *const keys[] = { "resid-operators", "date", "laws", "operators", NULL };
	_cleanup_laws_ struct laws laws = { 0 };
	_cleanup_operators_ struct operators *operators = mem_zero(1, sizeof(*operators));
	const struct keys_file file = { .name = name, .err = err };
	_cleanup_yaml_ struct yaml_node *root = NULL;
	_cleanup_free_ char *date = NULL;
	const struct yaml_node *version;
	struct yaml_node **items;
	unsigned int number;
	size_t i, count;

	sha256((const u8 *)text, (unsigned int)length, operators->sha256);
	if (yaml_parse(name, text, length, &root, err) ||
	    keys_known(&file, root, "a file of operators", keys) ||
	    keys_get(&file, root, "resid-operators", true, &version) ||
	    keys_number(&file, version, "the version", 1, 1, &number) ||
	    laws_date(&file, root, "date", true, &date) || laws_read(&file, root, &laws) ||
	    operators_list(&file, root, "operators", true, &items, &count))
		return -1;
	memcpy(operators->date, date, sizeof(operators->date));
	operators->operator = mem_zero(count, sizeof(*operators->operator));
	for (i = 0; i < count; i++) {
		operators->count++;
		if (operators_one(&file, items[i], &laws, operators, &operators->operator[i]))
			return -1;
	}
	operators_index(operators);
	*out = TAKE(operators);
	return 0;
}

int operators_read(const char *path, struct operators **out, struct resid_error *err)
{
	const struct embedded_file *embedded = &embedded_operators;
	_cleanup_free_ char *text = NULL;
	size_t length;

	if (!path)
		return operators_parse(embedded->name, embedded->data, (size_t)(embedded->end - embedded->data), out,
				       err);
	if (file_read_text(path, YAML_SIZE_MAX, &text, &length, err))
		return -1;
	return operators_parse(path, text, length, out, err);
}
