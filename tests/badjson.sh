# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Files that are no results of benchmarks, to be sourced by the tests of what reads them.
#
#	bad_json DIR    makes them there, and prints of each: what must be said, TAB, file

bad_json() {
	local dir=$1 name content said
	while IFS='|' read -r name said content; do
		printf '%s' "$content" >"$dir/$name"
		printf '%s\t%s\n' "$said" "$dir/$name"
	done <<-'END'
		empty|empty:1: not JSON|
		half|half:1: not JSON|{"results": [{"command": "x", "times": [1.0, 
		list|an array 'results' is expected|[1, 2]
		foreign|an array 'results' is expected|{"tests": []}
		none|an array 'results' is expected|{"results": []}
		noname|result 1: an object with a 'command'|{"results": [{"times": [1.0]}]}
		notimes|result 1: an array 'times'|{"results": [{"command": "x"}]}
		text|no time|{"results": [{"command": "x", "times": ["1"]}]}
		negative|no time|{"results": [{"command": "x", "times": [-1.0]}]}
		twice|there twice|{"results": [{"command": "x", "times": [1]}, {"command": "x", "times": [1]}]}
		misfit|'batches' does not fit|{"results": [{"command": "x", "times": [1, 2], "batches": [1, 2]}]}
		emulated|emulated machine|{"emulated": true, "results": [{"command": "x", "times": [1, 2]}]}
	END
	head -c 4000 /dev/urandom >"$dir/noise"
	truncate -s 300M "$dir/huge"
	python3 -c 'print("[" * 100000)' >"$dir/deep"
	printf '%s\t%s\n' 'not JSON' "$dir/noise" 'larger than 256 MiB' "$dir/huge" \
		'not JSON' "$dir/deep" 'No such file' "$dir/nowhere" 'a file is expected' "$dir"
}
