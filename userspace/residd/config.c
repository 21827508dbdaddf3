// SPDX-License-Identifier: Apache-2.0
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/head.h"
#include "util/cleanup.h"
#include "util/file.h"

#define CONFIG_FILE_MAX	(1u << 20)

enum config_kind {
	CONFIG_PATH,
	CONFIG_NUMBER,
	CONFIG_PRIVACY,		/* may stand again */
};

static const struct config_key {
	const char *name;
	enum config_kind kind;
	size_t offset;
	uint32_t min, max, preset;
} config_keys[] = {
	{ "log_file", CONFIG_PATH, offsetof(struct config, log_file), 0, 0, 0 },
	{ "geoip4", CONFIG_PATH, offsetof(struct config, geoip4), 0, 0, 0 },
	{ "geoip6", CONFIG_PATH, offsetof(struct config, geoip6), 0, 0, 0 },
	{ "sets", CONFIG_PATH, offsetof(struct config, sets), 0, 0, 0 },
	{ "drain_interval", CONFIG_NUMBER, offsetof(struct config, drain_interval), 1, 3600, 5 },
	{ "status_interval", CONFIG_NUMBER, offsetof(struct config, status_interval), 1, 3600, 10 },
	{ "reconcile_interval", CONFIG_NUMBER, offsetof(struct config, reconcile_interval), 1, 86400, 30 },
	{ "generations_keep", CONFIG_NUMBER, offsetof(struct config, generations_keep), 1, 10000, 16 },
	{ "audit_key", CONFIG_PATH, offsetof(struct config, audit_key), 0, 0, 0 },
	{ "spool_days", CONFIG_NUMBER, offsetof(struct config, spool_days), 1, 36500, 183 },
	{ "spool_mb", CONFIG_NUMBER, offsetof(struct config, spool_mb), 0, 1u << 30, 0 },
	{ "spool_segment_mb", CONFIG_NUMBER, offsetof(struct config, spool_segment_mb), 1, 1024, 16 },
	{ "spool_segment_age", CONFIG_NUMBER, offsetof(struct config, spool_segment_age), 1, 86400, 3600 },
	{ "privacy", CONFIG_PRIVACY, offsetof(struct config, privacy), 0, 0, 0 },
};

#define CONFIG_KEYS (sizeof(config_keys) / sizeof(*config_keys))

static uint32_t *config_number(struct config *config, const struct config_key *key)
{
	return (uint32_t *)((char *)config + key->offset);
}

static struct path *config_path(struct config *config, const struct config_key *key)
{
	return (struct path *)((char *)config + key->offset);
}

void config_default(struct config *config)
{
	memset(config, 0, sizeof(*config));
	for (size_t i = 0; i < CONFIG_KEYS; i++)
		if (config_keys[i].kind == CONFIG_NUMBER)
			*config_number(config, &config_keys[i]) = config_keys[i].preset;
	snprintf(config->log_file.text, sizeof(config->log_file.text), "%s", paths_log_file());
	config->audit_key = head_key_default();
}

static char *config_trim(char *text)
{
	size_t length;

	text += strspn(text, " \t\r");
	length = strlen(text);
	while (length && strchr(" \t\r", text[length - 1]))
		text[--length] = '\0';
	return text;
}

static int config_set(struct config *config, const char *file, unsigned int line, const struct config_key *key,
		      const char *value, struct resid_error *err)
{
	const char *wrong;
	char *end;
	unsigned long number;

	if (key->kind == CONFIG_PRIVACY) {
		wrong = privacy_add(&config->privacy, value);
		return wrong ? resid_fail(err, RESID_EXIT_INPUT, "%s:%u: privacy %s, not `%.200s`", file, line, wrong,
					  value) : 0;
	}
	if (key->kind == CONFIG_PATH) {
		struct path *path = config_path(config, key);

		if (*value != '/' || strlen(value) >= sizeof(path->text))
			return resid_fail(err, RESID_EXIT_INPUT, "%s:%u: %s takes an absolute path, not `%.200s`", file, line,
					  key->name, value);
		snprintf(path->text, sizeof(path->text), "%s", value);
		return 0;
	}
	errno = 0;
	number = strtoul(value, &end, 10);
	if (errno || *end || *value < '0' || *value > '9' || number < key->min || number > key->max)
		return resid_fail(err, RESID_EXIT_INPUT, "%s:%u: %s takes a number from %u to %u, not `%.200s`", file, line,
				  key->name, key->min, key->max, value);
	*config_number(config, key) = (uint32_t)number;
	return 0;
}

static int config_line(struct config *config, const char *file, unsigned int number, char *line,
		       struct resid_error *err)
{
	char *equals, *name;

	line = config_trim(line);
	if (!*line || *line == '#')
		return 0;
	equals = strchr(line, '=');
	if (!equals)
		return resid_fail(err, RESID_EXIT_INPUT, "%s:%u: `%.200s` is not key = value", file, number, line);
	*equals = '\0';
	name = config_trim(line);
	for (size_t i = 0; i < CONFIG_KEYS; i++)
		if (!strcmp(config_keys[i].name, name))
			return config_set(config, file, number, &config_keys[i], config_trim(equals + 1), err);
	return resid_fail(err, RESID_EXIT_INPUT, "%s:%u: there is no key `%.200s`", file, number, name);
}

int config_parse(struct config *config, const char *file, char *text, struct resid_error *err)
{
	unsigned int number = 0;

	while (text && *text)
		if (config_line(config, file, ++number, strsep(&text, "\n"), err))
			return -1;
	return 0;
}

int config_read(struct config *config, const char *file, struct resid_error *err)
{
	_cleanup_free_ char *text = NULL;
	size_t length;

	config_default(config);
	if (access(file, F_OK) && errno == ENOENT)
		return 0;
	return file_read(file, CONFIG_FILE_MAX, &text, &length, err) || config_parse(config, file, text, err) ? -1 : 0;
}
