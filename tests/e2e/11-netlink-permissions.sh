#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Nobody but root of the initial namespaces reads or changes anything over netlink, or joins the group: not nobody with a
# user and network namespace of its own, not CAP_NET_ADMIN alone in the initial network namespace, not CAP_SYS_ADMIN alone.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

e2e_begin
topology
resid_up
state() { "$residctl" status --json | sed 's/"audit.*//'; }
before=$(state)

# Every command with attributes that pass validation, so that permission is what stops it.
zeros=$(printf '0%.0s' {1..64})
question=$(printf '0%.0s' {1..52})0201000000000000	# an IPv4 address, class 1
commands=("1" "2 2:u32:1000" "3 1:u64:1 3:u32:0 4:hex:00" "4 1:u64:1 5:hex:$zeros" "5 1:u8:0" "6 1:hex:ffffffff" "7 1:u32:1 4:u8:1"
	"8+dump" "9+dump" "10" "11+dump 1:u64:1" "12 1:u64:1" "13" "14 1:hex:$question")
chmod 755 "$work" "$work/genl"

# try_all WHO EXPECTED COMMAND...: each command as that caller.
try_all()
{
	local who=$1 expected=$2 command answer

	shift 2
	for command in "${commands[@]}"; do
		# shellcheck disable=SC2086 # several arguments
		answer=$("$@" "$work/genl" $command 2>&1 | tail -n 1)
		like "$who: command ${command%% *}" "$answer" "$expected"
	done
	answer=$("$@" "$work/genl" join 2>&1 | tail -n 1)
	like "$who: the multicast group" "$answer" "$expected"
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
like "twin: root reads the status" "$("$work/genl" 1)" '^errno=0 '
like "twin: root dumps the counters" "$("$work/genl" 9+dump)" '^errno=0'
like "twin: root joins the group" "$("$work/genl" join)" '^errno=0'
like "twin: both capabilities together suffice" "$(only sys_admin,+net_admin "$work/genl" 1)" '^errno=0 '
refused "residctl as nobody says that it needs root" 2 root as_nobody "$residctl" mode permissive
e2e_done
