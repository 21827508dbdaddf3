/* SPDX-License-Identifier: Apache-2.0 */
/* A record of which everything is known, for tests and benchmarks of what is done with records. */
#ifndef TESTS_SAMPLE_H
#define TESTS_SAMPLE_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "spool/event.h"

static inline struct audit_event sample_event(void)
{
	struct audit_event event;

	event_init(&event);
	event.kind = AUDIT_KIND_EGRESS;
	event.sequence = 4711;
	memset(event.instance, 0xab, sizeof(event.instance));
	event.batch = 42;
	event.index = 7;
	event.host = "node-1.example";
	event.host_id = "0123456789abcdef0123456789abcdef";
	event.first_wall_ns = 1792842896000000001;
	event.last_wall_ns = 1792842897123456789;
	event.verdict = RESID_V_REJECT;
	event.class_id = 2;
	event.class_name = "health";
	event.rule = "deny-us";
	event.reason = "health data stays under EU law";
	event.justification = "none";
	event.policy = "policy.yaml";
	memset(event.generation, 0x5a, sizeof(event.generation));
	event.generation_length = RESID_DIGEST_LEN;
	event.packets = 3;
	event.bytes = 180;
	event.family = AF_INET;
	event.proto = IPPROTO_TCP;
	event.detail = AUDIT_DETAIL_PORTS;
	event.tcp_flags = 2;
	event.sport = 40000;
	event.dport = 443;
	inet_pton(AF_INET, "10.0.0.1", event.src.bytes);
	inet_pton(AF_INET, "52.46.1.2", event.dst.bytes);
	event.src.state = event.dst.state = AUDIT_ADDRESS_WHOLE;
	event.src.length = event.dst.length = 32;
	event.location = "FR";
	event.prefix = "52.46.0.0/15";
	event.control = "US";
	event.tier = "feed";
	event.control_source = "aws";
	event.operator = "aws";
	event.operator_name = "Amazon Web Services";
	event.asn = 16509;
	event.as_name = "AMAZON-02";
	event.ifindex = 3;
	event.ifname = "eth0";
	event.netns = 1;
	event.netns_name = "tenant-a";
	event.cgroup_id = 99;
	event.cgroup = "/machine.slice/libpod-1.scope";
	event.unit = "libpod-1.scope";
	event.container = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
	event.runtime = "podman";
	event.tenant = "hospital";
	event.uid = 1000;
	event.socket = 77;
	event.pid = 4242;
	event.comm = "curl";
	event.started_wall_ns = 1792842890000000000;
	return event;
}

/* The same of the i-th flow: other ports, addresses, times. */
static inline struct audit_event sample_flow(uint32_t i)
{
	uint32_t dst = htonl(0x342e0000u + i * 257), src = htonl(0x0a000001u + i % 7);
	struct audit_event event = sample_event();

	event.index = i;
	event.first_wall_ns += i * 1000003u;
	event.last_wall_ns = event.first_wall_ns + 1500000000u;
	event.first_boot_ns = event.first_wall_ns >> 8;
	event.last_boot_ns = event.last_wall_ns >> 8;
	event.sport = (uint16_t)(40000 + i);
	memcpy(event.src.bytes, &src, sizeof(src));
	memcpy(event.dst.bytes, &dst, sizeof(dst));
	return event;
}

#endif
