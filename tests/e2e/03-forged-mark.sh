#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A mark is a claim, not a proof: whatever SO_MARK a sender sets, and by whatever way its frame reaches the device, the
# class is that of its cgroup.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
resid_up
wire_start
# Class 1, public, as a stamped mark: the validity bit and the class above it.
mark=$((1 << 23 | 1 << 24))
gateway=02:00:00:00:77:02

for family in 4 6; do
	us=${place[US$family]} fr=${place[FR$family]}
	own=$([[ $family == 4 ]] && echo 10.77.0.1 || echo fd77::1)

	is "SO_MARK by setsockopt, TCP, IPv$family" "$(saw health tcp "$us" "sockopt-tcp$family" -m $mark)" ECONNREFUSED
	is "SO_MARK by setsockopt, UDP, IPv$family" "$(saw health udp "$us" "sockopt$family" -m $mark)" ECONNREFUSED
	is "twin: with the same mark to France, IPv$family" "$(saw health udp "$fr" "sockopt-twin$family" -m $mark)" echoed
	is "SO_MARK as a control message, IPv$family" \
		"$(in_cgroup health "$tools/forge" -c $mark datagram "$us" 7 "cmsg$family")" "sent=0 error=ECONNREFUSED"
	is "twin: to France, IPv$family" \
		"$(in_cgroup health "$tools/forge" -c $mark datagram "$fr" 7 "cmsg-twin$family")" sent=1
	is "a raw socket that writes its own header, IPv$family" \
		"$(in_cgroup health "$tools/forge" -m $mark udp "$own" "$us" 7 "raw$family")" "sent=0 error=ECONNREFUSED"
	in_cgroup health "$tools/forge" -m $mark udp "$own" "$fr" 7 "raw-twin$family" >/dev/null
	for way in "packet" "bypass -b" "arp -p 0x0806" "untyped -b -p 0xffff" "vlan -v 5" "qinq -v 5 -v 6" "marked -m $mark"; do
		read -r name options <<<"$way"
		# shellcheck disable=SC2086 # several options
		for where in us fr; do
			in_cgroup health "$tools/forge" -i uplink -d $gateway $options udp "$own" "${!where}" 7 "$name-$where$family" \
				>/dev/null
		done
		# shellcheck disable=SC2086
		in_cgroup public "$tools/forge" -i uplink -d $gateway $options udp "$own" "$us" 7 "$name-public$family" >/dev/null
	done
done

wire_stop
for family in 4 6; do
	for name in sockopt cmsg raw; do
		is "$name: nothing left, IPv$family" "$(wire_tag "$name$family")" 0
		arrived "$name: twin left, IPv$family" "$name-twin$family"
	done
	for name in packet bypass arp untyped vlan qinq marked; do
		is "AF_PACKET $name to the US: nothing left, IPv$family" "$(wire_tag "$name-us$family")" 0
		arrived "AF_PACKET $name to France: left, IPv$family" "$name-fr$family"
		arrived "AF_PACKET $name, class public, to the US: left, IPv$family" "$name-public$family"
	done
done
e2e_done
