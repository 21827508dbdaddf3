#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the cases of a scenario's table as lines: CLASS PROTOCOL ADDRESS PORT DIRECTION NOW VERDICT RULE; - : not said."""
import re
import sys

import yaml

with open(sys.argv[1], encoding="utf-8") as file:
    cases = yaml.load(file, yaml.BaseLoader)["cases"]
for case in cases:
    address, port, proto = re.fullmatch(r"\[?([0-9a-f.:]+?)\]?:(\d+)/(tcp|udp)", case["to"]).groups()
    print(case["class"], proto, address, port, case.get("direction", "-"), case.get("now", "-"), case["verdict"], case.get("rule", "-"))
