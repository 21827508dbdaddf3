/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the readers of sources share: files in a folder of their own, a good file's facts, and what a
 * refusal says. tests/unit/feeds has one good file of each format.
 */
#ifndef TESTS_UNIT_SOURCE_SUPPORT_H
#define TESTS_UNIT_SOURCE_SUPPORT_H

#include "support.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "source/format.h"
#include "util/file.h"

#define FEEDS	"tests/unit/feeds/"
#define LIBLOC	"/usr/share/libloc-location/location.db"

static char source_folder[] = "/tmp/resid-source.XXXXXX";

static inline const char *temporary(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", source_folder, name);
	return path;
}

static inline const char *keep(const char *name, const void *data, size_t length)
{
	const char *path = temporary(name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
	return path;
}

/* The same file, packed by gzip. */
static inline const char *pack(const char *name, const char *path)
{
	_cleanup_free_ char *data = NULL;
	struct resid_error err;
	size_t length;
	gzFile file;

	assert_int_equal(file_read(path, 1 << 20, &data, &length, &err), 0);
	path = temporary(name);
	file = gzopen(path, "wb9");
	assert_non_null(file);
	assert_int_equal(gzwrite(file, data, (unsigned int)length), length);
	assert_int_equal(gzclose(file), Z_OK);
	return path;
}

static inline int read_as(enum source_format format, const char *path, struct source **out, struct resid_error *err)
{
	return source_read(&(struct source_want){ SOURCE_BIT(format), "it", SOURCE_BAD }, path, out, err);
}

static inline struct source *good(enum source_format format, const char *path)
{
	struct source *source = NULL;
	struct resid_error err = { 0 };

	if (read_as(format, path, &source, &err))
		fail_msg("%s", err.text);
	return source;
}

/* The sentence begins with the file and names the remedy; expected is somewhere between. */
static inline void refused(enum source_format format, const char *path, const char *expected)
{
	struct source *source = NULL;
	struct resid_error err = { 0 };

	assert_int_equal(read_as(format, path, &source, &err), -1);
	assert_null(source);
	assert_int_equal(err.status, RESID_EXIT_INPUT);
	if (strncmp(err.text, path, strlen(path)) || !strstr(err.text, expected))
		fail_msg("expected '%s', got '%s'", expected, err.text);
	if (!strstr(err.text, "fetch the file anew"))
		fail_msg("no remedy in '%s'", err.text);
}

static inline void bad(enum source_format format, const char *text, const char *expected)
{
	refused(format, keep("bad", text, strlen(text)), expected);
}

/* "192.0.2.0/24 region service country registered asn", '-' for nothing */
static inline void fact_is(const struct source *source, const struct source_facts *facts, size_t i,
			   const char *expected)
{
	const struct source_fact *fact = &facts->fact[i];
	sa_family_t family = facts == &source->v4 ? AF_INET : AF_INET6;
	struct prefix prefix = prefix_within(family, fact->first, fact->last, fact->first);
	char text[256], place[ADDRESS_TEXT];

	assert_true(i < facts->count);
	assert_true(prefix_last(&prefix) == fact->last);
	prefix_format(&prefix, place);
	snprintf(text, sizeof(text), "%s %s %s %s %s %u", place, fact->region ? source->string[fact->region] : "-",
		 fact->service ? source->string[fact->service] : "-", *fact->country ? fact->country : "-",
		 *fact->registered ? fact->registered : "-", fact->asn);
	assert_string_equal(text, expected);
}

#define V4(i, expected) fact_is(source, &source->v4, i, expected)
#define V6(i, expected) fact_is(source, &source->v6, i, expected)

static inline void as_is(const struct source *source, size_t i, uint32_t number, const char *name)
{
	const struct source_as *as = (const struct source_as *)source->as.data + i;

	assert_true(i < source->as.length / sizeof(*as));
	assert_int_equal(as->number, number);
	assert_string_equal(source->as_text.data + as->name - 1, name);
}

/* Damage after the header: refused or read, but the program lives, and what it says is a sentence. */
static inline void damage(enum source_format format, const char *data, size_t length, size_t from, unsigned int rounds)
{
	_cleanup_free_ char *copy = mem_copy(data, length);
	unsigned int round, i;

	srandom(20261121);
	for (round = 0; round < rounds; round++) {
		struct source *source = NULL;
		struct resid_error err = { 0 };

		memcpy(copy, data, length);
		for (i = 0; i <= round % 8; i++)
			copy[from + (size_t)random() % (length - from)] = (char)random();
		if (read_as(format, keep("damaged", copy, length), &source, &err)) {
			assert_int_equal(err.status, RESID_EXIT_INPUT);
			assert_non_null(strstr(err.text, "; fetch the file anew"));
		}
		source_free(source);
	}
}

static inline int source_setup(void **context)
{
	return mkdtemp(source_folder) ? 0 : -1;
}

static inline int source_teardown(void **context)
{
	DIR *dir = opendir(source_folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (*entry->d_name != '.')
			unlink(temporary(entry->d_name));
	if (dir)
		closedir(dir);
	return rmdir(source_folder);
}

#endif
