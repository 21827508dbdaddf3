// SPDX-License-Identifier: Apache-2.0
/* Metrics: on a loopback port or a socket, without a thread of its own, and as a file for a node exporter. */
#include "daemon.h"

#include <errno.h>
#include <microhttpd.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "metrics.h"
#include "sink/transport/net.h"
#include "util/file.h"
#include "util/memory.h"

#define EXPOSE_CLIENTS	8
#define EXPOSE_SECONDS	10	/* that a client may be silent */

static void expose_names_free(struct if_nameindex **names)
{
	if (*names)
		if_freenameindex(*names);
}

/* SO_NETNS_COOKIE of our own network namespace, which is the initial one; 0: not known. */
static uint64_t expose_netns(void)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t cookie = 0;
	socklen_t length = sizeof(cookie);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length))
		return 0;
	return cookie;
}

/* False: one of the lists cannot be had, so nobody knows. A list that failed is no empty one. */
static bool expose_unhooked(struct resid_nl *nl, uint32_t *out)
{
	_cleanup_free_ struct resid_nl_device *hooked = NULL;
	_cleanup_(expose_names_free) struct if_nameindex *all = if_nameindex();
	uint64_t netns = expose_netns();
	struct resid_error ignored;
	uint32_t unhooked = 0;
	size_t count, i;

	if (!all || !netns || resid_nl_devices(nl, &hooked, &count, &ignored))
		return false;
	for (struct if_nameindex *at = all; at && at->if_index; at++) {
		for (i = 0; i < count; i++)
			if (hooked[i].netns == netns && hooked[i].ifindex == at->if_index)
				break;
		unhooked += i == count && strcmp(at->if_name, "lo");
	}
	*out = unhooked;
	return true;
}

static bool expose_clock(void)
{
	struct timex timex = { 0 };

	return adjtimex(&timex) >= 0 && !(timex.status & STA_UNSYNC);
}

static void expose_write(struct daemon *daemon, struct jsonw *out)
{
	_cleanup_free_ struct resid_nl_counter *counters = NULL;
	_cleanup_free_ struct sink_status *sinks = NULL;
	struct metrics_facts facts = { .started = daemon->started, .snapshot = daemon->snapshot };
	struct resid_nl_status status;
	struct spool_status spool;
	struct resid_error ignored;

	if (daemon->nl && !resid_nl_status(daemon->nl, &status, &ignored)) {
		facts.status = &status;
		facts.unhooked_known = expose_unhooked(daemon->nl, &facts.unhooked);
		facts.counters_known = !resid_nl_counters(daemon->nl, &counters, &facts.counter_count, &ignored);
	}
	facts.counters = counters;
	if (daemon->spool) {
		spool_status(daemon->spool, &spool);
		facts.spool = &spool;
		facts.spool_writable = !daemon->outage.on;
	}
	facts.sink_count = sinks_count(daemon->sinks);
	facts.sinks = sinks = mem_zero(facts.sink_count + 1, sizeof(*sinks));
	for (size_t i = 0; i < facts.sink_count; i++)
		sinks_status(daemon->sinks, i, &sinks[i]);
	facts.clock_synchronised = expose_clock();
	for (int i = 0; i < TROUBLE_COUNT; i++)
		facts.troubles += *daemon->trouble[i] != '\0';
	metrics_write(out, &facts);
}

/* ---- the file --------------------------------------------------------------------------------------------- */

void expose_file(struct daemon *daemon)
{
	_cleanup_(jsonw_fini) struct jsonw out = { 0 };
	struct resid_error err;

	if (!*daemon->config.metrics_file.text)
		return;
	expose_write(daemon, &out);
	daemon_trouble(daemon, TROUBLE_METRICS,
		       file_write(daemon->config.metrics_file.text, out.text, out.length, 0644, FILE_OWN_GROUP, &err) ?
			       err.text : NULL);
}

/* ---- the port --------------------------------------------------------------------------------------------- */

static enum MHD_Result expose_answer(void *context, struct MHD_Connection *connection, const char *url,
				     const char *method, const char *version, const char *upload, size_t *upload_size,
				     void **request)
{
	struct MHD_Response *response;
	struct jsonw out = { 0 };
	enum MHD_Result result;
	unsigned int status = MHD_HTTP_OK;

	if (strcmp(method, MHD_HTTP_METHOD_GET)) {
		status = MHD_HTTP_METHOD_NOT_ALLOWED;
		jsonw_raw(&out, "GET /metrics\n", 13);
	} else if (strcmp(url, "/metrics")) {
		status = MHD_HTTP_NOT_FOUND;
		jsonw_raw(&out, "the metrics are at /metrics\n", 28);
	} else {
		expose_write(context, &out);
	}
	response = MHD_create_response_from_buffer(out.length, out.text, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		jsonw_fini(&out);
		return MHD_NO;
	}
	MHD_add_response_header(response, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static int expose_port(const char *address, struct resid_error *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_PASSIVE };
	_cleanup_close_ int fd = -1;
	struct addrinfo *to = NULL;
	char host[256], port[16];
	const int on = 1;
	int result;

	if (net_split(address, host, port, err))
		return -1;
	if (getaddrinfo(host, port, &hints, &to))
		return resid_fail(err, RESID_EXIT_INPUT, "metrics_listen: `%s` is no address and port", address);
	fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	result = fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
		 bind(fd, to->ai_addr, to->ai_addrlen) || listen(fd, EXPOSE_CLIENTS);
	freeaddrinfo(to);
	if (result)
		return resid_fail(err, RESID_EXIT_SYSTEM, "metrics_listen: %s: %s", address, strerror(errno));
	result = fd;
	fd = -1;
	return result;
}

/* Root and group resid may connect. */
static int expose_socket(const char *path, struct resid_error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int result;

	if (strlen(path) >= sizeof(address.sun_path))
		return resid_fail(err, RESID_EXIT_INPUT, "metrics_listen: %s is too long for a socket", path);
	strcpy(address.sun_path, path);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || chmod(path, 0660) ||
	    chown(path, (uid_t)-1, paths_group()) || listen(fd, EXPOSE_CLIENTS))
		return resid_fail(err, RESID_EXIT_SYSTEM, "metrics_listen: %s: %s", path, strerror(errno));
	result = fd;
	fd = -1;
	return result;
}

static int expose_ready(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct daemon *daemon = context;

	MHD_run(daemon->metrics);
	return 0;
}

void expose_init(struct daemon *daemon)
{
	const char *where = daemon->config.metrics_listen.text;
	const union MHD_DaemonInfo *info;
	struct resid_error err;
	int fd;

	daemon->started = (uint64_t)time(NULL);
	if (!*where)
		return;
	fd = *where == '/' ? expose_socket(where, &err) : expose_port(where, &err);
	if (fd >= 0) {
		daemon->metrics = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, expose_answer, daemon,
						   MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
						   (unsigned int)EXPOSE_CLIENTS, MHD_OPTION_CONNECTION_TIMEOUT,
						   (unsigned int)EXPOSE_SECONDS, MHD_OPTION_END);
		info = daemon->metrics ? MHD_get_daemon_info(daemon->metrics, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
		if (info && sd_event_add_io(daemon->event, &daemon->metrics_ready, info->epoll_fd, EPOLLIN,
					    expose_ready, daemon) >= 0)
			return;
		resid_fail(&err, RESID_EXIT_SYSTEM, "metrics_listen: %s: it cannot be served", where);
	}
	daemon_trouble(daemon, TROUBLE_METRICS, err.text);
}

void expose_fini(struct daemon *daemon)
{
	sd_event_source_disable_unref(daemon->metrics_ready);
	if (daemon->metrics)
		MHD_stop_daemon(daemon->metrics);
}
