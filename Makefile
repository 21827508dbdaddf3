# SPDX-License-Identifier: Apache-2.0
# Resid. `make help` lists the targets.

# Kernel: the running one's headers, else the newest installed.
KDIR ?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build) \
	$(shell ls -d /lib/modules/*/build 2>/dev/null | sort -rV))
B := build
CC ?= gcc
CLANG ?= clang
BPFTOOL ?= bpftool
PKGS := libbpf libnl-3.0 libnl-genl-3.0 yaml-0.1 jansson libcrypto libsystemd
CFLAGS ?= -O2 -g
ALL_CFLAGS := -std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter \
	-D_GNU_SOURCE -Iuserspace/lib -Ikmod -I$(B)/gen $(shell pkg-config --cflags $(PKGS) 2>/dev/null) -MMD -MP $(CFLAGS)
LIBS = $(shell pkg-config --libs $(PKGS))

LIB_SRC := $(wildcard userspace/lib/*/*.c) kmod/lpm.c kmod/table.c kmod/packet.c
CTL_SRC := $(wildcard userspace/residctl/*.c)
RESIDD_SRC := $(wildcard userspace/residd/*.c)
obj = $(patsubst %.c,$(B)/obj/%.o,$(1))
SKEL := $(patsubst bpf/%.bpf.c,$(B)/gen/%.skel.h,$(wildcard bpf/*.bpf.c))

.PHONY: all
all: userspace module

.PHONY: userspace
userspace: $(B)/residctl $(B)/residd

.PHONY: module
module:
	$(MAKE) -C $(KDIR) M=$(CURDIR) W=1 modules

$(B)/libresid.a: $(call obj,$(LIB_SRC))
	@rm -f $@
	$(AR) rcs $@ $^

$(B)/residctl: $(call obj,$(CTL_SRC)) $(B)/libresid.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/residd: $(call obj,$(RESIDD_SRC)) $(B)/libresid.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/obj/%.o: %.c | $(SKEL)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

# The policy and the country sets are embedded with .incbin.
$(call obj,userspace/lib/policy/embedded.c): $(wildcard policy/*.yaml policy/sets/*.yaml)

$(B)/gen/%.skel.h: $(B)/bpf/%.bpf.o
	@mkdir -p $(@D)
	$(BPFTOOL) gen skeleton $< name $(subst .,_,$*)_bpf > $@

$(B)/bpf/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h) kmod/uapi/resid.h
	@mkdir -p $(@D)
	$(CLANG) -O2 -g -Wall -Werror -target bpf -I/usr/include/$(shell $(CC) -print-multiarch) -Ikmod -c -o $@ $<

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
