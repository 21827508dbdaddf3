#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""arrived.py FILE TOTAL: whether a receiver has each record of `node`, once after de-duplication and in order."""
import re
import sys

BATCH = 500
seen, order, lines = set(), [], 0
with open(sys.argv[1], errors="replace") as file:
    for line in file:
        found = re.search(r"1{32}-(\d+)-(\d+)\b", line)
        if not found:
            continue
        lines += 1
        number = (int(found[1]) - 1) * BATCH + int(found[2])
        if number not in seen:
            seen.add(number)
            order.append(number)
total = int(sys.argv[2])
missing = set(range(total)) - seen
if missing or len(order) != total:
    sys.exit(f"{len(seen)} of {total} records arrived; the first that is missing is {min(missing, default=None)}")
if order != list(range(total)):
    wrong = next(i for i, number in enumerate(order) if number != i)
    sys.exit(f"out of order: record {order[wrong]} stands where {wrong} should")
print(f"{total} records in {lines} lines")
