#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `residctl policy load --confirm N` goes back by itself, in the kernel, with every process of Resid killed; what a reboot
# would restore is never the policy on trial. Roll-back and history.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

e2e_begin
topology
resid_up
us=${place[US4]}
generation() { "$residctl" status --json | sed -n 's/.*"generation":"\([0-9a-f]*\)".*/\1/p'; }
restored() { basename "$(readlink "$RESID_STATE_DIR/current.rsnap")" .rsnap; }
trial() { "$residctl" status --json | grep -c policy_confirm_seconds || true; }
before=$(generation)
residd_start
is "health is refused" "$(saw health tcp "$us" before)" ECONNREFUSED

# The shell that asked dies without a word, residd as well.
setsid bash -c "'$residctl' policy load --confirm 8 '$(policy open)' >'$work/load' 2>&1; kill -9 \$\$" || true
residd_stop KILL
like "the load says that it is a trial" "$(cat "$work/load")" 'on trial for 8 s; confirm with'
is "on trial the new policy decides" "$(saw health tcp "$us" trial)" connected
like "status says when it goes back" "$("$residctl" status)" 'goes back by itself in [0-9]+ s unless .residctl policy confirm.'
is "a reboot now would restore the one before" "$(restored)" "$before"
check "nobody confirms, and the trial ends" \
	wait_until 30 sh -c "! '$residctl' status --json | grep -q policy_confirm_seconds"
is "unconfirmed, the generation is the one before" "$(generation)" "$before"
is "and it decides" "$(saw health tcp "$us" after)" ECONNREFUSED

# With residd alive: it keeps out of it, also when it is started meanwhile.
check "on trial again" "$residctl" policy load --confirm 600 "$(policy open)"
tried=$(generation)
residd_start
is "residd leaves the trial alone" "$(trial) $(restored)" "1 $before"
check "confirmed" "$residctl" policy confirm
is "confirmed, it stays" "$(trial) $(generation)" "0 $tried"
is "and is what a reboot restores" "$(restored)" "$tried"
refused "nothing is left to confirm" 3 'no policy is on trial' "$residctl" policy confirm
is "it decides" "$(saw health tcp "$us" confirmed)" connected

check "roll back" "$residctl" policy rollback
is "rolled back" "$(generation) $(restored)" "$before $before"
is "it decides again" "$(saw health tcp "$us" rolled)" ECONNREFUSED
check "roll back to one by name" "$residctl" policy rollback "${tried:0:12}"
is "which is in force" "$(generation)" "$tried"
refused "a name that is none" 3 'no generation here begins with ffffffff' "$residctl" policy rollback ffffffff
check "roll back on trial" "$residctl" policy rollback --confirm 600 "$before"
check "disarmed meanwhile" "$residctl" disarm --yes
is "nothing is in force, and nothing waits" "$(generation)$(trial)" 0

history=$("$residctl" policy history --json)
is "the history has it all" "$(jq -r '[.[].action] | join(" ")' <<<"$history" | sed 's/ revert$//')" \
	"load load revert load confirm rollback rollback rollback"
is "a revert is the kernel's" "$(jq -r '.[2] | .program + " " + .generation' <<<"$history")" "resid.ko $before"
is "with the data's dates" "$(jq -r '.[0].data[0] | (.date | length | tostring) + " " + .source' <<<"$history")" "10 tor-geoipdb"
like "in words" "$("$residctl" policy history)" "load +${tried:0:12} open.yaml on trial for 8 s, by "

# The first policy on trial: back to none, and the module can go.
residd_stop TERM
resid_down
module_load
rm -f "$RESID_STATE_DIR/current.rsnap" "$RESID_STATE_DIR/mode"
check "the first policy on trial" "$residctl" policy load --confirm 2 "$(policy open)"
check "goes back to none" wait_until 30 sh -c "'$residctl' status --json | grep -q '\"armed\":false'"
check "and the module can be unloaded" rmmod resid
e2e_done
