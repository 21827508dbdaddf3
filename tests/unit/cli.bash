# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced, in the root of the tree, by the tests of residctl as a user meets it: build/san/residctl, a small world, TAP.

ctl=$PWD/build/san/residctl
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export RESID_STATE_DIR=$tmp/state RESID_CONF_DIR=$tmp/conf
export ASAN_OPTIONS=${ASAN_OPTIONS:-exitcode=99}
number=0 failed=0

# result OK NAME [WHY]
result()
{
	((++number))
	if (($1)); then
		echo "ok $number - $2"
	else
		failed=1
		echo "not ok $number - $2"
		printf '# %s\n' "${3:-}" | head -n 20
	fi
}

# expect NAME STATUS STDOUT-PATTERN STDERR-PATTERN COMMAND...: patterns are bash's; standard input is $input.
input=''
expect()
{
	local name=$1 want=$2 out_pattern=$3 err_pattern=$4 out err status=0

	shift 4
	out=$(printf %s "$input" | "$@" 2>"$tmp/err") || status=$?
	err=$(cat "$tmp/err")
	# shellcheck disable=SC2053
	[[ $status == "$want" && $out == $out_pattern && $err == $err_pattern ]]
	result $((! $?)) "$name" "status $status, stdout: $out, stderr: $err"
}

cat >"$tmp/geoip" <<'DATA'
# Generated: Thu, 25 Jun 2026 04:33:59 GMT
33554432,33619967,FR
50331648,50397183,US
DATA
cat >"$tmp/geoip6" <<'DATA'
# Generated: Thu, 25 Jun 2026 04:33:59 GMT
2a00::,2a00:ffff:ffff:ffff:ffff:ffff:ffff:ffff,FR
DATA
files=(--geoip4 "$tmp/geoip" --geoip6 "$tmp/geoip6" --asn none)
# On a day when they are fresh.
data=("${files[@]}" --now 2026-11-22T12:00:00Z)
