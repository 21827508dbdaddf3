#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The module does not go while it is armed; after `residctl disarm` it goes, also under load and with namespaces alive, and
# comes back.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
tenant
resid_up
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
	resid_up
	is "$round: back again, health is refused" "$(saw health tcp "${place[US4]}" "back$round")" ECONNREFUSED
	is "$round: twin: health reaches France" "$(saw health tcp "${place[FR4]}" "back-fr$round")" connected
done
e2e_done
