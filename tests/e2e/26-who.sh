#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A record names the process whose socket it was: dead by then, with a packet socket, or started while residd was dead.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
resid_up
us=${place[US4]} us6=${place[US6]} cn=${place[CN4]}
residd_start
began=$(date -u +%Y-%m-%dT%H)

# names NAME ADDRESS PACKETS COMM: the records of that address come to so many packets, and each names that process.
names()
{
	await_recorded "$1: recorded" "$3" "dst=$2"
	is "$1: every record names the process" "$(recorded "dst=$2" "comm=$4")" "$3"
	is "$1: and its number" "$(records "dst=$2" | grep -c '"pid":[1-9]')" "$(records "dst=$2" | wc -l)"
}

in_cgroup health "$tools/flood" -n 100 -f 5 "$us" 9 >/dev/null
names "a process that is gone" "$us" 100 flood
like "it started now" "$(records "dst=$us" | head -n 1)" "\"started\":\"$began"
in_cgroup health "$tools/forge" -i uplink -d 02:00:00:00:77:02 -n 50 udp 10.77.0.1 "$cn" 9 frames >/dev/null
names "a packet socket" "$cn" 50 forge
residd_stop KILL
in_cgroup health "$tools/flood" -n 30 "$us6" 9 >/dev/null
residd_start
names "while residd was dead" "$us6" 30 flood
ctl disarm --yes
check "disarmed, nobody is noted" sh -c "! ls '$RESID_BPF_DIR'/who_* 2>/dev/null"
resid_up
check "armed again, residd sees to it" wait_until 30 test -e "$RESID_BPF_DIR/who_create"
in_cgroup health "$tools/flood" -n 20 "${place[USb4]}" 9 >/dev/null
names "armed again" "${place[USb4]}" 20 flood
e2e_done
