// SPDX-License-Identifier: Apache-2.0
#include "sink/transport/http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "util/buffer.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/memory.h"

#define ANSWER_MAX	(4u << 20)	/* bytes */
#define SECRET_MAX	(64u << 10)

struct http {
	const struct sink_config *config;
	CURL *curl;
	struct curl_slist *headers;
	struct buffer answer;
	char error[CURL_ERROR_SIZE];
};

static size_t http_receive(char *bytes, size_t size, size_t count, void *context)
{
	struct http *http = context;

	if (http->answer.length + count > ANSWER_MAX)
		return 0;
	buffer_append(&http->answer, bytes, size * count);
	return size * count;
}

void http_header(struct http *http, const char *header)
{
	http->headers = curl_slist_append(http->headers, header);
}

static int http_blob(struct http *http, CURLoption option, const struct setting_text *setting, struct resid_error *err)
{
	_cleanup_free_ char *text = NULL;
	struct curl_blob blob = { .flags = CURL_BLOB_COPY };
	struct path file;

	if (!*setting->text)
		return 0;
	if (sink_config_file(setting, &file, err) || file_read(file.text, SECRET_MAX, &text, &blob.len, err))
		return -1;
	blob.data = text;
	if (curl_easy_setopt(http->curl, option, &blob) != CURLE_OK)
		return resid_fail(err, RESID_EXIT_INPUT, "%s cannot be used", file.text);
	return 0;
}

static int http_token(struct http *http, const char *scheme, struct resid_error *err)
{
	const struct sink_config *config = http->config;
	_cleanup_free_ char *token = NULL, *header = NULL;
	struct path file;
	size_t length;

	if (!*config->token.text)
		return 0;
	if (sink_config_file(&config->token, &file, err) || file_read(file.text, SECRET_MAX, &token, &length, err))
		return -1;
	token[strcspn(token, "\r\n")] = '\0';
	header = mem_format("Authorization: %s %s", *config->token_scheme.text ? config->token_scheme.text : scheme, token);
	http_header(http, header);
	return 0;
}

static int http_set_up(struct http *http, struct resid_error *err)
{
	const struct sink_config *config = http->config;
	CURL *curl = http->curl;

	if (!curl || curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)config->timeout) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)config->timeout) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->error) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, http_receive) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_WRITEDATA, http) != CURLE_OK)
		return resid_fail(err, RESID_EXIT_SYSTEM, "libcurl cannot begin");
	return http_blob(http, CURLOPT_CAINFO_BLOB, &config->tls_ca, err) ||
	       http_blob(http, CURLOPT_SSLCERT_BLOB, &config->tls_cert, err) ||
	       http_blob(http, CURLOPT_SSLKEY_BLOB, &config->tls_key, err) ? -1 : 0;
}

int http_prepare(struct sink_link *link, const char *content_type, const char *scheme, struct http **out,
		 struct resid_error *err)
{
	_cleanup_free_ char *type = mem_format("Content-Type: %s", content_type);
	struct http *http = mem_zero(1, sizeof(*http));

	*out = http;
	http->config = link->config;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	http->curl = curl_easy_init();
	http_header(http, type);
	http_header(http, "Expect:");	/* no round trip before the body */
	return http_set_up(http, err) || http_token(http, scheme, err) ? -1 : 0;
}

/* The connection goes, the handle with its secrets stays. */
void http_close(struct http *http)
{
	curl_easy_setopt(http->curl, CURLOPT_FRESH_CONNECT, 1L);
}

int http_post(struct http *http, const char *path, const char *body, size_t length, long *status, json_t **answer,
	      struct resid_error *err)
{
	_cleanup_free_ char *url = mem_format("%s%s", http->config->url.text, path);
	CURLcode code;

	http->answer.length = 0;
	*http->error = '\0';
	curl_easy_setopt(http->curl, CURLOPT_URL, url);
	curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, http->headers);
	curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(http->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)length);
	code = curl_easy_perform(http->curl);
	curl_easy_setopt(http->curl, CURLOPT_FRESH_CONNECT, 0L);
	if (code != CURLE_OK)
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: %s", http->config->url.text,
				  *http->error ? http->error : curl_easy_strerror(code));
	curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, status);
	*answer = json_loadb((const char *)http->answer.data, http->answer.length, 0, NULL);
	return 0;
}

int http_refused(const struct http *http, long status, const json_t *answer, struct resid_error *err)
{
	const json_t *error = json_object_get(answer, "error");
	const char *text = json_string_value(json_object_get(answer, "text"));

	if (json_is_object(error))
		text = json_string_value(json_object_get(error, "reason"));
	else if (json_is_string(error))
		text = json_string_value(error);
	return resid_fail(err, RESID_EXIT_SYSTEM, "%s: it answers %ld%s%.300s", http->config->url.text, status,
			  text ? ": " : "", text ?: "");
}
