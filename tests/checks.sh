#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Holds the checks of tests/lint to their word: on a copy of the tree, with one deliberate fault each.
set -euo pipefail
cd "$(dirname "$(realpath "$0")")/.."

if ! git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
	echo "1..0 # SKIP the checks need a git checkout"
	exit 0
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
number=0
tree=$dir/tree

# is EXPECTED ACTUAL NAME
is()
{
	if [[ $1 == "$2" ]]; then
		echo "ok $((++number)) - $3"
	else
		echo "not ok $((++number)) - $3"
		printf '# expected %s, got %s\n' "$1" "$2"
		sed 's/^/#   /' "$dir/out" | head -n 20
	fi
}

mkdir "$tree"
git ls-files --cached --others --exclude-standard -- Makefile Kbuild VERSION kmod bpf userspace tests/check tests/lint 'tests/*/*.mk' \
	packaging | while IFS= read -r file; do [[ ! -f $file ]] || echo "$file"; done | tar -cf - -T - | tar -xf - -C "$tree"
git -C "$tree" init -q

# passes CHECK: it has nothing to say of the tree as it is
passes()
{
	"$tree/tests/check" "$1" >"$dir/out" 2>&1 || true
	is "# 1 of 1 checks passed" "$(tail -n 1 "$dir/out")" "$1: the tree as it is"
}

# finds CHECK NAME FINDING FILE SED [FILE SED...]: with these changes the check fails, and says what matches FINDING
finds()
{
	local check=$1 name=$2 finding=$3

	shift 3
	rm -rf "$dir/before"
	while (($#)); do
		mkdir -p "$(dirname "$dir/before/$1")"
		cp "$tree/$1" "$dir/before/$1"
		sed -i "$2" "$tree/$1"
		! cmp -s "$tree/$1" "$dir/before/$1" || is changed "not changed" "$1"
		shift 2
	done
	"$tree/tests/check" "$check" >"$dir/out" 2>&1 || true
	is "# 0 of 1 checks passed, 1" "$(tail -n 1 "$dir/out"), $(grep -cE "$finding" "$dir/out" | sed 's/[1-9][0-9]*/1/')" \
		"$check: $name"
	cp -r "$dir/before/." "$tree/"
}

# include HEADER: a line for sed
include() { printf '0,/^#include/s|^#include|#include "%s"\\n&|' "$1"; }

passes includes
finds includes "a circle of files" 'files: .*userspace/lib/geo/(layer|asn).*: a circle' \
	userspace/lib/geo/layer.c "$(include geo/asn.h)"
finds includes "a circle by a part of a noun" 'files: .*userspace/lib/spool.*: a circle' \
	userspace/lib/spool/segment_pack.c "$(include spool/spool.h)"
finds includes "a circle of files in kmod" 'files: .*kmod/(lpm|table).*: a circle' kmod/lpm.c "$(include table.h)"
finds includes "a circle of folders" 'folders: .*: a circle' userspace/lib/util/hex.h "$(include yaml/embedded.h)"
finds includes "a circle of folders inside a folder" 'folders: .*userspace/lib/sink.*: a circle' \
	userspace/lib/sink/transport/net.c "$(include sink/wire.h)"
finds includes "an include upwards" 'host/link.c:.* userspace/lib/label/names.h: an include upwards' \
	userspace/lib/host/link.c "$(include label/names.h)"
finds includes "a library that knows a program" 'util/memory.c:.* userspace/residctl/window.h: an include upwards' \
	userspace/lib/util/memory.c "$(include residctl/window.h)"
finds includes "a program that knows another" 'residd/main.c:.* userspace/residctl/window.h: an include upwards' \
	userspace/residd/main.c "$(include residctl/window.h)"
finds includes "the module that knows userspace" 'kmod/trial.c:.* userspace/lib/util/hex.h: an include upwards' \
	kmod/trial.c "$(include ../userspace/lib/util/hex.h)"
finds includes "an include upwards in kmod" 'kmod/trial.c:.* kmod/attach.h: an include upwards: Kbuild' \
	kmod/trial.c "$(include attach.h)"
finds includes "the packet's side that leads to netlink" 'kmod/hook.c: reaches kmod/netlink.c' \
	kmod/audit.c "$(include netlink.h)"
finds includes "netlink that sees packets" 'kmod/dump.c: reaches kmod/dump.c' kmod/dump.c "$(include judge.h)"
finds includes "the platform in a file for both sides" 'kmod/lpm.c:.*<linux/slab.h>: a file for both sides' \
	kmod/lpm.c 's|#include "lpm.h"|&\n#include <linux/slab.h>|'
finds includes "userspace with a header of the module's own" 'kmod/stage.h: the Makefile does not compile' \
	userspace/lib/nl/codec.c "$(include kmod/stage.h)"
finds includes "a header that is not there" 'nl/codec.c:.* nl/gone.h: this file is not there' \
	userspace/lib/nl/codec.c "$(include nl/gone.h)"
finds includes "a folder that the map lacks" 'userspace/lib/label: userspace/README.md and the tree' \
	userspace/README.md '/^    lib\/label\//d'
finds includes "a folder that the map invents" 'userspace/lib/gone: userspace/README.md and the tree' \
	userspace/README.md 's|^    lib/label/|    lib/gone/    nothing\n&|'
finds includes "a file that Kbuild lacks" 'kmod/trial: Kbuild and the tree' Kbuild 's| kmod/trial\.o||'

passes stems
finds stems "a static function" 'class.c:[0-9]+: carries_foreign is not named' kmod/class.c 's/class_carries_foreign/carries_foreign/'
finds stems "a static variable" 'state.c:[0-9]+: pinned is not named' kmod/state.c 's/state_pinned/pinned/'
finds stems "a lock" 'stage.c:[0-9]+: mutex is not named' kmod/stage.c 's/stage_mutex/mutex/'
finds stems "what others see" 'policy.h:[0-9]+: policy_now is not named' kmod/policy.h 's/resid_policy_now/policy_now/'

passes comments
finds comments "a line in the place of another" 'segment.h:.*: The chain is SHA-256' \
	userspace/lib/spool/segment.h 's|^ \* COMMIT repeats it, .*| * The chain is SHA-256: of the header first, and more|'

passes described
finds described "a member of a policy that nobody compares" 'struct policy_class: sealed is not in the table' \
	userspace/lib/policy/model.h 's|^\tbool permissive;|\tbool sealed;\n&|'
finds described "a member of a part" 'struct policy_sources: cache is not in the table' \
	userspace/lib/policy/model.h 's|^struct policy_sources {|&\n\tstruct policy_source cache;|'
finds described "a row that is taken out" 'struct policy: max_exception is not in the table' \
	userspace/lib/policy/describe.c '/ROW(policy, max_exception/d'

# commits EXPECTED NAME SUBJECT BODY [FILE SED [NEW-NAME]]: one commit more, and what the check says of it
commits()
{
	[[ -z ${5:-} ]] || sed -i "$6" "$tree/$5"
	[[ -z ${7:-} ]] || git -C "$tree" mv "$5" "$7"
	git -C "$tree" add -A
	git -C "$tree" "${as[@]}" commit -q --allow-empty -m "$3" ${4:+-m "$4"}
	(cd "$tree" && tests/lint/commits) >"$dir/out" 2>&1 || true
	said=$(<"$dir/out")
	is "$1" "${said#*"$3: "}" "commits: $2"
	git -C "$tree" "${as[@]}" reset -q --hard v0
}
as=(-c user.name=test -c user.email=test@localhost -c core.hooksPath=/dev/null)
git -C "$tree" add -A
git -C "$tree" "${as[@]}" commit -q -m 'the tree as it is'
git -C "$tree" tag v0
commits "" "as they are meant to be" 'nl: codec: a sentence' 'Because.'
commits "" "two areas" 'nl, spool: a sentence' 'Because.'
commits 'the subject has 79 columns; 72 are the most' "a long subject" \
	'nl: codec: a sentence that goes on and on, and on and on, and says all there is' 'Because.'
no_area="the subject is not \`area: what\`"
commits "$no_area" "no area" 'Fix a bug' 'Because.'
commits "$no_area" "a fixup" 'fixup! nl: codec: a sentence' 'Because.'
commits 'a body is missing that says why' "no body" 'nl: codec: a sentence' ''
commits "" "a pure move" 'nl: codec becomes words' '' userspace/lib/nl/codec.h \
	's/RESID_NL_CODEC_H/RESID_NL_WORDS_H/' userspace/lib/nl/words.h
commits 'a body is missing that says why' "a move that is not pure" 'nl: codec becomes words' '' userspace/lib/nl/codec.h \
	's/codec_status/words_status/' userspace/lib/nl/words.h

echo "1..$number"
