# SPDX-License-Identifier: Apache-2.0
# Unit tests: each tests/unit/STEM.c is a program, build/tests/unit/STEM, with cmocka, ASan and UBSan; each
# tests/unit/STEM.sh is one as it stands. build/san is the tree compiled for them, residctl included.

SAN := $(B)/san
comma := ,
SAN_CFLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
UNIT := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/*.c)) \
	$(patsubst tests/unit/%.sh,$(B)/tests/unit/%,$(wildcard tests/unit/*.sh))
TESTS += $(UNIT)
san = $(patsubst %.c,$(SAN)/obj/%.o,$(1))

$(SAN)/obj/%.o: %.c | $(SKEL)
	@mkdir -p $(@D)
	$(call say,SAN) $(CC) $(ALL_CFLAGS) $(SAN_CFLAGS) -c -o $@ $<

$(call san,userspace/lib/yaml/embedded.c): $(EMBEDDED)

$(SAN)/libresid.a: $(call san,$(LIB_SRC))
	@rm -f $@
	$(call say,AR) $(AR) rcs $@ $^

$(SAN)/residctl: $(call san,$(CTL_SRC)) $(SAN)/libresid.a
	$(call say,LINK) $(CC) $(SAN_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# What tests of residctl's own parts link.
$(SAN)/libresidctl.a: $(call san,$(filter-out userspace/residctl/main.c,$(CTL_SRC)))
	@rm -f $@
	$(call say,AR) $(AR) rcs $@ $^

$(B)/tests/unit/view: PARTS := $(SAN)/libresidctl.a
$(B)/tests/unit/view: $(SAN)/libresidctl.a

# The same of residd; the module is stood in for, so that it can fail to answer.
$(SAN)/libresidd.a: $(call san,$(filter-out userspace/residd/main.c,$(RESIDD_SRC)))
	@rm -f $@
	$(call say,AR) $(AR) rcs $@ $^

$(B)/tests/unit/expose: PARTS := $(SAN)/libresidd.a \
	$(addprefix -Wl$(comma)--wrap=,resid_nl_status resid_nl_devices resid_nl_counters if_nameindex)
$(B)/tests/unit/expose: $(SAN)/libresidd.a

$(B)/tests/unit/%: tests/unit/%.c $(SAN)/libresid.a
	@mkdir -p $(@D)
	$(call say,TEST) $(CC) $(ALL_CFLAGS) $(SAN_CFLAGS) $(LDFLAGS) -o $@ $< $(PARTS) $(SAN)/libresid.a $(LIBS) -lcmocka

$(B)/tests/unit/audit_verbs: $(SAN)/residctl

$(B)/tests/unit/%: tests/unit/%.sh $(SAN)/residctl
	@mkdir -p $(@D)
	@install -m 755 $< $@
