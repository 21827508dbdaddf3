// SPDX-License-Identifier: Apache-2.0
/* How many records a second each format writes on one core, with every fact known; the worst of three runs. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sink/format.h"

#define ECS_FLOOR	500000	/* records a second: what the project promises */
#define FLOWS		1024
#define ROUNDS		200

static struct audit_event events[FLOWS];

static void make_events(void)
{
	for (uint32_t i = 0; i < FLOWS; i++) {
		struct audit_event *event = &events[i];
		uint32_t dst = htonl(0x342e0000u + i * 257), src = htonl(0x0a000001u + i % 7);

		event_init(event);
		event->kind = AUDIT_KIND_EGRESS;
		event->sequence = 1000000 + i;
		memset(event->instance, 0xab, sizeof(event->instance));
		event->batch = 42;
		event->index = i;
		event->host = "node-1.example";
		event->host_id = "0123456789abcdef0123456789abcdef";
		event->first_wall_ns = 1792842896000000001u + i * 1000003u;
		event->last_wall_ns = event->first_wall_ns + 1500000000u;
		event->verdict = RESID_V_REJECT;
		event->class_name = "health";
		event->rule = "deny-us";
		event->reason = "health data stays under EU law";
		event->policy = "policy.yaml";
		memset(event->generation, 0x5a, sizeof(event->generation));
		event->generation_length = RESID_DIGEST_LEN;
		event->packets = 3;
		event->bytes = 180;
		event->family = AF_INET;
		event->proto = IPPROTO_TCP;
		event->detail = AUDIT_DETAIL_PORTS;
		event->sport = (uint16_t)(40000 + i);
		event->dport = 443;
		memcpy(event->src.bytes, &src, 4);
		memcpy(event->dst.bytes, &dst, 4);
		event->src.state = event->dst.state = AUDIT_ADDRESS_WHOLE;
		event->location = "FR";
		event->prefix = "52.46.0.0/15";
		event->control = "US";
		event->tier = "feed";
		event->operator = "aws";
		event->asn = 16509;
		event->as_name = "AMAZON-02";
		event->ifname = "eth0";
		event->cgroup = "/machine.slice/libpod-1.scope";
		event->unit = "libpod-1.scope";
		event->container = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
		event->runtime = "podman";
		event->tenant = "hospital";
		event->uid = 1000;
		event->pid = 4242;
		event->comm = "curl";
	}
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Records a second of this thread's processor time. */
static double run(const struct format *format, struct jsonw *out, size_t *bytes)
{
	_cleanup_(cleanup_format_writer) struct format_writer *writer = NULL;
	struct resid_error err;
	double start;

	if (format_writer_new(format, 0, &writer, &err))
		return 0;
	start = seconds();
	for (int round = 0; round < ROUNDS; round++) {
		out->length = 0;
		for (size_t i = 0; i < FLOWS; i++)
			format_record(writer, &events[i], 0, out);
	}
	*bytes = out->length / FLOWS;
	return ROUNDS * FLOWS / (seconds() - start);
}

int main(void)
{
	static const char *const names[] = { "json", "ecs", "ocsf", "cef", "rfc5424" };
	struct jsonw out = { 0 };
	bool slow = false;

	make_events();
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		double worst = 1e12;
		size_t bytes = 0;

		for (int trial = 0; trial < 3; trial++) {
			double rate = run(format_find(names[i]), &out, &bytes);

			worst = rate < worst ? rate : worst;
		}
		slow |= !strcmp(names[i], "ecs") && worst < ECS_FLOOR;
		printf("format %-8s %9.0f records/s on one core, %zu bytes each\n", names[i], worst, bytes);
	}
	if (slow)
		printf("format ecs is below %d records/s\n", ECS_FLOOR);
	jsonw_fini(&out);
	return slow;
}
