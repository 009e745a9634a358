# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# To be sourced by tests that run the suites as an ordinary user.

# The build folder may be closed to others: what "bulkhead run" needs of it, copied.
open_copy() { # FOLDER
	mkdir "$1" && chmod 755 "$1" || return
	(cd "$O" && find bulkhead-run contract excused.tsv suites -type f \
		\( -perm -u+x -o -name '*.tsv' \) -exec cp --parents -t "$1" {} +)
}

ordinary=(--reuid 64321 --regid 64321 --clear-groups) # for setpriv
