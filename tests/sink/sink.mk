# SPDX-License-Identifier: Apache-2.0
# What tests/sink/*.sh run beside residd.
TESTS += $(B)/tests/sink/node

$(B)/tests/sink/node: tests/sink/node.c $(B)/libresid.a
	@mkdir -p $(@D)
	$(call say,TEST) $(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(B)/libresid.a $(LIBS)
