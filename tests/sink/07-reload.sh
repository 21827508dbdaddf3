#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# sinks.d is read again: a sink is added, removed, broken, mended and replaced while records come. Whatever happens to one,
# the others deliver, and no record is delivered twice or not at all.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/lib.sh"

total=500
# to NAME [LINE...]: a sink that writes to NAME.jsonl
to()
{
	local name=$1

	shift
	printf '%s\n' "transport = file" "path = $dir/siem/$name.jsonl" "$@" | sink "$name"
}
# has NAME: all records, once and in order
has() { [[ $(wc -l <"$dir/siem/$1.jsonl") == "$total" ]] && arrived "$dir/siem/$1.jsonl" $total; }
more() { kill -USR1 "$node"; total=$((total + 500)); }
reload() { kill -HUP "$node"; }
# gone NAME: its last line is older than the last second's
gone() { ! tail -n 4 "$dir/node.out" | grep -q "^$1 "; }
said() { grep -qF "$1" "$dir/node.err"; }

to first
to second
node_start $total hold
ok "two sinks deliver" within 60 has first
ok "both of them" within 60 has second

to third "format = ecs"
reload
ok "a sink that is added gets what was recorded before it" within 60 has third

rm "$dir/conf/sinks.d/second.conf"
reload
ok "a sink that is removed goes" within 30 gone second
more
ok "the others go on" within 60 has first
ok "one and the other" within 60 has third
ok "it gets no more" is "$(wc -l <"$dir/siem/second.jsonl")" 500

# Three ways to break the file of a sink that runs; each is said with its place, and changes nothing.
to first "colour = red"
reload
ok "a key that is none: file, line and column" within 30 said "/sinks.d/first.conf:3:1: there is no key \`colour\`"
to first "  batch =  many"
reload
ok "a bad value" within 30 said "/sinks.d/first.conf:3:12: batch takes a number from 1 to 256, not \`many\`"
printf 'transport = bulk\nurl = http://127.0.0.1:1\n' | sink first
reload
ok "a setting that is missing" within 30 said "/sinks.d/first.conf: transport bulk needs \`index = ...\`"
more
ok "its sink goes on with what it had" within 60 has first
ok "and the others go on" within 60 has third

# A broken one and a new one at once.
to second
reload
ok "one that comes back goes on where it was, beside a broken one" within 60 has second
printf 'smoke signals\n' | sink fourth
reload
ok "of two broken files the second is said, too" within 30 said "/sinks.d/fourth.conf:1:1: \`smoke signals\` is not key = value"
rm "$dir/conf/sinks.d/fourth.conf"

to first "rotate_bytes = 4000000000"
reload
more
ok "mended, it goes on" within 60 has first
ok "two" within 60 has second
ok "three" within 60 has third
ok "no sink is the process of another: three live" is "$(pgrep -c -P "$node")" 3
kill -TERM "$node"
echo "1..$number"
