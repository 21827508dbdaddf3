#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A module that was built for another kernel does not load, by whatever the two differ; nothing of it stays, and every
# program of Resid says in one sentence why nothing works and what to do.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
module_loaded && bail "resid.ko is loaded already"
release=$(uname -r)
modules=/lib/modules/$release
another=${release/./9}	# as long as this one's

# installed [FILE]: that is the module, the only one, that this kernel finds. What it depends on is loaded before.
modprobe -a nf_conntrack nf_reject_ipv4 nf_reject_ipv6
mkdir -p "$work/modules/updates"
cp "$modules"/modules.{order,builtin,builtin.modinfo} "$work/modules/"
mount --bind "$work/modules" "$modules"
installed()
{
	rm -f "$modules/updates/resid.ko"
	[[ -z ${1:-} ]] || cp "$1" "$modules/updates/resid.ko"
	depmod
}

# changed FROM TO: the module with the same number of other bytes, in $work/resid.ko.
changed()
{
	command -p sed "s/$1/$2/" "$top/resid.ko" >"$work/resid.ko"
	if cmp -s "$work/resid.ko" "$top/resid.ko"; then
		bail "nothing was changed: $1"
	fi
}

# does_not_load NAME SAID LOGGED: what insmod and the kernel's log say of $work/resid.ko.
does_not_load()
{
	refused "$1: insmod refuses" 1 "$2" insmod "$work/resid.ko"
	like "$1: the kernel's log says why" "$(dmesg | tail -n 3)" "$3"
	check "$1: nothing of it stays" test ! -e /sys/module/resid
}

changed "vermagic=$release SMP preempt mod_unload" "vermagic=$release SMP preempt mod_onload"
does_not_load "another kernel's kind" 'Invalid module format' 'version magic .* should be'

# Each symbol that the module uses stands with the checksum of its type; the first one's is turned over.
offset=$(objdump -h "$top/resid.ko" | awk '$2 == "__versions" { print $6 }')
cp "$top/resid.ko" "$work/resid.ko"
printf '\x5a\xa5' | dd of="$work/resid.ko" bs=1 seek=$((0x$offset)) conv=notrunc status=none
does_not_load "another kernel's types" 'Invalid (parameters|module format|argument)' 'disagrees about version of symbol'

# Asking for the family has a module loaded; a kernel with checksums of types takes that of another release, if they match.
mkdir -p /run/modprobe.d
echo "blacklist resid" >/run/modprobe.d/resid-test.conf

sentence="resid\.ko is not loaded"
# everyone NAME REGEX: what each program says, in one sentence with status 2.
everyone()
{
	refused "$1: residctl status" 2 "$sentence.*$2" "$residctl" status
	refused "$1: residctl policy load" 2 "$sentence.*$2" "$residctl" policy load "$(policy default)"
	refused "$1: residctl class assign needs a policy" '[23]' . "$residctl" class assign health netns:x
	"$residd" >"$work/residd.out" 2>&1 &
	children+=($!)
	residd_pid=$!
	wait_until 60 grep -q "$sentence" "$RESID_RUN_DIR/status.json" || true
	like "$1: residd" "$(head -n 1 "$work/residd.out")" "$sentence.*$2"
	like "$1: residd's status has it too" "$(cat "$RESID_RUN_DIR/status.json" 2>/dev/null)" "$sentence"
	check "$1: residd waits for the module" kill -0 "$residd_pid"
	residd_stop
	rm -f "$RESID_RUN_DIR/status.json"
}

installed ''
everyone "no module for this kernel" "none is installed for this kernel, $release; .*linux-headers-$release.*make install.*modprobe resid"
changed "vermagic=$release" "vermagic=$another"
installed "$work/resid.ko"
everyone "a module of another release" "updates/resid\.ko is built for kernel $another, and this is $release; .*KDIR=/lib/modules/$release/build"
installed "$top/resid.ko"
everyone "the right module" 'load it with .modprobe resid.'

check "twin: it says how, and that works" modprobe resid
check "twin: residctl has a status" "$residctl" status
rmmod resid
rm /run/modprobe.d/resid-test.conf
check "twin: the right module is loaded by asking for it" "$residctl" status
check "twin: and is there" test -e /sys/module/resid
umount -l "$modules"
e2e_done
