#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Data that are too old for the policy: a load is refused and what is in force stays; what was accepted once is loaded
# at start even when it has grown old, the daemon says so, and for a class with `on_stale` the kernel no longer trusts
# it; --accept is told in the snapshot. The same of a country set whose law has ended. Data that change are loaded.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
resid_up
us=${place[US4]} fr=${place[FR4]}
generation() { "$residctl" status --json | sed 's/.*"generation":"\([0-9a-f]*\)".*/\1/'; }
status() { "$residctl" status; }
# dated DAY: location data of the part of the world that the test asks about, as if of that day.
dated()
{
	sed "s/^# Generated: .*/# Generated: Thu, $1 00:00:00 GMT/" "$top/build/tests/e2e-policy/geoip" >"$work/geoip"
}
sources="geoip: {path: $work/geoip, max_age: 30d}, geoip6: {path: $top/build/tests/e2e-policy/small6, max_shrink: 100%}"
sed "s|^rules:|sources: {$sources}\n&|; /^  health:/s|reject}|reject, on_stale: reject}|" "$top/policy/default.yaml" >"$work/aged.yaml"
dated '01 Jan 2026'

before=$(generation)
refused "a load with data of January" 3 "source 'tor-geoipdb'.*is of 2026-01-01.*30 days.*--accept tor-geoipdb" \
	"$residctl" policy load "$work/aged.yaml"
is "what was in force stays" "$(generation)" "$before"

mkdir "$work/sets"
sed 's/^date:.*/&\nvalid_until: 2026-01-30/' "$top/policy/sets/EU.yaml" >"$work/sets/EU.yaml"
ctl policy compile "$work/aged.yaml" -o "$work/aged.rsnap" --sets "$work/sets" --now 2026-01-30T12:00:00Z
ctl policy load "$work/aged.rsnap"
loaded=$(generation)
residd_start
is "status says that the data are too old" \
	"$(status | grep -c 'too old for the policy since 2026-01-31T00:00:00Z')" 1
is "and so does residd" "$(grep -c 'too old for it since 2026-01-31T00:00:00Z' "$work/residd.out")" 1
is "status says that the law of a set has ended" \
	"$(status | grep -c "'EU' is law no more since 2026-01-31T00:00:00Z")" 1
is "residd too" "$(grep -c "'EU' of the policy in force is law no more since 2026-01-31T" "$work/residd.out")" 1
is "health is refused all the same" "$(saw health tcp "$us" stale)" ECONNREFUSED
is "twin: public is not" "$(saw public tcp "$us" stale-public)" connected
# stale LABEL: what the data let go is refused to the class that says so, and to no other.
stale()
{
	is "$1: France is no longer open to health" "$(saw health tcp "$fr" "$1-health")" ECONNREFUSED
	is "$1: twin: vital says nothing of it" "$(saw vital tcp "$fr" "$1-vital")" connected
}
stale old

# As after a reboot.
residd_stop TERM
resid_down
module_load boot=closed
residd_start
is "after a start the accepted generation is back" "$(generation)" "$loaded"
stale rebooted
is "and residd says again that it is old" "$(grep -c 'too old for it since' "$work/residd.out")" 2
is "which those see who are not root" \
	"$(jq -r '.daemon.troubles[] | select(has("until") | not) | .text' "$RESID_RUN_DIR/status.json" |
		grep -c 'too old for it since 2026-01-31')" 1

ctl policy load "$work/aged.yaml" --accept tor-geoipdb
is "what was accepted is told" \
	"$("$residctl" policy show | grep -c '^# accepted  *tor-geoipdb is of 2026-01-01')" 1

dated "$(LC_ALL=C date -u '+%d %b %Y')"
ctl policy load "$work/aged.yaml"
wait_until 30 grep -q 'over: .*too old' "$work/residd.out"
is "with data of today status has nothing that lasts" \
	"$(status | grep -v '^was troubled' | grep -c 'too old\|law no more' || true)" 0
is "and residd says that it is over" "$(grep -c 'over: .*too old' "$work/residd.out")" 1

# Data that change are taken by themselves, from wherever the policy names them; during a trial they wait for its end.
mkdir "$work/feeds"
# operates COUNTRY: an operator says where its addresses are. Renamed into place, as a well-behaved download is.
operates()
{
	echo "${place[FR4]%.*}.0/24,$1,,," >"$work/feeds/next"
	mv "$work/feeds/next" "$work/feeds/partner.csv"
}
fr=${place[FR4]}
health_sees() { [[ $(saw health tcp "$fr" "$2") == "$1" ]]; }
operates FR
sed "s|^sources: {|&geofeed: {partner: $work/feeds/partner.csv}, |" "$work/aged.yaml" >"$work/partner.yaml"
ctl policy load "$work/partner.yaml"
wait_until 30 grep -q "$(generation)" "$RESID_RUN_DIR/status.json" || true
is "a partner in France: health reaches it" "$(saw health tcp "$fr" partner-fr)" connected
# What two sources dispute is nowhere.
operates US
check "it says that it is in the US: residd loads that, and health is refused" wait_until 60 health_sees ECONNREFUSED partner-us
sed 's/^rules:/&\n  - {id: trial, class: public, port: 1, verdict: reject, reason: another policy}/' "$work/partner.yaml" >"$work/trial.yaml"
ctl policy load --confirm 600 "$work/trial.yaml"
tried=$(generation)
wait_until 30 grep -q "$tried" "$RESID_RUN_DIR/status.json" || true
operates FR
sleep 4
is "on trial it stays as it was tried" "$(generation) $(saw health tcp "$fr" trial)" "$tried ECONNREFUSED"
ctl policy confirm
check "afterwards the partner is in France again" wait_until 60 health_sees connected partner-back
is "under the policy that was tried" "$("$residctl" policy show | grep -c 'id: trial')" 1
e2e_done
