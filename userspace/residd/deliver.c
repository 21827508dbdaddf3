// SPDX-License-Identifier: Apache-2.0
#include "daemon.h"

#include <stdio.h>
#include <systemd/sd-daemon.h>

#include "sink/sinks.h"

static void deliver_say(void *context, const char *sink, const char *text)
{
	struct daemon *daemon = context;

	daemon_say(SD_WARNING, "sink %s: %s", sink, text);
	daemon->publish = true;
}

void deliver_load(struct daemon *daemon)
{
	const struct sinks_options options = {
		.event = daemon->event,
		.spool = daemon->spool,
		.log = paths_log_file(),
		.say = deliver_say,
		.context = daemon,
	};
	struct resid_error err;
	int result = 0;

	if (!daemon->spool)
		return;
	if (!daemon->sinks)
		result = sinks_new(&options, &daemon->sinks, &err);
	result = result || sinks_load(daemon->sinks, &err);
	daemon_trouble(daemon, TROUBLE_SINK, result ? err.text : NULL);
}

void deliver_publish(struct jsonw *json, const struct daemon *daemon)
{
	jsonw_array(json, "sinks");
	for (size_t i = 0; i < sinks_count(daemon->sinks); i++) {
		struct sink_status status;

		sinks_status(daemon->sinks, i, &status);
		jsonw_object(json, NULL);
		jsonw_string(json, "name", status.name);
		jsonw_string(json, "transport", status.transport);
		jsonw_string(json, "format", status.format);
		jsonw_string(json, "state", sink_state_name(status.state));
		jsonw_u64(json, "lag", status.lag);
		jsonw_u64(json, "delivered", status.delivered);
		jsonw_u64(json, "failures", status.failures);
		jsonw_u64(json, "parked", status.parked);
		if (*status.error)
			jsonw_string(json, "error", status.error);
		jsonw_object_end(json);
	}
	jsonw_array_end(json);
}
