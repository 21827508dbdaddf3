// SPDX-License-Identifier: Apache-2.0
#include "geo/world_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../kmod/deps.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/hex.h"
#include "util/memory.h"

#define WORLD_MAGIC	"rsworld1"	/* eight bytes, without the final zero */
#define WORLD_FILE_MAX	((size_t)1 << 28)
#define WORLD_KEPT	8

enum world_table {
	WORLD_STRINGS,		/* char[]; begins and ends with a zero */
	WORLD_SOURCES,
	WORLD_OVERLAPS,		/* struct world_overlap[] */
	WORLD_PLACES,		/* struct place_fact[] */
	WORLD_CONTROLS,		/* struct control_fact[] */
	WORLD_PAIRS,		/* struct world_pair[] */
	WORLD_RANGES4,
	WORLD_RANGES6,
	WORLD_OPERATORS,	/* uint32_t[]: strings */
	WORLD_VOICES,		/* struct world_opinions[] */
	WORLD_ASN,		/* as many as enum asn_part has */
	WORLD_TABLES = WORLD_ASN + ASN_PARTS
};

/* All after sha256, up to the opinions, is under it. */
struct world_header {
	uint8_t magic[8];
	uint8_t sha256[RESID_DIGEST_LEN];
	uint8_t key[RESID_DIGEST_LEN];
	uint8_t opinions_sha256[RESID_DIGEST_LEN];
	uint64_t head, opinions;	/* bytes; the head includes this */
	uint32_t count[WORLD_TABLES];
};

struct world_file_source {
	uint32_t name, file;
	uint32_t control, place;
	uint64_t prefixes, v4, v6, located;
	char date[16];
	uint8_t sha256[RESID_DIGEST_LEN];
};

struct world_file_range4 {
	uint32_t first, pair;
};

struct world_file_range6 {
	uint64_t high, low;
	uint32_t pair, reserved;
};

static const size_t world_size_of[WORLD_ASN] = {
	[WORLD_STRINGS] = 1,
	[WORLD_SOURCES] = sizeof(struct world_file_source),
	[WORLD_OVERLAPS] = sizeof(struct world_overlap),
	[WORLD_PLACES] = sizeof(struct place_fact),
	[WORLD_CONTROLS] = sizeof(struct control_fact),
	[WORLD_PAIRS] = sizeof(struct world_pair),
	[WORLD_RANGES4] = sizeof(struct world_file_range4),
	[WORLD_RANGES6] = sizeof(struct world_file_range6),
	[WORLD_OPERATORS] = sizeof(uint32_t),
	[WORLD_VOICES] = sizeof(struct world_opinions),
};

static size_t world_element(unsigned int table)
{
	return table < WORLD_ASN ? world_size_of[table] : asn_part_size[table - WORLD_ASN];
}

struct path world_file(const uint8_t key[RESID_DIGEST_LEN])
{
	char hex[2 * RESID_DIGEST_LEN + 1];

	hex_format(key, RESID_DIGEST_LEN, hex);
	return paths_in(paths_cache_dir(), "%s.world", hex);
}

/* ---- writing ---- */

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
	to->control = source->control;
	to->place = source->place;
	to->prefixes = source->prefixes;
	to->v4 = source->v4;
	to->v6 = source->v6;
	to->located = source->located;
	memcpy(to->date, source->date, sizeof(source->date));
	memcpy(to->sha256, source->sha256, sizeof(to->sha256));
}

static void world_put_interned(struct buffer *out, const struct intern *intern, size_t size)
{
	uint32_t i;

	for (i = 0; i < intern_count(intern); i++)
		buffer_append(out, intern_get(intern, i, NULL), size);
}

static void world_put_ranges(struct buffer *out4, struct buffer *out6, const struct world *world)
{
	struct world_file_range4 *to4 = buffer_extend(out4, world->v4.count * sizeof(*to4));
	struct world_file_range6 *to6 = buffer_extend(out6, world->v6.count * sizeof(*to6));
	size_t i;

	for (i = 0; i < world->v4.count; i++)
		to4[i] = (struct world_file_range4){ (uint32_t)(world->v4.range[i].first >> 96),
						     world->v4.range[i].pair };
	for (i = 0; i < world->v6.count; i++)
		to6[i] = (struct world_file_range6){ (uint64_t)(world->v6.range[i].first >> 64),
						     (uint64_t)world->v6.range[i].first, world->v6.range[i].pair, 0 };
}

static void world_write(const struct world *world, struct buffer *out)
{
	struct buffer table[WORLD_TABLES] = { 0 };
	struct world_header header = { .magic = WORLD_MAGIC };
	size_t i;

	buffer_append(&table[WORLD_STRINGS], "", 1);
	for (i = 0; i < world->source_count; i++)
		world_put_source(&table[WORLD_SOURCES], &table[WORLD_STRINGS], &world->source[i]);
	for (i = 0; i < world->operator_count; i++) {
		uint32_t id = world_put_string(&table[WORLD_STRINGS], world->operator[i]);

		buffer_append(&table[WORLD_OPERATORS], &id, sizeof(id));
	}
	buffer_append(&table[WORLD_OVERLAPS], world->overlap, world->overlap_count * sizeof(*world->overlap));
	world_put_interned(&table[WORLD_PLACES], world->place, sizeof(struct place_fact));
	world_put_interned(&table[WORLD_CONTROLS], world->control.fact, sizeof(struct control_fact));
	world_put_interned(&table[WORLD_PAIRS], world->pair, sizeof(struct world_pair));
	world_put_ranges(&table[WORLD_RANGES4], &table[WORLD_RANGES6], world);
	buffer_append(&table[WORLD_VOICES], world->opinions, world->opinions_count * sizeof(*world->opinions));
	for (i = 0; i < ASN_PARTS; i++)
		buffer_append(&table[WORLD_ASN + i], world->asn.part[i].data, world->asn.part[i].length);

	buffer_extend(out, sizeof(header));
	buffer_align(out);
	for (i = 0; i < WORLD_TABLES; i++) {
		header.count[i] = (uint32_t)(table[i].length / world_element(i));
		buffer_append(out, table[i].data, table[i].length);
		buffer_align(out);
		buffer_fini(&table[i]);
	}
	memcpy(header.key, world->key, sizeof(header.key));
	header.head = out->length;
	header.opinions = world->bytes.length;
	sha256(world->bytes.data, (unsigned int)world->bytes.length, header.opinions_sha256);
	memcpy(out->data, &header, sizeof(header));
	sha256(out->data + offsetof(struct world_header, key),
	       (unsigned int)(out->length - offsetof(struct world_header, key)), header.sha256);
	memcpy(out->data, &header, sizeof(header));
	buffer_append(out, world->bytes.data, world->bytes.length);
}

/* Ours or root's, and nobody else may write it. */
static bool world_is_trusted(int fd, bool folder)
{
	struct stat st;

	return !fstat(fd, &st) && (folder ? S_ISDIR(st.st_mode) : S_ISREG(st.st_mode)) &&
	       (st.st_uid == geteuid() || !st.st_uid) && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

static int world_open_folder(void)
{
	_cleanup_close_ int fd = open(paths_cache_dir(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int folder = fd;

	if (fd < 0 || !world_is_trusted(fd, true))
		return -1;
	fd = -1;
	return folder;
}

/* Deletes the file that was used least lately while there are too many. */
static void world_prune(int folder)
{
	for (;;) {
		int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		DIR *list = copy < 0 ? NULL : fdopendir(copy);
		char oldest[NAME_MAX + 1] = "";
		struct timespec least = { 0 };
		const struct dirent *entry;
		size_t count = 0;

		while (list && (entry = readdir(list))) {
			size_t length = strlen(entry->d_name);
			struct stat st;

			if (length < 6 || strcmp(entry->d_name + length - 6, ".world") ||
			    fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
				continue;
			if (!count++ || st.st_mtim.tv_sec < least.tv_sec ||
			    (st.st_mtim.tv_sec == least.tv_sec && st.st_mtim.tv_nsec < least.tv_nsec)) {
				least = st.st_mtim;
				snprintf(oldest, sizeof(oldest), "%s", entry->d_name);
			}
		}
		if (list)
			closedir(list);
		if (count <= WORLD_KEPT || unlinkat(folder, oldest, 0))
			return;
	}
}

void world_save(const struct world *world)
{
	struct path file = world_file(world->key);
	_cleanup_buffer_ struct buffer out = { 0 };
	_cleanup_close_ int folder = -1;
	struct resid_error ignored;

	if (!*paths_cache_dir() || paths_make_dir(paths_cache_dir(), 0755, &ignored))
		return;
	folder = world_open_folder();
	if (folder < 0 || access(paths_cache_dir(), W_OK))
		return;
	world_write(world, &out);
	if (!file_write(file.text, out.data, out.length, 0644, FILE_OWN_GROUP, &ignored))
		world_prune(folder);
}

/* ---- reading ---- */

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
		if (at > header->head)
			return false;
	}
	return at == header->head && header->count[WORLD_STRINGS] && !reader->table[WORLD_STRINGS][0] &&
	       !reader->table[WORLD_STRINGS][header->count[WORLD_STRINGS] - 1];
}

static bool world_take_sources(const struct world_reader *reader, struct world *world)
{
	const struct world_file_source *from = (const void *)reader->table[WORLD_SOURCES];
	uint32_t i;

	for (i = 0; i < reader->header->count[WORLD_SOURCES]; i++, from++) {
		struct world_source *to = MEM_PUSH(world->source, world->source_count, world->source_capacity);
		const char *name = world_string(reader, from->name), *file = world_string(reader, from->file);

		if (!name || !file || from->control >= CONTROL_TIERS || from->place >= PLACE_TIERS ||
		    memchr(from->date, 0, sizeof(to->date)) == NULL)
			return false;
		to->name = mem_copy(name, strlen(name));
		to->file = mem_copy(file, strlen(file));
		memcpy(to->date, from->date, sizeof(to->date));
		memcpy(to->sha256, from->sha256, sizeof(to->sha256));
		to->control = from->control;
		to->place = from->place;
		to->prefixes = from->prefixes;
		to->v4 = from->v4;
		to->v6 = from->v6;
		to->located = from->located;
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

/* Facts stand once each, so that their numbers are their places. */
static bool world_take_facts(const struct world_reader *reader, struct world *world)
{
	const struct place_fact *place = (const void *)reader->table[WORLD_PLACES];
	const struct control_fact *control = (const void *)reader->table[WORLD_CONTROLS];
	const struct world_pair *pair = (const void *)reader->table[WORLD_PAIRS];
	const uint32_t *count = reader->header->count;
	uint32_t i;

	for (i = 0; i < count[WORLD_PLACES]; i++)
		if (place[i].location >= LOCATION_COUNT || place[i].source >= world->source_count ||
		    place[i].tier >= PLACE_TIERS || intern_put(world->place, &place[i], sizeof(*place)) != i)
			return false;
	for (i = 0; i < count[WORLD_CONTROLS]; i++)
		if (control[i].source >= world->source_count || control[i].tier > CONTROL_AS || control[i].reserved ||
		    (control[i].operator != CONTROL_NO_OPERATOR && control[i].operator >= world->operator_count) ||
		    intern_put(world->control.fact, &control[i], sizeof(*control)) != i)
			return false;
	for (i = 0; i < count[WORLD_PAIRS]; i++)
		if (pair[i].place >= count[WORLD_PLACES] ||
		    (pair[i].control != LAYER_HOLE && pair[i].control >= count[WORLD_CONTROLS]) ||
		    intern_put(world->pair, &pair[i], sizeof(*pair)) != i)
			return false;
	return true;
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
		world->v4.range[i] = (struct world_range){ (u128)from4[i].first << 96, from4[i].pair };
		if (from4[i].pair >= count[WORLD_PAIRS] || (i ? from4[i].first <= from4[i - 1].first : from4[i].first))
			return false;
	}
	for (i = 0; i < world->v6.count; i++) {
		world->v6.range[i] = (struct world_range){ (u128)from6[i].high << 64 | from6[i].low, from6[i].pair };
		if (from6[i].pair >= count[WORLD_PAIRS] ||
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

/* What a tier says: sorted, and every fact is one. */
static bool world_check_opinions(const struct world *world, const struct world_opinions *opinions)
{
	uint32_t facts = intern_count(opinions->axis == WORLD_PLACE ? world->place : world->control.fact), fact;
	uint64_t i, size = opinions->family == 4 ? sizeof(struct world_opinion4) : sizeof(struct world_opinion6);

	if (opinions->axis > WORLD_CONTROL || (opinions->family != 4 && opinions->family != 6) || !opinions->count ||
	    opinions->offset % 8 || opinions->offset > world->bytes.length ||
	    opinions->count > (world->bytes.length - opinions->offset) / size)
		return false;
	for (i = 0; i < opinions->count; i++) {
		const uint8_t *at = world->bytes.data + opinions->offset + i * size;

		fact = opinions->family == 4 ? ((const struct world_opinion4 *)at)->fact :
					       ((const struct world_opinion6 *)at)->fact;
		if (fact != LAYER_HOLE && fact >= facts)
			return false;
	}
	return true;
}

static bool world_take_opinions(const struct world_reader *reader, int fd, struct world *world)
{
	const struct world_opinions *from = (const void *)reader->table[WORLD_VOICES];
	const struct world_header *header = reader->header;
	uint8_t digest[RESID_DIGEST_LEN];
	uint32_t i;

	buffer_extend(&world->bytes, header->opinions);
	if (pread(fd, world->bytes.data, header->opinions, (off_t)header->head) != (ssize_t)header->opinions)
		return false;
	sha256(world->bytes.data, (unsigned int)header->opinions, digest);
	if (memcmp(digest, header->opinions_sha256, sizeof(digest)))
		return false;
	for (i = 0; i < header->count[WORLD_VOICES]; i++) {
		if (!world_check_opinions(world, &from[i]))
			return false;
		*MEM_PUSH(world->opinions, world->opinions_count, world->opinions_capacity) = from[i];
	}
	return true;
}

/* The head of the file in memory, or NULL. */
static uint8_t *world_read_head(int fd, const uint8_t *key)
{
	_cleanup_free_ uint8_t *data = NULL;
	struct world_header header;
	uint8_t digest[RESID_DIGEST_LEN];
	const size_t skipped = offsetof(struct world_header, key);
	struct stat st;

	if (fstat(fd, &st) || pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
	    memcmp(header.magic, WORLD_MAGIC, sizeof(header.magic)) || memcmp(header.key, key, sizeof(header.key)) ||
	    header.head < sizeof(header) || header.head > WORLD_FILE_MAX || header.opinions > WORLD_FILE_MAX ||
	    header.head + header.opinions != (uint64_t)st.st_size)
		return NULL;
	data = mem_alloc(header.head);
	if (pread(fd, data, header.head, 0) != (ssize_t)header.head)
		return NULL;
	sha256(data + skipped, (unsigned int)(header.head - skipped), digest);
	return memcmp(digest, header.sha256, sizeof(digest)) ? NULL : TAKE(data);
}

struct world *world_load(const uint8_t key[RESID_DIGEST_LEN], const struct operators *operators, bool opinions)
{
	struct path file = world_file(key);
	_cleanup_close_ int folder = world_open_folder(), fd = -1;
	_cleanup_free_ uint8_t *data = NULL;
	_cleanup_world_ struct world *world = NULL;
	struct world_reader reader;

	if (folder >= 0)
		fd = openat(folder, file_base_name(file.text), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || !world_is_trusted(fd, false))
		return NULL;
	data = world_read_head(fd, key);
	if (!data)
		return NULL;
	reader.header = (const struct world_header *)data;
	world = mem_zero(1, sizeof(*world));
	control_init(&world->control, operators);
	intern_new(&world->place);
	intern_new(&world->pair);
	memcpy(world->key, key, sizeof(world->key));
	if (!world_check_layout(&reader, data) || !world_take_sources(&reader, world) ||
	    !world_take_operators(&reader, world) || (operators && world->operator_count != operators->count) ||
	    !world_take_overlaps(&reader, world) || !world_take_facts(&reader, world) ||
	    !world_take_ranges(&reader, world) || !world_take_asn(&reader, world) ||
	    (opinions && !world_take_opinions(&reader, fd, world)))
		return NULL;
	/* used now: what was not used for longest goes first */
	futimens(fd, NULL);
	return TAKE(world);
}

/* ---- opinions ---- */

/* The fact of the last entry that does not begin after the address. */
static uint32_t world_hear(const struct world *world, const struct world_opinions *opinions, u128 key)
{
	const uint8_t *bytes = world->bytes.data + opinions->offset;
	const struct world_opinion4 *four = (const void *)bytes;
	const struct world_opinion6 *six = (const void *)bytes;
	uint64_t low = 0, high = opinions->count;

	while (low < high) {
		uint64_t middle = (low + high) / 2;
		u128 first = opinions->family == 4 ? (u128)four[middle].first << 96 :
						     (u128)six[middle].high << 64 | six[middle].low;

		if (first <= key)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return LAYER_HOLE;
	return opinions->family == 4 ? four[low - 1].fact : six[low - 1].fact;
}

static void world_speak_source(const struct world *world, uint32_t number, struct world_opinion *out)
{
	const struct world_source *source = &world->source[number];

	out->source = source->name;
	out->file = source->file;
	out->date = source->date;
	out->operator = "";
}

static void world_speak(const struct world *world, uint32_t axis, uint32_t fact, struct world_opinion *out)
{
	unsigned int location;

	if (axis == WORLD_PLACE) {
		const struct place_fact *place = place_fact(world->place, fact);

		world_speak_source(world, place->source, out);
		out->axis = "location";
		out->tier = place_tier_name(place->tier);
		snprintf(out->answer, sizeof(out->answer), "%s", location_name(place->location));
	} else {
		const struct control_fact *control = control_fact(&world->control, fact);
		size_t used = 0;

		world_speak_source(world, control->source, out);
		out->axis = "control";
		out->tier = control_tier_name(control->tier);
		if (control->operator != CONTROL_NO_OPERATOR)
			out->operator = world->operator[control->operator];
		*out->answer = '\0';
		for (location = 0; location < LOCATION_COUNT && used + 4 < sizeof(out->answer); location++)
			if (location_set_has(&control->set, location))
				used += (size_t)snprintf(out->answer + used, sizeof(out->answer) - used, "%s%s",
							 used ? "," : "", location_name(location));
	}
}

/* From strong to weak; insertion keeps it so whatever the order in which tiers were kept. */
static uint32_t world_rank(const struct world *world, uint32_t axis, uint32_t fact)
{
	return axis == WORLD_PLACE ? place_fact(world->place, fact)->tier :
				     PLACE_TIERS + control_fact(&world->control, fact)->tier;
}

size_t world_opinions_of(const struct world *world, sa_family_t family, u128 key,
			 struct world_opinion out[WORLD_OPINIONS_MAX])
{
	uint32_t rank[WORLD_OPINIONS_MAX];
	size_t i, at, count = 0;

	for (i = 0; i < world->opinions_count && count < WORLD_OPINIONS_MAX; i++) {
		const struct world_opinions *opinions = &world->opinions[i];
		uint32_t fact, here;

		if ((opinions->family == 4) != (family == AF_INET))
			continue;
		fact = world_hear(world, opinions, key);
		if (fact == LAYER_HOLE)
			continue;
		here = world_rank(world, opinions->axis, fact);
		for (at = count++; at && rank[at - 1] > here; at--) {
			rank[at] = rank[at - 1];
			out[at] = out[at - 1];
		}
		rank[at] = here;
		world_speak(world, opinions->axis, fact, &out[at]);
	}
	return count;
}
