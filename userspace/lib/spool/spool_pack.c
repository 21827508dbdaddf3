// SPDX-License-Identifier: Apache-2.0
/* Packing closed segments, in a thread: drains do not wait for it. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "spool/spool_private.h"
#include "util/cleanup.h"

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

void spool_pack(struct spool *spool)
{
	pthread_mutex_lock(&spool->mutex);
	spool->pack_below = spool->fd < 0 ? spool->number + 1 : spool->number;
	pthread_cond_signal(&spool->pack_wake);
	pthread_mutex_unlock(&spool->mutex);
}

int spool_pack_start(struct spool *spool, struct resid_error *err)
{
	int error = pthread_create(&spool->packer, NULL, packer_run, spool);

	if (error)
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot start a thread: %s", strerror(error));
	spool->packing = true;
	spool_pack(spool);
	return 0;
}

void spool_pack_stop(struct spool *spool)
{
	if (!spool->packing)
		return;
	pthread_mutex_lock(&spool->mutex);
	spool->pack_stop = true;
	pthread_cond_signal(&spool->pack_wake);
	pthread_mutex_unlock(&spool->mutex);
	pthread_join(spool->packer, NULL);
}
