// SPDX-License-Identifier: Apache-2.0
#include "geo/world_file.h"

#include <string.h>

#include "kmod/deps.h"
#include "geo/cache.h"
#include "geo/world_layout.h"
#include "util/file.h"
#include "util/hex.h"

struct path world_file(const uint8_t key[RESID_DIGEST_LEN])
{
	char hex[2 * RESID_DIGEST_LEN + 1];

	hex_format(key, RESID_DIGEST_LEN, hex);
	return paths_in(paths_cache_dir(), "%s" WORLD_SUFFIX, hex);
}

static uint32_t world_put_string(struct buffer *strings, const char *text)
{
	uint32_t at = (uint32_t)strings->length;

	if (!*text)
		return 0;
	buffer_append(strings, text, strlen(text) + 1);
	return at;
}

static void world_put_source(struct buffer *out, struct buffer *strings, const struct world_source *source)
{
	struct world_file_source *to = buffer_extend(out, sizeof(*to));

	to->name = world_put_string(strings, source->name);
	to->file = world_put_string(strings, source->file);
	to->said = world_put_string(strings, source->said);
	to->prefixes = source->prefixes;
	to->v4 = source->v4;
	to->v6 = source->v6;
	to->located = source->located;
	to->rows = source->rows;
	to->bad = source->bad;
	memcpy(to->date, source->date, sizeof(source->date));
	memcpy(to->sha256, source->sha256, sizeof(to->sha256));
}

/* The tables that name strings are made before the strings are written. */
struct world_named {
	struct buffer strings, sources, operators, regions;
};

static void world_named_fini(struct world_named *named)
{
	buffer_fini(&named->strings);
	buffer_fini(&named->sources);
	buffer_fini(&named->operators);
	buffer_fini(&named->regions);
}

static void world_name(struct world_named *named, const struct world *world)
{
	size_t i;

	buffer_append(&named->strings, "", 1);
	for (i = 0; i < world->source_count; i++)
		world_put_source(&named->sources, &named->strings, &world->source[i]);
	for (i = 0; i < world->operator_count; i++) {
		uint32_t id = world_put_string(&named->strings, world->operator[i]);

		buffer_append(&named->operators, &id, sizeof(id));
	}
	for (i = 0; i < world->region_count; i++) {
		const struct world_region *region = &world->region[i];
		const struct world_file_region to = { world_put_string(&named->strings, region->name), region->source,
						      region->v4, region->v6 };

		buffer_append(&named->regions, &to, sizeof(to));
	}
}

static void world_put_evidence(struct buffer *out, const struct dossiers *dossiers)
{
	for (uint32_t i = 0; i < intern_count(dossiers->evidence); i++)
		buffer_append(out, dossiers_evidence(dossiers, i), sizeof(struct evidence));
}

/* How many pieces each has, or the pieces. */
static void world_put_dossiers(struct buffer *out, const struct dossiers *dossiers, bool pieces)
{
	for (uint32_t i = 0; i < intern_count(dossiers->dossier); i++) {
		size_t count;
		const uint32_t *list = dossiers_get(dossiers, i, &count);
		const uint32_t number = (uint32_t)count;

		if (pieces && count)
			buffer_append(out, list, count * sizeof(*list));
		else if (!pieces)
			buffer_append(out, &number, sizeof(number));
	}
}

static void world_put_ranges4(struct buffer *out, const struct world_ranges *ranges)
{
	struct world_file_range4 *to = buffer_extend(out, ranges->count * sizeof(*to));
	size_t i;

	for (i = 0; i < ranges->count; i++)
		to[i] = (struct world_file_range4){ (uint32_t)(ranges->range[i].first >> 96),
						    ranges->range[i].dossier };
}

static void world_put_ranges6(struct buffer *out, const struct world_ranges *ranges)
{
	struct world_file_range6 *to = buffer_extend(out, ranges->count * sizeof(*to));
	size_t i;

	for (i = 0; i < ranges->count; i++)
		to[i] = (struct world_file_range6){ (uint64_t)(ranges->range[i].first >> 64),
						    (uint64_t)ranges->range[i].first, ranges->range[i].dossier, 0 };
}

static void world_put_table(struct buffer *out, const struct world *world, const struct world_named *named,
			    unsigned int table)
{
	switch (table) {
	case WORLD_STRINGS:
		return buffer_append(out, named->strings.data, named->strings.length);
	case WORLD_SOURCES:
		return buffer_append(out, named->sources.data, named->sources.length);
	case WORLD_OVERLAPS:
		return buffer_append(out, world->overlap, world->overlap_count * sizeof(*world->overlap));
	case WORLD_EVIDENCE:
		return world_put_evidence(out, &world->dossiers);
	case WORLD_DOSSIERS:
	case WORLD_PIECES:
		return world_put_dossiers(out, &world->dossiers, table == WORLD_PIECES);
	case WORLD_RANGES4:
		return world_put_ranges4(out, &world->v4);
	case WORLD_RANGES6:
		return world_put_ranges6(out, &world->v6);
	case WORLD_OPERATORS:
		return buffer_append(out, named->operators.data, named->operators.length);
	case WORLD_REGIONS:
		return buffer_append(out, named->regions.data, named->regions.length);
	default:
		table -= WORLD_ASN;
		return buffer_append(out, world->asn.part[table].data, world->asn.part[table].length);
	}
}

static void world_write(const struct world *world, struct buffer *out)
{
	_cleanup_(world_named_fini) struct world_named named = { 0 };
	struct world_header header = { .magic = WORLD_MAGIC };
	size_t skipped = offsetof(struct world_header, key);
	unsigned int i;

	world_name(&named, world);
	buffer_extend(out, sizeof(header));
	buffer_align(out);
	for (i = 0; i < WORLD_TABLES; i++) {
		size_t start = out->length;

		world_put_table(out, world, &named, i);
		header.count[i] = (uint32_t)((out->length - start) / world_element(i));
		buffer_align(out);
	}
	memcpy(header.key, world->key, sizeof(header.key));
	header.length = out->length;
	memcpy(out->data, &header, sizeof(header));
	sha256(out->data + skipped, (unsigned int)(out->length - skipped), header.sha256);
	memcpy(out->data, &header, sizeof(header));
}

void world_save(const struct world *world)
{
	struct path file = world_file(world->key);
	_cleanup_buffer_ struct buffer data = { 0 };

	if (!cache_is_writable())
		return;
	world_write(world, &data);
	cache_write(file_base_name(file.text), (struct iovec[]){ { data.data, data.length } }, 1);
	cache_prune(WORLD_SUFFIX, WORLD_KEPT);
}
