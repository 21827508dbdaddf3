// SPDX-License-Identifier: Apache-2.0
/* The top of a policy file. */
#include "policy/policy.h"

#include <stdlib.h>
#include <string.h>

#include "geo/special.h"
#include "yaml/embedded.h"
#include "policy/bootstrap.h"
#include "policy/check.h"
#include "policy/controls.h"
#include "policy/exceptions.h"
#include "policy/rules.h"
#include "policy/sets.h"
#include "policy/sources.h"
#include "util/file.h"
#include "util/memory.h"

/* `keep` leaves every verdict as it is, and so does the weakest. */
static int policy_read_on_stale(struct reader *reader, const struct yaml_node *node, enum resid_verdict *out)
{
	if (node->kind == YAML_SCALAR && !strcmp(node->text, "keep")) {
		*out = RESID_V_ALLOW;
		return 0;
	}
	if (node->kind == YAML_SCALAR && !strcmp(node->text, "allow"))
		return keys_fail(&reader->file, node, "`on_stale` never allows more; write keep, audit, reject or drop");
	return reader_verdict(&reader->file, node, out);
}

/* One of two words; *out: it is the first. */
static int policy_read_choice(struct reader *reader, const struct yaml_node *node, const char *key, const char *yes,
			      const char *no, bool *out)
{
	char what[32];

	snprintf(what, sizeof(what), "`%s`", key);
	if (keys_kind(&reader->file, node, YAML_SCALAR, what))
		return -1;
	if (strcmp(node->text, yes) && strcmp(node->text, no))
		return keys_fail(&reader->file, node, "unknown %s '%s'; write %s or %s", key, node->text, yes, no);
	*out = !strcmp(node->text, yes);
	return 0;
}

static int policy_read_class(struct reader *reader, const struct yaml_node *name, const struct yaml_node *node)
{
	static const char *const keys[] = { "id", "default", "mode", "on_unknown", "on_stale", "on_loss", NULL };
	const struct yaml_node *id, *fallback, *mode, *on_unknown, *on_stale, *on_loss;
	struct policy *policy = reader->policy;
	struct policy_class class = { .name = name->text };
	unsigned int number;
	size_t i;

	if (keys_name(&reader->file, name, "class name") || keys_known(&reader->file, node, "a class", keys))
		return -1;
	if (!strcmp(name->text, "unlabelled") || !strcmp(name->text, "kernel"))
		return keys_fail(&reader->file, name, "class '%s' exists by itself; the key `%s` says what it is judged as",
				 name->text, name->text);
	if (keys_get(&reader->file, node, "id", true, &id) || keys_get(&reader->file, node, "default", true, &fallback) ||
	    keys_get(&reader->file, node, "mode", false, &mode))
		return -1;
	if (keys_number(&reader->file, id, "class id", 1, RESID_CLASS_KERNEL - 1, &number) ||
	    reader_verdict(&reader->file, fallback, &class.fallback))
		return -1;
	for (i = 0; i < policy->class_count; i++)
		if (policy->class[i].id == number)
			return keys_fail(&reader->file, id, "class id %u is that of '%s' already", number,
					 policy->class[i].name);
	on_loss = yaml_get(node, "on_loss");
	if ((mode && policy_read_choice(reader, mode, "mode", "permissive", "enforcing", &class.permissive)) ||
	    (on_loss && policy_read_choice(reader, on_loss, "on_loss", "deny", "count", &class.deny_on_loss)))
		return -1;
	on_unknown = yaml_get(node, "on_unknown");
	if (on_unknown && reader_verdict(&reader->file, on_unknown, &class.on_unknown))
		return -1;
	class.has_on_unknown = on_unknown;
	on_stale = yaml_get(node, "on_stale");
	if (on_stale && policy_read_on_stale(reader, on_stale, &class.on_stale))
		return -1;
	class.id = (uint8_t)number;
	*MEM_PUSH(policy->class, policy->class_count, policy->class_capacity) = class;
	return 0;
}

static int policy_read_classes(struct reader *reader, const struct yaml_node *node)
{
	struct policy *policy = reader->policy;
	size_t i;

	if (keys_kind(&reader->file, node, YAML_MAP, "`classes`"))
		return -1;
	if (!node->count)
		return keys_fail(&reader->file, node, "`classes` declares none; a policy needs at least one");
	for (i = 0; i < node->count; i += 2)
		if (policy_read_class(reader, node->child[i], node->child[i + 1]))
			return -1;
	/* absent: the strictest default, and of equals the one declared last */
	for (i = 0; i < policy->class_count; i++)
		if (policy->class[i].fallback >= policy->class[policy->unlabelled].fallback)
			policy->unlabelled = i;
	return 0;
}

static int policy_read_prefixes(struct reader *reader, const struct yaml_node *node, const char *what,
				struct prefix **list, size_t *count, size_t *capacity)
{
	size_t i;

	if (keys_kind(&reader->file, node, YAML_LIST, what))
		return -1;
	for (i = 0; i < node->count; i++)
		if (keys_prefix(&reader->file, node->child[i], MEM_PUSH(*list, *count, *capacity)))
			return -1;
	return 0;
}

static int policy_read_local(struct reader *reader, const struct yaml_node *node)
{
	struct policy *policy = reader->policy;
	const char *const *text;
	size_t i;

	if (node && policy_read_prefixes(reader, node, "`local`", &policy->local, &policy->local_count,
					 &policy->local_capacity))
		return -1;
	for (i = 0; node && i < policy->local_count; i++)
		if (!policy->local[i].length)
			return keys_fail(&reader->file, node->child[i], "prefix '%s' is every address there is",
					 node->child[i]->text);
	if (node)
		return 0;
	for (text = special_local_default; *text; text++)
		if (prefix_parse(*text, MEM_PUSH(policy->local, policy->local_count, policy->local_capacity)))
			abort();
	return 0;
}

static int policy_read_nat64(struct reader *reader, const struct yaml_node *node)
{
	struct policy *policy = reader->policy;
	size_t i;

	if (!node)
		return 0;
	if (policy_read_prefixes(reader, node, "`nat64`", &policy->nat64, &policy->nat64_count,
				 &policy->nat64_capacity))
		return -1;
	for (i = 0; i < policy->nat64_count; i++) {
		const struct yaml_node *item = node->child[i];
		unsigned int length = policy->nat64[i].length;

		if (policy->nat64[i].family != AF_INET6 || length < 32 || length % 8 || length > 96 ||
		    (length > 64 && length < 96))
			return keys_fail(&reader->file, item,
					 "NAT64 prefix '%s' must be IPv6 with a length of 32, 40, 48, 56, 64 or 96 (RFC 6052)",
					 item->text);
		if (i >= RESID_NAT64_MAX)
			return keys_fail(&reader->file, item, "more than %d NAT64 prefixes", RESID_NAT64_MAX);
	}
	return 0;
}

static int policy_read_assignment(struct reader *reader, const struct yaml_node *node)
{
	static const char *const keys[] = { "class", "target", NULL };
	static const char *const kinds[] = { "unit:", "cgroup:", "netns:", "dev:" };
	struct policy *policy = reader->policy;
	const struct yaml_node *class, *target;
	struct policy_assignment *out;
	size_t index, i;

	if (keys_known(&reader->file, node, "an assignment", keys) ||
	    keys_get(&reader->file, node, "class", true, &class) || keys_get(&reader->file, node, "target", true, &target) ||
	    reader_class(reader, class, &index) || keys_kind(&reader->file, target, YAML_SCALAR, "`target`"))
		return -1;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strncmp(target->text, kinds[i], strlen(kinds[i])) && target->text[strlen(kinds[i])])
			break;
	if (i == sizeof(kinds) / sizeof(kinds[0]))
		return keys_fail(&reader->file, target, "target '%s' must be unit:NAME, cgroup:PATH, netns:NAME or dev:NAME",
				 target->text);
	for (i = 0; i < policy->assignment_count; i++)
		if (!strcmp(policy->assignment[i].target, target->text))
			return keys_fail(&reader->file, target, "target '%s' is assigned twice", target->text);
	out = MEM_PUSH(policy->assignment, policy->assignment_count, policy->assignment_capacity);
	out->target = target->text;
	out->class_id = policy->class[index].id;
	return 0;
}

static int policy_read_assignments(struct reader *reader, const struct yaml_node *node)
{
	size_t i;

	if (!node)
		return 0;
	if (keys_kind(&reader->file, node, YAML_LIST, "`assign`"))
		return -1;
	for (i = 0; i < node->count; i++)
		if (policy_read_assignment(reader, node->child[i]))
			return -1;
	return 0;
}

static int policy_read_version(struct reader *reader, const struct yaml_node *node)
{
	if (keys_kind(&reader->file, node, YAML_SCALAR, "`resid`"))
		return -1;
	if (strcmp(node->text, "1"))
		return keys_fail(&reader->file, node, "grammar version '%s' is not known to this residctl; it reads version 1",
				 node->text);
	return 0;
}

static int policy_read_top(struct reader *reader)
{
	static const char *const keys[] = { "resid",	 "home",	  "classes", "unlabelled", "kernel",
					    "assign",	 "local",	  "nat64",   "non_ip",	   "unparsable",
					    "bootstrap", "max_exception", "sets",    "sources",	   "exceptions",
					    "rules",	 NULL };
	struct policy *policy = reader->policy;
	const struct yaml_node *root = policy->root, *version, *classes, *node;
	size_t i;

	if (keys_known(&reader->file, root, "a policy", keys) || keys_get(&reader->file, root, "resid", true, &version) ||
	    policy_read_version(reader, version) || keys_get(&reader->file, root, "classes", true, &classes) ||
	    policy_read_classes(reader, classes))
		return -1;
	node = yaml_get(root, "sets");
	if (node && sets_read_inline(reader, node))
		return -1;
	if (sets_read_home(reader))
		return -1;
	node = yaml_get(root, "unlabelled");
	if (node && reader_class(reader, node, &policy->unlabelled))
		return -1;
	policy->kernel = policy->unlabelled;
	node = yaml_get(root, "kernel");
	if (node && reader_class(reader, node, &policy->kernel))
		return -1;
	policy->non_ip = policy->unparsable = RESID_V_DROP;
	node = yaml_get(root, "non_ip");
	if (node && reader_verdict(&reader->file, node, &policy->non_ip))
		return -1;
	node = yaml_get(root, "unparsable");
	if (node && reader_verdict(&reader->file, node, &policy->unparsable))
		return -1;
	if (policy_read_assignments(reader, yaml_get(root, "assign")) ||
	    policy_read_local(reader, yaml_get(root, "local")) || policy_read_nat64(reader, yaml_get(root, "nat64")))
		return -1;
	if (sources_read_policy(reader, yaml_get(root, "sources")))
		return -1;
	if (bootstrap_read(reader, yaml_get(root, "bootstrap")) || exceptions_read(reader))
		return -1;
	node = yaml_get(root, "rules");
	if (node && rules_read(reader, node))
		return -1;
	if (check_rules(reader))
		return -1;
	for (i = 0; i < policy->rule_count; i++)
		if (controls_check_justified(reader, &policy->rule[i]))
			return -1;
	for (i = 0; i < policy->rule_count; i++)
		controls_warn(reader, &policy->rule[i]);
	exceptions_warn(reader);
	return 0;
}

int policy_parse(const char *name, const char *text, size_t length, const struct policy_options *options,
		 struct policy **out, struct resid_error *err)
{
	_cleanup_policy_ struct policy *policy = mem_zero(1, sizeof(*policy));
	_cleanup_(yaml_stream_fini) struct yaml_stream given = { 0 };
	struct reader reader = {
		.policy = policy, .file = { name, err }, .options = options, .given = &given
	};

	policy->name = mem_copy(name, strlen(name));
	policy->text = mem_copy(text, length);
	policy->text_length = length;
	if (yaml_parse_stream(name, text, length, &given, err))
		return -1;
	policy->root = TAKE(given.document[0]);
	if (policy_read_top(&reader))
		return -1;
	if (given.count > 1 && policy->included_count < given.count - 1)
		return keys_fail(&reader.file, given.document[policy->included_count + 1],
				 "a document that no `include` takes; a policy is one document");
	*out = TAKE(policy);
	return 0;
}

int policy_read(const char *path, const struct policy_options *options, struct policy **out, struct resid_error *err)
{
	_cleanup_free_ char *text = NULL;
	size_t length;

	if (!path)
		return policy_parse(embedded_policy.name, embedded_policy.data,
				    (size_t)(embedded_policy.end - embedded_policy.data), options, out, err);
	if (file_read_text(path, YAML_SIZE_MAX, &text, &length, err))
		return -1;
	return policy_parse(path, text, length, options, out, err);
}
