#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Nobody but root of the initial namespaces reads or changes anything over netlink, or joins the group: not nobody with a
# user and network namespace of its own, not CAP_NET_ADMIN alone in the initial network namespace, not CAP_SYS_ADMIN alone.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
resid_up
state() { "$residctl" status --json | sed 's/"devices.*//'; }
before=$(state)

# Every command with attributes that pass validation, so that permission is what stops it.
zeros=$(printf '0%.0s' {1..64})
question=$(printf '0%.0s' {1..52})0201000000000000	# an IPv4 address, class 1
commands=("1" "2 3:u32:1000" "3 2:u64:1 4:u32:0 5:hex:00" "4 2:u64:1 6:hex:$zeros" "5 1:u8:0" "6 1:hex:ffffffff" "7 2:u32:1 5:u8:1"
	"8+dump" "9+dump" "10" "11+dump 2:u64:1" "12 2:u64:1" "13" "14 2:hex:$question" "15")

# try_all WHO EXPECTED CALLER...: each command as that caller, and the multicast group.
try_all()
{
	local who=$1 expected=$2 answers i

	shift 2
	# shellcheck disable=SC2016 # for the caller's shell
	mapfile -t answers < <("$@" sh -c 'for command; do "$0" $command 2>&1 | tail -n 1; done' "$tools/genl" \
		"${commands[@]}" join)
	for i in "${!commands[@]}"; do
		like "$who: command ${commands[i]%% *}" "${answers[i]:-}" "$expected"
	done
	like "$who: the multicast group" "${answers[i + 1]:-}" "$expected"
}

only() { setpriv --inh-caps=-all --bounding-set="-all,+$1" "${@:2}"; }
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }

try_all "unshare -rn by nobody" "errno=(ENOENT|EPERM|EOPNOTSUPP)" as_nobody unshare -rn
try_all "unshare -r by nobody, the initial network" "errno=EPERM" as_nobody unshare -r
try_all "nobody" "errno=EPERM" as_nobody
try_all "CAP_NET_ADMIN alone" "errno=EPERM" only net_admin
try_all "CAP_SYS_ADMIN alone" "errno=EPERM" only sys_admin

is "nothing changed" "$(state)" "$before"
is "health is refused as before" "$(saw health tcp "${place[US4]}" after)" ECONNREFUSED
like "twin: root reads the status" "$("$tools/genl" 1)" '^errno=0 '
like "twin: root dumps the counters" "$("$tools/genl" 9+dump)" '^errno=0'
like "twin: root joins the group" "$("$tools/genl" join)" '^errno=0'
like "twin: both capabilities together suffice" "$(only sys_admin,+net_admin "$tools/genl" 1)" '^errno=0 '
refused "residctl as nobody says that it needs root" 2 root as_nobody "$residctl" mode permissive
e2e_done
