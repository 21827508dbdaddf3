#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# TLS with the wrong name, the wrong CA, a stranger's certificate: nothing leaves, and the reason is said.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/lib.sh"

certificates >/dev/null 2>&1
rsyslog_start

# tls NAME CA CERT TLS_NAME
tls()
{
	sink "$1" <<-CONF
		transport = syslog-tls
		address = 127.0.0.1:6514
		tls_ca = $dir/$2.pem
		tls_cert = $dir/$3.pem
		tls_key = $dir/$3.key
		tls_name = $4
		timeout = 3
		retry_max = 1
		confirm = 1
	CONF
}

tls good ca node siem.test
tls wrong-name ca node other.test
tls wrong-ca stranger node siem.test
tls stranger ca stranger siem.test
tls no-file missing node siem.test
sink udp <<CONF
transport = syslog-udp
address = 127.0.0.1:5514
format = cef
CONF
node_start 500 hold
good() { [[ $(lag good) == 0 ]]; }
# refused NAME WORDS
refused() { [[ $(lag "$1") -ge 500 && $(delivered "$1") == 0 && $(error "$1") == *"$2"* ]]; }
ok "the right certificates" within 60 good
ok "a receiver with another name" within 30 refused wrong-name "hostname mismatch"
ok "a receiver of another CA" within 30 refused wrong-ca "self-signed certificate in certificate chain"
ok "we have a stranger's certificate: the receiver refuses, also under TLS 1.3" within 30 refused stranger "it "
ok "a file that is not there" within 30 refused no-file "missing.pem: No such file"
kill -TERM "$rsyslog"
wait "$rsyslog" || true
ok "rsyslog has the records of one sink" arrived "$dir/siem/rsyslog.log" 500
ok "once: the others sent nothing" is "$(wc -l <"$dir/siem/rsyslog.log")" 500
ok "CEF over UDP: a header and the record" grep -qE '^<108>1 2026-[^ ]+Z [^ ]+ residd - egress - CEF:0\|Resid\|' \
	"$dir/siem/udp.log"
ok "and a newline in a name is escaped" grep -qF 'reason=line one\nline two | a\=b "quoted" ] ' "$dir/siem/udp.log"

# Their processes have no privileges left.
privileges()
{
	local status

	status=/proc/$(pgrep -P "$node" | head -n 1)/status
	[[ $(awk '$1 == "Uid:" { print $2 * $3 * $4 * $5 }' "$status") != 0 ]] &&
		grep -qx $'CapEff:\t0000000000000000' "$status" && grep -qx $'NoNewPrivs:\t1' "$status"
}
ok "a sink's process is not root, without capabilities and the way to new ones" privileges
echo "1..$number"
