// SPDX-License-Identifier: Apache-2.0
#include "geo/digests.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kmod/deps.h"
#include "geo/cache.h"
#include "util/cleanup.h"

#define DIGESTS_NAME	"digests"
#define DIGESTS_MAGIC	"rsdgst1"	/* eight bytes with the final zero */
#define DIGESTS_SETTLED	2		/* seconds: the coarsest clock of a filesystem */

struct digests_file {
	char magic[8];
	uint8_t sha256[RESID_DIGEST_LEN];	/* of the entries */
	struct digests_entry entry[DIGESTS_KEPT];
};

void digests_load(struct digests *out)
{
	_cleanup_close_ int fd = cache_open(DIGESTS_NAME);
	uint8_t digest[RESID_DIGEST_LEN];
	struct digests_file file;

	memset(out, 0, sizeof(*out));
	if (fd < 0 || read(fd, &file, sizeof(file)) != (ssize_t)sizeof(file) ||
	    memcmp(file.magic, DIGESTS_MAGIC, sizeof(file.magic)))
		return;
	sha256((const uint8_t *)file.entry, sizeof(file.entry), digest);
	if (!memcmp(file.sha256, digest, sizeof(digest)))
		memcpy(out->entry, file.entry, sizeof(out->entry));
}

void digests_save(struct digests *digests)
{
	struct digests_file file = { .magic = DIGESTS_MAGIC };

	if (!digests->learnt || !cache_is_writable())
		return;
	memcpy(file.entry, digests->entry, sizeof(file.entry));
	sha256((const uint8_t *)file.entry, sizeof(file.entry), file.sha256);
	cache_write(DIGESTS_NAME, &(struct iovec){ &file, sizeof(file) }, 1);
	digests->learnt = false;
}

struct digests_stamp digests_stamp(const char *path)
{
	struct digests_stamp stamp = { 0 };
	struct stat st;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return stamp;
	stamp.device = st.st_dev;
	stamp.inode = st.st_ino;
	stamp.length = (uint64_t)st.st_size;
	stamp.changed_s = st.st_ctim.tv_sec;
	stamp.changed_ns = st.st_ctim.tv_nsec;
	stamp.modified_s = st.st_mtim.tv_sec;
	stamp.modified_ns = st.st_mtim.tv_nsec;
	return stamp;
}

bool digests_find(const struct digests *digests, const struct digests_stamp *stamp, uint8_t sha256[RESID_DIGEST_LEN])
{
	size_t i;

	for (i = 0; i < DIGESTS_KEPT && stamp->inode; i++) {
		if (memcmp(&digests->entry[i].stamp, stamp, sizeof(*stamp)))
			continue;
		memcpy(sha256, digests->entry[i].sha256, RESID_DIGEST_LEN);
		return true;
	}
	return false;
}

void digests_learn(struct digests *digests, const char *path, const struct digests_stamp *stamp,
		   const uint8_t sha256[RESID_DIGEST_LEN])
{
	const struct digests_stamp now = digests_stamp(path);
	uint8_t known[RESID_DIGEST_LEN];
	struct timespec clock;
	size_t i;

	clock_gettime(CLOCK_REALTIME, &clock);
	if (!stamp->inode || memcmp(&now, stamp, sizeof(now)) || digests_find(digests, stamp, known) ||
	    clock.tv_sec - stamp->changed_s <= DIGESTS_SETTLED)
		return;
	/* in place of what the same file was before, else of the one that was learnt first */
	for (i = 0; i + 1 < DIGESTS_KEPT; i++)
		if (digests->entry[i].stamp.device == now.device && digests->entry[i].stamp.inode == now.inode)
			break;
	memmove(&digests->entry[1], &digests->entry[0], i * sizeof(digests->entry[0]));
	digests->entry[0].stamp = now;
	memcpy(digests->entry[0].sha256, sha256, RESID_DIGEST_LEN);
	digests->learnt = true;
}
