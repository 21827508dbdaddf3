/* SPDX-License-Identifier: Apache-2.0 */
/* A policy being read: what the readers of its parts share. */
#ifndef RESID_POLICY_READER_H
#define RESID_POLICY_READER_H

#include "policy/model.h"
#include "yaml/keys.h"

struct reader {
	struct policy *policy;
	struct keys_file file;
	const struct policy_options *options;
	struct yaml_stream *given;	/* documents that the policy brings along; NULL or one: includes are files */
	const struct reader *outer;	/* of the file that includes this one */
	size_t document;		/* as a rule's */
};

/* " of FILE", where that is another than here. */
struct reader_text {
	char text[256];
};
struct reader_text reader_of_file(const char *here, const char *file);

void reader_warn(struct reader *reader, const char *file, const struct yaml_node *node, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

int reader_verdict(const struct keys_file *file, const struct yaml_node *node, enum resid_verdict *out);
/* Index of the class. */
int reader_class(struct reader *reader, const struct yaml_node *node, size_t *out);

/* As keys_fail() and reader_warn(), where a rule stands: in its file. */
#define rule_fail(reader, rule, ...) yaml_fail((rule)->file, (rule)->mark, (reader)->file.err, __VA_ARGS__)
#define rule_warn(reader, rule, ...) reader_warn((reader), (rule)->file, (rule)->mark, __VA_ARGS__)

#endif
