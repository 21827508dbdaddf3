#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# residctl as a user meets it: words, exit statuses, one sentence for a failure. Runs build/san/residctl, the program
# under ASan and UBSan. Needs no privilege and no module.
set -uo pipefail

# shellcheck source=tests/unit/cli.bash
. tests/unit/cli.bash
s=$tmp/s.rsnap

expect 'no command' 1 '' 'residctl: a command is missing*--help*' "$ctl"
expect 'unknown command' 1 '' "residctl: there is no command 'polcy'*" "$ctl" polcy check
expect 'half a command' 1 '' 'residctl: policy: a second word is missing, one of check, compile, *' "$ctl" policy
expect 'unknown second word' 1 '' "residctl: there is no command 'policy chekc'; policy has check*" "$ctl" policy chekc
expect 'unknown option' 1 '' "residctl: lookup: unknown option '--jsn'*" "$ctl" lookup --jsn
expect 'option without argument' 1 '' "*an option needs an argument: '--sets'*" "$ctl" policy check x --sets
expect 'flag with argument' 1 '' "*an option takes no argument: '--json=1'*" "$ctl" lookup --json=1
expect 'option twice' 1 '' "*an option stands twice*" "$ctl" lookup --asn none --asn none 2.0.0.1
expect 'argument missing' 1 '' 'residctl: policy check: an argument is missing*FILE*' "$ctl" policy check
expect 'argument too many' 1 '' "*one argument too many: 'b'*" "$ctl" policy check a b
expect 'explain without class' 1 '' 'residctl: explain: say whose data it is*' "$ctl" explain 1.2.3.4
expect 'compile without -o' 1 '' '*-o*' "$ctl" policy compile policy/default.yaml
expect 'version' 0 "residctl $(cat VERSION)" '' "$ctl" --version
expect 'help' 0 '*policy compile*lookup*explain*' '' "$ctl" --help
expect 'help of a verb' 0 'usage: residctl policy compile *--geoip4 FILE*' '' "$ctl" help policy compile
expect 'verb --help' 0 'usage: residctl lookup *' '' "$ctl" lookup --help
expect 'help of nothing' 1 '' "*no command 'foo'*" "$ctl" help foo

expect 'check a good policy' 0 '*default.yaml: 5 classes, 3 rules, sound' '' "$ctl" policy check policy/default.yaml
expect 'check a bad one' 3 '' 'residctl: *sets-uk.yaml:9:10: unknown location*GB*' \
	"$ctl" policy check tests/unit/bad-policies/sets-uk.yaml
expect 'check a missing one' 3 '' 'residctl: /nonexistent: cannot be opened*' "$ctl" policy check /nonexistent
{ printf 'rules:\n  - {id: a, location: EU, verdict: allow, reason: r}\n'
  printf '  - {id: b, location: [FR, US], verdict: drop, reason: r}\nresid: 1\nhome: EU\n'
  printf 'classes: {a: {id: 1, default: allow}}\n'; } >"$tmp/warn.yaml"
expect 'a warning is no failure' 0 '*sound' "warning: *warn.yaml:3:5: rule 'b' is partly shadowed*" \
	"$ctl" policy check "$tmp/warn.yaml"

"$ctl" policy check --json "$tmp/warn.yaml" >"$tmp/json" 2>"$tmp/err"
[[ $? == 0 && ! -s $tmp/err && $(jq -c '[.classes, .rules, (.warnings | length)]' "$tmp/json") == '[1,2,1]' ]]
result $((! $?)) 'check --json has the warnings' "$(cat "$tmp/json" "$tmp/err")"

expect 'compile' 0 'generation *: 5 classes, 11 rules, *' 'note: compiled in *' \
	"$ctl" policy compile policy/default.yaml "${data[@]}" -o "$s"
expect 'compile again, = and the long name' 0 'generation *' '*' \
	"$ctl" policy compile policy/default.yaml --geoip4="$tmp/geoip" --geoip6="$tmp/geoip6" --asn=none --now=2026-11-22T12:00:00Z \
	--output="$tmp/t.rsnap"
cmp -s "$s" "$tmp/t.rsnap"
result $((! $?)) 'the same inputs give the same bytes'
(cd policy && "$ctl" policy compile default.yaml "${data[@]}" -o "$tmp/u.rsnap" >"$tmp/out" 2>&1)
cmp -s "$s" "$tmp/u.rsnap"
result $((! $?)) 'whatever the folder they are read from'
head -c 50 "$tmp/geoip" >"$tmp/cut"
cp "$s" "$tmp/before"
expect 'a cut GeoIP file' 3 '' 'residctl: *cut:[0-9]*: the file is cut short*reinstall*' \
	"$ctl" policy compile policy/default.yaml --geoip4 "$tmp/cut" --geoip6 "$tmp/geoip6" -o "$s"
cmp -s "$s" "$tmp/before"
result $((! $?)) 'a failed compile leaves the old file'
expect 'a folder that does not exist' 2 '' '*/no/x.rsnap: cannot be written*' \
	"$ctl" policy compile policy/default.yaml "${data[@]}" -o "$tmp/no/x.rsnap"
[[ -z $(find "$tmp" -name '*.rsnap.*') ]]
result $((! $?)) 'no temporary file stays'

mkdir -p "$tmp/conf/packs/eu"
cat >"$tmp/conf/packs/eu/pack.yaml" <<'DATA'
rules:
  - {id: eu, class: health, location: $home, verdict: allow, reason: r}
DATA
printf 'resid: 1\nhome: FR\nclasses: {health: {id: 4, default: reject}}\nrules: [{include: eu}]\n' >"$tmp/include.yaml"
expect 'a policy that includes a pack' 0 'generation * 1 classes*' 'note: compiled in *' \
	"$ctl" policy compile "$tmp/include.yaml" "${data[@]}" -o "$tmp/i.rsnap"
"$ctl" policy show --snapshot "$tmp/i.rsnap" >"$tmp/shown.yaml"
rm -r "$tmp/conf/packs"
expect 'it is gone' 3 '' "residctl: *include.yaml:4:19: 'eu' is not there: *" "$ctl" policy check "$tmp/include.yaml"
expect 'what is shown is complete' 0 '*: 1 class, 1 rule, sound' '' "$ctl" policy check "$tmp/shown.yaml"
rm -r "$tmp/conf"

cat >"$tmp/airlock.yaml" <<'DATA'
resid: 1
home: EU
classes: {technical: {id: 3, default: reject}}
bootstrap: [192.0.2.53, "2001:db8:53::/64"]
exceptions:
  - id: airlock
    class: technical
    prefix: 3.0.0.7
    proto: tcp
    port: 443
    from: 2026-11-22T02:00:00+01:00
    until: 2026-11-22T04:00:00+01:00
    owner: Operations
    ticket: CHG-42
    justification: updates of the platform
    reason: the update window
DATA
cat >"$tmp/airlock-cases.yaml" <<'DATA'
cases:
  - {class: technical, to: "3.0.0.7:443", now: "2026-11-22T00:59:59Z", verdict: reject, rule: default-technical}
  - {class: technical, to: "3.0.0.7:443", now: "2026-11-22T01:00:00Z", verdict: audit, rule: airlock}
  - {class: technical, to: "3.0.0.7:443", verdict: audit, rule: airlock}
  - {class: technical, to: "3.0.0.7:443", now: "2026-11-22T03:00:00Z", verdict: reject, rule: default-technical}
DATA
airlock=(--policy "$tmp/airlock.yaml" "${files[@]}")
expect 'a window, to the second' 0 '*4 cases, 0 failed' '' \
	"$ctl" policy test "$tmp/airlock-cases.yaml" "${airlock[@]}" --now 2026-11-22T02:30:00Z
expect 'it ends' 4 '*:4:5: *4 cases, 1 failed' 'warning: *airlock*ended on 2026-11-22T03:00:00Z*' \
	"$ctl" policy test "$tmp/airlock-cases.yaml" "${airlock[@]}" --now 2026-11-22T05:00:00Z
expect 'explain an exception' 0 \
	$'*rule *airlock: *\njustified *updates*\nexception *Operations *CHG-42\nholds *until 2026-11-22T03:00:00Z\nverdict *audit' '' \
	"$ctl" explain --class technical "${airlock[@]}" --now 2026-11-22T02:30:00Z 3.0.0.7:443
expect 'explain an exception --json' 0 '*"rule":"airlock"*"owner":"Operations","ticket":"CHG-42","from":"2026-11-22T01:00:00Z",*' '' \
	"$ctl" explain --json --class technical "${airlock[@]}" --now 2026-11-22T02:30:00Z 3.0.0.7:443
expect 'what has ended is warned of' 0 '*sound' "warning: *airlock.yaml:6:5: exception 'airlock' ended on 2026-11-22T03:00:00Z *" \
	"$ctl" policy check --now 2026-11-22T03:00:00Z "$tmp/airlock.yaml"
expect 'bootstrap for the module' 0 'options resid bootstrap=192.0.2.53/32,2001:db8:53::/64' '' \
	"$ctl" policy check --modprobe --now 2026-11-22T02:00:00Z "$tmp/airlock.yaml"
expect 'no bootstrap' 3 '' 'residctl: policy/default.yaml: has no *bootstrap*' \
	"$ctl" policy check --modprobe policy/default.yaml

expect 'lookup' 0 $'address *2.0.0.1\nprefix *2.0.0.0/16\nlocation *FR, France (tor-geoipdb of 2026-06-25)\n*' '' "$ctl" lookup --snapshot "$s" 2.0.0.1
json='{"address":"2.0.0.1","prefix":"2.0.0.0/16","location":"FR","source":"tor-geoipdb","date":"2026-06-25",'
json+='"where":?"FR"?,"registered":??,"control":??,"tier":"none","because":"nobody names who operates it, *",'
json+='"evidence":?{"of":"location","source":"tor-geoipdb","date":"2026-06-25"}?}'
expect 'lookup --json' 0 "${json%?}*" '' "$ctl" lookup --json --snapshot "$s" 2.0.0.1
input=$'2.0.0.1\r\n\n  2a00::1  \n'
expect 'lookup of lines' 0 "$json"$'\n''{"address":"2a00::1","prefix":"2a00::/16","location":"FR",*' '' \
	"$ctl" lookup --json --snapshot "$s"
input=$'2.0.0.1\n2.0.0\n3.0.0.1\n'
expect 'a bad line' 3 "$json" "residctl: standard input:2: '2.0.0' is not an IPv4 or IPv6 address" \
	"$ctl" lookup --json --snapshot "$s"
input=''
expect 'a bad argument' 3 'address *2.0.0.1*' "residctl: argument 2: 'x' is not *" "$ctl" lookup --snapshot "$s" 2.0.0.1 x
expect 'lookup without a policy' 0 'address *10.0.0.1*local*' 'note: no policy was ever loaded*' "$ctl" lookup 10.0.0.1
expect 'a snapshot that is none' 3 '' 'residctl: policy/default.yaml: not a Resid snapshot*compile*' \
	"$ctl" lookup --snapshot policy/default.yaml 1.1.1.1
head -c 1000 "$s" >"$tmp/cut.rsnap"
expect 'a snapshot that is cut' 3 '' 'residctl: *cut.rsnap: snapshot is cut short*' \
	"$ctl" lookup --snapshot "$tmp/cut.rsnap" 1.1.1.1

cat >"$tmp/ranges.json" <<'DATA'
{"syncToken": "1767312000", "createDate": "2026-01-02-00-00-00", "prefixes": [
 {"ip_prefix": "2.0.1.0/24", "region": "eu-west-3", "service": "EC2", "network_border_group": "eu-west-3"},
 {"ip_prefix": "2.0.1.0/25", "region": "eu-west-3", "service": "S3", "network_border_group": "eu-west-3"}],
 "ipv6_prefixes": [{"ipv6_prefix": "2a00:1::/56", "region": "eu-west-3", "service": "EC2", "network_border_group": "eu-west-3"}]}
DATA
printf '2.0.2.0/24\n2.0.0.0/25\n' >"$tmp/list"
cat >"$tmp/control.yaml" <<'DATA'
resid: 1
home: EU
classes: {health: {id: 4, default: reject}}
sources: {overrides: [{prefix: [2.0.0.0/24, 2.0.2.0/24], control: [FR], reason: ours}]}
rules:
  - {id: us, location: EU, control: {in: [US]}, verdict: drop, reason: reached by foreign law, clause: "19.6.c"}
  - {id: home, location: EU, control: {subset of: [EU]}, min_tier: feed, verdict: allow, reason: at home}
DATA
controlled=(--policy "$tmp/control.yaml" "${data[@]}" --feed "aws=$tmp/ranges.json")
expect 'lookup with a feed' 0 '*2.0.1.9*2.0.1.0/24*FR, France*control *US (by feed: aws of 2026-01-02)*operator *Amazon Web Services, of *' '' \
	"$ctl" lookup "${controlled[@]}" 2.0.1.9
expect 'explain control' 0 $'*location *FR*\ncontrol *US (by feed: aws of 2026-01-02)\noperator *rule *us: *\nclause *19.6.c\n*drop' \
	'' "$ctl" explain "${controlled[@]}" --class health 2.0.1.9
expect 'explain control --json' 0 '*"control":?"US"?,"operator":"aws"*"tier":"feed",*"evidence":*"clause":"19.6.c"*' '' \
	"$ctl" explain --json "${controlled[@]}" --class health 2.0.1.9
exposure='{"feed":"ranges.json","format":"aws","addresses":256,"allow":0,"audit":0,"reject":0,"drop":256,'
exposure+='"ipv6":{"slash64":256,"allow":0,"audit":0,"reject":0,"drop":256},"operators":?{"operator":"aws",*}'
exposure+=$'\n''{"feed":"list","format":"list","addresses":384,"allow":384,*"operators":?{"operator":"unknown",*}'
expect 'exposure' 0 "$exposure" '' "$ctl" policy exposure "${controlled[@]}" --class health --json \
	"$tmp/ranges.json" "$tmp/list"
expect 'exposure without a class' 1 '' '*--class*' "$ctl" policy exposure "${controlled[@]}" "$tmp/list"
expect 'a feed of nobody' 3 '' "*feed 'nobody': no operator*" "$ctl" lookup "${data[@]}" --feed "nobody=$tmp/list" 2.0.0.1
expect 'a feed without a path' 1 '' "*feed 'aws' must be NAME=PATH*" "$ctl" lookup "${data[@]}" --feed aws 2.0.0.1
expect 'a feed twice' 1 '' "*is given twice" "$ctl" lookup "${data[@]}" \
	--feed "aws=$tmp/ranges.json,aws=$tmp/ranges.json" 2.0.0.1
printf 'cases:\n  - {class: health, to: "2.0.1.9:443", verdict: drop, rule: us}\n' >"$tmp/cases.yaml"
printf '  - {class: health, to: 2.0.0.1/udp, direction: reply, verdict: allow}\n' >>"$tmp/cases.yaml"
expect 'cases that hold' 0 '*2 cases, 0 failed' '' "$ctl" policy test "${controlled[@]}" "$tmp/cases.yaml"
printf '  - {class: health, to: 3.0.0.1, verdict: allow}\n' >>"$tmp/cases.yaml"
expect 'a case that does not' 4 '*cases.yaml:4:5: health to 3.0.0.1: reject by default-health, not allow*' '' \
	"$ctl" policy test "${controlled[@]}" "$tmp/cases.yaml"
"$ctl" policy test --json "${controlled[@]}" "$tmp/cases.yaml" >"$tmp/json"
[[ $? == 4 && $(jq -c '[.cases, .failed, (.failures[0] | .line, .verdict, .rule, .expected_verdict, .location)]' "$tmp/json") == \
	'[3,1,4,"reject","default-health","allow","US"]' ]]
result $((! $?)) 'cases --json' "$(cat "$tmp/json")"
"$ctl" policy compile "$tmp/control.yaml" "${data[@]}" --feed "aws=$tmp/ranges.json" -o "$tmp/c.rsnap" >"$tmp/out" 2>&1
expect 'sources in policy show' 0 '*# data *aws, ranges.json, of 2026-01-02*# no opinion *--rir*' '' \
	"$ctl" policy show --snapshot "$tmp/c.rsnap"

explain=("$ctl" explain --snapshot "$s" --class health)
expect 'explain a refusal' 0 '*health (4)*3.0.0.1 port 443 protocol tcp*US, United States (tor-geoipdb of 2026-06-25)*default-health*reject' \
	'' "${explain[@]}" 3.0.0.1:443
expect 'explain a passage' 0 '*"location":"FR"*"rule":"home-only"*"verdict":"allow"*' '' "${explain[@]}" --json 2.0.0.1:443/tcp
expect 'explain v6 with a port' 0 '*"address":"2a00::1","port":53,"proto":17*"verdict":"allow"*' '' \
	"${explain[@]}" --json '[2a00::1]:53/udp'
expect 'an embedded address decides' 0 \
	'*"location":"translated"*"embedded":?{"address":"3.0.0.1"*"decided_by":"3.0.0.1"*"verdict":"reject"*' '' \
	"${explain[@]}" --json 64:ff9b::300:1
expect 'an embedded address at home' 0 '*"address":"2.0.0.1"*"verdict":"allow"*' '' "${explain[@]}" --json 2002:200:1::1
expect 'explain for the unlabelled' 0 '*unlabelled (0), judged as vital*default-vital*' '' \
	"$ctl" explain --snapshot "$s" --class unlabelled 3.0.0.1
expect 'a date that is none' 1 '' "residctl: --now: '2026-02-30T00:00:00Z' is a day that the calendar does not have" \
	"${explain[@]}" --now 2026-02-30T00:00:00Z 3.0.0.1
expect 'explain by number' 0 '*class *public (1)*' '' "$ctl" explain --snapshot "$s" --class 1 3.0.0.1
expect 'unknown class' 3 '' "residctl: the policy has no class 'secret'*class list*" \
	"$ctl" explain --snapshot "$s" --class secret 3.0.0.1
for bad in 3.0.0.1:x 3.0.0.1:65536 '[2a00::1' '[2a00::1]x' 3.0.0.1/quic 3.0.0.1:1/icmp host:1 ''; do
	expect "explain '$bad'" 3 '' 'residctl: *write IP, IP:PORT*' "${explain[@]}" -- "$bad"
done

expect 'class list' 0 $'*ID *CLASS *DEFAULT *MODE *ON LOSS *JUDGED AS *ASSIGNED TO\n*5  vital *reject*0  unlabelled * vital*kernel * technical' '' \
	"$ctl" class list --snapshot "$s"
mkdir -p "$tmp/conf/assign.d"
printf '%s\n' 'unit:db.service health tenant=chu' 'dev:tap7 secret' >"$tmp/conf/assign.d/here.assign"
expect 'class list of a node' 0 '*4  health * unit:db.service (chu)*' "*warning: *here.assign:2: the policy has no class 'secret', so dev:tap7 gets none*" \
	"$ctl" class list
rm "$tmp/conf/assign.d/here.assign"
expect 'class list --json' 0 '?{"id":1,"name":"public"*"targets":?"unit:system.slice","unit:init.scope"*' '' \
	"$ctl" class list --json --snapshot "$s"
printf 'resid: 1\nhome: FR\nclasses: {a: {id: 1, default: audit, on_loss: deny}, b: {id: 2, default: drop}}\n' >"$tmp/loss.yaml"
"$ctl" policy compile "$tmp/loss.yaml" "${data[@]}" -o "$tmp/loss.rsnap" >"$tmp/out" 2>&1
expect 'class list: what a full table does' 0 $'*ID *ON LOSS*\n *1 *a *audit *enforcing *deny*\n *2 *b *drop *enforcing *count*' \
	'' "$ctl" class list --snapshot "$tmp/loss.rsnap"
expect 'the same as JSON' 0 '*"name":"a",*"on_loss":"deny"*"name":"b",*"on_loss":"count"*' '' \
	"$ctl" policy show --json --snapshot "$tmp/loss.rsnap"
expect 'a snapshot is compiled already' 1 '' '*explain: --snapshot is compiled already, and --geoip4 has no part in it*' \
	"$ctl" explain --class a --snapshot "$tmp/loss.rsnap" "${data[@]}" 2.0.0.1
expect 'policy show' 0 '# generation *# policy *default.yaml*# data *geoip, of 2026-06-25*# set *EU 2020-02-01: AT AX BE *resid: 1*' '' \
	"$ctl" policy show --snapshot "$s"
"$ctl" policy show --snapshot "$s" | sed '1,/^$/d' | cmp -s - policy/default.yaml
result $((! $?)) 'policy show has the policy as it was written'
expect 'policy show --json' 0 '{"generation":"*"policy":"default.yaml"*"sha256":"*"members":"AT AX BE*' '' \
	"$ctl" policy show --json --snapshot "$s"

"$ctl" lookup --snapshot "$s" 2.0.0.1 >/dev/full 2>"$tmp/err"
[[ $? == 2 && $(cat "$tmp/err") == 'residctl: standard output cannot be written: No space left on device' ]]
result $((! $?)) 'a full disk is a failure' "$(cat "$tmp/err")"
yes 2.0.0.1 | head -n 20000 | "$ctl" lookup --snapshot "$s" 2>"$tmp/err" | head -n 1 >"$tmp/out"
[[ ! -s $tmp/err && -s $tmp/out ]]
result $((! $?)) 'a reader that leaves is none' "$(cat "$tmp/err")"
script -qec "$ctl explain --snapshot $s --class health 3.0.0.1" /dev/null >"$tmp/out" </dev/null
grep -q $'\033\[1;31mreject' "$tmp/out"
result $((! $?)) 'colour on a terminal' "$(cat "$tmp/out")"
NO_COLOR=1 script -qec "$ctl explain --snapshot $s --class health 3.0.0.1" /dev/null >"$tmp/out" </dev/null
grep -q reject "$tmp/out" && ! grep -q $'\033' "$tmp/out"
result $((! $?)) 'none with NO_COLOR' "$(cat "$tmp/out")"

# The man page and the completion have every verb and option of the table.
"$ctl" man >"$tmp/man"
"$ctl" completion bash >"$tmp/bash"
verbs=$("$ctl" --help | sed -n 's/^  \([a-z]\+\( [a-z]\+\)\?\)  .*/\1/p')
[[ $(wc -l <<<"$verbs") -ge 16 ]]
result $((! $?)) 'the help lists the verbs' "$verbs"
missing=''
while IFS= read -r verb; do
	grep -qF ".Ss \"$verb\"" "$tmp/man" || missing+=" man: $verb"
	read -ra words <<<"$verb"
	while IFS= read -r option; do
		grep -qF "Fl \\-$option" "$tmp/man" || missing+=" man: $verb --$option"
		grep -F "'$verb')" "$tmp/bash" | grep -qF -- "--$option " || missing+=" bash: $verb --$option"
	done < <("$ctl" help "${words[@]}" | sed -n 's/^  --\([a-z0-9-]*\).*/\1/p' | grep -v '^help$')
done <<<"$verbs"
[[ -z $missing ]]
result $((! $?)) 'man page and completion are complete' "$missing"

# complete WORD...: what the shell would offer for the last of them.
complete_words()
{
	# shellcheck disable=SC2317 # expect calls it
	bash -c 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _residctl; echo "${COMPREPLY[*]}"' \
		- "$tmp/bash" "$@"
}
expect 'completion of a verb' 0 'policy' '' complete_words residctl pol
expect 'completion of a second word' 0 'check compile confirm' '' complete_words residctl policy c
expect 'completion of an option' 0 '--snapshot' '' complete_words residctl lookup --sn
expect 'completion of a file' 0 '*policy/default.yaml*' '' complete_words residctl policy check policy/
expect 'completion of two policies' 0 '*policy/default.yaml*' '' complete_words residctl policy diff policy/
expect 'completion of cases' 0 '*policy/default.yaml*' '' complete_words residctl policy test policy/
expect 'completion for zsh' 0 '#compdef residctl*' '' "$ctl" completion zsh
expect 'completion for another shell' 1 '' "*unknown shell 'fish'*" "$ctl" completion fish

echo "1..$number"
exit $failed
