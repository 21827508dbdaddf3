#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `residctl explain` says what the kernel does: 10,000 random questions that the module answers as well, and 10,000 real
# packets, of which exactly those arrive beyond the node that explain lets through.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

e2e_begin
topology
resid_up

# cases COUNT SEED KIND: CLASS DESTINATION [DIRECTION], of everything; or for KIND real, what try can send.
cases()
{
	python3 - "$@" "${place[@]}" <<'PY'
import ipaddress, random, sys

count, seed, kind = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
known = [ipaddress.ip_address(a) for a in sys.argv[4:]]
random.seed(seed)
for _ in range(count):
    where = random.randrange(4)
    if where == 0:
        # near a place that is known
        a = random.choice(known)
        a = type(a)(int(a) ^ random.getrandbits(8))
    elif where < 3:
        a = ipaddress.IPv4Address(random.randrange(0x01000000, 0xdf000000))
    else:
        v4 = random.randrange(0x01000000, 0xdf000000)
        a = ipaddress.IPv6Address(random.choice([
            0x2a << 120 | random.getrandbits(112), 0x2001 << 112 | random.getrandbits(100), 0x0064ff9b << 96 | v4,
            0x2002 << 112 | v4 << 80 | 1]))
    if kind == 'real' and (a.is_loopback or a.is_link_local or a.is_multicast or
                           str(a).startswith(('10.77.', 'fd77:', '169.254.', '0.', '255.'))):
        a = ipaddress.ip_address('8.8.8.8')
    text = f'[{a}]' if a.version == 6 else str(a)
    if kind == 'real':
        print(random.choice(['health', 'public']), f'{text}:{random.randrange(1, 65536)}/{random.choice(["udp", "tcp"])}')
        continue
    klass = random.choice(['public', 'internal', 'health', 'vital', 'technical', 'unlabelled', 'kernel', '77'])
    to = random.choice([text.strip('[]'), f'{text}:{random.choice([22, 53, 80, 443, random.randrange(65536)])}',
                        f'{text}:53/udp', f'{text.strip("[]")}/icmp', f'{text.strip("[]")}/{random.randrange(256)}'])
    print(klass, to, random.choice(['', 'original', 'reply']))
PY
}

cases 10000 1 any >"$work/questions"
status=0
"$residctl" explain --kernel <"$work/questions" >"$work/answers" 2>"$work/answers.err" || status=$?
is "10,000 random questions: the kernel agrees" "$status $(wc -l <"$work/answers")" "0 10000"
note "$(awk '{ n[$3]++ } END { for (v in n) printf "%s %d  ", v, n[v] }' "$work/answers")" "$(head -n 3 "$work/answers.err")"
is "with some of each verdict" "$(awk '$3 == "allow" || $3 == "reject" { print $3 }' "$work/answers" | sort -u | xargs)" \
	"allow reject"
like "in words" "$("$residctl" explain --kernel --class health "${place[US4]}:443")" 'kernel +the same: refused'
like "as JSON" "$("$residctl" explain --kernel --json --class health "${place[FR4]}:443")" '"kernel":\{"agrees":true,.*"refused":false'
status=0
"$residctl" explain --kernel --snapshot "$(policy open)" --class health "${place[US4]}" >"$work/other" 2>&1 || status=$?
is "another generation than the kernel's is an expectation that does not hold" "$status" 4

# Real packets: a tag each. What arrives beyond the node is what explain lets through, no more and no less.
cases 10000 2 real >"$work/sent"
"$residctl" explain <"$work/sent" >"$work/verdicts"
wire_start
for who in health public; do
	awk -v who=$who '{ n++ } $1 == who {
		proto = substr($2, index($2, "/") + 1); to = substr($2, 1, index($2, "/") - 1)
		port = to; sub(/.*:/, "", port); sub(/:[0-9]*$/, "", to); gsub(/[][]/, "", to)
		print proto, to, port, "n" n "." }' "$work/sent" | attempts $who -t 1 >>"$work/saw"
done
sleep 1
wire_stop
is "10,000 packets were tried" "$(wc -l <"$work/saw")" 10000
# TCP's first packet carries no tag: it is known by its address and port.
awk '$5 == 6 || $5 == 17 { print ($5 == 6 ? "tcp" : "udp"), $4, $7 }' "$wire_log" | sort -u >"$work/arrived"
paste -d ' ' "$work/sent" "$work/verdicts" | awk '{
		proto = substr($2, index($2, "/") + 1); port = substr($2, 1, index($2, "/") - 1); sub(/.*:/, "", port)
		if ($5 == "allow" || $5 == "audit") print proto, $4, port }' | sort -u >"$work/expected"
note "$(wc -l <"$work/expected") of them are to arrive"
is "what explain lets through arrives" "$(comm -23 "$work/expected" "$work/arrived" | wc -l)" 0
is "what it refuses does not" "$(comm -13 "$work/expected" "$work/arrived" | wc -l)" 0
comm -3 "$work/expected" "$work/arrived" | head -n 5 | sed 's/^/# /'
e2e_done
