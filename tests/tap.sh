# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For the project's own tests in bash, to be sourced: count, name, explain.
#
#	tap_plan N; tap_ok NAME [COMMAND...]; tap_skip NAME WHY; tap_end
#
# tap_ok runs the command (default: looks at $?); what it printed is the
# explanation of a failure.

tap_n=0 tap_bad=0

tap_plan() {
	echo "KTAP version 1"
	echo "1..$1"
}

tap_ok() { # NAME [COMMAND...]
	local name=$1 status=$? said=''
	shift
	if (($#)); then
		said=$("$@" 2>&1) && status=0 || status=$?
	fi
	tap_n=$((tap_n + 1))
	if ((status == 0)); then
		grep '^# ' <<<"$said" || : # what it wants to be told nevertheless
		echo "ok $tap_n $name"
		return
	fi
	tap_bad=$((tap_bad + 1))
	[[ ! $said ]] || echo "# ${said//$'\n'/$'\n'# }" | head -n 60
	echo "not ok $tap_n $name"
}

tap_skip() { # NAME WHY
	tap_n=$((tap_n + 1))
	echo "ok $tap_n $1 # SKIP $2"
}

tap_end() {
	exit $((tap_bad > 0))
}
