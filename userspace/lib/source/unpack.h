/* SPDX-License-Identifier: Apache-2.0 */
/* Files packed by gzip, bzip2, xz or zstd, unpacked piece by piece. In a confined child: the packing is foreign. */
#ifndef RESID_SOURCE_UNPACK_H
#define RESID_SOURCE_UNPACK_H

#include <stddef.h>
#include <stdint.h>

#define UNPACK_HEAD 6	/* bytes by which a packing is known */

struct unpack;

/* By the first bytes of a file; NULL: it is not packed. */
struct unpack *unpack_new(const uint8_t *head, size_t length);
void unpack_free(struct unpack *unpack);

/*
 * Moves *in over what was used of it and puts up to room bytes to out. How many; or -1 with *why: the packing is
 * damaged. Files that are several packed ones after each other are one.
 */
ptrdiff_t unpack_step(struct unpack *unpack, const uint8_t **in, size_t *left, uint8_t *out, size_t room,
		      const char **why);
/* Does what was used so far end where a packed file may end? */
int unpack_is_whole(const struct unpack *unpack);

#endif
