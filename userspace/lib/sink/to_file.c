// SPDX-License-Identifier: Apache-2.0
/* A file of lines, synced before the cursor moves; rotated by size to PATH.1, PATH.2, ... */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/jsonw.h"
#include "sink/transport.h"
#include "util/cleanup.h"
#include "util/memory.h"

struct to_file {
	int fd;
	struct jsonw lines;
};

static int file_trouble(const struct sink_link *link, struct resid_error *err)
{
	return resid_fail(err, RESID_EXIT_SYSTEM, "%s: %s", link->config->path.text, strerror(errno));
}

/* What a crash left of a line is cut: its record comes again. */
static int file_cut_torn_line(int fd)
{
	off_t end = lseek(fd, 0, SEEK_END);
	char bytes[4096];

	while (end > 0) {
		size_t size = end < (off_t)sizeof(bytes) ? (size_t)end : sizeof(bytes);

		if (pread(fd, bytes, size, end - (off_t)size) != (ssize_t)size)
			return -1;
		for (size_t i = size; i > 0; i--)
			if (bytes[i - 1] == '\n')
				return ftruncate(fd, end - (off_t)(size - i));
		end -= (off_t)size;
	}
	return end < 0 ? -1 : ftruncate(fd, 0);
}

static int file_open(struct sink_link *link, struct resid_error *err)
{
	_cleanup_close_ int fd = open(link->config->path.text, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	struct to_file *to;

	if (fd < 0 || file_cut_torn_line(fd))
		return file_trouble(link, err);
	link->state = to = mem_zero(1, sizeof(*to));
	to->fd = fd;
	fd = -1;
	return 0;
}

static void file_close(struct sink_link *link)
{
	struct to_file *to = link->state;

	close(to->fd);
	jsonw_fini(&to->lines);
	free(to);
}

/* PATH.2 becomes PATH.3, PATH.1 PATH.2, PATH PATH.1; the last one goes. */
static int file_rotate(struct sink_link *link, struct resid_error *err)
{
	const char *path = link->config->path.text;

	for (uint32_t i = link->config->rotate_keep; i > 0; i--) {
		_cleanup_free_ char *to = mem_format("%s.%u", path, i);
		_cleanup_free_ char *from = i > 1 ? mem_format("%s.%u", path, i - 1) : mem_format("%s", path);

		if (rename(from, to) && errno != ENOENT)
			return file_trouble(link, err);
	}
	file_close(link);
	return file_open(link, err);
}

static int file_send(struct sink_link *link, struct sink_batch *batch, struct resid_error *err)
{
	struct to_file *to = link->state;
	struct stat st;

	to->lines.length = 0;
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->records[i].done)
			continue;
		jsonw_raw(&to->lines, batch->text + batch->records[i].offset, batch->records[i].length);
		jsonw_raw(&to->lines, "\n", 1);
	}
	if (write(to->fd, to->lines.text, to->lines.length) != (ssize_t)to->lines.length || fdatasync(to->fd) ||
	    fstat(to->fd, &st))
		return file_trouble(link, err);
	for (size_t i = 0; i < batch->count; i++)
		batch->records[i].done = true;
	if (link->config->rotate_bytes && st.st_size >= link->config->rotate_bytes)
		return file_rotate(link, err);
	return 0;
}

const struct transport transport_file = {
	.name = "file",
	.format = "json",
	.root = true,
	.needs = TRANSPORT_PATH,
	.open = file_open,
	.send = file_send,
	.close = file_close,
};
