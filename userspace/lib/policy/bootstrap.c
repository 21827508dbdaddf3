// SPDX-License-Identifier: Apache-2.0
/*
 * The key `bootstrap`: what a node must reach before it has a policy (DHCP renewal, DNS, time, the heartbeat of its
 * cluster). The module takes the same list as a parameter for a node that boots closed; a policy in force that refused
 * what the closed node was allowed would cut it off when it is loaded, so they are the first rule, in every class.
 */
#include "policy/bootstrap.h"

#include <string.h>

#include "geo/special.h"
#include "policy/rules.h"
#include "util/cleanup.h"
#include "util/memory.h"

#define BOOTSTRAP_MAX	32	/* as kmod/closed.c */
#define BOOTSTRAP_MIN4	16	/* shortest prefixes: it is for servers, not for countries */
#define BOOTSTRAP_MIN6	32

static bool bootstrap_overlap(const struct prefix *a, const struct prefix *b)
{
	return a->family == b->family && a->first <= prefix_last(b) && b->first <= prefix_last(a);
}

static int bootstrap_check(struct reader *reader, const struct yaml_node *node, const struct prefix *prefix)
{
	unsigned int min = prefix->family == AF_INET ? BOOTSTRAP_MIN4 : BOOTSTRAP_MIN6;
	_cleanup_free_ struct special_prefix *special = NULL;
	size_t count, i;

	if (prefix->length < min)
		return keys_fail(&reader->file, node, "bootstrap prefix '%s' is wider than /%u; name the servers", node->text, min);
	special_prefixes(&special, &count);
	for (i = 0; i < count; i++)
		if (special[i].layer == SPECIAL_METADATA && bootstrap_overlap(prefix, &special[i].prefix))
			return keys_fail(&reader->file, node,
					 "bootstrap prefix '%s' holds the metadata service of a cloud, which gives credentials away",
					 node->text);
	return 0;
}

int bootstrap_read(struct reader *reader, const struct yaml_node *node)
{
	struct policy_rule *rule;
	size_t i;

	if (!node)
		return 0;
	if (keys_kind(&reader->file, node, YAML_LIST, "`bootstrap`") || rules_add(reader, node, &rule))
		return -1;
	rule->id = "bootstrap";
	rule->reason = "the node needs it before it has a policy, and `bootstrap` names it";
	rule->justification = rule->reason;
	rule->any_location = true;
	memset(rule->classes, 0xff, sizeof(rule->classes));
	if (!node->count)
		return keys_fail(&reader->file, node, "`bootstrap` is an empty list; leave it out");
	for (i = 0; i < node->count; i++) {
		struct prefix *prefix = MEM_PUSH(rule->prefix, rule->prefix_count, rule->prefix_capacity);

		if (i >= BOOTSTRAP_MAX)
			return keys_fail(&reader->file, node->child[i], "more than %d bootstrap prefixes", BOOTSTRAP_MAX);
		if (keys_prefix(&reader->file, node->child[i], prefix) ||
		    bootstrap_check(reader, node->child[i], prefix))
			return -1;
	}
	return 0;
}
