/* SPDX-License-Identifier: Apache-2.0 */
/* What all of bpf/ needs of libbpf: its complaints, which its return values do not carry, and a place to pin. */
#ifndef RESID_BPF_OBJECT_H
#define RESID_BPF_OBJECT_H

#include "util/error.h"

/* From here on libbpf's last complaint is kept instead of printed; forgets the one before. */
void object_listen(void);
/* That complaint, else what a negative errno means. */
const char *object_reason(int error);
/* "cannot WHAT: ...", with the complaint. Returns -1. */
int object_fail(const char *what, int error, struct resid_error *err);

/* The folder of our pins; mounts the BPF file system if nobody has. */
int object_make_dir(struct resid_error *err);

#endif
