/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * All that the files need from the platform which compile both in the kernel and in userspace: lpm.c, table.c,
 * verdict.h, and the readers of packets. This is the only file of theirs that knows which of the two it is.
 */
#ifndef _RESID_DEPS_H
#define _RESID_DEPS_H

#ifdef __KERNEL__

#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/skbuff.h>
#include <linux/socket.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>
#include <asm/unaligned.h>
#include <crypto/sha2.h>

/* The bytes of a packet. Offsets count from skb->data. */
struct resid_bytes {
	const struct sk_buff *skb;
};

/* The bytes at @offset, in place or copied to @buffer; NULL when the packet ends before. */
static inline const void *resid_bytes_at(const struct resid_bytes *bytes, u32 offset, u32 length, void *buffer)
{
	return skb_header_pointer(bytes->skb, offset, length, buffer);
}

static inline u32 resid_bytes_length(const struct resid_bytes *bytes)
{
	return bytes->skb->len;
}

#else

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define fallthrough __attribute__((__fallthrough__))
#ifndef static_assert
#define static_assert _Static_assert
#endif
#define BIT(n) (1u << (n))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct resid_bytes {
	const u8 *data;
	size_t length;
};

static inline const void *resid_bytes_at(const struct resid_bytes *bytes, u32 offset, u32 length, void *buffer)
{
	if (offset > bytes->length || length > bytes->length - offset)
		return NULL;
	return memcpy(buffer, bytes->data + offset, length);
}

static inline u32 resid_bytes_length(const struct resid_bytes *bytes)
{
	return (u32)bytes->length;
}

/* Supplied by libresid. */
void sha256(const u8 *data, unsigned int length, u8 *out);

static inline unsigned int hweight64(u64 word)
{
	return (unsigned int)__builtin_popcountll(word);
}

static inline u64 get_unaligned_be64(const void *p)
{
	u64 word;

	memcpy(&word, p, sizeof(word));
	return __builtin_bswap64(word);
}

static inline u32 get_unaligned_be32(const void *p)
{
	u32 word;

	memcpy(&word, p, sizeof(word));
	return __builtin_bswap32(word);
}

static inline u16 get_unaligned_be16(const void *p)
{
	u16 word;

	memcpy(&word, p, sizeof(word));
	return __builtin_bswap16(word);
}

#endif

#include "uapi/resid.h"

#endif /* _RESID_DEPS_H */
