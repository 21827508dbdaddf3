// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "sink/feeder.h"
#include "sink/wire.h"
#include "util/cleanup.h"

#define RESTART_MAX	60	/* seconds between two starts of a process that does not stay */

static void feeder_detach(struct feeder *feeder)
{
	feeder->answer = sd_event_source_disable_unref(feeder->answer);
	feeder->child = sd_event_source_disable_unref(feeder->child);
	feeder->pid = 0;
}

static void feeder_restart(struct feeder *feeder)
{
	feeder_rewind(feeder);
	feeder_timer(feeder, feeder->restart);
	feeder->restart = feeder->restart * 2 > RESTART_MAX ? RESTART_MAX : feeder->restart * 2;
}

static int feeder_ended(sd_event_source *source, const siginfo_t *info, void *context)
{
	struct feeder *feeder = context;
	char text[128];

	/* What it said last. */
	if (feeder->answer)
		feeder_answer(feeder->answer, sd_event_source_get_io_fd(feeder->answer), 0, feeder);
	feeder_detach(feeder);
	if (info->si_code == CLD_EXITED)
		snprintf(text, sizeof(text), "its process ended with status %d", info->si_status);
	else
		snprintf(text, sizeof(text), "its process was ended by signal %d", info->si_status);
	/* Why it could not begin, it has said itself. */
	if (info->si_code != CLD_EXITED || !*feeder->error)
		feeder_error(feeder, SINK_DOWN, text);
	feeder->status.state = SINK_DOWN;
	feeder_restart(feeder);
	return 0;
}

static int feeder_spawn(struct feeder *feeder, int fd, pid_t *pid)
{
	const char *program = feeder->options->program ?: "/proc/self/exe";
	char *argv[] = { (char *)"residd", (char *)"--sink", feeder->file, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, defaults;
	int error;

	sigemptyset(&none);
	sigfillset(&defaults);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_adddup2(&actions, fd, WIRE_FD);
	posix_spawn_file_actions_addclosefrom_np(&actions, WIRE_FD + 1);
	error = posix_spawn(pid, program, &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

void feeder_start(struct feeder *feeder)
{
	sd_event *event = feeder->options->event;
	const int room = WIRE_BUFFER;
	int pair[2], error;
	char text[256];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		error = errno;
	} else {
		/* Never WIRE_FD itself, whose close-on-exec dup2 would then not clear. */
		_cleanup_close_ int theirs = fcntl(pair[1], F_DUPFD_CLOEXEC, WIRE_FD + 1);

		close(pair[1]);
		setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
		error = theirs < 0 ? errno : feeder_spawn(feeder, theirs, &feeder->pid);
		if (error)
			close(pair[0]);
	}
	if (error) {
		snprintf(text, sizeof(text), "cannot start its process: %s", strerror(error));
		feeder->pid = 0;
		feeder_error(feeder, SINK_DOWN, text);
		feeder_restart(feeder);
		return;
	}
	if (sd_event_add_io(event, &feeder->answer, pair[0], EPOLLIN, feeder_answer, feeder) < 0 ||
	    sd_event_source_set_io_fd_own(feeder->answer, true) < 0 ||
	    sd_event_add_child(event, &feeder->child, feeder->pid, WEXITED, feeder_ended, feeder) < 0) {
		feeder_stop(feeder);
		return;
	}
	feeder_begin(feeder);
}

/* Its socket is closed: it would end by itself, unless it waits for a receiver. */
void feeder_stop(struct feeder *feeder)
{
	pid_t pid = feeder->pid;

	feeder_detach(feeder);
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
