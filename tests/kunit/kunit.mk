# SPDX-License-Identifier: Apache-2.0
# The program that lets allocations fail in the guest.
TESTS += $(B)/tests/kunit/fail_nth

$(B)/tests/kunit/%: tests/kunit/%.c $(B)/libresid.a
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(B)/libresid.a $(LIBS)
