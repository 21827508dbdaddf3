// SPDX-License-Identifier: GPL-2.0-only
/*
 * One upload at a time: begun, filled from its first byte to its last, committed.
 *
 * stage_mutex guards it, and is held through the commit, so an upload cannot be dropped while it is being validated.
 * The state's mutex is taken inside it.
 *
 * An upload belongs to a socket, which may be closed at any moment. That is told by its port id, and a port id can be
 * another socket's before it is told; so who continues an upload must also name its token. The other way round, an
 * upload may be dropped because of a socket that had its port id before: then the next chunk is refused, and its sender
 * begins again.
 */
#include "stage.h"

#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/random.h>
#include <linux/string.h>

#include "state.h"

static DEFINE_MUTEX(stage_mutex);	/* all below */
static void *stage_data;		/* NULL: no stage */
static u32 stage_length;
static u32 stage_received;
static u32 stage_portid;
static u64 stage_token;			/* random */

static void stage_drop(void)
{
	kvfree(stage_data);
	stage_data = NULL;
}

static int stage_check(u32 portid, u64 token, struct netlink_ext_ack *extack)
{
	if (stage_data && stage_portid == portid && stage_token == token)
		return 0;
	NL_SET_ERR_MSG(extack, "no upload of this socket with this token: begin one");
	return -ENOENT;
}

int resid_stage_begin(u32 portid, u32 length, u64 *token, struct netlink_ext_ack *extack)
{
	int error = 0;

	if (length < sizeof(struct resid_snapshot_header) || length > RESID_SNAPSHOT_MAX) {
		NL_SET_ERR_MSG(extack, "a snapshot is longer than its header and no longer than 16 MiB");
		return -EINVAL;
	}
	mutex_lock(&stage_mutex);
	if (stage_data) {
		NL_SET_ERR_MSG(extack, "another upload is under way: wait for it, or end its process");
		error = -EBUSY;
		goto out;
	}
	stage_data = kvmalloc(length, GFP_KERNEL);
	if (!stage_data) {
		NL_SET_ERR_MSG(extack, "out of memory for the upload; the generation in force stays");
		error = -ENOMEM;
		goto out;
	}
	stage_length = length;
	stage_received = 0;
	WRITE_ONCE(stage_portid, portid);
	stage_token = get_random_u64();
	*token = stage_token;
out:
	mutex_unlock(&stage_mutex);
	return error;
}

int resid_stage_chunk(u32 portid, u64 token, u32 offset, const void *data, u32 length, struct netlink_ext_ack *extack)
{
	int error;

	mutex_lock(&stage_mutex);
	error = stage_check(portid, token, extack);
	if (error)
		goto out;
	if (offset != stage_received || length > stage_length - stage_received) {
		NL_SET_ERR_MSG(extack, "a chunk must follow the one before it and end inside the announced length");
		error = -EINVAL;
		goto out;
	}
	memcpy(stage_data + offset, data, length);
	stage_received += length;
out:
	mutex_unlock(&stage_mutex);
	return error;
}

int resid_stage_commit(u32 portid, u64 token, const u8 *replaces, u32 confirm, struct netlink_ext_ack *extack)
{
	int error;

	mutex_lock(&stage_mutex);
	error = stage_check(portid, token, extack);
	if (error)
		goto out;
	if (stage_received != stage_length) {
		NL_SET_ERR_MSG(extack, "the upload is not complete; it has been dropped");
		error = -EINVAL;
	} else {
		error = resid_state_publish(stage_data, stage_length, replaces, confirm, extack);
		stage_data = NULL;	/* the state's, or gone */
	}
	stage_drop();
out:
	mutex_unlock(&stage_mutex);
	return error;
}

void resid_stage_release(u32 portid)
{
	/* every generic netlink socket of the node comes by here, and does not wait for a load that is not its own */
	if (READ_ONCE(stage_portid) != portid)
		return;
	mutex_lock(&stage_mutex);
	if (stage_data && stage_portid == portid)
		stage_drop();
	mutex_unlock(&stage_mutex);
}

/* Process context, module exit: no command and no end of a socket is heard any more, so nobody needs the mutex. */
void resid_stage_fini(void)
{
	stage_drop();
}
