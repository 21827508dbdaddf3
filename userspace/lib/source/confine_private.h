/* SPDX-License-Identifier: Apache-2.0 */
/* Between the two processes of confine.h: what goes through their pipe, and the child's three files. */
#ifndef RESID_SOURCE_CONFINE_PRIVATE_H
#define RESID_SOURCE_CONFINE_PRIVATE_H

#include "source/confine.h"

#define CONFINE_SECONDS	60		/* of processor time; the largest known file takes one, an emulated guest ten */
#define CONFINE_BATCH	1024

enum confine_kind { CONFINE_FACT = 1, CONFINE_NAME, CONFINE_DATE, CONFINE_BYTES, CONFINE_FAIL, CONFINE_END };

/* What goes through the pipe. A CONFINE_FAIL has its sentence in the records after it, at once. */
struct confine_record {
	/* length: in CONFINE_BYTES, CONFINE_NAME of them; less than 16 end a name */
	uint8_t kind, family, length, flags;
	uint32_t asn;
	char country[2], registered[2], represented[2];	/* zeros: not said */
	uint16_t padding;
	union {
		uint8_t address[16];
		uint8_t bytes[16];
		int64_t date;
		char text[16];
	};
};

struct confine {
	int out;
	size_t count;
	struct confine_record batch[CONFINE_BATCH];
};

/* In the child, which it never leaves: parses fd and writes records to out. */
__attribute__((noreturn))
void confine_child(confine_parser parse, int fd, int out);
/* In the child: gives up what it has but fd and out, and nearly every system call. 0, or -1 with the reason pushed. */
int confine_enter(struct confine *confine, int fd);

#endif
