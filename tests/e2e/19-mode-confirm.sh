#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `residctl mode enforcing --confirm N` goes back by itself, in the kernel, unless it is confirmed; nobody is locked out by
# one command. Permissive records what it would have refused.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
resid_up permissive
us=${place[US4]}
is "permissive: health reaches the US" "$(saw health tcp "$us" permissive)" connected
like "permissive: it is counted as what it would be" "$(counter health reject)" '^[1-9]'
residd_start
wait_until 20 grep -q "\"dst\":\"$us\"" "$RESID_LOG_FILE" || true
like "permissive: the record says that it was not enforced" "$(records dst="$us" | sed -n 1p)" '"enforced":false'
residd_stop ""

check "enforcing for three seconds" "$residctl" mode enforcing --confirm 3
is "now health is refused" "$(saw health tcp "$us" trial)" ECONNREFUSED
like "the mode says when it goes back" "$("$residctl" mode)" '^enforcing \(goes back'
sleep 3.5
is "unconfirmed, it has gone back" "$(saw health tcp "$us" back)" connected
is "and says so" "$("$residctl" mode)" permissive
is "the mode that is kept was never enforcing" "$(tr -d '\n' <"$RESID_STATE_DIR/mode")" permissive

check "enforcing for three seconds, again" "$residctl" mode enforcing --confirm 3
check "confirmed" "$residctl" mode enforcing
sleep 3.5
is "confirmed, it stays" "$(saw health tcp "$us" stays)" ECONNREFUSED
is "and is kept" "$(tr -d '\n' <"$RESID_STATE_DIR/mode")" enforcing
check "the other way round: permissive for two seconds" "$residctl" mode permissive --confirm 2
is "health reaches the US" "$(saw health tcp "$us" window)" connected
sleep 2.5
is "and is refused again" "$(saw health tcp "$us" closed)" ECONNREFUSED
e2e_done
