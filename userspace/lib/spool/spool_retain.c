// SPDX-License-Identifier: Apache-2.0
/* How long segments are kept. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/spool_private.h"
#include "util/cleanup.h"

#define CHECK_EVERY	60	/* seconds between two looks at the retention */

static bool spool_is_old(const struct spool *spool, const struct segment_file *file)
{
	struct path path = segment_path(spool->dir.text, file->number, file->packed);
	uint64_t age = (uint64_t)spool->options.retention_days * DAY_S;
	struct stat st;

	return !stat(path.text, &st) && (uint64_t)st.st_mtim.tv_sec + age < spool_clock(CLOCK_REALTIME) / SECOND_NS;
}

/* How many of the oldest segments are to go; never the open one. */
static size_t spool_count_old(const struct spool *spool, const struct segment_file *files, size_t count,
			      bool *for_size)
{
	uint64_t bytes = 0;
	size_t old = 0;

	for (size_t i = 0; i < count; i++)
		bytes += files[i].bytes;
	*for_size = false;
	for (; old + (spool->fd >= 0) < count; old++) {
		bool large = spool->options.retention_bytes && bytes > spool->options.retention_bytes;

		if (!large && !spool_is_old(spool, &files[old]))
			break;
		*for_size |= large;
		bytes -= files[old].bytes;
	}
	return old;
}

/* The head that says which segments stay comes before the others go. */
static int spool_retain(struct spool *spool, struct resid_error *err)
{
	_cleanup_free_ struct segment_file *files = NULL;
	bool for_size;
	size_t count, old;
	char text[200];

	if (segment_list(spool->dir.text, &files, &count, err))
		return -1;
	old = spool_count_old(spool, files, count, &for_size);
	if (!old)
		return 0;
	snprintf(text, sizeof(text), "segments %" PRIu64 " to %" PRIu64 " of the spool were removed: %s", files[0].number,
		 files[old - 1].number, for_size ? "it was larger than spool_mb" : "older than spool_days");
	spool->oldest = old < count ? files[old].number : spool->number + 1;
	if (spool_notice(spool, text, 0, err) || (spool->fd >= 0 && spool_close_segment(spool, err)))
		return -1;
	for (size_t i = 0; i < old; i++) {
		unlink(segment_path(spool->dir.text, files[i].number, false).text);
		unlink(segment_path(spool->dir.text, files[i].number, true).text);
	}
	spool->oldest = 0;
	spool_sync_folder(spool);
	return 0;
}

int spool_tend(struct spool *spool, struct resid_error *err)
{
	uint64_t wall = spool_clock(CLOCK_REALTIME), now = spool_clock(CLOCK_BOOTTIME);
	uint64_t age = (uint64_t)spool->options.segment_age * SECOND_NS;

	if (spool->fd >= 0 && spool->records && wall > spool->header.opened_ns + age) {
		if (spool_close_segment(spool, err))
			return -1;
		spool->check = true;
	}
	if (!spool->check && spool->checked_ns && now < spool->checked_ns + (uint64_t)CHECK_EVERY * SECOND_NS)
		return 0;
	spool->check = false;
	spool->checked_ns = now;
	return spool_retain(spool, err);
}
