/* SPDX-License-Identifier: GPL-2.0-only */
/* A throwaway virtual machine: what it is made of, and the parts that make it. */
#ifndef BULKHEAD_VM_H
#define BULKHEAD_VM_H

#include "text.h"

#define EXIT_LIMIT    124 /* what git bisect and timeout(1) make of these */
#define EXIT_NO_GUEST 125

struct buffer {
	char *data;
	size_t size;
};

/* What is to be booted. */
struct kernel {
	char *image;
	char *release;
	char *modules; /* folder, or NULL: only what is built in */
	char *config;  /* file, or NULL: not known */
};

/* A module to load, with what it needs, in the order of loading. */
struct module {
	char *name;
	char *args;
	struct buffer code;
};

struct modules {
	struct module *v;
	size_t n;
	struct words missing; /* of those to try */
};

struct vm {
	struct kernel kernel;
	struct words load;     /* "zram num_devices=2": must be there */
	struct words try_load; /* the same, where the kernel has it */
	struct words files;    /* SRC or SRC:DST */
	struct words settings; /* "KEY VALUE" for the guest's PID 1, see init.c */
	struct words env;      /* NAME=VALUE */
	struct words disks;    /* "LABEL SIZE" */
	struct words command;
	const char *cwd;      /* of the command, or NULL for / */
	const char *out;      /* where the files of the guest's /out go, or NULL */
	struct words returns; /* "NAME PATH": where /out/NAME goes instead */
	const char *log;      /* where the console goes as well, or NULL */
	const char *append;   /* kernel parameters */
	const char *accel;    /* kvm, tcg or NULL: kvm where it works */
	const char *cpu;      /* qemu's name of a model, or NULL */
	unsigned int seed;    /* of all chance, and instructions are the clock; 0: neither */
	const char *memory;
	unsigned int cpus, nodes;
	unsigned int limit; /* seconds, 0: none */
	unsigned int boot_limit;
	unsigned int silence; /* seconds without a sign of life that a guest is given, 0: any */
	bool fatal_warnings;
	bool nic;   /* a network device that leads nowhere */
	bool quiet; /* findings are for the caller to tell */
	bool again; /* the command bears a second start, should the emulator fail the guest */
};

/* What came of a guest. */
struct outcome {
	int status; /* of the command, -1: it never told */
	bool booted;
	bool late;	   /* over the time limit */
	bool silent;	   /* for too long */
	bool files_whole;  /* all of /out came back */
	size_t missing;	   /* files asked for that were not in it */
	size_t complaints; /* of the kernel, on its console */
};

/* file.c */
char *cache_folder(void);
void free_buffer(struct buffer *b);
struct buffer file_read(const char *path);
int folder_make(const char *path);

/* needed.c: "TAG NAME" of each library and search path a program names; nothing: it needs none. */
void needed_read(const char *path, struct words *found);

/* capture.c: run a program, keep what it prints. */
int capture(char *const argv[], const char *in_path, bool quiet, struct buffer *out);

/* kernel.c: errors end the program. */
void kernel_find(const char *what, const char *modules, struct kernel *k);

/* modules.c */
void modules_find(const struct kernel *k, const struct words *load, const struct words *try_load,
		  struct modules *found);

/* cpio.c: an archive in the newc format, as the kernel unpacks it. */
struct cpio;
struct cpio *cpio_begin(void);
void cpio_folder(struct cpio *c, const char *path, mode_t mode);
void cpio_link(struct cpio *c, const char *path, const char *target);
void cpio_data(struct cpio *c, const char *path, mode_t mode, const void *data, size_t size);
void cpio_file(struct cpio *c, const char *path, const char *from);
bool cpio_has(const struct cpio *c, const char *path);
int cpio_end(struct cpio *c); /* a descriptor of the whole */

/* initramfs.c */
int initramfs_make(const struct vm *vm);

/* qemu.c: a running guest and its ports. */
enum port { PORT_CONSOLE, PORT_OUT, PORT_ERR, PORT_CONTROL, PORT_QEMU, PORTS };

struct guest {
	pid_t pid;
	int port[PORTS];
	bool kvm;
};

void qemu_start(const struct vm *vm, int initrd, bool kvm, struct guest *g);
void qemu_stop(struct guest *g);
bool kvm_usable(const struct vm *vm);
void kvm_refused(const char *why, bool for_good);

/* console.c: what the kernel said, and what of it is a complaint. */
struct console;
struct console *console_open(const char *log);
void console_feed(struct console *c, const char *data, size_t size);
bool console_silent(const struct console *c);
bool console_says(const struct console *c, const char *what); /* among the complaints */
size_t console_count(const struct console *c);
void console_close(struct console *c);
void console_show(const struct console *c, bool all, FILE *to);

/* control.c: what PID 1 tells. */
struct control;
struct control *control_open(const struct vm *vm);
int control_feed(struct control *c, const char *data, size_t size);
bool control_alive(const struct control *c);
bool control_over(const struct control *c);
int control_status(const struct control *c);
/* Files asked for by name that the guest did not have: each is told; how many. */
size_t control_missing(const struct control *c);
void control_close(struct control *c);

/* options.c: errors end the program. */
#define VM_DEFAULTS                                                                    \
	{                                                                              \
		.cpus = 2, .nodes = 1, .memory = "1G", .limit = 300, .boot_limit = 120 \
	}
unsigned int count_of(const char *arg, const char *option, unsigned long min, unsigned long max);
off_t size_of(const char *size);
void vm_add_disk(struct vm *vm, const char *size);
void vm_add_swap(struct vm *vm, const char *size);
void vm_add_zram(struct vm *vm, const char *size);
void vm_use_terminal(struct vm *vm);
void vm_set_cgroup(struct vm *vm, const char *layout);

/* guest.c */
struct outcome vm_run(const struct vm *vm);
int outcome_exit(const struct vm *vm, const struct outcome *o);

#endif
