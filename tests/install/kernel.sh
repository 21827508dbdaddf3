#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The module is built only for a kernel that has what it stands on; otherwise the build says what is lacking, in one
# sentence. The kernels are the installed headers with one thing changed.
set -euo pipefail
cd "$(dirname "$(realpath "$0")")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
kdir=$(make -s print-KDIR)
mkdir "$work/source"
cp -r --parents Kbuild VERSION kmod "$work/source"
find "$work/source" -name '*.o' -delete

# A copy of the installed ones, in which one file can be changed.
cp -rs "$(realpath "$kdir")" "$work/kdir"
config=$work/kdir/include/config/auto.conf
unchanged() { cp --remove-destination "$kdir/include/config/auto.conf" "$config"; }

# refused NAME REGEX [MAKE-VARIABLE...]: building against them says REGEX, once, and makes nothing.
refused()
{
	local name=$1 regex=$2 said status=0

	shift 2
	make -C "$work/kdir" M="$work/source" "$@" modules >"$work/out" 2>&1 || status=$?
	said=$(grep -F '*** Resid' "$work/out" || true)
	if ((status)) && [[ $said =~ $regex && $said != *$'\n'* && ! -e $work/source/resid.ko ]]; then
		echo "ok $((++number)) - $name"
	else
		echo "not ok $((++number)) - $name: status $status"
		tail -n 20 "$work/out" | sed 's/^/# /'
	fi
}

for option in NETFILTER_EGRESS SOCK_CGROUP_DATA BPF_SYSCALL NF_CONNTRACK IPV6; do
	unchanged
	sed -i "/^CONFIG_$option=/d" "$config"
	refused "a kernel without $option" "^[^ ]*/Kbuild:[0-9]+: .* CONFIG_$option, .*KDIR="
done
unchanged
mv "$work/source/VERSION" "$work/VERSION"
refused "a source without its version" 'VERSION'
mv "$work/VERSION" "$work/source/VERSION"
echo CONFIG_CPU_BIG_ENDIAN=y >>"$config"
refused "a big-endian kernel" 'little-endian'
unchanged
refused "Linux 5.10" 'needs Linux 6\.1 or newer, and this is 5\.10' VERSION=5 PATCHLEVEL=10
refused "Linux 6.0" 'needs Linux 6\.1 or newer, and this is 6\.0' VERSION=6 PATCHLEVEL=0

if make -C "$work/kdir" M="$work/source" modules >"$work/out" 2>&1 && [[ -s $work/source/resid.ko ]]; then
	echo "ok $((++number)) - twin: the same headers, unchanged, build it"
else
	echo "not ok $((++number)) - twin: the same headers, unchanged, build it"
	tail -n 20 "$work/out" | sed 's/^/# /'
fi

status=0
said=$(make module KDIR=/nonexistent 2>&1) || status=$?
if ((status)) && [[ $said == *"no kernel headers in /nonexistent"*"packaging/deps build"* ]]; then
	echo "ok $((++number)) - no headers at all"
else
	echo "not ok $((++number)) - no headers at all"
	printf "# %s\n" "$said"
fi
echo "1..$number"
