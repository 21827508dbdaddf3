#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A destination inside a packet is a destination: 6to4, NAT64, Teredo, ISATAP and v4-mapped addresses, routing headers,
# source routes, tunnels and fragments. The same with a French address inside arrives.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
resid_up
gateway=02:00:00:00:77:02

hex4() { awk -F . '{ printf "%02x%02x:%02x%02x", $1, $2, $3, $4 }' <<<"$1"; }
inverse4() { awk -F . '{ printf "%02x%02x:%02x%02x", 255 - $1, 255 - $2, 255 - $3, 255 - $4 }' <<<"$1"; }
us=${place[US4]} fr=${place[FR4]} us6=${place[US6]} fr6=${place[FR6]}

wire_start
# form NAME ARGUMENTS-US ARGUMENTS-FR: forge from health by a raw socket and past the stack; NAME-us must not arrive.
form()
{
	local name=$1 where

	shift
	for where in us fr; do
		# shellcheck disable=SC2086 # several arguments
		in_cgroup health "$tools/forge" $1 "$name-raw-$where" >>"$work/forge.log" 2>&1 || true
		# shellcheck disable=SC2086
		in_cgroup health "$tools/forge" -i uplink -d $gateway $1 "$name-frame-$where" >>"$work/forge.log" 2>&1 || true
		shift
	done
	forms+=("$name")
}
forms=()
form plain4 "udp 10.77.0.1 $us 7" "udp 10.77.0.1 $fr 7"
form 6to4 "udp fd77::1 2002:$(hex4 "$us")::1 7" "udp fd77::1 2002:$(hex4 "$fr")::1 7"
form nat64 "udp fd77::1 64:ff9b::$(hex4 "$us") 7" "udp fd77::1 64:ff9b::$(hex4 "$fr") 7"
form teredo "udp fd77::1 2001:0:$(hex4 "$fr"):0:ffff:$(inverse4 "$us") 7" \
	"udp fd77::1 2001:0:$(hex4 "$fr"):0:ffff:$(inverse4 "$fr") 7"
form teredo-server "udp fd77::1 2001:0:$(hex4 "$us"):0:ffff:$(inverse4 "$fr") 7" \
	"udp fd77::1 2001:0:$(hex4 "$fr"):0:ffff:$(inverse4 "$fr") 7"
form isatap "udp fd77::1 ${fr6%%:e2e*}:0:0:0:5efe:$(hex4 "$us") 7" "udp fd77::1 ${fr6%%:e2e*}:0:0:0:5efe:$(hex4 "$fr") 7"
form v4-mapped "udp fd77::1 ::ffff:$us 7" "udp fd77::1 ::ffff:$fr 7"
form segment-routing "srh fd77::1 $fr6 $us6 7" "srh fd77::1 $fr6 ${place[FRb6]} 7"
form source-route "srcroute 10.77.0.1 $fr $us 7" "srcroute 10.77.0.1 $fr ${place[FRb4]} 7"
form ipip "ipip 10.77.0.1 $fr 10.77.0.1 $us 7" "ipip 10.77.0.1 $fr 10.77.0.1 ${place[FRb4]} 7"
form sit "ipip 10.77.0.1 $fr fd77::1 $us6 7" "ipip 10.77.0.1 $fr fd77::1 $fr6 7"
form ip6tnl "ipip fd77::1 $fr6 fd77::1 $us6 7" "ipip fd77::1 $fr6 fd77::1 ${place[FRb6]} 7"
form ip4in6 "ipip fd77::1 $fr6 10.77.0.1 $us 7" "ipip fd77::1 $fr6 10.77.0.1 $fr 7"
form gre "gre 10.77.0.1 $fr 10.77.0.1 $us 7" "gre 10.77.0.1 $fr 10.77.0.1 ${place[FRb4]} 7"
form gre6 "gre fd77::1 $fr6 fd77::1 $us6 7" "gre fd77::1 $fr6 fd77::1 ${place[FRb6]} 7"
form fragments "frag 10.77.0.1 $us 7" "frag 10.77.0.1 $fr 7"
form fragments6 "frag fd77::1 $us6 7" "frag fd77::1 $fr6 7"
in_cgroup health "$tools/forge" -i uplink -d $gateway short 10.77.0.1 "$fr" lying4 >/dev/null
in_cgroup health "$tools/forge" -i uplink -d $gateway short fd77::1 "$fr6" lying6 >/dev/null
note "segment routing without privilege: $(in_cgroup health setpriv --reuid=65534 --regid=65534 --clear-groups \
	"$tools/forge" rthdr "$fr6" "$us6" 7 rthdr-us 2>&1 || true)"
wire_stop

for name in "${forms[@]}"; do
	for way in raw frame; do
		is "$name by $way: nothing left for the US" "$(wire_tag "$name-$way-us")" 0
	done
	# The kernel does not route some of these by itself; past the stack all must arrive, or nothing is proved.
	arrived "$name by frame: twin arrived in France" "$name-frame-fr"
done
is "segment routing by setsockopt: nothing left for the US" "$(wire_tag rthdr-us)" 0
is "an IPv4 header that lies: nothing left" "$(wire_tag lying4)" 0
is "an IPv6 header that lies: nothing left" "$(wire_tag lying6)" 0
e2e_done
