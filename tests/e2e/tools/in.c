// SPDX-License-Identifier: Apache-2.0
/*
 * Runs a command where a workload runs: `in [-g CGROUP] [-n NETNS] COMMAND [ARGUMENT...]`, both given as paths. One
 * small process instead of a shell and nsenter: the guests are slow, and nsenter would keep the caller's cgroup.
 */
#include "tool.h"

#include <fcntl.h>
#include <sched.h>

int main(int argc, char **argv)
{
	char path[4096];
	int option, fd;

	while ((option = getopt(argc, argv, "+g:n:")) != -1) {
		switch (option) {
		case 'g':
			snprintf(path, sizeof(path), "%s/cgroup.procs", optarg);
			fd = open(path, O_WRONLY | O_CLOEXEC);
			if (fd < 0 || write(fd, "0", 1) != 1)
				die("%s: %s", path, strerror(errno));
			break;
		case 'n':
			fd = open(optarg, O_RDONLY | O_CLOEXEC);
			if (fd < 0 || setns(fd, CLONE_NEWNET))
				die("%s: %s", optarg, strerror(errno));
			break;
		default:
			return 2;
		}
	}
	if (optind == argc)
		die("usage: in [-g CGROUP] [-n NETNS] COMMAND [ARGUMENT...]");
	execvp(argv[optind], argv + optind);
	die("%s: %s", argv[optind], strerror(errno));
}
