#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every refused packet is in the records, exactly once: packets at nft counters ahead of our hooks equal the sum of the
# records, over floods of one flow and of many, TCP, ICMP, raw frames and GSO, while residd is killed with -9 again and
# again. No record is written twice.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
counters
resid_up
us=${place[US4]} us6=${place[US6]} cn=${place[CN4]}
count v4 output ip daddr "$us"
count v6 output ip6 daddr "$us6"
count frames egress ip daddr "$cn"
residd_start

kills=0
crash()
{
	residd_stop KILL
	((++kills))
	[[ ${1:-} == later ]] || residd_start
}

note "one flow: $(in_cgroup health "$tools/flood" -n 20000 "$us" 9)"
crash
note "300 flows: $(in_cgroup health "$tools/flood" -n 6000 -f 300 "$us6" 9)"
crash later
for i in 1 2 3 4 5; do
	try_from health tcp "$us" "tcp$i" >/dev/null
	try_from vital icmp "$us6" "icmp$i" >/dev/null
done
residd_start
in_cgroup health "$tools/forge" -i uplink -d 02:00:00:00:77:02 -n 500 udp 10.77.0.1 "$cn" 9 frames >/dev/null
in_cgroup health "$tools/forge" -i uplink -d 02:00:00:00:77:02 -b -n 500 udp 10.77.0.1 "$cn" 9 bypass >/dev/null
"$tools/in" -g "$cg/health" "$tools/flood" -n 20000 -f 50 "$us" 9 >/dev/null &
flood=$!
for i in 1 2 3; do
	sleep 0.5
	crash
done
wait $flood

await_recorded "IPv4: records = packets ahead of the hook" "$(counted v4)" dst="$us"
await_recorded "IPv6: records = packets ahead of the hook" "$(counted v6)" dst="$us6"
await_recorded "raw frames: records = packets ahead of the hook" 1000 dst="$cn"
is "of the thousand frames, the ordinary ones passed the counter" "$(counted frames egress)" 1000
note "residd was killed $kills times; $(records | wc -l) records"

# GSO: a super-packet is one to nft and as many as its segments to us.
before=$(recorded dst="${place[CN6]}")
in_cgroup health "$tools/flood" -n 40 -s 12000 -g 1200 "${place[CN6]}" 9 >/dev/null
await_recorded "GSO: 40 sends of ten segments are 400 packets" $((before + 400)) dst="${place[CN6]}"

is "no record has the id of another" \
	"$(sed -n 's/.*"id":"\([^"]*\)".*/\1/p' "$RESID_LOG_FILE" | sort | uniq -d | wc -l)" 0
is "every line has an id" "$(grep -c '"id":"' "$RESID_LOG_FILE")" "$(wc -l <"$RESID_LOG_FILE")"
e2e_done
