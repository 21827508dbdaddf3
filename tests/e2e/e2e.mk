# SPDX-License-Identifier: Apache-2.0
# The helper programs of the end-to-end tests: one file each, static, so that they start fast in a guest; and their
# policies, compiled here because a guest would take twenty times as long.

E2E_TOOLS := $(patsubst tests/e2e/tools/%.c,$(B)/tests/e2e/%,$(wildcard tests/e2e/tools/*.c))
E2E_POLICIES := $(patsubst tests/e2e/policy/%.yaml,$(B)/tests/e2e-policy/%.rsnap,$(wildcard tests/e2e/policy/*.yaml)) \
	$(B)/tests/e2e-policy/default.rsnap

TESTS += $(E2E_TOOLS) $(E2E_POLICIES)

.PHONY: e2e-tools
e2e-tools: $(E2E_TOOLS) $(E2E_POLICIES) ## what tests/e2e needs in its guests

$(B)/tests/e2e/%: tests/e2e/tools/%.c tests/e2e/tools/tool.h tests/e2e/tools/packet.h kmod/uapi/resid.h
	@mkdir -p $(@D)
	$(call say,CC) $(CC) -std=gnu11 -Wall -Wextra -Wshadow -D_GNU_SOURCE $(CFLAGS) -static $(LDFLAGS) -Ikmod -o $@ $<

$(B)/tests/e2e-policy/default.rsnap: policy/default.yaml $(B)/residctl
	@mkdir -p $(@D)
	$(call say,POLICY) $(B)/residctl policy compile $< -o $@

$(B)/tests/e2e-policy/%.rsnap: tests/e2e/policy/%.yaml $(B)/residctl
	@mkdir -p $(@D)
	$(call say,POLICY) $(B)/residctl policy compile $< -o $@
