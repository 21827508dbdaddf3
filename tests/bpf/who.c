// SPDX-License-Identifier: Apache-2.0
/* who.bpf.c on the running kernel: which process opened this socket? */
#include "world.h"

#include <bpf/bpf.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>

#include "bpf/who.h"

static struct who_table *table;

static uint64_t cookie_of(int fd)
{
	uint64_t cookie = 0;
	socklen_t length = sizeof(cookie);

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length), 0);
	return cookie;
}

/* In a child, so without assertions. */
static bool is_mine(int fd)
{
	struct who who;

	return who_find(table, cookie_of(fd), &who) && who.pid == (uint32_t)getpid();
}

static int name_self(const char *name)
{
	return prctl(PR_SET_NAME, name);
}

static void every_kind(void **state)
{
	static const struct {
		int family, type, protocol;
	} kinds[] = {
		{ AF_INET, SOCK_STREAM, 0 },		   { AF_INET, SOCK_DGRAM, 0 },
		{ AF_INET6, SOCK_STREAM, 0 },		   { AF_INET6, SOCK_DGRAM, 0 },
		{ AF_INET, SOCK_RAW, IPPROTO_ICMP },	   { AF_INET6, SOCK_RAW, IPPROTO_ICMPV6 },
		{ AF_PACKET, SOCK_RAW, 0 },		   { AF_PACKET, SOCK_DGRAM, 0 },
	};
	struct timespec now;
	struct who who;

	name_self("who|\xff=test");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		int fd = socket(kinds[i].family, kinds[i].type | SOCK_CLOEXEC, kinds[i].protocol);

		assert_true(fd >= 0);
		if (kinds[i].family == AF_PACKET && !table->packet) {
			printf("# packet sockets: %s\n", table->packet_note);
			close(fd);
			continue;
		}
		assert_true(who_find(table, cookie_of(fd), &who));
		assert_int_equal(who.pid, getpid());
		assert_int_equal(who.uid, geteuid());
		assert_string_equal(who.comm, "who|\xff=test");
		clock_gettime(CLOCK_BOOTTIME, &now);
		assert_true(who.started && who.started < (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);
		close(fd);
	}
}

/* What never sends a packet takes no room, and an unknown cookie is nobody's. */
static void others(void **state)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct who who;

	assert_true(fd >= 0);
	assert_false(who_find(table, cookie_of(fd), &who));
	assert_false(who_find(table, 0, &who));
	assert_false(who_find(NULL, cookie_of(fd), &who));
	close(fd);
}

static void *open_socket(void *out)
{
	name_self("the thread");
	*(int *)out = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return NULL;
}

/* A thread's socket is the process's, by its pid and name. */
static void thread(void **state)
{
	struct who who;
	pthread_t other;
	int fd = -1;

	name_self("the process");
	assert_int_equal(pthread_create(&other, NULL, open_socket, &fd), 0);
	pthread_join(other, NULL);
	assert_true(fd >= 0);
	assert_true(who_find(table, cookie_of(fd), &who));
	assert_int_equal(who.pid, getpid());
	assert_string_equal(who.comm, "the process");
	close(fd);
}

static int as_nobody(void *context)
{
	int fd;

	if (setgid(65534) || setuid(65534))
		return 1;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	*(uint64_t *)context = cookie_of(fd);
	return fd < 0 ? 2 : 0;
}

/* The answer outlives the process, and tells its user. */
static void dead(void **state)
{
	uint64_t *cookie = mmap(NULL, sizeof(*cookie), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct who who;

	assert_int_equal(in_child(as_nobody, cookie), 0);
	assert_true(who_find(table, *cookie, &who));
	assert_int_equal(who.uid, 65534);
	assert_int_not_equal(who.pid, getpid());
	munmap(cookie, sizeof(*cookie));
}

struct handed {
	int fd;
	struct sockaddr_in to;
};

static int use_socket(void *context)
{
	struct handed *handed = context;

	if (is_mine(handed->fd))
		return 1;	/* it is its parent's */
	if (connect(handed->fd, (void *)&handed->to, sizeof(handed->to)))
		return 2;
	return is_mine(handed->fd) ? 0 : 3;
}

/* A socket that is handed over belongs to who connects it: stream and datagram. */
static void handed_over(void **state)
{
	struct sockaddr_in any = world_address(HOST_ADDRESS, 0);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct handed handed;
	socklen_t length = sizeof(handed.to);

	assert_int_equal(bind(listener, (void *)&any, sizeof(any)) | listen(listener, 8), 0);
	assert_int_equal(getsockname(listener, (void *)&handed.to, &length), 0);
	handed.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(in_child(use_socket, &handed), 0);
	close(handed.fd);
	handed.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(in_child(use_socket, &handed), 0);
	close(handed.fd);
	close(listener);
}

/* A connection that comes in is of who listens there: on that address, else on any; IPv4, IPv6, IPv4 on IPv6. */
static void accepted(void **state)
{
	static const struct {
		const char *listen, *connect;
	} cases[] = {
		{ "0.0.0.0", "10.9.0.1" }, { "10.9.0.1", "10.9.0.1" }, { "::", "::1" },
		{ "::1", "::1" },	   { "::", "::ffff:10.9.0.1" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
		struct sockaddr_in in = { .sin_family = AF_INET };
		bool six = strchr(cases[i].listen, ':');
		void *address = six ? (void *)&in6.sin6_addr : (void *)&in.sin_addr;
		int family = six ? AF_INET6 : AF_INET, listener, client, child;
		socklen_t length = six ? sizeof(in6) : sizeof(in);
		void *to = six ? (void *)&in6 : (void *)&in;

		listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		client = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		inet_pton(family, cases[i].listen, address);
		assert_int_equal(bind(listener, to, length) | listen(listener, 8), 0);
		assert_int_equal(getsockname(listener, to, &length), 0);
		inet_pton(family, cases[i].connect, address);
		assert_int_equal(connect(client, to, length), 0);
		child = accept(listener, NULL, NULL);
		assert_true(child >= 0);
		assert_true(is_mine(listener));
		assert_true(is_mine(client));
		if (!is_mine(child))
			fail_msg("a connection to %s, where %s listens", cases[i].connect, cases[i].listen);
		assert_int_not_equal(cookie_of(child), cookie_of(listener));
		close(child);
		close(client);
		close(listener);
	}
}

/* What was noted stays when the programs are loaded anew, and when nobody holds them but their pins. */
static void again(void **state)
{
	int before = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), meanwhile, after;
	struct resid_error err;

	who_free(table);
	table = NULL;
	meanwhile = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (who_ensure(world_cgroup, &table, &err))
		fail_msg("%s", err.text);
	after = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(is_mine(before));
	assert_true(is_mine(meanwhile));
	assert_true(is_mine(after));
	close(before);
	close(meanwhile);
	close(after);
}

/* Memory is bounded: more sockets than fit push out old ones, not the newest. */
static void bounded(void **state)
{
	for (int i = 0; i < 2 * WHO_MAX; i++) {
		int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

		if (i % 10000 == 0 && !is_mine(fd))
			fail_msg("socket %d is not known", i);
		close(fd);
	}
}

static bool noted(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool mine = is_mine(fd);

	close(fd);
	return mine;
}

/* A map of another shape in the way is replaced; and removed is removed. */
static void replaced(void **state)
{
	struct path pin = paths_in(paths_bpf_dir(), "who_socket");
	int odd = bpf_map_create(BPF_MAP_TYPE_HASH, "odd", 4, 4, 10, NULL);
	struct resid_error err;

	who_free(table);
	table = NULL;
	unlink(pin.text);
	assert_true(odd >= 0);
	assert_int_equal(bpf_obj_pin(odd, pin.text), 0);
	if (who_ensure(world_cgroup, &table, &err))
		fail_msg("%s", err.text);
	assert_true(noted());
	close(odd);

	/* the kernel lets go of a program a little later */
	who_remove();
	assert_int_equal(access(pin.text, F_OK), -1);
	for (int tries = 0; noted(); tries++) {
		assert_true(tries < 1000);
		usleep(20000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind),  cmocka_unit_test(others),   cmocka_unit_test(thread),
		cmocka_unit_test(dead),	       cmocka_unit_test(handed_over), cmocka_unit_test(accepted),
		cmocka_unit_test(again),       cmocka_unit_test(bounded),  cmocka_unit_test(replaced),
	};
	const char *cannot = world_init();
	struct resid_error err;
	int failed;

	if (cannot) {
		printf("1..0 # SKIP %s\n", cannot);
		return 0;
	}
	if (who_ensure(world_cgroup, &table, &err)) {
		printf("not ok 1 - %s\n", err.text);
		world_fini();
		return 1;
	}
	enter_cgroup("");
	failed = cmocka_run_group_tests_name("who", tests, NULL, NULL);
	who_free(table);
	leave_cgroups();
	world_fini();
	return failed;
}
