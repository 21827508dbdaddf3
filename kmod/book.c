// SPDX-License-Identifier: GPL-2.0-only
/*
 * The books: a counter for every packet that was judged, and beside it an audit record for those that are to be
 * recorded.
 *
 * No lock is taken here. The counter is one per CPU, and the audit table takes the lock of its CPU; BH is off, so that
 * the CPU stays the same and no other packet of it comes in between while a counter is half written.
 *
 * The counter comes with the ruling. It is freed only a grace period after the last policy that names it, and the
 * caller is still in the RCU read side in which the ruling was made.
 */
#include "book.h"

#include <linux/bottom_half.h>
#include <linux/cgroup.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "audit.h"
#include "counter.h"
#include "judge.h"
#include "sight.h"

static void book_socket(struct resid_audit_key *key, struct sock *sk)
{
	key->uid = ~0u;
	if (!sk)
		return;
	key->uid = from_kuid_munged(&init_user_ns, READ_ONCE(sk->sk_uid));
	key->socket = atomic64_read(&sk->sk_cookie);
	key->cgroup = cgroup_id(sock_cgroup_ptr(&sk->sk_cgrp_data));
}

static void book_key(struct resid_audit_key *key, const struct resid_sight *sight, const struct resid_ruling *ruling)
{
	const struct resid_packet *packet = &ruling->packet;

	memset(key, 0, sizeof(*key));
	book_socket(key, sight->sk);
	key->generation = ruling->generation;
	key->netns = sight->net->net_cookie;
	key->ifindex = sight->ifindex;
	key->rule = ruling->rule;
	key->group = ruling->group;
	key->class = ruling->class;
	key->verdict = ruling->verdict;
	key->hook = sight->hook;
	key->flags = ruling->flags;
	if (ruling->flags & RESID_AUDIT_F_NON_IP) {
		key->dport = htons(packet->ethertype);
		return;
	}
	key->family = packet->family;
	memcpy(key->src, packet->src, sizeof(key->src));
	if (packet->dest_count) {
		key->family = packet->dest[ruling->dest].family;
		memcpy(key->dst, packet->dest[ruling->dest].address, sizeof(key->dst));
	}
	key->proto = packet->proto;
	key->sport = packet->sport;
	key->dport = packet->dport;
}

/* BH off. */
static bool book_record(const struct resid_sight *sight, const struct resid_ruling *ruling, struct resid_audit_key *key)
{
	u8 tcp_flags = ruling->packet.tcp_flags;

	if (resid_audit_add(key, sight->packets, sight->bytes, tcp_flags, ruling->whole))
		return true;
	key->flags |= RESID_AUDIT_F_DENIED;
	resid_audit_add(key, sight->packets, sight->bytes, tcp_flags, false);
	return false;
}

bool resid_book_add(const struct resid_sight *sight, const struct resid_ruling *ruling)
{
	struct resid_audit_key key;
	bool passes = true;

	if (!ruling->counter)
		return true;
	if (ruling->record)
		book_key(&key, sight, ruling);

	local_bh_disable();
	resid_counter_add(ruling->counter, sight->packets, sight->bytes);
	if (ruling->record)
		passes = book_record(sight, ruling, &key);
	local_bh_enable();
	return passes;
}
