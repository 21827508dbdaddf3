/* SPDX-License-Identifier: Apache-2.0 */
/* POST requests to a receiver, by libcurl: TLS with its certificate checked, no redirects, answers bounded. */
#ifndef RESID_SINK_TRANSPORT_HTTP_H
#define RESID_SINK_TRANSPORT_HTTP_H

#include "sink/transport/transport.h"
#include "util/json.h"
#include "util/jsonw.h"

struct http;

/*
 * Reads secrets: before privileges are dropped. scheme: what stands before the token if the configuration says
 * nothing.
 */
int http_prepare(struct sink_link *link, const char *content_type, const char *scheme, struct http **out,
		 struct resid_error *err);
/* A header for every request. */
void http_header(struct http *http, const char *header);
void http_close(struct http *http);

/* *status is the answer's; *answer its JSON, or NULL when it is none. -1: no answer. */
int http_post(struct http *http, const char *path, const char *body, size_t length, long *status, json_t **answer,
	      struct resid_error *err);
/* A refusal of the whole request. */
int http_refused(const struct http *http, long status, const json_t *answer, struct resid_error *err);

#endif
