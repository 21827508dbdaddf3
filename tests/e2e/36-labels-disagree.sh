#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Labels that disagree: of cgroup, namespace and device the strictest verdict holds. And what loses its socket on the way,
# as all does that crosses a veth, is held for every class that its namespace has ever had.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
tenant
resid_up
us=${place[US4]} fr=${place[FR4]}
assign public netns:tenant

# from GROUP ADDRESS TAG [-]: by a process of that cgroup in the tenant's namespace
from() { "$tools/in" -n /run/netns/tenant -g "$cg/$1" "$tools/forge" datagram "$2" 9 "$3" >/dev/null 2>&1 || true; }

wire_start
from public "$us" both-public-us
from health "$us" cgroup-strict-us
from health "$fr" cgroup-strict-fr
from public "$us" after-health-us
from public "$fr" after-health-fr
wire_stop
arrived "cgroup and namespace public: to the US" both-public-us
is "cgroup health, namespace public: not to the US" "$(wire_tag cgroup-strict-us)" 0
arrived "twin: to France" cgroup-strict-fr
is "once health was there, what crosses the veth may be health" "$(wire_tag after-health-us)" 0
arrived "twin: to France" after-health-fr

# A namespace of its own has a memory of its own.
ip netns del tenant
wait_until 5 test ! -d /sys/class/net/ten0 || true
tenant
assign health netns:tenant
wire_start
from public "$us" netns-strict-us
from public "$fr" netns-strict-fr
wire_stop
is "cgroup public, namespace health: not to the US" "$(wire_tag netns-strict-us)" 0
arrived "twin: to France" netns-strict-fr
assign public netns:tenant
ip netns del tenant
wait_until 5 test ! -d /sys/class/net/ten0 || true
tenant
assign public netns:tenant
wire_start
from public "$us" anew-us
wire_stop
arrived "a namespace made anew has held nothing" anew-us

# explain says the same, and why.
"$tools/in" -n /run/netns/tenant -g "$cg/health" sleep 60 &
children+=($!)
pid=$!
wait_until 5 grep -q sleep "/proc/$pid/comm"
like "explain: the strictest" "$("$residctl" explain --of "pid:$pid" "$us")" 'health'
like "explain: that another label says otherwise" "$("$residctl" explain --of "pid:$pid" "$us")" 'label of the network namespace says public'
e2e_done
