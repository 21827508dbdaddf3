#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A node that lost its module and its daemon gets back what it had: residd restores mode and policy before anything else,
# without the network and without compiling. Its log continues, each record once.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
resid_up
us=${place[US4]}
residd_start
for i in 1 2 3; do
	saw health udp "$us" "first$i" >/dev/null
done
await_recorded "three refusals are recorded" 3 dst="$us"
generation() { "$residctl" status --json | sed 's/.*"generation":"\([0-9a-f]*\)".*/\1/'; }
before=$(generation)

refusals=3
for how in KILL TERM; do
	residd_stop $how
	is "$how: without residd the last policy decides" "$(saw health tcp "$us" "$how-alone")" ECONNREFUSED
	like "$how: status says that it does not run" "$("$residctl" status)" 'residd +not running'
	residd_start
	like "$how: twin: and that it does" "$("$residctl" status)" 'residd +running'
	is "$how: the generation is the one before" "$(generation)" "$before"
	((++refusals))
	await_recorded "$how: what happened meanwhile arrives" $refusals dst="$us"
done

# As after a reboot: a fresh module, nothing loaded, and residd.
residd_stop TERM
resid_down
module_load boot=closed
is "a fresh module refuses all" "$("$tools/try" -t 500 udp "${place[FR4]}" $echo_port closed | grep -c echoed || true)" 0
residd_start
is "residd restored the generation" "$(generation)" "$before"
is "and the mode" "$("$residctl" mode)" enforcing
is "health is refused" "$(saw health tcp "$us" restored)" ECONNREFUSED
is "twin: public reaches the US, so the class maps are back" "$(saw public tcp "$us" restored-public)" connected
await_recorded "and recorded: six in all" 6 dst="$us"
is "no record has the id of another" \
	"$(sed -n 's/.*"id":"\([^"]*\)".*/\1/p' "$RESID_LOG_FILE" | sort | uniq -d | wc -l)" 0

# Rotation: SIGUSR1 makes the file anew; without it the next record does.
mv "$RESID_LOG_FILE" "$RESID_LOG_FILE.1"
kill -USR1 "$residd_pid"
check "after a rotation SIGUSR1 makes the file anew" wait_until 20 test -e "$RESID_LOG_FILE"
saw health udp "$us" rotated >/dev/null
await_recorded "and records go to it" 1 dst="$us"
mv "$RESID_LOG_FILE" "$RESID_LOG_FILE.1"
saw health udp "$us" silent >/dev/null
await_recorded "a rotation that nobody told of is found by the next record" 1 dst="$us"

# A file log.conf takes the place of the built-in log.
mkdir -p "$RESID_CONF_DIR/sinks.d"
printf 'transport = file\npath = %s/other.jsonl\nformat = ecs\n' "$work" >"$RESID_CONF_DIR/sinks.d/log.conf"
kill -HUP "$residd_pid"
wait_until 20 test -e "$work/other.jsonl" || true
saw health udp "$us" replaced >/dev/null
residd_stop TERM
is "a file log.conf is the log from then on, and the end waits for it" \
	"$(grep -c "\"destination\":{[^}]*$us" "$work/other.jsonl") $(recorded dst="$us")" "1 1"
e2e_done
