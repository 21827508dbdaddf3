// SPDX-License-Identifier: Apache-2.0
#include "node/history.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "node/report.h"
#include "util/file.h"
#include "util/hex.h"
#include "util/json.h"
#include "util/rfc3339.h"

#define HISTORY_LAST 65536	/* no entry is longer */

struct path history_file(void)
{
	return paths_in(paths_state_dir(), "history.jsonl");
}

/* The audit login uid outlives su and sudo. */
static void history_who(struct jsonw *json)
{
	_cleanup_free_ char *text = NULL;
	struct resid_error ignored;
	const struct passwd *login;
	unsigned long uid;
	size_t length;

	jsonw_string(json, "program", program_invocation_short_name);
	jsonw_u64(json, "uid", getuid());
	if (file_read("/proc/self/loginuid", 32, &text, &length, &ignored))
		return;
	uid = strtoul(text, NULL, 10);
	if (uid >= UINT32_MAX)
		return;
	login = getpwuid((uid_t)uid);
	if (login)
		jsonw_string(json, "login", login->pw_name);
	else
		jsonw_u64(json, "login", uid);
}

static void history_begin(struct jsonw *json, const char *action)
{
	char now[RFC3339_TEXT];

	rfc3339_format(time(NULL), now);
	jsonw_object(json, NULL);
	jsonw_string(json, "time", now);
	jsonw_string(json, "action", action);
}

static void history_append(struct jsonw *json)
{
	struct path path = history_file();
	struct resid_error ignored;
	_cleanup_close_ int file = file_open(path.text, O_WRONLY | O_APPEND | O_CREAT, 0644, &ignored);

	jsonw_object_end(json);
	jsonw_line(json);
	if (file < 0 || write(file, json->text, json->length) != (ssize_t)json->length || fsync(file))
		fprintf(stderr, "%s: cannot be written: %s\n", path.text, strerror(errno));
}

void history_add(const char *action, uint32_t confirm, const struct resid_nl_status *before,
		 const struct snapshot *snapshot)
{
	_cleanup_(jsonw_fini) struct jsonw json = { 0 };

	history_begin(&json, action);
	jsonw_hex(&json, "generation", snapshot_generation(snapshot), RESID_DIGEST_LEN);
	jsonw_string(&json, "policy", snapshot_policy_name(snapshot));
	if (before->has_generation)
		jsonw_hex(&json, "replaces", before->generation, RESID_DIGEST_LEN);
	if (confirm)
		jsonw_u64(&json, "confirm", confirm);
	history_who(&json);
	report_sources(&json, "data", snapshot);
	history_append(&json);
}

/* The last whole line. */
static json_t *history_last(void)
{
	struct path path = history_file();
	struct resid_error ignored;
	_cleanup_close_ int file = file_open(path.text, O_RDONLY, 0, &ignored);
	char text[HISTORY_LAST + 1];
	struct stat st;
	ssize_t length;
	char *line;

	if (file < 0 || fstat(file, &st))
		return NULL;
	length = pread(file, text, HISTORY_LAST, st.st_size > HISTORY_LAST ? st.st_size - HISTORY_LAST : 0);
	if (length <= 0 || text[length - 1] != '\n')
		return NULL;
	text[length - 1] = '\0';
	line = strrchr(text, '\n');
	return json_loads(line ? line + 1 : text, 0, NULL);
}

void history_settle(const struct resid_nl_status *status)
{
	_cleanup_(jsonw_fini) struct jsonw json = { 0 };
	_cleanup_json_ json_t *last = history_last();
	const char *tried = json_string_value(json_object_get(last, "generation"));
	char hex[2 * RESID_DIGEST_LEN + 1];

	if (status->policy_confirm || !tried || !json_object_get(last, "confirm"))
		return;
	hex_format(status->generation, RESID_DIGEST_LEN, hex);
	if (!strcmp(hex, tried))
		return;
	history_begin(&json, "revert");
	if (status->has_generation)
		jsonw_string(&json, "generation", hex);
	jsonw_string(&json, "replaces", tried);
	jsonw_string(&json, "program", "resid.ko");
	history_append(&json);
}
