// SPDX-License-Identifier: GPL-2.0-only
#include "awake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

int awake_begin(void)
{
	static const int32_t latency; /* us */
	CLEAN(free_text)
	char *driver = file_text("/sys/devices/system/cpu/cpuidle/current_driver");
	int fd;

	if (!driver || !strcmp(driver, "none\n"))
		return -ENODEV;
	fd = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, &latency, sizeof(latency)) == sizeof(latency))
		return fd;
	int error = errno;

	if (fd >= 0)
		close(fd);
	return -error;
}

void awake_end(int fd)
{
	if (fd >= 0)
		close(fd);
}
