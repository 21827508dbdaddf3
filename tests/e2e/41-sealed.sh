#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is judged is what leaves: a checksum that the device is to write over the destination, a ring whose pages are
# changed while the packet is judged, and segments of a size that no TCP has. Without Resid all of them leave.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
us=${place[US4]} fr=${place[FR4]}
gateway=02:00:00:00:77:02
# only the first halves differ, which is what 16 bits of checksum can change
us=${us%%.*}.$(cut -d . -f 2 <<<"$us").$(cut -d . -f 3,4 <<<"$fr")
is "the other address is in the US" "$us" "${place[US4]}"
ethtool -K uplink tx off >/dev/null 2>&1
# nothing but the right to send raw frames
bare()
{
	in_cgroup health setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=+net_raw --ambient-caps=+net_raw \
		--bounding-set=-all,+net_raw "$tools/owed" "$@" >>"$work/owed.log" 2>&1
}

attempts()
{
	bare sum uplink $gateway 10.77.0.1 "$fr" "$1-sum-fr"
	bare sum uplink $gateway 10.77.0.1 "$us" "$1-sum-us"
	bare write uplink $gateway 10.77.0.1 "$fr" "$us" "$1-write-us"
	bare write uplink $gateway 10.77.0.1 "$us" "$fr" "$1-write-fr"
	bare cut uplink $gateway 10.77.0.1 "$fr" 1448 "$1-cut-fr"
	bare cut uplink $gateway 10.77.0.1 "$us" 1448 "$1-cut-us"
	bare cut uplink $gateway 10.77.0.1 "$us" 1 "$1-cut-1"
	bare ring uplink $gateway 10.77.0.1 "$fr" "$us" "$1-ring" 4000
}
# to ADDRESS TAG: frames with the tag that went there
to() { awk -v to="$1" -v tag="$2" '$4 == to && $9 == tag' "$wire_log" | wc -l; }

module_load boot=open
wire_start
attempts open
wire_stop
arrived "without a policy: a checksum is written over the destination" open-write-us
# some NAME TAG ADDRESS: frames with the tag went there; answers of the node's own kernel to the echo may quote it
some() { if (($(to "$3" "$2") > 0)); then ok "$1"; else not_ok "$1" "none went to $3"; fi; }
some "without a policy: it goes where the judge would not see" open-write-us "$us"
some "without a policy: the ring goes to the US" open-ring "$us"
arrived "without a policy: segments" open-cut-us

resid_up
refused=$(counter health reject) dropped=$(counter health drop)
wire_start
attempts armed
wire_stop
arrived "a checksum that is owed where it belongs leaves" armed-sum-fr
is "to the US it does not" "$(wire_tag armed-sum-us)" 0
is "one that would be written over the destination does not leave" "$(wire_tag armed-write-us)" 0
is "not even to make a permitted one of it" "$(wire_tag armed-write-fr)" 0
arrived "a super-packet leaves" armed-cut-fr
is "to the US it does not" "$(wire_tag armed-cut-us)" 0
is "nor one of a size that no TCP has" "$(wire_tag armed-cut-1)" 0
is "nothing of the ring goes to the US" "$(to "$us" armed-ring)" 0
some "what goes to France arrives" armed-ring "$fr"
note "refused: $(($(counter health reject) - refused)) rejected, $(($(counter health drop) - dropped)) dropped"
# write-us, write-fr and cut-1
is "a send that claims thousands of segments is one packet to the books" "$(($(counter health drop) - dropped))" 3
e2e_done
