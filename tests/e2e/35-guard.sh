#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# AF_XDP and programs that redirect would send past every hook. The guard refuses them to everybody but those whom
# guard.allow names, with residd dead as well; a permissive node tells and refuses nothing.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
resid_up permissive
side() { "$tools/in" -g "$cg/$1" "$tools/sidestep" "${@:2}"; }
raw=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=+net_raw --ambient-caps=+net_raw
	'--bounding-set=-all,+net_raw')

residd_start
is "permissive: an AF_XDP socket" "$(side health socket)" ok
is "permissive: a tc program" "$(side health tc before)" ok
is "permissive: an XDP program is pinned" "$(side health pin xdp pinned "$RESID_BPF_DIR/foreign")" ok
check "permissive: it is told" wait_until 10 grep -q 'guard: permissive, let pass: AF_XDP socket to process' "$work/residd.out"

ctl mode enforcing
for state in alive dead; do
	[[ $state == alive ]] || residd_stop KILL
	is "residd $state: root: an AF_XDP socket" "$(side health socket)" EPERM
	is "residd $state: CAP_NET_RAW alone: an AF_XDP socket" \
		"$("$tools/in" -g "$cg/health" "${raw[@]}" "$tools/sidestep" socket)" EPERM
	is "residd $state: an unlabelled one" "$("$tools/sidestep" socket)" EPERM
	for kind in xdp tc lwt; do
		is "residd $state: a $kind program" "$(side public $kind x)" EPERM
	done
	is "residd $state: twin: a socket filter" "$(side public filter x)" ok
	is "residd $state: twin: who only looks at a program that is there" "$(side public reopen "$RESID_BPF_DIR/foreign")" ok
done

# Named ones may; their cgroup made anew as well, with residd dead.
cat >"$RESID_CONF_DIR/guard.allow" <<-ALLOW
	cgroup:/e2e/public/xsk   af_xdp
	cgroup:/e2e/public/cni   program cil_from_netdev
	cgroup:/e2e/public/any   program *
	cgroup:/e2e/public/tag   program tagged tag=00000000000000aa
ALLOW
mkdir "$cg"/public/{xsk,cni,any,tag}
ctl policy load "$(policy default)"
for round in first again; do
	is "$round: the one named for AF_XDP" "$(side public/xsk socket)" ok
	is "$round: but not programs" "$(side public/xsk xdp x)" EPERM
	is "$round: the program named" "$(side public/cni tc cil_from_netdev)" ok
	is "$round: not another one" "$(side public/cni tc cil_from_netdeX)" EPERM
	is "$round: nor a socket" "$(side public/cni socket)" EPERM
	is "$round: any" "$(side public/any xdp whatever)" ok
	is "$round: the name with another tag" "$(side public/tag tc tagged)" EPERM
	rmdir "$cg"/public/{xsk,cni,any,tag}
	mkdir "$cg"/public/{xsk,cni,any,tag}
done

# Resid's own programs are loaded anew under the guard.
is "residctl loads its tagger" "$("$residctl" tagger load >/dev/null 2>&1 && echo loaded)" loaded
for bad in 'netns:blue af_xdp' 'cgroup:/x' 'cgroup:/x program' 'cgroup:/x program a tag=12' 'cgroup:/x program a tag=0000000000000000' 'cgroup:/x af_xdp y'; do
	echo "$bad" >"$RESID_CONF_DIR/guard.allow"
	like "a bad line is named: $bad" "$("$residctl" policy load "$(policy default)" 2>&1 || true)" 'guard.allow:1: '
done
rm "$RESID_CONF_DIR/guard.allow"

# A mode that will go back by itself loosens nothing; one that stays does.
ctl mode permissive --confirm 60
is "permissive on trial: still refused" "$(side health socket)" EPERM
ctl mode permissive
is "permissive for good" "$(side health socket)" ok
ctl disarm --yes
is "disarmed: nothing of the guard is left" "$(find "$RESID_BPF_DIR" -name 'guard*' 2>/dev/null | wc -l)" 0
is "disarmed: no longer refused" "$(side health xdp x)" ok
e2e_done
