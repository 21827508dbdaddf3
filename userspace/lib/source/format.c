// SPDX-License-Identifier: Apache-2.0
#include "source/format_private.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/detect.h"
#include "source/record.h"
#include "util/file.h"
#include "util/memory.h"

#define USE(use) (1u << SOURCE_USE_##use)

static const struct {
	const char *name;
	int (*read)(struct source_reader *reader);
	unsigned int uses;
	bool regions;	/* a fact's region is one of regions.yaml */
	bool locates;	/* it is a list of ranges and says where they are */
} formats[] = {
	[SOURCE_AWS] = { "aws", source_document_read, USE(FEED), .regions = true, .locates = true },
	[SOURCE_AZURE] = { "azure", source_document_read, USE(FEED), .regions = true, .locates = true },
	[SOURCE_GOOGLE] = { "google", source_document_read, USE(FEED), .regions = true, .locates = true },
	[SOURCE_ORACLE] = { "oracle", source_document_read, USE(FEED), .regions = true, .locates = true },
	[SOURCE_FASTLY] = { "fastly", source_document_read, USE(FEED) },
	[SOURCE_GITHUB] = { "github", source_document_read, USE(FEED) },
	[SOURCE_ZSCALER] = { "zscaler", source_document_read, USE(FEED) },
	[SOURCE_ZSCALER_CENR] = { "zscaler-cenr", source_document_read, USE(FEED), .regions = true, .locates = true },
	[SOURCE_M365] = { "m365", source_document_read, USE(FEED) },
	[SOURCE_SALESFORCE] = { "salesforce", source_document_read, USE(FEED), .regions = true, .locates = true },
	[SOURCE_VULTR] = { "vultr", source_document_read, USE(FEED), .locates = true },
	[SOURCE_EXOSCALE] = { "exoscale", source_document_read, USE(FEED), .regions = true, .locates = true },
	[SOURCE_CLOUDFLARE] = { "cloudflare", source_document_read, USE(FEED) },
	[SOURCE_ATLASSIAN] = { "atlassian", source_document_read, USE(FEED), .regions = true, .locates = true },
	[SOURCE_IMPERVA] = { "imperva", source_document_read, USE(FEED) },
	[SOURCE_OKTA] = { "okta", source_document_read, USE(FEED) },
	[SOURCE_GEOFEED] = { "geofeed", source_geofeed_read, USE(FEED) | USE(GEOFEED), .locates = true },
	[SOURCE_LIST] = { "list", source_list_read, USE(FEED) },
	[SOURCE_RIR] = { "rir", source_rir_read, USE(RIR) },
	[SOURCE_DELEGATED] = { "delegated", source_delegated_read, USE(RIR) },
	[SOURCE_RPSL] = { "rpsl", source_rpsl_read, USE(RIR) },
	[SOURCE_ASN_CSV] = { "asn-csv", source_asn_csv_read, USE(ASN) },
	[SOURCE_PFX2AS] = { "pfx2as", source_pfx2as_read, USE(ASN) },
	[SOURCE_RPKI] = { "rpki", source_document_read, USE(ASN) },
	[SOURCE_MRT] = { "mrt", source_mrt_read, USE(ASN) },
	[SOURCE_BIRD] = { "bird", source_bird_read, USE(ASN) },
	[SOURCE_FRR] = { "frr", source_document_read, USE(ASN) },
	[SOURCE_LIBLOC] = { "libloc", source_libloc_read, USE(ASN) },
	[SOURCE_MMDB] = { "mmdb", source_mmdb_read, USE(ASN) | USE(MMDB) },
};

_Static_assert(sizeof(formats) / sizeof(formats[0]) == SOURCE_FORMATS, "a format without a reader");

int source_format_parse(const char *text)
{
	for (int i = 0; i < SOURCE_FORMATS; i++)
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

uint64_t source_formats(enum source_use use)
{
	uint64_t found = 0;

	for (unsigned int i = 0; i < SOURCE_FORMATS; i++)
		if (formats[i].uses & 1u << use)
			found |= SOURCE_BIT(i);
	return found;
}

char *source_format_names(uint64_t wanted)
{
	char *names = mem_copy("", 0);

	for (unsigned int i = 0; i < SOURCE_FORMATS; i++) {
		const uint64_t rest = wanted >> i >> 1;
		char *more;

		if (!(wanted & SOURCE_BIT(i)))
			continue;
		more = mem_format("%s%s%s", names, source_format_name(i), rest ? rest & (rest - 1) ? ", " : " or " : "");
		free(names);
		names = more;
	}
	return names;
}

bool source_is_libloc(const char *path)
{
	struct resid_error ignored;
	_cleanup_close_ int fd = file_open(path, O_RDONLY, 0, &ignored);
	char head[7];

	return fd >= 0 && read(fd, head, sizeof(head)) == sizeof(head) && !memcmp(head, DETECT_LIBLOC, sizeof(head));
}

static int source_compare_strings(const void *a, const void *b, void *strings)
{
	char *const *string = strings;

	return strcmp(string[*(const uint32_t *)a], string[*(const uint32_t *)b]);
}

/* Texts in the order of the alphabet, so that the order in which the file has them does not matter. */
static void source_order_strings(struct source *source)
{
	size_t count = source->string_count;
	_cleanup_free_ uint32_t *order = mem_resize(NULL, count, sizeof(*order));
	_cleanup_free_ uint32_t *rank = mem_resize(NULL, count, sizeof(*rank));
	char **sorted = mem_zero(count, sizeof(*sorted));
	struct source_facts *both[] = { &source->v4, &source->v6 };

	for (uint32_t i = 0; i < count; i++)
		order[i] = i;
	qsort_r(order, count, sizeof(*order), source_compare_strings, source->string);
	for (uint32_t i = 0; i < count; i++) {
		sorted[i] = source->string[order[i]];
		rank[order[i]] = i;
	}
	free(source->string);
	source->string = sorted;
	source->string_capacity = count;
	for (size_t family = 0; family < 2; family++) {
		for (size_t i = 0; i < both[family]->count; i++) {
			struct source_fact *fact = &both[family]->fact[i];

			fact->region = rank[fact->region];
			fact->service = rank[fact->service];
		}
	}
}

/* ---- the child ---- */

struct source_job {
	uint64_t formats;
	struct record_taker taker;
};

static int source_find_format(struct source_reader *reader, uint64_t wanted)
{
	_cleanup_free_ char *names = NULL;
	int found = detect_format(reader, wanted);

	if (found)
		return found < 0 ? -1 : 0;
	names = source_format_names(wanted);
	return source_fail(reader, "is of no format that is read here: %s", names);
}

static int source_parse(struct confine *confine, int fd, void *context)
{
	const struct source_job *job = context;
	struct source_reader reader = { .confine = confine, .fd = fd };
	struct record_rows rows;
	uint8_t format;

	intern_new(&reader.strings);
	intern_new(&reader.ases);
	intern_new(&reader.seen);
	intern_put(reader.strings, "", 0);
	if (source_find_format(&reader, job->formats))
		return -1;
	/* libraries that map a file open it once more */
	if (reader.format != SOURCE_LIBLOC && reader.format != SOURCE_MMDB && confine_close_files(confine))
		return -1;
	if (input_open(&reader.input, confine, fd))
		return -1;
	format = (uint8_t)reader.format;
	confine_send(confine, RECORD_FORMAT, &format, sizeof(format));
	if (formats[format].read(&reader))
		return -1;
	rows = (struct record_rows){ reader.rows, reader.bad };
	confine_send(confine, RECORD_ROWS, &rows, sizeof(rows));
	return 0;
}

/* ---- the caller ---- */

static int source_take(void *context, unsigned int kind, const uint8_t *bytes, size_t length, struct resid_error *err)
{
	struct source_job *job = context;

	return record_take(&job->taker, kind, bytes, length, err);
}

int source_read(const struct source_want *want, const char *path, struct source **out, struct resid_error *err)
{
	_cleanup_source_ struct source *source = mem_zero(1, sizeof(*source));
	struct source_job job = { want->formats, { source, want->formats, path } };
	_cleanup_free_ char *said = NULL;

	source->name = mem_copy(want->name, strlen(want->name));
	source->file = mem_copy(file_base_name(path), strlen(file_base_name(path)));
	*MEM_PUSH(source->string, source->string_count, source->string_capacity) = mem_copy("", 0);
	if (confine_run(&(struct confine_job){ path, source_parse, source_take, &job, source->sha256 }, err))
		return -1;
	said = source_said(source);
	if (source_check_bad(path, source->rows, source->bad, said, want->max_bad, err))
		return -1;
	source_order_strings(source);
	source_order(&source->v4);
	source_order(&source->v6);
	source_order_as(source);
	if (source->format == SOURCE_AZURE) {
		source_azure_collapse(source, &source->v4);
		source_azure_collapse(source, &source->v6);
	}
	if (!source->v4.count && !source->v6.count)
		return confine_refuse(path, err, "holds no prefix at all");
	*out = TAKE(source);
	return 0;
}
