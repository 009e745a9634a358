// SPDX-License-Identifier: GPL-2.0-only
/* Pressure stall information: *.pressure of a cgroup and of the machine. */
#include "suite.h"

static bool is_disabled(void)
{
	char *disabled = kernel_parameter("cgroup_disable");
	bool is = disabled && strstr(disabled, "pressure");

	free(disabled);
	return is;
}

FIXTURE(psi)
{
	struct cgroup a, b, beside; /* b below a */
};
FIXTURE_SETUP(psi)
{
	if (access("/proc/pressure/cpu", F_OK))
		check_skip("not supported: PSI (CONFIG_PSI, psi=1)");
	self->a = cgroup_make("a");
	self->b = cgroup_make_in(&self->a, "b");
	self->beside = cgroup_make("beside");
	if (!cgroup_has(&self->a, "cpu.pressure") && is_disabled())
		check_skip("not supported: pressure of cgroups (cgroup_disable=pressure)");
}
NO_TEARDOWN(psi)

static const char *const files[] = { "cpu.pressure", "memory.pressure", "io.pressure" };

/* total of the line, in microseconds; -1: no such line. */
static int64_t total(const char *text, const char *line)
{
	char *values = text_value(text, line), *at = values ? strstr(values, "total=") : NULL;

	return at ? strtoll(at + 6, NULL, 10) : -1;
}

static int64_t cg_total(const struct cgroup *cg, const char *file, const char *line)
{
	return total(cgroup_read(cg, file), line);
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0", character by character. */
static void expect_line(const char *text, const char *which)
{
	double avg[3];
	long long sum;
	char *line = strstr(text, which), again[256];

	ASSERT_TRUE(line);
	ASSERT_EQ(4, sscanf(line + 5, "avg10=%lf avg60=%lf avg300=%lf total=%lld", &avg[0], &avg[1],
			    &avg[2], &sum));
	snprintf(again, sizeof(again), "%s avg10=%.2f avg60=%.2f avg300=%.2f total=%lld", which,
		 avg[0], avg[1], avg[2], sum);
	EXPECT_TRUE(!strncmp(again, line, strlen(again)));
	for (int i = 0; i < 3; i++)
		EXPECT_TRUE(avg[i] >= 0 && avg[i] <= 100);
}

TEST_F(psi, files_present)
{
	struct cgroup root = cgroup_root();

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		EXPECT_TRUE(cgroup_has(&self->a, files[i]));
		EXPECT_TRUE(cgroup_has(&self->b, files[i]));
		EXPECT_TRUE(cgroup_has(&root, files[i]));
	}
}

TEST_F(psi, format)
{
	static const char *const proc[] = { "/proc/pressure/cpu", "/proc/pressure/memory",
					    "/proc/pressure/io" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		for (int cg = 0; cg < 2; cg++) {
			char *text =
				cg ? cgroup_read(&self->a, files[i]) : file_read("%s", proc[i]);
			char *later;

			expect_line(text, "some");
			if (total(text, "full") >= 0) {
				expect_line(text, "full");
				EXPECT_LE(total(text, "full"), total(text, "some"));
			} else {
				EXPECT_EQ(0, i); /* cpu has a full line only since 5.13 */
			}
			later = cg ? cgroup_read(&self->a, files[i]) : file_read("%s", proc[i]);
			EXPECT_LE(total(text, "some"), total(later, "some"));
			EXPECT_EQ(total(text, "full") >= 0 ? 2 : 1, text_lines(text));
		}
}

TEST_F(psi, cpu_full_root_zero)
{
	char *text = file_read("/proc/pressure/cpu"), *full = strstr(text, "full");

	if (!full)
		check_skip("not supported: a full line in cpu.pressure");
	EXPECT_STREQ("full avg10=0.00 avg60=0.00 avg300=0.00 total=0", full);
	struct cgroup root = cgroup_root();

	if (!cgroup_has(&root, "cgroup.events"))
		EXPECT_STREQ("full avg10=0.00 avg60=0.00 avg300=0.00 total=0",
			     strstr(cgroup_read(&root, "cpu.pressure"), "full"));
}

/* Two that want the one CPU: somebody always waits, so it grows about with the clock. */
TEST_F(psi, cpu_contention_counts)
{
	struct child c[2];

	for (int i = 0; i < 2; i++)
		burn_start(&c[i], &self->b, 0);
	int64_t start = now_ns(), before = cg_total(&self->b, "cpu.pressure", "some");

	EXPECT_SOON(cg_total(&self->b, "cpu.pressure", "some") > before + 200000);
	int64_t grown = cg_total(&self->b, "cpu.pressure", "some") - before;

	EXPECT_GE((now_ns() - start) / 1000 * 105 / 100 + 20000, grown);
	EXPECT_EQ(0, cg_total(&self->beside, "cpu.pressure", "some"));
}

TEST_F(psi, hierarchical)
{
	struct child c[2];

	for (int i = 0; i < 2; i++)
		burn_start(&c[i], &self->b, 0);
	EXPECT_SOON(cg_total(&self->b, "cpu.pressure", "some") > 100000);
	EXPECT_SOON(cg_total(&self->a, "cpu.pressure", "some") > 100000);
	EXPECT_EQ(0, cg_total(&self->beside, "cpu.pressure", "some"));
}

TEST_F(psi, memory_stall_counts)
{
	struct child c;

	need_controller("memory");
	struct cgroup m = cgroup_make("m");
	int fd = storage_open(32 * MB);

	cgroup_write(&m, "memory.high", "4M");
	CHILD (&c, .cgroup = &m)
		for (;;)
			hog_read(fd, 32 * MB);
	EXPECT_SOON(cg_total(&m, "memory.pressure", "some") > 10000);
	EXPECT_EQ(0, cg_total(&self->beside, "memory.pressure", "some"));
}

TEST_F(psi, irq_pressure)
{
	static const char *const some = "some 100000 1000000";

	if (access("/proc/pressure/irq", F_OK))
		check_skip("not supported: irq.pressure (CONFIG_IRQ_TIME_ACCOUNTING)");
	char *text = file_read("/proc/pressure/irq");

	EXPECT_EQ(1, text_lines(text));
	expect_line(text, "full");
	EXPECT_EQ(-1, total(text, "some"));
	EXPECT_TRUE(cgroup_has(&self->a, "irq.pressure"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "irq.pressure", "%s", some));
}

TEST_F(psi, poll_without_trigger)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int fd = cgroup_open(&self->a, files[i], O_RDONLY);

		EXPECT_EQ(POLLERR | POLLPRI, poll_one(fd, POLLPRI, 0) & (POLLERR | POLLPRI));
		close(fd);
	}
}

static int try_trigger(int fd, const char *text)
{
	return write(fd, text, strlen(text) + 1) < 0 ? -1 : 0;
}

TEST_F(psi, trigger_bad_input)
{
	static const char *const bad[] = { "",
					   "some",
					   "some 100000",
					   "half 100000 1000000",
					   "some x 1000000",
					   "some 0 1000000",
					   "some 1000001 1000000",
					   "some 1000 0",
					   "some 100000 10000001",
					   "100000 1000000" };

	for (size_t f = 0; f < ARRAY_SIZE(files); f++) {
		int fd = cgroup_open(&self->a, files[f], O_RDWR);

		for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
			check_errno(HERE, bad[i], EINVAL, try_trigger(fd, bad[i]));
		if (cred_has(CAP_SYS_RESOURCE))
			EXPECT_OK(try_trigger(fd, "some 1000000 1000000"));
		close(fd);
	}
}

TEST_F(psi, trigger_second_ebusy)
{
	int fd = cgroup_open(&self->a, "cpu.pressure", O_RDWR);
	int other = cgroup_open(&self->a, "cpu.pressure", O_RDWR);

	ASSERT_OK(try_trigger(fd, "some 100000 2000000"));
	need_working(try_trigger(fd, "some 100000 2000000"), SYS_KNOWN_5_17,
		     "one trigger a descriptor (a second one replaces it)");
	EXPECT_ERRNO(EBUSY, try_trigger(fd, "some 100000 2000000"));
	EXPECT_ERRNO(EBUSY, try_trigger(fd, "some 200000 2000000"));
	EXPECT_OK(try_trigger(other, "some 100000 2000000"));
	close(fd);
	fd = cgroup_open(&self->a, "cpu.pressure", O_RDWR);
	EXPECT_OK(try_trigger(fd, "some 100000 2000000"));
}

/*
 * Two that want one CPU for 50 ms each wait for less than 1.8 s, unless they get
 * but a sliver of it: then there is nothing to say.
 */
static void expect_silent_below(const struct cgroup *cg)
{
	int fd = cgroup_open(cg, "cpu.pressure", O_RDWR);
	int64_t before = cg_total(cg, "cpu.pressure", "some");
	atomic_long *there = progress_make();
	struct child c[2];

	ASSERT_OK(try_trigger(fd, "some 1800000 2000000"));
	for (int i = 0; i < 2; i++)
		CHILD (&c[i], .cgroup = cg) {
			burn_bind(0);
			atomic_fetch_add(there, 1);
			while (atomic_load(there) < 2) /* or the first could be through by then */
				;
			burn_self(50);
		}
	for (int i = 0; i < 2; i++)
		child_wait(&c[i]);
	/* It is looked at ten times a window. */
	int events = poll_one(fd, POLLPRI, 500);
	if (cg_total(cg, "cpu.pressure", "some") - before < 1800000)
		EXPECT_EQ(0, events);
	EXPECT_LT(before, cg_total(cg, "cpu.pressure", "some"));
	close(fd);
}

/* Silent while there is no pressure, and told soon after there is. */
TEST_F(psi, trigger_poll)
{
	int fd = cgroup_open(&self->b, "cpu.pressure", O_RDWR);
	int quiet = cgroup_open(&self->beside, "cpu.pressure", O_RDWR);
	struct child c[2];

	expect_silent_below(&self->b);
	ASSERT_OK(try_trigger(fd, "some 100000 2000000"));
	ASSERT_OK(try_trigger(quiet, "some 100000 2000000"));
	EXPECT_EQ(0, poll_one(fd, POLLPRI, 100));
	for (int i = 0; i < 2; i++)
		burn_start(&c[i], &self->b, 0);
	EXPECT_EQ(POLLPRI, poll_one(fd, POLLPRI, wait_limit_ms(10)));
	EXPECT_EQ(0, poll_one(quiet, POLLPRI, 0));
	/* After rmdir there is nothing to wait for. */
	for (int i = 0; i < 2; i++)
		child_kill(&c[i]);
	ASSERT_SOON(!rmdir(self->beside.path));
	EXPECT_TRUE(poll_one(quiet, POLLPRI, wait_limit_ms(5)) & (POLLPRI | POLLERR));
}

/* Wait for an event; a time before it, later than the given one where we have looked in between. */
static int64_t await_event(int fd, int64_t since)
{
	int64_t looked = since;

	for (struct wait_loop w = wait_loop_start(10); !poll_one(fd, POLLPRI, 0);) {
		since = looked;
		ASSERT_TRUE(wait_loop_again(&w));
		looked = now_ns();
	}
	return since;
}

/* The window is two seconds: so much is between two events, however late we see them. */
TEST_F(psi, trigger_rate)
{
	int fd = cgroup_open(&self->b, "cpu.pressure", O_RDWR);
	int64_t start = now_ns(), first;
	struct child c[2];

	ASSERT_OK(try_trigger(fd, "some 50000 2000000"));
	for (int i = 0; i < 2; i++)
		burn_start(&c[i], &self->b, 0);
	first = await_event(fd, start);
	ASSERT_EQ(POLLPRI, poll_one(fd, POLLPRI, wait_limit_ms(10)));
	EXPECT_LE(1800, (now_ns() - first) / 1000000);
}

TEST_F(psi, trigger_unprivileged)
{
	struct stat st;
	int fd;

	if (geteuid() || !cred_is_initial())
		check_skip("not permitted: root, to hand a file over to another uid");
	/* The change that lets them in made this file writable for all. */
	MUST(stat("/proc/pressure/cpu", &st));
	if (!(st.st_mode & 0002))
		check_skip("not supported: triggers of the unprivileged");
	MUST(chown(text_format("%s/cpu.pressure", self->a.path), OTHER_UID, OTHER_GID));
	if (cred_has(CAP_SYS_RESOURCE)) {
		fd = cgroup_open(&self->a, "cpu.pressure", O_RDWR);
		EXPECT_OK(try_trigger(fd, "some 100000 1000000"));
	}
	IN_CHILD () {
		cred_become(OTHER_UID, OTHER_GID);
		int own = cgroup_open(&self->a, "cpu.pressure", O_RDWR);

		EXPECT_ERRNO(EINVAL, try_trigger(own, "some 100000 1000000"));
		EXPECT_ERRNO(EINVAL, try_trigger(own, "some 100000 3000000"));
		EXPECT_OK(try_trigger(own, "some 100000 4000000"));
	}
}

TEST_F(psi, cgroup_pressure_switch)
{
	struct child c[2];

	need_cgroup_file(&self->a, "cgroup.pressure");
	EXPECT_STREQ("1", cgroup_read(&self->a, "cgroup.pressure"));
	EXPECT_STREQ("1", cgroup_read(&self->b, "cgroup.pressure"));
	EXPECT_ERRNO(ERANGE, cgroup_try_write(&self->a, "cgroup.pressure", "2"));
	EXPECT_ERRNO(ERANGE, cgroup_try_write(&self->a, "cgroup.pressure", "-1"));
	EXPECT_ERRNO(EINVAL, cgroup_try_write(&self->a, "cgroup.pressure", "x"));
	cgroup_write(&self->a, "cgroup.pressure", "0");
	EXPECT_STREQ("0", cgroup_read(&self->a, "cgroup.pressure"));
	EXPECT_STREQ("1", cgroup_read(&self->b, "cgroup.pressure"));
	for (int i = 0; i < 2; i++)
		burn_start(&c[i], &self->b, 0);
	EXPECT_SOON(cg_total(&self->b, "cpu.pressure", "some") > 100000);
	cgroup_write(&self->a, "cgroup.pressure", "1");
	/* What it missed it missed.  Both go on growing, so the smaller one is read first. */
	int64_t of_a = cg_total(&self->a, "cpu.pressure", "some");
	EXPECT_GT(cg_total(&self->b, "cpu.pressure", "some"), of_a + 50000);
	EXPECT_SOON(cg_total(&self->a, "cpu.pressure", "some") > 50000);
}

TEST_F(psi, cgroup_pressure_hides_files)
{
	char text[512];
	int fd;

	need_cgroup_file(&self->a, "cgroup.pressure");
	fd = cgroup_open(&self->a, "cpu.pressure", O_RDONLY);
	EXPECT_LT(0, pread(fd, text, sizeof(text), 0));
	cgroup_write(&self->a, "cgroup.pressure", "0");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		EXPECT_FALSE(cgroup_has(&self->a, files[i]));
		EXPECT_TRUE(cgroup_has(&self->b, files[i]));
	}
	EXPECT_ERRNO(ENODEV, pread(fd, text, sizeof(text), 0));
	cgroup_write(&self->a, "cgroup.pressure", "1");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		EXPECT_TRUE(cgroup_has(&self->a, files[i]));
	EXPECT_LT(0, cgroup_try_read(&self->a, "cpu.pressure", text, sizeof(text)));
}

/* Two requests a second are let through: whoever reads waits for them. */
TEST_F(psi, io_stall_counts)
{
	const char *disk = need_disk();
	struct stat st;
	struct child c;

	need_controller("io");
	struct cgroup io = cgroup_make("io");

	MUST(stat(disk, &st));
	if (!cgroup_has(&io, "io.max"))
		check_skip("not supported: io.max (CONFIG_BLK_DEV_THROTTLING)");
	cgroup_write(&io, "io.max", "%u:%u riops=4", (unsigned int)(st.st_rdev >> 8),
		     (unsigned int)(st.st_rdev & 255));
	CHILD (&c, .cgroup = &io) {
		void *block;
		int fd = MUST(open(disk, O_RDONLY | O_DIRECT));

		ASSERT_EQ(0, posix_memalign(&block, 4096, 4096));
		for (int i = 0;; i++)
			MUST(pread(fd, block, 4096, i % 1000 * 4096));
	}
	EXPECT_SOON(cg_total(&io, "io.pressure", "some") > 300000);
	EXPECT_SOON(cg_total(&io, "io.pressure", "full") > 300000);
	EXPECT_EQ(0, cg_total(&self->beside, "io.pressure", "some"));
}

SUITE_MAIN(.alone = true)
