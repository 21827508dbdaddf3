#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A class with `on_loss: deny` sends nothing that cannot be recorded in full: with residd dead and the kernel's table full
# no packet of a new flow leaves, to the packet, until residd has made room. A class without it sends on, with less detail.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
counters
module_load boot=open audit_slots=256
resid_up enforcing lossless
us=${place[US4]} cn=${place[CN4]}
count us egress ip daddr "$us" udp dport 9
count cn egress ip daddr "$cn" udp dport 9
denied() { "$residctl" status --json | sed -n 's/.*"packets_denied":\([0-9]*\).*/\1/p'; }
arrived_at() { awk -v to="$1" '$5 == 17 && $4 == to' "$wire_log" | wc -l; }

wire_start
note "2000 packets in 1000 flows: $(in_cgroup internal "$tools/flood" -n 2000 -f 1000 "$us" 9)"
note "500 packets in 250 flows: $(in_cgroup public "$tools/flood" -n 500 -f 250 "$cn" 9)"
wire_stop
refused=$(denied)
is "every packet of the flood was judged" "$(counter internal audit)" "$(counted us egress)"
check "a full table has refused some, and not all" test "$refused" -gt 0 -a "$refused" -lt 2000
is "what left = what was judged - what was refused" "$(arrived_at "$us")" $(($(counted us egress) - refused))
is "twin: a class that counts sent all of it" "$(arrived_at "$cn")" "$(counted cn egress)"

residd_start
await_recorded "the records hold every packet" "$(($(counted us egress) + $(counted cn egress)))" verdict=audit
is "and say which were refused" "$(grep '"denied"' "$RESID_LOG_FILE" | packets_of)" "$refused"
is "what left is recorded in full" "$(records class=internal | grep -v -e '"denied"' -e '"fold"' | packets_of)" \
	"$(arrived_at "$us")"
wire_start
try_from internal udp "$us" again >/dev/null
wire_stop
arrived "there is room again, and the next packet leaves" again
is "nothing more was refused" "$(denied)" "$refused"
e2e_done
