#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Missing, short, long and oversized attributes, steps out of order and a second uploader are refused with an errno and a
# sentence, and no state changes.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
resid_up
genl=$tools/genl
zeros=$(printf '0%.0s' {1..64})
state() { "$residctl" status --json | sed 's/"devices.*//'; }
before=$(state)

# hostile NAME ERRNO SENTENCE MESSAGE...: the last answer.
hostile()
{
	local name=$1 errno=$2 sentence=$3

	shift 3
	like "$name" "$("$genl" "$@" | tail -n 1)" "^errno=$errno said=.*$sentence"
}

hostile "an unknown command" EOPNOTSUPP '' 77
hostile "command 0" EOPNOTSUPP '' 0
hostile "status with an attribute" EINVAL '.' 1 1:u32:1
hostile "disarm with an attribute" EINVAL '.' 13 1:u32:1
hostile "close with an attribute" EINVAL '.' 15 1:u32:1
hostile "close with a policy in force" EBUSY 'a policy is in force' 15
hostile "begin without a length" EINVAL 'attribute is missing' 2
hostile "begin with a length of two bytes" '(ERANGE|EINVAL)' '.' 2 3:hex:0001
hostile "begin with a length of eight bytes" '(ERANGE|EINVAL)' '.' 2 3:u64:1000
hostile "begin with an attribute that claims more than there is" EINVAL '' 2 3:long:4000
hostile "begin with an unknown attribute" EINVAL '.' 2 3:u32:1000 99:u32:1
hostile "begin of nothing" EINVAL 'longer than its header' 2 3:u32:0
hostile "begin of more than the maximum" EINVAL '16 MiB' 2 3:u32:$((16 * 1024 * 1024 + 1))
hostile "begin of 4 GiB" EINVAL '16 MiB' 2 3:u32:4294967295
hostile "chunk without begin" ENOENT 'begin' 3 2:u64:1 4:u32:0 5:hex:00
hostile "chunk without data" EINVAL 'missing' 2 3:u32:1000 -- 3 2:token:0 4:u32:0
hostile "chunk without token" EINVAL 'missing' 2 3:u32:1000 -- 3 4:u32:0 5:hex:00
hostile "chunk of more than 60 KiB" '(ERANGE|EINVAL)' '.' 2 3:u32:100000 -- 3 2:token:0 4:u32:0 5:zero:61441
hostile "chunk with another token" ENOENT 'begin' 2 3:u32:1000 -- 3 2:u64:1 4:u32:0 5:hex:00
hostile "chunk ahead of its turn" EINVAL 'follow' 2 3:u32:1000 -- 3 2:token:0 4:u32:10 5:hex:00
hostile "chunk past the end" EINVAL 'announced' 2 3:u32:1000 -- 3 2:token:0 4:u32:0 5:zero:1001
hostile "chunk at an offset that wraps" EINVAL 'follow' 2 3:u32:1000 -- 3 2:token:0 4:u32:4294967295 5:hex:0000
hostile "commit without begin" ENOENT 'begin' 4 2:u64:1 "6:hex:$zeros"
hostile "commit of half an upload" EINVAL 'not complete' 2 3:u32:1000 -- 4 2:token:0 "6:hex:$zeros"
hostile "commit with a short generation" '(ERANGE|EINVAL)' '.' 2 3:u32:1000 -- 4 2:token:0 6:hex:0000
hostile "commit of zeros" EINVAL '.' 2 3:u32:1000 -- 3 2:token:0 4:u32:0 5:zero:1000 -- 4 2:token:0 "6:hex:$zeros"
hostile "begin twice" EBUSY 'another upload' 2 3:u32:1000 -- 2 3:u32:1000
hostile "mode without a value" EINVAL 'missing' 5
hostile "mode 2" '(ERANGE|EINVAL)' '.' 5 1:u8:2
hostile "mode with four bytes" '(ERANGE|EINVAL)' '.' 5 1:u32:1
hostile "mode confirmed in no time" '(ERANGE|EINVAL)' '.' 5 1:u8:1 2:u32:0
hostile "mode confirmed next year" '(ERANGE|EINVAL)' '.' 5 1:u8:1 2:u32:86401
hostile "tagger without a descriptor" EINVAL 'missing' 6
hostile "tagger that is no descriptor" EBADF 'sched_cls' 6 1:u32:999
hostile "tagger that is no program" EINVAL 'sched_cls' 6 1:u32:0
hostile "tagger below -1" '(ERANGE|EINVAL)' '.' 6 1:u32:4294967294
hostile "device 0" '(ERANGE|EINVAL)' '.' 7 2:u32:0 5:u8:1
hostile "a device that is not there" ENODEV '.' 7 2:u32:99999 5:u8:1
hostile "device inside 2" '(ERANGE|EINVAL)' '.' 7 2:u32:1 5:u8:2
hostile "acknowledge without a batch" EINVAL 'missing' 12
hostile "acknowledge a batch that was never given" ESTALE '.' 12 2:u64:99999
hostile "get a batch that does not wait" ESTALE '.' 11+dump 2:u64:99999
# Linux 6.1 gives no sentence with a dump that does not start.
hostile "get no batch" EINVAL '' 11+dump

# question FAMILY DIRECTION FLAGS: 0.0.0.0 of class 1, in hexadecimal.
question() { printf '%052d%02x0100%02x%02x00' 0 "$@"; }
hostile "no question" EINVAL 'missing' 14
hostile "an empty list of questions" EINVAL 'whole number' 14 2:hex:
hostile "half a question" EINVAL 'whole number' 14 2:zero:16
hostile "a question and a byte" EINVAL 'whole number' 14 "2:hex:$(question 2 0 0)00"
hostile "a question too many" '(ERANGE|EINVAL)' '.' 14 2:zero:$((513 * 32))
hostile "a question of no family" EINVAL 'AF_INET6' 14 2:zero:32
hostile "a second question of no family" EINVAL 'AF_INET6' 14 "2:hex:$(question 2 0 0)$(question 1 0 0)"
hostile "a question about a third direction" EINVAL 'direction' 14 "2:hex:$(question 2 3 0)"
hostile "a question with an unknown flag" EINVAL 'flag' 14 "2:hex:$(question 2 0 8)"
hostile "a question about a port of no protocol" EINVAL 'ports' 14 "2:hex:$(question 2 0 2)"
hostile "a question and an attribute of the answer" '(ERANGE|EINVAL)' '.' 14 "2:hex:$(question 2 0 0)" 3:hex:00
like "twin: a question" "$("$genl" 14 "2:hex:$(question 2 0 0)")" '^errno=0 4=[0-9a-f]{64} 3=[0-9a-f]{64}$'

# A second uploader, while the first one's socket is open; it dies with its socket.
mkfifo "$work/first.in"
"$genl" -w 2 3:u32:1000 <>"$work/first.in" >"$work/first" &
first=$!
children+=("$first")
wait_until 5 test -s "$work/first"
like "the first uploader has a stage" "$(cat "$work/first")" '^errno=0 2='
hostile "a second uploader" EBUSY 'another upload' 2 3:u32:1000
refused "residctl says so in a sentence" 2 'another upload' "$residctl" policy load "$(policy twin)"
stop $first KILL
like "its stage is gone with its process" "$("$genl" 2 3:u32:1000)" '^errno=0'

# A whole, sound snapshot that names another generation than the one in force.
file=$(policy twin)
u64() { od -An -tu8 -j "$1" -N 8 "$file" | tr -d ' '; }
# The header: magic, three words, then sections of offset, length and digest; the seventh is not the kernel's.
length=$(u64 $((32 + 6 * 48)))
messages=(2 "3:u32:$length")
for ((at = 0; at < length; at += 61440)); do
	n=$((length - at < 61440 ? length - at : 61440))
	messages+=(-- 3 2:token:0 "4:u32:$at" "5:file:$file@$at+$n")
done
hostile "commit that replaces none, where there is one" '(ESTALE|EEXIST|EINVAL|EAGAIN|EBUSY)' '.' \
	"${messages[@]}" -- 4 2:token:0 "6:hex:$zeros"
is "no state changed" "$(state)" "$before"
is "health is refused as before" "$(saw health tcp "${place[US4]}" after)" ECONNREFUSED
generation=$("$residctl" status --json | sed 's/.*"generation":"\([0-9a-f]*\)".*/\1/')
like "twin: the same upload that names the generation in force" \
	"$("$genl" "${messages[@]}" -- 4 2:token:0 "6:hex:$generation" | tail -n 1)" '^errno=0'
if [[ $(state) != "$before" ]]; then
	ok "twin: it is in force"
else
	not_ok "twin: it is in force"
fi
e2e_done
