// SPDX-License-Identifier: Apache-2.0
/*
 * sidestep socket              opens an AF_XDP socket
 * sidestep xdp|tc|lwt NAME     loads a program that does nothing, of a kind that could send past every hook
 * sidestep filter NAME         loads a socket filter, which cannot
 * sidestep pin xdp NAME PATH   and pins it; sidestep reopen PATH opens what is pinned there
 * Prints "ok" or the error's name.
 */
#include "tool.h"

#include <linux/bpf.h>
#include <sys/syscall.h>

#ifndef AF_XDP
#define AF_XDP 44
#endif

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(__NR_bpf, command, attr, sizeof(*attr));
}

static int load(const char *kind, const char *name)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = { .insns = (__u64)(unsigned long)insns, .insn_cnt = 2, .license = (__u64)(unsigned long)"GPL" };

	if (!strcmp(kind, "xdp"))
		attr.prog_type = BPF_PROG_TYPE_XDP;
	else if (!strcmp(kind, "tc"))
		attr.prog_type = BPF_PROG_TYPE_SCHED_CLS;
	else if (!strcmp(kind, "lwt"))
		attr.prog_type = BPF_PROG_TYPE_LWT_XMIT;
	else
		attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	strncpy(attr.prog_name, name, sizeof(attr.prog_name) - 1);
	return bpf(BPF_PROG_LOAD, &attr);
}

static int pin(int command, int fd, const char *path)
{
	union bpf_attr attr = { .pathname = (__u64)(unsigned long)path, .bpf_fd = (__u32)(fd < 0 ? 0 : fd) };

	return bpf(command, &attr);
}

int main(int argc, char **argv)
{
	int fd = -1;

	if (argc == 2 && !strcmp(argv[1], "socket"))
		fd = socket(AF_XDP, SOCK_RAW, 0);
	else if (argc == 3 && !strcmp(argv[1], "reopen"))
		fd = pin(BPF_OBJ_GET, -1, argv[2]);
	else if (argc == 3)
		fd = load(argv[1], argv[2]);
	else if (argc == 5 && !strcmp(argv[1], "pin"))
		fd = load(argv[2], argv[3]) < 0 ? -1 : pin(BPF_OBJ_PIN, 3, argv[4]);
	else
		return 2;
	puts(fd < 0 ? strerrorname_np(errno) : "ok");
	return 0;
}
