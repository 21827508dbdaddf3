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

	if (explain->to.link != !!(answer->flags & RESID_ANSWER_F_LINK))
		return false;
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

struct explain_kernel_text explain_kernel_says(const struct explain *explain, const struct resid_answer *answer)
{
	char dst[INET6_ADDRSTRLEN], unknown[32];
	struct explain_kernel_text out;

	if (explain_kernel_agrees(explain, answer))
		snprintf(out.text, sizeof(out.text), "the same: %s", explain_kernel_fate(answer));
	else
		snprintf(out.text, sizeof(out.text), "DISAGREES: %s by %s, for %s: %s",
			 report_verdict(answer->verdict),
			 report_rule(explain->snapshot, answer->key, unknown),
			 inet_ntop(answer->family, answer->dst, dst, sizeof(dst)) ? dst : "?", explain_kernel_fate(answer));
	return out;
}

void explain_kernel_view(struct view *view, const struct explain *explain, const struct resid_answer *answer)
{
	char dst[INET6_ADDRSTRLEN], unknown[32];

	view_text(view, NULL, "kernel", explain_kernel_says(explain, answer).text);
	if (!explain_kernel_agrees(explain, answer))
		view_alarm(view);
	view_object(view, "kernel", NULL);
	view_bool(view, "agrees", NULL, explain_kernel_agrees(explain, answer));
	if (answer->flags & RESID_ANSWER_F_LINK)
		view_bool(view, "link", NULL, true);
	view_verdict(view, "verdict", NULL, answer->verdict);
	view_text(view, "rule", NULL, report_rule(explain->snapshot, answer->key, unknown));
	view_text(view, "decided_by", NULL, inet_ntop(answer->family, answer->dst, dst, sizeof(dst)) ? dst : "");
	view_bool(view, "refused", NULL, answer->flags & RESID_ANSWER_F_REFUSED);
	view_bool(view, "permissive", NULL, answer->flags & RESID_ANSWER_F_PERMISSIVE);
	view_end(view);
}
