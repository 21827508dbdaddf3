// SPDX-License-Identifier: Apache-2.0
#include "explain_kernel.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/report.h"
#include "node/store.h"
#include "util/hex.h"
#include "util/memory.h"

int explain_kernel_snapshot(const struct call *call, struct resid_nl *nl, struct snapshot **out,
			    struct resid_error *err)
{
	struct resid_nl_status status = { 0 };
	struct path file;

	if (call_option(call, "snapshot") || call_option(call, "policy"))
		return 0;
	if (resid_nl_status(nl, &status, err))
		return -1;
	file = store_generation(status.generation);
	return access(file.text, R_OK) ? 0 : snapshot_open(file.text, out, err);
}

static struct resid_question explain_kernel_question(const struct explain *explain)
{
	const struct resid_flow *flow = &explain->to.flow;
	struct resid_question question = {
		.time = flow->now,
		.dport = flow->has_port ? htons(flow->dport) : 0,
		.family = (uint8_t)explain->to.place[0].family,
		.class = explain->class_id,
		.proto = flow->proto_known ? flow->proto : 0,
		.direction = (uint8_t)flow->direction,
		.flags = RESID_QUESTION_F_TIME,
	};

	memcpy(question.address, explain->to.place[0].address, sizeof(question.address));
	if (flow->proto_known)
		question.flags |= RESID_QUESTION_F_PROTO;
	if (flow->has_port)
		question.flags |= RESID_QUESTION_F_PORT;
	return question;
}

int explain_kernel_ask(struct resid_nl *nl, const struct snapshot *snapshot, const struct explain *items, size_t count,
		       struct resid_answer *answers, struct resid_error *err)
{
	_cleanup_free_ struct resid_question *questions = mem_zero(count + 1, sizeof(*questions));
	char here[2 * RESID_DIGEST_LEN + 1], there[2 * RESID_DIGEST_LEN + 1];
	uint8_t generation[RESID_DIGEST_LEN] = { 0 };
	size_t i;

	if (!count)
		return 0;
	for (i = 0; i < count; i++)
		questions[i] = explain_kernel_question(&items[i]);
	if (resid_nl_evaluate(nl, questions, count, answers, generation, err))
		return -1;
	if (!memcmp(generation, snapshot_generation(snapshot), sizeof(generation)))
		return 0;
	hex_format(snapshot_generation(snapshot), RESID_DIGEST_LEN, here);
	hex_format(generation, RESID_DIGEST_LEN, there);
	return resid_fail(err, RESID_EXIT_EXPECT, "the kernel judges by generation %s, and this speaks of %s", there, here);
}

bool explain_kernel_agrees(const struct explain *explain, const struct resid_answer *answer)
{
	const struct destination_place *decided = &explain->to.place[explain->to.decided];

	if (explain->to.link || answer->flags & RESID_ANSWER_F_LINK)
		return explain->to.link && answer->flags & RESID_ANSWER_F_LINK;
	return answer->rule == decided->rule && answer->family == decided->family &&
	       answer->verdict == snapshot_rule_at(explain->snapshot, decided->rule).verdict &&
	       !memcmp(answer->dst, decided->address, sizeof(answer->dst));
}

static const char *explain_kernel_fate(const struct resid_answer *answer)
{
	if (answer->flags & RESID_ANSWER_F_PERMISSIVE)
		return "passes, since mode or class is permissive";
	return answer->flags & RESID_ANSWER_F_REFUSED ? "refused" : "passes";
}

void explain_kernel_json(struct jsonw *json, const struct explain *explain, const struct resid_answer *answer)
{
	char dst[INET6_ADDRSTRLEN], unknown[32];

	jsonw_object(json, "kernel");
	jsonw_bool(json, "agrees", explain_kernel_agrees(explain, answer));
	if (answer->flags & RESID_ANSWER_F_LINK) {
		jsonw_bool(json, "link", true);
	} else {
		jsonw_string(json, "verdict", report_verdict(answer->verdict));
		jsonw_string(json, "rule", report_rule(explain->snapshot, answer->key, unknown));
		jsonw_string(json, "decided_by", inet_ntop(answer->family, answer->dst, dst, sizeof(dst)) ? dst : "");
	}
	jsonw_bool(json, "refused", answer->flags & RESID_ANSWER_F_REFUSED);
	jsonw_bool(json, "permissive", answer->flags & RESID_ANSWER_F_PERMISSIVE);
	jsonw_object_end(json);
}

void explain_kernel_text(const struct explain *explain, const struct resid_answer *answer)
{
	char dst[INET6_ADDRSTRLEN], unknown[32];

	if (explain_kernel_agrees(explain, answer)) {
		printf("kernel       the same: %s\n", explain_kernel_fate(answer));
		return;
	}
	printf("kernel       DISAGREES: %s by %s, for %s: %s\n",
	       answer->flags & RESID_ANSWER_F_LINK ? "link" : report_verdict(answer->verdict),
	       report_rule(explain->snapshot, answer->key, unknown),
	       inet_ntop(answer->family, answer->dst, dst, sizeof(dst)) ? dst : "?", explain_kernel_fate(answer));
}
