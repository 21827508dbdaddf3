// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <sys/statvfs.h>

#include "spool/spool_private.h"
#include "util/cleanup.h"

#define OBSERVE_MIN	3600	/* seconds after which a rate means something */

static uint64_t spool_opened(const struct spool *spool, uint64_t number)
{
	_cleanup_(cleanup_segment) struct segment_reader *reader = NULL;
	struct resid_error ignored;
	bool found;

	if (segment_open(spool->dir.text, number, &found, &reader, &ignored) || !found)
		return 0;
	return segment_header(reader)->opened_ns;
}

static void spool_estimate(const struct spool *spool, struct spool_status *status)
{
	uint64_t now = spool_clock(CLOCK_REALTIME), seconds, capacity = status->bytes + status->room;

	status->days = UINT32_MAX;
	seconds = status->oldest_ns && now > status->oldest_ns ? (now - status->oldest_ns) / SECOND_NS + 1 : 0;
	/* An early rate says little, unless a good part of the room is used up already. */
	if (!seconds || (seconds < OBSERVE_MIN && status->bytes < capacity / 4))
		return;
	status->bytes_a_day = (uint64_t)((double)status->bytes / (double)seconds * DAY_S) + 1;
	if (capacity / status->bytes_a_day < UINT32_MAX)
		status->days = (uint32_t)(capacity / status->bytes_a_day);
	status->small = status->days < spool->options.retention_days;
	if (status->small)
		snprintf(status->text, sizeof(status->text),
			 "%.80s has room for %u days of records at the rate observed, %.1f MB a day; %u days are to be kept: "
			 "give it %.1f MB more, or lower spool_days", spool->dir.text, status->days,
			 (double)status->bytes_a_day / 1e6, spool->options.retention_days,
			 ((double)status->bytes_a_day * spool->options.retention_days - (double)capacity) / 1e6);
}

void spool_status(struct spool *spool, struct spool_status *out)
{
	_cleanup_free_ struct segment_file *files = NULL;
	struct resid_error ignored;
	struct statvfs fs;
	size_t count = 0;

	*out = (struct spool_status){ .records = spool_end(spool) };
	if (segment_list(spool->dir.text, &files, &count, &ignored))
		count = 0;
	for (size_t i = 0; i < count; i++)
		out->bytes += files[i].bytes;
	out->segments = count;
	out->oldest_ns = count ? spool_opened(spool, files[0].number) : 0;
	if (!statvfs(spool->dir.text, &fs))
		out->room = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (spool->options.retention_bytes) {
		uint64_t left = spool->options.retention_bytes;

		left = left > out->bytes ? left - out->bytes : 0;
		out->room = left < out->room ? left : out->room;
	}
	spool_estimate(spool, out);
}

/* Another process's last record: its newest segment is counted through. */
static void spool_look(struct spool *spool)
{
	_cleanup_free_ struct segment_file *files = NULL;
	struct resid_error ignored;
	size_t count;

	if (segment_list(spool->dir.text, &files, &count, &ignored))
		return;
	for (size_t i = count; i > 0; i--) {
		_cleanup_(cleanup_segment) struct segment_reader *reader = NULL;
		struct spool_tail tail;
		bool found;

		if (segment_open(spool->dir.text, files[i - 1].number, &found, &reader, &ignored) || !found)
			continue;
		spool_tail_read(reader, &spool->chain, &tail);
		spool->end_sequence = segment_header(reader)->first_sequence + tail.records - 1;
		return;
	}
}

uint64_t spool_end(struct spool *spool)
{
	uint64_t sequence;

	if (!spool->writer)
		spool_look(spool);
	pthread_mutex_lock(&spool->mutex);
	sequence = spool->end_sequence;
	pthread_mutex_unlock(&spool->mutex);
	return sequence;
}
