// SPDX-License-Identifier: Apache-2.0
/* The open segment: it begins, takes batches, each of them whole or not at all, and ends with its head. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "spool/spool_private.h"
#include "util/cleanup.h"
#include "util/file.h"

#define PENDING_MAX	(1u << 20)	/* bytes put that wait in memory */

int spool_fail(const struct spool *spool, const char *what, struct resid_error *err)
{
	return resid_fail(err, RESID_EXIT_SYSTEM, "cannot %s the spool in %s: %s", what, spool->dir.text,
			  strerror(errno));
}

int spool_sync_folder(const struct spool *spool)
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
	struct resid_error ignored;
	int fd, was;

	memcpy(header.magic, SEGMENT_MAGIC, sizeof(header.magic));
	memcpy(header.spool, spool->id, sizeof(header.spool));
	memcpy(header.previous, spool->previous, sizeof(header.previous));
	spool_node(&header);
	header.crc = segment_header_crc(&header);
	fd = file_open(path.text, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0640, &ignored);
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

/* Keeps errno. */
void spool_undo(struct spool *spool)
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

/* ---- its end ---------------------------------------------------------------------------------------------- */

int spool_close_segment(struct spool *spool, struct resid_error *err)
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
