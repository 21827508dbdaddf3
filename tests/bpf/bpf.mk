# SPDX-License-Identifier: Apache-2.0
# Tests of the tagger on this machine's kernel: each tests/bpf/STEM.c is a program, build/tests/bpf/STEM, linked with the
# sanitized tree that tests/unit/unit.mk makes.

BPF_TESTS := $(patsubst tests/bpf/%.c,$(B)/tests/bpf/%,$(wildcard tests/bpf/*.c))
TESTS += $(BPF_TESTS)

$(B)/tests/bpf/%: tests/bpf/%.c tests/bpf/world.h $(B)/san/libresid.a
	@mkdir -p $(@D)
	$(call say,TEST) $(CC) $(ALL_CFLAGS) $(SAN_CFLAGS) $(LDFLAGS) -o $@ $< $(B)/san/libresid.a $(LIBS) -lcmocka
