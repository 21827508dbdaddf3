// SPDX-License-Identifier: Apache-2.0
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/paths.h"

#define LOG_LAST	10
#define LOG_LAST_MAX	1000000
#define LOG_POLL_NS	250000000

DEFINE_CLEANUP(json_t, json_t *, json_decref);

static const char *log_string(const json_t *record, const char *key, const char *none)
{
	const char *value = json_string_value(json_object_get(record, key));

	return value ? value : none;
}

static void log_address(const json_t *record, const char *address, const char *port, char *out, size_t size)
{
	const char *text = log_string(record, address, NULL);
	const json_t *number = json_object_get(record, port);

	if (!text)
		snprintf(out, size, "-");
	else if (number)
		snprintf(out, size, strchr(text, ':') ? "[%s]:%lld" : "%s:%lld", text,
			 (long long)json_integer_value(number));
	else
		snprintf(out, size, "%s", text);
}

/* A line that is no record is shown as it is. */
static void log_render(const char *line, bool as_json)
{
	_cleanup_(cleanup_json_t) json_t *record = as_json ? NULL : json_loads(line, 0, NULL);
	char source[80], destination[80];
	const char *enforced;

	if (!json_is_object(record)) {
		fputs(line, stdout);
		return;
	}
	log_address(record, "src", "sport", source, sizeof(source));
	log_address(record, "dst", "dport", destination, sizeof(destination));
	enforced = json_is_false(json_object_get(record, "enforced")) ? " (permissive)" : "";
	printf("%s %s %s%s %s %s -> %s %s by %s, %lld packets, %lld bytes", log_string(record, "time_last", "-"),
	       log_string(record, "class", "-"), log_string(record, "verdict", "-"), enforced,
	       log_string(record, "proto", "-"), source, destination, log_string(record, "location", "-"),
	       log_string(record, "rule", "-"), (long long)json_integer_value(json_object_get(record, "packets")),
	       (long long)json_integer_value(json_object_get(record, "bytes")));
	if (json_object_get(record, "cgroup"))
		printf(", %s", log_string(record, "cgroup", ""));
	putchar('\n');
}

/* Sets the file where its last `count` lines begin. */
static void log_seek(FILE *file, long count)
{
	char bytes[65536];
	off_t end, at;

	fseeko(file, 0, SEEK_END);
	end = at = ftello(file);
	count++;	/* the newline before the first of them, or the one at the very end */
	while (at > 0 && count > 0) {
		size_t size = at < (off_t)sizeof(bytes) ? (size_t)at : sizeof(bytes);

		at -= (off_t)size;
		fseeko(file, at, SEEK_SET);
		if (fread(bytes, 1, size, file) != size)
			break;
		for (size_t i = size; i > 0; i--) {
			if (bytes[i - 1] != '\n' || --count)
				continue;
			fseeko(file, at + (off_t)i, SEEK_SET);
			return;
		}
	}
	fseeko(file, end && count > 0 ? 0 : at, SEEK_SET);
}

/* Prints whole lines from here on; a line that is still being written is read again later. */
static void log_drain(FILE *file, bool as_json)
{
	_cleanup_free_ char *line = NULL;
	size_t room = 0;
	ssize_t length;
	off_t start;

	clearerr(file);
	while (start = ftello(file), (length = getline(&line, &room, file)) > 0) {
		if (line[length - 1] != '\n') {
			fseeko(file, start, SEEK_SET);
			break;
		}
		log_render(line, as_json);
	}
	fflush(stdout);
}

static bool log_rotated(FILE *file, const char *path)
{
	struct stat open_one, named;

	return !stat(path, &named) && !fstat(fileno(file), &open_one) &&
	       (named.st_ino != open_one.st_ino || named.st_dev != open_one.st_dev || named.st_size < ftello(file));
}

static int log_open(FILE **file, const char *path, struct resid_error *err)
{
	*file = fopen(path, "re");
	if (!*file)
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot read %s: %s; residd writes it, group resid may read it",
				  path, strerror(errno));
	return 0;
}

static int log_run(const struct call *call, struct resid_error *err)
{
	const char *path = paths_log_file(), *count_text = call_option(call, "n");
	bool as_json = call_option(call, "json");
	_cleanup_fclose_ FILE *file = NULL;
	long count = LOG_LAST;

	if (count_text) {
		char *end;

		count = strtol(count_text, &end, 10);
		if (*end || !*count_text || count < 0 || count > LOG_LAST_MAX)
			return resid_fail(err, RESID_EXIT_USAGE, "-n takes a number up to %d, not `%s`", LOG_LAST_MAX,
					  count_text);
	}
	if (log_open(&file, path, err))
		return -1;
	log_seek(file, count);
	log_drain(file, as_json);
	while (!call_option(call, "no-follow")) {
		struct timespec pause = { .tv_nsec = LOG_POLL_NS };

		nanosleep(&pause, NULL);
		if (log_rotated(file, path)) {
			log_drain(file, as_json);	/* what was written before the rotation */
			fclose(TAKE(file));
			if (log_open(&file, path, err))
				return -1;
		}
		log_drain(file, as_json);
		if (ferror(stdout))
			break;
	}
	return RESID_EXIT_OK;
}

static const struct command_option log_options[] = {
	{ "json", NULL, "the records as they are, one JSON object a line" },
	{ "n", "N", "begin with the last N records (default 10)" },
	{ "no-follow", NULL, "stop at the end instead of waiting for more" },
	{ NULL },
};

const struct command command_log = {
	.name = "log",
	.args = "",
	.summary = "show and follow what was refused or audited",
	.detail = "Reads /var/log/resid/egress.jsonl, which the daemon writes, and goes on in the new file after a rotation.",
	.min_args = 0,
	.max_args = 0,
	.options = log_options,
	.run = log_run,
};
