// SPDX-License-Identifier: GPL-2.0-only
#include "awake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

int awake_begin(void)
{
	static const int32_t latency; /* us */
	int fd = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);

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
