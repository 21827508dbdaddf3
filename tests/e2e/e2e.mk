# SPDX-License-Identifier: Apache-2.0
# The helper programs of the end-to-end tests: one file each, static, so that they start fast in a guest; and their
# policies, compiled here because a guest would take twenty times as long.

E2E_TOOLS := $(patsubst tests/e2e/tools/%.c,$(B)/tests/e2e/%,$(wildcard tests/e2e/tools/*.c))
E2E_POLICIES := $(patsubst tests/e2e/policy/%.yaml,$(B)/tests/e2e-policy/%.rsnap,$(wildcard tests/e2e/policy/*.yaml)) \
	$(B)/tests/e2e-policy/default.rsnap $(B)/tests/e2e-policy/small-default.rsnap $(B)/tests/e2e-policy/small-twin.rsnap

E2E_PLACES := $(B)/tests/e2e-policy/places
TESTS += $(E2E_TOOLS) $(E2E_POLICIES) $(E2E_PLACES)

.PHONY: e2e-tools demo-tools
demo-tools: $(E2E_TOOLS) $(E2E_PLACES)
e2e-tools: $(E2E_TOOLS) $(E2E_POLICIES) $(E2E_PLACES) ## what tests/e2e needs in its guests

$(B)/tests/e2e/%: tests/e2e/tools/%.c tests/e2e/tools/tool.h tests/e2e/tools/packet.h kmod/uapi/resid.h
	@mkdir -p $(@D)
	$(call say,CC) $(CC) -std=gnu11 -Wall -Wextra -Wshadow -D_GNU_SOURCE $(CFLAGS) -static $(LDFLAGS) -Ikmod -o $@ $<

$(E2E_PLACES): tests/e2e/places.awk /usr/share/tor/geoip /usr/share/tor/geoip6
	@mkdir -p $(@D)
	@awk -f $^ >$@

# A part of the world that holds the places of places.awk: loading all of it costs a guest ten seconds. The demo does.
$(B)/tests/e2e-policy/geoip: /usr/share/tor/geoip
	@mkdir -p $(@D)
	@awk -F , '/^\#/ || $$1 < 32 * 2 ^ 24' $< >$@

$(B)/tests/e2e-policy/geoip6: /usr/share/tor/geoip6
	@mkdir -p $(@D)
	@awk '/^\#/ || /^2[0-4]/ || /^2600:/' $< >$@

$(B)/tests/e2e-policy/%.rsnap: tests/e2e/policy/%.yaml $(B)/residctl $(B)/tests/e2e-policy/geoip $(B)/tests/e2e-policy/geoip6
	$(call say,POLICY) $(B)/residctl policy compile --geoip4 $(@D)/geoip --geoip6 $(@D)/geoip6 $< -o $@ >/dev/null

$(B)/tests/e2e-policy/default.rsnap: policy/default.yaml $(B)/residctl $(B)/tests/e2e-policy/geoip $(B)/tests/e2e-policy/geoip6
	$(call say,POLICY) $(B)/residctl policy compile --geoip4 $(@D)/geoip --geoip6 $(@D)/geoip6 $< -o $@ >/dev/null

# Few prefixes, for tests that load snapshots again and again.
$(B)/tests/e2e-policy/small4: /usr/share/tor/geoip
	@mkdir -p $(@D)
	@grep '^[0-9].*,\(US\|FR\)$$' $< | awk 'NR % 50 == 0' >$@

$(B)/tests/e2e-policy/small6: /usr/share/tor/geoip6
	@mkdir -p $(@D)
	@grep '^[0-9a-f].*,\(US\|FR\)$$' $< | awk 'NR % 50 == 0' >$@

$(B)/tests/e2e-policy/small-%.rsnap: $(B)/tests/e2e-policy/%.rsnap $(B)/tests/e2e-policy/small4 $(B)/tests/e2e-policy/small6
	$(call say,POLICY) $(B)/residctl policy compile --geoip4 $(@D)/small4 --geoip6 $(@D)/small6 \
		$(firstword $(wildcard tests/e2e/policy/$*.yaml policy/$*.yaml)) -o $@ >/dev/null

# What tests ask `residctl explain`; Python takes ten seconds for it in a guest.
E2E_QUESTIONS := $(B)/tests/e2e-questions/any $(B)/tests/e2e-questions/real
TESTS += $(E2E_QUESTIONS)
e2e-tools: $(E2E_QUESTIONS)

$(B)/tests/e2e-questions/%: tests/e2e/questions.py $(E2E_PLACES)
	@mkdir -p $(@D)
	@python3 $< 10000 1 $* $(E2E_PLACES) >$@

# The scenarios with a class more, for the peer, which shares the guest's kernel; their tables as lines; and two with a
# window of twenty seconds.
E2E_SCENARIOS := $(notdir $(patsubst %/,%,$(wildcard policy/scenarios/*/)))
E2E_SCENARIO_FILES := $(patsubst %,$(B)/tests/e2e-scenarios/%.rsnap,$(E2E_SCENARIOS) airlock trial) \
	$(patsubst %,$(B)/tests/e2e-scenarios/%.cases,$(E2E_SCENARIOS))
TESTS += $(E2E_SCENARIO_FILES)
e2e-tools: $(E2E_SCENARIO_FILES)

$(B)/tests/e2e-scenarios/%.yaml: policy/scenarios/%/policy.yaml tests/scenarios/aged.awk
	@mkdir -p $(@D)
	@awk -f tests/scenarios/aged.awk $< | sed '/^classes:/a\  e2e-peer: {id: 200, default: allow}' >$@

$(B)/tests/e2e-scenarios/airlock.yaml: $(B)/tests/e2e-scenarios/trusted-cloud-google.yaml
	@sed 's/^    from: .*/    from: 2026-11-21T01:00:00Z/; s/^    until: .*/    until: 2026-11-21T01:00:20Z/' $< >$@

$(B)/tests/e2e-scenarios/trial.yaml: $(B)/tests/e2e-scenarios/oiv-nuclear.yaml
	@sed 's/^    from: .*/    from: 2026-08-31T22:00:00Z/; s/^    until: .*/    until: 2026-08-31T22:00:20Z/' $< >$@

$(B)/tests/e2e-scenarios/%.cases: policy/scenarios/%/cases.yaml tests/e2e/cases.py
	@mkdir -p $(@D)
	@python3 tests/e2e/cases.py $< >$@

$(B)/tests/e2e-scenarios/%.rsnap: $(B)/tests/e2e-scenarios/%.yaml $(B)/residctl $(wildcard policy/packs/*/pack.yaml tests/scenarios/*.json)
	$(call say,POLICY) RESID_SHARE_DIR=policy $(B)/residctl policy compile --now 2026-11-22T12:00:00Z \
		--feed aws=tests/scenarios/ip-ranges.json,azure=tests/scenarios/ServiceTags_Public.json $< -o $@ >/dev/null
