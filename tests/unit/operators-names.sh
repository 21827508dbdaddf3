#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/tools/operators.py, which tests/lint/operators runs: an AS of another's name is found, and one that is missing,
# one that announces nothing, a name that nobody bears, a name of two operators, and an exception that nothing needs.
set -uo pipefail

if ! python3 -c 'import yaml' 2>/dev/null; then
	echo "1..0 # SKIP python3-yaml is not installed"
	exit 0
fi
number=0
real=${RESID_TEST_DATA:-../shared/data}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# The table of origin ASes, with a name that has a comma and one of another case.
gzip >"$tmp/asn-origin.csv.gz" <<'END'
# prefix,asn,as name
192.0.2.0/25,64496,Example Hosting GmbH
192.0.2.128/25,64497,"EXAMPLE  hosting, GmbH"
198.51.100.0/24,64498,Example Cloud Frankfurt
2001:db8::/32,64499,Example Cloud Paris
203.0.113.0/24,64500,Municipal Hospital
203.0.113.128/25,64501,Other Example Hosting GmbH
END

# entry ID ASNS HOLDERS
entry()
{
	cat <<-END
		  - id: $1
		    name: $1
		    parent: $1
		    jurisdictions: [{country: DE, basis: seat}]
		    asn: [$2]
		    holders: [$3]
	END
}

# says WHAT STATUS PATTERN [OPERATORS]...: with these entries the tool ends so, and says that
says()
{
	local what=$1 expected=$2 pattern=$3 status=0 out

	shift 3
	{ printf 'operators:\n' && printf '%s\n' "$@"; } >"$tmp/operators.yaml"
	out=$(RESID_TEST_DATA=$tmp tests/tools/operators.py --operators "$tmp/operators.yaml" \
		--reviewed "$tmp/reviewed" names 2>&1) || status=$?
	# shellcheck disable=SC2053 # a pattern
	if ((status == expected)) && [[ $out == $pattern ]]; then
		echo "ok $((++number)) - $what"
	else
		printf 'not ok %d - %s: status %d: %s\n' $((++number)) "$what" "$status" "$out"
	fi
}

hosting='Example Hosting GmbH' cloud='"Example Cloud*"'
: >"$tmp/reviewed"
says "each AS bears its operator's name, case and punctuation aside" 0 '' \
	"$(entry one '64496, 64497' "$hosting")" "$(entry two '64498, 64499' "$cloud")"
says "an AS of another's name" 1 "one: AS64500 is 'Municipal Hospital', which none of its holders matches; *" \
	"$(entry one '64496, 64497, 64500' "$hosting")"
says "a name that merely ends like it" 1 "one: AS64501 is 'Other Example Hosting GmbH', which none *" \
	"$(entry one '64496, 64497, 64501' "$hosting")"
says "an AS that is missing, known by IPv6 alone" 1 "two: AS64499 is 'Example Cloud Paris' and is not in the file; *" \
	"$(entry two 64498 "$cloud")"
says "an AS that announces nothing" 1 "one: AS64511 announces nothing; *" "$(entry one '64496, 64497, 64511' "$hosting")"
says "a name that no AS bears" 1 "one: no AS bears the name 'Example Hostings'; remove it" \
	"$(entry one '64496, 64497' "$hosting, Example Hostings")"
says "a name of two operators" 1 "two: the name 'Example Cloud Frankfurt' is also that of one*" \
	"$(entry one '64498, 64499' "$cloud")" "$(entry two 64496 "$hosting, Example Cloud Frankfurt")"$'\n'"$(entry three 64497 '"Nobody*"')"
printf '64500 name the hospital is run by it\n64511 silent kept\n64499 other a namesake\n' >"$tmp/reviewed"
says "exceptions that were reviewed" 0 '' "$(entry one '64496, 64497, 64500, 64511' "$hosting")" "$(entry two 64498 "$cloud")"
says "an exception that nothing needs" 1 "$tmp/reviewed: AS64499: nothing needs this exception any more; remove it" \
	"$(entry one '64496, 64497, 64500, 64511' "$hosting")" "$(entry two '64498, 64499' "$cloud")"
printf '64500 theirs\n' >"$tmp/reviewed"
says "an exception without its reason" 2 "$tmp/reviewed:1: write AS, then name, silent or other, then the reason" \
	"$(entry one '64496, 64497' "$hosting")"
rm "$tmp/asn-origin.csv.gz"
: >"$tmp/reviewed"
says "no data" 77 "$tmp/asn-origin.csv.gz is not there: set RESID_TEST_DATA *" "$(entry one 64496 "$hosting")"

# The real thing: an AS number that was a storage service's and is a hospital's.
if [[ -r $real/asn-origin.csv.gz ]]; then
	sed '/id: dropbox$/,/asn:/s/asn: \[/&203719, /' build/gen/operators.yaml >"$tmp/planted.yaml"
	status=0
	out=$(tests/tools/operators.py --operators "$tmp/planted.yaml" names 2>&1) || status=$?
	if ((status == 1)) && [[ $out == "dropbox: AS203719 is 'skbs Staedtisches Klinikum "*", which none of its holders matches"* ]]; then
		echo "ok $((++number)) - a planted wrong AS is found in the real file"
	else
		printf 'not ok %d - a planted wrong AS: status %d: %s\n' $((++number)) "$status" "$out"
	fi
else
	echo "ok $((++number)) - a planted wrong AS # SKIP no $real/asn-origin.csv.gz"
fi
echo "1..$number"
