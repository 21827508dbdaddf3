#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A node as README.md sets it up and takes it down, by the very commands of its section "A node", under systemd; and on
# the way a policy that asks who controls a place, compiled by residd inside its sandbox.
# vm: own --init systemd --memory 4096
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

path=$PATH
e2e_begin
places
unit=postgresql.service

# The section's indented lines, without their comments.
mapfile -t commands < <(awk '/^## / { on = $0 == "## A node" } on && sub(/^    /, "") { sub(/ +# .*/, ""); print }' "$top/README.md")

# typed COMMAND: as an administrator's shell runs it, in the checkout; this guest has no sudo, and needs none.
typed()
{
	(cd "$top" && env -u RESID_CONF_DIR -u RESID_STATE_DIR -u RESID_RUN_DIR -u RESID_BPF_DIR -u RESID_LOG_FILE PATH="$path" \
		bash -c 'sudo() { "$@"; }; '"$1") >"$work/typed" 2>&1
}

# One line of output; nothing when it fails.
answer() { typed "$1" && cat "$work/typed"; }

# try_unit ADDRESS: what a process of the unit sees that sends a datagram there.
try_unit()
{
	field saw "$("$tools/in" -g "$cg_root/system.slice/$unit" "$tools/try" -t 300 udp "${place[$1]}" 9 node)"
}

reached() { [[ $1 != ECONNREFUSED ]]; }

# A reload, by residd, inside its sandbox: who controls a place comes from libloc's database.
control()
{
	local database=/usr/share/libloc-location/location.db

	if [[ ! -e $database ]]; then
		skip "control" "libloc-database is not installed: sudo packaging/deps test"
		return
	fi
	cp "$top/policy/scenarios/health-warehouse/policy.yaml" /etc/resid/policy.yaml
	systemctl reload residd
	wait_until 120 controlled || true
	like "residd compiled a policy that asks who controls a place" "$(answer 'residctl policy show')" libloc
	like "and has it in force" "$(answer "residctl explain --class health ${place[FR4]}")" 'control +[A-Z]'
	is "residd is well" "$(systemctl is-active residd)" active
	is "no trouble" "$(jq -r '.daemon.troubles[] | select(has("until") | not) | .text' /run/resid/status.json)" ''
}

controlled() { answer 'residctl policy show' | grep -q libloc; }

# What Prometheus would read of this node is true: well-formed, and the numbers that residctl says.
metrics()
{
	local promtool devices=(/sys/class/net/*/)

	# shellcheck source=tests/vm/cache.sh
	promtool=$(. "$top/tests/vm/cache.sh" && cache_dir)/receivers/usr/bin/promtool
	check "the counters are those of residctl" counters_agree
	if [[ -x $promtool ]]; then
		check "promtool has nothing to say against the metrics" "$promtool" check metrics <"$work/metrics"
	else
		skip "promtool" "it is not there: sudo packaging/deps receivers"
	fi
	is "the tagger is held" "$(metric resid_tagger_loaded)" 1
	is "every device is hooked" "$(metric resid_unhooked_devices) $(metric resid_hooked_devices)" "0 $((${#devices[@]} - 1))"
	is "the node enforces a policy" "$(metric resid_armed) $(metric resid_enforcing) $(metric resid_module_loaded)" "1 1 1"
	like "the generation is the one in force" "$(answer 'residctl status --json')" \
		"\"generation\":\"$(sed -n 's/^resid_generation_info{generation="\([0-9a-f]*\)".*/\1/p' "$work/metrics")\""
	like "the depth of the audit table" "$(metric resid_audit_slots) $(metric resid_audit_used_slots)" '^[1-9][0-9]* [0-9]+$'
	is "the spool can be written, and the log is a sink" \
		"$(metric resid_spool_writable) $(metric 'resid_sink_up{sink="log",transport="file"}')" "1 1"
}

# metric NAME: its value in the last scrape
metric() { awk -v m="$1" '$1 == m { print $2 }' "$work/metrics"; }

scrape() { curl -sSf --unix-socket /run/resid/metrics http://localhost/metrics >"$work/metrics"; }

# The same counters before and after the scrape are those in it; the node may send in between.
counters_agree()
{
	local before left=5

	while ((left-- > 0)); do
		before=$(answer 'residctl counters --json')
		scrape || return
		[[ $(answer 'residctl counters --json') != "$before" ]] || break
	done
	jq -r '.counters[] | "resid_verdict_packets_total{class=\"\(.class)\",verdict=\"\(.verdict)\",rule=\"\(.rule)\"} \(.packets)",
		"resid_verdict_bytes_total{class=\"\(.class)\",verdict=\"\(.verdict)\",rule=\"\(.rule)\"} \(.bytes)"' <<<"$before" |
		sort >"$work/counters"
	[[ -s $work/counters ]] && diff "$work/counters" <(grep '^resid_verdict_' "$work/metrics" | sort)
}

small_modules
ip_all <<-IP
	link add world type dummy
	addr add 10.77.0.1/24 dev world
	link set world up
	route add default via 10.77.0.2
	neigh add 10.77.0.2 lladdr 02:00:00:00:77:02 dev world nud permanent
IP
cat >"/run/systemd/system/$unit" <<-UNIT
	[Service]
	ExecStart=/bin/sleep infinity
UNIT
systemctl daemon-reload
systemctl start "$unit"

built=$(stat -c %Y "$top/build/residctl" "$top/build/residd" "$top/resid.ko")
for command in "${commands[@]}"; do
	began=$SECONDS
	check "$command" typed "$command"
	note "$((SECONDS - began)) s"
	cat "$work/typed" >>"$work/all"
	case $command in
	*"make install"*)
		printf 'metrics_listen = /run/resid/metrics\n' >>/etc/resid/residd.conf
		is "nothing is built twice" "$(stat -c %Y "$top/build/residctl" "$top/build/residd" "$top/resid.ko")" "$built"
		is "what was typed is what was installed" "$(answer 'command -v residctl')" /usr/bin/residctl
		;;
	*"policy load") is "the first load is permissive" "$(answer 'residctl mode')" permissive ;;
	*"enable --now residd")
		is "residd runs" "$(systemctl is-active residd)" active
		is "and starts with the machine" "$(systemctl is-enabled residd)" enabled
		check "the key that signs the spool is there" test -s /etc/resid/audit.key
		;;
	*"class assign"*)
		check "permissive: the unit reaches the US" reached "$(try_unit US4)"
		like "and it is counted" "$(answer 'residctl counters')" 'health +reject'
		;;
	*"--confirm 60") is "now the unit is refused" "$(try_unit US4)" ECONNREFUSED ;;
	*"mode enforcing")
		like "the mode stays" "$(answer 'residctl mode')" '^enforcing$'
		check "twin: the unit reaches France" reached "$(try_unit FR4)"
		wait_until 60 grep -q "\"dst\":\"${place[US4]}\"" /var/log/resid/egress.jsonl || true
		like "the record names the unit" "$(grep "\"dst\":\"${place[US4]}\"" /var/log/resid/egress.jsonl | tail -n 1)" "$unit"
		metrics
		control
		;;
	*"disable --now residd") is "residd has gone" "$(systemctl is-active residd || true)" inactive ;;
	esac
done
is "nothing of Resid is left in the kernel" \
	"$(ls -d /sys/fs/bpf/resid 2>/dev/null; bpftool prog show | grep -oE 'name (resid|who)_[a-z]+')" ''
e2e_done
