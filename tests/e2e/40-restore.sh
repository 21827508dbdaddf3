#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The node does not open because something small is wrong. Each fault is planted in a node that enforced, the module is
# loaded anew with boot=open, as a boot does, and resid-restore is run: nothing refused leaves, and one sentence says what is
# wrong. Where no generation is sound the module is closed.
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

fault "nothing is wrong" second 'restored generation .*, enforcing' true
is "twin: public reaches the US" "$(saw public tcp "$us" twin-public)" connected
is "twin: health reaches France" "$(saw health tcp "$fr" twin-health)" connected
like "and nobody said anything else" "$(wc -l <"$work/said")" '^ *1$'

# The configuration, and what only reports.
fault "residd.conf: a typo" second restored eval 'echo "spool_day = 3" >>"$RESID_CONF_DIR/residd.conf"'
fault "residd.conf is a pipe" second restored eval 'rm "$RESID_CONF_DIR/residd.conf"; mkfifo "$RESID_CONF_DIR/residd.conf"'
fault "there is no /etc/resid" second restored rm -rf "$RESID_CONF_DIR"
fault "/etc/resid is a file" second restored eval 'rm -rf "$RESID_CONF_DIR"; echo >"$RESID_CONF_DIR"'
fault "a pipe in sinks.d" second restored eval 'mkdir "$RESID_CONF_DIR/sinks.d"; mkfifo "$RESID_CONF_DIR/sinks.d/a.conf"'
fault "the spool is a file" second restored eval 'rm -rf "$(state spool)"; echo >"$(state spool)"'
fault "the history is a folder" second restored eval 'rm -f "$(state history.jsonl)"; mkdir "$(state history.jsonl)"'
fault "the location data are gone" second restored mount -t tmpfs tmpfs /usr/share/tor
umount /usr/share/tor
broken() { head -c 300 /dev/urandom >"$RESID_CONF_DIR/assign.d/a.assign"; }
fault "a line of assign.d is no line" second 'a\.assign:' broken
is "the other lines hold: public reaches the US" "$(saw public tcp "$us" twin-assign)" connected
fault "an entry of assign.d is a pipe" second 'a\.assign: is a pipe' mkfifo "$RESID_CONF_DIR/assign.d/a.assign"
is "the other entries hold: public reaches the US" "$(saw public tcp "$us" twin-pipe)" connected

# The mode.
fault "the mode is damaged" second 'mode says .enf\?rcing' eval 'printf "enf\001rcing\n" >"$(state mode)"'
fault "the mode is cut short" second 'mode says .permiss' eval 'printf permiss >"$(state mode)"'
fault "the mode is empty" second 'neither permissive nor enforcing' eval ': >"$(state mode)"'
fault "the mode is gone" second 'mode: .*No such file.*without it the node is enforcing' rm "$(state mode)"
fault "the mode is a folder" second 'mode: is a folder' eval 'rm "$(state mode)"; mkdir "$(state mode)"'
fault "the mode is a pipe" second 'mode: is a pipe' eval 'rm "$(state mode)"; mkfifo "$(state mode)"'
fault "the mode is a link to nowhere" second 'mode: .*No such file' ln -sf nowhere "$(state mode)"

# The snapshot.
fault "current.rsnap is gone" second 'current\.rsnap: it leads to no file' rm "$(state current.rsnap)"
fault "current.rsnap leads nowhere" second 'current\.rsnap: it leads to no file' ln -sfn generations/no.rsnap "$(state current.rsnap)"
fault "its file is cut short" first 'current\.rsnap: .*cut short' truncate -s -100 "$RESID_STATE_DIR/generations/$second.rsnap"
fault "its file is empty" first 'current\.rsnap: not a Resid snapshot' truncate -s 0 "$RESID_STATE_DIR/generations/$second.rsnap"
fault "a bit of it is another" first 'current\.rsnap: .*digest' flip "$RESID_STATE_DIR/generations/$second.rsnap" 3000
fault "its end is another" first 'current\.rsnap: .*digest' eval 'flip "$(state generations/$second.rsnap)" $(($(stat -c %s "$(state generations/$second.rsnap)") - 3))'
fault "it is a folder" first 'current\.rsnap: is a folder' eval 'rm "$(state generations/$second.rsnap)"; mkdir "$(state generations/$second.rsnap)"'
fault "it is a pipe" first 'current\.rsnap: is a pipe' eval 'rm "$(state generations/$second.rsnap)"; mkfifo "$(state generations/$second.rsnap)"'
fault "the clock was ahead when the one before was accepted" second restored touch -d '2090-01-01' "$RESID_STATE_DIR/generations/$first.rsnap"
other_release() { flip "$1" 6; }
fault "all are of another release" closed 'of another version' each_generation other_release
fault "all are cut short" closed 'cut short' each_generation truncate -s -100
fault "all are gone" closed 'leads to no file' eval 'rm "$RESID_STATE_DIR"/generations/*.rsnap'
check "closed, a policy can be loaded" "$residctl" policy load "$(policy default)"
is "and enforces" "$("$residctl" mode) $(saw health tcp "$us" reloaded) $(saw health tcp "$fr" reloaded-fr)" "enforcing ECONNREFUSED connected"
fault "generations is a file" closed 'leads to no file' eval 'rm -r "$(state generations)"; echo >"$(state generations)"'

# The system.
readonly_state() { mount --bind "$RESID_STATE_DIR" "$RESID_STATE_DIR"; mount -o remount,bind,ro "$RESID_STATE_DIR"; }
fault "nothing can be written" second restored readonly_state
full_state()
{
	mv "$RESID_STATE_DIR" "$work/elsewhere"
	mkdir "$RESID_STATE_DIR"
	mount -t tmpfs -o size=64m tmpfs "$RESID_STATE_DIR"
	cp -a "$work/elsewhere/." "$RESID_STATE_DIR"
	rm -rf "$work/elsewhere"
	cat /dev/zero >"$(state filler)" 2>/dev/null || true
}
fault "the disk is full" second restored full_state
umount "$RESID_STATE_DIR"
for day in 1971-01-01 2100-01-01; do
	now=$(date +%s)
	fault "the clock says $day" second restored date -s "$day"
	date -s "@$now" >/dev/null
done
fault "there is no folder for what runs" second restored rm -rf "$RESID_RUN_DIR"
no_bpf() { mount -t tmpfs tmpfs /sys/fs/bpf; }
fault "there is no BPF file system" second . no_bpf
umount /sys/fs/bpf

# Somebody else is at work.
again
module_load boot=open
residd_start
refused "a second residd ends at once" 2 "residd runs already, as process $residd_pid" "$residd"
is "and resid-restore beside it changes nothing" "$("$restore" 2>/dev/null; in_force)" "$second"
residd_stop
# The stage is another's for two seconds.
again
module_load boot=open
{ sleep 2; } | "$tools/genl" -w 2 2:u32:100000 >"$work/upload" 2>&1 &
children+=($!)
wait_until 10 test -s "$work/upload" || bail "the upload does not begin"
"$restore" >"$work/said" 2>&1 || true
is "an upload of another's is waited for" "$(in_force)" "$second"

faults_end
e2e_done
