#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Segments that the node makes without a socket carry a mark that a tenant chose. It is not believed: a SYN-ACK by
# syncookie and an ACK of TIME_WAIT are of class kernel, whatever the listener's SO_MARK, even on a device that carries a
# tenant's macvlan, from where such segments are not believed.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
counters
mark=$((1 << 23 | 1 << 24))	# public
sysctl_set node net/ipv4/tcp_syncookies=2
resid_up
namespace e2e-mac
ip link add mv0 link uplink type macvlan mode bridge
ip link set mv0 netns e2e-mac
"$tools/in" -n /run/netns/e2e-mac ip link set mv0 up

cookies() { awk '/^TcpExt:/ { if (!n) n = split($0, name); else { split($0, v); for (i in name) if (name[i] == "SyncookiesSent") print v[i] } }' /proc/net/netstat; }

for family in 4 6; do
	own=$([[ $family == 4 ]] && echo 10.77.0.1 || echo fd77::1)
	any=$([[ $family == 4 ]] && echo 0.0.0.0 || echo ::)
	hold_open "listen$family" public -m $mark listen "$any" 700$family
	count "cookie$family" output ip"${family/4/}" daddr "${place[US$family]}" tcp sport 700$family
done

# Under syncookies=2 even public's own listener answers by a segment without socket, which is the kernel's: it stays in the EU.
before=$(cookies)
wire_start
for family in 4 6; do
	own=$([[ $family == 4 ]] && echo 10.77.0.1 || echo fd77::1)
	is "syncookie SYN-ACK to the US, IPv$family" \
		"$(field saw "$(workload peer "$tools/try" -t 2500 -s "${place[US$family]}" tcp "$own" 700$family cookie-us$family)")" timeout
	is "twin: syncookie SYN-ACK to France, IPv$family" \
		"$(field saw "$(workload peer "$tools/try" -s "${place[FR$family]}" tcp "$own" 700$family cookie-fr$family)")" connected
done
wire_stop
after=$(cookies)
if ((after - before >= 4)); then
	ok "the kernel did send syncookies ($((after - before)))"
else
	not_ok "the kernel did send syncookies" "$before before, $after after"
fi
for family in 4 6; do
	if (($(counted "cookie$family") >= 1)); then
		ok "the node tried, IPv$family"
	else
		not_ok "the node tried, IPv$family"
	fi
	is "no SYN-ACK to the US left, IPv$family" \
		"$(awk -v to="${place[US$family]}" '$4 == to && $8 ~ /S/' "$wire_log" | wc -l)" 0
	is "twin: the SYN-ACK to France left, IPv$family" \
		"$(awk -v to="${place[FR$family]}" '$4 == to && $8 == "SA"' "$wire_log" | wc -l)" 1
done

# with what it asks its neighbours
is "they were the kernel's" "$(($(counter kernel allow) >= 2)) $(($(counter kernel reject) >= 2))" "1 1"

# TIME_WAIT: the connection itself is public's and allowed. The node closes first; what answers the peer's FIN has no socket.
sysctl_set node net/ipv4/tcp_syncookies=1
for where in US FR; do
	for family in 4 6; do
		own=$([[ $family == 4 ]] && echo 10.77.0.1 || echo fd77::1)
		name=$where$family
		hold_open "client$name" peer -s "${place[$name]}" tcp "$own" 700$family
		hold_do "client$name" "send established-$name"
		hold_do "client$name" recv
		is "established with $name" "$hold_said" "got established-$name"
		hold_do "listen$family" close-first
		count "wait$name" output ip"${family/4/}" daddr "${place[$name]}" tcp sport 700$family
		sleep 0.5
		wire_start
		hold_do "client$name" recv
		is "$name saw the end" "$hold_said" closed
		echo quit >"$work/client$name.in"
		sleep 1.5
		wire_stop
		arrived=$(awk -v to="${place[$name]}" '$4 == to && $5 == 6' "$wire_log" | wc -l)
		if (($(counted "wait$name") < 1)); then
			not_ok "the node answered the FIN of $name"
		elif [[ $where == US ]]; then
			is "TIME_WAIT ACK to $name: the node tried $(counted "wait$name") times, nothing left" "$arrived" 0
		elif ((arrived >= 1)); then
			ok "twin: TIME_WAIT ACK to $name left"
		else
			not_ok "twin: TIME_WAIT ACK to $name left"
		fi
	done
done
e2e_done
