// SPDX-License-Identifier: Apache-2.0
#include "sink/transport/transport.h"

#include <string.h>

const struct transport *transport_find(const char *name)
{
	static const struct transport *const all[] = {
		&transport_file, &transport_journald, &transport_journal_remote, &transport_syslog_udp,
		&transport_syslog_tcp, &transport_syslog_tls, &transport_bulk, &transport_hec,
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (!strcmp(all[i]->name, name))
			return all[i];
	return NULL;
}
