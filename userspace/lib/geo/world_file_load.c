// SPDX-License-Identifier: Apache-2.0
/* A kept world is believed only when all of it is right. */
#include "geo/world_file.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kmod/deps.h"
#include "geo/cache.h"
#include "geo/world_layout.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/memory.h"

#define WORLD_FILE_MAX	((size_t)1 << 28)

struct world_reader {
	const struct world_header *header;
	const uint8_t *table[WORLD_TABLES];
};

static const char *world_string(const struct world_reader *reader, uint32_t offset)
{
	if (offset >= reader->header->count[WORLD_STRINGS])
		return NULL;
	return (const char *)reader->table[WORLD_STRINGS] + offset;
}

static bool world_check_layout(struct world_reader *reader, const uint8_t *data)
{
	const struct world_header *header = reader->header;
	uint64_t at = (sizeof(*header) + 7) & ~7ull;
	unsigned int i;

	for (i = 0; i < WORLD_TABLES; i++) {
		reader->table[i] = data + at;
		at += (header->count[i] * (uint64_t)world_element(i) + 7) & ~7ull;
		if (at > header->length)
			return false;
	}
	return at == header->length && header->count[WORLD_STRINGS] && !reader->table[WORLD_STRINGS][0] &&
	       !reader->table[WORLD_STRINGS][header->count[WORLD_STRINGS] - 1];
}

static bool world_take_sources(const struct world_reader *reader, struct world *world)
{
	const struct world_file_source *from = (const void *)reader->table[WORLD_SOURCES];
	uint32_t i;

	for (i = 0; i < reader->header->count[WORLD_SOURCES]; i++, from++) {
		struct world_source *to = MEM_PUSH(world->source, world->source_count, world->source_capacity);
		const char *name = world_string(reader, from->name), *file = world_string(reader, from->file);
		const char *said = world_string(reader, from->said);

		if (!name || !file || !said || memchr(from->date, 0, sizeof(to->date)) == NULL)
			return false;
		to->name = mem_copy(name, strlen(name));
		to->file = mem_copy(file, strlen(file));
		to->said = mem_copy(said, strlen(said));
		memcpy(to->date, from->date, sizeof(to->date));
		memcpy(to->sha256, from->sha256, sizeof(to->sha256));
		to->prefixes = from->prefixes;
		to->v4 = from->v4;
		to->v6 = from->v6;
		to->located = from->located;
		to->rows = from->rows;
		to->bad = from->bad;
	}
	return world->source_count >= WORLD_FIXED;
}

static bool world_take_operators(const struct world_reader *reader, struct world *world)
{
	const uint32_t *id = (const void *)reader->table[WORLD_OPERATORS];
	uint32_t i, count = reader->header->count[WORLD_OPERATORS];

	world->operator = mem_zero(count, sizeof(*world->operator));
	for (i = 0; i < count; i++) {
		const char *text = world_string(reader, id[i]);

		if (!text)
			return false;
		world->operator[world->operator_count++] = mem_copy(text, strlen(text));
	}
	return true;
}

static bool world_take_overlaps(const struct world_reader *reader, struct world *world)
{
	const struct world_overlap *from = (const void *)reader->table[WORLD_OVERLAPS];
	uint32_t i;

	for (i = 0; i < reader->header->count[WORLD_OVERLAPS]; i++) {
		if (from[i].left >= world->source_count || from[i].right >= world->source_count)
			return false;
		*MEM_PUSH(world->overlap, world->overlap_count, world->overlap_capacity) = from[i];
	}
	return true;
}

static bool world_take_regions(const struct world_reader *reader, struct world *world)
{
	const struct world_file_region *from = (const void *)reader->table[WORLD_REGIONS];

	for (uint32_t i = 0; i < reader->header->count[WORLD_REGIONS]; i++) {
		const char *name = world_string(reader, from[i].name);

		if (!name || from[i].source >= world->source_count)
			return false;
		*MEM_PUSH(world->region, world->region_count, world->region_capacity) = (struct world_region){
			mem_copy(name, strlen(name)), from[i].source, from[i].v4, from[i].v6
		};
	}
	return true;
}

static bool world_is_evidence(const struct world *world, const struct evidence *evidence)
{
	static const uint32_t tiers[EVIDENCE_AXES] = {
		[EVIDENCE_LOCATION] = PLACE_TIERS, [EVIDENCE_REGISTERED] = REGISTERED_TIERS,
		[EVIDENCE_CONTROL] = CONTROL_TIERS,
	};

	return evidence->axis < EVIDENCE_AXES && evidence->tier < tiers[evidence->axis] &&
	       evidence->source < world->source_count &&
	       (evidence->operator == EVIDENCE_NOBODY || evidence->operator < world->operator_count);
}

/* Each stands once, so that its number is its place. */
static bool world_take_dossiers(const struct world_reader *reader, struct world *world)
{
	const struct evidence *evidence = (const void *)reader->table[WORLD_EVIDENCE];
	const uint32_t *size = (const void *)reader->table[WORLD_DOSSIERS];
	const uint32_t *piece = (const void *)reader->table[WORLD_PIECES];
	const uint32_t *count = reader->header->count;
	uint32_t i, at = 0;

	for (i = 0; i < count[WORLD_EVIDENCE]; i++)
		if (!world_is_evidence(world, &evidence[i]) ||
		    intern_put(world->dossiers.evidence, &evidence[i], sizeof(*evidence)) != i)
			return false;
	for (i = 0; i < count[WORLD_PIECES]; i++)
		if (piece[i] >= count[WORLD_EVIDENCE])
			return false;
	for (i = 0; i < count[WORLD_DOSSIERS]; i++) {
		if (size[i] > count[WORLD_PIECES] - at ||
		    intern_put(world->dossiers.dossier, piece + at, size[i] * sizeof(*piece)) != i)
			return false;
		at += size[i];
	}
	return count[WORLD_DOSSIERS] && at == count[WORLD_PIECES];
}

static bool world_take_ranges(const struct world_reader *reader, struct world *world)
{
	const struct world_file_range4 *from4 = (const void *)reader->table[WORLD_RANGES4];
	const struct world_file_range6 *from6 = (const void *)reader->table[WORLD_RANGES6];
	const uint32_t *count = reader->header->count;
	uint32_t i;

	world->v4.count = world->v4.capacity = count[WORLD_RANGES4];
	world->v6.count = world->v6.capacity = count[WORLD_RANGES6];
	world->v4.range = mem_resize(NULL, world->v4.count, sizeof(*world->v4.range));
	world->v6.range = mem_resize(NULL, world->v6.count, sizeof(*world->v6.range));
	for (i = 0; i < world->v4.count; i++) {
		world->v4.range[i] = (struct world_range){ (u128)from4[i].first << 96, from4[i].dossier };
		if (from4[i].dossier >= count[WORLD_DOSSIERS] ||
		    (i ? from4[i].first <= from4[i - 1].first : from4[i].first))
			return false;
	}
	for (i = 0; i < world->v6.count; i++) {
		world->v6.range[i] = (struct world_range){ (u128)from6[i].high << 64 | from6[i].low, from6[i].dossier };
		if (from6[i].dossier >= count[WORLD_DOSSIERS] ||
		    (i ? world->v6.range[i].first <= world->v6.range[i - 1].first : world->v6.range[i].first))
			return false;
	}
	return world->v4.count && world->v6.count;
}

static bool world_take_asn(const struct world_reader *reader, struct world *world)
{
	struct asn_view view;
	unsigned int i;

	for (i = 0; i < ASN_PARTS; i++) {
		view.part[i] = reader->table[WORLD_ASN + i];
		view.count[i] = reader->header->count[WORLD_ASN + i];
		buffer_append(&world->asn.part[i], view.part[i], view.count[i] * asn_part_size[i]);
	}
	return asn_is_sound(&view);
}

/* The file in memory, or NULL. */
static uint8_t *world_read(int fd, const uint8_t *key)
{
	_cleanup_free_ uint8_t *data = NULL;
	struct world_header header;
	uint8_t digest[RESID_DIGEST_LEN];
	const size_t skipped = offsetof(struct world_header, key);
	struct stat st;

	if (fstat(fd, &st) || pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
	    memcmp(header.magic, WORLD_MAGIC, sizeof(header.magic)) || memcmp(header.key, key, sizeof(header.key)) ||
	    header.length < sizeof(header) || header.length > WORLD_FILE_MAX || header.length != (uint64_t)st.st_size)
		return NULL;
	data = mem_alloc(header.length);
	if (pread(fd, data, header.length, 0) != (ssize_t)header.length)
		return NULL;
	sha256(data + skipped, (unsigned int)(header.length - skipped), digest);
	return memcmp(digest, header.sha256, sizeof(digest)) ? NULL : TAKE(data);
}

struct world *world_load(const uint8_t key[RESID_DIGEST_LEN], const struct operators *operators)
{
	struct path file = world_file(key);
	_cleanup_close_ int fd = cache_open(file_base_name(file.text));
	_cleanup_free_ uint8_t *data = NULL;
	_cleanup_world_ struct world *world = NULL;
	struct world_reader reader;

	if (fd < 0)
		return NULL;
	data = world_read(fd, key);
	if (!data)
		return NULL;
	reader.header = (const struct world_header *)data;
	world = mem_zero(1, sizeof(*world));
	dossiers_init(&world->dossiers);
	control_init(&world->control, &world->dossiers, operators);
	memcpy(world->key, key, sizeof(world->key));
	if (!world_check_layout(&reader, data) || !world_take_sources(&reader, world) ||
	    !world_take_operators(&reader, world) || world->operator_count != operators->count ||
	    !world_take_overlaps(&reader, world) || !world_take_regions(&reader, world) ||
	    !world_take_dossiers(&reader, world) || !world_take_ranges(&reader, world) ||
	    !world_take_asn(&reader, world))
		return NULL;
	/* used now: what was not used for longest goes first */
	futimens(fd, NULL);
	return TAKE(world);
}
