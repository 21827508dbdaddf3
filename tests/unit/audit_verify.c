// SPDX-License-Identifier: Apache-2.0
/*
 * Tampering: a spool as the daemon writes it, closed segments packed and not, is changed in one place before the
 * anchor, 1,000 times at random, by somebody who mends every checksum that needs no key. Each time verify must find it;
 * and find nothing in the spool as it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "spool/spool.h"
#include "spool/verify.h"
#include "folder.h"
#include "util/file.h"
#include "util/memory.h"

#define ROUNDS		1000
#define SEGMENTS	64
#define FRAMES		4096

static struct path spool_dir, key_path;
static const uint8_t instance[16] = { 7 };
static struct head_key *key;
static struct verify_anchor anchor;	/* of the last closed segment but two */
static uint64_t last_segment;

/* The spool as it was made: the unpacked bytes of every segment. */
static struct segment_bytes {
	uint8_t *bytes;
	size_t length;
} made[SEGMENTS + 1];

static void event_put(struct spool *spool, uint64_t batch, uint32_t index)
{
	struct audit_event event;
	char rule[32];

	event_init(&event);
	event.kind = AUDIT_KIND_EGRESS;
	memcpy(event.instance, instance, sizeof(instance));
	event.batch = batch;
	event.index = index;
	event.packets = batch * 100 + index;
	snprintf(rule, sizeof(rule), "rule-%u", index % 7);
	event.rule = rule;
	spool_put(spool, &event);
}

static struct spool *spool_make(void)
{
	struct spool_options options = { .dir = spool_dir.text, .key = key_path.text, .segment_bytes = 3000 };
	struct spool *spool = NULL;
	struct resid_error err;

	if (spool_open(&options, &spool, &err))
		fail_msg("%s", err.text);
	return spool;
}

static void segment_load(uint64_t number, struct segment_bytes *out)
{
	struct path plain = segment_path(spool_dir.text, number, false);
	struct path packed = segment_path(spool_dir.text, number, true);
	struct resid_error err;
	char *bytes;
	size_t length;

	if (access(packed.text, F_OK)) {
		assert_int_equal(file_read(plain.text, 1 << 20, &bytes, &length, &err), 0);
		*out = (struct segment_bytes){ (uint8_t *)bytes, length };
		return;
	}
	assert_int_equal(file_read(packed.text, 1 << 20, &bytes, &length, &err), 0);
	out->bytes = mem_alloc(1 << 20);
	out->length = ZSTD_decompress(out->bytes, 1 << 20, bytes, length);
	/* a stream does not say its size: at most what was given */
	assert_false(ZSTD_isError(out->length));
	free(bytes);
}

/* Half of the closed segments stay as they were written, as if packing had not come to them yet. */
static void segment_store(uint64_t number, const struct segment_bytes *segment, bool packed)
{
	struct resid_error err;
	void *out = mem_alloc(ZSTD_compressBound(segment->length));
	size_t length = ZSTD_compress(out, ZSTD_compressBound(segment->length), segment->bytes, segment->length, 3);

	unlink(segment_path(spool_dir.text, number, !packed).text);
	if (packed)
		assert_int_equal(file_write(segment_path(spool_dir.text, number, true).text, out, length, 0640,
					    FILE_OWN_GROUP, &err), 0);
	else
		assert_int_equal(file_write(segment_path(spool_dir.text, number, false).text, segment->bytes,
					    segment->length, 0640, FILE_OWN_GROUP, &err), 0);
	free(out);
}

static void quiet(void *context, bool proven, uint64_t segment, uint64_t sequence, const char *text)
{
	if (context)
		print_message("segment %lu, record %lu: %s%s\n", (unsigned long)segment, (unsigned long)sequence, text,
			      proven ? "" : " (tail)");
}

static struct verify_report verify(const struct verify_anchor *with, bool loud)
{
	struct verify_report report;
	struct resid_error err;

	if (verify_spool(spool_dir.text, with, key, quiet, loud ? &report : NULL, &report, &err))
		fail_msg("%s", err.text);
	return report;
}

static int make(void **state)
{
	struct spool *spool;
	struct resid_error err;
	struct segment_head head;
	struct segment_file *files;
	size_t count;

	if (head_key_make(key_path.text, &err) || head_key_open(key_path.text, &key, &err))
		return -1;
	spool = spool_make();
	for (uint64_t batch = 1; batch <= 120; batch++) {
		for (uint32_t i = 0; i < 1 + batch % 9; i++)
			event_put(spool, batch, i);
		if (spool_commit(spool, instance, batch, &err))
			return -1;
		if (batch % 50 == 0) {
			spool_free(spool);
			spool = spool_make();
		}
	}
	spool_free(spool);
	if (segment_list(spool_dir.text, &files, &count, &err))
		return -1;
	free(files);
	assert_true(count > 8 && count < SEGMENTS);
	last_segment = count;
	for (uint64_t number = 1; number <= count; number++)
		segment_load(number, &made[number]);
	for (uint64_t number = 1; number < count; number++)
		segment_store(number, &made[number], number % 2);
	anchor.number = last_segment - 3;
	memcpy(&head, made[anchor.number].bytes + made[anchor.number].length - sizeof(head), sizeof(head));
	head_hash(&head, anchor.hash);
	return 0;
}

static int restore(void **state)
{
	for (uint64_t number = 1; number <= last_segment; number++)
		segment_store(number, &made[number], number < last_segment && number % 2);
	return 0;
}

static void nothing_is_found_in_what_nobody_touched(void **state)
{
	struct verify_report report = verify(&anchor, true);

	assert_int_equal(report.faults, 0);
	assert_int_equal(report.tail_faults, 0);
	assert_true(report.anchored);
	assert_int_equal(report.anchor, anchor.number);
	assert_int_equal(report.segments, anchor.number);
	assert_true(report.tail_records > 0);
	report = verify(NULL, true);
	assert_int_equal(report.faults, 0);
	assert_int_equal(report.anchor, last_segment - 1);
	assert_int_equal(report.tail_segments, 1);
	/* batches of 1 + n % 9 records */
	assert_int_equal(report.records + report.tail_records, 120 + 13 * 36 + 1 + 2 + 3);
}

/* ---- whoever changes it ------------------------------------------------------------------------------------ */

struct frames {
	size_t at[FRAMES], count;	/* behind the last: the end */
};

static void frames_find(const struct segment_bytes *segment, struct frames *frames)
{
	size_t at = sizeof(struct segment_header);

	frames->count = 0;
	while (at < segment->length) {
		struct segment_frame frame;

		memcpy(&frame, segment->bytes + at, sizeof(frame));
		frames->at[frames->count++] = at;
		at += sizeof(frame) + frame.length;
	}
	frames->at[frames->count] = at;
	assert_int_equal(at, segment->length);
}

static size_t frame_size(const struct frames *frames, size_t index)
{
	return frames->at[index + 1] - frames->at[index];
}

/* Every CRC and every repeated chain as whoever has no key can make them; the head's too, or it stays the anchor's. */
static void mend(struct segment_bytes *segment, bool with_head)
{
	struct segment_header header;
	struct segment_chain chain;
	struct segment_commit commit;
	struct segment_frame frame;

	memcpy(&header, segment->bytes, sizeof(header));
	header.crc = segment_header_crc(&header);
	memcpy(segment->bytes, &header, sizeof(header));
	segment_chain_init(&chain);
	segment_chain_start(&chain, &header);
	for (size_t at = sizeof(header); at + sizeof(frame) <= segment->length; at += sizeof(frame) + frame.length) {
		uint8_t *bytes = segment->bytes + at + sizeof(frame);

		memcpy(&frame, segment->bytes + at, sizeof(frame));
		if (frame.length > segment->length - at - sizeof(frame))
			break;
		if (frame.type == SEGMENT_COMMIT && frame.length == sizeof(commit)) {
			memcpy(&commit, bytes, sizeof(commit));
			memcpy(commit.chain, chain.hash, sizeof(chain.hash));
			memcpy(bytes, &commit, sizeof(commit));
		}
		if (with_head && frame.type == SEGMENT_HEAD && frame.length == sizeof(struct segment_head))
			memcpy(bytes + offsetof(struct segment_head, chain), chain.hash, sizeof(chain.hash));
		frame.crc = segment_frame_crc(&frame, bytes);
		memcpy(segment->bytes + at, &frame, sizeof(frame));
		segment_chain_add(&chain, &frame, bytes);
	}
	segment_chain_fini(&chain);
}

static size_t pick(unsigned int *seed, size_t below)
{
	return (size_t)rand_r(seed) % below;
}

static void flip(struct segment_bytes *segment, unsigned int *seed)
{
	size_t bit = pick(seed, 8 * segment->length);

	segment->bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

static void cut(struct segment_bytes *segment, unsigned int *seed)
{
	segment->length -= 1 + pick(seed, segment->length - 1);
}

static void leave_out(struct segment_bytes *segment, unsigned int *seed)
{
	struct frames frames;
	size_t which;

	frames_find(segment, &frames);
	which = pick(seed, frames.count);
	memmove(segment->bytes + frames.at[which], segment->bytes + frames.at[which + 1],
		segment->length - frames.at[which + 1]);
	segment->length -= frame_size(&frames, which);
}

/* Two frames, which differ: every record has its own index. */
static void swap(struct segment_bytes *segment, unsigned int *seed)
{
	uint8_t *bytes = mem_alloc(segment->length);
	size_t first, second, length = sizeof(struct segment_header);
	struct frames frames;

	frames_find(segment, &frames);
	first = pick(seed, frames.count - 1);
	second = first + 1 + pick(seed, frames.count - first - 1);
	memcpy(bytes, segment->bytes, length);
	for (size_t i = 0; i < frames.count; i++) {
		size_t from = i == first ? second : i == second ? first : i;

		memcpy(bytes + length, segment->bytes + frames.at[from], frame_size(&frames, from));
		length += frame_size(&frames, from);
	}
	assert_int_equal(length, segment->length);
	free(segment->bytes);
	segment->bytes = bytes;
}

/* A frame stands twice. */
static void repeat(struct segment_bytes *segment, unsigned int *seed)
{
	struct frames frames;
	size_t which, size;

	frames_find(segment, &frames);
	which = pick(seed, frames.count);
	size = frame_size(&frames, which);
	segment->bytes = mem_resize(segment->bytes, segment->length + size, 1);
	memmove(segment->bytes + frames.at[which] + size, segment->bytes + frames.at[which],
		segment->length - frames.at[which]);
	segment->length += size;
}

typedef void change(struct segment_bytes *segment, unsigned int *seed);

static void each_change_is_found(void **state)
{
	static change *const changes[] = { flip, cut, leave_out, swap, repeat };
	unsigned int seed = 20261122;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		uint64_t number = 1 + pick(&seed, anchor.number);
		struct segment_bytes changed = {
			(uint8_t *)mem_copy(made[number].bytes, made[number].length), made[number].length
		};
		bool alike;
		struct verify_report report;

		changes[round % 5](&changed, &seed);
		if (round % 3 && changed.length > sizeof(struct segment_header))
			mend(&changed, round % 3 == 1);
		alike = changed.length == made[number].length &&
			!memcmp(changed.bytes, made[number].bytes, changed.length);
		segment_store(number, &changed, pick(&seed, 2));
		report = verify(&anchor, false);
		/* A flipped bit of a CRC, mended, is no change. */
		if (alike ? report.faults : !report.faults)
			fail_msg("round %u: change %u of segment %lu: %lu faults", round, round % 5,
				 (unsigned long)number, (unsigned long)report.faults);
		segment_store(number, &made[number], number % 2);
		free(changed.bytes);
	}
	assert_int_equal(verify(&anchor, true).faults, 0);
}

/* The files themselves: bits of packed ones, segments that are gone or that have changed places. */
static void each_change_of_files_is_found(void **state)
{
	unsigned int seed = 4, found = 0;

	for (unsigned int round = 0; round < 200; round++) {
		uint64_t number = 1 + 2 * pick(&seed, anchor.number / 2);
		struct path path = segment_path(spool_dir.text, number, true);
		struct segment_bytes now;
		struct resid_error err;
		size_t length, bit;
		char *bytes;
		void *out = mem_alloc(1 << 20);

		assert_int_equal(file_read(path.text, 1 << 20, &bytes, &length, &err), 0);
		bit = pick(&seed, 8 * length);
		bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
		assert_int_equal(file_write(path.text, bytes, length, 0640, FILE_OWN_GROUP, &err), 0);
		now = (struct segment_bytes){ out, ZSTD_decompress(out, 1 << 20, bytes, length) };
		/* Not every bit of a packed file says something about what is in it. */
		if (now.length != made[number].length || memcmp(now.bytes, made[number].bytes, now.length)) {
			assert_true(verify(&anchor, false).faults);
			found++;
		}
		segment_store(number, &made[number], true);
		free(bytes);
		free(out);
	}
	assert_true(found > 150);
	for (uint64_t number = 1; number <= anchor.number; number++) {
		unlink(segment_path(spool_dir.text, number, number % 2).text);
		assert_true(verify(&anchor, false).faults);
		/* in its place another one */
		segment_store(number, &made[number == 1 ? 2 : number - 1], false);
		assert_true(verify(&anchor, false).faults);
		segment_store(number, &made[number], number % 2);
	}
	/* all up to some segment, as if by the retention */
	for (uint64_t number = 1; number < anchor.number; number++) {
		unlink(segment_path(spool_dir.text, number, number % 2).text);
		assert_true(verify(&anchor, false).faults);
	}
	restore(NULL);
	/* all behind some segment before the anchor */
	for (uint64_t number = last_segment; number >= anchor.number; number--) {
		struct verify_report report;

		unlink(segment_path(spool_dir.text, number, number < last_segment && number % 2).text);
		report = verify(&anchor, false);
		assert_int_equal(report.anchored, number > anchor.number);
		assert_int_equal(report.faults != 0, number <= anchor.number);
	}
	restore(NULL);
}

/* Who has the key writes all anew; only the anchor that left the node says so. */
static void the_key_alone_is_not_enough(void **state)
{
	struct segment_bytes changed = {
		(uint8_t *)mem_copy(made[anchor.number].bytes, made[anchor.number].length), made[anchor.number].length
	};
	size_t at = changed.length - sizeof(struct segment_head);
	struct segment_frame frame;
	struct segment_head head;
	struct resid_error err;
	struct frames frames;
	struct verify_report report;

	frames_find(&changed, &frames);
	changed.bytes[frames.at[0] + sizeof(frame) + 40] ^= 1;
	mend(&changed, true);
	memcpy(&head, changed.bytes + at, sizeof(head));
	assert_int_equal(head_sign(key, &head, &err), 0);
	memcpy(changed.bytes + at, &head, sizeof(head));
	memcpy(&frame, changed.bytes + at - sizeof(frame), sizeof(frame));
	frame.crc = segment_frame_crc(&frame, changed.bytes + at);
	memcpy(changed.bytes + at - sizeof(frame), &frame, sizeof(frame));
	segment_store(anchor.number, &changed, false);
	report = verify(&anchor, false);
	assert_false(report.anchored);
	assert_true(report.faults);
	restore(NULL);
	free(changed.bytes);
}

static void anchors_are_read(void **state)
{
	static const char *const bad[] = { "", "1", "x-00", "1-00", "-1-00" };
	char text[HEAD_LINE];
	uint8_t hash[SEGMENT_HASH];
	struct segment_head head;
	struct resid_error err;
	uint64_t number;

	memcpy(&head, made[anchor.number].bytes + made[anchor.number].length - sizeof(head), sizeof(head));
	head_anchor(&head, text);
	assert_int_equal(head_parse(text, &number, hash, &err), 0);
	assert_int_equal(number, anchor.number);
	assert_memory_equal(hash, anchor.hash, sizeof(hash));
	head_line(&head, text);
	assert_int_equal(head_parse(text, &number, hash, &err), 0);
	text[strlen(text) - 1] ^= 1;
	assert_int_equal(head_parse(text, &number, hash, &err), -1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(head_parse(bad[i], &number, hash, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_found_in_what_nobody_touched),
		cmocka_unit_test(each_change_is_found),
		cmocka_unit_test(each_change_of_files_is_found),
		cmocka_unit_test(the_key_alone_is_not_enough),
		cmocka_unit_test(anchors_are_read),
	};
	int failed;

	if (!folder_make())
		return 2;
	spool_dir = paths_in(folder, "spool");
	key_path = paths_in(folder, "audit.key");
	failed = cmocka_run_group_tests(tests, make, NULL);
	head_key_free(key);
	for (uint64_t number = 1; number <= last_segment; number++)
		free(made[number].bytes);
	return failed;
}
