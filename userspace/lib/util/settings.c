// SPDX-License-Identifier: Apache-2.0
#include "util/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/file.h"

void settings_default(const struct setting *settings, size_t count, void *out, size_t size)
{
	memset(out, 0, size);
	for (size_t i = 0; i < count; i++)
		if (settings[i].kind == SETTING_NUMBER || settings[i].kind == SETTING_FLAG)
			memcpy((char *)out + settings[i].offset, &settings[i].preset, sizeof(settings[i].preset));
}

static char *settings_trim(char *text)
{
	size_t length;

	text += strspn(text, " \t\r");
	length = strlen(text);
	while (length && strchr(" \t\r", text[length - 1]))
		text[--length] = '\0';
	return text;
}

/* What is wrong, to follow the key; NULL: it is stored. */
static const char *settings_store(const struct setting *setting, void *out, const char *value, char *want, size_t size)
{
	char *at = (char *)out + setting->offset, *end;
	unsigned long number;
	uint32_t word;

	switch (setting->kind) {
	case SETTING_PATH:
		if (*value != '/' || strlen(value) >= sizeof(struct path))
			return "takes an absolute path";
		strcpy(((struct path *)at)->text, value);
		return NULL;
	case SETTING_TEXT:
		if (!*value || strlen(value) >= sizeof(struct setting_text))
			return "takes a text of 1 to 255 bytes";
		strcpy(((struct setting_text *)at)->text, value);
		return NULL;
	case SETTING_FLAG:
		word = !strcmp(value, "yes");
		if (!word && strcmp(value, "no"))
			return "takes yes or no";
		memcpy(at, &word, sizeof(word));
		return NULL;
	case SETTING_OWN:
		return setting->store(at, value);
	case SETTING_NUMBER:
		break;
	}
	errno = 0;
	number = strtoul(value, &end, 10);
	snprintf(want, size, "takes a number from %u to %u", setting->min, setting->max);
	if (errno || *end || *value < '0' || *value > '9' || number < setting->min || number > setting->max)
		return want;
	word = (uint32_t)number;
	memcpy(at, &word, sizeof(word));
	return NULL;
}

static unsigned int settings_column(const char *start, const char *at)
{
	return (unsigned int)(at - start) + 1;
}

static int settings_line(const struct setting *settings, size_t count, void *out, const char *file, unsigned int number,
			 char *line, struct resid_error *err)
{
	const char *want;
	char *start = line, *equals, *name, *value, text[64];

	line = settings_trim(line);
	if (!*line || *line == '#')
		return 0;
	equals = strchr(line, '=');
	if (!equals)
		return resid_fail(err, RESID_EXIT_INPUT, "%s:%u:%u: `%.200s` is not key = value", file, number,
				  settings_column(start, line), line);
	*equals = '\0';
	name = settings_trim(line);
	value = settings_trim(equals + 1);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(settings[i].name, name))
			continue;
		want = settings_store(&settings[i], out, value, text, sizeof(text));
		if (!want)
			return 0;
		return resid_fail(err, RESID_EXIT_INPUT, "%s:%u:%u: %s %s, not `%.200s`", file, number,
				  settings_column(start, value), name, want, value);
	}
	return resid_fail(err, RESID_EXIT_INPUT, "%s:%u:%u: there is no key `%.200s`", file, number,
			  settings_column(start, name), name);
}

int settings_parse(const struct setting *settings, size_t count, void *out, const char *file, char *text,
		   settings_wrong *wrong, void *context, struct resid_error *err)
{
	unsigned int number = 0;

	while (text && *text) {
		if (!settings_line(settings, count, out, file, ++number, strsep(&text, "\n"), err))
			continue;
		if (!wrong)
			return -1;
		wrong(context, err->text);
	}
	return 0;
}

int settings_read(const struct setting *settings, size_t count, void *out, const char *file, settings_wrong *wrong,
		  void *context, struct resid_error *err)
{
	_cleanup_free_ char *text = NULL;
	size_t length;

	if (!file_read_text(file, SETTINGS_FILE_MAX, &text, &length, err))
		return settings_parse(settings, count, out, file, text, wrong, context, err);
	if (!wrong)
		return -1;
	wrong(context, err->text);
	return 0;
}
