// SPDX-License-Identifier: Apache-2.0
/*
 * Syslog over TLS (RFC 5425): octet counting inside; the receiver proves itself by tls_ca, and we by tls_cert, if set.
 * The stream is confirmed by the receiver's close_notify, which nobody on the way can forge.
 */
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <unistd.h>

#include "sink/transport/net.h"
#include "sink/transport/syslog.h"
#include "util/cleanup.h"
#include "util/memory.h"

struct tls {
	SSL_CTX *context;	/* from prepare, for as long as the process lives */
	SSL *ssl;
	int fd;
	struct jsonw frames;
};

static int tls_fail(const struct sink_link *link, const char *what, struct resid_error *err)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	return resid_fail(err, RESID_EXIT_SYSTEM, "%s: %s: %s", link->config->address.text, what,
			  reason ? reason : "the connection broke");
}

static int tls_prove(const struct sink_link *link, SSL_CTX *context, struct resid_error *err)
{
	const struct sink_config *config = link->config;
	struct path cert, key;

	if (!*config->tls_cert.text)
		return 0;
	if (sink_config_file(&config->tls_cert, &cert, err) || sink_config_file(&config->tls_key, &key, err))
		return -1;
	if (SSL_CTX_use_certificate_chain_file(context, cert.text) != 1)
		return tls_fail(link, cert.text, err);
	if (SSL_CTX_use_PrivateKey_file(context, key.text, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(context) != 1)
		return tls_fail(link, key.text, err);
	return 0;
}

static int tls_prepare(struct sink_link *link, struct resid_error *err)
{
	struct tls *tls = mem_zero(1, sizeof(*tls));
	struct path ca;

	link->state = tls;
	tls->fd = -1;
	tls->context = SSL_CTX_new(TLS_client_method());
	if (!tls->context || SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) != 1)
		return tls_fail(link, "cannot begin with TLS", err);
	SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
	if (sink_config_file(&link->config->tls_ca, &ca, err))
		return -1;
	if (SSL_CTX_load_verify_file(tls->context, ca.text) != 1)
		return tls_fail(link, ca.text, err);
	return tls_prove(link, tls->context, err);
}

/* Whom the certificate must name. */
static int tls_expect(const struct sink_link *link, SSL *ssl, struct resid_error *err)
{
	char host[256], port[16];
	unsigned char address[16];
	const char *name = host;

	if (net_split(link->config->address.text, host, port, err))
		return -1;
	if (*link->config->tls_name.text)
		name = link->config->tls_name.text;
	if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1) {
		if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1)
			return 0;
	} else if (SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1) {
		return 0;
	}
	return tls_fail(link, name, err);
}

static void tls_close(struct sink_link *link)
{
	struct tls *tls = link->state;

	SSL_free(TAKE(tls->ssl));
	if (tls->fd >= 0)
		close(tls->fd);
	tls->fd = -1;
}

static int tls_shake(struct sink_link *link, struct resid_error *err)
{
	struct tls *tls = link->state;
	long verified;

	tls->ssl = SSL_new(tls->context);
	if (!tls->ssl || SSL_set_fd(tls->ssl, tls->fd) != 1)
		return tls_fail(link, "cannot begin with TLS", err);
	if (tls_expect(link, tls->ssl, err))
		return -1;
	if (SSL_connect(tls->ssl) == 1)
		return 0;
	verified = SSL_get_verify_result(tls->ssl);
	if (verified == X509_V_OK)
		return tls_fail(link, "TLS handshake", err);
	ERR_clear_error();
	return resid_fail(err, RESID_EXIT_SYSTEM, "%s: its certificate is refused: %s", link->config->address.text,
			  X509_verify_cert_error_string(verified));
}

static int tls_open(struct sink_link *link, struct resid_error *err)
{
	struct tls *tls = link->state;

	tls->fd = net_connect(link->config->address.text, SOCK_STREAM, link->config->timeout, err);
	if (tls->fd < 0)
		return -1;
	if (!tls_shake(link, err))
		return 0;
	tls_close(link);
	return -1;
}

static int tls_send(struct sink_link *link, struct sink_batch *batch, struct resid_error *err)
{
	struct tls *tls = link->state;
	size_t at = 0, written;
	char byte;

	syslog_frames(link->config, batch, &tls->frames);
	ERR_clear_error();
	for (; at < tls->frames.length; at += written)
		if (SSL_write_ex(tls->ssl, tls->frames.text + at, tls->frames.length - at, &written) != 1) {
			/* Under TLS 1.3 it refuses our certificate after our handshake: its alert waits to be read. */
			SSL_read_ex(tls->ssl, &byte, 1, &written);
			return tls_fail(link, "it takes no more data", err);
		}
	syslog_done(batch);
	return 0;
}

static int tls_confirm(struct sink_link *link, struct resid_error *err)
{
	struct tls *tls = link->state;
	char bytes[512];
	size_t length;

	ERR_clear_error();
	if (SSL_shutdown(tls->ssl) < 0)
		return tls_fail(link, "it did not read to the end", err);
	while (SSL_read_ex(tls->ssl, bytes, sizeof(bytes), &length) == 1)
		;
	if (SSL_get_shutdown(tls->ssl) & SSL_RECEIVED_SHUTDOWN)
		return 0;
	return tls_fail(link, "it did not read to the end", err);
}

const struct transport transport_syslog_tls = {
	.name = "syslog-tls",
	.format = "rfc5424",
	.needs = TRANSPORT_ADDRESS | TRANSPORT_CA,
	.overhead = SYSLOG_OVERHEAD,
	.prepare = tls_prepare,
	.open = tls_open,
	.send = tls_send,
	.confirm = tls_confirm,
	.close = tls_close,
};
