// SPDX-License-Identifier: Apache-2.0
#include "source/format_private.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kmod/deps.h"
#include "util/file.h"
#include "util/memory.h"

#define SOURCE_TAIL ((off_t)1 << 17)

static const struct {
	const char *name;
	int (*read)(struct source_reader *reader);
	bool binary;	/* read by confine.h from the file itself */
	bool regions;	/* a fact's region is one of regions.yaml */
	bool locates;	/* it is a list of ranges and says where they are */
} formats[] = {
	[SOURCE_AWS] = { "aws", source_aws_read, .regions = true, .locates = true },
	[SOURCE_AZURE] = { "azure", source_azure_read, .regions = true, .locates = true },
	[SOURCE_GOOGLE] = { "google", source_google_read, .regions = true, .locates = true },
	[SOURCE_ORACLE] = { "oracle", source_oracle_read, .regions = true, .locates = true },
	[SOURCE_GEOFEED] = { "geofeed", source_geofeed_read, .locates = true },
	[SOURCE_LIST] = { "list", source_list_read },
	[SOURCE_RIR] = { "rir", source_rir_read },
	[SOURCE_LIBLOC] = { "libloc", source_libloc_read, .binary = true },
	[SOURCE_MMDB] = { "mmdb", source_mmdb_read, .binary = true },
};

_Static_assert(sizeof(formats) / sizeof(formats[0]) == SOURCE_FORMATS, "a format without a reader");

int source_format_parse(const char *text)
{
	int i;

	for (i = 0; i < SOURCE_FORMATS; i++)
		if (!strcmp(formats[i].name, text))
			return i;
	return -1;
}

const char *source_format_name(enum source_format format)
{
	return formats[format].name;
}

bool source_format_has_regions(enum source_format format)
{
	return formats[format].regions;
}

bool source_format_locates(enum source_format format)
{
	return formats[format].locates;
}

enum source_format source_format_of_asn(const char *path)
{
	static const char mark[] = "\xab\xcd\xefMaxMind.com"; /* before the metadata, in the last 128 KiB */
	_cleanup_free_ char *tail = mem_alloc(SOURCE_TAIL);
	struct resid_error ignored;
	_cleanup_close_ int fd = file_open(path, O_RDONLY, 0, &ignored);
	struct stat st;
	ssize_t got;

	if (fd < 0 || fstat(fd, &st))
		return SOURCE_LIBLOC;
	got = pread(fd, tail, SOURCE_TAIL, st.st_size > SOURCE_TAIL ? st.st_size - SOURCE_TAIL : 0);
	return got > 0 && memmem(tail, (size_t)got, mark, sizeof(mark) - 1) ? SOURCE_MMDB : SOURCE_LIBLOC;
}

/* Texts in the order of the alphabet, so that the order in which the file has them does not matter. */
static int source_compare_strings(const void *a, const void *b, void *strings)
{
	return strcmp(intern_get(strings, *(const uint32_t *)a, NULL), intern_get(strings, *(const uint32_t *)b, NULL));
}

static void source_take_strings(struct source_reader *reader)
{
	uint32_t i, count = intern_count(reader->strings);
	_cleanup_free_ uint32_t *order = mem_resize(NULL, count, sizeof(*order));
	_cleanup_free_ uint32_t *rank = mem_resize(NULL, count, sizeof(*rank));
	struct source *source = reader->source;
	struct source_facts *both[] = { &source->v4, &source->v6 };
	size_t family, j;

	for (i = 0; i < count; i++)
		order[i] = i;
	qsort_r(order, count, sizeof(*order), source_compare_strings, reader->strings);
	source->string = mem_zero(count, sizeof(*source->string));
	source->string_count = source->string_capacity = count;
	for (i = 0; i < count; i++) {
		const char *text = intern_get(reader->strings, order[i], NULL);

		source->string[i] = mem_copy(text, strlen(text));
		rank[order[i]] = i;
	}
	for (family = 0; family < 2; family++) {
		for (j = 0; j < both[family]->count; j++) {
			struct source_fact *fact = &both[family]->fact[j];

			fact->region = rank[fact->region];
			fact->service = rank[fact->service];
		}
	}
}

static void source_reader_fini(struct source_reader *reader)
{
	intern_free(reader->strings);
	free(reader->data);
	source_free(reader->source);
}

int source_read(enum source_format format, const char *name, const char *path, struct source **out,
		struct resid_error *err)
{
	_cleanup_(source_reader_fini) struct source_reader reader = {
		.path = path, .format = formats[format].name, .err = err
	};
	struct source *source = mem_zero(1, sizeof(*source));

	reader.source = source;
	source->format = format;
	source->name = mem_copy(name, strlen(name));
	source->file = mem_copy(file_base_name(path), strlen(file_base_name(path)));
	intern_new(&reader.strings);
	source_string(&reader, "");
	if (!formats[format].binary) {
		if (file_read(path, SOURCE_MAX, &reader.data, &reader.length, err))
			return -1;
		sha256((const u8 *)reader.data, (unsigned int)reader.length, source->sha256);
		reader.next = reader.data;
	}
	if (formats[format].read(&reader))
		return -1;
	source_take_strings(&reader);
	source_order(&source->v4);
	source_order(&source->v6);
	source_order_as(source);
	if (format == SOURCE_AZURE) {
		source_azure_collapse(source, &source->v4);
		source_azure_collapse(source, &source->v6);
	}
	if (!source->v4.count && !source->v6.count)
		return source_fail(&reader, "holds no prefix at all");
	*out = TAKE(reader.source);
	return 0;
}
