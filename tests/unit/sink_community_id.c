// SPDX-License-Identifier: Apache-2.0
/* Community ID against the tables of its specification (corelight/community-id-spec, baseline/). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "sink/format/community_id.h"

static struct community_id *id;

/* Fills what the id is made of; for ICMP the "ports" are type and code. */
static void flow(struct audit_event *event, uint8_t proto, const char *src, const char *dst, int sport, int dport)
{
	event_init(event);
	event->kind = AUDIT_KIND_EGRESS;
	event->family = inet_pton(AF_INET, src, event->src.bytes) == 1 ? AF_INET : AF_INET6;
	if (event->family == AF_INET6)
		assert_int_equal(inet_pton(AF_INET6, src, event->src.bytes), 1);
	assert_int_equal(inet_pton(event->family, dst, event->dst.bytes), 1);
	event->src.state = event->dst.state = AUDIT_ADDRESS_WHOLE;
	event->src.length = event->dst.length = event->family == AF_INET ? 32 : 128;
	event->proto = proto;
	if (sport < 0)
		return;
	if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) {
		event->detail = AUDIT_DETAIL_ICMP;
		event->icmp_type = (uint8_t)sport;
		event->icmp_code = (uint8_t)dport;
	} else {
		event->detail = AUDIT_DETAIL_PORTS;
		event->sport = (uint16_t)sport;
		event->dport = (uint16_t)dport;
	}
}

static void published_vectors(void **state)
{
	static const char ll1[] = "fe80:1:203:405:607:809:a0b:c0d", ll2[] = "fe80:1011:1213:1415:1617:1819:1a1b:1c1d";
	static const struct {
		uint8_t proto;
		const char *src, *dst;
		int sport, dport;
		const char *id;
	} vectors[] = {
		{ 6, "1.2.3.4", "5.6.7.8", 1122, 3344, "1:wCb3OG7yAFWelaUydu0D+125CLM=" },
		{ 6, "5.6.7.8", "1.2.3.4", 3344, 1122, "1:wCb3OG7yAFWelaUydu0D+125CLM=" },
		{ 17, "1.2.3.4", "5.6.7.8", 1122, 3344, "1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg=" },
		{ 17, "5.6.7.8", "1.2.3.4", 3344, 1122, "1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg=" },
		{ 132, "1.2.3.4", "5.6.7.8", 1122, 3344, "1:EKt4MsxuyaE6mL+hmrEkQ9csDD8=" },
		{ 132, "5.6.7.8", "1.2.3.4", 3344, 1122, "1:EKt4MsxuyaE6mL+hmrEkQ9csDD8=" },
		{ 1, "1.2.3.4", "5.6.7.8", 8, 0, "1:crodRHL2FEsHjbv3UkRrfbs4bZ0=" },
		{ 1, "5.6.7.8", "1.2.3.4", 0, 0, "1:crodRHL2FEsHjbv3UkRrfbs4bZ0=" },
		{ 1, "1.2.3.4", "5.6.7.8", 11, 0, "1:f/YiSyWqczrTgfUCZlBUnvHRcPk=" },
		{ 58, ll1, ll2, 128, 0, "1:0bf7hyMJUwt3fMED7z8LIfRpBeo=" },
		{ 58, ll2, ll1, 129, 0, "1:0bf7hyMJUwt3fMED7z8LIfRpBeo=" },
		{ 58, ll1, ll2, 146, 0, "1:fYC8+pz24E+EhANP1EZhpX0Dw10=" },
		{ 46, "1.2.3.4", "5.6.7.8", -1, -1, "1:ikv3kmf89luf73WPz1jOs49S768=" },
		{ 46, "5.6.7.8", "1.2.3.4", -1, -1, "1:ikv3kmf89luf73WPz1jOs49S768=" },
		{ 46, ll1, ll2, -1, -1, "1:wQ/2mwrnXP4lmJcHdGL5ePjR+e0=" },
		{ 46, ll2, ll1, -1, -1, "1:wQ/2mwrnXP4lmJcHdGL5ePjR+e0=" },
		{ 58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 0, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=" },
		{ 58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 136, 0, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=" },
		{ 58, "3ffe:501:410:0:2c0:dfff:fe47:33e", "3ffe:507:0:1:200:86ff:fe05:80da", 1, 4,
		  "1:hLZd0XGWojozrvxqE0dWB1iM6R0=" },
		{ 58, "fe80::200:86ff:fe05:80da", "ff02::2", 133, 0, "1:hO+sN4H+MG5MY/8hIrXPqc4ZQz0=" },
		{ 58, "fe80::260:97ff:fe07:69ea", "ff02::1", 134, 0, "1:pkvHqCL88/tg1k4cPigmZXUtL00=" },
		{ 1, "10.0.0.1", "10.0.0.2", 11, 0, "1:YHxtAirCG//0OzkcVAukqKQN9xM=" },
		{ 6, "2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", 63943, 25,
		  "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=" },
		{ 132, "192.168.170.56", "192.168.170.8", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs=" },
		{ 17, "8.8.8.8", "192.168.1.52", 53, 54585, "1:d/FP5EW3wiY1vCndhwleRRKHowQ=" },
	};
	char text[COMMUNITY_ID];

	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		struct audit_event event;

		flow(&event, vectors[i].proto, vectors[i].src, vectors[i].dst, vectors[i].sport, vectors[i].dport);
		assert_true(community_id(id, &event, text));
		assert_string_equal(text, vectors[i].id);
	}
}

/* An id of half a flow would match flows that it does not name. */
static void silent_without_all_of_it(void **state)
{
	char text[COMMUNITY_ID];
	struct audit_event event;

	flow(&event, IPPROTO_TCP, "1.2.3.4", "5.6.7.8", -1, -1);
	assert_false(community_id(id, &event, text));
	assert_string_equal(text, "");
	flow(&event, IPPROTO_ICMP, "1.2.3.4", "5.6.7.8", -1, -1);
	assert_false(community_id(id, &event, text));
	flow(&event, IPPROTO_TCP, "1.2.3.4", "5.6.7.8", 1, 2);
	event.src.state = AUDIT_ADDRESS_TRUNCATED;
	assert_false(community_id(id, &event, text));
	flow(&event, IPPROTO_TCP, "1.2.3.4", "5.6.7.8", 1, 2);
	event.dst.state = AUDIT_ADDRESS_NONE;
	assert_false(community_id(id, &event, text));
	event_init(&event);
	assert_false(community_id(id, &event, text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vectors),
		cmocka_unit_test(silent_without_all_of_it),
	};
	struct resid_error err;
	int failed;

	if (community_id_new(&id, &err))
		return 2;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	community_id_free(id);
	return failed;
}
