#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A snapshot with a byte flipped or cut short is refused, by residctl and by the kernel itself, with a sentence; the
# generation in force stays in force.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
resid_up
file=$(policy small-twin)
size=$(stat -c %s "$file")
u64() { od -An -tu8 -j "$1" -N 8 "$file" | tr -d ' '; }
length=$(u64 $((32 + 6 * 48)))
# What a refusal could change; how many namespaces there are, those of the test before decide, which go when they go.
status() { "$residctl" status --json | sed 's/"devices.*//'; }
generation=$("$residctl" status --json | sed 's/.*"generation":"\([0-9a-f]*\)".*/\1/')
before=$(status)

# Where to flip: what the header says of itself, a field and the digest of each section in it, and the sections.
places=(0 7 8 16 24 368 399)
for ((section = 0; section < 7; section++)); do
	at=$((32 + section * 48)) start=$(u64 $((32 + section * 48))) bytes=$(u64 $((40 + section * 48)))
	places+=($((at + section % 2 * 8)) $((at + 16 + 5 * section)))
	((bytes == 0)) || places+=($((start + bytes / 2)) $((start + bytes - 1)))
done

# flips NAME PLACE...: residctl refuses the file with that byte flipped.
flips()
{
	local name=$1 at byte status said wrong=()

	shift
	for at; do
		((at < size)) || continue
		cp "$file" "$work/bad.rsnap"
		byte=$(od -An -tx1 -j "$at" -N 1 "$file" | tr -d ' ')
		printf '%b' "\\x$(printf %02x $((0x$byte ^ 1)))" |
			dd of="$work/bad.rsnap" bs=1 seek="$at" conv=notrunc status=none
		status=0
		said=$("$residctl" policy load "$work/bad.rsnap" 2>&1) || status=$?
		[[ $status == 3 && $said != *$'\n'* && -n $said ]] || wrong+=("flip at $at: status $status: ${said%%$'\n'*}")
	done
	is "$name" "${wrong[*]}" ""
}
flips "residctl refuses a flip at each of ${#places[@]} places" "${places[@]}"
"$residctl" policy load "$(policy default)" >>"$work/ctl" 2>&1

wrong=()
for cut in 0 1 7 31 32 200 399 400 401 $((length / 2)) $((length - 1)) "$length" $((size - 1)); do
	head -c "$cut" "$file" >"$work/bad.rsnap"
	status=0
	said=$("$residctl" policy load "$work/bad.rsnap" 2>&1) || status=$?
	[[ $status == 3 && $said != *$'\n'* && -n $said ]] || wrong+=("cut at $cut: status $status: $said")
done
is "residctl refuses a file cut at any length" "${wrong[*]}" ""

# The kernel is told the same without residctl in between.
upload()
{
	local end=$1 messages=(2 "3:u32:$1") at n

	for ((at = 0; at < end; at += 61440)); do
		n=$((end - at < 61440 ? end - at : 61440))
		messages+=(-- 3 2:token:0 "4:u32:$at" "5:file:$file@$at+$n")
	done
	"$tools/genl" "${@:2}" "${messages[@]}" -- 4 2:token:0 "6:hex:$generation" | tail -n 1
}

wrong=() tried=0
for at in "${places[@]}"; do
	((at < length)) || continue	# the rest is not sent to it
	((++tried))
	said=$(upload "$length" -x "$at")
	[[ $said =~ ^errno=E[A-Z]+\ said=.+ ]] || wrong+=("flip at $at: $said")
done
is "the kernel refuses a flip at each of $tried places" "${wrong[*]}" ""
wrong=()
for cut in 400 401 500 $((length / 2)) $((length - 8)) $((length - 1)); do
	said=$(upload "$cut")
	[[ $said =~ ^errno=E[A-Z]+\ said=.+ ]] || wrong+=("cut at $cut: $said")
done
is "the kernel refuses what is cut" "${wrong[*]}" ""

is "the generation in force stayed in force" "$(status)" "$before"
is "health is refused as before" "$(saw health tcp "${place[US4]}" after)" ECONNREFUSED
is "twin: health reaches Germany" "$(saw health tcp "${place[DE4]}" after-twin)" connected
like "twin: the kernel takes the sound one" "$(upload "$length")" '^errno=0'
check "twin: residctl takes it" "$residctl" policy load "$file"
e2e_done
