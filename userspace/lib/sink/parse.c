// SPDX-License-Identifier: Apache-2.0
#include "sink/parse.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sink/format/format.h"
#include "sink/transport/transport.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/memory.h"

#define SUFFIX	".conf"

#define CONFIG(name, kind, member, min, max, preset)                                               \
	{                                                                                          \
		name, SETTING_##kind, offsetof(struct sink_config, member), min, max, preset, NULL \
	}

static const struct setting config_settings[] = {
	CONFIG("transport", TEXT, transport_name, 0, 0, 0),
	CONFIG("format", TEXT, format_name, 0, 0, 0),
	CONFIG("address", TEXT, address, 0, 0, 0),
	CONFIG("url", TEXT, url, 0, 0, 0),
	CONFIG("path", PATH, path, 0, 0, 0),
	CONFIG("index", TEXT, index, 0, 0, 0),
	CONFIG("token", TEXT, token, 0, 0, 0),
	CONFIG("token_scheme", TEXT, token_scheme, 0, 0, 0),
	CONFIG("tls_ca", TEXT, tls_ca, 0, 0, 0),
	CONFIG("tls_cert", TEXT, tls_cert, 0, 0, 0),
	CONFIG("tls_key", TEXT, tls_key, 0, 0, 0),
	CONFIG("tls_name", TEXT, tls_name, 0, 0, 0),
	CONFIG("enterprise", NUMBER, enterprise, 1, UINT32_MAX, FORMAT_ENTERPRISE),
	CONFIG("facility", NUMBER, facility, 0, 23, 13),	/* log audit */
	CONFIG("batch", NUMBER, batch, 1, 256, 256),
	CONFIG("timeout", NUMBER, timeout, 1, 600, 10),
	CONFIG("retry_max", NUMBER, retry_max, 1, 3600, 60),
	CONFIG("confirm", NUMBER, confirm, 1, 3600, 30),
	CONFIG("rotate_bytes", NUMBER, rotate_bytes, 0, UINT32_MAX, 0),
	CONFIG("rotate_keep", NUMBER, rotate_keep, 1, 1000, 8),
	CONFIG("ack", FLAG, ack, 0, 1, 0),
};

#define CONFIG_SETTINGS	(sizeof(config_settings) / sizeof(*config_settings))

static int config_name(const char *file, char *out, size_t size, struct resid_error *err)
{
	const char *base = file_base_name(file);
	size_t length = strlen(base) - strlen(SUFFIX);

	if (!length || length > 64 || strspn(base, "abcdefghijklmnopqrstuvwxyz0123456789-_") < length)
		return resid_fail(err, RESID_EXIT_INPUT, "%s: a sink's name has 1 to 64 of a-z, 0-9, - and _", file);
	snprintf(out, size, "%.*s", (int)length, base);
	return 0;
}

static int config_formats(struct sink_config *config, const char *file, struct resid_error *err)
{
	const char *own = config->transport->format, *name = config->format_name.text;

	if (config->transport->own_format && *name)
		return resid_fail(err, RESID_EXIT_INPUT, "%s: transport %s has a form of its own: no `format`", file,
				  config->transport_name.text);
	config->format = format_find(*name ? name : own);
	if (!config->format || (*name && config->format == &format_journal))
		return resid_fail(err, RESID_EXIT_INPUT, "%s: there is no format `%s`; json, ecs, ocsf, cef and rfc5424 are",
				  file, name);
	if (config->transport->json && !config->format->json)
		return resid_fail(err, RESID_EXIT_INPUT, "%s: transport %s carries JSON: json, ecs or ocsf, not %s", file,
				  config->transport_name.text, name);
	return 0;
}

static int config_needs(const struct sink_config *config, const char *file, struct resid_error *err)
{
	const struct {
		enum transport_need need;
		const char *key, *value;
	} needs[] = {
		{ TRANSPORT_ADDRESS, "address", config->address.text },
		{ TRANSPORT_URL, "url", config->url.text },
		{ TRANSPORT_PATH, "path", config->path.text },
		{ TRANSPORT_INDEX, "index", config->index.text },
		{ TRANSPORT_TOKEN, "token", config->token.text },
		{ TRANSPORT_CA, "tls_ca", config->tls_ca.text },
	};

	for (size_t i = 0; i < sizeof(needs) / sizeof(*needs); i++)
		if (config->transport->needs & needs[i].need && !*needs[i].value)
			return resid_fail(err, RESID_EXIT_INPUT, "%s: transport %s needs `%s = ...`", file,
					  config->transport_name.text, needs[i].key);
	if (!*config->tls_cert.text != !*config->tls_key.text)
		return resid_fail(err, RESID_EXIT_INPUT, "%s: tls_cert and tls_key belong together", file);
	return 0;
}

int sink_config_parse(const char *file, const char *text, struct sink_config *config, struct resid_error *err)
{
	_cleanup_free_ char *copy = mem_copy(text, strlen(text));

	settings_default(config_settings, CONFIG_SETTINGS, config, sizeof(*config));
	if (config_name(file, config->name, sizeof(config->name), err) ||
	    settings_parse(config_settings, CONFIG_SETTINGS, config, file, copy, NULL, NULL, err))
		return -1;
	config->transport = transport_find(config->transport_name.text);
	if (!config->transport)
		return resid_fail(err, RESID_EXIT_INPUT,
				  "%s: `transport = ...` must be one of file, journald, journal-remote, syslog-udp, syslog-tcp, "
				  "syslog-tls, bulk and hec, not `%s`", file, config->transport_name.text);
	return config_formats(config, file, err) || config_needs(config, file, err) ? -1 : 0;
}

static int config_is_conf(const struct dirent *entry)
{
	const char *suffix = strrchr(entry->d_name, '.');

	return suffix && suffix > entry->d_name && *entry->d_name != '.' && !strcmp(suffix, SUFFIX);
}

int sink_config_each(const char *dir, int (*each)(void *context, const char *file, struct resid_error *err),
		     void *context, struct resid_error *err)
{
	struct dirent **entries = NULL;
	int count = scandir(dir, &entries, config_is_conf, alphasort), result = 0;

	if (count < 0 && errno == ENOENT)
		return 0;
	if (count < 0)
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: %s", dir, strerror(errno));
	for (int i = 0; i < count; i++) {
		struct path file = paths_in(dir, "%s", entries[i]->d_name);

		if (!result)
			result = each(context, file.text, err);
		free(entries[i]);
	}
	free(entries);
	return result;
}
