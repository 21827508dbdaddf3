// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "spool/spool_private.h"
#include "util/file.h"
#include "util/hex.h"
#include "util/memory.h"

#define CURSOR_FILE_MAX	512
#define CURSOR_FORMAT	"resid-cursor-1 %s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n"

/* ---- the file --------------------------------------------------------------------------------------------- */

static struct path cursor_file(const struct spool_cursor *cursor)
{
	return paths_in(cursor->spool->dir.text, "cursor/%s", cursor->name);
}

static bool cursor_name_ok(const char *name)
{
	return *name && strlen(name) <= 64 && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_")] == '\0';
}

/* What cannot be read, or is of another spool, begins at the oldest record: twice is better than never. */
static void cursor_load(struct spool_cursor *cursor)
{
	char spool[2 * sizeof(cursor->spool->id) + 1], id[sizeof(spool)];
	struct path path = cursor_file(cursor);
	_cleanup_free_ char *text = NULL;
	struct cursor_place place;
	struct resid_error ignored;
	size_t length;

	hex_format(cursor->spool->id, sizeof(cursor->spool->id), spool);
	if (file_read(path.text, CURSOR_FILE_MAX, &text, &length, &ignored) ||
	    sscanf(text, "resid-cursor-1 %32s %" SCNu64 " %" SCNu64 " %" SCNu64, id, &place.segment, &place.offset,
		   &place.sequence) != 4 || strcmp(id, spool))
		return;
	if (place.sequence > cursor->spool->end_sequence + 1)
		return;
	cursor->place = place;
}

int spool_cursor_commit(struct spool_cursor *cursor, struct resid_error *err)
{
	char spool[2 * sizeof(cursor->spool->id) + 1], text[CURSOR_FILE_MAX];
	int length;

	if (cursor->name && memcmp(&cursor->place, &cursor->kept, sizeof(cursor->place))) {
		hex_format(cursor->spool->id, sizeof(cursor->spool->id), spool);
		length = snprintf(text, sizeof(text), CURSOR_FORMAT, spool, cursor->place.segment, cursor->place.offset,
				  cursor->place.sequence);
		if (file_write(cursor_file(cursor).text, text, (size_t)length, 0640, FILE_OWN_GROUP, err))
			return -1;
	}
	pthread_mutex_lock(&cursor->spool->mutex);
	cursor->kept = cursor->place;
	pthread_mutex_unlock(&cursor->spool->mutex);
	return 0;
}

/* ---- one in the list of its spool ------------------------------------------------------------------------- */

void spool_cursors_wake(struct spool *spool)
{
	const uint64_t one = 1;

	for (struct spool_cursor *cursor = spool->cursors; cursor; cursor = cursor->next)
		if (write(cursor->fd, &one, sizeof(one)) < 0)
			continue;	/* it is readable already */
}

static bool cursor_register(struct spool_cursor *cursor)
{
	struct spool *spool = cursor->spool;
	bool taken = false;

	pthread_mutex_lock(&spool->mutex);
	for (const struct spool_cursor *other = spool->cursors; other; other = other->next)
		taken |= cursor->name && other->name && !strcmp(cursor->name, other->name);
	if (!taken) {
		cursor->next = spool->cursors;
		spool->cursors = cursor;
	}
	pthread_mutex_unlock(&spool->mutex);
	return !taken;
}

static void cursor_unregister(struct spool_cursor *cursor)
{
	struct spool_cursor **at;

	pthread_mutex_lock(&cursor->spool->mutex);
	for (at = &cursor->spool->cursors; *at; at = &(*at)->next) {
		if (*at != cursor)
			continue;
		*at = cursor->next;
		break;
	}
	pthread_mutex_unlock(&cursor->spool->mutex);
}

int spool_cursor_open(struct spool *spool, const char *name, struct spool_cursor **out, struct resid_error *err)
{
	struct spool_cursor *cursor;
	int fd;

	if (name && (!spool->writer || !cursor_name_ok(name)))
		return resid_fail(err, RESID_EXIT_INPUT, "`%.80s` cannot name a cursor: a-z, 0-9, - and _, in the daemon",
				  name);
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0)
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot make an eventfd: %s", strerror(errno));
	cursor = mem_zero(1, sizeof(*cursor));
	cursor->spool = spool;
	cursor->fd = fd;
	cursor->name = name ? mem_copy(name, strlen(name)) : NULL;
	if (cursor->name)
		cursor_load(cursor);
	cursor->kept = cursor->place;
	if (!cursor_register(cursor)) {
		resid_fail(err, RESID_EXIT_INPUT, "two sinks have the name `%s`", name);
		cursor->next = NULL;
		spool_cursor_free(cursor);
		return -1;
	}
	*out = cursor;
	return 0;
}

void spool_cursor_free(struct spool_cursor *cursor)
{
	if (!cursor)
		return;
	cursor_unregister(cursor);
	segment_close(cursor->reader);
	close(cursor->fd);
	free(cursor->record);
	free(cursor->name);
	free(cursor);
}

int spool_cursor_fd(const struct spool_cursor *cursor)
{
	return cursor->fd;
}

uint64_t spool_cursor_lag(const struct spool_cursor *cursor)
{
	struct spool *spool = cursor->spool;
	uint64_t end, next;

	pthread_mutex_lock(&spool->mutex);
	end = spool->end_sequence;
	next = cursor->kept.sequence ?: 1;
	pthread_mutex_unlock(&spool->mutex);
	return end + 1 > next ? end + 1 - next : 0;
}
