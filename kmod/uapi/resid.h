/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Resid: the one interface between resid.ko and userspace.
 *
 * Three things cross it, and this file defines all three:
 *
 *   1. a snapshot   (down)  one immutable blob that decides; residctl builds it, the kernel validates and swaps it
 *   2. audit records (up)   what was refused, counted, in numbered batches that stay until they are acknowledged
 *   3. generic netlink      family "resid", version 1, initial network namespace only
 *
 * Every command, reads included, needs CAP_NET_ADMIN and CAP_SYS_ADMIN in the initial user namespace. A refusal
 * carries a sentence in extack.
 *
 *   command              request                                    answer
 *   STATUS               -                                          STATUS_*
 *   STAGE_BEGIN          STAGE_LENGTH                               STAGE_TOKEN
 *   STAGE_CHUNK          STAGE_TOKEN STAGE_OFFSET STAGE_DATA        -
 *   STAGE_COMMIT         STAGE_TOKEN STAGE_REPLACES [STAGE_CONFIRM] -
 *   MODE_SET             MODE_VALUE [MODE_CONFIRM]                  -
 *   TAGGER_SET           TAGGER_FD                                  -
 *   DEVICE_SET           DEVICE_IFINDEX DEVICE_INSIDE               -
 *   DEVICE_GET   (dump)  -                                          one message a device: DEVICE_*
 *   COUNTER_GET  (dump)  -                                          one message a counter: COUNTER_*
 *   AUDIT_DRAIN          -                                          AUDIT_BATCH AUDIT_COUNT
 *   AUDIT_GET    (dump)  AUDIT_BATCH                                AUDIT_BATCH AUDIT_INDEX AUDIT_RECORDS ...
 *   AUDIT_ACK            AUDIT_BATCH                                -
 *   DISARM               -                                          -
 *   EVALUATE             EVALUATE_QUESTIONS                         [EVALUATE_GENERATION] EVALUATE_ANSWERS
 *   CLOSE                -                                          -
 *
 * A stage belongs to the socket that began it and dies with it; there is one at a time. A commit names the
 * generation that it replaces (32 zero bytes: none), so two loaders cannot overwrite each other unseen.
 *
 * All integers are in host order, and the host is little-endian. Addresses and ports are in network order; an
 * IPv4 address fills the first four bytes of its 16 and the rest are zero. Reserved bytes are zero, and checked.
 */
#ifndef _UAPI_RESID_H
#define _UAPI_RESID_H

#include <linux/types.h>

/* ---- words ------------------------------------------------------------------------------------------------ */

#define RESID_CLASS_UNLABELLED	0	/* nobody said whose data it is */
#define RESID_CLASS_KERNEL	255	/* kernel sockets, and segments that the node itself makes */
#define RESID_CLASS_COUNT	256	/* a policy names classes 1 to 254 */

/* In order of strictness: of two verdicts the greater wins. */
enum resid_verdict {
	RESID_V_ALLOW,
	RESID_V_AUDIT,		/* allow, and record */
	RESID_V_REJECT,		/* refuse so that the sender sees it at once */
	RESID_V_DROP,		/* refuse in silence */
	RESID_V_COUNT
};

enum resid_mode {
	RESID_MODE_PERMISSIVE,	/* judge and record, refuse nothing */
	RESID_MODE_ENFORCING
};

enum resid_boot {
	RESID_BOOT_OPEN,	/* before a policy everything leaves */
	RESID_BOOT_CLOSED	/* before a policy only link, local and bootstrap destinations leave */
};

/* The hook that decided. */
enum resid_hook {
	RESID_HOOK_LOCAL_OUT,
	RESID_HOOK_FORWARD,
	RESID_HOOK_EGRESS
};

/* Of a packet, by connection tracking. */
enum resid_direction {
	RESID_DIR_UNKNOWN,
	RESID_DIR_ORIGINAL,
	RESID_DIR_REPLY
};

/* ---- snapshot --------------------------------------------------------------------------------------------- */

/*
 *   header | core | rules | steps | matrix | lpm4 | lpm6 | full
 *          '------------- the kernel's sections ------'  '-- userspace's: names, zones, ranges
 *
 * Sections stand in this order, each at the next multiple of 8, with zeros between. The kernel is sent the file's
 * bytes up to the end of lpm6. The generation is the SHA-256 of the header, which holds the digests of the sections.
 */
#define RESID_SNAPSHOT_MAGIC	"resid-1\n"	/* eight bytes, without the final zero */
#define RESID_SNAPSHOT_MAX	(16u << 20)	/* bytes of the kernel's part */
#define RESID_DIGEST_LEN	32

enum resid_section_id {
	RESID_SECTION_CORE,	/* one struct resid_core */
	RESID_SECTION_RULES,	/* struct resid_rule[] */
	RESID_SECTION_STEPS,	/* struct resid_step[], may be empty */
	RESID_SECTION_MATRIX,	/* __u16 cell[row_count][group_count] */
	RESID_SECTION_LPM4,	/* struct resid_lpm_header, root, nodes, leaves */
	RESID_SECTION_LPM6,
	RESID_SECTION_FULL,	/* not read by the kernel */
	RESID_SECTION_COUNT
};

struct resid_section {
	__u64 offset;		/* from the start of the file */
	__u64 length;		/* bytes */
	__u8  sha256[RESID_DIGEST_LEN];
};

struct resid_snapshot_header {
	__u8  magic[8];
	__u64 number;		/* the policy's serial number, 0: none */
	__s64 not_before;	/* seconds since the epoch, inclusive: outside its window it is not published */
	__s64 not_after;	/* exclusive; 0: no end */
	struct resid_section section[RESID_SECTION_COUNT];
	__u8  sha256[RESID_DIGEST_LEN];	/* of the header up to here */
};

#define RESID_NAT64_MAX		8

struct resid_nat64 {
	__u8  prefix[16];
	__u8  length;		/* 32, 40, 48, 56, 64 or 96 (RFC 6052) */
	__u8  reserved[7];
};

#define RESID_CLASS_F_PERMISSIVE 1	/* this class is judged and recorded, not refused */
#define RESID_CLASS_F_DENY_ON_LOSS 2	/* what is to be recorded, and finds no room for it, does not leave */
#define RESID_CLASS_F_ALL	3

struct resid_core {
	__u8  row[RESID_CLASS_COUNT];	/* class to row of the matrix; an undeclared class has the row of class 0 */
	__u8  class_flags[RESID_CLASS_COUNT];
	__u16 row_count;
	__u16 rule_count;
	__u16 step_count;
	__u16 group_count;
	__u16 non_ip_rule;		/* rule for frames that are neither IP nor link */
	__u16 unparsable_rule;		/* rule for packets whose destinations cannot be read */
	__u16 nat64_count;
	__u16 link_group;		/* of frames that neighbours exchange, and of what no router forwards */
	struct resid_nat64 nat64[RESID_NAT64_MAX];
};

#define RESID_NO_RULE		0xffff	/* before the first policy */
#define RESID_KEY_NO_POLICY	0ull	/* of what is refused before the first policy; no rule has it */
#define RESID_KEY_GONE		(~0ull)	/* of all rules that are long gone; no rule has it */

struct resid_rule {
	__u64 key;		/* first 8 bytes of the SHA-256 of the rule's id: counters keep it across generations */
	__u8  verdict;		/* enum resid_verdict */
	__u8  reserved[7];
};

#define RESID_STEP_F_PROTO	1	/* proto must match */
#define RESID_STEP_F_PORT	2	/* port_first <= destination port <= port_last; implies a protocol with ports */
#define RESID_STEP_F_ORIGINAL	4	/* conntrack direction original */
#define RESID_STEP_F_REPLY	8	/* conntrack direction reply */
#define RESID_STEP_F_TIME	16	/* from <= now < until */
#define RESID_STEP_F_LAST	32	/* ends the chain; has no other flag */
#define RESID_STEP_F_ALL	63
#define RESID_CHAIN_MAX		64	/* steps in one chain */

struct resid_step {
	__s64 from;		/* seconds since the epoch, inclusive */
	__s64 until;		/* exclusive */
	__u16 rule;
	__u16 port_first;	/* host order */
	__u16 port_last;
	__u8  proto;
	__u8  flags;		/* RESID_STEP_F_* */
};

/* A cell is the index of a rule, or with this bit the index of a chain's first step. */
#define RESID_CELL_CHAIN	0x8000u
#define RESID_CELL_INDEX	0x7fffu

/*
 * Longest-prefix match as a poptrie (Asai and Ohara, SIGCOMM 2015): a root indexed by the first 18 bits, below it
 * nodes of 64 slots. lpm.c explains the layout. Nodes stand in breadth-first order without gaps or sharing, so a
 * table has exactly one valid form.
 */
#define RESID_LPM_ROOT_BITS	18
#define RESID_LPM_STRIDE	6
#define RESID_LPM_LEAF		0x80000000u	/* in the root: the low bits are a group, not a node */

struct resid_lpm_header {
	__u32 node_count;
	__u32 leaf_count;
};	/* then __u32 root[1 << 18], struct resid_lpm_node node[node_count], __u16 leaf[leaf_count] */

struct resid_lpm_node {
	__u64 inner;		/* bit s: slot s continues in a node */
	__u64 starts;		/* bit s: slot s begins a run of slots that share a leaf; never a bit of inner */
	__u32 node_base;	/* first child */
	__u32 leaf_base;	/* first leaf */
};

/* ---- audit ------------------------------------------------------------------------------------------------ */

/* What was given up when the table was full. The sums stay exact. */
enum resid_fold {
	RESID_FOLD_NONE,
	RESID_FOLD_FLOW,	/* source, ports, socket, uid and cgroup are zero */
	RESID_FOLD_DEST,	/* the destination as well */
	RESID_FOLD_ALL		/* only the verdict and the flags remain */
};

#define RESID_AUDIT_F_PERMISSIVE 1	/* it would have been refused */
#define RESID_AUDIT_F_UNPARSABLE 2
#define RESID_AUDIT_F_NON_IP	4	/* a frame without IP: proto is 0, dport the ethertype */
#define RESID_AUDIT_F_FRAGMENT	8	/* a fragment that holds no ports */
#define RESID_AUDIT_F_INNER	16	/* a destination inside the packet decided, and dst is that one */
#define RESID_AUDIT_F_NO_POLICY	32	/* boot=closed, no policy yet */
#define RESID_AUDIT_F_DENIED	64	/* verdict audit, and it was refused: RESID_CLASS_F_DENY_ON_LOSS */

struct resid_audit_key {
	__u8  src[16];
	__u8  dst[16];		/* the destination that decided */
	__u64 generation;	/* first 8 bytes of the generation; 0: none */
	__u64 cgroup;		/* cgroup v2 id of the socket; 0: no socket */
	__u64 netns;		/* cookie of the network namespace of the device */
	__u64 socket;		/* socket cookie; 0: none yet */
	__u32 ifindex;		/* outgoing device, in that namespace */
	__u32 uid;		/* of the socket, in the initial user namespace; ~0: no socket */
	__be16 sport;		/* or, for ICMP, type << 8 | code in dport */
	__be16 dport;
	__u16 rule;
	__u16 group;
	__u8  family;		/* AF_INET, AF_INET6, or 0 */
	__u8  proto;
	__u8  class;
	__u8  verdict;		/* enum resid_verdict, as judged */
	__u8  hook;		/* enum resid_hook */
	__u8  fold;		/* enum resid_fold */
	__u8  flags;		/* RESID_AUDIT_F_* */
	__u8  reserved;
};

struct resid_audit_record {
	struct resid_audit_key key;
	__u64 packets;		/* as the hook saw them, segments for GSO */
	__u64 bytes;		/* from the IP header on */
	__u64 first_boot_ns;	/* CLOCK_BOOTTIME */
	__u64 last_boot_ns;
	__u64 first_wall_ns;	/* CLOCK_REALTIME */
	__u64 last_wall_ns;
	__u8  tcp_flags;	/* of all packets, united */
	__u8  reserved[7];
};

/* ---- evaluation ------------------------------------------------------------------------------------------- */

/*
 * What would happen to a packet? The questions of one message are answered in their order by one generation and mode,
 * with the code that judges packets; nothing is counted or recorded.
 */
#define RESID_QUESTIONS_MAX	512	/* in one message */

#define RESID_QUESTION_F_PROTO	1	/* proto is known; else the packet does not say */
#define RESID_QUESTION_F_PORT	2	/* dport is known; needs a proto that has ports */
#define RESID_QUESTION_F_TIME	4	/* at that time; else now, by the clock that windows are held against */
#define RESID_QUESTION_F_ALL	7

struct resid_question {
	__s64 time;		/* seconds since the epoch */
	__u8  address[16];	/* destination */
	__be16 dport;
	__u8  family;		/* AF_INET or AF_INET6 */
	__u8  class;
	__u8  proto;
	__u8  direction;	/* enum resid_direction */
	__u8  flags;		/* RESID_QUESTION_F_*; what they do not name is zero */
	__u8  reserved;
};

#define RESID_ANSWER_F_REFUSED	1	/* it would not pass */
#define RESID_ANSWER_F_PERMISSIVE 2	/* the verdict refuses, but mode or class is permissive */
#define RESID_ANSWER_F_INNER	4	/* an IPv4 address inside the IPv6 one decided, and dst is that one */
#define RESID_ANSWER_F_LINK	8	/* it never leaves the link: group is the policy's link_group */
#define RESID_ANSWER_F_NO_POLICY 16	/* before the first policy; rule is RESID_NO_RULE */

struct resid_answer {
	__u64 key;		/* of the rule */
	__u8  dst[16];		/* the destination that decided */
	__u16 rule;		/* index */
	__u16 group;
	__u8  family;		/* of dst */
	__u8  verdict;		/* enum resid_verdict */
	__u8  flags;		/* RESID_ANSWER_F_* */
	__u8  reserved;
};

/* ---- generic netlink -------------------------------------------------------------------------------------- */

/* In every enumeration of attributes PAD, which aligns what follows to eight bytes, comes first: new ones come last. */

#define RESID_GENL_NAME		"resid"
#define RESID_GENL_VERSION	1
#define RESID_GENL_GROUP	"audit"	/* AUDIT_DRAIN without attributes: there may be something to drain */

enum resid_cmd {
	RESID_CMD_UNSPEC,
	RESID_CMD_STATUS,
	RESID_CMD_STAGE_BEGIN,
	RESID_CMD_STAGE_CHUNK,
	RESID_CMD_STAGE_COMMIT,
	RESID_CMD_MODE_SET,
	RESID_CMD_TAGGER_SET,
	RESID_CMD_DEVICE_SET,
	RESID_CMD_DEVICE_GET,
	RESID_CMD_COUNTER_GET,
	RESID_CMD_AUDIT_DRAIN,
	RESID_CMD_AUDIT_GET,
	RESID_CMD_AUDIT_ACK,
	RESID_CMD_DISARM,
	RESID_CMD_EVALUATE,
	RESID_CMD_CLOSE,	/* while there is no policy, as if booted closed, until DISARM; refused with one */
	__RESID_CMD_MAX
};
#define RESID_CMD_MAX (__RESID_CMD_MAX - 1)

enum resid_status_attr {
	RESID_A_STATUS_UNSPEC,
	RESID_A_STATUS_PAD,
	RESID_A_STATUS_INSTANCE,	/* 16 bytes, random at insmod: names the run that batch numbers count in */
	RESID_A_STATUS_BOOT,		/* u8 enum resid_boot */
	RESID_A_STATUS_MODE,		/* u8 enum resid_mode */
	RESID_A_STATUS_CONFIRM,		/* u32 seconds until the mode goes back by itself; absent: it stays */
	RESID_A_STATUS_POLICY_CONFIRM,	/* the same of the policy */
	RESID_A_STATUS_MARK_MASK,	/* u32 */
	RESID_A_STATUS_GENERATION,	/* 32 bytes; absent: no policy */
	RESID_A_STATUS_TAGGER,		/* u32 BPF program id; absent: none */
	RESID_A_STATUS_DEVICES,		/* u32 hooked devices, all namespaces */
	RESID_A_STATUS_NETNS,		/* u32 hooked network namespaces */
	RESID_A_STATUS_AUDIT_SLOTS,	/* u32 per CPU */
	RESID_A_STATUS_AUDIT_USED,	/* u32 slots in use, all CPUs */
	RESID_A_STATUS_AUDIT_BATCH,	/* u64 batch that waits for its acknowledgement; absent: none */
	RESID_A_STATUS_AUDIT_ACKED,	/* u64 last batch acknowledged */
	RESID_A_STATUS_AUDIT_FOLDED,	/* u64 packets recorded under a coarser key since insmod */
	RESID_A_STATUS_AUDIT_DENIED,	/* u64 of these, packets refused for that: RESID_AUDIT_F_DENIED */
	/* where conntrack is not at work, a packet's direction is unknown */
	RESID_A_STATUS_UNTRACKED,	/* u32 network namespaces where it is not, for IPv4, for IPv6, or for both */
	RESID_A_STATUS_UNTRACKED_OWN,	/* u8 RESID_UNTRACKED_*, of the initial network namespace */
	RESID_A_STATUS_CLOSED,		/* flag: without a policy only link, local and bootstrap destinations leave */
	__RESID_A_STATUS_MAX
};
#define RESID_A_STATUS_MAX (__RESID_A_STATUS_MAX - 1)

#define RESID_UNTRACKED_IPV4	1
#define RESID_UNTRACKED_IPV6	2

#define RESID_STAGE_CHUNK_MAX	(60u << 10)	/* bytes of one STAGE_DATA */

enum resid_stage_attr {
	RESID_A_STAGE_UNSPEC,
	RESID_A_STAGE_PAD,
	RESID_A_STAGE_TOKEN,		/* u64, random */
	RESID_A_STAGE_LENGTH,		/* u32 bytes to come */
	RESID_A_STAGE_OFFSET,		/* u32, must equal the bytes received so far */
	RESID_A_STAGE_DATA,		/* at most RESID_STAGE_CHUNK_MAX bytes */
	RESID_A_STAGE_REPLACES,		/* 32 bytes */
	/*
	 * u32 seconds, 1 to 86400: the generation that was confirmed last, or none, comes back unless a commit without
	 * this follows
	 */
	RESID_A_STAGE_CONFIRM,
	__RESID_A_STAGE_MAX
};
#define RESID_A_STAGE_MAX (__RESID_A_STAGE_MAX - 1)

enum resid_mode_attr {
	RESID_A_MODE_UNSPEC,
	RESID_A_MODE_VALUE,		/* u8 enum resid_mode */
	RESID_A_MODE_CONFIRM,		/* u32 seconds: goes back unless set again without this; 1 to 86400 */
	__RESID_A_MODE_MAX
};
#define RESID_A_MODE_MAX (__RESID_A_MODE_MAX - 1)

enum resid_tagger_attr {
	RESID_A_TAGGER_UNSPEC,
	RESID_A_TAGGER_FD,		/* s32: BPF_PROG_TYPE_SCHED_CLS program in the caller's table; -1: none */
	__RESID_A_TAGGER_MAX
};
#define RESID_A_TAGGER_MAX (__RESID_A_TAGGER_MAX - 1)

enum resid_device_attr {
	RESID_A_DEVICE_UNSPEC,
	RESID_A_DEVICE_PAD,
	RESID_A_DEVICE_IFINDEX,		/* u32; DEVICE_SET: in the initial network namespace */
	RESID_A_DEVICE_NAME,		/* string */
	RESID_A_DEVICE_NETNS,		/* u64 cookie */
	RESID_A_DEVICE_INSIDE,		/* u8 0 or 1 */
	__RESID_A_DEVICE_MAX
};
#define RESID_A_DEVICE_MAX (__RESID_A_DEVICE_MAX - 1)

enum resid_counter_attr {
	RESID_A_COUNTER_UNSPEC,
	RESID_A_COUNTER_PAD,
	RESID_A_COUNTER_CLASS,		/* u8 */
	RESID_A_COUNTER_VERDICT,	/* u8 enum resid_verdict */
	RESID_A_COUNTER_RULE,		/* u64 key of the rule, or RESID_KEY_* */
	RESID_A_COUNTER_PACKETS,	/* u64 since insmod; a policy load resets nothing */
	RESID_A_COUNTER_BYTES,		/* u64 */
	__RESID_A_COUNTER_MAX
};
#define RESID_A_COUNTER_MAX (__RESID_A_COUNTER_MAX - 1)

enum resid_audit_attr {
	RESID_A_AUDIT_UNSPEC,
	RESID_A_AUDIT_PAD,
	RESID_A_AUDIT_BATCH,		/* u64, from 1 on; 0: nothing to drain */
	RESID_A_AUDIT_COUNT,		/* u32 records in the batch */
	RESID_A_AUDIT_INDEX,		/* u32 index of the first record of this message in its batch */
	RESID_A_AUDIT_RECORDS,		/* struct resid_audit_record[] */
	__RESID_A_AUDIT_MAX
};
#define RESID_A_AUDIT_MAX (__RESID_A_AUDIT_MAX - 1)

enum resid_evaluate_attr {
	RESID_A_EVALUATE_UNSPEC,
	RESID_A_EVALUATE_PAD,
	RESID_A_EVALUATE_QUESTIONS,	/* struct resid_question[], 1 to RESID_QUESTIONS_MAX */
	RESID_A_EVALUATE_GENERATION,	/* 32 bytes; absent: no policy */
	RESID_A_EVALUATE_ANSWERS,	/* struct resid_answer[], one a question */
	__RESID_A_EVALUATE_MAX
};
#define RESID_A_EVALUATE_MAX (__RESID_A_EVALUATE_MAX - 1)

/* ---- tagger ----------------------------------------------------------------------------------------------- */

/*
 * The module runs the tagger with these words in skb->cb and takes its return value for the classes of the packet: of
 * the sender's cgroup, its network namespace, and the device. 0 is none; of several the one with the strictest verdict
 * counts. The tagger never sees a mark that a tenant can write: the module reads stamped marks itself (mark_mask: class
 * and validity bit).
 */
#define RESID_TAG(cgroup, netns, device)	((cgroup) | (netns) << 8 | (device) << 16)
#define RESID_TAG_KINDS				3
#define RESID_CB_NETNS_LO	0	/* cookie of the network namespace, low and high word */
#define RESID_CB_NETNS_HI	1
#define RESID_CB_IFINDEX	2	/* outgoing device */

#endif /* _UAPI_RESID_H */
