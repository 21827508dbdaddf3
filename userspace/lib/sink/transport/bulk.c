// SPDX-License-Identifier: Apache-2.0
/*
 * The _bulk interface of Elasticsearch and OpenSearch. `create` with the record's id: a record that came before is a
 * conflict, which is as good as an arrival. The answer has a status for each item, and only that counts:
 *
 *   2xx, 409      it is there
 *   429, 5xx      again later
 *   all others    it will never be taken: parked, with the reason
 */
#include <stdio.h>

#include "sink/transport/http.h"
#include "util/cleanup.h"
#include "util/memory.h"

#define CONFLICT	409
#define TOO_MANY	429

struct bulk {
	struct http *http;
	struct jsonw body;
};

static int bulk_prepare(struct sink_link *link, struct resid_error *err)
{
	struct bulk *bulk = mem_zero(1, sizeof(*bulk));

	link->state = bulk;
	return http_prepare(link, "application/x-ndjson", "ApiKey", &bulk->http, err);
}

static int bulk_open(struct sink_link *link, struct resid_error *err)
{
	return 0;
}

static void bulk_item(struct bulk *bulk, const struct sink_config *config, const struct sink_batch *batch,
		      const struct sink_record *record)
{
	struct jsonw *body = &bulk->body;

	jsonw_object(body, NULL);
	jsonw_object(body, "create");
	jsonw_string(body, "_index", config->index.text);
	jsonw_string(body, "_id", record->id);
	jsonw_object_end(body);
	jsonw_object_end(body);
	jsonw_line(body);
	jsonw_raw(body, batch->text + record->offset, record->length);
	jsonw_line(body);
}

/* True: it is to be sent again. */
static bool bulk_outcome(struct sink_link *link, struct sink_batch *batch, size_t index, const json_t *item)
{
	const json_t *result = json_object_get(item, "create"), *error = json_object_get(result, "error");
	json_int_t status = json_integer_value(json_object_get(result, "status"));
	const char *reason = json_string_value(json_object_get(error, "reason"));
	char why[256];

	if (status == TOO_MANY || status >= 500 || status < 200)
		return true;
	if (status >= 300 && status != CONFLICT) {
		snprintf(why, sizeof(why), "record refused with status %lld: %.180s", (long long)status, reason ?: "");
		link->park(link->context, batch, index, why);
	}
	batch->records[index].done = true;
	return false;
}

/* Items answer in the order of the request. */
static int bulk_outcomes(struct sink_link *link, struct sink_batch *batch, const json_t *items, struct resid_error *err)
{
	size_t at = 0, again = 0, sent = 0;

	for (size_t i = 0; i < batch->count; i++)
		sent += !batch->records[i].done;
	if (json_array_size(items) != sent)
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: it answers for %zu of %zu records", link->config->url.text,
				  json_array_size(items), sent);
	for (size_t i = 0; i < batch->count; i++)
		if (!batch->records[i].done)
			again += bulk_outcome(link, batch, i, json_array_get(items, at++));
	if (again)
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: it could not take %zu of %zu records now",
				  link->config->url.text, again, sent);
	return 0;
}

static int bulk_send(struct sink_link *link, struct sink_batch *batch, struct resid_error *err)
{
	_cleanup_json_ json_t *answer = NULL;
	struct bulk *bulk = link->state;
	long status;

	bulk->body.length = 0;
	for (size_t i = 0; i < batch->count; i++)
		if (!batch->records[i].done)
			bulk_item(bulk, link->config, batch, &batch->records[i]);
	if (http_post(bulk->http, "/_bulk", bulk->body.text, bulk->body.length, &status, &answer, err))
		return -1;
	if (status != 200 || !json_is_array(json_object_get(answer, "items")))
		return http_refused(bulk->http, status, answer, err);
	return bulk_outcomes(link, batch, json_object_get(answer, "items"), err);
}

static void bulk_close(struct sink_link *link)
{
	http_close(((struct bulk *)link->state)->http);
}

const struct transport transport_bulk = {
	.name = "bulk",
	.format = "ecs",
	.json = true,
	.needs = TRANSPORT_URL | TRANSPORT_INDEX,
	.prepare = bulk_prepare,
	.open = bulk_open,
	.send = bulk_send,
	.close = bulk_close,
};
