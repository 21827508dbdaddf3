#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `residctl policy diff`: what changes between two policies, and between two sets of data under one policy.
set -uo pipefail
# shellcheck source=tests/unit/cli.bash
. tests/unit/cli.bash
export NO_COLOR=1

head='resid: 1
home: EU
classes: {health: {id: 4, default: reject}, web: {id: 5, default: allow}}
'
cat >"$tmp/a.yaml" <<EOF_A
${head}rules:
  - {id: home, class: health, location: EU, control: {subset of: [EU]}, min_tier: prefix, verdict: allow, reason: at home}
EOF_A
cat >"$tmp/b.yaml" <<EOF_B
${head}rules:
  - {id: home, class: health, location: EU, proto: tcp, port: 443, verdict: allow, reason: at home}
EOF_B
sed 's/web: {id: 5, default: allow}/web: {id: 5, default: allow, mode: permissive}, new: {id: 6, default: drop}/' \
	"$tmp/a.yaml" >"$tmp/c.yaml"
# Who operates all of it, unless somebody else is said to.
registry()
{
	cat <<EOF_R
resid-operators: 1
date: 2026-11-21
operators:
  - id: site
    name: Site
    parent: Site
    jurisdictions: [{country: FR, basis: seat}]
    prefixes: [2.0.0.0/16, "2a00::/16"]
    citation: the register of associations
    reviewed: 2026-11-21
    confidence: high
EOF_R
}
# The same with a member of a federation whose parent is seated there, and with a cloud.
federation()
{
	registry
	cat <<EOF_M
  - id: aws
    name: Amazon Web Services
    parent: Amazon.com, Inc.
    jurisdictions: [{country: US, basis: seat}]
    feeds: [{format: aws, file: ip-ranges.json}]
    citation: its annual report
    reviewed: 2026-11-21
    confidence: high
  - id: member
    name: Member Cloud
    parent: $1 Holding
    jurisdictions: [{country: $1, basis: "seat of the parent"}]
    prefixes: [2.0.128.0/17, 2.0.0.0/19]
    citation: the federation's register
    reviewed: 2026-11-21
    confidence: high
EOF_M
}
registry >"$tmp/site.yaml"
federation FR >"$tmp/ops-a.yaml"
federation US >"$tmp/ops-b.yaml"
site=(--operators "$tmp/site.yaml")
diff=("$ctl" policy diff "${data[@]}" "${site[@]}")

expect 'nothing changes' 0 'no verdict changes' '' "${diff[@]}" --expect-none "$tmp/a.yaml" "$tmp/a.yaml"
expect 'a chain against a rule' 0 'rule home: control: subset of -> not said
rule home: controllers: no longer AT, *
*rule home: port: now also 443
rule home: proto: now also tcp
health: allow -> reject  (home -> default-health)  all but tcp 443
    Site, location FR, control FR, by prefix
    65,536 IPv4 addresses, 281,474,976,710,656 IPv6 /64s, in 2 prefixes: 2.0.0.0/16 2a00::/16' '' \
	"${diff[@]}" "$tmp/a.yaml" "$tmp/b.yaml"
expect 'the other way round' 0 '*rule home: proto: no longer tcp
health: reject -> allow  (default-health -> home)  all but tcp 443*' '' \
	"${diff[@]}" "$tmp/b.yaml" "$tmp/a.yaml"
expect 'status 4 on demand' 4 '*' '' "${diff[@]}" --expect-none "$tmp/a.yaml" "$tmp/b.yaml"
expect 'classes' 0 'policy: kernel: health -> new
policy: unlabelled: health -> new
class new is new
class web: mode: enforcing -> permissive' '' "${diff[@]}" "$tmp/a.yaml" "$tmp/c.yaml"
expect 'a class less' 0 '*class new is no more: what carries it becomes unlabelled
class web: mode: permissive -> enforcing' '' "${diff[@]}" "$tmp/c.yaml" "$tmp/a.yaml"
sed 's/web: {id: 5/web: {id: 7/' "$tmp/a.yaml" >"$tmp/d.yaml"
expect 'a class of another number' 0 'class web: id: 5 -> 7: labels carry the number' '' \
	"${diff[@]}" "$tmp/a.yaml" "$tmp/d.yaml"
rest='unlabelled: %s\nnon_ip: %s\nunparsable: %s\nnat64: ["2001:db8:6%s::/96"]\n'
# shellcheck disable=SC2059
{ cat "$tmp/a.yaml"; printf "$rest" health drop drop 4; } >"$tmp/rest-a.yaml"
# shellcheck disable=SC2059
{ cat "$tmp/a.yaml"; printf "$rest" web reject reject 5; } >"$tmp/rest-b.yaml"
expect 'what has no destination' 0 'policy: kernel: health -> web
policy: nat64: no longer 2001:db8:64::/96; now also 2001:db8:65::/96
policy: non_ip: drop -> reject
policy: unlabelled: health -> web
policy: unparsable: drop -> reject' '' "${diff[@]}" "$tmp/rest-a.yaml" "$tmp/rest-b.yaml"
# What no packet of this world meets, and is another policy all the same.
# told NAME LINE OF-A OF-B: they stand before the rules
told()
{
	printf '%s\n' "$3" | cat - "$tmp/a.yaml" >"$tmp/told-a.yaml"
	printf '%s\n' "$4" | cat - "$tmp/a.yaml" >"$tmp/told-b.yaml"
	expect "$1" 4 "$2" '' "${diff[@]}" --expect-none "$tmp/told-a.yaml" "$tmp/told-b.yaml"
}
told 'assign' 'assignment unit:a.service: class: health -> web' \
	'assign: [{class: health, target: "unit:a.service"}]' 'assign: [{class: web, target: "unit:a.service"}]'
told 'local' 'policy: local: now also 192.168.0.0/16' 'local: [10.0.0.0/8]' 'local: [10.0.0.0/8, 192.168.0.0/16]'
told 'nat64' 'policy: nat64: now also 2001:db8:64::/96' '# none' 'nat64: ["2001:db8:64::/96"]'
told 'bootstrap' 'rule bootstrap: prefix: now also 2.0.0.53/32' 'bootstrap: [2.0.0.54]' 'bootstrap: [2.0.0.54, 2.0.0.53]'
told 'max_exception' 'policy: max_exception: 90d -> 30d' '# 90d' 'max_exception: 30d'
for change in 'on_loss: count -> deny/on_loss: deny' 'mode: enforcing -> permissive/mode: permissive' \
	'on_stale: keep -> drop/on_stale: drop' 'on_unknown: reject -> drop/on_unknown: drop'; do
	sed "s/{id: 4, default: reject}/{id: 4, default: reject, ${change#*/}}/" "$tmp/a.yaml" >"$tmp/class.yaml"
	expect "${change#*/} of a class" 4 "class health: ${change%/*}*" '' "${diff[@]}" --expect-none "$tmp/a.yaml" "$tmp/class.yaml"
done
expect 'each kind of evidence is a change, the larger one first' 0 '*health: allow -> reject *
    Member Cloud, location FR, control FR, by prefix
    40,960 IPv4 addresses, 0 IPv6 /64s, in 2 prefixes: 2.0.0.0/19 2.0.128.0/17
*    Site, location FR, control FR, by prefix
    24,576 IPv4 addresses, * IPv6 /64s, in 3 prefixes: 2.0.32.0/19 2.0.64.0/18 2a00::/16' '' \
	"$ctl" policy diff "${data[@]}" --operators "$tmp/ops-a.yaml" "$tmp/a.yaml" "$tmp/b.yaml"
echo '2.0.128.0/17,FR,,,' >"$tmp/geofeed"
expect 'ranges that touch are one' 0 '*in 2 prefixes: 2.0.0.0/16 2a00::/16' '' \
	"${diff[@]}" --geofeed "site=$tmp/geofeed" "$tmp/a.yaml" "$tmp/b.yaml"
printf '{"syncToken": "1", "createDate": "2026-11-20-00-00-00", "prefixes": [%s], "ipv6_prefixes": []}' \
	'{"ip_prefix": "2.0.1.0/24", "region": "eu-west-3", "service": "EC2", "network_border_group": "eu-west-3"}' >"$tmp/aws.json"
expect 'a feed of the other side' 0 '*Member Cloud, location FR, control FR -> FR,US, *256 IPv4 addresses, 0 *: 2.0.1.0/24' '' \
	"$ctl" policy diff "${data[@]}" --operators "$tmp/ops-a.yaml" --feed-b "aws=$tmp/aws.json" "$tmp/a.yaml" "$tmp/a.yaml"
"${diff[@]}" --json "$tmp/a.yaml" "$tmp/b.yaml" >"$tmp/json"
[[ $(jq -c '.changes[0] | [.class, .change, .old.verdict, .new.rule, .packets, .ipv4_addresses, .prefix_count, .prefixes]' \
	"$tmp/json") == '["health","newly refused","allow","default-health","all but tcp 443",65536,2,["2.0.0.0/16","2a00::/16"]]' ]]
result $((! $?)) '--json' "$(cat "$tmp/json")"

# A member of a federation that comes under outside control: the same policy, two registries.
expect 'a member falls out' 0 'health: allow -> reject  (home -> default-health)  all packets
    Member Cloud, location FR, control FR -> US, by prefix
    40,960 IPv4 addresses, 0 IPv6 /64s, in 2 prefixes: 2.0.0.0/19 2.0.128.0/17' '' \
	"$ctl" policy diff "${data[@]}" --operators "$tmp/ops-a.yaml" --operators-b "$tmp/ops-b.yaml" "$tmp/a.yaml" "$tmp/a.yaml"
sed 's/prefixes: .2.0.128.*/prefixes: [2.0.0.0\/24, 2.0.2.0\/24, 2.0.4.0\/24, 2.0.6.0\/24]/' "$tmp/ops-b.yaml" >"$tmp/ops-c.yaml"
expect 'some prefixes' 0 '*1,024 IPv4 addresses, 0 IPv6 /64s, in 4 prefixes: 2.0.0.0/24 2.0.2.0/24 2.0.4.0/24 ...' '' \
	"${diff[@]}" --operators-b "$tmp/ops-c.yaml" "$tmp/a.yaml" "$tmp/a.yaml"
expect 'all of them' 0 '*in 4 prefixes: 2.0.0.0/24 2.0.2.0/24 2.0.4.0/24 2.0.6.0/24' '' \
	"${diff[@]}" --prefixes --operators-b "$tmp/ops-c.yaml" "$tmp/a.yaml" "$tmp/a.yaml"
for side in a b; do
	"$ctl" policy compile "$tmp/a.yaml" "${data[@]}" --operators "$tmp/ops-$side.yaml" -o "$tmp/$side.rsnap" \
		>"$tmp/out" 2>&1
done
expect 'snapshots of other data' 0 '*Member Cloud, location FR, control FR -> US, by prefix*' '' \
	"$ctl" policy diff "$tmp/a.rsnap" "$tmp/b.rsnap"


# Places that change in the same way stand below one heading, the biggest first; what is newly refused comes before what
# is newly allowed.
printf '%s\n' '# Generated: Thu, 25 Jun 2026 04:33:59 GMT' 33554432,33554687,BE 33554688,33555199,DE 33555200,33555455,ES 33555456,33555711,NL 50331648,50397183,US \
	>"$tmp/many"
sed 's/{id: home.*/{id: home, class: health, location: US, verdict: allow, reason: r, justification: j}/' "$tmp/a.yaml" \
	>"$tmp/d.yaml"
groups='set US is new
rule home: control: subset of -> not said
*
rule home: reason: at home -> r
health: allow -> reject  (home -> default-health)  all packets
    1,280 IPv4 addresses, 281,474,976,710,656 IPv6 /64s, in 6 prefixes, of which
    Site, location DE, control FR, by prefix
    512 IPv4 addresses, 0 IPv6 /64s, in 2 prefixes: 2.0.1.0/24 2.0.2.0/24
    Site, location BE, *
    Site, location ES, *'
tail='health: reject -> allow  (default-health -> home)  all packets
    operator unknown, location US, control unknown, by none
    65,536 IPv4 addresses, 0 IPv6 /64s, in 1 prefixes: 3.0.0.0/16'
several=("$ctl" policy diff --geoip4 "$tmp/many" "${data[@]:2}" "${site[@]}" "$tmp/a.yaml" "$tmp/d.yaml")
expect 'the biggest of a group' 0 "$groups
    and 2 more operators, locations and controllers: --all
$tail" '' "${several[@]}"
expect 'all of a group' 0 "$groups
    Site, location NL, *
    Site, location FR, *
$tail" '' "${several[@]}" --all

cat >"$tmp/log" <<'EOF_LOG'
{"id":"1","class":"health","verdict":"allow","proto":"tcp","dst":"2.0.128.9","dport":443,"packets":3,"bytes":180}
{"id":"2","class":"health","verdict":"allow","proto":"udp","dst":"2.0.64.9","dport":53,"packets":5,"bytes":300}
{"id":"3","class":"health","verdict":"allow","proto":"tcp","dst":"64:ff9b::200:8001","dport":443,"packets":2,"bytes":80}
{"id":"4","verdict":"reject","fold":"all","packets":7,"bytes":700}
EOF_LOG
expect 'flows' 0 '*health: allow -> reject  (home -> default-health)  newly refused
    Member Cloud, location FR, control FR -> US, by prefix
    3 packets, 180 bytes, 1 flows: 2.0.128.9 tcp 443
3 of 10 recorded packets change their verdict; 7 do not say enough to be judged again' '' \
	"$ctl" policy diff "$tmp/a.rsnap" "$tmp/b.rsnap" --flows "$tmp/log"
echo 'no record' >>"$tmp/log"
expect 'a log that is none' 3 '' "residctl: *log:5: is no record of Resid's log: 'no record'" \
	"$ctl" policy diff "$tmp/a.rsnap" "$tmp/b.rsnap" --flows "$tmp/log"
expect 'a log that is not there' 3 '' "residctl: /nonexistent: cannot be opened*" \
	"$ctl" policy diff "$tmp/a.rsnap" "$tmp/b.rsnap" --flows /nonexistent
expect 'a bad policy' 3 '' 'residctl: *sets-uk.yaml:9:10: *' \
	"${diff[@]}" "$tmp/a.yaml" tests/unit/bad-policies/sets-uk.yaml
expect 'against what is in force' 0 '*' 'note: no policy was ever loaded here*' "$ctl" policy diff policy/default.yaml

echo "1..$number"
exit "$failed"
