#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""arrived.py FILE TOTAL: whether a receiver has each record of `node`, once after de-duplication, in order, and as it was:
all arrivals of one id have the same content, and that is what `node` made it of."""
import hashlib
import json
import re
import sys

BATCH = 500
# What the receiver adds of its own to a record of a journal.
OURS = re.compile(r"RESID_|MESSAGE|PRIORITY|SYSLOG_")


def content(line):
    """The record, without what only says how the line was written."""
    try:
        record = json.loads(line)
    except ValueError:
        return line.strip()
    if "__CURSOR" in record:
        record = {key: value for key, value in record.items() if OURS.match(key)}
    return json.dumps(record, sort_keys=True)


def main(path, total):
    first, order, lines = {}, [], 0
    with open(path, errors="replace") as file:
        for line in file:
            found = re.search(r"1{32}-(\d+)-(\d+)\b", line)
            if not found:
                continue
            lines += 1
            number = (int(found[1]) - 1) * BATCH + int(found[2])
            record = content(line)
            digest = hashlib.sha256(record.encode()).digest()
            if first.setdefault(number, digest) != digest:
                sys.exit(f"record {number} arrived with another content: {record}")
            if len(first) == len(order):
                continue
            order.append(number)
            packets = re.search(r'packets"?[:=] ?"?(\d+)|\bcnt=(\d+)', record, re.I)
            if int(packets[1] or packets[2]) != number + 1 or not re.search(rf"comm-{number}\b", record):
                sys.exit(f"record {number} is not what was recorded: {record}")
    missing = set(range(total)) - set(first)
    if missing or len(order) != total:
        sys.exit(f"{len(first)} of {total} records arrived; the first that is missing is {min(missing, default=None)}")
    if order != list(range(total)):
        wrong = next(i for i, number in enumerate(order) if number != i)
        sys.exit(f"out of order: record {order[wrong]} stands where {wrong} should")
    print(f"{total} records in {lines} lines")


main(sys.argv[1], int(sys.argv[2]))
