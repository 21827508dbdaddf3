// SPDX-License-Identifier: Apache-2.0
#include "spool/verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spool/event.h"
#include "util/memory.h"

/* A fault that waits until it is known where the anchor is. */
struct verify_found {
	uint64_t segment, sequence;
	char text[200];
};

struct verify_segment {
	uint64_t number, records;
	bool closed;		/* a head ends it */
	bool true_head;		/* signed by the key that was given */
	uint8_t hash[SEGMENT_HASH];	/* of the head */
	uint64_t oldest;
};

struct verify {
	const struct verify_anchor *anchor;
	const struct head_key *key;
	struct segment_chain chain;
	struct verify_found *found;
	size_t found_count, found_room;
	struct verify_segment *segments;
	size_t count, room;
	uint8_t spool[16];
	uint64_t next_sequence;	/* 0: not known */
	uint64_t first_sequence;
	uint64_t unsigned_heads;
};

__attribute__((format(printf, 4, 5)))
static void verify_say(struct verify *verify, uint64_t segment, uint64_t sequence, const char *format, ...)
{
	struct verify_found *found = MEM_PUSH(verify->found, verify->found_count, verify->found_room);
	va_list args;

	found->segment = segment;
	found->sequence = sequence;
	va_start(args, format);
	vsnprintf(found->text, sizeof(found->text), format, args);
	va_end(args);
}

/* ---- one segment ------------------------------------------------------------------------------------------- */

static void verify_header(struct verify *verify, const struct segment_header *header)
{
	const struct verify_segment *before = verify->count > 1 ? &verify->segments[verify->count - 2] : NULL;
	static const uint8_t none[SEGMENT_HASH];

	if (!before)
		memcpy(verify->spool, header->spool, sizeof(verify->spool));
	else if (memcmp(verify->spool, header->spool, sizeof(verify->spool)))
		verify_say(verify, header->number, header->first_sequence, "it belongs to another spool");
	if (verify->next_sequence && header->first_sequence != verify->next_sequence)
		verify_say(verify, header->number, verify->next_sequence, "it begins with record %" PRIu64 ", not %" PRIu64,
			   header->first_sequence, verify->next_sequence);
	if (before && before->closed && memcmp(header->previous, before->hash, SEGMENT_HASH))
		verify_say(verify, header->number, header->first_sequence,
			   "it does not continue from the head of segment %" PRIu64, before->number);
	if (header->number == 1 && memcmp(header->previous, none, SEGMENT_HASH))
		verify_say(verify, 1, header->first_sequence, "it is the first and names a head before it");
}

static void verify_head(struct verify *verify, const struct segment_header *header, const struct segment_frame *frame,
			const uint8_t *bytes, struct verify_segment *segment)
{
	struct segment_head head;

	if (frame->length != sizeof(head)) {
		verify_say(verify, segment->number, header->first_sequence, "its head has not the size of one");
		return;
	}
	memcpy(&head, bytes, sizeof(head));
	segment->closed = true;
	segment->oldest = head.oldest;
	head_hash(&head, segment->hash);
	if (memcmp(head.chain, verify->chain.hash, SEGMENT_HASH))
		verify_say(verify, segment->number, header->first_sequence,
			   "its records are not those of its head: one was altered, added, removed or moved");
	if (memcmp(head.magic, SEGMENT_HEAD_MAGIC, sizeof(head.magic)) || head.number != segment->number ||
	    head.records != segment->records || head.first_sequence != header->first_sequence ||
	    head.opened_ns != header->opened_ns || memcmp(head.spool, header->spool, sizeof(head.spool)) ||
	    memcmp(head.previous, header->previous, SEGMENT_HASH))
		verify_say(verify, segment->number, header->first_sequence, "its head speaks of another segment");
	if (!head_is_signed(&head)) {
		verify->unsigned_heads++;
		return;
	}
	segment->true_head = verify->key && head_is_true(verify->key, &head);
	if (verify->key && !segment->true_head)
		verify_say(verify, segment->number, header->first_sequence, "its head is not signed by this key");
}

static void verify_frame(struct verify *verify, uint64_t sequence, const struct segment_frame *frame,
			 const uint8_t *bytes, struct verify_segment *segment)
{
	struct segment_commit commit;

	if (frame->type == SEGMENT_RECORD) {
		segment->records++;
	} else if (frame->length != sizeof(commit)) {
		verify_say(verify, segment->number, sequence, "the end of a batch has not the size of one");
	} else {
		memcpy(&commit, bytes, sizeof(commit));
		if (memcmp(commit.chain, verify->chain.hash, SEGMENT_HASH))
			verify_say(verify, segment->number, sequence, "batch %" PRIu64 " is not as it was written",
				   commit.batch);
	}
	segment_chain_add(&verify->chain, frame, bytes);
}

/* `last`: no other segment is behind it, so it may be open and its end torn. */
static void verify_frames(struct verify *verify, struct segment_reader *reader, bool last,
			  struct verify_segment *segment)
{
	const struct segment_header *header = segment_header(reader);
	struct segment_frame frame;
	enum segment_result result;
	const uint8_t *bytes;
	bool torn, more = true;

	segment_chain_start(&verify->chain, header);
	while (more) {
		uint64_t sequence = header->first_sequence + segment->records;

		result = segment_next(reader, &frame, &bytes, &torn);
		more = result == SEGMENT_FRAME || result == SEGMENT_DAMAGED;
		if (segment->closed && (more || torn || result == SEGMENT_BROKEN)) {
			verify_say(verify, segment->number, sequence, "something stands behind its head");
			return;
		}
		if (result == SEGMENT_BROKEN)
			verify_say(verify, segment->number, sequence, "it cannot be read any further from record %" PRIu64
				   " on", sequence);
		if (result == SEGMENT_DAMAGED)
			verify_say(verify, segment->number, sequence, "record %" PRIu64 " or the end of its batch is damaged",
				   sequence);
		if (more && frame.type == SEGMENT_HEAD)
			verify_head(verify, header, &frame, bytes, segment);
		else if (more)
			verify_frame(verify, sequence, &frame, bytes, segment);
	}
	if (!segment->closed && (!last || segment_is_packed(reader)))
		verify_say(verify, segment->number, header->first_sequence + segment->records,
			   "it ends without its head: its end was cut off");
}

static void verify_segment(struct verify *verify, const char *dir, const struct segment_file *file, bool last)
{
	_cleanup_(cleanup_segment) struct segment_reader *reader = NULL;
	struct verify_segment *segment = MEM_PUSH(verify->segments, verify->count, verify->room);
	struct resid_error err;
	bool found;

	segment->number = file->number;
	if (verify->count > 1 && file->number != segment[-1].number + 1)
		verify_say(verify, file->number, verify->next_sequence,
			   "segments %" PRIu64 " to %" PRIu64 " before it are missing", segment[-1].number + 1,
			   file->number - 1);
	if (segment_open(dir, file->number, &found, &reader, &err) || !found) {
		verify_say(verify, file->number, verify->next_sequence, "%.190s", found ? err.text : "it is gone");
		verify->next_sequence = 0;
		return;
	}
	verify_header(verify, segment_header(reader));
	if (verify->count == 1)
		verify->first_sequence = segment_header(reader)->first_sequence;
	verify_frames(verify, reader, last, segment);
	verify->next_sequence = segment_header(reader)->first_sequence + segment->records;
}

/* ---- all of them ------------------------------------------------------------------------------------------- */

/* The segment up to which all is proven: 0, none. A key that signed no head proves that the spool is another's. */
static uint64_t verify_anchor(struct verify *verify, bool *anchored)
{
	uint64_t last = 0, closed = 0;

	*anchored = false;
	for (size_t i = 0; i < verify->count; i++) {
		const struct verify_segment *segment = &verify->segments[i];

		if (!verify->anchor) {
			if (segment->closed)
				closed = segment->number;
			if (segment->true_head || (!verify->key && segment->closed))
				last = segment->number;
			continue;
		}
		if (segment->number != verify->anchor->number)
			continue;
		*anchored = segment->closed && !memcmp(segment->hash, verify->anchor->hash, SEGMENT_HASH);
		if (!*anchored)
			verify_say(verify, segment->number, 0, "its head is not the one of the anchor");
		return segment->number;
	}
	if (verify->anchor)
		verify_say(verify, verify->anchor->number, 0, "the segment of the anchor is not there");
	else if (!last && closed)
		verify_say(verify, closed, 0, "no head up to this one is signed by this key");
	return verify->anchor ? verify->anchor->number : last ?: closed;
}

/* The last proven head says which segment was the oldest: one that is gone since is missing. */
static void verify_beginning(struct verify *verify, uint64_t anchor)
{
	uint64_t oldest = 0;

	for (size_t i = 0; i < verify->count; i++)
		if (verify->segments[i].closed && verify->segments[i].number <= anchor)
			oldest = verify->segments[i].oldest;
	/* Behind the anchor the retention goes on; its heads are proven by the next anchor. */
	for (size_t i = 0; i < verify->count; i++)
		if (verify->segments[i].true_head && verify->segments[i].number > anchor)
			oldest = verify->segments[i].oldest;
	if (oldest && verify->count && verify->segments[0].number > oldest)
		verify_say(verify, oldest, 0, "segments %" PRIu64 " to %" PRIu64 " are missing: they were kept", oldest,
			   verify->segments[0].number - 1);
}

static void verify_tell(const struct verify *verify, verify_fault *fault, void *context, struct verify_report *report)
{
	for (size_t i = 0; i < verify->found_count; i++) {
		const struct verify_found *found = &verify->found[i];
		bool proven = found->segment <= report->anchor;

		report->faults += proven;
		report->tail_faults += !proven;
		fault(context, proven, found->segment, found->sequence, found->text);
	}
	for (size_t i = 0; i < verify->count; i++) {
		bool proven = verify->segments[i].number <= report->anchor;

		*(proven ? &report->segments : &report->tail_segments) += 1;
		*(proven ? &report->records : &report->tail_records) += verify->segments[i].records;
	}
	report->unsigned_heads = verify->unsigned_heads;
	report->first_segment = verify->count ? verify->segments[0].number : 0;
	report->first_sequence = verify->first_sequence;
}

int verify_spool(const char *dir, const struct verify_anchor *anchor, const struct head_key *key, verify_fault *fault,
		 void *context, struct verify_report *report, struct resid_error *err)
{
	struct path standard = paths_in(paths_state_dir(), "spool");
	struct verify verify = { .anchor = anchor, .key = key };
	_cleanup_free_ struct segment_file *files = NULL;
	size_t count;

	*report = (struct verify_report){ 0 };
	if (!dir)
		dir = standard.text;
	if (segment_list(dir, &files, &count, err))
		return -1;
	segment_chain_init(&verify.chain);
	for (size_t i = 0; i < count; i++)
		verify_segment(&verify, dir, &files[i], i + 1 == count);
	report->anchor = verify_anchor(&verify, &report->anchored);
	verify_beginning(&verify, report->anchor);
	verify_tell(&verify, fault, context, report);
	segment_chain_fini(&verify.chain);
	free(verify.found);
	free(verify.segments);
	return 0;
}
