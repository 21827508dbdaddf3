# SPDX-License-Identifier: Apache-2.0
# Resid. `make help` lists the targets; V=1 shows the commands.

# The running kernel's headers, else the newest installed.
KDIR ?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build) \
	$(shell ls -d /lib/modules/*/build 2>/dev/null | sort -rV))
KREL = $(shell awk -F '"' '/UTS_RELEASE/ { print $$2 }' $(KDIR)/include/generated/utsrelease.h)
DESTDIR ?=
PREFIX ?= /usr
FUZZ_SECONDS ?= 300
JOBS ?= $(shell nproc)

# Where Debian keeps bpftool and depmod a user's PATH does not lead.
export PATH := $(PATH):/usr/sbin:/sbin

B := build
CC := gcc
CLANG ?= clang
BPFTOOL ?= bpftool
PKGS := libbpf libnl-3.0 libnl-genl-3.0 yaml-0.1 jansson libcrypto libssl libsystemd libkmod libcurl libmicrohttpd zlib libloc libmaxminddb libpcap libzstd libseccomp liblzma libnftables
CFLAGS ?= -O2 -g
# Of programs and module alike.
RESID_VERSION := $(file <VERSION)
INCLUDES := -Iuserspace/lib -Iuserspace -I. -I$(B)/gen $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter
# Hidden, lest a name of ours take the place of one inside a shared library.
ALL_CFLAGS = -std=gnu11 -fvisibility=hidden $(WARNINGS) -D_GNU_SOURCE -DRESID_VERSION='"$(RESID_VERSION)"' $(INCLUDES) -MMD -MP $(CFLAGS)
# libcsv and bzip2 have no description for pkg-config.
LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null && echo -lcsv -lbz2)
BPF_CFLAGS = -O2 -g -Wall -Werror -target bpf -I/usr/include/$(shell $(CC) -print-multiarch) -Ikmod

# Of the module, what compiles for both sides.
PARSER := $(addprefix kmod/,parse.c encap.c frame.c link.c ip.c extension.c transport.c tunnel.c dest.c)
BOTH := kmod/lpm.c kmod/table.c $(PARSER)
LIB_SRC := $(wildcard userspace/lib/*/*.c userspace/lib/*/*/*.c) $(BOTH)
CTL_SRC := $(wildcard userspace/residctl/*.c userspace/residctl/*/*.c)
RESIDD_SRC := $(wildcard userspace/residd/*.c)
RESTORE_SRC := $(wildcard userspace/restore/*.c)
SKEL := $(patsubst bpf/%.bpf.c,$(B)/gen/%.skel.h,$(wildcard bpf/*.bpf.c)) $(B)/gen/sets.h
obj = $(patsubst %.c,$(B)/obj/%.o,$(1))

# Before a command: prints "  CC      target", or the command itself with V=1.
say = $(if $(V),,@printf '  %-8s%s\n' $(1) $@ &&)
KBUILD := --no-print-directory V=$(or $(V),0)

##@ Build
.PHONY: all userspace module module-uml
all: userspace module ## programs and module (default)

userspace: $(B)/residctl $(B)/residd $(B)/resid-restore ## build/residctl, build/residd, build/resid-restore

module: resid.ko ## resid.ko for KDIR (default: the running kernel's headers, else the newest installed)

# Kbuild takes seconds to find that nothing has changed, so it is asked only when something has.
resid.ko: Kbuild VERSION $(wildcard kmod/*.[ch] kmod/uapi/*.h) $(B)/kdir
	@$(MAKE) $(KBUILD) -C $(KDIR) M=$(CURDIR) modules
	@touch $@

# The headers that it was built against.
$(B)/kdir: force
	$(if $(wildcard $(KDIR)/Makefile),,$(error no kernel headers$(if $(KDIR), in $(KDIR)): sudo packaging/deps build, \
		or name them with KDIR=))
	@mkdir -p $(@D)
	@echo '$(KDIR) $(KREL)' | cmp -s - $@ || echo '$(KDIR) $(KREL)' >$@

.PHONY: force

# Kbuild leaves its objects beside the sources, so the second architecture gets a copy of them.
module-uml: ## build/uml/resid.ko and resid_kunit.ko, for the UML kernel of the tests
	@mkdir -p $(B)/uml
	@cp -u --parents $$(find kmod tests/kunit \( -name '*.[ch]' -o -name Kbuild \) -not -name '*.mod.c') VERSION $(B)/uml/
	@{ cat Kbuild; echo 'obj-m += tests/kunit/'; } | cmp -s - $(B)/uml/Kbuild || \
		{ cat Kbuild; echo 'obj-m += tests/kunit/'; } >$(B)/uml/Kbuild
	@dir=$$(tests/vm/uml-build | tail -n 1) && $(MAKE) $(KBUILD) -C "$$dir" M=$(CURDIR)/$(B)/uml ARCH=um modules

$(B)/libresid.a: $(call obj,$(LIB_SRC))
	@rm -f $@
	$(call say,AR) $(AR) rcs $@ $^

$(B)/residctl: $(call obj,$(CTL_SRC)) $(B)/libresid.a
	$(call say,LINK) $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/residd: $(call obj,$(RESIDD_SRC)) $(B)/libresid.a
	$(call say,LINK) $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# It restores a node at boot, so it needs no library but those that it uses.
$(B)/resid-restore: $(call obj,$(RESTORE_SRC)) $(B)/libresid.a
	$(call say,LINK) $(CC) $(CFLAGS) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(LIBS)

$(B)/obj/%.o: %.c Makefile | $(SKEL)
	$(if $(LIBS),,$(error libraries are missing ($(PKGS)): sudo packaging/deps build))
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(ALL_CFLAGS) -c -o $@ $<

# The policy, the country sets and who operates what are embedded with .incbin; the folder tells which sets
# there are.
EMBEDDED := $(wildcard policy/*.yaml policy/sets/*.yaml) $(B)/gen/operators.yaml
$(call obj,userspace/lib/yaml/embedded.c): $(EMBEDDED)

# The files of policy/operators are one: the head, then the others. The folder itself, lest one that was removed stays in.
$(B)/gen/operators.yaml: policy/operators/head.yaml $(sort $(filter-out %/head.yaml,$(wildcard policy/operators/*.yaml))) \
	policy/operators
	@mkdir -p $(@D)
	$(call say,CAT) cat $(filter %.yaml,$^) > $@

$(B)/gen/sets.h: $(wildcard policy/sets/*.yaml) policy/sets
	@mkdir -p $(@D)
	@for set in $(basename $(notdir $(sort $(filter %.yaml,$^)))); do echo "SET($$set)"; done >$@

# Whichever way it is compiled.
$(B)/obj/userspace/lib/util/version.o $(B)/san/obj/userspace/lib/util/version.o $(B)/fuzz-obj/userspace/lib/util/version.o: VERSION

$(B)/gen/%.skel.h: $(B)/bpf/%.bpf.o
	@mkdir -p $(@D)
	$(call say,SKEL) $(BPFTOOL) gen skeleton $< name $*_bpf > $@.tmp && mv $@.tmp $@

$(B)/bpf/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h) kmod/uapi/resid.h
	@mkdir -p $(@D)
	$(call say,BPF) $(CLANG) $(BPF_CFLAGS) -c -o $@ $<

.PRECIOUS: $(B)/bpf/%.bpf.o $(B)/gen/%.skel.h
.DELETE_ON_ERROR:
-include $(shell find $(B) -name '*.d' -not -path '$(B)/uml/*' 2>/dev/null)

##@ Try and test
.PHONY: demo test soak bench fuzz check tests
demo: ## install what it needs, build, boot a stock kernel and refuse real packets there
	packaging/deps build vm
	$(MAKE) -j$(JOBS) all
	tests/e2e/demo

test: ## everything: unit, oracle, fuzz, BPF, KUnit, end to end; installs what it needs when root
	@[ "$$(id -u)" != 0 ] || packaging/deps build vm uml test receivers
	@tests/run

soak: ## the same, longer
	@SOAK=1 tests/run

BENCHES := $(patsubst %,$(B)/tests/bench/bench_%,lpm format spool world)
bench: $(BENCHES) ## lpm.c against the kernel's BPF LPM trie on the same prefixes; records formatted and spooled a second; a world compiled
	@status=0; for bench in $^; do $$bench || status=1; done; exit $$status

check: ## sparse, checkpatch, clang-format, shellcheck, include rule, licences
	@[ "$$(id -u)" != 0 ] || packaging/deps build check
	@tests/check

fuzz: ## every fuzz target for FUZZ_SECONDS (300)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/run fuzz

# Each folder adds its programs, build/tests/FOLDER/NAME, to TESTS.
TESTS :=
-include $(wildcard tests/*/*.mk)
SUITES := unit oracle fuzz bpf sink
.PHONY: $(SUITES:%=tests-%)
$(foreach suite,$(SUITES),$(eval tests-$(suite): $(filter $(B)/tests/$(suite)/%,$(TESTS))))
tests: $(TESTS)

##@ Install
# What goes where, SOURCE:TARGET:MODE. Uninstall removes the same list, and then the folders of OUR_DIRS if empty.
UNITDIR := /lib/systemd/system
MODULE = /lib/modules/$(KREL)/updates/resid.ko
INSTALLED = $(B)/residctl:$(PREFIX)/bin/residctl:755 $(B)/residd:$(PREFIX)/sbin/residd:755 \
	$(B)/resid-restore:$(PREFIX)/sbin/resid-restore:755 packaging/kernel/resid:/etc/kernel/postinst.d/resid:755 resid.ko:$(MODULE):644 \
	kmod/uapi/resid.h:$(PREFIX)/include/resid.h:644 \
	$(B)/residctl.8:$(PREFIX)/share/man/man8/residctl.8:644 \
	$(foreach page,$(wildcard userspace/man/*.8),$(page):$(PREFIX)/share/man/man8/$(notdir $(page)):644) \
	$(B)/residctl.bash:$(PREFIX)/share/bash-completion/completions/residctl:644 \
	$(foreach set,$(wildcard policy/sets/*.yaml),$(set):$(PREFIX)/share/resid/sets/$(notdir $(set)):644) \
	$(foreach file,$(wildcard policy/packs/*/*),$(file):$(PREFIX)/share/resid/$(file:policy/%=%):644) \
	$(foreach file,default.yaml grammar.yaml grammar/partners.yaml,policy/$(file):$(PREFIX)/share/resid/$(file):644) \
	$(B)/gen/operators.yaml:$(PREFIX)/share/resid/operators.yaml:644 \
	packaging/prometheus/resid.rules.yml:$(PREFIX)/share/resid/resid.rules.yml:644 \
	packaging/systemd/residd.service:$(UNITDIR)/residd.service:644 \
	packaging/systemd/resid-restore.service:$(UNITDIR)/resid-restore.service:644 \
	packaging/systemd/resid.sysusers:/usr/lib/sysusers.d/resid.conf:644 \
	packaging/systemd/resid.tmpfiles:/usr/lib/tmpfiles.d/resid.conf:644 \
	packaging/systemd/resid.modules:/usr/lib/modules-load.d/resid.conf:644 \
	packaging/systemd/resid.logrotate:/etc/logrotate.d/resid:644
CONF := packaging/systemd/residd.conf
OUR_DIRS = $(PREFIX)/share/resid/sets $(PREFIX)/share/resid/grammar $(patsubst policy/%,$(PREFIX)/share/resid/%,$(wildcard policy/packs/*) policy/packs) \
	$(PREFIX)/share/resid /etc/resid/assign.d /etc/resid/sinks.d /etc/resid /lib/modules/$(KREL)/updates

.PHONY: install uninstall
install: all $(B)/residctl.8 $(B)/residctl.bash ## below DESTDIR, PREFIX=/usr; keeps an existing configuration
	@for entry in $(INSTALLED); do IFS=: && set -- $$entry && unset IFS && \
		echo "  INSTALL $(DESTDIR)$$2" && install -D -m "$$3" "$$1" "$(DESTDIR)$$2" || exit; done
	@sed -i -E 's,^(ExecStart=|ExecStartPre=-\+)/usr/,\1$(PREFIX)/,' \
		$(DESTDIR)$(UNITDIR)/residd.service $(DESTDIR)$(UNITDIR)/resid-restore.service
	@install -d $(DESTDIR)/etc/resid/assign.d $(DESTDIR)/etc/resid/sinks.d
	@[ -e $(DESTDIR)/etc/resid/residd.conf ] || install -m 644 $(CONF) $(DESTDIR)/etc/resid/residd.conf
	@[ -n "$(DESTDIR)" ] || { depmod $(KREL); [ ! -d /run/systemd/system ] || { systemd-sysusers resid.conf; \
		systemd-tmpfiles --create resid.conf; systemctl daemon-reload; }; }

uninstall: ## removes what install put there; changed configuration, state and records stay
	@[ -n "$(DESTDIR)" ] || [ ! -d /run/systemd/system ] || systemctl disable --now residd.service resid-restore.service || true
	@for entry in $(INSTALLED); do IFS=: && set -- $$entry && unset IFS && \
		echo "  REMOVE  $(DESTDIR)$$2" && rm -f "$(DESTDIR)$$2" || exit; done
	@! cmp -s $(CONF) $(DESTDIR)/etc/resid/residd.conf || rm $(DESTDIR)/etc/resid/residd.conf
	@rm -rf $(DESTDIR)/run/resid $(DESTDIR)/var/cache/resid/worlds $(DESTDIR)/etc/resid/assign.d/.lock
	@for dir in $(OUR_DIRS); do rmdir "$(DESTDIR)$$dir" 2>/dev/null || true; done
	@[ -n "$(DESTDIR)" ] || { depmod $(KREL); [ ! -d /run/systemd/system ] || systemctl daemon-reload; }

$(B)/residctl.8: $(B)/residctl
	$(call say,MAN) $< man > $@

$(B)/residctl.bash: $(B)/residctl
	$(call say,BASH) $< completion bash > $@

##@ Rest
.PHONY: clean help print-%
clean: ## remove what was built; the cache of kernels stays
	rm -rf $(B) *.ko *.o *.mod *.mod.c .*.cmd .tmp_versions Module.symvers modules.order
	rm -f kmod/*.o kmod/.*.cmd

print-%:
	@echo '$($*)'

help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
