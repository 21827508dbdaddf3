#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Data and policies as they are found: byte order marks, bad rows, lists under any name, by the commands that read them.
set -uo pipefail
# shellcheck source=tests/unit/cli.bash
. tests/unit/cli.bash
export NO_COLOR=1 RESID_CACHE_DIR=$tmp/cache
mark=$'\xef\xbb\xbf'

cat >"$tmp/p.yaml" <<'DATA'
resid: 1
home: EU
classes: {health: {id: 4, default: reject}}
rules:
  - {id: home, location: EU, verdict: allow, reason: at home}
DATA

printf '%s' "$mark" | cat - "$tmp/p.yaml" >"$tmp/mark.yaml"
expect 'a policy with a byte order mark' 0 '*' '*' "$ctl" policy check "$tmp/mark.yaml"
printf '%ssets: {NORD: {members: [NO, SE], date: 2026-11-01, source: a test}}\n' "$mark" >"$tmp/more.yaml"
printf '{"id":"1","class":"health","verdict":"reject","proto":"tcp","dst":"3.0.0.1","dport":25,"packets":3,"bytes":180}\n' \
	>"$tmp/log"
printf '%s' "$mark" | cat - "$tmp/log" >"$tmp/mark.log"
expect 'a log with a byte order mark' 0 '*0 of 3 recorded packets*' '*' \
	"$ctl" policy simulate "${data[@]}" --against "$tmp/p.yaml" "$tmp/p.yaml" "$tmp/mark.log"

lookup=("$ctl" lookup --policy "$tmp/p.yaml" "${data[@]}")
rows() { for ((i = 0; i < $1; i++)); do echo "2.0.1.$i/32,$2,,,"; done; }
{ rows 30 DE; echo 2.0.2.1/24,DE; } >"$tmp/one-bad.csv"
expect 'one bad row of many is left out, and told' 0 '*DE*geofeed*' \
	"*source 'x' (*one-bad.csv): 1 of its 31 rows are bad and left out: line 31: '2.0.2.1/24' has bits set after*" \
	"${lookup[@]}" --geofeed "x=$tmp/one-bad.csv" 2.0.1.7
expect 'also when the world is a kept one' 0 '*DE*geofeed*' '*1 of its 31 rows are bad and left out: line 31:*' \
	"${lookup[@]}" --geofeed "x=$tmp/one-bad.csv" 2.0.1.7
{ rows 30 DE; rows 3 US; } >"$tmp/twice.csv"
expect 'one prefix and two answers' 3 '' \
	"residctl: *twice.csv:31: '2.0.1.0/32' stands twice with two answers, 'US' here and 'DE' in line 1; *" \
	"${lookup[@]}" --geofeed "x=$tmp/twice.csv" 2.0.1.7
{ rows 10 DE; echo 2.0.2.1/24,DE; } >"$tmp/tenth.csv"
expect 'too many bad rows' 3 '' \
	"residctl: *tenth.csv:11: '2.0.2.1/24' has bits set *; 1 of its 11 rows are bad, and 5.0 % may be (\`max_bad\`)*" \
	"${lookup[@]}" --geofeed "x=$tmp/tenth.csv" 2.0.1.7
sed "\$asources: {geofeed: {x: {path: $tmp/tenth.csv, max_bad: 10%}}}" "$tmp/p.yaml" >"$tmp/tenth.yaml"
expect 'as many as the policy lets' 0 '*DE*geofeed*' '*1 of its 11 rows are bad and left out*' \
	"$ctl" lookup --policy "$tmp/tenth.yaml" "${data[@]}" 2.0.1.7
sed "\$asources: {geofeed: {x: {path: $tmp/tenth.csv, max_bad: 2%}}}" "$tmp/p.yaml" >"$tmp/strict.yaml"
expect 'and a stricter policy does not, with the kept world of the other' 3 '' \
	'*1 of its 11 rows are bad, and 2.0 % may be*' "$ctl" lookup --policy "$tmp/strict.yaml" "${data[@]}" 2.0.1.7

# What it is says what it holds: 4,096 addresses under every name and with every comment.
exposure() { expect "$1" 0 '* 4,096 *4,096 *' "${2:-}" "$ctl" policy exposure --class health --policy "$tmp/p.yaml" "${data[@]}" "$tmp/x"; }
printf '%s# ranges, by country\n173.245.48.0/20\n' "$mark" >"$tmp/x"
exposure 'a list after a comment with a comma'
printf '  # ranges, by country\n173.245.48.0/20\n' >"$tmp/x"
exposure 'a list after an indented comment'
printf '173.245.48.0/20 # Paris, FR\n' >"$tmp/x"
exposure 'a list with a comment beside it'
printf '#\n\n::ffff:173.245.48.0/116\r\n' >"$tmp/x"
exposure 'a list of IPv4 written as IPv6'
printf 'network,country\r173.245.48.0/20,FR\r' >"$tmp/x"
exposure 'a geofeed with names of fields and carriage returns'
{ printf '173.245.48.0/20\n'; for ((i = 0; i < 30; i++)); do echo 173.245.48.0/20; done; echo 858.5.5.5; } >"$tmp/x"
exposure 'a list with a bad row' '*1 of 32 rows are left out: line 32: *'
printf '%s{"addresses": ["173.245.48.0/20"], "ipv6_addresses": []}' "$mark" >"$tmp/x"
exposure 'JSON of a provider'
printf '173.245.48.0/20\n' | gzip >"$tmp/x"
exposure 'a packed list'
printf '{"a": 1}' >"$tmp/x"
expect 'JSON of nobody' 3 '*' '*is JSON, but of no shape that is read here; give a list of prefixes*' \
	"$ctl" policy exposure --class health --policy "$tmp/p.yaml" "${data[@]}" "$tmp/x"
printf 'nothing at all\n' >"$tmp/x"
expect 'a text of nobody' 3 '*' '*is of no format that is read here: aws, azure*geofeed or list*' \
	"$ctl" policy exposure --class health --policy "$tmp/p.yaml" "${data[@]}" "$tmp/x"

echo "1..$number"
exit "$failed"
