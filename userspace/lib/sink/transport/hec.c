// SPDX-License-Identifier: Apache-2.0
/*
 * Splunk's HTTP Event Collector. Its 200 says that the events were accepted, not that they are indexed; with `ack =
 * yes` we wait until the indexer says so. Of a refused request it names the event that it could not read: those before
 * it are in, that one is parked, the rest comes again.
 */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "sink/format/format.h"
#include "sink/transport/http.h"
#include "util/cleanup.h"
#include "util/memory.h"

#define ACK_PAUSE_NS	250000000

struct hec {
	struct http *http;
	struct jsonw body;
	char channel[37];
};

/* A random GUID: acknowledgements are counted within it. */
static void hec_channel(struct hec *hec)
{
	unsigned char bytes[16] = { 0 };
	char header[80];

	if (getrandom(bytes, sizeof(bytes), 0) < 0)
		bytes[0] = 1;
	snprintf(hec->channel, sizeof(hec->channel),
		 "%02x%02x%02x%02x-%02x%02x-4%x%02x-a%x%02x-%02x%02x%02x%02x%02x%02x", bytes[0], bytes[1], bytes[2], bytes[3],
		 bytes[4], bytes[5], bytes[6] & 15, bytes[7], bytes[8] & 15, bytes[9], bytes[10], bytes[11], bytes[12],
		 bytes[13], bytes[14], bytes[15]);
	snprintf(header, sizeof(header), "X-Splunk-Request-Channel: %s", hec->channel);
	http_header(hec->http, header);
}

static int hec_prepare(struct sink_link *link, struct resid_error *err)
{
	struct hec *hec = mem_zero(1, sizeof(*hec));

	link->state = hec;
	if (http_prepare(link, "application/json", "Splunk", &hec->http, err))
		return -1;
	hec_channel(hec);
	return 0;
}

static int hec_open(struct sink_link *link, struct resid_error *err)
{
	return 0;
}

static void hec_event(struct hec *hec, const struct sink_config *config, const struct sink_batch *batch,
		      const struct sink_record *record)
{
	struct jsonw *body = &hec->body;
	char text[64];

	snprintf(text, sizeof(text), "%llu.%06llu", (unsigned long long)record->wall_ns / 1000000000,
		 (unsigned long long)record->wall_ns / 1000 % 1000000);
	jsonw_object(body, NULL);
	jsonw_string(body, "time", text);
	if (record->host)
		jsonw_string(body, "host", record->host);
	jsonw_string(body, "source", FORMAT_PRODUCT);
	snprintf(text, sizeof(text), "resid:%s", config->format->name);
	jsonw_string(body, "sourcetype", text);
	jsonw_key(body, "event");
	jsonw_raw(body, batch->text + record->offset, record->length);
	jsonw_object_end(body);
	jsonw_line(body);
}

/* The index in the batch of the request's event with this number. */
static size_t hec_index(const struct sink_batch *batch, json_int_t number)
{
	for (size_t i = 0; i < batch->count; i++)
		if (!batch->records[i].done && !number--)
			return i;
	return batch->count;
}

static int hec_refused(struct sink_link *link, struct sink_batch *batch, long status, const json_t *answer,
		       struct resid_error *err)
{
	const struct hec *hec = link->state;
	const json_t *number = json_object_get(answer, "invalid-event-number");
	size_t bad = json_is_integer(number) ? hec_index(batch, json_integer_value(number)) : batch->count;

	http_refused(hec->http, status, answer, err);
	if (status != 400 || bad == batch->count)
		return -1;
	link->park(link->context, batch, bad, err->text);
	for (size_t i = 0; i <= bad; i++)
		batch->records[i].done = true;
	return 0;
}

static int hec_wait(struct sink_link *link, json_int_t id, struct resid_error *err)
{
	const struct timespec pause = { .tv_nsec = ACK_PAUSE_NS };
	struct hec *hec = link->state;
	char path[96], body[64], key[24];
	int length;

	snprintf(path, sizeof(path), "/services/collector/ack?channel=%s", hec->channel);
	snprintf(key, sizeof(key), "%lld", (long long)id);
	length = snprintf(body, sizeof(body), "{\"acks\":[%s]}", key);
	for (uint64_t waited = 0; waited < link->config->timeout * 1000000000ull; waited += ACK_PAUSE_NS) {
		_cleanup_json_ json_t *answer = NULL;
		long status;

		if (http_post(hec->http, path, body, (size_t)length, &status, &answer, err))
			return -1;
		if (status != 200)
			return http_refused(hec->http, status, answer, err);
		if (json_is_true(json_object_get(json_object_get(answer, "acks"), key)))
			return 0;
		nanosleep(&pause, NULL);
	}
	return resid_fail(err, RESID_EXIT_SYSTEM, "%s: the indexer did not acknowledge in time", link->config->url.text);
}

/* One request. 1: there is more to send. */
static int hec_request(struct sink_link *link, struct sink_batch *batch, struct resid_error *err)
{
	_cleanup_json_ json_t *answer = NULL;
	struct hec *hec = link->state;
	const json_t *ack;
	long status;

	hec->body.length = 0;
	for (size_t i = 0; i < batch->count; i++)
		if (!batch->records[i].done)
			hec_event(hec, link->config, batch, &batch->records[i]);
	if (!hec->body.length)
		return 0;
	if (http_post(hec->http, "/services/collector/event", hec->body.text, hec->body.length, &status, &answer, err))
		return -1;
	if (status != 200 || json_integer_value(json_object_get(answer, "code")))
		return hec_refused(link, batch, status, answer, err) ? -1 : 1;
	ack = json_object_get(answer, "ackId");
	if (link->config->ack && !json_is_integer(ack))
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: it gives no ackId; enable acknowledgement for this token, or "
				  "set `ack = no`", link->config->url.text);
	if (link->config->ack && hec_wait(link, json_integer_value(ack), err))
		return -1;
	for (size_t i = 0; i < batch->count; i++)
		batch->records[i].done = true;
	return 0;
}

static int hec_send(struct sink_link *link, struct sink_batch *batch, struct resid_error *err)
{
	int result;

	while ((result = hec_request(link, batch, err)) == 1)
		;
	return result;
}

static void hec_close(struct sink_link *link)
{
	http_close(((struct hec *)link->state)->http);
}

const struct transport transport_hec = {
	.name = "hec",
	.format = "json",
	.json = true,
	.needs = TRANSPORT_URL | TRANSPORT_TOKEN,
	.prepare = hec_prepare,
	.open = hec_open,
	.send = hec_send,
	.close = hec_close,
};
