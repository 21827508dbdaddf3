// SPDX-License-Identifier: Apache-2.0
/*
 * read the policy, read the data, cut the space, lay the data over it, judge each zone, write the tables. No step looks
 * at a clock or at anything but its inputs, and every number comes from the order of the input.
 */
#include "snapshot/build.h"

#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"
#include "snapshot/full_build.h"
#include "snapshot/lpm_build.h"
#include "snapshot/sources.h"
#include "util/memory.h"

struct build {
	const struct policy *policy;
	const struct full_data *data;
	const struct zones *zones;
	const struct matrix *matrix;
	struct buffer file;
};

static void build_fini(struct build *build)
{
	buffer_fini(&build->file);
}

static struct resid_snapshot_header *build_header(struct build *build)
{
	return (struct resid_snapshot_header *)build->file.data;
}

static void build_begin_section(struct build *build, enum resid_section_id id)
{
	build_header(build)->section[id].offset = build->file.length;
}

static void build_end_section(struct build *build, enum resid_section_id id)
{
	struct resid_section *section = &build_header(build)->section[id];

	section->length = build->file.length - section->offset;
	sha256(build->file.data + section->offset, (unsigned int)section->length, section->sha256);
	if (id != RESID_SECTION_FULL)
		buffer_align(&build->file);
}

static uint8_t build_class_flags(const struct policy_class *class)
{
	return (class->permissive ? RESID_CLASS_F_PERMISSIVE : 0) |
	       (class->deny_on_loss ? RESID_CLASS_F_DENY_ON_LOSS : 0);
}

static void build_core(struct build *build)
{
	const struct policy *policy = build->policy;
	struct resid_core *core = buffer_extend(&build->file, sizeof(*core));
	size_t i;

	for (i = 0; i < RESID_CLASS_COUNT; i++) {
		core->row[i] = (uint8_t)policy->class_count;
		core->class_flags[i] = build_class_flags(&policy->class[policy->unlabelled]);
	}
	for (i = 0; i < policy->class_count; i++) {
		core->row[policy->class[i].id] = (uint8_t)i;
		core->class_flags[policy->class[i].id] = build_class_flags(&policy->class[i]);
	}
	core->row[RESID_CLASS_KERNEL] = (uint8_t)(policy->class_count + 1);
	core->class_flags[RESID_CLASS_KERNEL] = build_class_flags(&policy->class[policy->kernel]);
	core->row_count = (uint16_t)build->matrix->row_count;
	core->rule_count = numbering_count(policy);
	core->step_count = (uint16_t)(build->matrix->steps.length / sizeof(struct resid_step));
	core->group_count = (uint16_t)build->matrix->group_count;
	core->link_group = build->matrix->link_group;
	core->non_ip_rule = numbering_non_ip(policy);
	core->unparsable_rule = numbering_unparsable(policy);
	core->nat64_count = (uint16_t)policy->nat64_count;
	for (i = 0; i < policy->nat64_count; i++) {
		address_bytes(AF_INET6, policy->nat64[i].first, core->nat64[i].prefix);
		core->nat64[i].length = policy->nat64[i].length;
	}
}

static void build_rules(struct build *build)
{
	size_t i;

	for (i = 0; i < numbering_count(build->policy); i++) {
		struct resid_rule *rule = buffer_extend(&build->file, sizeof(*rule));
		struct full_rule_text text;

		full_rule_text(build->policy, i, &text);
		rule->key = text.key;
		rule->verdict = (uint8_t)text.verdict;
		free(text.id);
		free(text.reason);
	}
}

static void build_lpm(struct build *build, const struct zone_ranges *ranges)
{
	_cleanup_free_ struct lpm_range *merged = mem_resize(NULL, ranges->count, sizeof(*merged));
	size_t i, count = 0;

	for (i = 0; i < ranges->count; i++) {
		uint16_t group = build->matrix->group_of_zone[ranges->range[i].zone];

		if (count && merged[count - 1].group == group)
			continue;
		merged[count].first = ranges->range[i].first;
		merged[count++].group = group;
	}
	lpm_build(merged, count, &build->file);
}

static int build_file(struct build *build, struct resid_error *err)
{
	struct resid_snapshot_header *header = buffer_extend(&build->file, sizeof(*header));
	const struct matrix *matrix = build->matrix;

	memcpy(header->magic, RESID_SNAPSHOT_MAGIC, sizeof(header->magic));
	build_begin_section(build, RESID_SECTION_CORE);
	build_core(build);
	build_end_section(build, RESID_SECTION_CORE);
	build_begin_section(build, RESID_SECTION_RULES);
	build_rules(build);
	build_end_section(build, RESID_SECTION_RULES);
	build_begin_section(build, RESID_SECTION_STEPS);
	buffer_append(&build->file, matrix->steps.data, matrix->steps.length);
	build_end_section(build, RESID_SECTION_STEPS);
	build_begin_section(build, RESID_SECTION_MATRIX);
	buffer_append(&build->file, matrix->cell, matrix->row_count * matrix->group_count * sizeof(*matrix->cell));
	build_end_section(build, RESID_SECTION_MATRIX);
	build_begin_section(build, RESID_SECTION_LPM4);
	build_lpm(build, &build->zones->v4);
	build_end_section(build, RESID_SECTION_LPM4);
	build_begin_section(build, RESID_SECTION_LPM6);
	build_lpm(build, &build->zones->v6);
	build_end_section(build, RESID_SECTION_LPM6);
	if (build->file.length > RESID_SNAPSHOT_MAX)
		return resid_fail(err, RESID_EXIT_INPUT, "%s: the kernel's tables are over %u bytes; use fewer prefixes",
				  build->policy->name, RESID_SNAPSHOT_MAX);
	build_begin_section(build, RESID_SECTION_FULL);
	full_build(build->policy, build->data, build->zones, matrix, &build->file);
	build_end_section(build, RESID_SECTION_FULL);
	sha256(build->file.data, offsetof(struct resid_snapshot_header, sha256), build_header(build)->sha256);
	return 0;
}

int snapshot_build_data(const struct policy *policy, const struct full_data *data, struct snapshot **out,
			struct resid_error *err)
{
	__attribute__((cleanup(build_fini))) struct build build = { .policy = policy, .data = data };
	_cleanup_matrix_ struct matrix *matrix = NULL;
	_cleanup_space_ struct space *space = NULL;
	_cleanup_zones_ struct zones *zones = NULL;
	size_t length;

	space_new(policy, &space);
	zones_new(space, data->world, &zones);
	if (matrix_new(policy, space, zones, &(struct matrix_times){ data->now, data->stale_at }, &matrix, err))
		return -1;
	build.zones = zones;
	build.matrix = matrix;
	if (build_file(&build, err))
		return -1;
	/* the same validation that the kernel runs: what it would refuse never becomes a file */
	length = build.file.length;
	return snapshot_adopt(TAKE(build.file.data), length, policy->name, out, err);
}

int snapshot_build(const struct build_inputs *inputs, build_warning *warn, void *context, struct snapshot **out,
		   struct resid_error *err)
{
	const struct policy_options options = { inputs->sets, inputs->now, warn, context };
	_cleanup_policy_ struct policy *policy = NULL;
	_cleanup_sources_ struct sources *sources = NULL;
	struct full_data data;

	if (policy_read(inputs->policy, &options, &policy, err) ||
	    sources_read(inputs, policy, &options, &sources, err))
		return -1;
	data = (struct full_data){ sources->world, inputs->now, sources->stale_at, sources->accepted };
	return snapshot_build_data(policy, &data, out, err);
}
