// SPDX-License-Identifier: Apache-2.0
#include "policy/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void reader_warn(struct reader *reader, const char *file, const struct yaml_node *node, const char *format, ...)
{
	char sentence[768], text[1024];
	va_list args;

	if (!reader->options->warn)
		return;
	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	snprintf(text, sizeof(text), "%s:%zu:%zu: %s", file, node->line, node->column, sentence);
	reader->options->warn(reader->options->context, text);
}

struct reader_text reader_of_file(const char *here, const char *file)
{
	struct reader_text out = { "" };

	if (strcmp(here, file))
		snprintf(out.text, sizeof(out.text), " of %s", file);
	return out;
}

int reader_verdict(const struct keys_file *file, const struct yaml_node *node, enum resid_verdict *out)
{
	unsigned int i;

	if (keys_kind(file, node, YAML_SCALAR, "a verdict"))
		return -1;
	for (i = 0; i < RESID_V_COUNT; i++) {
		if (!strcmp(node->text, policy_verdict_name(i))) {
			*out = i;
			return 0;
		}
	}
	return keys_fail(file, node, "unknown verdict '%s'; write allow, audit, reject or drop", node->text);
}

int reader_class(struct reader *reader, const struct yaml_node *node, size_t *out)
{
	const struct policy *policy = reader->policy;
	char list[256] = "";
	size_t i;

	if (keys_kind(&reader->file, node, YAML_SCALAR, "a class"))
		return -1;
	for (i = 0; i < policy->class_count; i++) {
		if (!strcmp(node->text, policy->class[i].name)) {
			*out = i;
			return 0;
		}
	}
	for (i = 0; i < policy->class_count; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "",
			 policy->class[i].name);
	return keys_fail(&reader->file, node, "unknown class '%s'; the policy declares %s", node->text, list);
}
