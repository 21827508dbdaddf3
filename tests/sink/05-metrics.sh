#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Metrics as promtool wants them, the alerts on them, and a real Prometheus that scrapes the real daemon.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/lib.sh"

build/residctl policy compile --output "$dir/default.rsnap" policy/default.yaml 2>"$dir/compile.log"
build/tests/sink/metrics "$dir/default.rsnap" >"$dir/all.prom"
promtool() (with usr/bin/promtool "$@")
check() { promtool check metrics <"$1"; }
ok "promtool check metrics: every metric that there is" check "$dir/all.prom"
ok "names cannot break out of their labels" grep -qF 'resid_sink_parked_records_total{sink="a\"b\\c\nd' "$dir/all.prom"

cp packaging/prometheus/resid.rules.yml tests/sink/rules_test.yml "$dir"
ok "promtool test rules: each alert fires on its own, none on a healthy node" \
	promtool test rules "$dir/rules_test.yml"

# The daemon without the module: it has a spool, sinks and a clock to tell of.
export RESID_LOG_FILE=$dir/log/egress.jsonl
sink file <<CONF
transport = file
path = $dir/siem/file.jsonl
CONF
cat >"$dir/conf/residd.conf" <<CONF
metrics_listen = 127.0.0.1:9469
metrics_file = $dir/node.prom
status_interval = 1
audit_key = $dir/audit.key
CONF
build/tests/sink/node "$PWD/build/residd" 500 >/dev/null
build/residd --config "$dir/conf/residd.conf" >"$dir/residd.out" 2>&1 &
residd=$!
ok "the daemon listens" within 30 listens 9469
curl -sf http://127.0.0.1:9469/metrics >"$dir/scraped.prom"
ok "what it serves" check "$dir/scraped.prom"
ok "the spool's records" grep -qx 'resid_spool_records_total 500' "$dir/scraped.prom"
ok "the module is missed" grep -qx 'resid_module_loaded 0' "$dir/scraped.prom"
ok "no other path" is "$(curl -so /dev/null -w '%{http_code}' http://127.0.0.1:9469/)" 404
ok "the file for the node exporter" within 10 check "$dir/node.prom"
listed() { [[ $(build/residctl sink list --json | jq -r '.[] | "\(.name) \(.state) \(.lag)"') == $'file up 0\nlog up 0' ]]; }
ok "residctl sink list: the sink, and the log that is built in" within 10 listed
ok "which has all" is "$(wc -l <"$RESID_LOG_FILE")" 500

cat >"$dir/prometheus.yml" <<CONF
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [resid.rules.yml]
scrape_configs:
  - {job_name: resid, static_configs: [{targets: ["127.0.0.1:9469"]}]}
CONF
with usr/bin/prometheus --config.file="$dir/prometheus.yml" --storage.tsdb.path="$dir/tsdb" \
	--web.listen-address=127.0.0.1:9090 >"$dir/prometheus.out" 2>&1 &
# query EXPRESSION: its value
query() { curl -sfG --data-urlencode "query=$1" http://127.0.0.1:9090/api/v1/query | jq -r '.data.result[0].value[1]'; }
scraped() { [[ $(query 'resid_sink_lag_records{sink="file"}') == 0 ]]; }
ok "Prometheus scrapes it" within 60 scraped
pending() { [[ $(query 'count(ALERTS{alertname="ResidModuleMissing"})') == 1 ]]; }
ok "and the alert for the missing module is on its way" within 30 pending

# An idle daemon and its sinks sleep: what ends a wait is counted, not what a busy machine makes of it.
kill -TERM "$residd"
wait "$residd" || true
sed -i '/^metrics_listen/d; s/^status_interval.*/status_interval = 10/' "$dir/conf/residd.conf"
build/residd --config "$dir/conf/residd.conf" >"$dir/residd.out" 2>&1 &
residd=$!
sleep 5
timeout 30 strace -f -qq -e trace=epoll_wait,poll,recvfrom -o "$dir/trace" -p "$(pgrep -d , -P "$residd"),$residd" \
	2>"$dir/strace.err" || true
idle=$(grep -cE 'epoll_wait\(.*, -1\)|poll\(|recvfrom\(' "$dir/trace")
ok "an idle daemon wakes less than once a second: $idle times in 30 s" test "$idle" -gt 0 -a "$idle" -lt 30
kill "$residd"	# a second one would not come to its settings
wait "$residd" || true
ok "and its settings stand: metrics only on loopback" test -n "$(
	echo 'metrics_listen = 0.0.0.0:9469' >"$dir/bad.conf"
	timeout 8 build/residd --config "$dir/bad.conf" 2>&1 | grep -m 1 -F 'metrics_listen takes 127.0.0.1:PORT')"
echo "1..$number"
