// SPDX-License-Identifier: GPL-2.0-only
/* The list of experiments, and how they are told. */
#include <string.h>

#include "lab.h"

const struct experiment experiments[] = {
	{ "sock-netns-rate", "how many containers a second, with and without a network namespace",
	  "SOCK (Oakes et al., USENIX ATC 2018)",
	  "theirs: 4.13, more cores; ours: clone3 and exit in the namespaces of a container, as "
	  "many "
	  "workers as CPUs; trimming the kernel's network code is not repeated",
	  experiment_netns_rate },
	{ "sock-netns-count", "does a network namespace cost more the more of them there are?",
	  "SOCK (ATC 2018): latency grew linearly with the existing ones (4.13)",
	  "theirs is a figure without numbers in the text; the kernel is newer",
	  experiment_netns_count },
	{ "sock-mntns-count", "does a mount namespace cost more the more of them there are?",
	  "SOCK (ATC 2018): latency grew with the existing ones (4.13)",
	  "theirs is a figure without numbers in the text; the kernel is newer",
	  experiment_mntns_count },
	{ "sock-cgroup-reuse", "a cgroup used again against a new one for each process",
	  "SOCK (ATC 2018), which therefore keeps a pool of cgroups",
	  "cgroup2 without controllers instead of v1; a process is cloned into the cgroup",
	  experiment_cgroup_reuse },
	{ "rund-cgroup-storm", "mkdir of cgroups by 400 processes at once",
	  "RunD (Li et al., USENIX ATC 2022); RFC of 2021 on mkdir of cgroups: 900 ms at 400 "
	  "containers",
	  "fewer CPUs; cgroup2 without controllers; five mkdirs by each process, nothing else; "
	  "waiting for a CPU "
	  "is in it",
	  experiment_cgroup_storm },
	{ "particle-net-share", "the network's share of a container's start",
	  "Particle (Thomas et al., SoCC 2020): up to 84 %",
	  "ours has a network namespace and lo only, theirs an overlay network (bridge, veth, "
	  "vxlan)",
	  experiment_net_share },
	{ "lightvm-forkexec", "fork and exec, what all else is compared with",
	  "LightVM (Manco et al., SOSP 2017): 1 ms",
	  "another machine; /bin/true, dynamically linked", experiment_fork_exec },
	{ "netns-batch-gone", "4000 network namespaces until the last is gone",
	  "kernel commit 2b035b399707 (2009): 7+ minutes, then 44 s",
	  "the network namespaces are empty but for lo", experiment_batch_gone },
	{ "netns-loop1000", "unshare -n of true, a thousand times",
	  "a series on network namespaces: 2.6 s",
	  "the programs' own fork and exec are in it, as there", experiment_netns_loop },
	{ "ipc-loop1000", "unshare(CLONE_NEWIPC) a thousand times",
	  "kernel commit e1eb26fa62d0 (2020): 8.05 s, then 0.03 s", "nothing: the same program",
	  experiment_ipc_loop },
	{ "umount-storm", "5000 tmpfs mounted, and unmounted one by one",
	  "kernel commit 22cb7405fada (2017): 100 s, then 0.6 s, on four CPUs",
	  "system calls from one process instead of mount(8) and umount(8)",
	  experiment_umount_storm },
	{ "mount-storm", "mounts and umounts by many at once, beside 500 mounts",
	  "reports of stalls at the mount lock on hosts of many image layers",
	  "no number was published; bind mounts in mount namespaces of their own",
	  experiment_mount_storm },
	{ "place-into-vs-write", "a process placed by a write against one cloned into its cgroup",
	  "the rationale of CLONE_INTO_CGROUP; a runtime reports 55.6 ms, then 26.5 ms for a "
	  "create",
	  "theirs is the whole of an OCI create, ours the placing and the process alone",
	  experiment_into_vs_write },
	{ "migrate-gap", "what a pause before it does to the write of cgroup.procs",
	  "the rationale of favordynmods (6.0): grace periods after a pause",
	  "no sweep was published; where RCU is expedited (see the first line) they are short",
	  experiment_migrate_gap },
	{ "migrate-under-fork", "a process moved while all CPUs fork",
	  "a report on favordynmods: median of 7.6 to 11.6 ms, then 0.4 ms, for a spawn at restart",
	  "theirs is a whole spawn on a server; favordynmods is a mount option and is not changed "
	  "here",
	  experiment_under_fork },
	{ "crun-100", "a hundred containers one after the other, by crun and by runc",
	  "crun's README: 1.69 s against 3.34 s",
	  "another machine and newer versions; the container is a static true", experiment_crun },
};
const size_t n_experiments = ARRAY_SIZE(experiments);

static void cell(double v, const char *unit, FILE *to)
{
	CLEAN(free_text) char *all = NULL;

	if (isnan(v)) {
		fprintf(to, " %14s", "-");
		return;
	}
	all = text("%.*f%s%s",
		   v < 10    ? 2
		   : v < 100 ? 1
			     : 0,
		   v, *unit && *unit != '/' ? " " : "", unit);
	fprintf(to, " %14s", all);
}

void lab_tell(const struct lab *lab, FILE *to)
{
	const struct experiment *e = lab->experiment;

	fprintf(to, "\n%s: %s\n  source: %s\n  differs: %s\n", e->name, e->shows, e->source,
		e->differs);
	fprintf(to, "  %-46s %14s %14s\n", "", "published", "here");
	for (size_t i = 0; i < lab->n; i++) {
		fprintf(to, "  %-46s", lab->v[i].what);
		cell(lab->v[i].published, lab->v[i].unit, to);
		cell(lab->v[i].ours, lab->v[i].unit, to);
		fputc('\n', to);
	}
	if (lab->error)
		fprintf(to, "  FAILED: %s\n", lab->error);
	fprintf(to, "  # %.1f s%s\n", lab->took, lab->quick ? ", --quick" : "");
}
