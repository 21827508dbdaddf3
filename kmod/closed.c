// SPDX-License-Identifier: GPL-2.0-only
/*
 * Without a policy a node that booted closed still has to reach what it gets its policy from. That is its own networks,
 * and the addresses that its administrator named when the module was loaded; of its own networks the metadata services
 * of clouds are excepted, for they pass on what they are given.
 *
 * The list is written before the first hook and does not change, so packets read it without a lock.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "closed.h"

#include <linux/inet.h>
#include <linux/kernel.h>
#include <linux/slab.h>

#include "packet.h"

#define CLOSED_BOOTSTRAP_MAX 32

struct closed_prefix {
	u8 family;
	u8 length;
	u8 address[16];
};

static struct closed_prefix closed_bootstrap[CLOSED_BOOTSTRAP_MAX];
static unsigned int closed_bootstrap_count;

static const struct closed_prefix closed_local[] = {
	{ AF_INET, 8, { 10 } },
	{ AF_INET, 8, { 127 } },
	{ AF_INET, 12, { 172, 16 } },
	{ AF_INET, 16, { 192, 168 } },
	{ AF_INET, 32, { 255, 255, 255, 255 } },
	{ AF_INET6, 7, { 0xfc } },
	{ AF_INET6, 128, { [15] = 1 } },
};

/* metadata services of clouds that lie inside fc00::/7: fd00:ec2::254, fd00:ec2::23, fd20:ce::254, fd00:42::42 */
static const struct closed_prefix closed_metadata[] = {
	{ AF_INET6, 128, { 0xfd, 0, 0x0e, 0xc2, [14] = 2, [15] = 0x54 } },
	{ AF_INET6, 128, { 0xfd, 0, 0x0e, 0xc2, [15] = 0x23 } },
	{ AF_INET6, 128, { 0xfd, 0x20, 0, 0xce, [14] = 2, [15] = 0x54 } },
	{ AF_INET6, 128, { 0xfd, 0, 0, 0x42, [15] = 0x42 } },
};

static bool closed_prefix_holds(const struct closed_prefix *prefix, const struct resid_dest *dest)
{
	unsigned int bytes = prefix->length / 8, bits = prefix->length % 8;

	if (prefix->family != dest->family || memcmp(prefix->address, dest->address, bytes))
		return false;
	return !bits || !((prefix->address[bytes] ^ dest->address[bytes]) >> (8 - bits));
}

static bool closed_prefixes_hold(const struct closed_prefix *prefix, unsigned int count, const struct resid_dest *dest)
{
	for (; count; count--, prefix++)
		if (closed_prefix_holds(prefix, dest))
			return true;
	return false;
}

bool resid_closed_allows(const struct resid_dest *dest)
{
	return closed_prefixes_hold(closed_bootstrap, closed_bootstrap_count, dest) ||
	       (!closed_prefixes_hold(closed_metadata, ARRAY_SIZE(closed_metadata), dest) &&
		closed_prefixes_hold(closed_local, ARRAY_SIZE(closed_local), dest));
}

static int closed_bootstrap_add(const char *text)
{
	struct closed_prefix *prefix = &closed_bootstrap[closed_bootstrap_count];
	const char *end;
	unsigned int length, bits;

	if (closed_bootstrap_count == CLOSED_BOOTSTRAP_MAX)
		return -E2BIG;
	memset(prefix, 0, sizeof(*prefix));
	if (in4_pton(text, -1, prefix->address, '/', &end) || in4_pton(text, -1, prefix->address, -1, &end)) {
		prefix->family = AF_INET;
		bits = 32;
	} else if (in6_pton(text, -1, prefix->address, '/', &end) || in6_pton(text, -1, prefix->address, -1, &end)) {
		prefix->family = AF_INET6;
		bits = 128;
	} else {
		return -EINVAL;
	}
	length = bits;
	if (*end && (*end != '/' || kstrtouint(end + 1, 10, &length) || length > bits))
		return -EINVAL;
	prefix->length = length;
	closed_bootstrap_count++;
	return 0;
}

int resid_closed_init(const char *list)
{
	char *copy, *rest, *item;
	int error = 0;

	if (!list || !*list)
		return 0;
	copy = kstrdup(list, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	rest = copy;
	while (!error && (item = strsep(&rest, ","))) {
		error = closed_bootstrap_add(item);
		if (error)
			pr_err("bootstrap: \"%s\" is not an address or prefix, or there are more than %d\n", item,
			       CLOSED_BOOTSTRAP_MAX);
	}
	kfree(copy);
	return error;
}
