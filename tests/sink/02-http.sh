#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# _bulk and HEC, against a stand-in of ours (siem.py: Debian has neither receiver) that refuses single records.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/lib.sh"

total=3000
python3 tests/sink/siem.py 9200 "$dir/siem/bulk.log" 2>"$dir/bulk.err" &
python3 tests/sink/siem.py 8088 "$dir/siem/hec.log" 2>"$dir/hec.err" &
within 30 listens 9200
within 30 listens 8088
echo secret-token >"$dir/token"
chmod 600 "$dir/token"
mkdir "$dir/credentials"
echo secret-token >"$dir/credentials/splunk"
sink bulk <<CONF
transport = bulk
url = http://127.0.0.1:9200
index = resid
format = ecs
retry_max = 1
CONF
sink hec <<CONF
transport = hec
url = http://127.0.0.1:8088
token = credential:splunk
ack = yes
retry_max = 1
CONF
sink wrong-token <<CONF
transport = hec
url = http://127.0.0.1:8088
token = $dir/wrong
retry_max = 1
CONF
echo nonsense >"$dir/wrong"

export CREDENTIALS_DIRECTORY=$dir/credentials
node_start $total hold
both_done() { [[ $(lag bulk) == 0 && $(lag hec) == 0 && $(delivered bulk) -ge $total ]]; }
ok "all records are delivered or parked" within 100 both_done
# except NUMBER FILE: the records whose number ends so are not there, all others are, once
except()
{
	python3 - "$1" "$2" "$total" <<-'PY'
		import re, sys
		have = [(int(a) - 1) * 500 + int(b) for a, b in re.findall(r'"id": ?"1{32}-(\d+)-(\d+)"', open(sys.argv[2]).read())]
		want = [n for n in range(int(sys.argv[3])) if n % 1000 != int(sys.argv[1])]
		if sorted(have) != want:
		    sys.exit(f"{len(have)} records, {len(set(have))} different ones, instead of {len(want)}")
	PY
}
ok "_bulk: items that failed with 429 come again; each is indexed once" except 777 "$dir/siem/bulk.log"
ok "_bulk: three refused items are counted" is "$(parked bulk)" 3
ok "_bulk: and kept, with the reason" is "$(jq -r 'select(.why | contains("failed to parse field")) | .id' \
	"$dir/state/sinks/bulk.parked" | cut -d- -f2- | tr '\n' ' ')" "2-277 4-277 6-277 "
ok "_bulk: the parked record is whole" jq -e '.record | fromjson | .event.id' "$dir/state/sinks/bulk.parked"
ok "HEC: the events around the invalid ones arrive, once" except 555 "$dir/siem/hec.log"
ok "HEC: the invalid ones are parked" is "$(parked hec)" 3
ok "HEC: time, host, source and type" jq -se 'all(.source == "residd" and .sourcetype == "resid:json" and .host != null)' \
	"$dir/siem/hec.log"
says_token() { [[ $(error wrong-token) == *"403: Invalid token"* && $(lag wrong-token) -ge $total ]]; }
ok "a wrong token: nothing is lost, and it says why" says_token
kill -KILL "$node"
wait "$node" 2>/dev/null || true

# Everything again, as after a lost cursor: the ids are the same, so nothing is indexed twice.
rm "$dir/state/spool/cursor/bulk" "$dir/conf/sinks.d/hec.conf" "$dir/conf/sinks.d/wrong-token.conf"
status=0
timeout 100 build/tests/sink/node "$PWD/build/residd" $total >"$dir/node.out" 2>>"$dir/node.err" || status=$?
ok "_bulk: the same records again" is "$status" 0
ok "_bulk: none is there twice" except 777 "$dir/siem/bulk.log"
echo "1..$number"
