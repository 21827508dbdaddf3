// SPDX-License-Identifier: Apache-2.0
/* Any source: which reader, and the order of what it found. */
#include "source/reader.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kmod/deps.h"
#include "source/location.h"
#include "util/file.h"
#include "util/memory.h"
#include "util/utf8.h"

#define SOURCE_TAIL	((off_t)1 << 17)

static const struct {
	const char *name;
	int (*read)(struct source_reader *reader);
	bool binary;	/* read by confine.h from the file itself */
} formats[] = {
	[SOURCE_AWS] = { "aws", source_aws_read, false },
	[SOURCE_AZURE] = { "azure", source_azure_read, false },
	[SOURCE_GOOGLE] = { "google", source_google_read, false },
	[SOURCE_ORACLE] = { "oracle", source_oracle_read, false },
	[SOURCE_GEOFEED] = { "geofeed", source_geofeed_read, false },
	[SOURCE_LIST] = { "list", source_list_read, false },
	[SOURCE_RIR] = { "rir", source_rir_read, false },
	[SOURCE_LIBLOC] = { "libloc", source_libloc_read, true },
	[SOURCE_MMDB] = { "mmdb", source_mmdb_read, true },
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

enum source_format source_format_of_asn(const char *path)
{
	static const char mark[] = "\xab\xcd\xefMaxMind.com";	/* before the metadata, in the last 128 KiB */
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

static bool source_fact_says(const struct source_fact *fact, enum source_says what)
{
	if (what == SOURCE_SAYS_ASN)
		return fact->asn;
	if (what == SOURCE_SAYS_COUNTRY)
		return *fact->country || fact->flags;
	return *fact->registered;
}

bool source_says(const struct source *source, enum source_says what)
{
	size_t i;

	for (i = 0; i < source->v4.count; i++)
		if (source_fact_says(&source->v4.fact[i], what))
			return true;
	for (i = 0; i < source->v6.count; i++)
		if (source_fact_says(&source->v6.fact[i], what))
			return true;
	return false;
}

static void source_facts_fini(struct source_facts *facts)
{
	free(facts->fact);
}

void source_free(struct source *source)
{
	size_t i;

	if (!source)
		return;
	for (i = 0; i < source->string_count; i++)
		free(source->string[i]);
	free(source->string);
	source_facts_fini(&source->v4);
	source_facts_fini(&source->v6);
	buffer_fini(&source->as);
	buffer_fini(&source->as_text);
	free(source->name);
	free(source->file);
	free(source);
}

int source_fail(const struct source_reader *reader, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return resid_fail(reader->err, RESID_EXIT_INPUT, "%s: %s; %s", reader->path, text, SOURCE_REMEDY);
}

const char *source_prefix(const char *text, struct prefix *out)
{
	const char *error = prefix_parse(text, out);

	return error || out->length ? error : "is every address there is, which says nothing of anybody";
}

void source_add(struct source_reader *reader, const struct prefix *prefix, const struct source_fact *fact)
{
	struct source_facts *facts = prefix->family == AF_INET ? &reader->source->v4 : &reader->source->v6;
	struct source_fact *added = MEM_PUSH(facts->fact, facts->count, facts->capacity);

	*added = *fact;
	added->first = prefix->first;
	added->last = prefix_last(prefix);
}

/* Text of a stranger: what is no UTF-8, a control character or over the length is not there. */
void source_as(struct source_reader *reader, uint32_t number, const char *name)
{
	struct source *source = reader->source;
	const struct source_as as = { number, (uint32_t)source->as_text.length + 1 };
	size_t length, used = 0;
	char clean[SOURCE_AS_NAME + 1];

	for (; *name; name += length ? length : 1) {
		length = utf8_length(name);
		if (length == 1 && (*name < ' ' || *name == 127))
			continue;
		if (used + length > SOURCE_AS_NAME)
			break;
		memcpy(clean + used, name, length);
		used += length;
	}
	if (!number || !used)
		return;
	clean[used] = '\0';
	buffer_append(&source->as, &as, sizeof(as));
	buffer_append(&source->as_text, clean, used + 1);
}

static int source_compare_as(const void *a, const void *b)
{
	const struct source_as *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

void source_order_as(struct source *source)
{
	struct source_as *as = (struct source_as *)source->as.data;
	size_t i, kept = 0, count = source->as.length / sizeof(*as);

	if (!count)
		return;
	qsort(as, count, sizeof(*as), source_compare_as);
	for (i = 0; i < count; i++)
		if (!kept || as[kept - 1].number != as[i].number)
			as[kept++] = as[i];
	source->as.length = kept * sizeof(*as);
}

uint32_t source_string(struct source_reader *reader, const char *text)
{
	return intern_put(reader->strings, text, strlen(text) + 1);
}

bool source_country(const char *text, char out[3])
{
	char code[3] = "";
	int location, i;

	out[0] = '\0';
	if (strlen(text) != 2)
		return false;
	for (i = 0; i < 2; i++)
		code[i] = (char)(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 'a' + 'A' : text[i]);
	location = location_of_code(code);
	if (location < 0)
		return false;
	if (location == LOCATION_REGION_EU || location == LOCATION_REGION_AP)
		memcpy(out, code, 3);
	else if (location == LOCATION_PROXY || location == LOCATION_SATELLITE)
		memcpy(out, code, 3);
	else if (location < LOCATION_CODES)
		memcpy(out, location_name((unsigned int)location), 3);
	return true;
}

bool source_is_date(const char *text)
{
	static const char form[] = "dddd-dd-dd";
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int i, year, month, day;

	if (strlen(text) != sizeof(form) - 1)
		return false;
	for (i = 0; form[i]; i++)
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != '-')
			return false;
	year = atoi(text);
	month = atoi(text + 5);
	day = atoi(text + 8);
	if (month < 1 || month > 12 || day < 1)
		return false;
	return day <= days[month - 1] ||
	       (month == 2 && day == 29 && year % 4 == 0 && (year % 100 || year % 400 == 0));
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

static int source_compare(const void *a, const void *b)
{
	const struct source_fact *x = a, *y = b;
	int order;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->last != y->last)
		return x->last > y->last ? -1 : 1;
	if (x->region != y->region)
		return x->region < y->region ? -1 : 1;
	if (x->service != y->service)
		return x->service < y->service ? -1 : 1;
	if (x->asn != y->asn)
		return x->asn < y->asn ? -1 : 1;
	if (x->flags != y->flags)
		return x->flags < y->flags ? -1 : 1;
	order = strcmp(x->country, y->country);
	if (!order)
		order = strcmp(x->registered, y->registered);
	return order ? order : strcmp(x->represented, y->represented);
}

/* In order, each once. What the binary formats yield is in order already. */
void source_order(struct source_facts *facts)
{
	size_t i, kept = 0;

	for (i = 1; i < facts->count && source_compare(&facts->fact[i - 1], &facts->fact[i]) < 0; i++)
		;
	if (i >= facts->count)
		return;
	qsort(facts->fact, facts->count, sizeof(*facts->fact), source_compare);
	for (i = 0; i < facts->count; i++)
		if (!kept || source_compare(&facts->fact[kept - 1], &facts->fact[i]))
			facts->fact[kept++] = facts->fact[i];
	facts->count = kept;
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
	_cleanup_(source_reader_fini) struct source_reader reader = { .path = path, .err = err };
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
