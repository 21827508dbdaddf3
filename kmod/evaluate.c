// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks the judge about packets that nobody sends. A question is made into the packet that it describes and goes the
 * way of every other one; only where the class comes from differs, and nothing is booked.
 *
 * No lock: the questions of one message are answered inside one RCU read side and by one state, which the answer names.
 */
#include "evaluate.h"

#include <linux/netlink.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "judge.h"
#include "policy.h"
#include "state.h"
#include "verdict.h"

static_assert(sizeof(struct resid_question) == 32);
static_assert(sizeof(struct resid_answer) == 32);

static const char *evaluate_check_one(const struct resid_question *question)
{
	if (question->family != AF_INET && question->family != AF_INET6)
		return "a question's family is neither AF_INET nor AF_INET6";
	if (question->family == AF_INET && memchr_inv(question->address + 4, 0, 12))
		return "a question's IPv4 address is longer than 4 bytes";
	if (question->direction > RESID_DIR_REPLY)
		return "a question's direction is unknown: see enum resid_direction";
	if (question->flags & ~RESID_QUESTION_F_ALL || question->reserved)
		return "a question has an unknown flag, or a reserved byte that is not zero";
	if ((question->proto && !(question->flags & RESID_QUESTION_F_PROTO)) ||
	    (question->dport && !(question->flags & RESID_QUESTION_F_PORT)) ||
	    (question->time && !(question->flags & RESID_QUESTION_F_TIME)))
		return "a question holds a value that its flags do not name";
	if (question->flags & RESID_QUESTION_F_PORT && !resid_verdict_has_ports(question->proto))
		return "a question with a port needs a protocol that has ports";
	return NULL;
}

int resid_evaluate_check(const struct resid_question *question, unsigned int count, struct netlink_ext_ack *extack)
{
	const char *reason;

	for (; count; count--, question++) {
		reason = evaluate_check_one(question);
		if (reason) {
			extack->_msg = reason;
			return -EINVAL;
		}
	}
	return 0;
}

static void evaluate_packet(const struct resid_question *question, const struct resid_core *core,
			    struct resid_packet *packet)
{
	packet->family = question->family;
	packet->proto_known = question->flags & RESID_QUESTION_F_PROTO;
	packet->has_port = question->flags & RESID_QUESTION_F_PORT;
	packet->proto = question->proto;
	packet->dport = question->dport;
	resid_packet_imagine(packet, question->address, core ? core->nat64 : NULL, core ? core->nat64_count : 0);
}

static void evaluate_answer(const struct resid_policy *policy, const struct resid_ruling *ruling,
			    struct resid_answer *answer)
{
	const struct resid_dest *dest = &ruling->packet.dest[ruling->dest];

	memset(answer, 0, sizeof(*answer));
	answer->rule = RESID_NO_RULE;
	answer->family = dest->family;
	memcpy(answer->dst, dest->address, sizeof(answer->dst));
	answer->verdict = ruling->verdict;
	if (!policy)
		answer->flags |= RESID_ANSWER_F_NO_POLICY;
	if (ruling->refuse)
		answer->flags |= RESID_ANSWER_F_REFUSED;
	if (ruling->flags & RESID_AUDIT_F_PERMISSIVE)
		answer->flags |= RESID_ANSWER_F_PERMISSIVE;
	if (ruling->dest)
		answer->flags |= RESID_ANSWER_F_INNER;
	if (ruling->packet.kind == RESID_PACKET_LINK)
		answer->flags |= RESID_ANSWER_F_LINK;
	if (policy) {
		answer->rule = ruling->rule;
		answer->group = ruling->group;
		answer->key = policy->table.rule[ruling->rule].key;
	}
}

static void evaluate_one(const struct resid_state *state, const struct resid_question *question,
			 struct resid_answer *answer)
{
	const struct resid_policy *policy = state->policy;
	struct resid_ruling ruling = { .classes = { .count = 1, .id = { question->class } } };
	s64 now = question->time;

	if (policy && !(question->flags & RESID_QUESTION_F_TIME))
		now = resid_policy_now(policy);
	evaluate_packet(question, policy ? policy->table.core : NULL, &ruling.packet);
	resid_judge_decide(state, question->direction, now, &ruling);
	evaluate_answer(policy, &ruling, answer);
}

bool resid_evaluate(const struct resid_question *question, unsigned int count, struct resid_answer *answer,
		    u8 generation[RESID_DIGEST_LEN])
{
	const struct resid_state *state;
	bool has_policy;

	rcu_read_lock();
	state = rcu_dereference(resid_state);
	has_policy = state->policy;
	if (has_policy)
		memcpy(generation, state->policy->table.generation, RESID_DIGEST_LEN);
	for (; count; count--)
		evaluate_one(state, question++, answer++);
	rcu_read_unlock();
	return has_policy;
}
