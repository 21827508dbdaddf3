#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A workload that is labelled below a laxer one starts again and again: not one packet of its leaves with the class from
# above, whether residd is alive, stopped, or dead.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
e2e_begin
topology
resid_up
rounds=${RESID_SOAK:+200}
rounds=${rounds:-40}

us=${place[US4]} fr=${place[FR4]}
below=$cg/public/db
mkdir "$below"
assign health cgroup:/e2e/public/db
unit=/sys/fs/cgroup/e2etest.slice/etl.service
mkdir -p "$unit"
assign public cgroup:/e2etest.slice
assign health unit:etl.service

# send GROUP ADDRESS TAG
send() { "$tools/in" -g "$1" "$tools/forge" datagram "$2" 9 "$3" >/dev/null 2>&1 || true; }

# rounds_of STATE GROUP: as often as a service manager would at worst
rounds_of()
{
	local round

	for ((round = 1; round <= rounds; round++)); do
		rmdir "$2"
		mkdir "$2"
		send "$2" "$us" "$1-us"
		send "$2" "$fr" "$1-fr"
	done
}

wire_start
send "$cg/public" "$us" control	# what the class above may do
residd_start
rounds_of alive "$below"
rounds_of alive-unit "$unit"
kill -STOP "$residd_pid"
rounds_of stopped "$below"
rounds_of stopped-unit "$unit"
kill -CONT "$residd_pid"
residd_stop KILL
rounds_of dead "$below"
rounds_of dead-unit "$unit"
wire_stop

arrived "the laxer class reaches the US" control
for state in alive stopped dead; do
	for kind in "" -unit; do
		is "residd $state, ${kind:+unit, }$rounds restarts: nothing to the US" "$(wire_tag "$state$kind-us")" 0
		is "residd $state, ${kind:+unit, }$rounds restarts: all to France" "$(wire_tag "$state$kind-fr")" "$rounds"
	done
done
rmdir "$unit" "${unit%/*}" "$below"
e2e_done
