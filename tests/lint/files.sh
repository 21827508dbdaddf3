# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by the checks: what they look at.

if ! git rev-parse --is-inside-work-tree >/dev/null; then
	echo "the checks need a git checkout"
	exit 1
fi

# files [PATTERN...]: the project's files that match, new ones included, built ones not.
files()
{
	git ls-files --cached --others --exclude-standard -- "$@" | while IFS= read -r file; do
		[[ ! -f $file ]] || printf '%s\n' "$file"
	done | sort -u
}

# both_sides: the files of the module that userspace compiles too, and what they include of the module.
both_sides()
{
	local file queue
	local -A seen=()

	mapfile -t queue < <(make -s print-BOTH | tr ' ' '\n'
		files 'userspace/*.[ch]' | xargs -r grep -hoE '^#include "kmod/[^"]+' | cut -d '"' -f 2)
	while ((${#queue[@]})); do
		file=${queue[0]}
		queue=("${queue[@]:1}")
		[[ $file != kmod/uapi/* && -f $file && -z ${seen[$file]:-} ]] || continue
		seen[$file]=1
		mapfile -t -O "${#queue[@]}" queue < <(sed -n 's,^#include "\([^"]*\)".*,kmod/\1,p' "$file")
	done
	printf '%s\n' "${!seen[@]}" | sort
}

# shell_scripts: by name or by first line.
shell_scripts()
{
	files '*' | while IFS= read -r file; do
		if [[ $file == *.sh ]] || head -n 1 "$file" | grep -aqE '^#!.*\b(ba|da)?sh\b'; then
			printf '%s\n' "$file"
		fi
	done
}

# skip REASON
skip()
{
	echo "$*"
	exit 77
}
