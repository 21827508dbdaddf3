#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Members of group `resid` read status and log without being root; others do not.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
grep -q '^resid:' /etc/group || echo 'resid:x:4242:' >>/etc/group
gid=$(awk -F : '$1 == "resid" { print $3 }' /etc/group)
topology
resid_up
chmod 755 "$work" "$work"/{run,log,state,etc}
chgrp resid "$work"/{run,log}
residd_start
saw health udp "${place[US4]}" group >/dev/null
await_recorded "there is a record" 1 dst="${place[US4]}"
member() { setpriv --reuid=65534 --regid=65534 --groups="$gid" "$@"; }
stranger() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }

like "a member reads the status" "$(member "$residctl" status 2>&1)" 'enforcing'
like "a member reads it as JSON" "$(member "$residctl" status --json 2>&1)" '"generation":"[0-9a-f]{64}"'
like "a member reads the log" "$(member timeout 3 "$residctl" log --json 2>&1 | sed -n 1p)" '"verdict":"reject"'
refused "a member changes nothing" 2 root member "$residctl" mode permissive
check "a stranger cannot read the log" bash -c "! setpriv --reuid=65534 --regid=65534 --clear-groups cat '$RESID_LOG_FILE' 2>/dev/null"
refused "a stranger cannot read the status" 2 'root|group' stranger "$residctl" status
e2e_done
