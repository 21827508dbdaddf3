/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How records get to a receiver: one file each. A transport lives in a process of its own (child.h), so it may block;
 * each step is bounded by config->timeout.
 *
 *   open     connects; called again after every failure
 *   send     delivers the records that are not done yet, and marks those that are
 *   confirm  NULL: what send has marked, the receiver has. Else it may sit in buffers of the way: confirm closes the
 *            stream and waits until the receiver, having read to its end, closes it too
 */
#ifndef RESID_SINK_TRANSPORT_TRANSPORT_H
#define RESID_SINK_TRANSPORT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "spool/event.h"
#include "sink/transport/config.h"

struct sink_record {
	size_t offset, length;	/* in the batch's text */
	char id[AUDIT_ID];
	uint64_t wall_ns, boot_ns;
	const char *host;
	unsigned int severity;
	bool done;		/* delivered, or parked */
};

struct sink_batch {
	const char *text;
	struct sink_record *records;
	size_t count;
};

struct sink_link;

enum transport_need {
	TRANSPORT_ADDRESS = 1,
	TRANSPORT_URL = 2,
	TRANSPORT_PATH = 4,
	TRANSPORT_INDEX = 8,
	TRANSPORT_TOKEN = 16,
	TRANSPORT_CA = 32,
};

struct transport {
	const char *name;
	const char *format;	/* when the configuration names none */
	bool own_format;	/* and may name none */
	bool json;		/* carries only formats that are JSON */
	bool files;		/* makes files: keeps the user id of the daemon, without capabilities */
	unsigned int needs;	/* enum transport_need */
	size_t overhead;	/* bytes that it adds to a record, which the record then lacks */

	/* Before privileges are dropped: secrets are read, and what only root may open. */
	int (*prepare)(struct sink_link *link, struct resid_error *err);
	int (*open)(struct sink_link *link, struct resid_error *err);
	int (*send)(struct sink_link *link, struct sink_batch *batch, struct resid_error *err);
	int (*confirm)(struct sink_link *link, struct resid_error *err);
	void (*close)(struct sink_link *link);
};

struct sink_link {
	const struct sink_config *config;
	void *state;		/* the transport's own */
	/* For the transport: a record that its receiver will never take is kept aside with the reason. */
	void (*park)(void *context, const struct sink_batch *batch, size_t index, const char *why);
	void *context;
};

extern const struct transport transport_file, transport_journald, transport_journal_remote, transport_syslog_udp;
extern const struct transport transport_syslog_tcp, transport_syslog_tls, transport_bulk, transport_hec;

/* NULL: there is none of that name. */
const struct transport *transport_find(const char *name);

#endif
