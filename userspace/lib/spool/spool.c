// SPDX-License-Identifier: Apache-2.0
/* Opening a spool: where the last run left it, and what a crash left behind that. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/spool_private.h"
#include "util/file.h"
#include "util/memory.h"

/* Goes on in the last segment, which has no head. */
static int spool_resume(struct spool *spool, const char *path, struct segment_reader *reader,
			const struct spool_tail *tail, struct resid_error *err)
{
	spool->fd = file_open(path, O_RDWR | O_NOFOLLOW, 0, err);
	if (spool->fd < 0 || (tail->torn && (ftruncate(spool->fd, (off_t)tail->offset) || fsync(spool->fd))))
		return spool_fail(spool, "cut off the torn end of", err);
	spool->header = *segment_header(reader);
	spool->offset = tail->offset;
	spool->records = tail->records;
	memcpy(spool->previous, spool->header.previous, SEGMENT_HASH);
	memcpy(spool->committed, spool->chain.hash, SEGMENT_HASH);
	return 0;
}

/* The last segment that can be read: where to go on. */
static int spool_open_last(struct spool *spool, const struct segment_file *file, struct segment_reader *reader,
			   struct resid_error *err)
{
	struct path path = segment_path(spool->dir.text, file->number, file->packed);
	struct spool_tail tail;

	spool_tail_read(reader, &spool->chain, &tail);
	memcpy(spool->id, segment_header(reader)->spool, sizeof(spool->id));
	spool->end_sequence = segment_header(reader)->first_sequence + tail.records - 1;
	spool->end_offset = tail.offset;
	spool->end_segment = file->number;
	memcpy(spool->instance, tail.commit.instance, sizeof(spool->instance));
	spool->batch = tail.commit.batch;
	if (tail.closed)
		head_hash(&tail.head, spool->previous);
	/* Real damage stays as evidence, and a new segment begins behind it. */
	if (tail.closed || file->packed || spool->number != file->number ||
	    (tail.torn && spool_tail_has_commit(path.text, tail.offset)))
		return 0;
	return spool_resume(spool, path.text, reader, &tail, err);
}

/* Of the segments before, only which batch came last. */
static void spool_open_earlier(struct spool *spool, struct segment_reader *reader)
{
	struct segment_chain chain;
	struct spool_tail tail;

	segment_chain_init(&chain);
	spool_tail_read(reader, &chain, &tail);
	segment_chain_fini(&chain);
	memcpy(spool->instance, tail.commit.instance, sizeof(spool->instance));
	spool->batch = tail.commit.batch;
}

static int spool_open_file(struct spool *spool, const struct segment_file *file, struct resid_error *err)
{
	_cleanup_(cleanup_segment) struct segment_reader *reader = NULL;
	struct resid_error ignored;
	bool found;

	if (segment_open(spool->dir.text, file->number, &found, &reader, &ignored) || !found) {
		/* A crash at its birth: nothing was committed in it. */
		if (!file->packed && file->bytes <= sizeof(struct segment_header))
			unlink(segment_path(spool->dir.text, file->number, false).text);
		else if (!spool->number)
			spool->number = file->number;
		return 0;
	}
	if (!spool->number)
		spool->number = file->number;
	if (!spool->end_segment)
		return spool_open_last(spool, file, reader, err);
	spool_open_earlier(spool, reader);
	return 0;
}

static int spool_open_files(struct spool *spool, struct resid_error *err)
{
	_cleanup_free_ struct segment_file *files = NULL;
	size_t count;

	if (segment_list(spool->dir.text, &files, &count, err))
		return -1;
	/* Backwards, until the last batch is known. */
	for (size_t i = count; i > 0 && !spool->batch; i--)
		if (spool_open_file(spool, &files[i - 1], err))
			return -1;
	if (!spool->end_segment && getrandom(spool->id, sizeof(spool->id), 0) != sizeof(spool->id))
		return spool_fail(spool, "name", err);
	return 0;
}

static int spool_lock(struct spool *spool, struct resid_error *err)
{
	struct path path = paths_in(spool->dir.text, "lock"), cursors = paths_in(spool->dir.text, "cursor");

	if (paths_make_dir(spool->dir.text, SPOOL_DIR_MODE, err) || paths_make_dir(cursors.text, SPOOL_DIR_MODE, err))
		return -1;
	if (chmod(spool->dir.text, SPOOL_DIR_MODE) || chown(spool->dir.text, (uid_t)-1, paths_group()))
		return spool_fail(spool, "set the group of", err);
	spool->lock = file_open(path.text, O_RDWR | O_CREAT | O_NOFOLLOW, 0600, err);
	if (spool->lock < 0)
		return -1;
	if (flock(spool->lock, LOCK_EX | LOCK_NB))
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s is another residd's; stop that one first", spool->dir.text);
	return 0;
}

static struct spool *spool_new(const char *dir)
{
	struct path standard = paths_in(paths_state_dir(), "spool");
	struct spool *spool = mem_zero(1, sizeof(*spool));

	snprintf(spool->dir.text, sizeof(spool->dir.text), "%s", dir ? dir : standard.text);
	spool->lock = spool->fd = -1;
	pthread_mutex_init(&spool->mutex, NULL);
	pthread_cond_init(&spool->pack_wake, NULL);
	segment_chain_init(&spool->chain);
	return spool;
}

DEFINE_CLEANUP(spool, struct spool *, spool_free);

int spool_open(const struct spool_options *options, struct spool **out, struct resid_error *err)
{
	_cleanup_(cleanup_spool) struct spool *spool = spool_new(options->dir);

	spool->writer = true;
	spool->options = *options;
	spool->options.segment_bytes = options->segment_bytes ?: 16u << 20;
	spool->options.segment_age = options->segment_age ?: 3600;
	spool->options.retention_days = options->retention_days ?: 183;
	if (spool_lock(spool, err) || (options->key && head_key_open(options->key, &spool->key, err)) ||
	    spool_open_files(spool, err) || spool_pack_start(spool, err))
		return -1;
	*out = TAKE(spool);
	return 0;
}

int spool_open_read(const char *dir, struct spool **out, struct resid_error *err)
{
	_cleanup_(cleanup_spool) struct spool *spool = spool_new(dir);

	if (access(spool->dir.text, R_OK | X_OK))
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot read %s: %s; residd writes it, group resid may read it",
				  spool->dir.text, strerror(errno));
	*out = TAKE(spool);
	return 0;
}

void spool_free(struct spool *spool)
{
	if (!spool)
		return;
	spool_pack_stop(spool);
	if (spool->fd >= 0) {
		spool_undo(spool);
		close(spool->fd);
	}
	if (spool->lock >= 0)
		close(spool->lock);
	head_key_free(spool->key);
	segment_chain_fini(&spool->chain);
	buffer_fini(&spool->pending);
	pthread_cond_destroy(&spool->pack_wake);
	pthread_mutex_destroy(&spool->mutex);
	free(spool);
}
