#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two policies that agree on a flow are swapped a hundred times while it floods: of what is allowed nothing is lost, of what
# is refused nothing leaves, and every refusal is counted.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

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
# messages_of FILE: the words of `genl` that upload it, but for the commit, into $messages.
messages_of()
{
	local file=$1 length at n

	length=$(od -An -tu8 -j $((32 + 6 * 48)) -N 8 "$file" | tr -d ' ')
	messages=(2 "3:u32:$length")
	for ((at = 0; at < length; at += 61440)); do
		n=$((length - at < 61440 ? length - at : 61440))
		messages+=(-- 3 2:token:0 "4:u32:$at" "5:file:$file@$at+$n")
	done
}

now() { "$residctl" status --json | sed 's/.*"generation":"\([0-9a-f]*\)".*/\1/'; }

declare -A generation=()
for name in twin default; do
	ctl policy load "$(policy "small-$name")"
	generation[$name]=$(now)
done
messages_of "$(policy small-twin)"
to_twin=("${messages[@]}" -- 4 2:token:0 "6:hex:${generation[default]}")
messages_of "$(policy small-default)"
to_default=("${messages[@]}" -- 4 2:token:0 "6:hex:${generation[twin]}")
done_swaps=0 failed_swaps=0
while ((done_swaps < swaps)); do
	[[ $("$tools/genl" "${to_twin[@]}") == *$'\n'errno=0 ]] || ((++failed_swaps))
	[[ $("$tools/genl" "${to_default[@]}") == *$'\n'errno=0 ]] || ((++failed_swaps))
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
