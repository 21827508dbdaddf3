#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A receiver dies with records in its socket that it never read: to us they were sent, and still they are not lost.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/lib.sh"

total=500
syslog_ng_start
sink tcp <<CONF
transport = syslog-tcp
address = 127.0.0.1:6601
timeout = 2
retry_max = 1
confirm = 1
CONF
kill -STOP "$syslog_ng"
node_start $total hold
sent() { [[ $(ss -Htn "sport = :6601" | awk '{ n += $2 } END { print n }') -gt 100000 ]]; }
ok "all of it is in the receiver's socket" within 30 sent
sleep 2	# two lines of the node
ok "which is no delivery" is "$(delivered tcp) $(lag tcp)" "0 $total"
kill -KILL "$syslog_ng"
wait "$syslog_ng" 2>/dev/null || true
syslog_ng_start
has_all() { [[ $(lag tcp) == 0 ]]; }
ok "the next one gets it" within 60 has_all
kill -TERM "$syslog_ng"
wait "$syslog_ng" || true
ok "all, in order" arrived "$dir/siem/syslog-ng.log" $total
echo "1..$number"
