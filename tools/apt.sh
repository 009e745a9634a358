# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A private apt, to be sourced: Debian packages can be looked up and fetched
# into the cache, with the archive's signatures checked and nothing installed.
# It asks the mirror that this machine's own apt uses, so that none is named
# here; DEBIAN_MIRROR and DEBIAN_SECURITY_MIRROR name others.
#
# Sets bulkhead_cache.  Before apt_open one may set apt_max_age, and apt_expired=1
# to accept a Release file past its date.  Errors are one line and exit status 2.

[[ ${HOME-} ]] || HOME=~
bulkhead_cache=${XDG_CACHE_HOME:-$HOME/.cache}/bulkhead
apt_dir=$bulkhead_cache/apt
apt_keys=/usr/share/keyrings/debian-archive-keyring.gpg
apt_expired=${apt_expired-}
apt_max_age=1440 # minutes that the lists count as fresh; 0 reads them anew

apt_die() {
	echo "${0##*/}: $*" >&2
	exit 2
}

# say TEXT: for a person who waits; silent in a log.
apt_say() {
	[[ ! -t 2 ]] || echo "${0##*/}: $*" >&2
}

# "BASE SUITE" of every archive of this machine's own apt.  Debian's is known
# by its label; before the first "apt-get update" there are no labels, and then
# by having a SUITE-updates or SUITE-security, as third parties do not.
apt_own_archives() {
	APT_CONFIG='' apt-get indextargets --format "\$(LABEL) \$(REPO_URI) \$(RELEASE)" \
		'Created-By: Packages' 2>/dev/null | sed -n 's/^Debian\(-Security\)\? //p'
	APT_CONFIG='' apt-get --print-uris update 2>/dev/null |
		sed -n "s,^'\([^']*\)/dists/\([a-z/-]*-\(updates\|security\)\)/InRelease'.*,\1 \2,p"
}

# apt_mirror SUITE: print the base URI that has it, or nothing.
apt_mirror() {
	local base suite want=main
	if [[ $1 == *-security ]]; then
		want=security
		base=${DEBIAN_SECURITY_MIRROR-}
	else
		base=${DEBIAN_MIRROR-}
	fi
	while [[ ! $base ]] && read -r base suite; do
		case $suite in
		*-security | */updates) [[ $want == security ]] || base='' ;;
		*) [[ $want == main ]] || base='' ;;
		esac
	done <<<"$apt_archives"
	[[ ! $base ]] || echo "${base%/}"
}

# Written to be read before /etc/apt/apt.conf.d, which it switches off (apt-file
# for one adds gigabytes of Contents there); a proxy set there is carried over.
apt_configure() { # NAME
	local quiet=2 apt_valid=yes
	[[ ! -t 2 ]] || quiet=0
	[[ ! $apt_expired ]] || apt_valid=no
	cat <<-END
	Dir::Etc::Main "/dev/null"; Dir::Etc::Parts "/dev/null";
	Dir::Etc::SourceList "$apt_dir/$1.list"; Dir::Etc::SourceParts "/dev/null";
	Dir::Etc::Preferences "/dev/null"; Dir::Etc::PreferencesParts "/dev/null";
	Dir::State "$apt_dir"; Dir::State::status "$apt_dir/status"; Dir::Cache "$apt_dir";
	Dir::Cache::pkgcache "$apt_dir/$1.bin"; Dir::Cache::srcpkgcache "";
	APT::Architecture "amd64"; APT::Architectures { "amd64"; };
	APT::Get::List-Cleanup "false"; APT::Sandbox::User "root";
	Acquire::Languages "none"; Acquire::GzipIndexes "true"; Acquire::Retries "2";
	Acquire::Check-Valid-Until "$apt_valid"; quiet "$quiet";
	END
	APT_CONFIG='' apt-config dump | grep -E '^Acquire::(https?|ftp)::' || :
}

apt_sources() { # SUITE...
	local suite base
	apt_archives=$(apt_own_archives)
	for suite; do
		base=$(apt_mirror "$suite")
		[[ ! $base ]] || echo "deb [signed-by=$apt_keys] $base $suite main"
	done
}

# One suite gone (a release that was archived) must not lose the others, and
# without a network yesterday's lists are better than none.  apt-get calls a
# mirror that does not answer a warning and exits 0, so its words decide.
apt_update() { # NAME
	apt_say "reading the package lists"
	apt-get update >&2 2>"$apt_dir/errors" || :
	compgen -G "$apt_dir/lists/*_Packages*" >/dev/null ||
		apt_die "no package lists from this machine's mirror: $(apt_reason)"
	[[ ! $(apt_reason) ]] || echo "${0##*/}: not all package lists are new: $(apt_reason)" >&2
	: >"$apt_dir/$1.fresh"
}

apt_reason() {
	local late
	late=$(sed -n 's,.*/dists/\(.*\)/InRelease is \(expired\|not valid\).*,\1,p' "$apt_dir/errors")
	if [[ $late ]]; then
		echo "${late//$'\n'/, } expired (--allow-expired takes it all the same)"
	else
		sed -n 's/^[EW]: //p' "$apt_dir/errors" | head -1
	fi
}

# apt_open NAME SUITE...: from here on apt-get and apt-cache are the private
# ones.  NAME keeps one caller's suites apart from another's.
apt_open() {
	local name=$1 conf
	shift
	command -v apt-get >/dev/null || apt_die "there is no apt on this machine"
	[[ -r $apt_keys ]] ||
		apt_die "no $apt_keys: install debian-archive-keyring to check Debian's signatures"
	mkdir -p "$apt_dir/lists/partial" "$apt_dir/archives/partial"
	exec {apt_lock}>"$apt_dir/lock"
	flock "$apt_lock"
	conf=$(apt_configure "$name")
	apt_sources "$@" | cmp -s - "$apt_dir/$name.list" || {
		apt_sources "$@" >"$apt_dir/$name.list"
		rm -f "$apt_dir/$name.fresh"
	}
	[[ -s $apt_dir/$name.list ]] || apt_die "this machine's apt knows no Debian archive:" \
		"set DEBIAN_MIRROR to the address of one"
	[[ -e $apt_dir/status ]] || : >"$apt_dir/status"
	echo "$conf" >"$apt_dir/$name.conf"
	export APT_CONFIG=$apt_dir/$name.conf
	[[ $(find "$apt_dir/$name.fresh" -mmin "-$apt_max_age" 2>/dev/null) ]] || apt_update "$name"
	exec {apt_lock}>&-
}

# apt_fetch DIR PACKAGE[=VERSION]...: the .deb files, checked, into DIR.
apt_fetch() {
	local dir=$1
	shift
	apt_say "fetching $*"
	if ! (cd "$dir" && apt-get download "$@" >&2 2>"$dir/.errors"); then
		apt_die "cannot fetch $*: $(sed -n 's/^[EW]: //p' "$dir/.errors" | head -1)"
	fi
}
