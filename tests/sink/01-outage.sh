#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every receiver stands still while 100,000 records come and the daemon is killed twice; then all arrive, in order, and as
# they were recorded; what arrives twice is the same twice.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/lib.sh"

total=100000
certificates >/dev/null 2>&1
rsyslog_start
syslog_ng_start
journal_remote_start
sink rsyslog <<CONF
transport = syslog-tls
address = 127.0.0.1:6514
tls_ca = $dir/ca.pem
tls_cert = $dir/node.pem
tls_key = $dir/node.key
tls_name = siem.test
timeout = 3
retry_max = 2
confirm = 2
CONF
sink syslog-ng <<CONF
transport = syslog-tcp
address = 127.0.0.1:6601
timeout = 3
retry_max = 2
confirm = 2
CONF
sink remote <<CONF
transport = journal-remote
url = http://127.0.0.1:19532
timeout = 3
retry_max = 2
CONF
sink file <<CONF
transport = file
format = ecs
path = $dir/siem/file.jsonl
CONF

file_has_all() { [[ $(wc -l <"$dir/siem/file.jsonl") -ge $total && $(lag file) == 0 ]]; }
has_lag() { [[ $(lag rsyslog) -ge $total && $(lag syslog-ng) -ge $total && $(lag remote) -ge $total ]]; }
all_say_why() { [[ -n $(error rsyslog) && -n $(error remote) ]]; }
journal_text() { journalctl --file "$dir/siem/remote*.journal" -o json >"$dir/siem/remote.log"; }

kill -STOP "$rsyslog" "$syslog_ng" "$journal_remote"
node_start $((total / 2)) hold
within 60 test -s "$dir/siem/file.jsonl"
kill -KILL "$node"
wait "$node" 2>/dev/null || true
node_start $total hold
ok "the sink that works is not delayed by three that stand still" within 120 file_has_all
ok "the others lag by all records" within 10 has_lag
ok "and say why" within 30 all_say_why

kill -KILL "$node"
wait "$node" 2>/dev/null || true
kill -CONT "$rsyslog" "$syslog_ng" "$journal_remote"
status=0
timeout 200 build/tests/sink/node "$PWD/build/residd" $total >"$dir/node.out" 2>>"$dir/node.err" || status=$?
ok "after the outage every sink delivers all" is "$status" 0
kill -TERM "$rsyslog" "$syslog_ng" "$journal_remote"
wait "$rsyslog" "$syslog_ng" "$journal_remote" || true
ok "rsyslog, TLS with mutual authentication: all, in order" arrived "$dir/siem/rsyslog.log" $total
ok "syslog-ng, TCP: all, in order" arrived "$dir/siem/syslog-ng.log" $total
ok "systemd-journal-remote: the journal can be read" journal_text
ok "systemd-journal-remote: all, in order" arrived "$dir/siem/remote.log" $total
ok "the file: all, in order" arrived "$dir/siem/file.jsonl" $total
ok "and each once, though the daemon was killed twice" is "$(grep -cE '"id":"1{32}-' "$dir/siem/file.jsonl")" $total
sed 's/^/# /' "$dir/node.err"
echo "1..$number"
