#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""questions.py COUNT SEED any|real PLACES: prints that many questions to `residctl explain`, a line each: CLASS DESTINATION
[DIRECTION]. `any` asks of everything; `real` only what a packet can be sent for. PLACES names known addresses, NAME=ADDRESS
a line."""
import ipaddress
import random
import sys

count, seed, kind = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
with open(sys.argv[4], encoding="utf-8") as places:
    known = [ipaddress.ip_address(line.strip().partition("=")[2]) for line in places]
random.seed(seed)
for _ in range(count):
    where = random.randrange(4)
    if where == 0:
        # near a place that is known
        a = random.choice(known)
        a = type(a)(int(a) ^ random.getrandbits(8))
    elif where < 3:
        a = ipaddress.IPv4Address(random.randrange(0x01000000, 0xdf000000))
    else:
        v4 = random.randrange(0x01000000, 0xdf000000)
        a = ipaddress.IPv6Address(random.choice([
            0x2a << 120 | random.getrandbits(112), 0x2001 << 112 | random.getrandbits(100), 0x0064ff9b << 96 | v4,
            0x2002 << 112 | v4 << 80 | 1]))
    if kind == "real" and (a.is_loopback or a.is_link_local or a.is_multicast or
                           str(a).startswith(("10.77.", "fd77:", "169.254.", "0.", "255."))):
        a = ipaddress.ip_address("8.8.8.8")
    text = f"[{a}]" if a.version == 6 else str(a)
    if kind == "real":
        print(random.choice(["health", "public"]), f"{text}:{random.randrange(1, 65536)}/{random.choice(['udp', 'tcp'])}")
        continue
    klass = random.choice(["public", "internal", "health", "vital", "technical", "unlabelled", "kernel", "77"])
    to = random.choice([text.strip("[]"), f"{text}:{random.choice([22, 53, 80, 443, random.randrange(65536)])}",
                        f"{text}:53/udp", f"{text.strip('[]')}/icmp", f"{text.strip('[]')}/{random.randrange(256)}"])
    print(klass, to, random.choice(["", "original", "reply"]))
