// SPDX-License-Identifier: Apache-2.0
/* What the child of confine.h gives up before it looks at a stranger's data. */
#include "source/confine_private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/file.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CONFINE_SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define CONFINE_SANITIZED 1
#endif

/* What parsers and the C library under them need, by whatever name an architecture has it. */
static const int confine_calls[] = {
	SCMP_SYS(read),		  SCMP_SYS(write),	    SCMP_SYS(pread64),	    SCMP_SYS(lseek),
	SCMP_SYS(_llseek),	  SCMP_SYS(fstat),	    SCMP_SYS(fstat64),	    SCMP_SYS(newfstatat),
	SCMP_SYS(fstatat64),	  SCMP_SYS(statx),	    SCMP_SYS(mmap),	    SCMP_SYS(mmap2),
	SCMP_SYS(munmap),	  SCMP_SYS(mremap),	    SCMP_SYS(mprotect),	    SCMP_SYS(madvise),
	SCMP_SYS(brk),		  SCMP_SYS(close),	    SCMP_SYS(dup),	    SCMP_SYS(fcntl),
	SCMP_SYS(fcntl64),	  SCMP_SYS(futex),	    SCMP_SYS(futex_time64), SCMP_SYS(getpid),
	SCMP_SYS(gettid),	  SCMP_SYS(sched_yield),    SCMP_SYS(sigaltstack),  SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime),  SCMP_SYS(clock_gettime64), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigreturn),	  SCMP_SYS(seccomp),	    SCMP_SYS(exit),	    SCMP_SYS(exit_group),
};

static const int confine_opens[] = { SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2) };

static void confine_filter_free(scmp_filter_ctx *filter)
{
	if (*filter)
		seccomp_release(*filter);
}

/* In force for good; negative: not. The caller has no new privileges already. */
static int confine_filter_load(scmp_filter_ctx filter)
{
	int error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);

	return error ? error : seccomp_load(filter);
}

/* Refused calls fail with EPERM, so that a library which tries to log goes on without. */
static int confine_filter(void)
{
	_cleanup_(confine_filter_free) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	const unsigned int writing = O_ACCMODE | O_CREAT | O_TRUNC;
	int error = filter ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; i < sizeof(confine_calls) / sizeof(confine_calls[0]) && !error; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, confine_calls[i], 0);
	/* for reading; confine_close_files() ends it */
	if (!error)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
					 SCMP_A2(SCMP_CMP_MASKED_EQ, writing, 0));
	return error ? error : confine_filter_load(filter);
}

int confine_close_files(struct confine *confine)
{
	_cleanup_(confine_filter_free) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int error = filter ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; i < sizeof(confine_opens) / sizeof(confine_opens[0]) && !error; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), confine_opens[i], 0);
	if (!error)
		error = confine_filter_load(filter);
	return error ? confine_fail(confine, ": its parser cannot be confined: %s", strerror(-error)) : 0;
}

/* No file by its name at all: what the parser reads has none. Where the kernel lacks it, the filter stands alone. */
static void confine_landlock(void)
{
	/* the rights of the first version, which every kernel with landlock knows */
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1
	};
	_cleanup_close_ int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	if (ruleset >= 0)
		syscall(SYS_landlock_restrict_self, ruleset, 0);
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

/* Of address space: what there is, the file, and what a parser may use. A sanitizer's shadow is larger than any. */
static int confine_limit_memory(int fd)
{
#ifdef CONFINE_SANITIZED
	return 0;
#else
	struct resid_error ignored;
	_cleanup_fclose_ FILE *statm = file_stream("/proc/self/statm", &ignored);
	unsigned long pages;
	struct rlimit limit;
	struct stat st;

	if (!statm || fscanf(statm, "%lu", &pages) != 1 || fstat(fd, &st))
		return -1;
	limit.rlim_cur = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + (rlim_t)st.st_size + CONFINE_MEMORY;
	limit.rlim_max = limit.rlim_cur;
	return setrlimit(RLIMIT_AS, &limit);
#endif
}

static int confine_limit(int fd)
{
	const struct rlimit cpu = { CONFINE_SECONDS, CONFINE_SECONDS }, zero = { 0, 0 };

	if (setrlimit(RLIMIT_CPU, &cpu) || setrlimit(RLIMIT_CORE, &zero) || setrlimit(RLIMIT_FSIZE, &zero))
		return -1;
	return confine_limit_memory(fd);
}

int confine_enter(struct confine *confine, int fd)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	static const struct __user_cap_data_struct none[2];
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGPIPE, SIGTERM, SIGINT, SIGXCPU };
	size_t i;
	int error;

	confine_close_rest(fd, confine->out);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		signal(fatal[i], SIG_DFL);
	/* what writes to the file fails, and goes on */
	signal(SIGXFSZ, SIG_IGN);
	if (confine_limit(fd))
		return confine_fail(confine, ": its parser cannot be held to its limits: %s", strerror(errno));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_capset, &header, none))
		return confine_fail(confine, ": its parser cannot give up its privileges: %s", strerror(errno));
	confine_landlock();
	error = confine_filter();
	if (error)
		return confine_fail(confine, ": its parser cannot be confined, for the kernel takes no filter of system calls: %s",
				    strerror(-error));
	return 0;
}
