// SPDX-License-Identifier: Apache-2.0
/* What the child of confine.h gives up before it looks at a stranger's data. */
#include "source/confine_private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

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

int confine_enter(struct confine *confine, int fd)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	static const struct __user_cap_data_struct none[2];
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGPIPE, SIGTERM, SIGINT, SIGXCPU };
	const struct rlimit cpu = { CONFINE_SECONDS, CONFINE_SECONDS }, zero = { 0, 0 };
	bool landlock;
	size_t i;

	confine_close_rest(fd, confine->out);
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
