# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154,SC2120
#
# To be sourced by the supervisor's tests: a stage on which puppets are run by
# the real bulkhead-run, under a contract of three promises.

# The sysctl and the SysV objects that puppets leave behind are those of
# namespaces of the test's own: others may run the same tests meanwhile.
if ((EUID == 0)) && [[ ! ${STAGED:-} ]]; then
	STAGED=1 exec unshare --uts --ipc "$0" "$@"
fi

# What the machine is like, as far as puppets could change it.
machine() {
	echo "domainname $(</proc/sys/kernel/domainname)"
	find /sys/fs/cgroup -type d \( -name 'bulkhead.*' -o -name left -o -name deep \) |
		grep -E "bulkhead\.(${runs:-none})([./]|\$)"
	cat /proc/self/mountinfo
	find "$work/tmp" -mindepth 1
	pgrep -f "^$work/suites/" || :
}

# stage NAME...: these puppets, no others.
stage() {
	rm -rf "${work:?}/suites" "${work:?}/tmp"
	mkdir -p "$work/contract" "$work/suites/puppets/one" "$work/tmp"
	cp "$O/bulkhead-run" "$work/"
	for puppet; do
		cp "$O/tests/supervisor/puppet" "$work/suites/puppets/one/$puppet"
	done
	{
		printf 'id\tsince\tneeds\tsource\tpromise\n'
		printf 'puppet.first\t2.6\t-\tsrc\tThe first holds.\n'
		printf 'puppet.second\t2.6\t-\tsrc\tThe second holds.\n'
		printf 'puppet.third\t-\t-\tsrc\tThe third holds <&>.\n'
	} >"$work/contract/namespaces.tsv"
	printf 'id\tsince\tneeds\tsource\tpromise\n' >"$work/contract/cgroups.tsv"
	printf 'id\treason\n' >"$work/contract/excused.tsv"
}

# run ARG...: its status in $status, its words in $work/out and $work/err.
run() {
	status=0
	TMPDIR=$work/tmp "$work/bulkhead-run" "$@" >"$work/out" 2>"$work/err" || status=$?
}

# What differs from run to run and from machine to machine.
normalised() {
	local domain # of this machine; in the golden reports there is none
	domain=$(sed 's/[^[:alnum:]_-]/\\&/g' /proc/sys/kernel/domainname)
	sed -E -e "s|(domainname: was )\"$domain\"|\1\"(none)\"|" \
		-e '/^# (kernel |cgroups |[0-9]+ CPUs,)/d' -e 's/# [0-9]+ ms$/# T ms/' \
		-e 's/; [0-9.]+ s$/; T s/' -e 's/bulkhead\.[0-9]+/bulkhead.PID/g' \
		-e 's/process [0-9]+/process PID/' -e 's/object shm [0-9]+/object shm ID/' \
		-e 's|cgroup /[^ ]*/bulkhead|cgroup .../bulkhead|' \
		-e 's|/[^ ]*/(bulkhead.PID)\.[0-9a-f]{8}/|.../\1.X/|' \
		-e 's/[0-9]+ lines left out/N lines left out/'
}
