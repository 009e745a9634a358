// SPDX-License-Identifier: GPL-2.0-only
/*
 * PID 1 of a throwaway guest: set the machine up, run one command, report.
 *
 * Serial ports: ttyS0 the kernel's console, ttyS1 and ttyS2 the command's
 * output and errors, ttyS3 what we tell the host (see tools/vm/control.c).
 */
#include "guest.h"

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void console_open(void)
{
	int console = open("/dev/console", O_RDWR | O_NOCTTY);

	if (console < 0)
		return;
	dup2(console, STDOUT_FILENO);
	dup2(console, STDERR_FILENO);
	if (console > STDERR_FILENO)
		close(console);
}

/* As a login on an ordinary machine has it. */
static void surroundings(void)
{
	struct rlimit files = { .rlim_cur = 1024, .rlim_max = 524288 };

	setrlimit(RLIMIT_NOFILE, &files);
	umask(022);
	sethostname("guest", 5);
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/root", 1);
	setenv("TMPDIR", "/tmp", 1);
}

int main(void)
{
	int status;

	mount_all();
	console_open();
	ports_open();
	tell("hello\n");
	settings_read();
	modules_load();
	mount_cgroups(setting("cgroup", 0));
	loopback_up();
	disks_name();
	memory_set_up();
	surroundings();
	status = command_run();
	kill(-1, SIGKILL); /* what it left behind writes no more files */
	tell("exit %d\n", status);
	files_send("/out");
	ports_drain();
	tell("end\n");
	ports_drain();
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
