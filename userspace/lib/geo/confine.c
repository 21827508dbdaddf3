// SPDX-License-Identifier: Apache-2.0
#include "geo/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../kmod/deps.h"

#define CONFINE_SECONDS	60		/* of processor time; the largest known file takes one, an emulated guest ten */
#define CONFINE_FACTS	((size_t)1 << 22)	/* the largest known file has 1.3 million */
#define CONFINE_BATCH	1024

enum confine_kind { CONFINE_FACT = 1, CONFINE_DATE, CONFINE_BYTES, CONFINE_FAIL, CONFINE_END };

/* What goes through the pipe. A CONFINE_FAIL has its sentence in the records after it, at once. */
struct confine_record {
	uint8_t kind, family, length, reserved;	/* CONFINE_BYTES: length of them */
	uint32_t asn;
	char country[2], registered[2];	/* zeros: not said */
	uint32_t padding;
	union {
		uint8_t address[16];
		uint8_t bytes[16];
		int64_t date;
		char text[16];
	};
};

struct confine {
	int out;
	size_t count;
	struct confine_record batch[CONFINE_BATCH];
};

/* The child. */

static int confine_flush(struct confine *confine)
{
	const char *at = (const char *)confine->batch;
	size_t left = confine->count * sizeof(confine->batch[0]);

	confine->count = 0;
	while (left) {
		ssize_t done = write(confine->out, at, left);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			_exit(RESID_EXIT_SYSTEM);
		at += done;
		left -= (size_t)done;
	}
	return 0;
}

static struct confine_record *confine_push(struct confine *confine, enum confine_kind kind)
{
	struct confine_record *record;

	if (confine->count == CONFINE_BATCH)
		confine_flush(confine);
	record = memset(&confine->batch[confine->count++], 0, sizeof(*record));
	record->kind = (uint8_t)kind;
	return record;
}

int confine_fact(struct confine *confine, const struct prefix *prefix, uint32_t asn, const char *country,
		 const char *registered)
{
	struct confine_record *record = confine_push(confine, CONFINE_FACT);

	record->family = prefix->family == AF_INET ? 4 : 6;
	record->length = prefix->length;
	record->asn = asn;
	if (country)
		memcpy(record->country, country, 2);
	if (registered)
		memcpy(record->registered, registered, 2);
	address_bytes(AF_INET6, prefix->first, record->address);
	return 0;
}

int confine_date(struct confine *confine, time_t date)
{
	confine_push(confine, CONFINE_DATE)->date = date;
	return 0;
}

int confine_bytes(struct confine *confine, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	while (length) {
		struct confine_record *record = confine_push(confine, CONFINE_BYTES);
		size_t part = length < sizeof(record->bytes) ? length : sizeof(record->bytes);

		record->length = (uint8_t)part;
		memcpy(record->bytes, at, part);
		at += part;
		length -= part;
	}
	return 0;
}

int confine_fail(struct confine *confine, const char *format, ...)
{
	char text[256] = "";
	va_list args;
	size_t i;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (i = 0; i < sizeof(text); i += sizeof(confine->batch[0].text))
		memcpy(confine_push(confine, CONFINE_FAIL)->text, text + i, sizeof(confine->batch[0].text));
	return -1;
}

#if defined(__x86_64__)
#define CONFINE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define CONFINE_ARCH AUDIT_ARCH_AARCH64
#endif

#define ALLOW(name) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))

/* Refused calls fail with EPERM, so that a library which tries to log goes on without. */
static int confine_filter(void)
{
#ifdef CONFINE_ARCH
	static struct sock_filter code[] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CONFINE_ARCH, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
		ALLOW(read),
		ALLOW(write),
		ALLOW(pread64),
		ALLOW(lseek),
		ALLOW(fstat),
		ALLOW(newfstatat),
		ALLOW(mmap),
		ALLOW(munmap),
		ALLOW(mremap),
		ALLOW(mprotect),
		ALLOW(madvise),
		ALLOW(brk),
		ALLOW(close),
		ALLOW(dup),
		ALLOW(fcntl),
		ALLOW(futex),
		ALLOW(getpid),
		ALLOW(gettid),
		ALLOW(sched_yield),
		ALLOW(sigaltstack),
		ALLOW(getrandom),
		ALLOW(clock_gettime),
		ALLOW(rt_sigprocmask),
		ALLOW(rt_sigaction),
		ALLOW(rt_sigreturn),
		ALLOW(seccomp),
		ALLOW(exit),
		ALLOW(exit_group),
		/* openat, for reading; confine_close_files() ends it */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat, 0, 3),
		LOAD(args[2]),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_ACCMODE | O_CREAT | O_TRUNC, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		REFUSE,
	};
	const struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
#else
	return -1;
#endif
}

int confine_close_files(struct confine *confine)
{
#ifdef CONFINE_ARCH
	static struct sock_filter code[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat, 0, 1),
		REFUSE,
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	/* where there is no seccomp, landlock stands alone */
	syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
#endif
	return 0;
}

/* No file by its name at all: what the parser reads has none. */
static int confine_landlock(void)
{
	/* the rights of the first version, which every kernel with landlock knows */
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1
	};
	_cleanup_close_ int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	return ruleset < 0 ? -1 : (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
}

/*
 * All that the caller has open but for the file and the pipe. 0, 1 and 2 are the file as well: libloc takes a
 * descriptor 0 for a failure, and what a stranger's data make of the parser must not write to the caller's terminal.
 */
static void confine_close_rest(int fd, int out)
{
	const unsigned int low = (unsigned int)(fd < out ? fd : out), high = (unsigned int)(fd < out ? out : fd);

	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	if (low > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, low - 1, 0);
	if (high > low + 1)
		close_range(low + 1, high - 1, 0);
	close_range(high + 1, ~0U, 0);
}

static int confine_enter(struct confine *confine)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	static const struct __user_cap_data_struct none[2];
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGPIPE, SIGTERM, SIGINT, SIGXCPU };
	const struct rlimit cpu = { CONFINE_SECONDS, CONFINE_SECONDS }, zero = { 0, 0 };
	bool landlock;
	size_t i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		signal(fatal[i], SIG_DFL);
	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_CORE, &zero);
	setrlimit(RLIMIT_FSIZE, &zero);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_capset, &header, none))
		return confine_fail(confine, "its parser cannot give up its privileges: %s", strerror(errno));
	landlock = !confine_landlock();
	if (confine_filter() && !landlock)
		return confine_fail(confine, "its parser cannot be confined: the kernel has neither seccomp nor landlock");
	return 0;
}

__attribute__((noreturn))
static void confine_child(confine_parser parse, int fd, int out)
{
	static struct confine confine;

	confine.out = out;
	confine_close_rest(fd, out);
	if (!confine_enter(&confine) && !parse(&confine, fd))
		confine_push(&confine, CONFINE_END);
	confine_flush(&confine);
	_exit(0);
}

/* The parent. */

/* The file as it is now, in memory that nobody can change any more. */
static int confine_seal(const struct source_reader *reader)
{
	_cleanup_close_ int in = open(reader->path, O_RDONLY | O_CLOEXEC), out = -1;
	int taken;
	size_t length = 0;
	struct stat st;

	if (in < 0 || fstat(in, &st))
		return resid_fail(reader->err, RESID_EXIT_INPUT, "%s: cannot be opened: %s", reader->path,
				  strerror(errno));
	if (!S_ISREG(st.st_mode))
		return resid_fail(reader->err, RESID_EXIT_INPUT, "%s: is not a file", reader->path);
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
	if (fcntl(out, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) ||
	    lseek(out, 0, SEEK_SET))
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
	struct source_fact fact = { .asn = record->asn };
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
	if (!confine_code(record->country, fact.country) || !confine_code(record->registered, fact.registered)) {
		prefix_format(&prefix, text);
		return source_fail(reader, "network '%s' has a country that is not two letters", text);
	}
	if (reader->source->v4.count + reader->source->v6.count >= CONFINE_FACTS)
		return source_fail(reader, "holds more than %zu networks", CONFINE_FACTS);
	if (fact.asn || *fact.country || *fact.registered)
		source_add(reader, &prefix, &fact);
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
