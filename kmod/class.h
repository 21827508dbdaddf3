/* SPDX-License-Identifier: GPL-2.0-only */
/* Packet path. Whose data a packet carries. See class.c. */
#ifndef _RESID_CLASS_H
#define _RESID_CLASS_H

#include <linux/types.h>

struct net;
struct net_device;
struct resid_packet;
struct sk_buff;
struct resid_state;

#define RESID_CLASSES_MAX 8

/* Whose data a packet may carry. Each once; of all of them the strictest verdict holds. */
struct resid_classes {
	u8 count;			/* at least 1 */
	u8 id[RESID_CLASSES_MAX];
};

/* Classes of @skb, which is to leave by @dev. Packet path, RCU read side; @skb is as before on return. */
void resid_class_of(const struct resid_state *state, struct sk_buff *skb, struct net_device *dev,
		    const struct resid_packet *packet, struct resid_classes *classes);

/* What namespaces have held is kept with them. Process context; init before the first hook, fini after the last. */
int resid_class_init(void);
void resid_class_fini(void);

#endif /* _RESID_CLASS_H */
