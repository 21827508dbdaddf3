#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# 10^6 refused packets of more than 10^5 flows at full speed on two CPUs, tables so small that they fold, residd killed
# with -9 twenty times at random moments: packets and bytes of the records, of the kernel's counters and of nft counters
# ahead of our hook are the same numbers, and no record is there twice. SOAK=1: 10^7 and fifty.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
counters
module_load boot=open audit_slots=512
resid_up
printf 'spool_segment_mb = 1\n' >>"$RESID_CONF_DIR/residd.conf"
packets=250000 flows=27000 kills=20
[[ -z ${SOAK:-} ]] || packets=2500000 kills=50
sysctl_set node net/ipv4/ip_local_port_range='2000 65000'
ulimit -n 40000
to=("${place[US4]}" "${place[CN4]}" "${place[US6]}" "${place[CN6]}")
count us4 output ip daddr "${to[0]}"
count cn4 output ip daddr "${to[1]}"
count us6 output ip6 daddr "${to[2]}"
count cn6 output ip6 daddr "${to[3]}"
residd_start

# Bytes that a counter of nft saw.
counted_bytes() { nft list counter inet e2e "$1" | awk '{ for (i = 1; i < NF; i++) if ($i == "bytes") print $(i + 1) }'; }
# Sums over the records of the spool: records, packets, bytes.
spooled() { "$residctl" audit query --class health --verdict reject | awk 'END { print $1, $3, $5 }'; }
spooled_packets() { local n; read -r _ n _ < <(spooled); [[ $n == "$1" ]]; }

# kill_residd: notes first the most memory that it and its sinks had, in KiB.
peak=0 killed=0
kill_residd()
{
	local pid have=0

	for pid in "$residd_pid" $(cat "/proc/$residd_pid/task/$residd_pid/children"); do
		((have += $(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status" 2>/dev/null || echo 0))) || true
	done
	((have <= peak)) || peak=$have
	residd_stop KILL
	((++killed))
}

for pair in 0 2; do
	floods=()
	for i in $pair $((pair + 1)); do
		in_cgroup health "$tools/flood" -n "$packets" -f "$flows" "${to[i]}" 9 >"$work/flood.$i" 2>&1 &
		floods+=($!)
	done
	while kill -0 "${floods[0]}" 2>/dev/null || kill -0 "${floods[1]}" 2>/dev/null; do
		sleep "$((RANDOM % 2)).$((RANDOM % 10))"
		kill_residd
		residd_start
	done
	wait "${floods[@]}"
done
while ((killed < kills)); do
	try_from health udp "${to[0]}" "kill$killed" >/dev/null
	kill_residd
	residd_start
done
note "$(cat "$work"/flood.*)" "residd was killed $killed times; it and its sinks had $((peak / 1024)) MiB at most"

sent=0 sent_bytes=0
for name in us4 cn4 us6 cn6; do
	((sent += $(counted $name), sent_bytes += $(counted_bytes $name)))
done
check "a million packets went out" test "$sent" -ge $((4 * packets))
wait_until 90 spooled_packets "$sent" || true
read -r records got got_bytes < <(spooled)
note "$records records"
is "packets of the records = packets ahead of the hook" "$got" "$sent"
is "bytes of the records = bytes ahead of the hook" "$got_bytes" "$sent_bytes"
is "packets that the kernel counted" "$(counter health reject)" "$sent"
is "bytes that the kernel counted" "$("$residctl" counters --json | jq '[.counters[] | select(.class == "health" and .verdict == "reject") | .bytes] | add')" "$sent_bytes"
like "the tables folded" "$("$residctl" status --json)" '"packets_folded":[1-9]'
"$residctl" audit query --json >"$work/spool.jsonl"
is "no record has the id of another" "$(grep -o '"id":"[^"]*"' "$work/spool.jsonl" | sort | uniq -d | wc -l)" 0
log_is_whole() { [[ $(wc -l <"$RESID_LOG_FILE") -ge $(wc -l <"$work/spool.jsonl") ]]; }
wait_until 90 log_is_whole || true
is "the log has each record, once" \
	"$(grep -v '"kind":' "$RESID_LOG_FILE" | grep -o '"id":"[^"]*"' | sort | uniq | md5sum) $(grep -c -v '"kind":' "$RESID_LOG_FILE")" \
	"$(grep -v '"kind":' "$work/spool.jsonl" | grep -o '"id":"[^"]*"' | sort | md5sum) $(grep -c -v '"kind":' "$work/spool.jsonl")"
check "residd's memory is bounded (residd(8))" test "$peak" -gt 0 -a "$peak" -lt $((96 * 1024))
check "the spool is as it was written" "$residctl" audit verify
e2e_done
