# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # lib.sh and its parts share their variables
# Sourced by lib.sh: what a test says, in TAP, and how it waits.

tap_count=0
tap_failed=0

note() { printf '# %s\n' "$@"; }
ok() { printf 'ok %d - %s\n' $((++tap_count)) "$1"; }
skip() { printf 'ok %d - %s # SKIP %s\n' $((++tap_count)) "$1" "$2"; }

# not_ok NAME [EXPLANATION...]
not_ok()
{
	printf 'not ok %d - %s\n' $((++tap_count)) "$1"
	tap_failed=1
	shift
	(($# == 0)) || printf '%s\n' "$@" | sed 's/^/#   /'
}

# is NAME GOT EXPECTED
is()
{
	if [[ $2 == "$3" ]]; then
		ok "$1"
	else
		not_ok "$1" "got:      $2" "expected: $3"
	fi
}

# like NAME GOT REGEX
like()
{
	if [[ $2 =~ $3 ]]; then
		ok "$1"
	else
		not_ok "$1" "got:            $2" "expected match: $3"
	fi
}

# check NAME COMMAND...: the command succeeds; its output is shown if not.
check()
{
	local name=$1 output status=0

	shift
	output=$("$@" 2>&1) || status=$?
	if ((status == 0)); then
		ok "$name"
	else
		not_ok "$name" "status $status: $*" "$output"
	fi
}

# refused NAME STATUS REGEX COMMAND...: the command fails with STATUS and says REGEX in one line.
refused()
{
	local name=$1 expected=$2 regex=$3 output status=0

	shift 3
	output=$("$@" 2>&1 >/dev/null) || status=$?
	# shellcheck disable=SC2053 # a pattern: [13]
	if [[ $status != $expected ]]; then
		not_ok "$name" "status $status, expected $expected: $*" "$output"
	elif [[ $output == *$'\n'* ]]; then
		not_ok "$name" "more than one sentence:" "$output"
	elif [[ ! $output =~ $regex ]]; then
		not_ok "$name" "said:           $output" "expected match: $regex"
	else
		ok "$name"
	fi
}

bail()
{
	echo "Bail out! $*"
	exit 2
}

# Nothing is ever written to it: to wait for it is to sleep without starting a program.
exec {never}<> <(:)

# wait_until SECONDS COMMAND...
wait_until()
{
	local deadline=$((SECONDS + $1))

	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < deadline)) || return 1
		read -rt 0.05 -u "$never" || true
	done
}
