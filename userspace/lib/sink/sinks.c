// SPDX-License-Identifier: Apache-2.0
#include "sink/sinks.h"

#include <stdio.h>
#include <string.h>

#include "sink/feeder.h"
#include "sink/format/format.h"
#include "sink/parse.h"
#include "sink/transport/transport.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/memory.h"

#define LOG_FILE	"log.conf"
#define LOG_TEXT	"transport = file\npath = %s\nretry_max = 5\n"

struct sinks {
	struct sinks_options options;
	struct path dir;
	struct feeder **feeders;
	size_t count, room;
};

int sinks_new(const struct sinks_options *options, struct sinks **out, struct resid_error *err)
{
	struct sinks *sinks = mem_zero(1, sizeof(*sinks));

	sinks->options = *options;
	sinks->dir = paths_in(options->dir ?: paths_conf_dir(), "sinks.d");
	*out = sinks;
	return 0;
}

void sinks_free(struct sinks *sinks)
{
	if (!sinks)
		return;
	for (size_t i = 0; i < sinks->count; i++)
		feeder_free(sinks->feeders[i]);
	free(sinks->feeders);
	free(sinks);
}

/* ---- reading the folder ------------------------------------------------------------------------------------ */

struct sinks_loading {
	struct sinks *sinks;
	struct resid_error *first;	/* the first file that cannot be used */
	bool failed, has_log;
};

/* The one that runs of that file; NULL: none. */
static struct feeder **sinks_find(const struct sinks *sinks, const char *file)
{
	for (size_t i = 0; i < sinks->count; i++)
		if (!strcmp(file_base_name(sinks->feeders[i]->file), file_base_name(file)))
			return &sinks->feeders[i];
	return NULL;
}

/* The cursor of a name is one sink's: the old one ends before the new one begins. */
static int sinks_put(struct sinks *sinks, const char *file, const char *text, struct resid_error *err)
{
	struct feeder **at = sinks_find(sinks, file), *feeder = NULL;
	struct sink_config config;

	if (sink_config_parse(file, text, &config, err)) {
		if (at)
			(*at)->stale = false;
		return -1;
	}
	if (at)
		feeder_free(*at);
	else
		at = MEM_PUSH(sinks->feeders, sinks->count, sinks->room);
	if (feeder_new(&sinks->options, file, text, &feeder, err)) {
		*at = sinks->feeders[--sinks->count];
		return -1;
	}
	*at = feeder;
	return 0;
}

static int sinks_file(void *context, const char *file, struct resid_error *err)
{
	struct sinks_loading *loading = context;
	_cleanup_free_ char *text = NULL;
	struct feeder **running;
	size_t length;

	loading->has_log |= !strcmp(file_base_name(file), LOG_FILE);
	if (file_read_text(file, SINK_CONFIG_MAX, &text, &length, err)) {
		running = sinks_find(loading->sinks, file);
		if (running)
			(*running)->stale = false;
	} else if (!sinks_put(loading->sinks, file, text, err)) {
		return 0;
	}
	if (!loading->failed)
		*loading->first = *err;
	else
		loading->sinks->options.say(loading->sinks->options.context, file_base_name(file), err->text);
	loading->failed = true;
	return 0;
}

static int sinks_built_in(struct sinks *sinks, struct resid_error *err)
{
	_cleanup_free_ char *text = mem_format(LOG_TEXT, sinks->options.log);

	return sinks_put(sinks, LOG_FILE, text, err);
}

static void sinks_remove_stale(struct sinks *sinks)
{
	size_t kept = 0;

	for (size_t i = 0; i < sinks->count; i++) {
		if (sinks->feeders[i]->stale)
			feeder_free(sinks->feeders[i]);
		else
			sinks->feeders[kept++] = sinks->feeders[i];
	}
	sinks->count = kept;
}

int sinks_load(struct sinks *sinks, struct resid_error *err)
{
	struct sinks_loading loading = { .sinks = sinks, .first = err };
	struct resid_error each;

	for (size_t i = 0; i < sinks->count; i++)
		sinks->feeders[i]->stale = true;
	if (sink_config_each(sinks->dir.text, sinks_file, &loading, &each)) {
		*err = each;
		for (size_t i = 0; i < sinks->count; i++)
			sinks->feeders[i]->stale = false;
		return -1;
	}
	if (sinks->options.log && !loading.has_log && sinks_built_in(sinks, &each)) {
		if (!loading.failed)
			*err = each;
		loading.failed = true;
	}
	sinks_remove_stale(sinks);
	return loading.failed ? -1 : 0;
}

/* ---- what they do ------------------------------------------------------------------------------------------ */

void sinks_rotate(struct sinks *sinks)
{
	for (size_t i = 0; i < sinks_count(sinks); i++) {
		struct feeder *feeder = sinks->feeders[i];

		feeder->look = feeder->config.transport->files;
		feeder_feed(feeder);
	}
}

bool sinks_files_done(const struct sinks *sinks)
{
	for (size_t i = 0; i < sinks_count(sinks); i++)
		if (sinks->feeders[i]->config.transport->files && spool_cursor_lag(sinks->feeders[i]->cursor))
			return false;
	return true;
}

size_t sinks_count(const struct sinks *sinks)
{
	return sinks ? sinks->count : 0;
}

void sinks_status(const struct sinks *sinks, size_t index, struct sink_status *out)
{
	const struct feeder *feeder = sinks->feeders[index];

	*out = feeder->status;
	out->name = feeder->config.name;
	out->transport = feeder->config.transport_name.text;
	out->format = feeder->config.format->name;
	out->pid = feeder->pid;
	out->lag = spool_cursor_lag(feeder->cursor);
	out->error = feeder->error;
}
