/* SPDX-License-Identifier: GPL-2.0-only */
/* Plots, by the program gnuplot. */
#ifndef BULKHEAD_GNUPLOT_H
#define BULKHEAD_GNUPLOT_H

/*
 * What the script writes to its output, to be freed; its complaints go to stderr.
 * 0, -ENOENT where there is no gnuplot, -EINVAL where it did not like the script.
 */
int gnuplot(const char *script, char **output);

#endif
