# SPDX-License-Identifier: Apache-2.0
# bench_lpm and its BPF program; bench_format; bench_spool; bench_world.

BENCH := $(B)/tests/bench

$(BENCH)/trie.bpf.o: tests/bench/trie.bpf.c tests/bench/trie.h
	@mkdir -p $(@D)
	$(call say,BPF) $(CLANG) $(BPF_CFLAGS) -c -o $@ $<

$(BENCH)/trie.skel.h: $(BENCH)/trie.bpf.o
	$(call say,SKEL) $(BPFTOOL) gen skeleton $< name trie_bpf > $@.tmp && mv $@.tmp $@

# As the kernel compiles it for a processor with popcnt.
$(BENCH)/lpm.o: kmod/lpm.c kmod/lpm.h kmod/deps.h kmod/uapi/resid.h
	@mkdir -p $(@D)
	$(call say,CC) $(CC) -std=gnu11 $(WARNINGS) -O2 -mpopcnt -c -o $@ $<

$(BENCH)/bench_lpm: tests/bench/bench_lpm.c $(BENCH)/trie.skel.h $(BENCH)/lpm.o $(B)/libresid.a
	$(call say,LINK) $(CC) $(ALL_CFLAGS) -I$(BENCH) $(LDFLAGS) -o $@ $< $(BENCH)/lpm.o $(B)/libresid.a $(LIBS) -lm

$(BENCH)/bench_format $(BENCH)/bench_spool $(BENCH)/bench_world: $(BENCH)/%: tests/bench/%.c $(B)/libresid.a
	@mkdir -p $(@D)
	$(call say,LINK) $(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(B)/libresid.a $(LIBS)
