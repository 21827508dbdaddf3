#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What residctl says when something is wrong: one sentence with place and remedy, and its exit status: 1 usage, 2 kernel or
# system, 3 refused input, 4 an expectation that did not hold. The generation in force stays in force.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
places
module_loaded && bail "resid.ko is loaded already"
refused "status without the module" 2 'resid.ko|module|insmod|modprobe' "$residctl" status
refused "policy load without the module" 2 'resid.ko|module|insmod|modprobe' "$residctl" policy load "$(policy default)"
refused "mode without the module" 2 'resid.ko|module|insmod|modprobe' "$residctl" mode enforcing
refused "disarm without the module" 2 'resid.ko|module|insmod|modprobe' "$residctl" disarm --yes

topology
resid_up
generation() { "$residctl" status --json | sed 's/"devices.*//'; }
before=$(generation)
nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }

refused "no such verb" 1 . "$residctl" frobnicate
refused "no such option" 1 . "$residctl" status --frobnicate
refused "no such mode" 1 'permissive or enforcing' "$residctl" mode lenient
refused "a confirmation of no seconds" 1 '1 to 86400' "$residctl" mode enforcing --confirm 0
refused "class assign without a target" 1 . "$residctl" class assign health
refused "a target of no kind" '[13]' cgroup:PATH "$residctl" class assign health moon:base
refused "a class that the policy lacks" '[13]' . "$residctl" class assign nonesuch "cgroup:$cg/health"
refused "not root" 2 root nobody "$residctl" policy load "$(policy twin)"
refused "a policy that is not there" 3 'no/such' "$residctl" policy load /no/such.yaml
refused "a snapshot that is not there" 3 'no/such' "$residctl" policy load /no/such.rsnap
refused "a snapshot that is something else" 3 . "$residctl" policy load "$(cp "$residctl" "$work/x.rsnap" && echo "$work/x.rsnap")"
refused "a GeoIP file that is not there" 3 'no/such' "$residctl" policy load --geoip4 /no/such "$top/policy/default.yaml"
head -c 100000 /usr/share/tor/geoip >"$work/cut"
refused "a GeoIP file that is cut in a line" 3 'cut:[0-9]+' "$residctl" policy load --geoip4 "$work/cut" "$top/policy/default.yaml"
: >"$work/empty"
refused "a GeoIP file that is empty" 3 'empty' "$residctl" policy load --geoip4 "$work/empty" "$top/policy/default.yaml"
cp "$top/policy/default.yaml" "$work/p.yaml"

# bad NAME SED-EXPRESSION REGEX: the default policy with one thing wrong, named with file, line and column.
bad()
{
	sed "$2" "$top/policy/default.yaml" >"$work/p.yaml"
	if cmp -s "$work/p.yaml" "$top/policy/default.yaml"; then
		not_ok "$1" "the expression changed nothing"
		return
	fi
	refused "$1" 3 "p.yaml:[0-9]+:[0-9]+: .*$3" "$residctl" policy load "$work/p.yaml"
}
bad "an unknown key" 's/^home: EU/home: EU\nhoem: EU/' hoem
bad "a wrong type" 's/^home: EU/home: [EU]/' .
bad "a duplicate rule id" 's/id: home-only/id: metadata/' metadata
bad "an unknown country" 's/location: \[EU, local, link, translated\]/location: [XQ]/' XQ
bad "a class id twice" 's/vital:     {id: 5/vital:     {id: 4/' .
bad "YAML that ends early" 's/^home: EU/home: [EU/' .

is "the generation in force stayed in force" "$(generation)" "$before"
is "health is refused as before" "$(saw health tcp "${place[US4]}" after)" ECONNREFUSED
status=0
"$residctl" policy check "$top/policy/default.yaml" >/dev/null 2>&1 || status=$?
is "twin: the default policy is sound" $status 0
e2e_done
