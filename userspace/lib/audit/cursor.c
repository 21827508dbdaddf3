// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "audit/spool_private.h"
#include "util/file.h"
#include "util/hex.h"
#include "util/memory.h"

#define CURSOR_FILE_MAX	512
#define CURSOR_FORMAT	"resid-cursor-1 %s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n"

struct cursor_place {
	uint64_t segment;	/* 0: the oldest there is */
	uint64_t offset;	/* in it; 0: at its header */
	uint64_t sequence;	/* of the next record */
};

struct spool_cursor {
	struct spool *spool;
	struct spool_cursor *next;
	char *name;		/* NULL: not kept */
	int fd;
	struct cursor_place place, kept;
	uint64_t skip_below;	/* records with a lower sequence are passed over */
	struct segment_reader *reader;
	uint8_t *record;	/* the event's texts are in it */
	size_t record_room;
	char text[256];
	char head[HEAD_LINE];
};

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

/* ---- going forward ---------------------------------------------------------------------------------------- */

static void cursor_go(struct spool_cursor *cursor, struct cursor_place place)
{
	segment_close(TAKE(cursor->reader));
	cursor->place = place;
}

void spool_cursor_rewind(struct spool_cursor *cursor)
{
	cursor_go(cursor, cursor->kept);
}

/*
 * Nothing more is committed, as far as the writer in this process says; another process reads what is there. Of what is
 * not committed yet no byte is read: it may be undone.
 */
static bool cursor_at_end(struct spool_cursor *cursor)
{
	struct spool *spool = cursor->spool;
	bool end;

	if (!spool->writer)
		return false;
	pthread_mutex_lock(&spool->mutex);
	end = cursor->place.segment > spool->end_segment ||
	      (cursor->place.segment == spool->end_segment && cursor->place.offset >= spool->end_offset);
	if (cursor->reader)
		segment_limit(cursor->reader,
			      cursor->place.segment == spool->end_segment ? spool->end_offset : UINT64_MAX);
	pthread_mutex_unlock(&spool->mutex);
	return end;
}

/* The first segment that is there, from `from` on; 0: none. */
static uint64_t cursor_first(const struct spool_cursor *cursor, uint64_t from)
{
	_cleanup_free_ struct segment_file *files = NULL;
	struct resid_error ignored;
	size_t count;

	if (segment_list(cursor->spool->dir.text, &files, &count, &ignored))
		return 0;
	for (size_t i = 0; i < count; i++)
		if (files[i].number >= from)
			return files[i].number;
	return 0;
}

static int cursor_gap(struct spool_cursor *cursor, uint64_t lost, const char *why, struct audit_event *event)
{
	event_init(event);
	event->kind = AUDIT_KIND_GAP;
	event->sequence = cursor->place.sequence;
	memcpy(event->instance, cursor->reader ? segment_header(cursor->reader)->spool : cursor->spool->id,
	       sizeof(event->instance));
	if (cursor->reader) {
		event->host = segment_header(cursor->reader)->host;
		event->host_id = segment_header(cursor->reader)->host_id;
	}
	snprintf(cursor->text, sizeof(cursor->text), "%" PRIu64 " record%s from number %" PRIu64 " on: %s", lost,
		 lost == 1 ? "" : "s", cursor->place.sequence, why);
	event->text = cursor->text;
	event->lost = lost;
	cursor->place.sequence += lost;
	return 1;
}

static int cursor_unreadable(struct spool_cursor *cursor, uint64_t segment, struct audit_event *event)
{
	cursor_gap(cursor, 0, "", event);
	snprintf(cursor->text, sizeof(cursor->text),
		 "segment %" PRIu64 " cannot be read, nobody knows how many records it has; see `residctl audit verify`", segment);
	return 1;
}

/* Opens the segment of the place, if there is one now. 1: a gap came before it. */
static int cursor_enter(struct spool_cursor *cursor, struct audit_event *event, struct resid_error *err)
{
	struct cursor_place *place = &cursor->place;
	uint64_t first;
	bool found;

	first = cursor_first(cursor, place->segment);
	if (!first)
		return 0;
	if (first != place->segment)
		*place = (struct cursor_place){ .segment = first, .sequence = place->sequence };
	if (segment_open(cursor->spool->dir.text, first, &found, &cursor->reader, err)) {
		if (!cursor_first(cursor, first + 1))
			return -1;
		cursor_go(cursor, (struct cursor_place){ .segment = first + 1, .sequence = place->sequence });
		/* The next one says how much that was; unless nobody knows where it begins. */
		return place->sequence ? 0 : cursor_unreadable(cursor, first, event);
	}
	if (!found)
		return 0;
	cursor_at_end(cursor);	/* sets the limit */
	if (place->offset && segment_skip_to(cursor->reader, place->offset, err)) {
		segment_close(TAKE(cursor->reader));
		return -1;
	}
	if (place->offset)
		return 0;
	place->offset = segment_offset(cursor->reader);
	first = segment_header(cursor->reader)->first_sequence;
	if (place->sequence && first > place->sequence)
		return cursor_gap(cursor, first - place->sequence, "their segments are gone or cannot be read", event);
	place->sequence = first;
	return 0;
}

/* The bytes move to the cursor, whose they stay until the next call. */
static bool cursor_event(struct spool_cursor *cursor, const struct segment_frame *frame, const uint8_t *bytes,
			 struct audit_event *event)
{
	const struct segment_header *header = segment_header(cursor->reader);

	if (frame->length > cursor->record_room) {
		cursor->record_room = frame->length;
		cursor->record = mem_resize(cursor->record, frame->length, 1);
	}
	memcpy(cursor->record, bytes, frame->length);
	if (!event_decode(cursor->record, frame->length, event))
		return false;
	event->host = header->host;
	event->host_id = header->host_id;
	event->sequence = cursor->place.sequence++;
	return true;
}

static int cursor_head(struct spool_cursor *cursor, const struct segment_frame *frame, const uint8_t *bytes,
		       struct audit_event *event)
{
	const struct segment_header *header = segment_header(cursor->reader);
	struct segment_head head = { 0 };

	if (frame->length == sizeof(head))
		memcpy(&head, bytes, sizeof(head));
	event_init(event);
	event->kind = AUDIT_KIND_HEAD;
	memcpy(event->instance, header->spool, sizeof(event->instance));
	event->batch = header->number;
	event->sequence = cursor->place.sequence - 1;
	event->first_wall_ns = head.opened_ns;
	event->last_wall_ns = head.closed_ns;
	head_line(&head, cursor->head);
	event->head = cursor->head;
	memcpy(cursor->text, header->host, sizeof(header->host));
	event->host = cursor->text;
	cursor_go(cursor, (struct cursor_place){ .segment = header->number + 1, .sequence = cursor->place.sequence });
	return 1;
}

/* The end of a segment without its head. The next one, if there is one already, comes next. */
static int cursor_leave(struct spool_cursor *cursor, bool broken, struct resid_error *err)
{
	uint64_t number = cursor->place.segment;

	if (cursor_first(cursor, number + 1)) {
		cursor_go(cursor, (struct cursor_place){ .segment = number + 1, .sequence = cursor->place.sequence });
		return 0;
	}
	if (!broken)
		return 0;
	cursor_go(cursor, cursor->place);	/* read anew by the next call */
	return resid_fail(err, RESID_EXIT_INPUT, "segment %" PRIu64 " of %s is damaged at byte %" PRIu64, number,
			  cursor->spool->dir.text, cursor->place.offset);
}

/* One frame. 2: it gave no event, go on. */
static int cursor_frame(struct spool_cursor *cursor, struct audit_event *event, struct resid_error *err)
{
	uint64_t number = cursor->place.segment;
	struct segment_frame frame;
	enum segment_result result;
	const uint8_t *bytes;
	bool gone_on;

	result = segment_next(cursor->reader, &frame, &bytes, NULL);
	if (result == SEGMENT_END || result == SEGMENT_BROKEN) {
		if (cursor_leave(cursor, result == SEGMENT_BROKEN, err))
			return -1;
		gone_on = cursor->place.segment != number;
		return gone_on ? 2 : 0;
	}
	cursor->place.offset = segment_offset(cursor->reader);
	if (frame.type == SEGMENT_HEAD && result == SEGMENT_FRAME)
		return cursor_head(cursor, &frame, bytes, event);
	if (frame.type != SEGMENT_RECORD)
		return 2;
	if (cursor->place.sequence < cursor->skip_below) {
		cursor->place.sequence++;
		return 2;
	}
	if (result == SEGMENT_DAMAGED || !cursor_event(cursor, &frame, bytes, event))
		return cursor_gap(cursor, 1, "it is damaged; see `residctl audit verify`", event);
	return 1;
}

int spool_cursor_next(struct spool_cursor *cursor, struct audit_event *event, struct resid_error *err)
{
	for (;;) {
		uint64_t number = cursor->place.segment;
		int result;

		if (cursor_at_end(cursor))
			return 0;
		if (!cursor->reader) {
			result = cursor_enter(cursor, event, err);
			if (result || (!cursor->reader && cursor->place.segment == number))
				return result;
			continue;
		}
		result = cursor_frame(cursor, event, err);
		if (result != 2)
			return result;
	}
}

/* ---- seeking ---------------------------------------------------------------------------------------------- */

/* The last segment whose header fits, or the oldest. */
static int cursor_seek(struct spool_cursor *cursor, bool fits(const struct segment_header *header, uint64_t value),
		       uint64_t value, struct resid_error *err)
{
	_cleanup_free_ struct segment_file *files = NULL;
	struct resid_error ignored;
	size_t count;

	if (segment_list(cursor->spool->dir.text, &files, &count, err))
		return -1;
	cursor_go(cursor, (struct cursor_place){ 0 });
	for (size_t i = count; i > 0; i--) {
		_cleanup_(cleanup_segment) struct segment_reader *reader = NULL;
		bool found;

		if (segment_open(cursor->spool->dir.text, files[i - 1].number, &found, &reader, &ignored) || !found ||
		    !fits(segment_header(reader), value))
			continue;
		cursor->place.segment = files[i - 1].number;
		break;
	}
	return 0;
}

static bool cursor_fits_sequence(const struct segment_header *header, uint64_t sequence)
{
	return header->first_sequence <= sequence;
}

static bool cursor_fits_time(const struct segment_header *header, uint64_t wall_ns)
{
	return header->opened_ns <= wall_ns;
}

int spool_cursor_seek(struct spool_cursor *cursor, uint64_t sequence, struct resid_error *err)
{
	cursor->skip_below = sequence;
	return cursor_seek(cursor, cursor_fits_sequence, sequence, err);
}

int spool_cursor_seek_time(struct spool_cursor *cursor, uint64_t wall_ns, struct resid_error *err)
{
	cursor->skip_below = 0;
	return cursor_seek(cursor, cursor_fits_time, wall_ns, err);
}
