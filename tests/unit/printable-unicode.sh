#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# No character that Unicode calls a control, a formatting character or a separator of lines reaches a terminal: each of
# them is handed to residctl as a user's word, and comes back in its sentence; and as a policy's name, in its JSON. Which
# they are is Python's word, from Unicode's own data.
set -uo pipefail
# shellcheck source=tests/unit/cli.bash
. tests/unit/cli.bash

python3 - "$ctl" >"$tmp/said" <<'PY'
import json
import subprocess
import sys
import unicodedata

hidden = [c for c in map(chr, range(1, 0x110000)) if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")]
plain = [c for c in map(chr, range(32, 0x3000)) if unicodedata.category(c)[0] in "LNP"]


def run(*words):
    return subprocess.run([sys.argv[1], *words], capture_output=True, check=False)


def shown(characters):
    """What of them the sentences for people hold, raw."""
    found = set()
    for at in range(0, len(characters), 40):
        part = "".join(characters[at:at + 40])
        done = run("x" + part)
        text = (done.stdout + done.stderr).decode()
        found |= set(text[:-1]) & set(part)
    return found


raw = shown(hidden)
print("hidden", len(hidden), "raw", *(f"U+{ord(c):04x}" for c in raw))
print("plain", len(plain), "missing", *(f"U+{ord(c):04x}" for c in set(plain) - shown(plain)))
bad = 0
for at in range(0, len(hidden), 20):
    name = "/nonexistent/" + "".join(hidden[at:at + 20]).replace("\n", "")
    bad += any(c in run("policy", "check", name).stderr.decode()[:-1] for c in hidden)
print("names", bad)
PY
grep -qE '^hidden [0-9]{3,} raw$' "$tmp/said"
result $((! $?)) 'no hidden character is shown' "$(cat "$tmp/said")"
grep -qE '^plain [0-9]{4,} missing$' "$tmp/said"
result $((! $?)) 'twin: letters, digits and punctuation are' "$(cat "$tmp/said")"
grep -qx 'names 0' "$tmp/said"
result $((! $?)) 'nor in the name of a file' "$(cat "$tmp/said")"

expect 'bytes that are no UTF-8' 1 '' "*there is no command 'x?xff?x80'*" "$ctl" $'x\xff\x80'

echo "1..$number"
exit "$failed"
