# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A verdict that a fresh run agrees with.  A gate must not cry wolf: what is
# broken in a run of everything is run once more by itself, and only what is
# broken again has failed.  What is not is told, since a test that differs
# between two runs is a test to mend.

# again REPORT COMMAND...: the command is "bulkhead-run ..." without words; 0
# when all that the report has broken holds now, and nothing else was wrong.
again() {
	local report=$1 tests
	shift
	mapfile -t tests < <(sed -n 's/^  not ok [0-9]* \([^ ]*\).*/\1/p' "$report")
	((${#tests[@]})) || return 1
	# Whatever else is wrong, a leak or an unexpected skip, is no matter of chance.
	grep -qaE 'left behind|unexpected|# .*[1-9][0-9]* lost' "$report" && return 1
	"$@" "${tests[@]}" >"$report.again" 2>&1 || return 1
	echo "# held only when run again: ${tests[*]}"
}
