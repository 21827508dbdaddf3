/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 5424 messages, and what the stream transports of syslog share. */
#ifndef RESID_SINK_TRANSPORT_SYSLOG_H
#define RESID_SINK_TRANSPORT_SYSLOG_H

#include "util/jsonw.h"
#include "sink/transport/transport.h"

#define SYSLOG_OVERHEAD	128	/* bytes: the header with a host name of 64 */

/* Appends one message: header, structured data or "-", the record. */
void syslog_message(const struct sink_config *config, const struct sink_batch *batch, const struct sink_record *record,
		    struct jsonw *out);
/* Replaces `out` by all records that are not done, each behind its length (RFC 6587, section 3.4.1; RFC 5425). */
void syslog_frames(const struct sink_config *config, const struct sink_batch *batch, struct jsonw *out);
void syslog_done(struct sink_batch *batch);

#endif
