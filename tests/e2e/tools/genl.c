// SPDX-License-Identifier: Apache-2.0
/*
 * Generic netlink by hand, to say what residctl never would. All messages of one call go through one socket.
 *
 *   genl [-w] [-x OFFSET] MESSAGE [-- MESSAGE]...      MESSAGE: COMMAND[+dump] [TYPE:KIND:VALUE]...  or  join
 *
 * COMMAND is a number of enum resid_cmd. KIND is u8, u32, u64, hex, zero (VALUE bytes of zeros), token (the token of
 * the last answer), file (VALUE is PATH@OFFSET+LENGTH), or long (u32 whose nla_len claims VALUE bytes).
 * Each message prints `errno=NAME said=SENTENCE`, or `errno=0` and the attributes that came back as TYPE=HEX.
 * `-x` flips a bit of the byte at that offset of the files. `-w` waits for the end of standard input before it closes
 * the socket. Exit status 2 only if it could not ask.
 */
#include "tool.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "uapi/resid.h"

static char out[128 << 10];
static size_t length;
static uint64_t token;
static int fd, family;
static uint32_t group;
static long flip = -1;

static void add(const void *bytes, size_t n)
{
	if (length + n + 4 > sizeof(out))
		die("message too long");
	if (bytes)
		memcpy(out + length, bytes, n);
	else
		memset(out + length, 0, n);
	length += n;
	while (length & 3)
		out[length++] = 0;
}

static void begin(int type, int flags, int command)
{
	struct nlmsghdr n = { .nlmsg_type = (uint16_t)type,
			      .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags) };
	struct genlmsghdr g = { .cmd = (uint8_t)command, .version = 1 };

	length = 0;
	add(&n, sizeof(n));
	add(&g, sizeof(g));
}

static void attribute(unsigned int type, const void *bytes, size_t n, size_t claimed)
{
	struct nlattr a = { .nla_len = (uint16_t)(claimed ? claimed : n + sizeof(a)), .nla_type = (uint16_t)type };

	add(&a, sizeof(a));
	add(bytes, n);
}

static void print_attributes(const char *p, size_t left)
{
	while (left >= sizeof(struct nlattr)) {
		const struct nlattr *a = (const void *)p;
		size_t n = a->nla_len;

		if (n < sizeof(*a) || n > left)
			return;
		const uint8_t *data = (const void *)(a + 1);

		printf(" %u=", a->nla_type & NLA_TYPE_MASK);
		for (size_t i = 0; i < n - sizeof(*a) && i < 64; i++)
			printf("%02x", data[i]);
		if ((a->nla_type & NLA_TYPE_MASK) == RESID_A_STAGE_TOKEN && n == 12)
			memcpy(&token, data, 8);
		n = NLMSG_ALIGN(n);
		if (n > left)
			return;
		p += n;
		left -= n;
	}
}

/* Sends what was built and prints what came back. */
static void ask(void)
{
	static char in[128 << 10];
	struct nlmsghdr *n = (void *)out;

	n->nlmsg_len = (uint32_t)length;
	if (send(fd, out, length, 0) < 0) {
		printf("errno=%s said=send\n", errno_name(errno));
		return;
	}
	printf("errno=");
	for (int answered = 0;;) {
		ssize_t got = recv(fd, in, sizeof(in), 0);

		if (got < 0)
			die("recv: %s", strerror(errno));
		for (n = (void *)in; NLMSG_OK(n, (size_t)got); n = NLMSG_NEXT(n, got)) {
			const char *sentence = "";
			int error = 0;

			if (n->nlmsg_type >= NLMSG_MIN_TYPE) {
				if (!answered)
					printf("0");
				answered = 1;
				print_attributes((char *)n + NLMSG_HDRLEN + GENL_HDRLEN,
						 n->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN);
				continue;
			}
			if (n->nlmsg_type != NLMSG_ERROR && n->nlmsg_type != NLMSG_DONE)
				continue;
			memcpy(&error, NLMSG_DATA(n), sizeof(error));
			if (n->nlmsg_flags & NLM_F_ACK_TLVS) {
				/* NETLINK_CAP_ACK: the header of our message follows the error, then the attributes. */
				size_t skip = n->nlmsg_type == NLMSG_ERROR ? sizeof(struct nlmsgerr) : sizeof(int);
				const char *p = (const char *)NLMSG_DATA(n) + skip;
				const char *end = (const char *)n + n->nlmsg_len;

				while (p + sizeof(struct nlattr) <= end) {
					const struct nlattr *a = (const void *)p;

					if (a->nla_type == NLMSGERR_ATTR_MSG)
						sentence = p + sizeof(*a);
					p += NLMSG_ALIGN(a->nla_len);
				}
			}
			if (error)
				printf("%s said=%s\n", errno_name(-error), sentence);
			else
				printf("%s\n", answered ? "" : "0");
			fflush(stdout);
			return;
		}
	}
}

static void resolve(void)
{
	static char in[16384];
	struct nlmsghdr *n = (void *)out;
	ssize_t got;

	begin(GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY);
	n->nlmsg_flags = NLM_F_REQUEST;
	attribute(CTRL_ATTR_FAMILY_NAME, RESID_GENL_NAME, sizeof(RESID_GENL_NAME), 0);
	n->nlmsg_len = (uint32_t)length;
	if (send(fd, out, length, 0) < 0 || (got = recv(fd, in, sizeof(in), 0)) < 0)
		die("genl: %s", strerror(errno));
	n = (void *)in;
	if (n->nlmsg_type == NLMSG_ERROR) {
		int error;

		memcpy(&error, NLMSG_DATA(n), sizeof(error));
		printf("errno=%s said=no family\n", errno_name(-error));
		exit(0);
	}
	/* The group's id is nested two levels deep; ours is the only group. */
	const char *p = (char *)n + NLMSG_HDRLEN + GENL_HDRLEN, *end = (char *)n + n->nlmsg_len;

	while (p + sizeof(struct nlattr) <= end) {
		const struct nlattr *a = (const void *)p;
		int type = a->nla_type & NLA_TYPE_MASK;

		if (type == CTRL_ATTR_FAMILY_ID)
			family = *(const uint16_t *)(a + 1);
		if (type == CTRL_ATTR_MCAST_GROUPS)
			for (const char *g = (const char *)(a + 1) + 4; g < p + a->nla_len;) {
				const struct nlattr *b = (const void *)g;

				if ((b->nla_type & NLA_TYPE_MASK) == CTRL_ATTR_MCAST_GRP_ID)
					group = *(const uint32_t *)(b + 1);
				g += NLMSG_ALIGN(b->nla_len);
			}
		p += NLMSG_ALIGN(a->nla_len);
	}
}

static void add_attribute(char *spec)
{
	static char bytes[100 << 10];
	char *kind = strchr(spec, ':'), *value = kind ? strchr(kind + 1, ':') : NULL;
	unsigned int type;
	size_t n = 0;

	if (!value)
		die("'%s' is not TYPE:KIND:VALUE", spec);
	*kind++ = 0;
	*value++ = 0;
	type = (unsigned int)number(spec);
	if (!strcmp(kind, "u8")) {
		attribute(type, &(uint8_t){ (uint8_t)number(value) }, 1, 0);
	} else if (!strcmp(kind, "u32")) {
		attribute(type, &(uint32_t){ (uint32_t)number(value) }, 4, 0);
	} else if (!strcmp(kind, "u64")) {
		attribute(type, &(uint64_t){ number(value) }, 8, 0);
	} else if (!strcmp(kind, "token")) {
		attribute(type, &token, 8, 0);
	} else if (!strcmp(kind, "zero")) {
		memset(bytes, 0, sizeof(bytes));
		attribute(type, bytes, number(value), 0);
	} else if (!strcmp(kind, "long")) {
		attribute(type, &(uint32_t){ 0 }, 4, number(value));
	} else if (!strcmp(kind, "hex")) {
		for (; value[0] && value[1]; value += 2) {
			char digits[3] = { value[0], value[1], 0 };

			bytes[n++] = (char)strtoul(digits, NULL, 16);
		}
		attribute(type, bytes, n, 0);
	} else if (!strcmp(kind, "file")) {
		char *offset = strrchr(value, '@'), *plus = offset ? strchr(offset, '+') : NULL;
		FILE *f;

		if (!plus)
			die("'%s' is not PATH@OFFSET+LENGTH", value);
		*offset++ = 0;
		*plus++ = 0;
		f = fopen(value, "r");
		if (!f || fseek(f, (long)number(offset), SEEK_SET))
			die("%s: %s", value, strerror(errno));
		n = fread(bytes, 1, number(plus), f);
		fclose(f);
		if (flip >= (long)number(offset) && flip < (long)(number(offset) + n))
			bytes[flip - (long)number(offset)] ^= 1;
		attribute(type, bytes, n, 0);
	} else {
		die("no kind '%s'", kind);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK };
	int one = 1, wait = 0, i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "-w"))
			wait = 1;
		else if (!strcmp(argv[i], "-x") && i + 1 < argc)
			flip = (long)number(argv[++i]);
		else
			die("genl: unknown option %s", argv[i]);
	}
	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	if (fd < 0 || bind(fd, (void *)&nl, sizeof(nl)))
		die("netlink: %s", strerror(errno));
	resolve();

	while (i < argc) {
		char *command = argv[i++], *plus;

		if (!strcmp(command, "join")) {
			int r = setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));

			printf("errno=%s said=\n", r ? errno_name(errno) : "0");
		} else {
			plus = strstr(command, "+dump");
			if (plus)
				*plus = 0;
			begin(family, plus ? NLM_F_DUMP : 0, (int)number(command));
			for (; i < argc && strcmp(argv[i], "--"); i++)
				add_attribute(argv[i]);
			ask();
		}
		if (i < argc && !strcmp(argv[i], "--"))
			i++;
	}
	fflush(stdout);
	if (wait)
		while (getchar() != EOF)
			;
	return 0;
}
