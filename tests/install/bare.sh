#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A Debian with nothing installed but make: `make demo` installs what it needs there and ends well. It fetches some two
# hundred packages, so only with SOAK=1. BARE="demo test" runs `make test` there too.
set -euo pipefail
cd "$(dirname "$(realpath "$0")")/../.."

number=0

# result NAME COMMAND...
result()
{
	local name=$1 status=0

	shift
	"$@" >"$root.log" 2>&1 || status=$?
	if ((status == 0)); then
		echo "ok $((++number)) - $name"
	else
		echo "not ok $((++number)) - $name: status $status"
	fi
	tail -n 100 "$root.log" | sed 's/^/# /'
}

leave_out()
{
	echo "1..0 # SKIP $*"
	exit 0
}

[[ -n ${SOAK:-} ]] || leave_out "fetches a whole Debian: SOAK=1"
((EUID == 0)) || leave_out "not root"
command -v debootstrap >/dev/null || leave_out "debootstrap is not installed: sudo packaging/deps test"

# This machine's sources of its own release, and what apt is told here of certificates, proxies and dates.
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
# shellcheck disable=SC2016 # for apt-get
sources=$(apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Identifier: Packages' | grep " $codename" | sort -u)
mirror=$(awk -v release="$codename" '$3 == release { print $2; exit }' <<<"$sources")

root=$(mktemp -d /var/tmp/resid-bare.XXXXXX)
trap 'rm -rf --one-file-system "$root" "$root.log"' EXIT
chmod 755 "$root"

bare()
{
	debootstrap --variant=minbase --include=ca-certificates,make "$codename" "$root" "$mirror"
	echo "$sources" >"$root/etc/apt/sources.list"
	apt-config dump | grep -E '^Acquire::(http|https|Check)' >"$root/etc/apt/apt.conf.d/90here" || true
	git clone -q . "$root/srv/resid"
}

# inside COMMAND...: with the machine's devices and a /proc of its own, as a container has them; mounts end with it.
inside()
{
	# shellcheck disable=SC2016 # for that shell
	unshare --mount --pid --fork --kill-child bash -ec 'root=$1
		shift
		for name in dev sys; do
			mount --rbind "/$name" "$root/$name"
			mount --make-rslave "$root/$name"
		done
		mount -t proc proc "$root/proc"
		mount -t tmpfs tmpfs "$root/run"
		cp /etc/resolv.conf "$root/etc/resolv.conf"
		exec chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "$@"' \
		bash "$root" "$@"
}

result "a bare Debian" bare
for target in ${BARE:-demo}; do
	result "make $target" inside make -C /srv/resid "$target"
done
echo "1..$number"
