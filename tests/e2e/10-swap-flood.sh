#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two policies that agree on a flow are swapped a hundred times while it floods: of what is allowed nothing is lost, of what
# is refused nothing leaves, and every refusal is counted.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

e2e_begin
topology
swaps=${RESID_SOAK:+1000}
swaps=${swaps:-100}
# A backlog that never overflows, and a peer that counts and forgets.
sysctl_set node net/core/netdev_max_backlog=1000000
in_peer nft -f - <<-NFT
	table inet e2e {
		counter allowed { }
		counter leaked { }
		chain in {
			type filter hook prerouting priority -500;
			udp dport 7001 counter name allowed drop
			udp dport 7002 counter name leaked drop
		}
	}
NFT
# Few prefixes, or the upload would be what is measured.
grep -h "^[0-9].*,\(US\|FR\)$" /usr/share/tor/geoip | awk 'NR % 50 == 0' >"$work/geoip"
grep -h "^[0-9a-f].*,\(US\|FR\)$" /usr/share/tor/geoip6 | awk 'NR % 50 == 0' >"$work/geoip6"
for name in default twin; do
	source=$e2e/policy/$name.yaml
	[[ -e $source ]] || source=$top/policy/$name.yaml
	ctl policy compile --geoip4 "$work/geoip" --geoip6 "$work/geoip6" "$source" -o "$work/$name.rsnap"
done
counters
count refused output udp dport 7002
resid_up
us=${place[US4]}

nice -n 19 "$tools/in" -g "$cg/public" "$tools/flood" -n 0 -f 4 "$us" 7001 >"$work/allowed" &
allowed=$!
nice -n 19 "$tools/in" -g "$cg/health" "$tools/flood" -n 0 -f 4 "$us" 7002 >"$work/refused" &
refused=$!
children+=("$allowed" "$refused")
# residctl would spend most of the time on checks of its own; the kernel is asked directly, by the same messages.
upload()
{
	local file=$1 replaces=$2 length at n messages

	length=$(od -An -tu8 -j $((32 + 6 * 48)) -N 8 "$file" | tr -d ' ')
	messages=(2 "2:u32:$length")
	for ((at = 0; at < length; at += 61440)); do
		n=$((length - at < 61440 ? length - at : 61440))
		messages+=(-- 3 1:token:0 "3:u32:$at" "4:file:$file@$at+$n")
	done
	[[ $("$tools/genl" "${messages[@]}" -- 4 1:token:0 "5:hex:$replaces" | tail -n 1) == errno=0 ]]
}

now() { "$residctl" status --json | sed 's/.*"generation":"\([0-9a-f]*\)".*/\1/'; }

declare -A generation=()
for name in twin default; do
	ctl policy load "$work/$name.rsnap"
	generation[$name]=$(now)
done
done_swaps=0 failed_swaps=0
while ((done_swaps < swaps)); do
	upload "$work/twin.rsnap" "${generation[default]}" || ((++failed_swaps))
	upload "$work/default.rsnap" "${generation[twin]}" || ((++failed_swaps))
	((done_swaps += 2))
done
is "$swaps swaps, each of which names the generation before it" $failed_swaps 0
stop $allowed
stop $refused
note "$done_swaps swaps; allowed: $(cat "$work/allowed"); refused: $(cat "$work/refused")"

sleep 1
sent=$(sed 's/.*sent=\([0-9]*\).*/\1/' "$work/allowed")
denied=$(sed 's/.*refused=\([0-9]*\).*/\1/' "$work/refused")
arrived=$(in_peer nft list counter inet e2e allowed | awk '/packets/ { print $2 }')
if ((sent > 1000 && denied > 1000)); then
	ok "both floods ran"
else
	not_ok "both floods ran"
fi
is "no send of the allowed flow failed" "$(cat "$work/allowed")" "sent=$sent refused=0 failed=0"
is "all that was sent arrived" "$arrived" "$sent"
is "every send of the refused flow was refused" "$(cat "$work/refused")" "sent=0 refused=$denied failed=0"
is "nothing of it arrived" "$(in_peer nft list counter inet e2e leaked | awk '/packets/ { print $2 }')" 0
is "the counter ahead of the hook agrees" "$(counted refused)" "$denied"
is "so does the module's" "$(counter health reject)" "$denied"
e2e_done
