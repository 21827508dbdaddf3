# SPDX-License-Identifier: Apache-2.0
# libFuzzer targets: each tests/fuzz/STEM.c is a program, build/tests/fuzz/STEM. Whatever of the tree they need is compiled
# for them, into build/fuzz-obj. A target may define sha256() itself, so that a damaged table gets past its digests.

FUZZ_OBJ := $(B)/fuzz-obj
FUZZ_CFLAGS := -O1 -g -Wno-c2x-extensions -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZ := $(patsubst tests/fuzz/%.c,$(B)/tests/fuzz/%,$(wildcard tests/fuzz/*.c))
TESTS += $(FUZZ)
fuzzed = $(patsubst %.c,$(FUZZ_OBJ)/%.o,$(1))

# Half a million words of LPM roots are checked an input: a callback for each comparison would leave no time for anything.
$(FUZZ_OBJ)/kmod/lpm.o: FUZZ_CFLAGS += -O2 -fno-sanitize-coverage=trace-cmp

$(FUZZ_OBJ)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,FUZZ) $(CLANG) $(ALL_CFLAGS) $(FUZZ_CFLAGS) -c -o $@ $<

$(call fuzzed,userspace/lib/yaml/embedded.c): $(EMBEDDED)

$(FUZZ_OBJ)/libresid.a: $(call fuzzed,$(wildcard $(addprefix userspace/lib/,$(addsuffix /*.c,util yaml source geo policy snapshot))) $(BOTH))
	@rm -f $@
	$(call say,AR) $(AR) rcs $@ $^

$(B)/tests/fuzz/%: tests/fuzz/%.c $(wildcard tests/fuzz/*.h) $(FUZZ_OBJ)/libresid.a
	@mkdir -p $(@D)
	$(call say,FUZZ) $(CLANG) $(ALL_CFLAGS) $(FUZZ_CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $< $(FUZZ_OBJ)/libresid.a \
		$(LIBS)
