// SPDX-License-Identifier: Apache-2.0
/* What a segment on disk ends in. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "spool/spool_private.h"
#include "util/cleanup.h"
#include "util/file.h"

bool spool_tail_has_commit(const char *path, uint64_t offset)
{
	struct resid_error ignored;
	_cleanup_close_ int fd = file_open(path, O_RDONLY, 0, &ignored);
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

void spool_tail_read(struct segment_reader *reader, struct segment_chain *chain, struct spool_tail *tail)
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
