// SPDX-License-Identifier: Apache-2.0
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "spool/head.h"
#include "sink/transport/net.h"
#include "util/settings.h"

/* What was to be kept from the records, and cannot be read, must not be in them: then no address is whole. */
static const char *config_privacy(void *at, const char *value)
{
	const char *wrong = privacy_add(at, value);

	if (wrong)
		privacy_add(at, "* both truncate");
	return wrong;
}

/* Whoever may read metrics learns what a node sends: they do not leave it by themselves. */
static const char *config_listen(void *at, const char *value)
{
	struct setting_text *listen = at;
	char host[256], port[16];
	struct in6_addr address;
	struct resid_error ignored;

	if (strlen(value) >= sizeof(listen->text))
		return "is too long";
	if (*value != '/' && (net_split(value, host, port, &ignored) ||
			      !((inet_pton(AF_INET, host, &address) == 1 && !strncmp(host, "127.", 4)) ||
				(inet_pton(AF_INET6, host, &address) == 1 && IN6_IS_ADDR_LOOPBACK(&address)))))
		return "takes 127.0.0.1:PORT, [::1]:PORT or the absolute path of a socket";
	strcpy(listen->text, value);
	return NULL;
}

#define SETTING(name, kind, member, min, max, preset, store)                                   \
	{                                                                                      \
		name, SETTING_##kind, offsetof(struct config, member), min, max, preset, store \
	}
#define PATH(name, member)			SETTING(name, PATH, member, 0, 0, 0, NULL)
#define NUMBER(name, member, min, max, preset)	SETTING(name, NUMBER, member, min, max, preset, NULL)
#define OWN(name, member, store)		SETTING(name, OWN, member, 0, 0, 0, store)

static const struct setting config_settings[] = {
	PATH("geoip4", geoip4),
	PATH("geoip6", geoip6),
	PATH("sets", sets),
	NUMBER("drain_interval", drain_interval, 1, 3600, 5),
	NUMBER("status_interval", status_interval, 1, 3600, 10),
	NUMBER("reconcile_interval", reconcile_interval, 1, 86400, 30),
	NUMBER("generations_keep", generations_keep, 1, 10000, 16),
	PATH("audit_key", audit_key),
	NUMBER("spool_days", spool_days, 1, 36500, 183),
	NUMBER("spool_mb", spool_mb, 0, 1u << 30, 0),
	NUMBER("spool_segment_mb", spool_segment_mb, 1, 1024, 16),
	NUMBER("spool_segment_age", spool_segment_age, 1, 86400, 3600),
	OWN("privacy", privacy, config_privacy),
	OWN("when_absent", when_absent, absent_store),
	OWN("metrics_listen", metrics_listen, config_listen),
	PATH("metrics_file", metrics_file),
};

#define CONFIG_SETTINGS	(sizeof(config_settings) / sizeof(*config_settings))

void config_read(struct config *config, const char *file, settings_wrong *wrong, void *context)
{
	struct resid_error ignored;

	settings_default(config_settings, CONFIG_SETTINGS, config, sizeof(*config));
	config->audit_key = head_key_default();
	if (!access(file, F_OK) || errno != ENOENT)
		settings_read(config_settings, CONFIG_SETTINGS, config, file, wrong, context, &ignored);
}
