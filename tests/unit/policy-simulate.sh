#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `residctl policy simulate`: captures and logs judged by the policy in force and by another one.
set -uo pipefail
# shellcheck source=tests/unit/cli.bash
. tests/unit/cli.bash
export NO_COLOR=1

cat >"$tmp/old.yaml" <<'DATA'
resid: 1
home: EU
classes: {health: {id: 4, default: reject}}
rules:
  - {id: home, location: [EU, translated], verdict: allow, reason: at home}
DATA
cat >"$tmp/new.yaml" <<'DATA'
resid: 1
home: EU
classes: {health: {id: 4, default: reject}}
rules:
  - {id: answers, location: EU, direction: reply, verdict: drop, reason: nothing is served}
  - {id: mail, location: US, proto: tcp, port: 25, verdict: allow, reason: mail, justification: a test}
  - {id: home, location: [EU, translated], verdict: allow, reason: at home}
DATA

# Captures of a node 10.0.0.1, written here so that every byte of them is known:
#   it asks 2.0.0.9 by TCP (SYN, and the answer comes in), answers a SYN of 2.0.0.8, mails 3.0.0.1, asks 3.0.0.53 by UDP,
#   tunnels (IPIP) to 2.0.0.7 what goes to 3.0.0.2, and asks 3.0.0.3 through NAT64. What it asks a neighbour is of the link.
python3 - "$tmp" <<'PY'
import ipaddress, struct, sys

def pack(a):
    return ipaddress.ip_address(a).packed

def ip4(src, dst, proto, body):
    return struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(body), 1, 0, 64, proto, 0, pack(src), pack(dst)) + body

def ip6(src, dst, proto, body, hops=64):
    return struct.pack('!IHBB16s16s', 6 << 28, len(body), proto, hops, pack(src), pack(dst)) + body

def tcp(sport, dport, flags):
    return struct.pack('!HHIIBBHHH', sport, dport, 1, 1, 5 << 4, flags, 1024, 0, 0)

def udp(sport, dport):
    return struct.pack('!HHHH', sport, dport, 8 + 100, 0) + bytes(100)

SYN, ACK = 2, 16
packets = [
    (True, ip4('10.0.0.1', '2.0.0.9', 6, tcp(4001, 443, SYN))),
    (False, ip4('2.0.0.9', '10.0.0.1', 6, tcp(443, 4001, SYN | ACK))),
    (True, ip4('10.0.0.1', '2.0.0.9', 6, tcp(4001, 443, ACK))),
    (False, ip4('2.0.0.8', '10.0.0.1', 6, tcp(5001, 80, SYN))),
    (True, ip4('10.0.0.1', '2.0.0.8', 6, tcp(80, 5001, SYN | ACK))),
    (True, ip4('10.0.0.1', '2.0.0.8', 6, tcp(80, 5001, ACK))),
    (True, ip4('10.0.0.1', '3.0.0.1', 6, tcp(4002, 25, SYN))),
    (True, ip4('10.0.0.1', '3.0.0.53', 17, udp(4003, 53))),
    (True, ip4('10.0.0.1', '2.0.0.7', 4, ip4('10.0.0.1', '3.0.0.2', 6, tcp(4004, 25, SYN)))),
    (True, ip6('fd00::1', '64:ff9b::300:3', 6, tcp(4005, 25, SYN))),
    (True, ip6('fd00::1', '2c00::1', 58, struct.pack('!BBHI', 135, 0, 0, 0) + pack('2c00::1'), 255)),
]

def ethertype(packet):
    return 0x0800 if packet[0] >> 4 == 4 else 0x86dd

def pcap(name, link, frames, cut=65535):
    with open(f'{sys.argv[1]}/{name}', 'wb') as out:
        out.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, link))
        for frame in frames:
            out.write(struct.pack('<IIII', 1, 0, min(cut, len(frame)), len(frame)) + frame[:cut])

arp = b'\xff' * 6 + b'\x02' * 6 + b'\x08\x06' + bytes(28)
ethernet = [b'\x02' * 12 + struct.pack('!H', ethertype(p)) + p for _, p in packets] + [arp]
pcap('ethernet.pcap', 1, ethernet)
pcap('short.pcap', 1, ethernet, 94)
pcap('raw.pcap', 101, [p for _, p in packets])
pcap('cooked.pcap', 113, [struct.pack('!HHH8sH', 4 if out else 0, 1, 6, bytes(8), ethertype(p)) + p for out, p in packets])
pcap('cooked2.pcap', 276, [struct.pack('!HHIHBB8s', ethertype(p), 0, 2, 1, 4 if out else 0, 6, bytes(8)) + p
                           for out, p in packets])
pcap('usb.pcap', 189, [bytes(80)])
with open(f'{sys.argv[1]}/ng.pcapng', 'wb') as out:
    out.write(struct.pack('<IIIHHqI', 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0, -1, 28))
    out.write(struct.pack('<IIHHII', 1, 20, 1, 0, 0, 20))
    for frame in ethernet:
        padded = frame + bytes(-len(frame) % 4)
        size = 32 + len(padded)
        out.write(struct.pack('<IIIIIII', 6, size, 0, 0, 1, len(frame), len(frame)) + padded + struct.pack('<I', size))
PY

simulate=("$ctl" policy simulate "${data[@]}" --against "$tmp/old.yaml" "$tmp/new.yaml" --class health)
# A tunnel is judged by its inner destination as well; it has no ports of its own, so `mail` does not let it through.
seen='health: allow -> drop  (home -> answers)  newly refused
    operator unknown, location FR, control unknown, by none
    2 packets, 80 bytes, 1 flows: 2.0.0.8 tcp 5001
health: reject -> allow  (default-health -> mail)  newly allowed
    operator unknown, location US, control unknown, by none
    1 packets, 40 bytes, 1 flows: 3.0.0.1 tcp 25
health: reject -> allow  (default-health -> *
    1 packets, 60 bytes, 1 flows: 64:ff9b::300:3 tcp 25
4 of 8 recorded packets change their verdict'
expect 'Ethernet' 0 "$seen" '*' "${simulate[@]}" --from 10.0.0.0/8,fd00::/16 "$tmp/ethernet.pcap"
expect 'raw IP' 0 "$seen" '*' "${simulate[@]}" --from 10.0.0.0/8 --from fd00::/16 "$tmp/raw.pcap"
expect 'pcapng' 0 "$seen" '*' "${simulate[@]}" --from 10.0.0.0/8,fd00::/16 "$tmp/ng.pcapng"
expect 'cooked says what left' 0 "$seen" '*' "${simulate[@]}" "$tmp/cooked.pcap"
expect 'cooked, version 2' 0 "$seen" '*' "${simulate[@]}" "$tmp/cooked2.pcap"
expect 'cut to headers' 0 "$seen" '*' "${simulate[@]}" --from 10.0.0.0/8,fd00::/16 "$tmp/short.pcap"
expect 'without --from all count' 0 '*of 11 recorded packets*' '*' "${simulate[@]}" "$tmp/ethernet.pcap"
"${simulate[@]}" --json --all "$tmp/cooked.pcap" >"$tmp/json"
[[ $(jq -c '[.packets, .changed, (.changes | length), .changes[0].old.rule, .changes[0].flows[0].packets]' "$tmp/json") == \
	'[8,4,3,"home",2]' ]]
result $((! $?)) '--json' "$(cat "$tmp/json")"

cat >"$tmp/log" <<'EOF_LOG'
{"id":"1","class":"health","verdict":"reject","proto":"tcp","dst":"3.0.0.1","dport":25,"packets":3,"bytes":180}
{"id":"2","class":"health","verdict":"reject","proto":"tcp","dst":"3.0.0.1","dport":80,"packets":4,"bytes":180}
{"id":"3","class":"health","verdict":"audit","proto":"udp","dst":"2.0.0.8","direction":"reply","packets":5,"bytes":180}
EOF_LOG
expect 'a log and a capture' 0 '*7 packets, 260 bytes, 2 flows: 2.0.0.8 udp, 2.0.0.8 tcp 5001*4 packets, 220 bytes, 1 flows: 3.0.0.1 tcp 25*
12 of 20 recorded packets*' '*' "${simulate[@]}" "$tmp/log" "$tmp/cooked.pcap"

# What only a log holds: frames, what could not be read, a class of one side only, folds, and a line that is being written.
{ sed 's/classes: {/&fresh: {id: 9, default: drop}, /' "$tmp/old.yaml"; printf 'non_ip: reject\nnat64: ["2001:db8:64::/96"]\n'; } \
	>"$tmp/rest.yaml"
cat >"$tmp/rest" <<'EOF_LOG'
{"class":"health","verdict":"drop","flags":["non_ip"],"ethertype":"0x8847","packets":2,"bytes":20}
{"class":"health","verdict":"drop","flags":["unparsable"],"packets":4,"bytes":40}
{"class":"fresh","verdict":"audit","proto":"tcp","dst":"3.0.0.9","dport":80,"packets":6,"bytes":60}
{"class":"fresh","verdict":"audit","proto":"tcp","dst":"3.0.0.9","dport":80,"packets":1,"bytes":10}
{"class":"health","verdict":"reject","proto":"tcp","dst":"2001:db8:64::300:9","dport":443,"packets":8,"bytes":80}
{"verdict":"reject","fold":"all","packets":7,"bytes":70}
EOF_LOG
printf '{"class":"hea' >>"$tmp/rest"
rest=("$ctl" policy simulate "${data[@]}" --against "$tmp/old.yaml" "$tmp/rest.yaml" "$tmp/rest")
expect 'the rest of a log' 0 '*fresh: reject -> drop *
    7 packets, 70 bytes, 1 flows: 3.0.0.9 tcp 80*
9 of 21 recorded packets change their verdict; 7 do not say enough to be judged again' '*' "${rest[@]}"
expect 'frames' 0 '*health: drop -> reject *
    2 packets, 20 bytes, 1 flows: ethertype 0x8847*' '*' "${rest[@]}"
"${rest[@]}" --json >"$tmp/json"
[[ $(jq -c '[.changes[] | select(.class == "fresh") | .flows[0].packets]' "$tmp/json") == '[7]' ]]
result $((! $?)) 'a flow that comes twice' "$(cat "$tmp/json")"

for address in 3.0.0.{11..15}; do
	for ((i = 11; i < ${address##*.}; i++)); do
		echo "{\"class\":\"health\",\"verdict\":\"reject\",\"proto\":\"tcp\",\"dst\":\"$address\",\"dport\":25,\"packets\":1}"
	done
done >"$tmp/many"
expect 'some flows' 0 '*10 packets, 0 bytes, 4 flows: 3.0.0.12 tcp 25, 3.0.0.13 tcp 25, 3.0.0.14 tcp 25, ...*' '*' \
	"${simulate[@]}" "$tmp/many"
expect 'all flows' 0 '*4 flows: *3.0.0.15 tcp 25*' '*' "${simulate[@]}" --all "$tmp/many"

expect 'a capture without a class' 1 '' '*is a capture: say with --class*' \
	"$ctl" policy simulate "${data[@]}" --against "$tmp/old.yaml" "$tmp/new.yaml" "$tmp/raw.pcap"
expect 'a class that neither has' 3 '' "*neither policy has a class 'secret'" \
	"$ctl" policy simulate "${data[@]}" --against "$tmp/old.yaml" "$tmp/new.yaml" --class secret "$tmp/raw.pcap"
expect 'a bad prefix' 1 '' "*--from: '10.0.0.1/8' has bits set*" "${simulate[@]}" --from 10.0.0.1/8 "$tmp/raw.pcap"
expect 'another link type' 3 '' '*usb.pcap: its packets have link type 189*' "${simulate[@]}" "$tmp/usb.pcap"
head -c 300 "$tmp/raw.pcap" >"$tmp/cut.pcap"
expect 'a capture that is cut' 3 '' '*cut.pcap: is damaged: truncated*' "${simulate[@]}" "$tmp/cut.pcap"
head -c 10 "$tmp/raw.pcap" >"$tmp/stub.pcap"
expect 'hardly a capture' 3 '' '*stub.pcap: is no capture: *' "${simulate[@]}" "$tmp/stub.pcap"
expect 'neither' 3 '' "*geoip:1: is no record of Resid's log*" "${simulate[@]}" "$tmp/geoip"

# Damage everywhere: refused or read, never a crash.
broken=0
for ((at = 0; at < $(stat -c %s "$tmp/ng.pcapng"); at += 31)); do
	cp "$tmp/ng.pcapng" "$tmp/bad.pcapng"
	printf '\xff' | dd of="$tmp/bad.pcapng" bs=1 seek="$at" conv=notrunc status=none
	"${simulate[@]}" "$tmp/bad.pcapng" >"$tmp/out" 2>&1
	case $? in
	0 | 3) ;;
	*) ((++broken)) ;;
	esac
done
result $((broken == 0)) 'damaged bytes are never more than refused' "$broken of them: $(cat "$tmp/out")"

echo "1..$number"
exit "$failed"
