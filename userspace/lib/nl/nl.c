// SPDX-License-Identifier: Apache-2.0
#include "nl/nl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "nl/codec.h"
#include "nl/module.h"

#define NL_ANSWER_SECONDS	30	/* the kernel answers at once; a lost message must not hang residd */
#define NL_BUFFER		(1 << 20)
#define NL_STAGE_TRIES		100
#define NL_STAGE_PAUSE		100000	/* microseconds */
#define NL_DUMP_TRIES		5	/* a dump that a change interrupted starts again */

struct resid_nl {
	struct nl_sock *sock;
	int family;
	int error;
};

DEFINE_CLEANUP(msg, struct nl_msg *, nlmsg_free);
DEFINE_CLEANUP(sock, struct nl_sock *, nl_socket_free);

/* One message of an answer: the attributes behind the genl header. */
typedef int nl_answer(void *context, struct nlattr *head, int length, struct resid_error *err);

static int nl_connect_generic(struct nl_sock **out, struct resid_error *err)
{
	struct timeval patience = { .tv_sec = NL_ANSWER_SECONDS };
	_cleanup_(cleanup_sock) struct nl_sock *sock = nl_socket_alloc();
	int on = 1, error, fd;

	if (!sock)
		return resid_fail(err, RESID_EXIT_SYSTEM, "out of memory");
	error = genl_connect(sock);
	if (error < 0)
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot open a netlink socket: %s", nl_geterror(error));
	fd = nl_socket_get_fd(sock);
	nl_socket_set_buffer_size(sock, NL_BUFFER, NL_BUFFER);
	nl_socket_enable_msg_peek(sock);
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	*out = TAKE(sock);
	return 0;
}

int resid_nl_open(struct resid_nl **out, struct resid_error *err)
{
	_cleanup_(cleanup_sock) struct nl_sock *sock = NULL;
	struct resid_nl *nl;
	int family;

	if (nl_connect_generic(&sock, err))
		return -1;
	family = genl_ctrl_resolve(sock, RESID_GENL_NAME);
	if (family < 0)
		return module_not_loaded(err);
	nl = calloc(1, sizeof(*nl));
	if (!nl)
		return resid_fail(err, RESID_EXIT_SYSTEM, "out of memory");
	nl->sock = TAKE(sock);
	nl->family = family;
	*out = nl;
	return 0;
}

void resid_nl_free(struct resid_nl *nl)
{
	if (!nl)
		return;
	nl_socket_free(nl->sock);
	free(nl);
}

int resid_nl_errno(const struct resid_nl *nl)
{
	return nl->error;
}

/* What is wrong with a stage is wrong with the snapshot, not with the system; and so with a question. */
static bool nl_is_input(const char *what, int error)
{
	if (strncmp(what, "STAGE_", 6) && strcmp(what, "EVALUATE"))
		return false;
	return error == EINVAL || error == EBADMSG || error == ERANGE || error == EKEYREJECTED || error == ESTALE;
}

static int nl_refused(struct resid_nl *nl, const char *what, int error, const char *sentence, struct resid_error *err)
{
	enum resid_exit status = RESID_EXIT_SYSTEM;

	nl->error = error;
	if (error == ENOENT && !sentence) {
		nl->error = ENODEV;
		return module_not_loaded(err);
	}
	/* genetlink's own refusal has no sentence; the module's begins so. */
	if (error == EPERM && (!sentence || !strncmp(sentence, "needs ", 6)))
		return resid_fail(err, status,
				  "needs root (CAP_NET_ADMIN and CAP_SYS_ADMIN in the initial namespaces)");
	if (nl_is_input(what, error))
		status = RESID_EXIT_INPUT;
	return resid_fail(err, status, "kernel refused %s: %s", what, sentence ? sentence : strerror(error));
}

static struct nl_msg *nl_request(struct resid_nl *nl, uint8_t command, size_t room)
{
	struct nl_msg *msg = nlmsg_alloc_size(room + 256);

	if (msg && !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, nl->family, 0, 0, command, RESID_GENL_VERSION)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/* Reads one datagram of the answer to `seq`. 1: the answer is complete, 0: there is more, -1: failed. */
static int nl_receive(struct resid_nl *nl, uint32_t seq, const char *what, bool *interrupted, nl_answer *answer,
		      void *context, struct resid_error *err)
{
	_cleanup_free_ unsigned char *bytes = NULL;
	struct sockaddr_nl from;
	int length = nl_recv(nl->sock, &from, &bytes, NULL);

	if (length <= 0) {
		nl->error = EIO;
		return resid_fail(err, RESID_EXIT_SYSTEM, "the kernel's answer to %s was lost: %s", what,
				  length ? nl_geterror(length) : "end of file");
	}
	for (struct nlmsghdr *header = (void *)bytes; nlmsg_ok(header, length); header = nlmsg_next(header, &length)) {
		if (from.nl_pid || header->nlmsg_seq != seq)
			continue;	/* the rest of an answer that was given up */
		if (header->nlmsg_flags & NLM_F_DUMP_INTR)
			*interrupted = true;
		if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
			int error = nlmsg_datalen(header) >= (int)sizeof(int) ? *(int *)nlmsg_data(header) : 0;

			if (error)
				return nl_refused(nl, what, -error, codec_extack(header), err);
			return 1;
		}
		if (header->nlmsg_type != nl->family || !genlmsg_valid_hdr(header, 0) || !answer)
			continue;
		if (answer(context, genlmsg_attrdata(nlmsg_data(header), 0), genlmsg_attrlen(nlmsg_data(header), 0),
			   err))
			return -1;
	}
	return 0;
}

/* Sends a request, gives each message of the answer to `answer` and waits for its end. */
static int nl_talk(struct resid_nl *nl, struct nl_msg *msg, int flags, const char *what, nl_answer *answer,
		   void *context, struct resid_error *err)
{
	bool interrupted = false;
	uint32_t seq;
	int result;

	nl->error = 0;
	nlmsg_hdr(msg)->nlmsg_flags |= flags;
	result = nl_send_auto(nl->sock, msg);
	if (result < 0) {
		nl->error = EIO;
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot send %s to the kernel: %s", what, nl_geterror(result));
	}
	seq = nlmsg_hdr(msg)->nlmsg_seq;
	do
		result = nl_receive(nl, seq, what, &interrupted, answer, context, err);
	while (!result);
	if (result < 0)
		return -1;
	if (interrupted) {
		nl->error = EINTR;
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s was interrupted by changes again and again", what);
	}
	return 0;
}

static int nl_do(struct resid_nl *nl, struct nl_msg *msg, const char *what, nl_answer *answer, void *context,
		 struct resid_error *err)
{
	return nl_talk(nl, msg, NLM_F_ACK, what, answer, context, err);
}

static int nl_no_memory(struct resid_error *err)
{
	return resid_fail(err, RESID_EXIT_SYSTEM, "out of memory");
}

/* ---- status ----------------------------------------------------------------------------------------------- */

static int nl_status_answer(void *context, struct nlattr *head, int length, struct resid_error *err)
{
	return codec_status(head, length, context, err);
}

int resid_nl_status(struct resid_nl *nl, struct resid_nl_status *out, struct resid_error *err)
{
	_cleanup_(cleanup_msg) struct nl_msg *msg = nl_request(nl, RESID_CMD_STATUS, 0);

	if (!msg)
		return nl_no_memory(err);
	return nl_do(nl, msg, "STATUS", nl_status_answer, out, err);
}

/* ---- stage ------------------------------------------------------------------------------------------------ */

static int nl_token_answer(void *context, struct nlattr *head, int length, struct resid_error *err)
{
	return codec_token(head, length, context, err);
}

static int nl_stage_begin(struct resid_nl *nl, uint32_t length, uint64_t *token, struct resid_error *err)
{
	_cleanup_(cleanup_msg) struct nl_msg *msg = nl_request(nl, RESID_CMD_STAGE_BEGIN, 0);

	if (!msg || nla_put_u32(msg, RESID_A_STAGE_LENGTH, length))
		return nl_no_memory(err);
	return nl_do(nl, msg, "STAGE_BEGIN", nl_token_answer, token, err);
}

static int nl_stage_chunk(struct resid_nl *nl, uint64_t token, uint32_t offset, const void *data, uint32_t length,
			  struct resid_error *err)
{
	_cleanup_(cleanup_msg) struct nl_msg *msg = nl_request(nl, RESID_CMD_STAGE_CHUNK, length);

	if (!msg || nla_put_u64(msg, RESID_A_STAGE_TOKEN, token) || nla_put_u32(msg, RESID_A_STAGE_OFFSET, offset) ||
	    nla_put(msg, RESID_A_STAGE_DATA, (int)length, data))
		return nl_no_memory(err);
	return nl_do(nl, msg, "STAGE_CHUNK", NULL, NULL, err);
}

static int nl_stage_commit(struct resid_nl *nl, uint64_t token, const uint8_t *replaces, uint32_t confirm,
			   struct resid_error *err)
{
	_cleanup_(cleanup_msg) struct nl_msg *msg = nl_request(nl, RESID_CMD_STAGE_COMMIT, 0);

	if (!msg || nla_put_u64(msg, RESID_A_STAGE_TOKEN, token) ||
	    nla_put(msg, RESID_A_STAGE_REPLACES, RESID_DIGEST_LEN, replaces) ||
	    (confirm && nla_put_u32(msg, RESID_A_STAGE_CONFIRM, confirm)))
		return nl_no_memory(err);
	return nl_do(nl, msg, "STAGE_COMMIT", NULL, NULL, err);
}

int resid_nl_upload(struct resid_nl *nl, const void *data, size_t length, const uint8_t *replaces, uint32_t confirm,
		    resid_nl_progress *progress, void *context, struct resid_error *err)
{
	uint64_t token = 0;

	if (length > RESID_SNAPSHOT_MAX)
		return resid_fail(err, RESID_EXIT_INPUT, "the snapshot's kernel part has %zu bytes; the kernel takes %u",
				  length, RESID_SNAPSHOT_MAX);
	/* There is one upload at a time, and the others take less than a second. */
	for (int tries = 0; nl_stage_begin(nl, (uint32_t)length, &token, err); tries++) {
		if (nl->error != EBUSY || tries == NL_STAGE_TRIES)
			return -1;
		usleep(NL_STAGE_PAUSE);
	}
	for (size_t offset = 0; offset < length;) {
		size_t chunk = length - offset < RESID_STAGE_CHUNK_MAX ? length - offset : RESID_STAGE_CHUNK_MAX;

		if (nl_stage_chunk(nl, token, (uint32_t)offset, (const char *)data + offset, (uint32_t)chunk, err))
			return -1;
		offset += chunk;
		if (progress)
			progress(context, offset, length);
	}
	return nl_stage_commit(nl, token, replaces, confirm, err);
}

/* ---- set -------------------------------------------------------------------------------------------------- */

int resid_nl_mode_set(struct resid_nl *nl, enum resid_mode mode, uint32_t confirm, struct resid_error *err)
{
	_cleanup_(cleanup_msg) struct nl_msg *msg = nl_request(nl, RESID_CMD_MODE_SET, 0);

	if (!msg || nla_put_u8(msg, RESID_A_MODE_VALUE, (uint8_t)mode) ||
	    (confirm && nla_put_u32(msg, RESID_A_MODE_CONFIRM, confirm)))
		return nl_no_memory(err);
	return nl_do(nl, msg, "MODE_SET", NULL, NULL, err);
}

int resid_nl_tagger_set(struct resid_nl *nl, int fd, struct resid_error *err)
{
	_cleanup_(cleanup_msg) struct nl_msg *msg = nl_request(nl, RESID_CMD_TAGGER_SET, 0);

	if (!msg || nla_put_s32(msg, RESID_A_TAGGER_FD, fd))
		return nl_no_memory(err);
	return nl_do(nl, msg, "TAGGER_SET", NULL, NULL, err);
}

int resid_nl_device_set(struct resid_nl *nl, uint32_t ifindex, bool inside, struct resid_error *err)
{
	_cleanup_(cleanup_msg) struct nl_msg *msg = nl_request(nl, RESID_CMD_DEVICE_SET, 0);

	if (!msg || nla_put_u32(msg, RESID_A_DEVICE_IFINDEX, ifindex) ||
	    nla_put_u8(msg, RESID_A_DEVICE_INSIDE, inside))
		return nl_no_memory(err);
	return nl_do(nl, msg, "DEVICE_SET", NULL, NULL, err);
}

int resid_nl_disarm(struct resid_nl *nl, struct resid_error *err)
{
	_cleanup_(cleanup_msg) struct nl_msg *msg = nl_request(nl, RESID_CMD_DISARM, 0);

	if (!msg)
		return nl_no_memory(err);
	return nl_do(nl, msg, "DISARM", NULL, NULL, err);
}

int resid_nl_close(struct resid_nl *nl, struct resid_error *err)
{
	_cleanup_(cleanup_msg) struct nl_msg *msg = nl_request(nl, RESID_CMD_CLOSE, 0);

	if (!msg)
		return nl_no_memory(err);
	return nl_do(nl, msg, "CLOSE", NULL, NULL, err);
}

/* ---- evaluate --------------------------------------------------------------------------------------------- */

static int nl_answers_answer(void *context, struct nlattr *head, int length, struct resid_error *err)
{
	return codec_answers(head, length, context, err);
}

static int nl_evaluate_some(struct resid_nl *nl, const struct resid_question *questions,
			    struct codec_answers *answers, struct resid_error *err)
{
	size_t length = answers->count * sizeof(*questions);
	_cleanup_(cleanup_msg) struct nl_msg *msg = nl_request(nl, RESID_CMD_EVALUATE, length);

	if (!msg || nla_put(msg, RESID_A_EVALUATE_QUESTIONS, (int)length, questions))
		return nl_no_memory(err);
	return nl_do(nl, msg, "EVALUATE", nl_answers_answer, answers, err);
}

int resid_nl_evaluate(struct resid_nl *nl, const struct resid_question *questions, size_t count,
		      struct resid_answer *answers, uint8_t *generation, struct resid_error *err)
{
	uint8_t first[RESID_DIGEST_LEN] = { 0 };

	for (size_t at = 0; at < count;) {
		struct codec_answers some = { .answers = answers + at, .count = count - at };

		if (some.count > RESID_QUESTIONS_MAX)
			some.count = RESID_QUESTIONS_MAX;
		if (nl_evaluate_some(nl, questions + at, &some, err))
			return -1;
		if (at && memcmp(first, some.generation, sizeof(first))) {
			nl->error = EAGAIN;
			return resid_fail(err, RESID_EXIT_SYSTEM,
					  "another policy was loaded while the kernel was asked; ask again");
		}
		memcpy(first, some.generation, sizeof(first));
		at += some.count;
	}
	if (generation)
		memcpy(generation, first, sizeof(first));
	return 0;
}

/* ---- dumps ------------------------------------------------------------------------------------------------ */

struct nl_array {
	char *items;
	size_t count, room, size;
};

/* A zeroed place for one more item, or NULL. */
static void *nl_array_grow(struct nl_array *array)
{
	if (array->count == array->room) {
		size_t room = array->room ? array->room * 2 : 64;
		char *items = reallocarray(array->items, room, array->size);

		if (!items)
			return NULL;
		array->items = items;
		array->room = room;
	}
	return memset(array->items + array->size * array->count++, 0, array->size);
}

static int nl_devices_answer(void *context, struct nlattr *head, int length, struct resid_error *err)
{
	struct resid_nl_device *device = nl_array_grow(context);

	return device ? codec_device(head, length, device, err) : nl_no_memory(err);
}

static int nl_counters_answer(void *context, struct nlattr *head, int length, struct resid_error *err)
{
	struct resid_nl_counter *counter = nl_array_grow(context);

	return counter ? codec_counter(head, length, counter, err) : nl_no_memory(err);
}

static int nl_dump_all(struct resid_nl *nl, uint8_t command, const char *what, nl_answer *answer,
		       struct nl_array *array, struct resid_error *err)
{
	for (int tries = 0; tries < NL_DUMP_TRIES; tries++) {
		_cleanup_(cleanup_msg) struct nl_msg *msg = nl_request(nl, command, 0);

		if (!msg)
			return nl_no_memory(err);
		array->count = 0;
		if (!nl_talk(nl, msg, NLM_F_DUMP, what, answer, array, err))
			return 0;
		if (nl->error != EINTR)
			break;
	}
	free(array->items);
	return -1;
}

int resid_nl_devices(struct resid_nl *nl, struct resid_nl_device **out, size_t *count, struct resid_error *err)
{
	struct nl_array array = { .size = sizeof(**out) };

	if (nl_dump_all(nl, RESID_CMD_DEVICE_GET, "DEVICE_GET", nl_devices_answer, &array, err))
		return -1;
	*out = (void *)array.items;
	*count = array.count;
	return 0;
}

int resid_nl_counters(struct resid_nl *nl, struct resid_nl_counter **out, size_t *count, struct resid_error *err)
{
	struct nl_array array = { .size = sizeof(**out) };

	if (nl_dump_all(nl, RESID_CMD_COUNTER_GET, "COUNTER_GET", nl_counters_answer, &array, err))
		return -1;
	*out = (void *)array.items;
	*count = array.count;
	return 0;
}

/* ---- audit ------------------------------------------------------------------------------------------------ */

static int nl_batch_answer(void *context, struct nlattr *head, int length, struct resid_error *err)
{
	return codec_batch(head, length, context, err);
}

int resid_nl_audit_drain(struct resid_nl *nl, struct resid_nl_batch *out, struct resid_error *err)
{
	_cleanup_(cleanup_msg) struct nl_msg *msg = nl_request(nl, RESID_CMD_AUDIT_DRAIN, 0);

	if (!msg)
		return nl_no_memory(err);
	return nl_do(nl, msg, "AUDIT_DRAIN", nl_batch_answer, out, err);
}

struct nl_records {
	const struct resid_nl_batch *batch;
	struct resid_audit_record *records;
	size_t count;
};

static int nl_records_answer(void *context, struct nlattr *head, int length, struct resid_error *err)
{
	struct nl_records *into = context;
	const struct resid_audit_record *records;
	uint64_t batch;
	uint32_t index;
	size_t count;

	if (codec_records(head, length, &batch, &index, &records, &count, err))
		return -1;
	if (batch != into->batch->number || index != into->count || count > into->batch->count - into->count)
		return resid_fail(err, RESID_EXIT_SYSTEM,
				  "the kernel gave record %u of batch %llu where record %zu of batch %llu was due", index,
				  (unsigned long long)batch, into->count, (unsigned long long)into->batch->number);
	memcpy(into->records + into->count, records, count * sizeof(*records));
	into->count += count;
	return 0;
}

int resid_nl_audit_get(struct resid_nl *nl, const struct resid_nl_batch *batch, struct resid_audit_record **out,
		       struct resid_error *err)
{
	_cleanup_(cleanup_msg) struct nl_msg *msg = nl_request(nl, RESID_CMD_AUDIT_GET, 0);
	_cleanup_free_ struct resid_audit_record *records = calloc((size_t)batch->count + 1, sizeof(*records));
	struct nl_records into = { .batch = batch, .records = records };

	if (!msg || !records || nla_put_u64(msg, RESID_A_AUDIT_BATCH, batch->number))
		return nl_no_memory(err);
	if (nl_talk(nl, msg, NLM_F_DUMP, "AUDIT_GET", nl_records_answer, &into, err))
		return -1;
	if (into.count != batch->count)
		return resid_fail(err, RESID_EXIT_SYSTEM, "the kernel gave %zu of the %u records of batch %llu",
				  into.count, batch->count, (unsigned long long)batch->number);
	*out = TAKE(records);
	return 0;
}

int resid_nl_audit_ack(struct resid_nl *nl, uint64_t batch, struct resid_error *err)
{
	_cleanup_(cleanup_msg) struct nl_msg *msg = nl_request(nl, RESID_CMD_AUDIT_ACK, 0);

	if (!msg || nla_put_u64(msg, RESID_A_AUDIT_BATCH, batch))
		return nl_no_memory(err);
	return nl_do(nl, msg, "AUDIT_ACK", NULL, NULL, err);
}

/* A non-blocking socket in a multicast group of generic netlink. */
static int nl_listen(const char *family, const char *name, bool *known, struct resid_error *err)
{
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_GENERIC);
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	_cleanup_(cleanup_sock) struct nl_sock *sock = NULL;
	int group, result;

	*known = true;
	if (nl_connect_generic(&sock, err))
		return -1;
	group = genl_ctrl_resolve_grp(sock, family, name);
	*known = group >= 0;
	if (!*known)
		return -1;
	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof(self)) ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot join the kernel's multicast group: %s", strerror(errno));
	result = fd;
	fd = -1;
	return result;
}

int resid_nl_wake_open(struct resid_error *err)
{
	bool known;
	int fd = nl_listen(RESID_GENL_NAME, RESID_GENL_GROUP, &known, err);

	return known ? fd : module_not_loaded(err);
}

int resid_nl_family_open(struct resid_error *err)
{
	bool known;
	int fd = nl_listen("nlctrl", "notify", &known, err);

	return known ? fd : resid_fail(err, RESID_EXIT_SYSTEM, "the kernel does not say which families it has");
}

void resid_nl_wake_clear(int fd)
{
	char bytes[4096];

	/* ENOBUFS (messages were lost) is cleared by reading as well. */
	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) >= 0 || errno == ENOBUFS || errno == EINTR)
		;
}
