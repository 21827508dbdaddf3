/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /etc/resid/sinks.d/NAME.conf: one sink, key = value. NAME is a-z, 0-9, - and _.
 *
 *   transport    file, journald, journal-remote, syslog-udp, syslog-tcp, syslog-tls, bulk or hec
 *   format       json, ecs, ocsf, cef or rfc5424; the journal's have a form of their own
 *   address      HOST:PORT or [IPV6]:PORT, of a syslog receiver
 *   url          of an HTTP receiver; https needs no more than that, tls_* narrows it
 *   path         of a file; or of the journal's socket
 *   index        of bulk
 *   token        file with what proves us to an HTTP receiver: HEC's token, bulk's API key
 *   token_scheme word before it in the Authorization header
 *   tls_ca tls_cert tls_key   PEM files; tls_name: whom the certificate must name, if not the host
 *
 * A file may be `credential:ID`: what systemd passed under that id (LoadCredential=).
 *
 * Without a log.conf there is a sink `log` all the same: JSON lines in /var/log/resid/egress.jsonl (sinks.h).
 */
#ifndef RESID_SINK_PARSE_H
#define RESID_SINK_PARSE_H

#include "sink/transport/config.h"

#define SINK_CONFIG_MAX	(64u << 10)	/* bytes of a file */

/* What the text of a file says; its name is the sink's. */
int sink_config_parse(const char *file, const char *text, struct sink_config *config, struct resid_error *err);

/* Calls each(context, file) for every *.conf of the folder, in the order of their names. A missing folder has none. */
int sink_config_each(const char *dir, int (*each)(void *context, const char *file, struct resid_error *err),
		     void *context, struct resid_error *err);

#endif
