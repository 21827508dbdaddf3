// SPDX-License-Identifier: Apache-2.0
#include "sink/transport/syslog.h"

#include <stdio.h>
#include <string.h>

#include "sink/format/format.h"

#define HOST_MAX	64

/* HOSTNAME: printable ASCII without blanks. */
static void syslog_host(const char *host, char out[HOST_MAX + 1])
{
	size_t length = 0;

	for (; host && host[length] && length < HOST_MAX; length++)
		out[length] = host[length] > ' ' && host[length] < 0x7f ? host[length] : '-';
	if (!length)
		out[length++] = '-';
	out[length] = '\0';
}

void syslog_message(const struct sink_config *config, const struct sink_batch *batch, const struct sink_record *record,
		    struct jsonw *out)
{
	char header[SYSLOG_OVERHEAD + 1], time[FORMAT_TIME], host[HOST_MAX + 1];
	int length;

	format_time(record->wall_ns, time);
	syslog_host(record->host, host);
	/* TIME-SECFRAC has six digits at most; APP-NAME, PROCID, MSGID. */
	length = snprintf(header, sizeof(header), "<%u>1 %.26sZ %s " FORMAT_PRODUCT " - egress %s",
			  config->facility * 8 + record->severity, time, host,
			  config->format == &format_rfc5424 ? "" : "- ");
	jsonw_raw(out, header, (size_t)length);
	jsonw_raw(out, batch->text + record->offset, record->length);
}

void syslog_frames(const struct sink_config *config, const struct sink_batch *batch, struct jsonw *out)
{
	_cleanup_(jsonw_fini) struct jsonw message = { 0 };

	out->length = 0;
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->records[i].done)
			continue;
		message.length = 0;
		syslog_message(config, batch, &batch->records[i], &message);
		jsonw_raw_u64(out, message.length);
		jsonw_raw(out, " ", 1);
		jsonw_raw(out, message.text, message.length);
	}
}

void syslog_done(struct sink_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		batch->records[i].done = true;
}
