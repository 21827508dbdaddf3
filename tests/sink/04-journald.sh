#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The journal of the node: a systemd-journald of our own takes the native fields.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/lib.sh"

[[ -x /lib/systemd/systemd-journald ]] || { echo "1..0 # SKIP there is no systemd-journald"; exit 0; }
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/journal /run/log/journal
mkdir -p "$dir/volatile"
/lib/systemd/systemd-journald >"$dir/journald.out" 2>&1 &
within 30 test -S /run/systemd/journal/socket
sink journal <<CONF
transport = journald
CONF
status=0
timeout 60 build/tests/sink/node "$PWD/build/residd" 2000 >"$dir/node.out" 2>>"$dir/node.err" || status=$?
ok "all is delivered" is "$status" 0
ids() { journalctl -D /run/log/journal --sync >/dev/null 2>&1; journalctl -D /run/log/journal -t residd -o json >"$dir/journal.json"; }
all_there() { ids && [[ $(wc -l <"$dir/journal.json") -ge 2000 ]]; }
ok "journald has all" within 30 all_there
ok "in order" arrived "$dir/journal.json" 2000
field() { jq -sr --arg f "$1" '.[0][$f]' "$dir/journal.json"; }
ok "RESID_DST" is "$(field RESID_DST)" 52.46.1.2
ok "RESID_REASON, with its newline" is "$(field RESID_REASON)" $'line one\nline two | a=b "quoted" ]'
ok "PRIORITY" is "$(field PRIORITY)" 4
ok "MESSAGE" is "$(field MESSAGE)" "rejected: health to 52.46.1.2, FR, 1 packets"
sed 's/^/# /' "$dir/node.err"
echo "1..$number"
