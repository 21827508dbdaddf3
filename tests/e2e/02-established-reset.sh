#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A TCP connection that a new policy refuses is reset: the program gets ECONNRESET and not a byte more leaves. A
# connection that stays allowed goes on.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
resid_up enforcing open
for family in 4 6; do
	hold_open "us$family" health tcp "${place[US$family]}" $echo_port
	hold_open "fr$family" health tcp "${place[FR$family]}" $echo_port
	for to in us fr; do
		hold_do $to$family "send before-$to$family"
		hold_do $to$family recv
		is "before: IPv$family, $to" "$hold_said" "got before-$to$family"
	done
done

ctl policy load "$(policy default)"
wire_start
for family in 4 6; do
	hold_do "us$family" "send after-us$family"
	note "send() said: $hold_said"
	hold_do "us$family" recv
	is "the refused connection is reset, IPv$family" "$hold_said" ECONNRESET
	hold_do "fr$family" "send after-fr$family"
	hold_do "fr$family" recv
	is "twin: the allowed one goes on, IPv$family" "$hold_said" "got after-fr$family"
done
wire_stop
for family in 4 6; do
	is "nothing more left, IPv$family" "$(wire_tag "after-us$family")" 0
	arrived "twin: it left, IPv$family" "after-fr$family"
	is "no segment at all left for the US, IPv$family" \
		"$(awk -v to="${place[US$family]}" '$4 == to' "$wire_log" | wc -l)" 0
done
e2e_done
