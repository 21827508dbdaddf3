// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spool/spool_private.h"
#include "util/memory.h"

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
		event->first_wall_ns = event->last_wall_ns = segment_header(cursor->reader)->opened_ns;
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
