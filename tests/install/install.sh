#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# make install and make uninstall below DESTDIR: all is there, a changed configuration survives, nothing else does.
set -euo pipefail
cd "$(dirname "$(realpath "$0")")/../.."

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
number=0

# check NAME COMMAND...
check()
{
	local name=$1 out

	shift
	if out=$("$@" 2>&1); then
		echo "ok $((++number)) - $name"
	else
		echo "not ok $((++number)) - $name"
		printf '%s\n' "$out" | sed 's/^/# /'
	fi
}

in_root() { make -s DESTDIR="$root" "$@"; }
none() { [[ -z $(find "$root" "$@" | tee /dev/stderr) ]]; }
same_bytes() { cmp "$1" "$2"; }

release=$(make -s print-KREL)
conf=$root/etc/resid/residd.conf

check "what is built stays built" make -q userspace
check "make install" in_root install
for file in /usr/bin/residctl /usr/sbin/residd /usr/sbin/resid-restore "/lib/modules/$release/updates/resid.ko" /usr/share/man/man8/residctl.8 \
	/usr/share/bash-completion/completions/residctl /lib/systemd/system/residd.service /lib/systemd/system/resid-restore.service /etc/kernel/postinst.d/resid \
	/usr/share/man/man8/resid-restore.8 /usr/lib/sysusers.d/resid.conf \
	/usr/lib/tmpfiles.d/resid.conf /usr/lib/modules-load.d/resid.conf /etc/logrotate.d/resid /etc/resid/residd.conf /usr/include/resid.h /usr/share/resid/sets/EU.yaml; do
	check "installed: $file" test -s "$root$file"
done
check "the programs run from there" "$root/usr/bin/residctl" --help
version=$(cat VERSION)
said() { [[ $("${@:2}") == "$1" ]]; }
check "one version: residctl" said "residctl $version" "$root/usr/bin/residctl" --version
check "one version: residd" said "residd $version" "$root/usr/sbin/residd" --version
check "one version: the module" said "$version" modinfo -F version "$root/lib/modules/$release/updates/resid.ko"
check "a stranger's program includes the interface" gcc -Wall -Werror -fsyntax-only -I "$root/usr/include" -x c - \
	<<<'#include <resid.h>
	    int main(void) { return sizeof(struct resid_audit_record) != 144 || RESID_CMD_MAX < 14; }'
check "the manual page is a manual page" grep -qE '^\.(TH|Dt) ' "$root/usr/share/man/man8/residctl.8"
check "the completion is valid bash" bash -n "$root/usr/share/bash-completion/completions/residctl"
check "programs are not writable by others" none -type f -perm /022
check "the unit starts what was installed" grep -qE '^ExecStart=/usr/sbin/residd( |$)' \
	"$root/lib/systemd/system/residd.service"

check "make uninstall" in_root uninstall
check "nothing is left" none -not -type d
check "no folder of ours is left" none -name '*resid*'

in_root PREFIX=/opt/resid install >/dev/null
check "with another PREFIX the unit follows" grep -q '^ExecStart=/opt/resid/sbin/residd' \
	"$root/lib/systemd/system/residd.service"
check "and the other one" grep -q '^ExecStart=/opt/resid/sbin/resid-restore' \
	"$root/lib/systemd/system/resid-restore.service"
in_root PREFIX=/opt/resid uninstall >/dev/null
in_root install >/dev/null
echo '# changed' >>"$conf"
cp "$conf" "$root/changed"
check "make install over a changed configuration" in_root install
check "it is kept" same_bytes "$conf" "$root/changed"
check "make uninstall with a changed configuration" in_root uninstall
check "it is kept again" same_bytes "$conf" "$root/changed"
rm "$root/changed"
check "and nothing else" none -not -type d -not -path "$conf"
echo "1..$number"
