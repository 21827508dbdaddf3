// SPDX-License-Identifier: Apache-2.0
#include "snapshot/full_build.h"

#include "kmod/deps.h"
#include "snapshot/full.h"
#include "snapshot/weigh.h"
#include "util/file.h"
#include "util/memory.h"

struct full_builder {
	const struct policy *policy;
	struct buffer table[FULL_TABLES];
	struct intern *strings;		/* to find the ones that are there already */
	uint32_t *string_offset;	/* by number */
	size_t string_count, string_capacity;
	uint16_t *operator;		/* by index in operators.yaml: that of the table + 1, 0: not in it */
	uint32_t operator_count;
};

static void full_builder_fini(struct full_builder *builder)
{
	unsigned int id;

	for (id = 0; id < FULL_TABLES; id++)
		buffer_fini(&builder->table[id]);
	intern_free(builder->strings);
	free(builder->string_offset);
	free(builder->operator);
}

static uint32_t full_add_string(struct full_builder *builder, const char *text)
{
	uint32_t known = intern_count(builder->strings);
	uint32_t number = intern_put(builder->strings, text, strlen(text));

	if (number == known) {
		*MEM_PUSH(builder->string_offset, builder->string_count, builder->string_capacity) =
			(uint32_t)builder->table[FULL_STRINGS].length;
		buffer_append(&builder->table[FULL_STRINGS], text, strlen(text) + 1);
	}
	return builder->string_offset[number];
}

static uint64_t full_rule_key(const char *id)
{
	uint8_t digest[RESID_DIGEST_LEN];
	uint64_t key;

	sha256((const u8 *)id, (unsigned int)strlen(id), digest);
	memcpy(&key, digest, sizeof(key));
	return key;
}

/* The class whose rule "stale-CLASS" has this index. */
static const struct policy_class *full_stale_class(const struct policy *policy, size_t index)
{
	size_t i = 0;

	while (policy->class[i].on_stale == RESID_V_ALLOW || numbering_stale(policy, i) != index)
		i++;
	return &policy->class[i];
}

/* The class whose rule "unknown-CLASS" has this index. */
static const struct policy_class *full_unknown_class(const struct policy *policy, size_t index)
{
	size_t i = 0;

	while (!policy->class[i].has_on_unknown || numbering_unknown(policy, i) != index)
		i++;
	return &policy->class[i];
}

void full_rule_text(const struct policy *policy, size_t index, struct full_rule_text *out)
{
	out->clause = out->justification = out->owner = out->ticket = "";
	out->from = POLICY_BEGINNING;
	out->until = POLICY_NEVER;
	if (index < policy->rule_count) {
		const struct policy_rule *rule = &policy->rule[index];

		out->id = mem_copy(rule->id, strlen(rule->id));
		out->reason = mem_copy(rule->reason, strlen(rule->reason));
		out->verdict = rule->verdict;
		out->clause = rule->clause;
		out->justification = rule->justification;
		out->owner = rule->owner;
		out->ticket = rule->ticket;
		out->from = rule->from;
		out->until = rule->until;
	} else if (index < numbering_non_ip(policy)) {
		const struct policy_class *class = &policy->class[index - policy->rule_count];

		out->id = mem_format("default-%s", class->name);
		out->reason = mem_format("no rule matched; this is the default of class %s", class->name);
		out->verdict = class->fallback;
	} else if (index == numbering_non_ip(policy)) {
		out->id = mem_format("non-ip");
		out->reason = mem_format("the frame is neither IP nor housekeeping of the link");
		out->verdict = policy->non_ip;
	} else if (index == numbering_unparsable(policy)) {
		out->id = mem_format("unparsable");
		out->reason = mem_format("the packet's destinations cannot be read");
		out->verdict = policy->unparsable;
	} else if (index == numbering_link(policy)) {
		out->id = mem_format("default-link");
		out->reason = mem_format("it never leaves the link, and no rule names `link`");
		out->verdict = RESID_V_ALLOW;
	} else if (index >= numbering_stale(policy, 0)) {
		const struct policy_class *class = full_stale_class(policy, index);

		out->id = mem_format("stale-%s", class->name);
		out->reason = mem_format("it went because of data that are older than `max_age` by now; this is `on_stale` of class %s",
					 class->name);
		out->verdict = class->on_stale;
	} else {
		const struct policy_class *class = full_unknown_class(policy, index);

		out->id = mem_format("unknown-%s", class->name);
		out->reason = mem_format("no rule matched, and where it is or who controls it is unknown; this is `on_unknown` of class %s",
					 class->name);
		out->verdict = class->on_unknown;
	}
	out->key = full_rule_key(out->id);
}

static void full_add_classes(struct full_builder *builder)
{
	const struct policy *policy = builder->policy;
	struct buffer *table = &builder->table[FULL_CLASSES];
	size_t i;

	for (i = 0; i < policy->class_count + 2; i++) {
		struct full_class *out = buffer_extend(table, sizeof(*out));
		size_t class = i;

		out->judged_as = FULL_NO_CLASS;
		if (i == policy->class_count) {
			class = policy->unlabelled;
			out->judged_as = (uint16_t)class;
			out->id = RESID_CLASS_UNLABELLED;
			out->name = full_add_string(builder, "unlabelled");
		} else if (i == policy->class_count + 1) {
			class = policy->kernel;
			out->judged_as = (uint16_t)class;
			out->id = RESID_CLASS_KERNEL;
			out->name = full_add_string(builder, "kernel");
		} else {
			out->id = policy->class[i].id;
			out->name = full_add_string(builder, policy->class[i].name);
		}
		out->fallback = (uint8_t)policy->class[class].fallback;
	}
}

static void full_add_rules(struct full_builder *builder)
{
	size_t i;

	for (i = 0; i < numbering_count(builder->policy); i++) {
		struct full_rule *out = buffer_extend(&builder->table[FULL_RULES], sizeof(*out));
		struct full_rule_text text;

		full_rule_text(builder->policy, i, &text);
		out->key = text.key;
		out->id = full_add_string(builder, text.id);
		out->reason = full_add_string(builder, text.reason);
		out->clause = full_add_string(builder, text.clause);
		out->justification = full_add_string(builder, text.justification);
		out->owner = full_add_string(builder, text.owner);
		out->ticket = full_add_string(builder, text.ticket);
		out->from = text.from;
		out->until = text.until;
		out->verdict = (uint8_t)text.verdict;
		free(text.id);
		free(text.reason);
	}
}

/* What a source is good for: whom it names, else where holders are registered, else where things are. */
static const char *full_source_tier(const struct world *world, size_t source)
{
	uint32_t control = CONTROL_NONE;
	bool registered = false, location = false;

	for (uint32_t i = 0; i < intern_count(world->dossiers.evidence); i++) {
		const struct evidence *evidence = dossiers_evidence(&world->dossiers, i);

		if (evidence->source != source)
			continue;
		if (evidence->axis == EVIDENCE_CONTROL && evidence->tier < control)
			control = evidence->tier;
		registered |= evidence->axis == EVIDENCE_REGISTERED;
		location |= evidence->axis == EVIDENCE_LOCATION;
	}
	if (control < CONTROL_NONE)
		return control_tier_name(control);
	return registered ? "registered" : location ? "location" : control_tier_name(CONTROL_NONE);
}

static void full_add_sources(struct full_builder *builder, const struct full_data *data)
{
	size_t i;

	for (i = 0; i < data->world->source_count; i++) {
		const struct world_source *source = &data->world->source[i];
		struct full_source *out = buffer_extend(&builder->table[FULL_SOURCES], sizeof(*out));

		out->name = full_add_string(builder, source->name);
		out->file = full_add_string(builder, source->file);
		out->date = full_add_string(builder, source->date);
		out->tier = full_add_string(builder, full_source_tier(data->world, i));
		if (data->accepted && data->accepted[i])
			out->accepted = full_add_string(builder, data->accepted[i]);
		out->prefixes = source->prefixes;
		out->v4 = source->v4;
		out->v6 = source->v6;
		memcpy(out->sha256, source->sha256, sizeof(out->sha256));
	}
}

/* The names of a set, each followed by the next after a separator; "" for none. */
static uint32_t full_add_names(struct full_builder *builder, const struct location_set *set, const char *separator)
{
	_cleanup_buffer_ struct buffer names = { 0 };
	unsigned int location;

	for (location = 0; location < LOCATION_COUNT; location++) {
		if (!(set->bits[location / 64] >> location % 64)) {
			location |= 63;
			continue;
		}
		if (!location_set_has(set, location))
			continue;
		if (names.length)
			buffer_append(&names, separator, 1);
		buffer_append(&names, location_name(location), strlen(location_name(location)));
	}
	buffer_append(&names, "", 1);
	return full_add_string(builder, (const char *)names.data);
}

static void full_add_sets(struct full_builder *builder)
{
	const struct policy *policy = builder->policy;
	size_t i;

	for (i = 0; i < policy->set_count; i++) {
		struct full_set *out = buffer_extend(&builder->table[FULL_SETS], sizeof(*out));

		out->name = full_add_string(builder, policy->set[i].name);
		out->date = full_add_string(builder, policy->set[i].date);
		out->source = full_add_string(builder, policy->set[i].source);
		out->members = full_add_names(builder, &policy->set[i].members, " ");
		out->ends = policy->set[i].ends;
	}
}

static uint32_t full_add_basis(struct full_builder *builder, const struct operator *operator)
{
	_cleanup_buffer_ struct buffer text = { 0 };
	size_t i;

	for (i = 0; i < operator->jurisdiction_count; i++) {
		const struct operator_jurisdiction *one = &operator->jurisdiction[i];
		_cleanup_free_ char *part = mem_format("%s%s: %s%s%s", i ? "; " : "", one->country, one->basis,
						       *one->valid_until ? ", until " : "", one->valid_until);

		buffer_append(&text, part, strlen(part));
	}
	buffer_append(&text, "", 1);
	return full_add_string(builder, (const char *)text.data);
}

static uint16_t full_add_operator(struct full_builder *builder, const struct operators *operators, uint32_t index)
{
	const struct operator *operator = &operators->operator[index];
	struct full_operator *out;

	if (!builder->operator)
		builder->operator = mem_zero(operators->count, sizeof(*builder->operator));
	if (!builder->operator[index]) {
		out = buffer_extend(&builder->table[FULL_OPERATORS], sizeof(*out));
		out->id = full_add_string(builder, operator->id);
		out->name = full_add_string(builder, operator->name);
		out->parent = full_add_string(builder, operator->parent);
		out->citation = full_add_string(builder, operator->citation);
		out->reviewed = full_add_string(builder, operator->reviewed);
		out->confidence = full_add_string(builder, operator->confidence);
		out->basis = full_add_basis(builder, operator);
		builder->operator[index] = (uint16_t)++builder->operator_count;
	}
	return builder->operator[index] - 1;
}

static uint16_t full_add_named(struct full_builder *builder, const struct world *world, uint32_t operator)
{
	return operator == EVIDENCE_NOBODY ? FULL_NO_OPERATOR :
					     full_add_operator(builder, world->control.operators, operator);
}

static void full_add_evidence(struct full_builder *builder, const struct full_data *data)
{
	const struct world *world = data->world;
	const struct weigh_day day = { data->now, data->now };

	for (uint32_t i = 0; i < intern_count(world->dossiers.evidence); i++) {
		const struct evidence *evidence = dossiers_evidence(&world->dossiers, i);
		struct full_evidence *out = buffer_extend(&builder->table[FULL_EVIDENCE], sizeof(*out));

		out->answer = full_add_names(builder, &evidence->set, ",");
		out->source = (uint16_t)evidence->source;
		out->operator = full_add_named(builder, world, evidence->operator);
		out->fresh_until = world_fresh_until(world, evidence);
		out->axis = (uint8_t)evidence->axis;
		out->tier = (uint8_t)evidence->tier;
		out->fresh = weigh_is_fresh(world, evidence, day);
	}
}

/* Zones of one dossier share it. */
static void full_add_pieces(struct full_builder *builder, const struct world *world, uint32_t dossier,
			    struct weigh_day day, struct full_zone *zone)
{
	size_t count;
	const uint32_t *list = dossiers_get(&world->dossiers, dossier, &count);
	struct buffer *table = &builder->table[FULL_PIECES];

	zone->piece = (uint32_t)(table->length / sizeof(uint32_t));
	zone->piece_count = (uint16_t)count;
	for (size_t i = 0; i < count; i++) {
		const struct evidence *evidence = dossiers_evidence(&world->dossiers, list[i]);
		uint32_t piece = list[i] | (weigh_counts(world, dossier, evidence, day) ? 0 : FULL_PIECE_IGNORED);

		buffer_append(table, &piece, sizeof(piece));
	}
}

/* All but the group. */
static void full_describe(struct full_builder *builder, const struct full_data *data, uint32_t dossier,
			  struct full_zone *out)
{
	const struct weigh_day day = { data->now, data->now };
	struct weighed weighed;

	weigh(data->world, dossier, day, &weighed);
	out->location = full_add_string(builder, location_name(weighed.location));
	out->where = full_add_names(builder, &weighed.place.where, ",");
	out->registered = full_add_names(builder, &weighed.registered, ",");
	out->control = full_add_names(builder, &weighed.control, ",");
	out->source = out->control_source = FULL_NO_SOURCE;
	out->place = PLACE_NONE;
	if (weighed.located) {
		out->source = (uint16_t)weighed.located->source;
		out->place = (uint8_t)weighed.located->tier;
	}
	out->tier = location_set_is_empty(&weighed.control) ? CONTROL_NONE : CONTROL_REPRESENTED;
	out->operator = FULL_NO_OPERATOR;
	if (weighed.named) {
		out->tier = (uint8_t)weighed.named->tier;
		out->control_source = (uint16_t)weighed.named->source;
		out->operator = full_add_named(builder, data->world, weighed.named->operator);
	}
	out->settled = weighed.place.settled;
	full_add_pieces(builder, data->world, dossier, day, out);
}

static void full_add_zones(struct full_builder *builder, const struct full_data *data, const struct zones *zones,
			   const struct matrix *matrix)
{
	uint32_t z, count = intern_count(zones->zone);
	_cleanup_free_ struct full_zone *known = mem_zero(intern_count(zones->world->dossiers.dossier), sizeof(*known));
	_cleanup_free_ bool *is_known = mem_zero(intern_count(zones->world->dossiers.dossier), sizeof(*is_known));

	full_add_evidence(builder, data);
	for (z = 0; z < count; z++) {
		uint32_t dossier = zones_at(zones, z)->dossier;
		struct full_zone *out = &known[dossier];

		if (!is_known[dossier])
			full_describe(builder, data, dossier, out);
		is_known[dossier] = true;
		out->group = matrix->group_of_zone[z];
		buffer_append(&builder->table[FULL_ZONES], out, sizeof(*out));
	}
}

/* Ranges that differ in their cover alone have one name, but their groups may differ: they stay apart. */
static void full_add_ranges(struct full_builder *builder, const struct zones *zones)
{
	uint32_t *first4 = buffer_extend(&builder->table[FULL_FIRST4], zones->v4.count * sizeof(*first4));
	uint32_t *zone4 = buffer_extend(&builder->table[FULL_ZONE4], zones->v4.count * sizeof(*zone4));
	struct full_first6 *first6 = buffer_extend(&builder->table[FULL_FIRST6], zones->v6.count * sizeof(*first6));
	uint32_t *zone6 = buffer_extend(&builder->table[FULL_ZONE6], zones->v6.count * sizeof(*zone6));
	size_t i;

	for (i = 0; i < zones->v4.count; i++) {
		first4[i] = (uint32_t)(zones->v4.range[i].first >> 96);
		zone4[i] = zones->v4.range[i].zone;
	}
	for (i = 0; i < zones->v6.count; i++) {
		first6[i].high = (uint64_t)(zones->v6.range[i].first >> 64);
		first6[i].low = (uint64_t)zones->v6.range[i].first;
		zone6[i] = zones->v6.range[i].zone;
	}
}

static void full_write(struct full_builder *builder, struct full_header *header,
		       const uint32_t count[FULL_TABLES], struct buffer *out)
{
	size_t start = out->length;
	unsigned int id;

	memcpy(header->magic, FULL_MAGIC, sizeof(header->magic));
	buffer_append(out, header, sizeof(*header));
	for (id = 0; id < FULL_TABLES; id++) {
		header->table[id].offset = out->length - start;
		header->table[id].count = count[id];
		buffer_append(out, builder->table[id].data, builder->table[id].length);
		buffer_align(out);
	}
	memcpy(out->data + start, header, sizeof(*header));
}

void full_build(const struct policy *policy, const struct full_data *data, const struct zones *zones,
		const struct matrix *matrix, struct buffer *out)
{
	__attribute__((cleanup(full_builder_fini))) struct full_builder builder = { .policy = policy };
	struct full_header header = { .stale_at = data->stale_at };
	size_t i;

	memcpy(header.world, data->world->key, sizeof(header.world));
	intern_new(&builder.strings);
	full_add_string(&builder, "");
	header.policy_name = full_add_string(&builder, file_base_name(policy->name));
	header.policy_text = full_add_string(&builder, policy->text);
	full_add_classes(&builder);
	full_add_rules(&builder);
	for (i = 0; i < policy->assignment_count; i++) {
		struct full_assignment *to = buffer_extend(&builder.table[FULL_ASSIGNMENTS], sizeof(*to));

		to->target = full_add_string(&builder, policy->assignment[i].target);
		to->class_id = policy->assignment[i].class_id;
	}
	full_add_sources(&builder, data);
	full_add_sets(&builder);
	full_add_zones(&builder, data, zones, matrix);
	full_add_ranges(&builder, zones);

	uint32_t count[FULL_TABLES] = {
		[FULL_STRINGS] = (uint32_t)builder.table[FULL_STRINGS].length,
		[FULL_CLASSES] = (uint32_t)policy->class_count + 2,
		[FULL_RULES] = numbering_count(policy),
		[FULL_ASSIGNMENTS] = (uint32_t)policy->assignment_count,
		[FULL_SOURCES] = (uint32_t)data->world->source_count,
		[FULL_SETS] = (uint32_t)policy->set_count,
		[FULL_OPERATORS] = builder.operator_count,
		[FULL_EVIDENCE] = (uint32_t)(builder.table[FULL_EVIDENCE].length / sizeof(struct full_evidence)),
		[FULL_PIECES] = (uint32_t)(builder.table[FULL_PIECES].length / sizeof(uint32_t)),
		[FULL_ZONES] = intern_count(zones->zone),
		[FULL_FIRST4] = (uint32_t)zones->v4.count,
		[FULL_ZONE4] = (uint32_t)zones->v4.count,
		[FULL_FIRST6] = (uint32_t)zones->v6.count,
		[FULL_ZONE6] = (uint32_t)zones->v6.count,
	};
	for (i = 0; i < ASN_PARTS; i++) {
		const struct buffer *part = &data->world->asn.part[i];

		buffer_append(&builder.table[FULL_ASN + i], part->data, part->length);
		count[FULL_ASN + i] = (uint32_t)(part->length / asn_part_size[i]);
	}
	full_write(&builder, &header, count, out);
}
