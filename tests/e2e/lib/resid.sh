# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # lib.sh and its parts share their variables
# Sourced by lib.sh: Resid, its module, its daemon, and what they say.

residd_pid=

# module_load [PARAMETER=VALUE...]
# shellcheck disable=SC2120 # most callers need no parameter
module_load()
{
	[[ -d /sys/module/nf_reject_ipv6 ]] || modprobe -a nf_conntrack nf_reject_ipv4 nf_reject_ipv6
	insmod "$top/resid.ko" "$@"
}

# The node's modules are what Resid needs: depmod over all of a distribution's takes minutes in an emulated machine.
small_modules()
{
	local file modules needed=(nf_conntrack nf_reject_ipv4 nf_reject_ipv6 nf_tables)

	modules=/lib/modules/$(uname -r)
	modprobe -a dummy "${needed[@]}"
	mkdir "$work/modules"
	cp -P "$modules"/{modules.order,modules.builtin,modules.builtin.modinfo,build} "$work/modules/"
	while read -r _ file _; do
		mkdir -p "$work/modules/$(dirname "${file#*"$modules/"}")"
		cp "$file" "$work/modules/${file#*"$modules/"}"
	done < <(for file in "${needed[@]}"; do modprobe --show-depends "$file"; done | sort -u)
	mount --bind "$work/modules" "$modules"
}

module_loaded() { [[ -d /sys/module/resid ]]; }

# resid_up [MODE [POLICY]]: module, tagger, policy (of tests/e2e/policy, compiled), the topology's classes, mode.
# shellcheck disable=SC2120
resid_up()
{
	local mode=${1:-enforcing}

	module_loaded || module_load boot=open
	classes
	ctl policy load "$(policy "${2:-default}")"
	ctl mode "$mode"
}

policy() { echo "$top/build/tests/e2e-policy/$1.rsnap"; }

# ctl ARGUMENT...: residctl as a step of a test, not its subject: the test ends if it fails.
ctl() { "$residctl" "$@" >>"$work/ctl" 2>&1 || bail "residctl $*: $(tail -n 1 "$work/ctl")"; }

# The topology's classes, for the next load of a policy: five runs of `class assign` would cost every test seconds.
classes()
{
	mkdir -p "$RESID_CONF_DIR/assign.d"
	keep_class public cgroup:/e2e/peer
	keep_class public cgroup:/e2e/public
	keep_class health cgroup:/e2e/health
	keep_class vital cgroup:/e2e/vital
	keep_class internal cgroup:/e2e/internal
	[[ ! -e /run/netns/tenant ]] || keep_class health netns:tenant
}

# keep_class CLASS TARGET: in the file where `class assign` keeps it.
keep_class() { echo "$2 $1" >"$RESID_CONF_DIR/assign.d/${2//\//%2F}.assign"; }

assign() { ctl class assign "$@"; }

resid_down()
{
	module_loaded || return 0
	"$residctl" disarm --yes >/dev/null 2>&1 || true
	rmmod resid
}

# shellcheck disable=SC2120
residd_start()
{
	"$residd" "$@" >>"$work/residd.out" 2>&1 &
	residd_pid=$!
	wait_until 60 residd_ready || bail "residd does not get ready: $(tail -n 3 "$work/residd.out")"
}

# (Bash ends at `$(<FILE)` of a file that is not there.)
residd_ready()
{
	[[ -s $RESID_RUN_DIR/status.json && $(<"$RESID_RUN_DIR/status.json") == *"\"state\":\"running\",\"pid\":$residd_pid,"* ]]
}

# residd_stop [SIGNAL]
# shellcheck disable=SC2120
residd_stop()
{
	[[ -n $residd_pid ]] || return 0
	kill "-${1:-TERM}" "$residd_pid" 2>/dev/null || true
	wait "$residd_pid" 2>/dev/null || true
	residd_pid=
}

# records [KEY=VALUE]...: the records in residd's log that match all.
records()
{
	[[ -e $RESID_LOG_FILE ]] || return 0
	awk -v wanted="$*" '
		BEGIN { n = split(wanted, want, " ") }
		{
			for (i = 1; i <= n; i++) {
				at = index(want[i], "=")
				key = "\"" substr(want[i], 1, at - 1) "\":"
				value = substr(want[i], at + 1)
				if (!index($0, key "\"" value "\"") && !index($0, key value ",") && !index($0, key value "}"))
					next
			}
			print
		}' "$RESID_LOG_FILE"
}

# packets_of: sums the packets of the records on standard input.
packets_of() { awk -F '"packets":' 'NF > 1 { sum += $2 + 0 } END { printf "%d\n", sum }'; }

recorded() { records "$@" | packets_of; }

# counter CLASS VERDICT: packets that the module counted, over all rules.
counter() { "$residctl" counters | awk -v c="$1" -v v="$2" '$1 == c && $2 == v { sum += $4 } END { printf "%d\n", sum }'; }

recorded_is() { [[ $(recorded "${@:2}") == "$1" ]]; }

# await_recorded NAME PACKETS [KEY=VALUE]...: the records come to that many packets, and stay there.
await_recorded()
{
	local name=$1 packets=$2

	shift 2
	wait_until 20 recorded_is "$packets" "$@" || true
	sleep 1
	is "$name" "$(recorded "$@")" "$packets"
}
