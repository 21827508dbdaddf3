// SPDX-License-Identifier: Apache-2.0
/* The parent of confine.h: it seals the file, starts the child and believes nothing that comes out. */
#include "source/confine_private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kmod/deps.h"
#include "util/file.h"

#define CONFINE_FACTS	((size_t)1 << 22)	/* the largest known file has 1.3 million */
#define CONFINE_NAMES	(1 << 20)
#define CONFINE_SEAL_PAUSE	20000000	/* nanoseconds */
#define CONFINE_SEAL_TRIES	500

/* Whoever else looks at memory (migration, compaction) can hold a page for a moment: then the kernel says EBUSY. */
static int confine_add_seals(int fd)
{
	const struct timespec pause = { .tv_nsec = CONFINE_SEAL_PAUSE };
	int tries = CONFINE_SEAL_TRIES;

	while (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		if (errno != EBUSY || !tries--)
			return -1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* The file as it is now, in memory that nobody can change any more. */
static int confine_seal(const struct source_reader *reader)
{
	_cleanup_close_ int in = file_open(reader->path, O_RDONLY, 0, reader->err), out = -1;
	int taken;
	size_t length = 0;

	if (in < 0)
		return -1;
	out = memfd_create("resid-source", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (out < 0)
		return resid_fail(reader->err, RESID_EXIT_SYSTEM, "%s: no memory for it: %s", reader->path,
				  strerror(errno));
	for (;;) {
		ssize_t got = sendfile(out, in, NULL, 1 << 24);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return resid_fail(reader->err, RESID_EXIT_INPUT, "%s: cannot be read: %s", reader->path,
					  strerror(errno));
		if (!got)
			break;
		length += (size_t)got;
		if (length > SOURCE_MAX)
			return resid_fail(reader->err, RESID_EXIT_INPUT, "%s: is longer than %zu bytes", reader->path,
					  SOURCE_MAX);
	}
	if (confine_add_seals(out) || lseek(out, 0, SEEK_SET))
		return resid_fail(reader->err, RESID_EXIT_SYSTEM, "%s: cannot be sealed: %s", reader->path,
				  strerror(errno));
	taken = out;
	out = -1;
	return taken;
}

static int confine_digest(const struct source_reader *reader, int fd)
{
	struct stat st;
	void *map;

	if (fstat(fd, &st))
		return -1;
	if (!st.st_size)
		return source_fail(reader, "is empty");
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return resid_fail(reader->err, RESID_EXIT_SYSTEM, "%s: cannot be mapped: %s", reader->path,
				  strerror(errno));
	sha256(map, (unsigned int)st.st_size, reader->source->sha256);
	munmap(map, (size_t)st.st_size);
	return 0;
}

/* Zeros, or two letters as source_country() has them. */
static bool confine_code(const char code[2], char out[3])
{
	const char text[3] = { code[0], code[1], '\0' };

	return (!code[0] && !code[1]) || source_country(text, out);
}

static int confine_take_fact(struct source_reader *reader, const struct confine_record *record)
{
	struct prefix prefix = { .length = record->length };
	struct source_fact fact = { .asn = record->asn, .flags = record->flags };
	char text[ADDRESS_TEXT];

	if (record->family != 4 && record->family != 6)
		return source_fail(reader, "its parser names a network that is neither IPv4 nor IPv6");
	prefix.family = record->family == 4 ? AF_INET : AF_INET6;
	prefix.first = address_key(AF_INET6, record->address);
	if (!record->length || record->length > address_bits(prefix.family))
		return source_fail(reader, "has a network with the prefix length %u", record->length);
	if (prefix.first & ~prefix_mask(prefix.length)) {
		address_format(prefix.family, prefix.first, text);
		return source_fail(reader, "network '%s/%u' %s", text, prefix.length, PREFIX_HOST_BITS);
	}
	if (!confine_code(record->country, fact.country) || !confine_code(record->registered, fact.registered) ||
	    !confine_code(record->represented, fact.represented)) {
		prefix_format(&prefix, text);
		return source_fail(reader, "network '%s' has a country that is not two letters", text);
	}
	if (reader->source->v4.count + reader->source->v6.count >= CONFINE_FACTS)
		return source_fail(reader, "holds more than %zu networks", CONFINE_FACTS);
	if (fact.asn || *fact.country || *fact.registered || *fact.represented || fact.flags)
		source_add(reader, &prefix, &fact);
	return 0;
}

/* Pieces of one name follow each other; what is too long ends early. */
static int confine_take_name(struct source_reader *reader, const struct confine_record *record)
{
	size_t room = sizeof(reader->name) - 1 - reader->name_length;

	if (record->length > sizeof(record->bytes))
		return source_fail(reader, "its parser says what makes no sense");
	if (reader->source->as.length / sizeof(struct source_as) >= CONFINE_NAMES)
		return source_fail(reader, "names more than %d ASes", CONFINE_NAMES);
	if (record->length <= room) {
		memcpy(reader->name + reader->name_length, record->bytes, record->length);
		reader->name_length += record->length;
	}
	if (record->length == sizeof(record->bytes))
		return 0;
	reader->name[reader->name_length] = '\0';
	reader->name_length = 0;
	source_as(reader, record->asn, reader->name);
	return 0;
}

static int confine_take_date(struct source_reader *reader, int64_t date)
{
	const time_t seconds = (time_t)date;
	struct tm day;

	if (date <= 0 || !gmtime_r(&seconds, &day) || day.tm_year > 9999 - 1900)
		return source_fail(reader, "has no date that can be: %lld seconds since 1970", (long long)date);
	strftime(reader->source->date, sizeof(reader->source->date), "%Y-%m-%d", &day);
	return 0;
}

static int confine_take_bytes(struct source_reader *reader, const struct confine_record *record)
{
	if (!reader->take || record->length > sizeof(record->bytes))
		return source_fail(reader, "its parser says what makes no sense");
	return reader->take(reader->take_context, record->bytes, record->length, reader->err);
}

/* Text of a stranger, for one line. */
static void confine_take_text(const struct confine_record *record, char text[static 257])
{
	size_t i, used = strlen(text);

	for (i = 0; i < sizeof(record->text) && used < 256 && record->text[i]; i++)
		text[used++] = record->text[i] >= ' ' && record->text[i] < 127 ? record->text[i] : '?';
	text[used] = '\0';
}

/* 1: the child said that it is at the end. */
static int confine_take(struct source_reader *reader, const struct confine_record *records, size_t count, char why[257])
{
	size_t i;

	for (i = 0; i < count; i++) {
		switch (records[i].kind) {
		case CONFINE_FACT:
			if (confine_take_fact(reader, &records[i]))
				return -1;
			break;
		case CONFINE_NAME:
			if (confine_take_name(reader, &records[i]))
				return -1;
			break;
		case CONFINE_DATE:
			if (confine_take_date(reader, records[i].date))
				return -1;
			break;
		case CONFINE_BYTES:
			if (confine_take_bytes(reader, &records[i]))
				return -1;
			break;
		case CONFINE_FAIL:
			confine_take_text(&records[i], why);
			break;
		case CONFINE_END:
			return 1;
		default:
			return source_fail(reader, "its parser says what makes no sense");
		}
	}
	return 0;
}

static int confine_receive(struct source_reader *reader, int in, char why[257])
{
	struct confine_record records[CONFINE_BATCH];
	size_t used = 0;
	int end = 0;

	while (!end) {
		ssize_t got = read(in, (char *)records + used, sizeof(records) - used);
		size_t whole;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		used += (size_t)got;
		whole = used / sizeof(records[0]);
		end = confine_take(reader, records, whole, why);
		used -= whole * sizeof(records[0]);
		memmove(records, records + whole, used);
	}
	return end;
}

struct confine_process {
	pid_t pid;
	int status;
};

/* Ended by force: it may have been refused in the middle. */
static void confine_reap(struct confine_process *process)
{
	if (process->pid <= 0)
		return;
	kill(process->pid, SIGKILL);
	while (waitpid(process->pid, &process->status, 0) < 0 && errno == EINTR)
		;
	process->pid = 0;
}

static int confine_why(const struct source_reader *reader, int status, const char *why)
{
	if (*why)
		return source_fail(reader, "%s", why);
	if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
		return source_fail(reader, "its parser came to no end in %d s", CONFINE_SECONDS);
	if (WIFSIGNALED(status))
		return source_fail(reader, "the data are damaged: their parser, which runs confined, died of them (%s)",
				   strsignal(WTERMSIG(status)));
	return source_fail(reader, "the data are damaged: their parser gave up without a word");
}

int confine_read(struct source_reader *reader, confine_parser parse)
{
	_cleanup_(confine_reap) struct confine_process process = { 0 };
	_cleanup_close_ int fd = confine_seal(reader), in = -1;
	char why[257] = "";
	int ends[2], end;

	if (fd < 0 || confine_digest(reader, fd))
		return -1;
	if (pipe2(ends, O_CLOEXEC))
		return resid_fail(reader->err, RESID_EXIT_SYSTEM, "%s: no pipe to its parser: %s", reader->path,
				  strerror(errno));
	fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
	process.pid = fork();
	if (!process.pid)
		confine_child(parse, fd, ends[1]);
	close(ends[1]);
	in = ends[0];
	if (process.pid < 0)
		return resid_fail(reader->err, RESID_EXIT_SYSTEM, "%s: no process for its parser: %s", reader->path,
				  strerror(errno));
	end = confine_receive(reader, in, why);
	if (end)
		return end < 0 ? -1 : 0;
	/* the pipe's end: the child is gone or going */
	while (waitpid(process.pid, &process.status, 0) < 0 && errno == EINTR)
		;
	process.pid = 0;
	return confine_why(reader, process.status, why);
}

int confine_stream(const char *path, confine_parser parse, confine_taker take, void *context, struct resid_error *err)
{
	struct source source = { 0 };
	struct source_reader reader = {
		.source = &source, .path = path, .take = take, .take_context = context, .err = err,
	};

	return confine_read(&reader, parse);
}
