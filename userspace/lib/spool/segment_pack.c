// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "spool/segment.h"
#include "util/file.h"
#include "util/memory.h"

#define PACK_SIZE	(128u << 10)	/* bytes at a time */
#define PACK_LEVEL	3

DEFINE_CLEANUP(cstream, ZSTD_CCtx *, ZSTD_freeCCtx);

static int pack_write(int fd, const uint8_t *bytes, size_t length)
{
	while (length) {
		ssize_t done = write(fd, bytes, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		bytes += done;
		length -= (size_t)done;
	}
	return 0;
}

static int pack_stream(int from, int to)
{
	_cleanup_(cleanup_cstream) ZSTD_CCtx *pack = ZSTD_createCCtx();
	_cleanup_free_ uint8_t *in = mem_alloc(PACK_SIZE), *out = mem_alloc(PACK_SIZE);
	ssize_t got;

	errno = ENOMEM;
	if (!pack || ZSTD_isError(ZSTD_CCtx_setParameter(pack, ZSTD_c_compressionLevel, PACK_LEVEL)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(pack, ZSTD_c_checksumFlag, 1)))
		return -1;
	do {
		ZSTD_inBuffer input;
		size_t left;

		do
			got = read(from, in, PACK_SIZE);
		while (got < 0 && errno == EINTR);
		if (got < 0)
			return -1;
		input = (ZSTD_inBuffer){ in, (size_t)got, 0 };
		do {
			ZSTD_outBuffer output = { out, PACK_SIZE, 0 };

			left = ZSTD_compressStream2(pack, &output, &input, got ? ZSTD_e_continue : ZSTD_e_end);
			if (ZSTD_isError(left) || pack_write(to, out, output.pos))
				return -1;
		} while (got ? input.pos < input.size : left);
	} while (got);
	return 0;
}

int segment_pack(const char *dir, uint64_t number, struct resid_error *err)
{
	struct path plain = segment_path(dir, number, false), packed = segment_path(dir, number, true);
	struct path beside = paths_in(dir, "%" PRIu64 ".packing", number);
	_cleanup_close_ int from = file_open(plain.text, O_RDONLY, 0, err);
	_cleanup_close_ int to = from < 0 ? -1 : file_open(beside.text, O_WRONLY | O_CREAT | O_TRUNC, 0640, err);
	_cleanup_close_ int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (to < 0)
		return -1;
	/* Its time is what the retention counts from. */
	if (fstat(from, &st) || fchown(to, (uid_t)-1, st.st_gid) || pack_stream(from, to) ||
	    futimens(to, (struct timespec[]){ st.st_atim, st.st_mtim }) || fsync(to) ||
	    rename(beside.text, packed.text)) {
		int was = errno;

		unlink(beside.text);
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot pack %s: %s", plain.text, strerror(was));
	}
	if (folder < 0 || fsync(folder) || unlink(plain.text))
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot remove %s, which is packed: %s", plain.text,
				  strerror(errno));
	return 0;
}
