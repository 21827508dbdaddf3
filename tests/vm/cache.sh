# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced: the cache of kernels, outside the checkout so that `make clean` and fresh clones keep it.

# Prints the cache directory; it exists and is writable afterwards.
cache_dir()
{
	local dir

	for dir in "${RESID_CACHE:-/var/cache/resid}" "${HOME:-/nonexistent}/.cache/resid"; do
		if mkdir -p "$dir" 2>/dev/null && [[ -w $dir ]]; then
			realpath "$dir"
			return 0
		fi
	done
	echo "no writable cache directory: set RESID_CACHE to one" >&2
	return 2
}

# need TOOL GROUP: the tool, or one sentence with the remedy.
need()
{
	command -v "$1" >/dev/null && return 0
	echo "$1 is not installed: sudo packaging/deps $2" >&2
	exit 2
}
