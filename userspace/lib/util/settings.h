/* SPDX-License-Identifier: Apache-2.0 */
/* Files of key = value, `#` beginning a comment line. An unknown key is said: a typo must not be a silent default. */
#ifndef RESID_UTIL_SETTINGS_H
#define RESID_UTIL_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/paths.h"

enum setting_kind {
	SETTING_PATH,	/* struct path: absolute */
	SETTING_NUMBER,	/* uint32_t, min to max */
	SETTING_TEXT,	/* struct setting_text */
	SETTING_FLAG,	/* uint32_t: yes or no */
	SETTING_OWN,	/* by `store`; may stand again */
};

#define SETTINGS_FILE_MAX (1u << 20)	/* bytes of a file of settings */

struct setting_text {
	char text[256];
};

struct setting {
	const char *name;
	enum setting_kind kind;
	size_t offset;	/* in the structure that is filled */
	uint32_t min, max, preset;
	/* NULL, or what is wrong, to follow the key: "takes a colour". */
	const char *(*store)(void *at, const char *value);
};

/* Numbers and flags to their presets, all else to nothing. `size` bytes of `out`. */
void settings_default(const struct setting *settings, size_t count, void *out, size_t size);
/*
 * `text` is changed. `file` is for messages: FILE:LINE:COLUMN: a sentence. The first line that is wrong ends it; or
 * with `wrong`, which is told of each, none does: its setting keeps what it had.
 */
typedef void settings_wrong(void *context, const char *text);
int settings_parse(const struct setting *settings, size_t count, void *out, const char *file, char *text,
		   settings_wrong *wrong, void *context, struct resid_error *err);
/* The same of a file; one that cannot be read is wrong as a whole. */
int settings_read(const struct setting *settings, size_t count, void *out, const char *file, settings_wrong *wrong,
		  void *context, struct resid_error *err);

#endif
