#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The module does not go while it is armed; after `residctl disarm` it goes, also under load and with namespaces alive, leaves
# nothing behind, and comes back.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
tenant
resid_up
ip link add e2e-other0 type veth peer name e2e-other1
tc qdisc add dev e2e-other0 clsact
tc filter add dev e2e-other0 egress matchall action ok
ctl class assign health dev:e2e-other0
tagged=ten0	# the node's end of the tenant's link
clsacts() { tc qdisc show | awk '/clsact/ { print $5 }' | sort | xargs; }
# remains: what of Resid is in the kernel or on the disk that is none.
remains()
{
	ls -A "$RESID_BPF_DIR" 2>/dev/null || true
	bpftool prog show | grep -oE 'name (resid|who)_[a-z0-9]+' || true
	bpftool map show | grep -oE 'name (class|who)_[a-z]+' || true
	tc filter show dev "$tagged" ingress
	tc filter show dev e2e-other0 ingress
}
nothing_remains() { [[ -z $(remains) ]]; }
like "there is something to leave" "$(remains)" 'class_cgroup.*name resid_class.*resid_stamp'
is "and a queueing discipline" "$(clsacts)" "e2e-other0 $tagged"
for round in 1 2 3; do
	refused "$round: disarm asks first" 1 yes "$residctl" disarm
	check "$round: armed, rmmod is refused" bash -c '! rmmod resid 2>/dev/null'
	is "$round: health is refused still" "$(saw health tcp "${place[US4]}" "armed$round")" ECONNREFUSED
	"$tools/in" -g "$cg/health" "$tools/flood" -n 0 -f 8 "${place[US4]}" 9 >/dev/null &
	flood=$!
	children+=("$flood")
	check "$round: disarm" "$residctl" disarm --yes
	check "$round: rmmod under load" rmmod resid
	is "$round: without Resid everything leaves" "$(saw health tcp "${place[US4]}" "gone$round")" connected
	stop $flood
	check "$round: nothing of it is left" wait_until 20 nothing_remains
	is "$round: what others use stays" "$(clsacts)" e2e-other0
	resid_up
	is "$round: back again, health is refused" "$(saw health tcp "${place[US4]}" "back$round")" ECONNREFUSED
	is "$round: twin: health reaches France" "$(saw health tcp "${place[FR4]}" "back-fr$round")" connected
done
e2e_done
