/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the policy reader share: the file being read, and typed access to its nodes. */
#ifndef RESID_POLICY_READER_H
#define RESID_POLICY_READER_H

#include "policy/model.h"

struct reader {
	struct policy *policy;
	const char *name;	/* of the file, for errors */
	const struct policy_options *options;
	struct resid_error *err;
	struct yaml_stream *given;	/* documents that the policy brings along; NULL or one: includes are files */
	const struct reader *outer;	/* of the file that includes this one */
	size_t document;		/* as a rule's */
};

/* " of FILE", where that is another than here. */
struct reader_text {
	char text[256];
};
struct reader_text reader_of_file(const char *here, const char *file);

#define reader_fail(reader, node, ...) yaml_fail((reader)->name, (node), (reader)->err, __VA_ARGS__)

void reader_warn(struct reader *reader, const char *file, const struct yaml_node *node, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* All keys of a map are among the known, which ends with NULL. what: "a rule", for the sentence. */
int reader_check_keys(struct reader *reader, const struct yaml_node *node, const char *what, const char *const *known);
/* The kind is right; what: "`rules`". */
int reader_check_kind(struct reader *reader, const struct yaml_node *node, enum yaml_kind kind, const char *what);
/* Gives the key's value, NULL when it is absent and not required. */
int reader_get(struct reader *reader, const struct yaml_node *map, const char *key, bool required,
	       const struct yaml_node **out);
/* A scalar of letters, digits, '-', '_', '.', beginning with a letter or digit, at most 63 characters. */
int reader_check_name(struct reader *reader, const struct yaml_node *node, const char *what);
int reader_number(struct reader *reader, const struct yaml_node *node, const char *what, unsigned int min,
		  unsigned int max, unsigned int *out);
/* A point in time with its offset, in seconds since the epoch. */
int reader_time(struct reader *reader, const struct yaml_node *node, const char *what, int64_t *out);
/* A number with its unit, "90d", "12h", "30m" or "45s"; in seconds. */
int reader_duration(struct reader *reader, const struct yaml_node *node, const char *what, int64_t *out);
int reader_verdict(struct reader *reader, const struct yaml_node *node, enum resid_verdict *out);
int reader_prefix(struct reader *reader, const struct yaml_node *node, struct prefix *out);
/* Index of the class. */
int reader_class(struct reader *reader, const struct yaml_node *node, size_t *out);

/* Items of a list, or the scalar itself as the only one; an empty list is refused. */
int reader_items(struct reader *reader, const struct yaml_node *const *node, const char *what,
		 const struct yaml_node *const **items, size_t *count);

/* policy.c: the key `home`, unless it has been read. */
int policy_read_home(struct reader *reader);

/*
 * include.c: reads the items of a list one by one, and in the place of an item `include: WHAT` those that WHAT holds
 * under the same key.
 */
typedef int include_item(struct reader *reader, const struct yaml_node *item);
int include_list(struct reader *reader, const struct yaml_node *list, const char *key, include_item *read);

#define SETS_HOME "$home"	/* what the policy's `home` names */

/* sets.c: a country, a word or the name of a set, added to *out. */
int sets_add_location(struct reader *reader, const struct yaml_node *node, struct location_set *out);
/* sets.c: a country or the name of a set, and nothing else. */
int sets_add_countries(struct reader *reader, const struct yaml_node *node, struct location_set *out);
/* sets.c: the key `sets`. */
int sets_read_inline(struct reader *reader, const struct yaml_node *node);

/* rules.c: the key `rules`. */
int rules_read(struct reader *reader, const struct yaml_node *node);
/* The next rule of the policy, which as yet matches everything. */
int rules_add(struct reader *reader, const struct yaml_node *node, struct policy_rule **out);
int rules_read_id(struct reader *reader, const struct yaml_node *node, struct policy_rule *rule);
/* All that a rule and an exception have in common. The verdict is known. */
int rules_read_common(struct reader *reader, const struct yaml_node *node, struct policy_rule *rule);
/* A sentence that may be left out. */
int rules_read_text(struct reader *reader, const struct yaml_node *node, const char *key,
		    const struct policy_rule *rule, const char **out);

/* exceptions.c: the keys `exceptions` and `max_exception`; what has ended is warned of. */
int exceptions_read(struct reader *reader);
void exceptions_warn(struct reader *reader);

/* bootstrap.c: the key `bootstrap`. */
int bootstrap_read(struct reader *reader, const struct yaml_node *node);

/* controls.c: what a rule says of control: `control`, `operator`, `min_tier`. */
int control_read(struct reader *reader, const struct yaml_node *node, struct policy_rule *rule);
/* sources.c: the key `sources`; node NULL: absent. */
int sources_read_policy(struct reader *reader, const struct yaml_node *node);
/* controls.c: an allow that leaves the home jurisdictions says why. */
int control_check_justified(struct reader *reader, const struct policy_rule *rule);

/* The same where a rule stands: in its file. */
#define rule_fail(reader, rule, ...) yaml_fail((rule)->file, (rule)->mark, (reader)->err, __VA_ARGS__)
#define rule_warn(reader, rule, ...) reader_warn((reader), (rule)->file, (rule)->mark, __VA_ARGS__)

/* check.c: unreachable rules and chains too long are refused, overlaps are warned of. */
int check_rules(struct reader *reader);

#endif
