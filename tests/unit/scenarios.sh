#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every scenario under policy/scenarios: its table of cases holds under its policy, on Debian's data; and a case that is
# wrong is seen, with exit status 4. A member of the federation that comes under outside control falls out, and the diff
# shows it before.
set -uo pipefail
export RESID_SHARE_DIR=$PWD/policy

ctl=$PWD/build/san/residctl
asn=/var/lib/location/database.db
number=0

if [[ ! -r $asn || ! -r /usr/share/tor/geoip ]]; then
	echo "1..0 # SKIP libloc-database or tor-geoipdb is not installed"
	exit 0
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# aged NAME: its policy, for which the AS database of 2022 is young enough.
aged()
{
	awk -f tests/scenarios/aged.awk "policy/scenarios/$1/policy.yaml" >"$tmp/$1.yaml"
	echo "$tmp/$1.yaml"
}

# On a day when all else is fresh.
day=(--now 2026-11-22T12:00:00Z
	--feed 'aws=tests/scenarios/ip-ranges.json,azure=tests/scenarios/ServiceTags_Public.json')
for folder in policy/scenarios/*/; do
	name=$(basename "$folder")
	status=0
	policy=$(aged "$name")
	said=$("$ctl" policy test --policy "$policy" --asn "$asn" "${day[@]}" "$folder/cases.yaml" 2>&1) || status=$?
	if ((status == 0)) && [[ $said == *", 0 failed"* ]]; then
		echo "ok $((++number)) - $name"
	else
		printf 'not ok %d - %s: status %d\n' $((++number)) "$name" "$status"
		printf '%s\n' "$said" | sed 's/^/#   /'
	fi
	sed 's/verdict: allow/verdict: audit/' "$folder/cases.yaml" >"$tmp/cases.yaml"
	status=0
	"$ctl" policy test --policy "$policy" --asn "$asn" "${day[@]}" "$tmp/cases.yaml" >"$tmp/out" 2>&1 || status=$?
	if ((status == 4)); then
		echo "ok $((++number)) - $name: a wrong case is seen"
	else
		echo "not ok $((++number)) - $name: a wrong case gives status $status"
	fi
done

# The registry as it would be if somebody in the United States bought Aruba.
awk '{ print } /id: aruba$/ { member = 1 } member && /jurisdictions:/ {
	print "      - {country: US, basis: \"seat of the buyer\"}"
	member = 0
}' build/gen/operators.yaml >"$tmp/next.yaml"
federation=$(aged federation-l3)
said=$("$ctl" policy diff --json --asn "$asn" "${day[@]}" --operators-b "$tmp/next.yaml" "$federation" "$federation" |
	jq -c '[.changes[] | select(.class == "shared")] | [(map(.change, .old.rule, .new.rule, .new.operator) | unique), (map(.ipv4_addresses) | add > 250000)]')
if [[ $said == '[["aruba","fallen-member","member","newly refused"],true]' ]]; then
	echo "ok $((++number)) - a member comes under outside control: the diff says that it falls out, and nobody else"
else
	printf 'not ok %d - the diff of the registries says:\n' $((++number))
	printf '%s\n' "$said" | sed 's/^/#   /'
fi
said=$("$ctl" policy test --policy "$federation" --asn "$asn" "${day[@]}" --operators "$tmp/next.yaml" policy/scenarios/federation-l3/cases.yaml 2>&1)
if (($? == 4)) && [[ $said == *95.110.128.1* && $said == *", 1 failed"* ]]; then
	echo "ok $((++number)) - with the next registry its case alone fails"
else
	printf 'not ok %d - with the next registry: %s\n' $((++number)) "$said"
fi
echo "1..$number"
