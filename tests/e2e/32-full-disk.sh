#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The spool's file system is full: residd says so at once, in the journal, the status and a metric; the kernel goes on
# refusing and keeps its batch. When space returns all is recorded by itself, and what was folded meanwhile, before and
# after a restart, is a number in a record, in the status and in a metric.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
counters
module_load boot=open audit_slots=256
resid_up
us=${place[US4]}
count v4 output ip daddr "$us"

ulimit -n 4096
spool=$RESID_STATE_DIR/spool
mkdir -p "$spool"
truncate -s 8M "$work/disk"
mkfs.ext4 -q -m 0 -O ^has_journal "$work/disk"
modprobe loop
mount -o loop "$work/disk" "$spool"
printf 'metrics_listen = %s\n' "$work/metrics" >>"$RESID_CONF_DIR/residd.conf"
residd_start

status_has() { grep -q "$1" "$RESID_RUN_DIR/status.json"; }
said() { grep -c "$1" "$work/residd.out" || true; }
metric() { curl -sS --unix-socket "$work/metrics" http://localhost/metrics | awk -v m="$1" '$1 == m { print $2 }'; }

folded() { "$residctl" status --json | sed 's/.*"packets_folded":\([0-9]*\).*/\1/'; }

saw health udp "$us" before >/dev/null
await_recorded "with room, a refusal is recorded" 1 dst="$us"
is "the spool can be written: a metric" "$(metric resid_spool_writable)" 1

cat /dev/zero >"$spool/filler" 2>/dev/null || true
in_cgroup health "$tools/flood" -n 20000 -f 900 "$us" 9 >/dev/null
check "residd says that the disk is full" wait_until 20 status_has 'No space left on device'
early=$(folded)
is "and says it once" "$(said 'No space left on device')" 1
is "and the metric says it" "$(metric resid_spool_writable)" 0
like "and residctl status" "$("$residctl" status)" 'No space left on device'
is "health is still refused" "$(saw health tcp "$us" full)" ECONNREFUSED
like "the kernel keeps its batch" "$("$residctl" status --json)" '"batch_waiting":[0-9]'
in_cgroup health "$tools/flood" -n 20000 -f 900 "$us" 9 >/dev/null
residd_stop KILL
residd_start
check "killed and started, it says so again" wait_until 20 status_has 'No space left on device'
# The one that lives through it counts what it cost.
in_cgroup health "$tools/flood" -n 20000 -f 900 "$us" 9 >/dev/null

rm "$spool/filler"
total_is() { [[ $("$residctl" audit query --verdict reject | awk 'END { print $3 }') == "$(counted v4)" ]]; }
check "space returns: every packet is in the records, without a restart" wait_until 60 total_is
check "the trouble is over" wait_until 20 status_has '"writable":true'
is "and the metric says that, too" "$(metric resid_spool_writable)" 1
notice=$("$residctl" audit query --json | grep '"kind":"notice"' || true)
lost=$(sed -n 's/.*"lost":\([0-9]*\).*/\1/p' <<<"$notice")
note "$early packets were folded when it was said, $(folded) in all"
check "a record says what it cost, before the restart and after it: $lost" test "$lost" -ge $(($(folded) - early)) -a \
	"$lost" -le "$(folded)"
is "the metric has all that was folded" "$(metric resid_audit_folded_packets_total)" "$(folded)"
like "and that nothing is missing" "$notice" 'no packet is missing'
like "the status has the number of packets that were folded" "$("$residctl" status --json)" '"packets_folded":[1-9]'
is "no record has the id of another" \
	"$("$residctl" audit query --json | grep -o '"id":"[^"]*"' | sort | uniq -d | wc -l)" 0
check "the spool is as it was written" "$residctl" audit verify
residd_stop TERM
umount "$spool"
e2e_done
