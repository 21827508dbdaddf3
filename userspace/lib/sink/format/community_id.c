// SPDX-License-Identifier: Apache-2.0
#include "sink/format/community_id.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/socket.h>

#include "util/memory.h"

struct community_id {
	EVP_MD *sha1;
	EVP_MD_CTX *context;
};

int community_id_new(struct community_id **out, struct resid_error *err)
{
	struct community_id *id = mem_zero(1, sizeof(*id));

	id->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	id->context = EVP_MD_CTX_new();
	if (!id->sha1 || !id->context) {
		community_id_free(id);
		return resid_fail(err, RESID_EXIT_SYSTEM, "OpenSSL has no SHA-1, of which community ids are made");
	}
	*out = id;
	return 0;
}

void community_id_free(struct community_id *id)
{
	if (!id)
		return;
	EVP_MD_CTX_free(id->context);
	EVP_MD_free(id->sha1);
	free(id);
}

/* Types that answer each other; -1: a message that has no answer. */
static int community_id_answer(uint8_t proto, uint8_t type)
{
	static const struct {
		uint8_t proto, one, other;
	} pairs[] = {
		{ IPPROTO_ICMP, ICMP_ECHO, ICMP_ECHOREPLY },
		{ IPPROTO_ICMP, ICMP_TIMESTAMP, ICMP_TIMESTAMPREPLY },
		{ IPPROTO_ICMP, ICMP_INFO_REQUEST, ICMP_INFO_REPLY },
		{ IPPROTO_ICMP, ICMP_ADDRESS, ICMP_ADDRESSREPLY },
		{ IPPROTO_ICMP, 10, 9 },	/* router solicitation, advertisement */
		{ IPPROTO_ICMPV6, ICMP6_ECHO_REQUEST, ICMP6_ECHO_REPLY },
		{ IPPROTO_ICMPV6, ND_ROUTER_SOLICIT, ND_ROUTER_ADVERT },
		{ IPPROTO_ICMPV6, ND_NEIGHBOR_SOLICIT, ND_NEIGHBOR_ADVERT },
		{ IPPROTO_ICMPV6, MLD_LISTENER_QUERY, MLD_LISTENER_REPORT },
		{ IPPROTO_ICMPV6, 139, 140 },	/* node information */
		{ IPPROTO_ICMPV6, 144, 145 },	/* home agent discovery */
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		if (pairs[i].proto != proto)
			continue;
		if (pairs[i].one == type)
			return pairs[i].other;
		if (pairs[i].other == type)
			return pairs[i].one;
	}
	return -1;
}

static bool community_id_has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP;
}

/* What is hashed: seed 0, the lesser address first, protocol, padding, and ports or what stands for them. */
static size_t community_id_input(const struct audit_event *event, uint8_t out[40])
{
	size_t size = event->family == AF_INET ? 4 : 16, length = 2;
	uint16_t port[2] = { event->sport, event->dport };
	bool icmp = event->detail == AUDIT_DETAIL_ICMP, ports = icmp || event->detail == AUDIT_DETAIL_PORTS, swap;
	int answer = -1, order = memcmp(event->src.bytes, event->dst.bytes, size);

	if (icmp) {
		answer = community_id_answer(event->proto, event->icmp_type);
		port[0] = event->icmp_type;
		port[1] = answer >= 0 ? (uint16_t)answer : event->icmp_code;
	}
	swap = (!icmp || answer >= 0) && (order > 0 || (!order && ports && port[0] > port[1]));
	memset(out, 0, 2);
	memcpy(out + length, swap ? event->dst.bytes : event->src.bytes, size);
	length += size;
	memcpy(out + length, swap ? event->src.bytes : event->dst.bytes, size);
	length += size;
	out[length++] = event->proto;
	out[length++] = 0;
	for (int i = 0; ports && i < 2; i++) {
		out[length++] = (uint8_t)(port[swap ? !i : i] >> 8);
		out[length++] = (uint8_t)port[swap ? !i : i];
	}
	return length;
}

bool community_id(struct community_id *id, const struct audit_event *event, char out[COMMUNITY_ID])
{
	uint8_t input[40], digest[EVP_MAX_MD_SIZE];
	bool icmp = event->proto == IPPROTO_ICMP || event->proto == IPPROTO_ICMPV6;

	*out = '\0';
	if ((event->family != AF_INET && event->family != AF_INET6) || event->src.state != AUDIT_ADDRESS_WHOLE ||
	    event->dst.state != AUDIT_ADDRESS_WHOLE ||
	    ((icmp || community_id_has_ports(event->proto)) && event->detail == AUDIT_DETAIL_NONE))
		return false;
	if (!EVP_DigestInit_ex2(id->context, id->sha1, NULL) ||
	    !EVP_DigestUpdate(id->context, input, community_id_input(event, input)) ||
	    !EVP_DigestFinal_ex(id->context, digest, NULL)) {
		ERR_clear_error();
		return false;
	}
	memcpy(out, "1:", 2);
	EVP_EncodeBlock((unsigned char *)out + 2, digest, 20);
	return true;
}
