// SPDX-License-Identifier: Apache-2.0
#include "bpf/object.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#include "util/paths.h"

#define BPF_FS "/sys/fs/bpf"

static char object_complaint[512];

static int object_print(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(object_complaint, sizeof(object_complaint), format, args);
	object_complaint[strcspn(object_complaint, "\n")] = '\0';
	return 0;
}

void object_listen(void)
{
	libbpf_set_print(object_print);
	*object_complaint = '\0';
}

const char *object_reason(int error)
{
	return *object_complaint ? object_complaint : strerror(-error);
}

int object_fail(const char *what, int error, struct resid_error *err)
{
	if (error == -EPERM)
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot %s: needs root", what);
	return resid_fail(err, RESID_EXIT_SYSTEM, "cannot %s: %s%s%s%s", what, strerror(-error),
			  *object_complaint ? " (" : "", object_complaint, *object_complaint ? ")" : "");
}

int object_make_dir(struct resid_error *err)
{
	struct statfs fs;
	struct path above = paths_dir_of(paths_bpf_dir());

	if ((statfs(above.text, &fs) || fs.f_type != BPF_FS_MAGIC) && !strcmp(above.text, BPF_FS) &&
	    mount("bpf", BPF_FS, "bpf", 0, "mode=0700"))
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot mount %s: %s", BPF_FS, strerror(errno));
	return paths_make_dir(paths_bpf_dir(), 0700, err);
}
