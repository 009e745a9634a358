/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The functions of the kernel that are stages of something: the one table that
 * all programs, and all that is told about them, are made from.
 *
 *	STAGE(symbol, later, group)
 *
 * symbol is what the function is shown as; later is the name under which newer
 * kernels have it, or symbol once more.  KEYED(symbol, later, group, TYPE, key)
 * is a function whose calls are told apart by what its first argument, a TYPE
 * named arg, has in it.  SYSTEM stands for STAGE where the work is done by the
 * kernel's own threads, on nobody's behalf: it is traced there as well.
 *
 * To be included with the three defined; included twice in one place, so no guard.
 */

/* Namespaces: made, joined, left. */
STAGE(ksys_unshare, ksys_unshare, NS)
STAGE(copy_namespaces, copy_namespaces, NS)
STAGE(create_new_namespaces, create_new_namespaces, NS)
STAGE(unshare_nsproxy_namespaces, unshare_nsproxy_namespaces, NS)
STAGE(switch_task_namespaces, switch_task_namespaces, NS)
STAGE(free_nsproxy, deactivate_nsproxy, NS)
STAGE(exit_task_namespaces, exit_nsproxy_namespaces, NS)
STAGE(copy_utsname, copy_utsname, NS)
STAGE(copy_ipcs, copy_ipcs, NS)
STAGE(mq_init_ns, mq_init_ns, NS)
STAGE(copy_pid_ns, copy_pid_ns, NS)
STAGE(copy_cgroup_ns, copy_cgroup_ns, NS)
STAGE(copy_time_ns, copy_time_ns, NS)
STAGE(utsns_install, utsns_install, NS)
STAGE(ipcns_install, ipcns_install, NS)
STAGE(mntns_install, mntns_install, NS)
STAGE(pidns_install, pidns_install, NS)
STAGE(netns_install, netns_install, NS)
STAGE(userns_install, userns_install, NS)
STAGE(cgroupns_install, cgroupns_install, NS)
STAGE(timens_install, timens_install, NS)

/* Network namespaces, by pernet operation. */
STAGE(copy_net_ns, copy_net_ns, NET)
STAGE(setup_net, setup_net, NET)
KEYED(ops_init, ops_init, NET, const struct pernet_operations, BPF_CORE_READ(arg, init))
STAGE(register_netdevice, register_netdevice, NET)
STAGE(unregister_netdevice_many, unregister_netdevice_many, NET)
STAGE(register_nexthop_notifier, register_nexthop_notifier, NET)

/* Mounts: copied, made, taken away. */
STAGE(copy_mnt_ns, copy_mnt_ns, MNT)
STAGE(copy_tree, copy_tree, MNT)
STAGE(clone_mnt, clone_mnt, MNT)
STAGE(path_mount, path_mount, MNT)
STAGE(vfs_get_tree, vfs_get_tree, MNT)
STAGE(do_add_mount, do_add_mount, MNT)
STAGE(attach_recursive_mnt, attach_recursive_mnt, MNT)
STAGE(propagate_mnt, propagate_mnt, MNT)
STAGE(path_pivot_root, path_pivot_root, MNT)
STAGE(path_umount, path_umount, MNT)
STAGE(umount_tree, umount_tree, MNT)
STAGE(propagate_umount, propagate_umount, MNT)
STAGE(namespace_unlock, namespace_unlock, MNT)
STAGE(cleanup_mnt, cleanup_mnt, MNT)
STAGE(deactivate_super, deactivate_super, MNT)

/* User namespaces and their maps. */
STAGE(unshare_userns, unshare_userns, USER)
STAGE(create_user_ns, create_user_ns, USER)
STAGE(set_cred_ucounts, set_cred_ucounts, USER)
STAGE(key_alloc, key_alloc, USER)
STAGE(map_write, map_write, USER)
STAGE(proc_setgroups_write, proc_setgroups_write, USER)

/* What is left of namespaces and cgroups, taken away later by kernel threads. */
SYSTEM(cleanup_net, cleanup_net, GONE)
STAGE(ops_exit_list, ops_undo_list, GONE)
SYSTEM(free_user_ns, free_user_ns, GONE)
SYSTEM(free_ipc, free_ipc, GONE)
STAGE(put_ipc_ns, put_ipc_ns, GONE)
STAGE(put_mnt_ns, put_mnt_ns, GONE)
STAGE(put_pid_ns, put_pid_ns, GONE)
STAGE(zap_pid_ns_processes, zap_pid_ns_processes, GONE)
STAGE(free_uts_ns, free_uts_ns, GONE)
STAGE(free_time_ns, free_time_ns, GONE)
STAGE(free_cgroup_ns, free_cgroup_ns, GONE)
SYSTEM(css_killed_work_fn, css_killed_work_fn, GONE)
SYSTEM(css_release_work_fn, css_release_work_fn, GONE)
SYSTEM(css_free_rwork_fn, css_free_rwork_fn, GONE)

/* Waiting for everybody. */
STAGE(synchronize_rcu, synchronize_rcu, WAIT)
STAGE(synchronize_rcu_expedited, synchronize_rcu_expedited, WAIT)
STAGE(rcu_barrier, rcu_barrier, WAIT)
STAGE(rcu_sync_enter, rcu_sync_enter, WAIT)
STAGE(percpu_down_write, percpu_down_write, WAIT)

/* Cgroups: made, by controller. */
STAGE(cgroup_mkdir, cgroup_mkdir, CGROUP)
STAGE(cgroup_apply_control_enable, cgroup_apply_control_enable, CGROUP)
STAGE(cgroup_apply_control_disable, cgroup_apply_control_disable, CGROUP)
STAGE(css_populate_dir, css_populate_dir, CGROUP)
KEYED(online_css, online_css, CGROUP, struct cgroup_subsys_state, css_callback(arg))
STAGE(mem_cgroup_css_alloc, mem_cgroup_css_alloc, CGROUP)
STAGE(cpu_cgroup_css_alloc, cpu_cgroup_css_alloc, CGROUP)
STAGE(cpuset_css_alloc, cpuset_css_alloc, CGROUP)
STAGE(pids_css_alloc, pids_css_alloc, CGROUP)
STAGE(blkcg_css_alloc, blkcg_css_alloc, CGROUP)
STAGE(hugetlb_cgroup_css_alloc, hugetlb_cgroup_css_alloc, CGROUP)
STAGE(rdmacg_css_alloc, rdmacg_css_alloc, CGROUP)
STAGE(misc_cg_alloc, misc_cg_alloc, CGROUP)
STAGE(perf_cgroup_css_alloc, perf_cgroup_css_alloc, CGROUP)
STAGE(psi_cgroup_alloc, psi_cgroup_alloc, CGROUP)
STAGE(kernfs_create_dir_ns, kernfs_create_dir_ns, CGROUP)
STAGE(__kernfs_create_file, __kernfs_create_file, CGROUP)
STAGE(kernfs_remove, kernfs_remove, CGROUP)

/* Cgroups: tasks moved, limits set, taken away. */
STAGE(__cgroup_procs_write, __cgroup_procs_write, CGROUP)
STAGE(cgroup_procs_write_start, cgroup_procs_write_start, CGROUP)
STAGE(cgroup_attach_permissions, cgroup_attach_permissions, CGROUP)
STAGE(cgroup_attach_task, cgroup_attach_task, CGROUP)
STAGE(cgroup_migrate_prepare_dst, cgroup_migrate_prepare_dst, CGROUP)
STAGE(cgroup_migrate_execute, cgroup_migrate_execute, CGROUP)
STAGE(cgroup_procs_write_finish, cgroup_procs_write_finish, CGROUP)
STAGE(cgroup_subtree_control_write, cgroup_subtree_control_write, CGROUP)
STAGE(cgroup_update_dfl_csses, cgroup_update_dfl_csses, CGROUP)
STAGE(cgroup_freeze_write, cgroup_freeze_write, CGROUP)
STAGE(cgroup_kill_write, cgroup_kill_write, CGROUP)
STAGE(memory_max_write, memory_max_write, CGROUP)
STAGE(try_to_free_mem_cgroup_pages, try_to_free_mem_cgroup_pages, CGROUP)
STAGE(mem_cgroup_out_of_memory, mem_cgroup_out_of_memory, CGROUP)
STAGE(cpu_max_write, cpu_max_write, CGROUP)
STAGE(tg_set_cfs_bandwidth, tg_set_bandwidth, CGROUP)
STAGE(cgroup_rstat_flush, css_rstat_flush, CGROUP)
STAGE(cgroup_rmdir, cgroup_rmdir, CGROUP)
STAGE(cgroup_destroy_locked, cgroup_destroy_locked, CGROUP)
STAGE(kill_css, kill_css_sync, CGROUP)

/* A process made, in a cgroup. */
STAGE(kernel_clone, kernel_clone, FORK)
STAGE(copy_process, copy_process, FORK)
STAGE(copy_creds, copy_creds, FORK)
STAGE(dup_fd, dup_fd, FORK)
STAGE(dup_mmap, dup_mmap, FORK)
STAGE(copy_page_range, copy_page_range, FORK)
STAGE(sched_fork, sched_fork, FORK)
STAGE(alloc_pid, alloc_pid, FORK)
STAGE(cgroup_can_fork, cgroup_can_fork, FORK)
STAGE(cgroup_post_fork, cgroup_post_fork, FORK)
STAGE(wake_up_new_task, wake_up_new_task, FORK)

/* A program started; a process ended and waited for. */
STAGE(bprm_execve, bprm_execve, EXEC)
STAGE(begin_new_exec, begin_new_exec, EXEC)
STAGE(exit_mmap, exit_mmap, EXIT)
STAGE(exit_files, exit_files, EXIT)
STAGE(exit_sem, exit_sem, EXIT)
STAGE(exit_shm, exit_shm, EXIT)
STAGE(exit_signals, exit_signals, EXIT)
STAGE(cgroup_exit, cgroup_task_exit, EXIT)
STAGE(cgroup_release, cgroup_task_release, EXIT)
STAGE(do_wait, do_wait, EXIT)
STAGE(release_task, release_task, EXIT)
