// SPDX-License-Identifier: Apache-2.0
/*
 * Holds a socket open and does with it what its standard input says, so that a test can change the world in between:
 *
 *   hold [-m MARK] [-s SOURCE] udp|tcp ADDRESS PORT   prints `open sport=N`, or `open ERRNO`
 *   hold [-m MARK] listen ADDRESS PORT                prints `open`; accepts on its own and echoes
 *
 *   send TAG     prints `sent` or the errno
 *   recv         prints `got TAG`, `closed`, `timeout` (2 s) or the errno
 *   close-first  a listener: closes the accepted connection first, which leaves TIME_WAIT on this side
 *   quit
 */
#include "tool.h"

#include <poll.h>
#include <signal.h>

static int connection = -1;

static void say(const char *text)
{
	puts(text);
	fflush(stdout);
}

static void receive(void)
{
	char data[2048], *start, *end;
	struct pollfd p = { .fd = connection, .events = POLLIN };
	ssize_t n;

	if (poll(&p, 1, 2000) <= 0) {
		say("timeout");
		return;
	}
	n = recv(connection, data, sizeof(data) - 1, 0);
	if (n <= 0) {
		say(n ? errno_name(errno) : "closed");
		return;
	}
	data[n] = 0;
	start = strstr(data, TAG_PREFIX);
	end = start ? strchr(start, TAG_END) : NULL;
	if (!end) {
		say("got ?");
		return;
	}
	*end = 0;
	printf("got %s\n", start + strlen(TAG_PREFIX));
	fflush(stdout);
}

static void command(char *line)
{
	char data[512];

	line[strcspn(line, "\n")] = 0;
	if (!strncmp(line, "send ", 5)) {
		size_t n = tag_write(data, sizeof(data), line + 5);

		say(send(connection, data, n, MSG_NOSIGNAL) < 0 ? errno_name(errno) : "sent");
	} else if (!strcmp(line, "recv")) {
		receive();
	} else if (!strcmp(line, "close-first")) {
		if (connection >= 0)
			close(connection);
		connection = -1;
		say("done");
	} else if (!strcmp(line, "quit")) {
		exit(0);
	} else {
		die("hold: unknown command '%s'", line);
	}
}

static void serve(int listener)
{
	struct pollfd p[3] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = listener, .events = POLLIN } };
	static char line[512], data[4096];

	for (;;) {
		p[2] = (struct pollfd){ .fd = connection, .events = POLLIN };
		poll(p, 3, -1);
		if (p[0].revents) {
			/* One command a write: the shell writes lines. */
			ssize_t n = read(STDIN_FILENO, line, sizeof(line) - 1);

			if (n <= 0)
				exit(0);
			line[n] = 0;
			command(line);
		}
		if (p[1].revents & POLLIN) {
			int fd = accept(listener, NULL, NULL);

			if (connection >= 0)
				close(connection);
			connection = fd;
		} else if (connection >= 0 && p[2].fd == connection && p[2].revents) {
			ssize_t n = recv(connection, data, sizeof(data), MSG_DONTWAIT);

			if (n <= 0 || send(connection, data, (size_t)n, MSG_NOSIGNAL) != n) {
				close(connection);
				connection = -1;
			}
		}
	}
}

int main(int argc, char **argv)
{
	const char *source = NULL;
	unsigned long mark = 0;
	char line[512];
	int option, one = 1;

	while ((option = getopt(argc, argv, "m:s:")) != -1) {
		if (option == 'm')
			mark = number(optarg);
		else if (option == 's')
			source = optarg;
		else
			return 2;
	}
	if (argc - optind != 3)
		die("usage: hold [-m MARK] [-s SOURCE] udp|tcp|listen ADDRESS PORT");
	signal(SIGPIPE, SIG_IGN);

	const char *what = argv[optind];
	union address a = address(argv[optind + 1], number(argv[optind + 2])), from;
	socklen_t length = sizeof(from);
	int fd = socket(a.sa.sa_family, strcmp(what, "udp") ? SOCK_STREAM : SOCK_DGRAM, 0);

	if (mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &(uint32_t){ (uint32_t)mark }, sizeof(uint32_t)))
		die("SO_MARK: %s", strerror(errno));
	if (!strcmp(what, "listen")) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (bind(fd, &a.sa, address_len(&a)) || listen(fd, 64))
			die("listen: %s", strerror(errno));
		say("open");
		serve(fd);
	}
	if (source) {
		from = address(source, 0);
		if (bind(fd, &from.sa, address_len(&from)))
			die("bind: %s", strerror(errno));
	}
	if (connect(fd, &a.sa, address_len(&a))) {
		printf("open %s\n", errno_name(errno));
		return 0;
	}
	connection = fd;
	getsockname(fd, &from.sa, &length);
	printf("open sport=%u\n", address_port(&from));
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin))
		command(line);
	return 0;
}
