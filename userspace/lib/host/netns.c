// SPDX-License-Identifier: Apache-2.0
#include "host/netns.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "util/cleanup.h"
#include "util/file.h"
#include "util/paths.h"

/* A service with a mount namespace of its own need not see what was mounted after it started; init does. */
#define NETNS_DIR_OF_INIT	"/proc/1/root" NETNS_DIR

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

DEFINE_CLEANUP(dir, DIR *, closedir);
DEFINE_CLEANUP(msg, struct nl_msg *, nlmsg_free);
DEFINE_CLEANUP(sock, struct nl_sock *, nl_socket_free);

/* 0 or an errno. */
static int netns_cookie_here(void *cookie)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t length = sizeof(uint64_t);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &length))
		return errno;
	return 0;
}

int netns_cookie_self(uint64_t *cookie, struct resid_error *err)
{
	int error = netns_cookie_here(cookie);

	if (error)
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot read the network namespace's cookie: %s",
				  strerror(error));
	return 0;
}

struct netns_visit {
	int fd, error;
	int (*run)(void *context);
	void *context;
};

static void *netns_visit(void *context)
{
	struct netns_visit *visit = context;

	visit->error = setns(visit->fd, CLONE_NEWNET) ? errno : visit->run(visit->context);
	return NULL;
}

int netns_run(int fd, int (*run)(void *context), void *context)
{
	struct netns_visit visit = { .fd = fd, .run = run, .context = context };
	pthread_t thread;
	int error = pthread_create(&thread, NULL, netns_visit, &visit);

	if (error)
		return error;
	pthread_join(thread, NULL);
	return visit.error;
}

int netns_cookie(int fd, uint64_t *cookie, struct resid_error *err)
{
	int error = netns_run(fd, netns_cookie_here, cookie);

	if (error)
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot enter a network namespace: %s", strerror(error));
	return 0;
}

static int netns_open_path(const char *path)
{
	struct resid_error ignored;
	_cleanup_close_ int fd = file_open(path, O_RDONLY, 0, &ignored);
	struct statfs fs;
	int result;

	/* `ip netns add` makes the file first and mounts the namespace on it a moment later. */
	if (fd < 0 || fstatfs(fd, &fs) || fs.f_type != NSFS_MAGIC)
		return -1;
	result = fd;
	fd = -1;
	return result;
}

int netns_open(const char *name)
{
	struct path path = paths_in(NETNS_DIR, "%s", name);
	int fd = netns_open_path(path.text);

	if (fd >= 0)
		return fd;
	path = paths_in(NETNS_DIR_OF_INIT, "%s", name);
	return netns_open_path(path.text);
}

static int netns_id_answer(struct nl_msg *msg, void *context)
{
	struct nlattr *attr = nlmsg_find_attr(nlmsg_hdr(msg), sizeof(struct rtgenmsg), NETNSA_NSID);

	if (attr)
		*(int *)context = nla_get_s32(attr);
	return NL_OK;
}

int netns_id(int fd)
{
	_cleanup_(cleanup_sock) struct nl_sock *sock = nl_socket_alloc();
	_cleanup_(cleanup_msg) struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETNSID, 0);
	struct rtgenmsg family = { .rtgen_family = AF_UNSPEC };
	int nsid = -1;

	if (!sock || !msg || nlmsg_append(msg, &family, sizeof(family), NLMSG_ALIGNTO) ||
	    nla_put_u32(msg, NETNSA_FD, (uint32_t)fd) || nl_connect(sock, NETLINK_ROUTE))
		return -1;
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, netns_id_answer, &nsid);
	if (nl_send_auto(sock, msg) < 0 || nl_recvmsgs_default(sock) < 0)
		return -1;
	return nsid;
}

static int netns_find_in(const char *folder, const char *format, int nsid)
{
	_cleanup_(cleanup_dir) DIR *dir = opendir(folder);
	ino_t seen = 0;
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		_cleanup_close_ int fd = -1;
		char below[NAME_MAX + 16];
		struct path path;
		struct stat st;

		if (entry->d_name[0] == '.' || (strchr(format, '/') && !isdigit((unsigned char)entry->d_name[0])))
			continue;
		snprintf(below, sizeof(below), "%s%s", entry->d_name, format);
		path = paths_in(folder, "%s", below);
		/* Neighbours in /proc mostly share a namespace: ask once. */
		if (stat(path.text, &st) || st.st_ino == seen)
			continue;
		seen = st.st_ino;
		fd = netns_open_path(path.text);
		if (fd >= 0 && netns_id(fd) == nsid) {
			int result = fd;

			fd = -1;
			return result;
		}
	}
	return -1;
}

int netns_find(int nsid)
{
	int fd = netns_find_in(NETNS_DIR, "", nsid);

	if (fd < 0)
		fd = netns_find_in(NETNS_DIR_OF_INIT, "", nsid);
	if (fd < 0)
		fd = netns_find_in("/proc/1/root/run/docker/netns", "", nsid);
	if (fd < 0)
		fd = netns_find_in("/proc", "/ns/net", nsid);
	return fd;
}
