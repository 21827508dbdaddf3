// SPDX-License-Identifier: Apache-2.0
#include "audit/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "audit/spool_private.h"
#include "util/file.h"
#include "util/memory.h"

#define SECOND_NS	1000000000u
#define DAY_S		86400u
#define PENDING_MAX	(1u << 20)	/* bytes put that wait in memory */
#define CHECK_EVERY	60		/* seconds between two looks at the retention */
#define OBSERVE_MIN	3600		/* seconds after which a rate means something */

static uint64_t spool_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* ---- packing, in a thread: drains do not wait for it ------------------------------------------------------- */

static void *packer_run(void *context)
{
	struct spool *spool = context;
	uint64_t done = 0;

	pthread_mutex_lock(&spool->mutex);
	for (;;) {
		_cleanup_free_ struct segment_file *files = NULL;
		uint64_t below = spool->pack_below;
		struct resid_error ignored;
		size_t count = 0;

		if (spool->pack_stop)
			break;
		if (below == done) {
			pthread_cond_wait(&spool->pack_wake, &spool->mutex);
			continue;
		}
		pthread_mutex_unlock(&spool->mutex);
		/* What cannot be packed now, on a full disk, is tried again behind the next segment. */
		if (segment_list(spool->dir.text, &files, &count, &ignored))
			count = 0;
		for (size_t i = 0; i < count && files[i].number < below; i++) {
			if (!files[i].packed)
				segment_pack(spool->dir.text, files[i].number, &ignored);
			else if (!done)	/* a crash came between packing and removing */
				unlink(segment_path(spool->dir.text, files[i].number, false).text);
		}
		pthread_mutex_lock(&spool->mutex);
		done = below;
	}
	pthread_mutex_unlock(&spool->mutex);
	return NULL;
}

static void spool_pack(struct spool *spool)
{
	pthread_mutex_lock(&spool->mutex);
	spool->pack_below = spool->fd < 0 ? spool->number + 1 : spool->number;
	pthread_cond_signal(&spool->pack_wake);
	pthread_mutex_unlock(&spool->mutex);
}

/* ---- the open segment ------------------------------------------------------------------------------------- */

static int spool_fail(const struct spool *spool, const char *what, struct resid_error *err)
{
	return resid_fail(err, RESID_EXIT_SYSTEM, "cannot %s the spool in %s: %s", what, spool->dir.text,
			  strerror(errno));
}

static int spool_sync_folder(const struct spool *spool)
{
	_cleanup_close_ int folder = open(spool->dir.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return folder < 0 ? -1 : fsync(folder);
}

static int spool_write(int fd, const void *bytes, size_t length, uint64_t offset)
{
	const uint8_t *at = bytes;

	while (length) {
		ssize_t done = pwrite(fd, at, length, (off_t)offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		at += done;
		offset += (uint64_t)done;
		length -= (size_t)done;
	}
	return 0;
}

static void spool_publish(struct spool *spool, uint64_t records)
{
	pthread_mutex_lock(&spool->mutex);
	spool->end_segment = spool->number;
	spool->end_offset = spool->offset;
	spool->end_sequence += records;
	spool_cursors_wake(spool);
	pthread_mutex_unlock(&spool->mutex);
}

static void spool_node(struct segment_header *header)
{
	_cleanup_free_ char *id = NULL;
	struct resid_error ignored;
	size_t length;

	if (gethostname(header->host, sizeof(header->host) - 1))
		header->host[0] = '\0';
	if (!file_read("/etc/machine-id", 4096, &id, &length, &ignored))
		snprintf(header->host_id, sizeof(header->host_id), "%.*s", (int)strcspn(id, "\n"), id);
}

/* Begins a segment. -1 with errno. */
static int spool_begin(struct spool *spool)
{
	struct path path = segment_path(spool->dir.text, spool->number + 1, false);
	struct segment_header header = {
		.number = spool->number + 1,
		.first_sequence = spool->end_sequence + 1,
		.opened_ns = spool_clock(CLOCK_REALTIME),
	};
	int fd, was;

	memcpy(header.magic, SEGMENT_MAGIC, sizeof(header.magic));
	memcpy(header.spool, spool->id, sizeof(header.spool));
	memcpy(header.previous, spool->previous, sizeof(header.previous));
	spool_node(&header);
	header.crc = segment_header_crc(&header);
	fd = open(path.text, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return -1;
	if (fchown(fd, (uid_t)-1, paths_group()) || spool_write(fd, &header, sizeof(header), 0) || fdatasync(fd) ||
	    spool_sync_folder(spool)) {
		was = errno;
		unlink(path.text);
		close(fd);
		errno = was;
		return -1;
	}
	spool->fd = fd;
	spool->number++;
	spool->header = header;
	spool->offset = sizeof(header);
	spool->records = 0;
	segment_chain_start(&spool->chain, &header);
	memcpy(spool->committed, spool->chain.hash, SEGMENT_HASH);
	return 0;
}

static int spool_flush(struct spool *spool)
{
	if (spool_write(spool->fd, spool->pending.data, spool->pending.length, spool->offset + spool->written))
		return -1;
	spool->written += spool->pending.length;
	spool->pending.length = 0;
	return 0;
}

/* The bytes of a frame were appended to `pending` behind its header, which begins at `start`. */
static void spool_frame(struct spool *spool, size_t start, enum segment_type type)
{
	const uint8_t *bytes = spool->pending.data + start + sizeof(struct segment_frame);
	struct segment_frame frame = {
		.length = (uint32_t)(spool->pending.length - start - sizeof(frame)),
		.type = type,
	};

	frame.crc = segment_frame_crc(&frame, bytes);
	memcpy(spool->pending.data + start, &frame, sizeof(frame));
	segment_chain_add(&spool->chain, &frame, bytes);
}

static void spool_forget(struct spool *spool)
{
	memcpy(spool->chain.hash, spool->committed, SEGMENT_HASH);
	spool->pending.length = 0;
	spool->written = 0;
	spool->put = 0;
	spool->failed = 0;
}

/* What was put leaves no trace. Keeps errno. */
static void spool_undo(struct spool *spool)
{
	int was = errno;

	if (spool->fd >= 0 && ftruncate(spool->fd, (off_t)spool->offset))
		fdatasync(spool->fd);
	spool_forget(spool);
	errno = was;
}

void spool_put(struct spool *spool, const struct audit_event *event)
{
	size_t start = spool->pending.length;

	if (!spool->failed && spool->fd < 0 && spool_begin(spool))
		spool->failed = errno;
	if (spool->failed)
		return;
	buffer_extend(&spool->pending, sizeof(struct segment_frame));
	event_encode(event, &spool->pending);
	spool_frame(spool, start, SEGMENT_RECORD);
	spool->put++;
	if (spool->pending.length >= PENDING_MAX && spool_flush(spool))
		spool->failed = errno;
}

static void spool_put_commit(struct spool *spool, const uint8_t instance[16], uint64_t batch)
{
	struct segment_commit commit = { .batch = batch, .records = spool->put };
	size_t start = spool->pending.length;

	memcpy(commit.instance, instance, sizeof(commit.instance));
	memcpy(commit.chain, spool->chain.hash, sizeof(commit.chain));
	buffer_extend(&spool->pending, sizeof(struct segment_frame));
	buffer_append(&spool->pending, &commit, sizeof(commit));
	spool_frame(spool, start, SEGMENT_COMMIT);
}

static int spool_close_segment(struct spool *spool, struct resid_error *err);

int spool_commit(struct spool *spool, const uint8_t instance[16], uint64_t batch, struct resid_error *err)
{
	struct resid_error later;
	uint64_t records;

	if (!spool->failed && spool->fd < 0 && spool_begin(spool))
		spool->failed = errno;
	if (!spool->failed) {
		spool_put_commit(spool, instance, batch);
		if (spool_flush(spool) || fdatasync(spool->fd))
			spool->failed = errno;
	}
	if (spool->failed) {
		errno = spool->failed;
		spool_undo(spool);
		return spool_fail(spool, "write", err);
	}
	records = spool->put;
	spool->offset += spool->written;
	spool->records += records;
	memcpy(spool->committed, spool->chain.hash, SEGMENT_HASH);
	memmove(spool->instance, instance, sizeof(spool->instance));
	spool->batch = batch;
	spool_forget(spool);
	spool_publish(spool, records);
	/* The batch is safe; a segment that cannot be closed now grows until it can. */
	if (spool->offset >= spool->options.segment_bytes && !spool_close_segment(spool, &later))
		spool->check = true;
	return 0;
}

bool spool_has(const struct spool *spool, const uint8_t instance[16], uint64_t batch)
{
	return batch <= spool->batch && !memcmp(instance, spool->instance, sizeof(spool->instance));
}

int spool_notice(struct spool *spool, const char *text, uint64_t lost, struct resid_error *err)
{
	struct audit_event event;
	uint8_t instance[16];

	event_init(&event);
	event.kind = AUDIT_KIND_NOTICE;
	memcpy(event.instance, spool->id, sizeof(event.instance));
	event.first_wall_ns = event.last_wall_ns = spool_clock(CLOCK_REALTIME);
	event.first_boot_ns = event.last_boot_ns = spool_clock(CLOCK_BOOTTIME);
	event.text = text;
	event.lost = lost;
	memcpy(instance, spool->instance, sizeof(instance));
	spool_put(spool, &event);
	return spool_commit(spool, instance, spool->batch, err);
}

/* ---- closing and keeping ---------------------------------------------------------------------------------- */

static int spool_close_segment(struct spool *spool, struct resid_error *err)
{
	_cleanup_free_ struct segment_file *files = NULL;
	struct segment_head head = {
		.number = spool->number,
		.first_sequence = spool->header.first_sequence,
		.records = spool->records,
		.opened_ns = spool->header.opened_ns,
		.closed_ns = spool_clock(CLOCK_REALTIME),
	};
	struct resid_error ignored;
	size_t count;

	if (segment_list(spool->dir.text, &files, &count, err))
		return -1;
	head.oldest = spool->oldest ? spool->oldest : count ? files[0].number : spool->number;
	memcpy(head.magic, SEGMENT_HEAD_MAGIC, sizeof(head.magic));
	memcpy(head.spool, spool->id, sizeof(head.spool));
	memcpy(head.chain, spool->committed, sizeof(head.chain));
	memcpy(head.previous, spool->previous, sizeof(head.previous));
	/* Without a key, or with one that fails, the chain still holds; verify says that the head is not signed. */
	if (spool->key && head_sign(spool->key, &head, &ignored))
		memset(head.key, 0, sizeof(head.key));
	buffer_extend(&spool->pending, sizeof(struct segment_frame));
	buffer_append(&spool->pending, &head, sizeof(head));
	spool_frame(spool, 0, SEGMENT_HEAD);
	if (spool_flush(spool) || fdatasync(spool->fd)) {
		spool_undo(spool);
		return spool_fail(spool, "close a segment of", err);
	}
	spool->offset += spool->written;
	spool_forget(spool);
	head_hash(&head, spool->previous);
	close(spool->fd);
	spool->fd = -1;
	spool_publish(spool, 0);
	spool_pack(spool);
	return 0;
}

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

/* ---- opening ---------------------------------------------------------------------------------------------- */

/* What the last segment on disk ends in. */
struct spool_tail {
	uint64_t offset;	/* behind the last COMMIT or HEAD */
	uint64_t records;	/* up to there */
	bool closed;		/* it has its head */
	bool torn;		/* something stands behind `offset` */
	struct segment_commit commit;	/* the last; records 0 and batch 0: none */
	struct segment_head head;
};

/* A COMMIT anywhere from `offset` on, as no crash leaves one behind damage. */
static bool tail_has_commit(const char *path, uint64_t offset)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct segment_frame frame;
	bool found = false;
	const uint8_t *bytes;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !st.st_size)
		return false;
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return true;
	for (; !found && offset + sizeof(frame) + sizeof(struct segment_commit) <= (uint64_t)st.st_size; offset++) {
		memcpy(&frame, bytes + offset, sizeof(frame));
		found = frame.type == SEGMENT_COMMIT && frame.length == sizeof(struct segment_commit) &&
			frame.crc == segment_frame_crc(&frame, bytes + offset + sizeof(frame));
	}
	munmap((void *)bytes, (size_t)st.st_size);
	return found;
}

/* Reads a segment to its end; `chain` is left as at the last COMMIT. */
static void tail_read(struct segment_reader *reader, struct segment_chain *chain, struct spool_tail *tail)
{
	uint8_t committed[SEGMENT_HASH];
	struct segment_frame frame;
	enum segment_result result;
	const uint8_t *bytes;
	uint64_t records = 0;

	*tail = (struct spool_tail){ .offset = segment_offset(reader) };
	segment_chain_start(chain, segment_header(reader));
	memcpy(committed, chain->hash, SEGMENT_HASH);
	while ((result = segment_next(reader, &frame, &bytes, &tail->torn)) == SEGMENT_FRAME) {
		if (frame.type == SEGMENT_HEAD && frame.length == sizeof(tail->head)) {
			memcpy(&tail->head, bytes, sizeof(tail->head));
			tail->closed = true;
			tail->offset = segment_offset(reader);
			tail->records = records;
			break;
		}
		segment_chain_add(chain, &frame, bytes);
		records += frame.type == SEGMENT_RECORD;
		if (frame.type == SEGMENT_COMMIT && frame.length == sizeof(tail->commit)) {
			memcpy(&tail->commit, bytes, sizeof(tail->commit));
			memcpy(committed, chain->hash, SEGMENT_HASH);
			tail->offset = segment_offset(reader);
			tail->records = records;
		}
	}
	tail->torn |= result != SEGMENT_END && result != SEGMENT_FRAME;
	tail->torn |= segment_offset(reader) != tail->offset;
	memcpy(chain->hash, committed, SEGMENT_HASH);
}

/* Goes on in the last segment, which has no head. */
static int spool_resume(struct spool *spool, const char *path, struct segment_reader *reader,
			const struct spool_tail *tail, struct resid_error *err)
{
	spool->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
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

	tail_read(reader, &spool->chain, &tail);
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
	    (tail.torn && tail_has_commit(path.text, tail.offset)))
		return 0;
	return spool_resume(spool, path.text, reader, &tail, err);
}

/* Of the segments before, only which batch came last. */
static void spool_open_earlier(struct spool *spool, struct segment_reader *reader)
{
	struct segment_chain chain;
	struct spool_tail tail;

	segment_chain_init(&chain);
	tail_read(reader, &chain, &tail);
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
	spool->lock = open(path.text, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (spool->lock < 0)
		return spool_fail(spool, "lock", err);
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
	int error;

	spool->writer = true;
	spool->options = *options;
	spool->options.segment_bytes = options->segment_bytes ?: 16u << 20;
	spool->options.segment_age = options->segment_age ?: 3600;
	spool->options.retention_days = options->retention_days ?: 183;
	if (spool_lock(spool, err) || (options->key && head_key_open(options->key, &spool->key, err)) ||
	    spool_open_files(spool, err))
		return -1;
	error = pthread_create(&spool->packer, NULL, packer_run, spool);
	if (error)
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot start a thread: %s", strerror(error));
	spool->packing = true;
	spool_pack(spool);
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
	if (spool->packing) {
		pthread_mutex_lock(&spool->mutex);
		spool->pack_stop = true;
		pthread_cond_signal(&spool->pack_wake);
		pthread_mutex_unlock(&spool->mutex);
		pthread_join(spool->packer, NULL);
	}
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

/* ---- status ----------------------------------------------------------------------------------------------- */

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
		tail_read(reader, &spool->chain, &tail);
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
