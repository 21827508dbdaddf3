#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every scenario under policy/scenarios: its table of cases holds under its policy, on Debian's data; and a case that is
# wrong is seen, with exit status 4.
set -uo pipefail

ctl=$PWD/build/san/residctl
asn=/var/lib/location/database.db
number=0

if [[ ! -r $asn || ! -r /usr/share/tor/geoip ]]; then
	echo "1..0 # SKIP libloc-database or tor-geoipdb is not installed"
	exit 0
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
for folder in policy/scenarios/*/; do
	name=$(basename "$folder")
	status=0
	said=$("$ctl" policy test --policy "$folder/policy.yaml" --asn "$asn" "$folder/cases.yaml" 2>&1) || status=$?
	if ((status == 0)) && [[ $said == *", 0 failed"* ]]; then
		echo "ok $((++number)) - $name"
	else
		printf 'not ok %d - %s: status %d\n' $((++number)) "$name" "$status"
		printf '%s\n' "$said" | sed 's/^/#   /'
	fi
	sed 's/verdict: allow/verdict: audit/' "$folder/cases.yaml" >"$tmp/cases.yaml"
	status=0
	"$ctl" policy test --policy "$folder/policy.yaml" --asn "$asn" "$tmp/cases.yaml" >"$tmp/out" 2>&1 || status=$?
	if ((status == 4)); then
		echo "ok $((++number)) - $name: a wrong case is seen"
	else
		echo "not ok $((++number)) - $name: a wrong case gives status $status"
	fi
done
echo "1..$number"
