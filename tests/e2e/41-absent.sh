#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A node that enforced and has no resid.ko, as after a kernel upgrade, is shut by nftables unless when_absent is open: nothing
# leaves but loopback, link and bootstrap traffic, also of packet sockets; one sentence says what is wrong and what opens it.
# It is over when the module is armed.
# shellcheck disable=SC2016,SC2034,SC2154 # what eval runs; what lib.sh and its parts share
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
# shellcheck source=tests/e2e/lib/faults.sh
. "$e2e/lib/faults.sh"
topology
modprobe -a nf_tables dummy
faults_begin

# Without the module.
module=absent
fault "there is no module" shut 'resid\.ko is not loaded' true
is "shut, France does not answer either" "$(saw public udp "$fr" shut-fr)" EPERM
is "nor does a private network" "$(saw public udp 10.77.0.2 shut-local)" EPERM
is "loopback does" "$("$tools/try" -t 500 icmp 127.0.0.1 0 shut-lo | grep -c saw=echoed)" 1
like "status says so" "$("$residctl" status 2>&1 || true)" 'resid\.ko is not loaded.*nftables \(table resid_absent\) lets only'
ip link add late type dummy
ip addr add 10.88.0.1/24 dev late
ip link set late up
is "a device that comes later is shut to the stack" "$("$tools/try" -t 300 udp 10.88.0.2 9 late | grep -c saw=EPERM)" 1
ip link del late
module_load boot=open
"$restore" 2>/dev/null
is "the module comes: it is armed, and nftables lets go" \
	"$(in_force) $(saw health tcp "$us" lifted) $(saw health tcp "$fr" lifted-fr)" "$second ECONNREFUSED connected"
fault "no module, and the mode is gone" shut 'mode: .*No such file' rm "$(state mode)"
fault "no module, and no snapshot is sound" bare 'cut short' each_generation truncate -s -100
fault "no module, and residd.conf cannot be read" shut 'not loaded' eval 'rm "$RESID_CONF_DIR/residd.conf"; mkdir "$RESID_CONF_DIR/residd.conf"'
fault "no module, when_absent is neither" shut 'not loaded' eval 'echo "when_absent = opne" >>"$RESID_CONF_DIR/residd.conf"'
fault "no module, when_absent is closed and the node permissive" shut 'not loaded' \
	eval 'echo "when_absent = closed" >>"$RESID_CONF_DIR/residd.conf"; echo permissive >"$(state mode)"'
check "disarm opens a node that is shut" "$residctl" disarm --yes
is "then it is open" "$(saw health udp "$us" disarmed)" echoed
fault "no module, when_absent is open" open 'OPEN: nothing judges' eval 'echo "when_absent = open" >>"$RESID_CONF_DIR/residd.conf"'
fault "no module, and the node was permissive" open 'OPEN: nothing judges' eval 'echo permissive >"$(state mode)"'

# A node that never had a policy is nobody's to shut; and what it is told is not believed of nothing.
again
rm -rf "$RESID_STATE_DIR"
boots
is "a fresh node is left as it is" "$status $(saw health udp "$us" fresh)" "0 echoed"
module_load boot=open
refused "enforcing on an unarmed node is no success" 2 'nothing to enforce: no policy is in force' "$residctl" mode enforcing
is "and it is not kept" "$(cat "$RESID_STATE_DIR/mode" 2>/dev/null || true)" ''

faults_end
e2e_done
