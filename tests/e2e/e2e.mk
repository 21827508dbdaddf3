# SPDX-License-Identifier: Apache-2.0
# The helper programs of the end-to-end tests: one file each, static, so that they
# start fast in a guest.

E2E_TOOLS := $(patsubst tests/e2e/tools/%.c,$(B)/tests/e2e/%,$(wildcard tests/e2e/tools/*.c))

TESTS += $(E2E_TOOLS)

.PHONY: e2e-tools
e2e-tools: $(E2E_TOOLS)

$(B)/tests/e2e/%: tests/e2e/tools/%.c tests/e2e/tools/tool.h tests/e2e/tools/packet.h kmod/uapi/resid.h
	@mkdir -p $(@D)
	$(call say,CC) $(CC) -std=gnu11 -Wall -Wextra -Wshadow -D_GNU_SOURCE $(CFLAGS) -static $(LDFLAGS) -Ikmod -o $@ $<
