/* SPDX-License-Identifier: Apache-2.0 */
/* What one sink is told: the settings of its file (sink/parse.h), and the files that they name. */
#ifndef RESID_SINK_TRANSPORT_CONFIG_H
#define RESID_SINK_TRANSPORT_CONFIG_H

#include "util/settings.h"

struct transport;
struct format;

struct sink_config {
	char name[68];
	const struct transport *transport;
	const struct format *format;
	struct setting_text transport_name, format_name, address, url, index, token, token_scheme;
	struct setting_text tls_ca, tls_cert, tls_key, tls_name;
	struct path path;
	uint32_t enterprise, facility;
	uint32_t batch;		/* records at a time */
	uint32_t timeout;	/* seconds that a receiver may take for one step */
	uint32_t retry_max;	/* seconds between two attempts, at most */
	uint32_t confirm;	/* seconds until a syslog stream is closed to see that all of it was read */
	uint32_t rotate_bytes, rotate_keep;	/* of a file; 0 bytes: never */
	uint32_t ack;		/* HEC: wait until the indexer has it */
};

/* The file that a setting names: `credential:ID` below $CREDENTIALS_DIRECTORY. */
int sink_config_file(const struct setting_text *setting, struct path *out, struct resid_error *err);

#endif
