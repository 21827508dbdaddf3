#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Holds tests/run to its word: whatever can go wrong in a test program must show in the count.
set -euo pipefail
cd "$(dirname "$(realpath "$0")")/.."

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
number=0

# is EXPECTED ACTUAL NAME
is()
{
	if [[ $1 == "$2" ]]; then
		echo "ok $((++number)) - $3"
	else
		echo "not ok $((++number)) - $3"
		printf '# expected %s, got %s\n' "$1" "$2"
	fi
}

# counts EXPECTED STATUS NAME: what tap.awk makes of standard input
counts()
{
	is "$1" "$(awk -v status="$2" -f tests/tap.awk | tail -n 1)" "$3"
}

counts "2 0 0" 0 "two that pass" <<<$'1..2\nok 1 - a\nok 2 - b'
counts "1 1 0" 1 "one that fails" <<<$'1..2\nok 1 - a\nnot ok 2 - b'
counts "1 1 0" 0 "one that fails, though the status is zero" <<<$'1..2\nok 1 - a\nnot ok 2 - b'
counts "1 0 1" 0 "a skip" <<<$'1..2\nok 1 - a\nok 2 - b # SKIP no device'
counts "1 0 1" 0 "a skip as cmocka prints it" <<<$'1..2\nok 1 - a\nnot ok 2 # SKIP b'
counts "0 1 0" 1 "a failure whose name speaks of a skip" <<<$'1..1\nnot ok 1 - a # SKIP'
counts "0 0 1" 0 "a skip of everything" <<<'1..0 # SKIP not root'
counts "1 1 0" 0 "fewer results than planned" <<<$'1..2\nok 1 - a'
counts "2 1 0" 0 "more results than planned" <<<$'1..1\nok 1 - a\nok 2 - b'
counts "2 0 0" 0 "a plan at the end" <<<$'ok 1 - a\nok 2 - b\n1..2'
counts "2 1 0" 0 "a wrong plan at the end" <<<$'ok 1 - a\nok 2 - b\n1..3'
counts "3 0 0" 0 "two groups of one program" <<<$'1..2\nok 1 - a\nok 2 - b\n1..1\nok 1 - c'
counts "3 1 0" 0 "two groups, the first incomplete" <<<$'1..3\nok 1 - a\nok 2 - b\n1..1\nok 1 - c'
counts "0 1 0" 0 "silence" </dev/null
counts "0 1 0" 0 "an empty plan without a reason" <<<'1..0'
counts "0 1 0" 0 "talk without a result" <<<$'everything is okay\n# ok'
counts "1 1 0" 139 "a crash after the last result" <<<$'1..1\nok 1 - a'
counts "1 1 0" 0 "bail out" <<<$'ok 1 - a\nBail out! no network'
counts "3 0 0" 0 "KTAP: leaves are counted, suites are not" \
	<<<$'    # Subtest: lpm\n    1..2\n    ok 1 - a\n    ok 2 - b\nok 1 - lpm\n    1..1\n    ok 1 - c\nok 2 - stage'
counts "1 1 0" 0 "KTAP: a failed leaf counts once" <<<$'    1..2\n    ok 1 - a\n    not ok 2 - b\nnot ok 1 - lpm'
counts "2 1 0" 0 "KTAP: a suite that fails beside its leaves" <<<$'    1..2\n    ok 1 - a\n    ok 2 - b\nnot ok 1 - lpm'
counts "1 1 0" 0 "KTAP: a wrong plan inside" <<<$'    1..2\n    ok 1 - a\nok 1 - lpm'
counts "2 0 0" 0 "KTAP: parameters, three deep" \
	<<<$'    1..1\n        # Subtest: p\n        ok 1 - x\n        ok 2 - y\n    ok 1 - a\nok 1 - lpm'

# The command itself, on a scratch tree with programs that misbehave.
mkdir -p "$dir/tests" "$dir/build/tests/unit"
cp tests/run tests/tap.awk "$dir/tests/"
printf '.PHONY: tests-unit\ntests-unit: ;\n' >"$dir/Makefile"

# fake NAME: standard input as a test program
fake()
{
	{ echo '#!/bin/bash'; cat; } >"$dir/build/tests/unit/$1"
	chmod +x "$dir/build/tests/unit/$1"
}

# run EXPECTED NAME: closing line and exit status of `tests/run unit`
run()
{
	local status=0

	"$dir/tests/run" unit >"$dir/out" 2>&1 || status=$?
	is "$1" "$(tail -n 1 "$dir/out"), status $status" "$2"
}

run "0 passed, 1 failed, 0 skipped, status 1" "tests/run: no program"
fake good <<<'echo 1..1; echo ok 1 - good'
run "1 passed, 0 failed, 0 skipped, status 0" "tests/run: one that passes"
fake left-out <<<'echo "1..0 # SKIP no device"'
run "1 passed, 0 failed, 1 skipped, status 0" "tests/run: a skip is no failure"
fake bad <<<'echo 1..1; echo not ok 1 - bad'
fake plan <<<'echo 1..2; echo ok 1 - first'
fake silent </dev/null
fake crash <<<'echo 1..1; echo ok 1 - crash; kill -SEGV $$'
run "3 passed, 4 failed, 1 skipped, status 1" "tests/run: failure, wrong plan, silence, crash"
is 1 "$(grep -c ' passed, .* failed, .* skipped$' "$dir/out")" "tests/run: one closing line"
printf '.PHONY: tests-unit\ntests-unit: ; false\n' >"$dir/Makefile"
run "0 passed, 1 failed, 0 skipped, status 1" "tests/run: what does not build"

# End to end, with a guest that is this machine: scripts of several guests, each judged by its own output.
mkdir -p "$dir/tests/vm" "$dir/tests/e2e"
printf 'print-KDIR:\n\t@echo here\n.PHONY: all e2e-tools\nall e2e-tools: ;\n' >"$dir/Makefile"
cat >"$dir/tests/vm/run" <<'RUN'
#!/bin/bash
while [[ $1 != -- ]]; do shift; done
exec "${@:2}"
RUN
chmod +x "$dir/tests/vm/run"
for i in {0..9}; do
	fake guest <<<"echo ok 1 - script $i; echo 1..1; sleep 0.0$i"
	mv "$dir/build/tests/unit/guest" "$dir/tests/e2e/$i.sh"
done
sed -i '2i # vm: own --init systemd' "$dir/tests/e2e/3.sh"
sed -i 's/^echo ok/echo not ok/' "$dir/tests/e2e/7.sh"
"$dir/tests/run" e2e >"$dir/out" 2>&1 || true
is "9 passed, 1 failed, 0 skipped" "$(tail -n 1 "$dir/out")" "tests/run: scripts of several guests"
is "FAIL e2e/7:" "$(grep -o 'FAIL .*:' "$dir/out" | head -n 1)" "tests/run: the one that failed is named"
# shellcheck disable=SC2016 # for that script
echo 'kill "$(cut -d " " -f 4 "/proc/$PPID/stat")"' >>"$dir/tests/e2e/4.sh"	# the guest, as it were
"$dir/tests/run" e2e >"$dir/out" 2>&1 || true
is 1 "$(grep -c 'FAIL e2e/6: the guest ended before it did' "$dir/out")" "tests/run: a guest that ends too early"
# A guest that dies of the emulator, once or always; and of a breakpoint in the module, which is ours.
dies()
{
	cat >"$dir/tests/vm/run" <<-RUN
		#!/bin/bash
		while [[ \$1 != -- ]]; do shift; done
		if [[ ! -e "$dir/died" ]]; then
			$2
			echo 'int3: 0000 [#1] PREEMPT SMP NOPTI' >&2
			echo 'RIP: 0010:$1' >&2
			exit 125
		fi
		exec "\${@:2}"
	RUN
	rm -rf "$dir/died" "$dir"/build/test-logs
	"$dir/tests/run" e2e/0 >"$dir/out" 2>&1 || true
	tail -n 1 "$dir/out"
}
is "1 passed, 0 failed, 0 skipped" "$(dies sock_init_data+0x1/0x50 "touch $dir/died")" "tests/run: a fault of QEMU's: once more"
is 1 "$(grep -c 'booted again' "$dir/out")" "tests/run: and that is said"
is "0 passed, 2 failed, 0 skipped" "$(dies sock_init_data+0x1/0x50 :)" "tests/run: but only once"
is "0 passed, 2 failed, 0 skipped" "$(dies 'hook_judge+0x1/0x50 [resid]' "touch $dir/died")" "tests/run: a fault of the module's"
is 2 "$("$dir/tests/run" nonsense >/dev/null 2>&1 || echo $?)" "tests/run: an unknown suite"
echo "1..$number"
