/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world of its own for the tests of the BPF programs: network and mount namespaces that nobody else has, and a cgroup
 * that is removed at the end. Traffic stays between the two network namespaces.
 *
 *   cgroups  /resid-test-PID/{a/deep, b}        this process's namespace        namespace "blue"
 *                                               host0 10.9.0.1 ───── veth ───── blue0 10.9.0.2
 *                                               (the tests' "initial" one)
 */
#ifndef TESTS_BPF_WORLD_H
#define TESTS_BPF_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf/tag.h"
#include "host/cgroup.h"
#include "bpf/tagger.h"
#include "util/paths.h"

#define HOST_ADDRESS	"10.9.0.1"
#define BLUE_ADDRESS	"10.9.0.2"

static char world_cgroup[64];	/* relative path of the test's cgroup */

static inline void sh(const char *command)
{
	if (system(command))
		fail_msg("failed: %s", command);
}

static inline struct path world_cgroup_dir(const char *below)
{
	struct resid_error err;

	return paths_in(cgroup_mount(&err), "%s%s", world_cgroup + 1, below);
}

static inline uint64_t world_cgroup_id(const char *below)
{
	char path[128];
	uint64_t id = 0;

	snprintf(path, sizeof(path), "%s%s", world_cgroup, below);
	assert_true(cgroup_id(path, &id));
	return id;
}

static inline void make_cgroup(const char *below)
{
	if (mkdir(world_cgroup_dir(below).text, 0755) && errno != EEXIST)
		fail_msg("cannot make cgroup %s: %s", below, strerror(errno));
}

/* Moves the calling process. "" is the test's own cgroup. */
static inline void enter_cgroup(const char *below)
{
	struct path procs = paths_in(world_cgroup_dir(below).text, "cgroup.procs");
	int fd = open(procs.text, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "0", 1) != 1)
		_exit(100);
	close(fd);
}

static inline void leave_cgroups(void)
{
	struct resid_error err;
	struct path procs = paths_in(cgroup_mount(&err), "cgroup.procs");
	int fd = open(procs.text, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "0", 1) != 1)
		_exit(100);
	close(fd);
}

/* Runs a function in a child and gives its exit status. */
static inline int in_child(int (*run)(void *), void *context)
{
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid)
		_exit(run(context));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A socket in namespace blue. */
static inline int blue_socket(int type)
{
	int own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int blue = open("/run/netns/blue", O_RDONLY | O_CLOEXEC), fd;

	assert_true(own >= 0 && blue >= 0);
	assert_int_equal(setns(blue, CLONE_NEWNET), 0);
	fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	assert_int_equal(setns(own, CLONE_NEWNET), 0);
	close(own);
	close(blue);
	assert_true(fd >= 0);
	return fd;
}

static inline struct sockaddr_in world_address(const char *address, uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, address, &in.sin_addr);
	return in;
}

/* Why the tests cannot run here, or NULL. Makes the namespaces. */
static inline const char *world_init(void)
{
	struct resid_error err;

	if (geteuid())
		return "not root";
	if (!cgroup_mount(&err))
		return "no cgroup v2";
	if (unshare(CLONE_NEWNS | CLONE_NEWNET) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return "no namespaces of our own";
	/* Also hides the machine's own pins and names. */
	if (mount("tmpfs", "/run", "tmpfs", 0, NULL) || mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL))
		return "no mounts of our own";
	if (system("ip link set lo up && ip netns add blue && ip link add host0 type veth peer name blue0 netns blue && "
		   "ip addr add " HOST_ADDRESS "/24 dev host0 && ip link set host0 up && "
		   "ip -n blue addr add " BLUE_ADDRESS "/24 dev blue0 && ip -n blue link set blue0 up && "
		   "ip -n blue link set lo up"))
		return "no veth";
	snprintf(world_cgroup, sizeof(world_cgroup), "/resid-test-%d", (int)getpid());
	if (mkdir(world_cgroup_dir("").text, 0755))
		return "cannot make a cgroup";
	return NULL;
}

/* The world with a tagger in it; false: say *status, there is nothing to test. */
static inline bool world_begin(struct tagger **tagger, int *status)
{
	const char *missing = world_init();
	struct resid_error err;

	*status = 0;
	if (missing) {
		printf("1..0 # SKIP %s\n", missing);
		return false;
	}
	if (!tagger_load(TAG_MASK_DEFAULT, tagger, &err))
		return true;
	printf("Bail out! %s\n", err.text);
	*status = 1;
	return false;
}

static inline void world_fini(void)
{
	static const char *const below[] = { "/a/deep", "/a", "/b", "/dead", "" };

	for (size_t i = 0; i < sizeof(below) / sizeof(*below); i++)
		rmdir(world_cgroup_dir(below[i]).text);
}

#endif
