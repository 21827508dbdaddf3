# SPDX-License-Identifier: Apache-2.0
# What tests/sink/*.sh run beside residd.
SINK_TOOLS := $(patsubst tests/sink/%.c,$(B)/tests/sink/%,$(wildcard tests/sink/*.c))
TESTS += $(SINK_TOOLS)

$(SINK_TOOLS): $(B)/tests/sink/%: tests/sink/%.c $(B)/libresid.a
	@mkdir -p $(@D)
	$(call say,TEST) $(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(filter %.o,$^) $(B)/libresid.a $(LIBS)
$(B)/tests/sink/metrics: $(call obj,userspace/residd/metrics.c)
