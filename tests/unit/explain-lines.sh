#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `residctl explain` of many lines, and of what never leaves the link; what each tier says in `residctl lookup`.
set -uo pipefail
# shellcheck source=tests/unit/cli.bash
. tests/unit/cli.bash
export NO_COLOR=1 RESID_CACHE_DIR=$tmp/cache

s=$tmp/s.rsnap
"$ctl" policy compile policy/default.yaml "${data[@]}" -o "$s" >"$tmp/out" 2>&1
explain=("$ctl" explain --snapshot "$s")
input=$'health 3.0.0.1:443\n\n  health 2.0.0.1 reply\r\npublic [2a00::1]:53/udp original\nhealth fe80::1\nhealth 64:ff9b::300:1/icmpv6\n'
expect 'lines' 0 $'health 3.0.0.1 reject default-health
health 2.0.0.1 allow home-only
public 2a00::1 * *
health fe80::1 allow home-only
health 64:ff9b::300:1 reject default-health' '' "${explain[@]}"
expect 'lines as JSON' 0 '{"class":"health","class_id":4,"address":"3.0.0.1","port":443*
{*"direction":"reply"*
{*"direction":"original"*
{*"link":true*
{*"decided_by":"3.0.0.1"*' '' "${explain[@]}" --json
input=$(yes 'health 3.0.0.1' | head -n 1500)
[[ $(printf '%s\n' "$input" | "${explain[@]}" | sort | uniq -c | xargs) == '1500 health 3.0.0.1 reject default-health' ]]
result $((! $?)) 'more lines than the kernel is asked at once'
input=$'health 3.0.0.1 reply now\n'
expect 'a word too many' 3 '' 'residctl: standard input:1: a line is CLASS *' "${explain[@]}"
input=$'health 3.0.0.1\nhealth\n'
expect 'half a line' 3 '' 'residctl: standard input:2: a line is CLASS DESTINATION ?DIRECTION?' "${explain[@]}"
input=$'health 3.0.0.1\nsecret 3.0.0.1\n'
expect 'an unknown class' 3 '' "residctl: standard input:2: the policy has no class 'secret'*" "${explain[@]}"
input=$'health 3.0.0.1 sideways\n'
expect 'an unknown direction' 3 '' "residctl: standard input:1: *direction is original or reply*" "${explain[@]}"
input=''
expect 'nothing' 0 '' '' "${explain[@]}"
expect 'a direction is said' 0 '*destination  2.0.0.1, a reply*' '' "${explain[@]}" --class health --direction reply 2.0.0.1
expect 'so is the other' 0 '*destination  2.0.0.1, of a flow that began here*' '' \
	"${explain[@]}" --class health --direction original 2.0.0.1
expect 'link' 0 '*link *never leaves the link*' '' "${explain[@]}" --class health fe80::1
expect 'by class or by sender' 1 '' '*with one of --class and --of' "${explain[@]}" --class health --of pid:1 2.0.0.1
expect 'a class without a destination' 1 '' '*a destination is missing*' "${explain[@]}" --class health
RESID_BPF_DIR=$tmp/none expect 'no tagger' 2 '' 'residctl: no tagger is loaded (*residctl tagger load?' \
	"${explain[@]}" --of cgroup:/ 2.0.0.1
expect 'the kernel is not here' 2 '' '*' "${explain[@]}" --kernel --class health 2.0.0.1

expect 'each source' 0 'address *2.0.0.1
*registered   unknown
control      unknown
because      nobody names who operates it, so nothing says who controls it*
  AXIS      TIER   ANSWER  WHICH IS  SOURCE       FILE   DATE        DAYS OLD*
  location  geoip  FR      fresh     tor-geoipdb  geoip  2026-06-25*' '' "$ctl" lookup --snapshot "$s" 2.0.0.1
"$ctl" lookup --json --snapshot "$s" 2.0.0.1 >"$tmp/json"
[[ $(jq -c '.opinions[0] | [.axis, .tier, .answer, .source, .date, .fresh, .counts, .contradicts]' "$tmp/json") == \
	'["location","geoip","FR","tor-geoipdb","2026-06-25",true,true,false]' ]]
result $((! $?)) 'as JSON' "$(cat "$tmp/json")"
input=$'2.0.0.1\n'
[[ $(printf %s "$input" | "$ctl" lookup --json --snapshot "$s" | jq 'has("opinions")') == false &&
	$(printf %s "$input" | "$ctl" lookup --json --tiers --snapshot "$s" | jq 'has("opinions")') == true ]]
result $((! $?)) 'lines from standard input have them on demand'

cat >"$tmp/ways.yaml" <<'EOF_WAYS'
resid: 1
home: EU
classes: {health: {id: 4, default: reject}}
rules:
  - {id: answers, class: health, location: FR, direction: reply, verdict: drop, reason: no answers}
EOF_WAYS
expect 'each direction' 0 '*verdict      drop
by direction
  original     reject by default-health: *
  reply        drop by answers: no answers' '' "$ctl" explain "${data[@]}" --policy "$tmp/ways.yaml" --class health 2.0.0.1
expect 'one direction' 0 '*verdict      reject' '' \
	"$ctl" explain "${data[@]}" --policy "$tmp/ways.yaml" --class health --direction original 2.0.0.1
"$ctl" explain "${data[@]}" --policy "$tmp/ways.yaml" --class health --json 2.0.0.1 >"$tmp/json"
[[ $(jq -c '.by_direction' "$tmp/json") == \
	'{"original":{"rule":"default-health","verdict":"reject"},"reply":{"rule":"answers","verdict":"drop"}}' ]]
result $((! $?)) 'each direction as JSON' "$(cat "$tmp/json")"

expect 'confirm without the module' 2 '' 'residctl: ?*' "$ctl" policy confirm
expect 'roll back to nothing' 3 '' '*no generation here begins with ffffffff*' "$ctl" policy rollback ffffffff
expect 'no history yet' 3 '' '*it begins with the first*policy load*' "$ctl" policy history
expect 'a generation that is none' 1 '' "*'abc' is no generation: write its first 8 digits or more" \
	"$ctl" policy rollback abc
mkdir -p "$tmp/state/generations"
cp "$s" "$tmp/state/generations/$("$ctl" policy show --json --snapshot "$s" | jq -r .generation).rsnap"
printf '%s\n' '{"time":"2026-11-22T01:00:00Z","action":"load","generation":"00112233445566778899","policy":"a.yaml","program":"residctl","uid":0,"login":"alice","data":[{"source":"rir","file":"f","date":"2026-01-01","accepted":"too old"}]}' \
	'torn' >"$tmp/state/history.jsonl"
expect 'history' 0 '2026-11-22T01:00:00Z  load      001122334455 a.yaml, by alice with residctl, its file is gone
    rir f of 2026-01-01, accepted although it is not as it should be:
      too old' '' "$ctl" policy history
expect 'history --json' 0 '?{"time":"2026-11-22T01:00:00Z",*"login":"alice",*"in_force":false,"kept":false}?' '' \
	"$ctl" policy history --json
cp "$tmp/state/history.jsonl" "$tmp/history"
printf '%s\n' '{"time":"2026-11-22T02:00:00Z","action":"revert","generation":"00112233445566778899","program":"resid.ko"}' \
	>>"$tmp/state/history.jsonl"
expect 'a revert has the name of what came back' 0 '*2026-11-22T02:00:00Z  revert    001122334455 a.yaml, by resid.ko, *' '' \
	"$ctl" policy history
mv "$tmp/history" "$tmp/state/history.jsonl"
expect 'nothing to roll back to' 3 '' '*there is no generation before this one*' "$ctl" policy rollback
expect '--confirm of nonsense' 1 '' '*--confirm takes seconds from 1 to 86400, not ?0?' \
	"$ctl" policy load --confirm 0 policy/default.yaml

echo "1..$number"
exit "$failed"
