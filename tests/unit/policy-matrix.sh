#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `residctl policy matrix`: every class meets every one of its rules, in order, in words.
set -uo pipefail
# shellcheck source=tests/unit/cli.bash
. tests/unit/cli.bash

cat >"$tmp/p.yaml" <<'DATA'
resid: 1
home: EU
classes: {health: {id: 4, default: reject, on_unknown: drop}, web: {id: 5, default: allow}}
rules:
  - id: mail
    class: health
    location: {not in: [EEA, CH], unknown: true}
    proto: [tcp, 47]
    verdict: drop
    reason: "no | mail, \"ever\""
    clause: "19.6.c"
  - id: partner
    prefix: [5.0.0.0/24, "2a01::/32"]
    control: {subset of: [EU, CH]}
    operator: [aws, ovh]
    min_tier: holder
    uncontradicted: true
    port: [443, 8000-8099]
    direction: reply
    verdict: allow
    reason: partners
    justification: contract 7
DATA
matrix=("$ctl" policy matrix --policy "$tmp/p.yaml")

csv=$'class,order,destination,protocol,port,direction,verdict,justification,reason,clause,rule,owner,ticket,from,until,setting,value\r
health,1,"location not in EEA, CH, unknown: true","tcp, gre",any,both,drop,,"no | mail, ""ever""",19.6.c,mail,,,,,,\r
health,2,"prefix 5.0.0.0/24, 2a01::/32; control subset of EU, CH; operator aws, ovh; evidence at least holder; uncontradicted true",any,'
csv+=$'"443, 8000-8099",reply,allow,contract 7,partners,,partner,,,,,,\r
health,3,location or control unknown,any,any,both,drop,,no rule matched*\r
health,4,all else,any,any,both,reject,,*\r
web,1,"prefix *\r
web,2,all else,any,any,both,allow,*\r
,1,,,,,,,,,,,,,,home,"AT, *\r
health,*,mode,enforcing\r
*\r
health,*,on_loss,count\r*'
expect 'CSV' 0 "$csv" '*' "${matrix[@]}" --format csv
expect 'Markdown' 0 '| class | order | destination |*
| --- | --- |*
| health | 1 | location not in EEA, CH, unknown: true | tcp, gre | any | both | drop |  | no \\| mail, "ever" | 19.6.c | mail |*' '*' \
	"${matrix[@]}"
"${matrix[@]}" --json >"$tmp/json"
[[ $(jq -c '[map(select(.setting == null)) | length, (.[1] | .class, .order, .port, .justification), .[5].verdict]' \
	"$tmp/json") == '[6,"health",2,"443, 8000-8099","contract 7","allow"]' ]]
result $((! $?)) '--json' "$(cat "$tmp/json")"
[[ $("${matrix[@]}" --format csv | python3 -c 'import csv, sys; print({len(r) for r in csv.reader(sys.stdin)})') == '{17}' ]]
result $((! $?)) 'a CSV reader finds as many fields in every row'
sed '/operator:/d' "$tmp/p.yaml" >"$tmp/q.yaml"
"$ctl" policy compile "$tmp/q.yaml" "${data[@]}" -o "$tmp/q.rsnap" >"$tmp/out" 2>&1
[[ -s $tmp/q.rsnap && $("$ctl" policy matrix --snapshot "$tmp/q.rsnap") == "$("$ctl" policy matrix --policy "$tmp/q.yaml")" ]]
result $((! $?)) 'a snapshot has the policy that it was made of' "$(cat "$tmp/out")"
cat >"$tmp/window.yaml" <<'DATA'
resid: 1
home: EU
classes: {health: {id: 4, default: reject}}
exceptions:
  - id: airlock
    class: health
    prefix: 3.0.0.7
    from: 2026-11-22T02:00:00+01:00
    until: 2026-11-22T04:00:00+01:00
    owner: Operations
    ticket: CHG-42
    justification: updates
    reason: the update window
rules:
  - {id: out, class: health, location: US, direction: original, verdict: drop, reason: r}
DATA
expect 'an exception, whose owner and ticket' 0 \
	$'*\r\nhealth,1,prefix 3.0.0.7/32,any,any,both,audit,updates,the update window,,airlock,Operations,CHG-42,2026-11-22T02:00:00+01:00,2026-11-22T04:00:00+01:00,,\r
health,2,location US,any,any,original,drop,*' '*' "$ctl" policy matrix --policy "$tmp/window.yaml" --format csv
expect 'two ways to say which' 1 '' '*of --policy and --snapshot, leave one out' "${matrix[@]}" --snapshot "$tmp/q.rsnap"
expect 'two forms' 1 '' '*of --format and --json, leave one out' "${matrix[@]}" --format csv --json
expect 'another format' 1 '' "*--format is csv or markdown, not 'xls'" "${matrix[@]}" --format xls
expect 'the default' 0 '| class *| vital | *| all else |*' '*no policy was ever loaded*' "$ctl" policy matrix

# What holds for a class or for all is there as well, whatever it is.
changes=(
	'on_loss: deny/health,*,on_loss,deny' 'mode: permissive/health,*,mode,permissive' 'on_stale: drop/health,*,on_stale,drop'
)
for change in "${changes[@]}"; do
	sed "s/{id: 4, default: reject/&, ${change%%/*}/" "$tmp/window.yaml" >"$tmp/setting.yaml"
	expect "${change%%/*}" 0 $'*\r\n'"${change#*/}"$'\r*' '*' "$ctl" policy matrix --policy "$tmp/setting.yaml" --format csv
done
cat - "$tmp/window.yaml" >"$tmp/setting.yaml" <<'DATA'
assign: [{class: health, target: "unit:a.service"}]
local: [10.0.0.0/8]
nat64: ["2001:db8:64::/96"]
bootstrap: [203.0.113.53]
max_exception: 30d
DATA
for line in 'health,1,prefix 203.0.113.53/32,any,any,both,allow,' ',*,local,10.0.0.0/8' ',*,nat64,2001:db8:64::/96' \
	',*,max_exception,30d' ',*,assignment unit:a.service: class,health'; do
	expect "$line" 0 $'*\r\n'"$line"$'*\r*' '*' "$ctl" policy matrix --policy "$tmp/setting.yaml" --format csv
done

echo "1..$number"
exit "$failed"
