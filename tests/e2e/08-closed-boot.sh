#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# With boot=closed nothing but link, local and bootstrap destinations leaves until a policy is in force; a first load that
# fails does not strand the node, and the next one opens it.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
cp "$(policy default)" "$work/bad.rsnap"
printf 'X' | dd of="$work/bad.rsnap" bs=1 seek=5000 conv=notrunc status=none

wire_start
module_load boot=closed
for family in 4 6; do
	own=$([[ $family == 4 ]] && echo 10.77.0.2 || echo fd77::2)
	for to in FR US UNKNOWN; do
		is "closed: nothing to $to$family" \
			"$("$tools/try" -t 500 udp "${place[$to$family]}" $echo_port "closed-$to$family" | grep -c saw=echoed || true)" 0
	done
	is "closed: the link's other end answers, IPv$family" \
		"$(field saw "$("$tools/try" udp "$own" $echo_port "closed-local$family")")" echoed
	is "closed: a private network answers, IPv$family" \
		"$(field saw "$("$tools/try" tcp "${place[PRIVATE$family]}" $echo_port "closed-private$family")")" connected
done
refused "a first policy that is broken" 3 . "$residctl" policy load "$work/bad.rsnap"
is "closed still: nothing to France" \
	"$("$tools/try" -t 500 udp "${place[FR4]}" $echo_port closed-again | grep -c saw=echoed || true)" 0
refused "permissive is out of reach of a node that booted closed" 2 . "$residctl" mode permissive
classes
check "the next load succeeds" "$residctl" policy load "$(policy default)"
is "after it: health to France" "$(saw health tcp "${place[FR4]}" open-fr)" connected
is "after it: health to the US, enforced without a word" "$(saw health tcp "${place[US4]}" open-us)" ECONNREFUSED
wire_stop
for tag in FR4 US4 UNKNOWN4 FR6 US6 UNKNOWN6; do
	is "nothing left for $tag before the policy" "$(wire_tag "closed-$tag")" 0
done
e2e_done
