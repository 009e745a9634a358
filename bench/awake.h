/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Idle CPUs that do not sleep.  Whoever wakes one or sends it an interrupt (an expedited
 * grace period does, in every end of a mount namespace) waits for it to come out of its
 * idle state, so a figure would have as many levels as the machine has states; in a
 * virtual machine that is a trip to the host and back.  The strictest request to PM QoS
 * makes them wait in a loop (Documentation/power/pm_qos_interface.rst), until the
 * descriptor is closed, by whatever end of ours.
 */
#ifndef BENCH_AWAKE_H
#define BENCH_AWAKE_H

/*
 * The descriptor, or -errno: there is no such file, it is not for us, or (ENODEV) there
 * is no driver of idle states, which alone would heed it.
 */
int awake_begin(void);
void awake_end(int fd);

#endif
