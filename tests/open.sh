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

# The command's run: some of it holds, and nothing is broken; if not, what is.
ordinary_holds() { # REPORT COMMAND...
	local report=$1
	shift
	"$@" >"$report" 2>&1 && grep -q '^  ok .* # [0-9]* ms$' "$report" && return
	grep -aE -B 6 '^ *not ok' "$report" | head -n 40
	tail -n 3 "$report"
	return 1
}
