// SPDX-License-Identifier: GPL-2.0-only

static void evaluate_test_publish(struct kunit *test, struct blob *blob)
{
	struct netlink_ext_ack extack = {};
	u64 token;

	KUNIT_ASSERT_EQ(test, stage_test_upload(blob, blob->length, &token, &extack), 0);
	KUNIT_ASSERT_EQ(test, resid_stage_commit(STAGE_TEST_PORTID, token, stage_test_none, 0, &extack), 0);
}

static struct resid_question evaluate_test_question(u8 class, u32 address)
{
	struct resid_question question = { .family = AF_INET, .class = class };

	put_unaligned_be32(address, question.address);
	return question;
}

static struct resid_answer evaluate_test_ask(struct resid_question question)
{
	u8 generation[RESID_DIGEST_LEN];
	struct resid_answer answer;

	resid_evaluate(&question, 1, &answer, generation);
	return answer;
}

static struct resid_answer evaluate_test_ask4(u8 class, u32 address)
{
	return evaluate_test_ask(evaluate_test_question(class, address));
}

/* Every class, against the table read by hand: addresses of all groups, ports that the one chain looks at. */
static void evaluate_test_agree(struct kunit *test)
{
	struct resid_question *question = kunit_kcalloc(test, RESID_QUESTIONS_MAX, sizeof(*question), GFP_KERNEL);
	struct resid_answer *answer = kunit_kcalloc(test, RESID_QUESTIONS_MAX, sizeof(*answer), GFP_KERNEL);
	static const u32 base[] = { 0x0a000000, 0xc0000200, 0x08080800 };
	struct netlink_ext_ack extack = {};
	u8 generation[RESID_DIGEST_LEN];
	struct blob blob;
	unsigned int i, round;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, question);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, answer);
	blob_new(test, &blob);
	evaluate_test_publish(test, &blob);
	KUNIT_ASSERT_EQ(test, resid_state_set_mode(RESID_MODE_ENFORCING, 0, &extack), 0);
	for (round = 0; round < 20; round++) {
		for (i = 0; i < RESID_QUESTIONS_MAX; i++) {
			question[i] = evaluate_test_question(get_random_u32(), base[i % 3] | (get_random_u32() & 0xff));
			question[i].flags = RESID_QUESTION_F_PROTO | RESID_QUESTION_F_PORT;
			question[i].proto = IPPROTO_TCP;
			question[i].dport = htons(440 + get_random_u32() % 8);
		}
		KUNIT_EXPECT_EQ(test, resid_evaluate_check(question, RESID_QUESTIONS_MAX, &extack), 0);
		KUNIT_EXPECT_TRUE(test, resid_evaluate(question, RESID_QUESTIONS_MAX, answer, generation));
		for (i = 0; i < RESID_QUESTIONS_MAX; i++) {
			u16 group = lpm_test_naive(get_unaligned_be32(question[i].address));
			bool allow = (question[i].class == 1 && group == 1) ||
				     (question[i].class == 2 && group == 1 && ntohs(question[i].dport) >= 443 &&
				      ntohs(question[i].dport) <= 444);

			if (answer[i].group != group || answer[i].rule != !allow || answer[i].key != 1000 + !allow ||
			    answer[i].verdict != (allow ? RESID_V_ALLOW : RESID_V_REJECT) ||
			    answer[i].flags != (allow ? 0 : RESID_ANSWER_F_REFUSED))
				KUNIT_FAIL(test, "class %u %pI4 port %u: rule %u", question[i].class,
					   question[i].address, ntohs(question[i].dport), answer[i].rule);
		}
	}
	blob_free(&blob);
}

/* What the flags say: no policy, closed, permissive by mode and by class, link, an address inside the address. */
static void evaluate_test_flags(struct kunit *test)
{
	struct resid_question question = { .family = AF_INET6, .class = 1 };
	struct resid_ruling ruling = { .classes = { .count = 1, .id = { 1 } } };
	struct resid_question dhcp = evaluate_test_question(1, 0xffffffff);
	struct netlink_ext_ack extack = {};
	struct resid_answer answer;
	struct blob blob;

	answer = evaluate_test_ask4(1, 0x08080808);
	KUNIT_EXPECT_EQ(test, answer.flags, RESID_ANSWER_F_NO_POLICY);
	KUNIT_EXPECT_EQ(test, answer.verdict, RESID_V_ALLOW);
	KUNIT_EXPECT_EQ(test, answer.rule, RESID_NO_RULE);

	blob_new(test, &blob);
	blob.core->non_ip_rule = 1;
	blob.core->class_flags[2] = RESID_CLASS_F_PERMISSIVE;
	blob_seal(&blob);
	evaluate_test_publish(test, &blob);
	KUNIT_EXPECT_EQ(test, evaluate_test_ask4(1, 0x08080808).flags, RESID_ANSWER_F_PERMISSIVE);
	KUNIT_ASSERT_EQ(test, resid_state_set_mode(RESID_MODE_ENFORCING, 0, &extack), 0);
	KUNIT_EXPECT_EQ(test, evaluate_test_ask4(1, 0x08080808).flags, RESID_ANSWER_F_REFUSED);
	/* this table's link_group is refused like all else */
	KUNIT_EXPECT_EQ(test, evaluate_test_ask4(1, 0xe0000001).flags, RESID_ANSWER_F_LINK | RESID_ANSWER_F_REFUSED);

	/* a broadcast is of the link if it is DHCP */
	dhcp.flags = RESID_QUESTION_F_PROTO | RESID_QUESTION_F_PORT;
	dhcp.proto = IPPROTO_UDP;
	dhcp.dport = htons(67);
	KUNIT_EXPECT_EQ(test, evaluate_test_ask(dhcp).flags, RESID_ANSWER_F_LINK);
	dhcp.dport = htons(66);
	KUNIT_EXPECT_EQ(test, evaluate_test_ask(dhcp).flags, RESID_ANSWER_F_REFUSED);

	/* a frame without IP and a packet that cannot be read have rules of their own */
	ruling.packet.kind = RESID_PACKET_NON_IP;
	rcu_read_lock();
	resid_judge_decide(rcu_dereference(resid_state), RESID_DIR_UNKNOWN, 0, &ruling);
	KUNIT_EXPECT_EQ(test, ruling.rule, 1);
	KUNIT_EXPECT_EQ(test, ruling.flags, RESID_AUDIT_F_NON_IP);
	ruling = (struct resid_ruling){
		.classes = { .count = 1, .id = { 1 } },
		.packet.kind = RESID_PACKET_UNPARSABLE,
	};
	resid_judge_decide(rcu_dereference(resid_state), RESID_DIR_UNKNOWN, 0, &ruling);
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, ruling.rule, 2);
	KUNIT_EXPECT_EQ(test, ruling.flags, RESID_AUDIT_F_UNPARSABLE);
	/* a permissive class is not refused what another one is */
	KUNIT_EXPECT_EQ(test, evaluate_test_ask4(2, 0x08080808).flags, RESID_ANSWER_F_PERMISSIVE);

	/* 2001:db8::/18 is allowed; the same with 8.8.8.8 inside it (ISATAP) is not */
	put_unaligned_be32(0x20010db8, question.address);
	KUNIT_EXPECT_EQ(test, evaluate_test_ask(question).flags, 0);
	put_unaligned_be32(0x5efe, question.address + 8);
	put_unaligned_be32(0x08080808, question.address + 12);
	answer = evaluate_test_ask(question);
	KUNIT_EXPECT_EQ(test, answer.flags, RESID_ANSWER_F_REFUSED | RESID_ANSWER_F_INNER);
	KUNIT_EXPECT_EQ(test, answer.family, AF_INET);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(answer.dst), 0x08080808);
	blob_free(&blob);
}

static void evaluate_test_closed(struct kunit *test)
{
	struct resid_state *state = rcu_dereference_protected(resid_state, true);
	struct resid_question question = { .family = AF_INET6 };
	struct resid_answer answer;

	state->closed = true;
	answer = evaluate_test_ask4(1, 0x08080808);
	KUNIT_EXPECT_EQ(test, answer.flags, RESID_ANSWER_F_NO_POLICY | RESID_ANSWER_F_REFUSED);
	KUNIT_EXPECT_EQ(test, answer.verdict, RESID_V_DROP);
	answer = evaluate_test_ask4(1, 0x0a000001);
	KUNIT_EXPECT_EQ(test, answer.flags, RESID_ANSWER_F_NO_POLICY);
	/* ::ffff:8.8.8.8, and a unique local address */
	put_unaligned_be32(0xffff, question.address + 8);
	put_unaligned_be32(0x08080808, question.address + 12);
	KUNIT_EXPECT_TRUE(test, evaluate_test_ask(question).flags & RESID_ANSWER_F_REFUSED);
	memset(question.address, 0, 16);
	question.address[0] = 0xfd;
	KUNIT_EXPECT_EQ(test, evaluate_test_ask(question).flags, RESID_ANSWER_F_NO_POLICY);
	KUNIT_EXPECT_EQ(test, evaluate_test_ask4(1, 0xac1fffff).flags, RESID_ANSWER_F_NO_POLICY);
	KUNIT_EXPECT_TRUE(test, evaluate_test_ask4(1, 0xac200000).flags & RESID_ANSWER_F_REFUSED);
	question.address[0] = 0xfe;
	KUNIT_EXPECT_TRUE(test, evaluate_test_ask(question).flags & RESID_ANSWER_F_REFUSED);
	/* metadata services of clouds are not local: fd00:ec2::254, fd20:ce::254, 169.254.169.254 */
	put_unaligned_be32(0xfd000ec2, question.address);
	put_unaligned_be16(0x254, question.address + 14);
	KUNIT_EXPECT_TRUE(test, evaluate_test_ask(question).flags & RESID_ANSWER_F_REFUSED);
	put_unaligned_be32(0xfd2000ce, question.address);
	KUNIT_EXPECT_TRUE(test, evaluate_test_ask(question).flags & RESID_ANSWER_F_REFUSED);
	KUNIT_EXPECT_TRUE(test, evaluate_test_ask4(1, 0xa9fea9fe).flags & RESID_ANSWER_F_REFUSED);
}

/* A window holds for the time that was asked about, and without one for now. */
static void evaluate_test_time(struct kunit *test)
{
	struct resid_question question = evaluate_test_question(2, 0x0a000001);
	s64 now = ktime_get_real_seconds();
	struct blob blob;

	blob_new(test, &blob);
	blob.step[0] = (struct resid_step){ .flags = RESID_STEP_F_TIME, .from = now - 100, .until = now + 1000 };
	blob_seal(&blob);
	evaluate_test_publish(test, &blob);
	KUNIT_EXPECT_EQ(test, evaluate_test_ask(question).rule, 0);
	question.flags = RESID_QUESTION_F_TIME;
	question.time = now + 999;
	KUNIT_EXPECT_EQ(test, evaluate_test_ask(question).rule, 0);
	question.time = now + 1000;
	KUNIT_EXPECT_EQ(test, evaluate_test_ask(question).rule, 1);
	question.time = now - 101;
	KUNIT_EXPECT_EQ(test, evaluate_test_ask(question).rule, 1);
	blob_free(&blob);
}

static void evaluate_test_refuse(struct kunit *test)
{
	struct resid_question question;

#define EXPECT_REFUSED(sentence, statement)                                                                            \
	do {                                                                                                           \
		question = evaluate_test_question(1, 0x08080808);                                                      \
		statement;                                                                                             \
		KUNIT_EXPECT_STREQ(test, sentence, evaluate_check_one(&question) ?: "accepted");                           \
	} while (0)

	EXPECT_REFUSED("accepted", (void)0);
	EXPECT_REFUSED("a question's family is neither AF_INET nor AF_INET6", question.family = AF_UNSPEC);
	EXPECT_REFUSED("a question's IPv4 address is longer than 4 bytes", question.address[15] = 1);
	EXPECT_REFUSED("a question's direction is unknown: see enum resid_direction", question.direction = 3);
	EXPECT_REFUSED("a question has an unknown flag, or a reserved byte that is not zero", question.flags = 8);
	EXPECT_REFUSED("a question has an unknown flag, or a reserved byte that is not zero", question.reserved = 1);
	EXPECT_REFUSED("a question holds a value that its flags do not name", question.proto = 6);
	EXPECT_REFUSED("a question holds a value that its flags do not name", question.dport = 1);
	EXPECT_REFUSED("a question holds a value that its flags do not name", question.time = -1);
	EXPECT_REFUSED("a question with a port needs a protocol that has ports",
		       question.flags = RESID_QUESTION_F_PORT);
	EXPECT_REFUSED("a question with a port needs a protocol that has ports",
		       (question.flags = RESID_QUESTION_F_PORT | RESID_QUESTION_F_PROTO,
			question.proto = IPPROTO_ICMP));
#undef EXPECT_REFUSED
}

static struct kunit_case evaluate_cases[] = {
	KUNIT_CASE(evaluate_test_agree),
	KUNIT_CASE(evaluate_test_flags),
	KUNIT_CASE(evaluate_test_closed),
	KUNIT_CASE(evaluate_test_time),
	KUNIT_CASE(evaluate_test_refuse),
	{}
};

static struct kunit_suite evaluate_suite = {
	.name = "resid_evaluate",
	.init = stage_test_init,
	.exit = stage_test_exit,
	.test_cases = evaluate_cases,
};
