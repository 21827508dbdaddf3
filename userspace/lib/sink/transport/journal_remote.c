// SPDX-License-Identifier: Apache-2.0
/* systemd-journal-remote, by the journal's export format over HTTP: one request a batch, answered when it is stored. */
#include <stdio.h>
#include <string.h>

#include "sink/transport/http.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/memory.h"

struct remote {
	struct http *http;
	struct jsonw body;
	char boot_id[33];
};

static int remote_boot_id(char out[33], struct resid_error *err)
{
	_cleanup_free_ char *text = NULL;
	size_t length, at = 0;

	if (file_read("/proc/sys/kernel/random/boot_id", 64, &text, &length, err))
		return -1;
	for (size_t i = 0; i < length && at < 32; i++)
		if (strchr("0123456789abcdef", text[i]))
			out[at++] = text[i];
	out[at] = '\0';
	return 0;
}

static int remote_prepare(struct sink_link *link, struct resid_error *err)
{
	struct remote *remote = mem_zero(1, sizeof(*remote));

	link->state = remote;
	return remote_boot_id(remote->boot_id, err) ||
	       http_prepare(link, "application/vnd.fdo.journal", "Bearer", &remote->http, err) ? -1 : 0;
}

static int remote_open(struct sink_link *link, struct resid_error *err)
{
	return 0;
}

static void remote_entry(struct remote *remote, const struct sink_batch *batch, const struct sink_record *record)
{
	char text[256];
	int length = snprintf(text, sizeof(text), "__REALTIME_TIMESTAMP=%llu\n__MONOTONIC_TIMESTAMP=%llu\n_BOOT_ID=%s\n",
			      (unsigned long long)record->wall_ns / 1000, (unsigned long long)record->boot_ns / 1000,
			      remote->boot_id);

	jsonw_raw(&remote->body, text, (size_t)length);
	jsonw_raw(&remote->body, batch->text + record->offset, record->length);
	jsonw_raw(&remote->body, "\n", 1);
}

static int remote_send(struct sink_link *link, struct sink_batch *batch, struct resid_error *err)
{
	_cleanup_json_ json_t *answer = NULL;
	struct remote *remote = link->state;
	long status;

	remote->body.length = 0;
	for (size_t i = 0; i < batch->count; i++)
		if (!batch->records[i].done)
			remote_entry(remote, batch, &batch->records[i]);
	if (http_post(remote->http, "/upload", remote->body.text, remote->body.length, &status, &answer, err))
		return -1;
	if (status != 200 && status != 202)
		return http_refused(remote->http, status, answer, err);
	for (size_t i = 0; i < batch->count; i++)
		batch->records[i].done = true;
	return 0;
}

static void remote_close(struct sink_link *link)
{
	http_close(((struct remote *)link->state)->http);
}

const struct transport transport_journal_remote = {
	.name = "journal-remote",
	.format = "journal",
	.own_format = true,
	.needs = TRANSPORT_URL,
	.prepare = remote_prepare,
	.open = remote_open,
	.send = remote_send,
	.close = remote_close,
};
