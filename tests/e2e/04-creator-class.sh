#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A socket keeps the class of the cgroup that created it: moving the process changes nothing, and a removed cgroup whose
# socket lives on is still what it was, under a residd that reconciles the class maps.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
resid_up
mkdir "$cg/gone" "$cg/gone-public"
assign health "cgroup:$cg/gone"
assign public "cgroup:$cg/gone-public"
residd_start
wire_start
us=${place[US4]}
# shellcheck disable=SC2034 # by its name, below
fr=${place[FR4]}

move() { echo "${hold_pid[$1]}" >"$cg_root/$2/cgroup.procs"; }

for who in health public gone gone-public; do
	for to in us fr; do
		hold_open $who-$to $who udp "${!to}" $echo_port
	done
done

hold_do public-us "send open-public"
is "twin: public sends to the US" "$hold_said" sent
hold_do health-us "send open-health"
is "health does not" "$hold_said" ECONNREFUSED

move health-us e2e/public
move health-fr e2e/public
move public-us e2e/health
hold_do health-us "send moved-health"
is "a socket of health stays so when its process moves to public" "$hold_said" ECONNREFUSED
hold_do health-fr "send moved-health-fr"
is "twin: it may still send to France" "$hold_said" sent
hold_do public-us "send moved-public"
is "a socket of public stays so when its process moves to health" "$hold_said" sent

for name in gone-us gone-fr gone-public-us gone-public-fr; do
	move $name ''
done
check "the cgroups can be removed while their sockets live" rmdir "$cg/gone" "$cg/gone-public"
# Long enough for residd to have seen it and done something about it.
kill -HUP "$residd_pid"
sleep 3
hold_do gone-us "send removed-health"
is "a socket of a removed cgroup of health is refused" "$hold_said" ECONNREFUSED
hold_do gone-fr "send removed-health-fr"
is "twin: it may still send to France" "$hold_said" sent
hold_do gone-public-us "send removed-public"
is "a socket of a removed cgroup of public is still public: nothing was forgotten" "$hold_said" sent

wire_stop
for tag in open-health moved-health removed-health; do
	is "$tag: nothing left" "$(wire_tag $tag)" 0
done
for tag in open-public moved-health-fr moved-public removed-health-fr removed-public; do
	arrived "$tag: left" $tag
done
await_recorded "the record of the removed cgroup bears its class" 3 class=health dst="$us"
e2e_done
