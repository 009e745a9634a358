// SPDX-License-Identifier: GPL-2.0-only
/* Time namespaces: who waits until a time waits until it is so in the namespace. */
#include "timens.h"

#include <linux/futex.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/timerfd.h>

AREA(time);

#define NS_PER_MS 1000000LL
/* Far enough for no test to come there. */
#define FAR	  (1000 * NS_PER_S)

static const char *const offsets[] = {
	"monotonic 1000000 0\nboottime 2000000 0",
	"monotonic 2000000 0\nboottime 1000000 0",
	"monotonic -1 0\nboottime -1 500000000",
};
enum { OFFSETS = 3 };

static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_BOOTTIME };

static void interrupted(int sig __attribute__((unused)))
{
}

/* A signal each time that so long has passed, until the next setting; 0: none. */
static void set_bell(int ms)
{
	struct sigaction act = { .sa_handler = interrupted };
	struct timeval every = { ms / 1000, ms % 1000 * 1000 };

	MUST(sigaction(SIGALRM, &act, NULL));
	MUST(setitimer(ITIMER_REAL, &(struct itimerval) { every, every }, NULL));
}

#define TURN_MS 500

/*
 * A call that waits for a time so far ahead, made again when the bell interrupts it,
 * until a wrong offset must be what it waits for.  That limit is in turns: who stood
 * still hears the bell once, and then finds that the time has come.
 */
#define IN_TURNS(ahead, call)                                                   \
	({                                                                      \
		int left_ = ((ahead) / NS_PER_MS + wait_limit_ms(2)) / TURN_MS; \
		intmax_t done_;                                                 \
		set_bell(TURN_MS);                                              \
		do                                                              \
			done_ = (call);                                         \
		while (done_ < 0 && errno == EINTR && left_-- > 0);             \
		set_bell(0);                                                    \
		done_;                                                          \
	})

/* In a member of a namespace, for each of the offsets. */
#define IN_MEMBERS(i)                                                                        \
	for (int i = 0; i < OFFSETS; i++)                                                    \
		IN_CHILD ()                                                                  \
			for (bool once_more_ = (offsets_make(offsets[i]), true); once_more_; \
			     once_more_ = false)                                             \
				IN_CHILD ()

/* 0, or -1 and errno, when the time on the clock has come. */
typedef int wait_until(clockid_t clock, const struct timespec *when);

static void expect_waits_until(wait_until *wait, clockid_t clock, int64_t target)
{
	struct timespec when = from_ns(target);
	int64_t start = clock_ns(clock, BY_SYSCALL), due = target > start ? target : start;

	EXPECT_OK(IN_TURNS(due - start, wait(clock, &when)));
	EXPECT_LE(due, clock_ns(clock, BY_SYSCALL));
}

/* A little ahead, a little back, and before the namespace's time began. */
static void expect_absolute(wait_until *wait, clockid_t clock)
{
	int64_t now = clock_ns(clock, BY_SYSCALL);

	expect_waits_until(wait, clock, now + 40 * NS_PER_MS);
	expect_waits_until(wait, clock, now - 40 * NS_PER_MS);
	expect_waits_until(wait, clock, 1);
}

static int by_nanosleep(clockid_t clock, const struct timespec *when)
{
	errno = clock_nanosleep(clock, TIMER_ABSTIME, when, NULL);
	return errno ? -1 : 0;
}

static bool sleeps_or_died(pid_t pid)
{
	char state = proc_state(pid);

	return state == 'S' || state == 'Z';
}

/* Was it stopped, or had it ended before that? */
static bool stopped_in_sleep(wait_until *wait, clockid_t clock, int64_t span)
{
	struct child c;
	siginfo_t info;

	CHILD (&c)
		expect_waits_until(wait, clock, clock_ns(clock, BY_SYSCALL) + span);
	EXPECT_SOON(sleeps_or_died(proc_pid(c.pidfd)));
	MUST(kill(c.pid, SIGSTOP));
	MUST(waitid(P_PID, c.pid, &info, WSTOPPED | WEXITED | WNOWAIT));
	MUST(kill(c.pid, SIGCONT));
	child_wait(&c);
	return info.si_code == CLD_STOPPED;
}

/* Stopped and continued, a sleep goes on until the same moment. */
static void expect_restarted(wait_until *wait, clockid_t clock)
{
	int64_t span = 200 * NS_PER_MS;

	while (!stopped_in_sleep(wait, clock, span))
		span *= 2;
}

/* The clock that wakes a suspended machine needs one that can, and CAP_WAKE_ALARM. */
static void expect_alarm_absolute(void)
{
	const struct timespec past = {};

	if (by_nanosleep(CLOCK_BOOTTIME_ALARM, &past))
		check_note("partly tested: no CLOCK_BOOTTIME_ALARM (%s)", errno_name(errno));
	else
		expect_absolute(by_nanosleep, CLOCK_BOOTTIME_ALARM);
}

TEST_F(time, nanosleep_abs)
{
	IN_MEMBERS (i) {
		for (int k = 0; k < 2; k++) {
			expect_absolute(by_nanosleep, clocks[k]);
			expect_restarted(by_nanosleep, clocks[k]);
		}
		expect_alarm_absolute();
	}
}

/* Until then; none where that has passed meanwhile. */
static struct timespec time_left(clockid_t clock, const struct timespec *when)
{
	int64_t left = to_ns(when) - clock_ns(clock, BY_SYSCALL);

	return from_ns(left > 0 ? left : 0);
}

static int by_relative(clockid_t clock, const struct timespec *when)
{
	struct timespec left = time_left(clock, when);

	errno = clock_nanosleep(clock, 0, &left, NULL);
	return errno ? -1 : 0;
}

static int by_plain_nanosleep(clockid_t clock, const struct timespec *when)
{
	struct timespec left = time_left(clock, when);

	return nanosleep(&left, NULL);
}

/* What an interrupted sleep says is left of a long time. */
static int64_t remainder_of_far(clockid_t clock)
{
	struct timespec far = from_ns(FAR), left = { -1, -1 };
	int64_t start = clock_ns(clock, BY_SYSCALL);

	set_bell(50);
	EXPECT_EQ(EINTR, clock_nanosleep(clock, 0, &far, &left));
	set_bell(0);
	EXPECT_LE(FAR - (clock_ns(clock, BY_SYSCALL) - start), to_ns(&left));
	return to_ns(&left);
}

/* It is what is left; the bell may ring when the sleep has just begun, and then once more. */
static void expect_remainder(clockid_t clock)
{
	EXPECT_SOON(remainder_of_far(clock) < FAR - 40 * NS_PER_MS);
}

/* A timer set far ahead has between so much and so much left. */
static void expect_left(int64_t due_first, int64_t due_last, const struct timespec *left,
			clockid_t clock, int64_t before)
{
	EXPECT_LE(due_first - clock_ns(clock, BY_SYSCALL), to_ns(left));
	EXPECT_LE(to_ns(left), due_last - before);
}

static timer_t make_timer(clockid_t clock)
{
	struct sigevent none = { .sigev_notify = SIGEV_NONE };
	timer_t timer;

	MUST(timer_create(clock, &none, &timer));
	return timer;
}

static void expect_relative_timers(clockid_t clock)
{
	struct itimerspec far = { .it_value = from_ns(FAR) }, now;
	timer_t timer = make_timer(clock);
	int fd = MUST(timerfd_create(clock, TFD_CLOEXEC));
	int64_t set = clock_ns(clock, BY_SYSCALL);

	MUST(timer_settime(timer, 0, &far, NULL));
	MUST(timerfd_settime(fd, 0, &far, NULL));
	int64_t asked = clock_ns(clock, BY_SYSCALL);
	MUST(timer_gettime(timer, &now));
	expect_left(set + FAR, asked + FAR, &now.it_value, clock, asked);
	MUST(timerfd_gettime(fd, &now));
	expect_left(set + FAR, asked + FAR, &now.it_value, clock, asked);
	timer_delete(timer);
	close(fd);
}

TEST_F(time, nanosleep_rel)
{
	IN_MEMBERS (i) {
		for (int k = 0; k < 2; k++) {
			int64_t soon = clock_ns(clocks[k], BY_SYSCALL) + 40 * NS_PER_MS;

			expect_waits_until(by_relative, clocks[k], soon);
			expect_remainder(clocks[k]);
			expect_restarted(by_relative, clocks[k]);
			expect_relative_timers(clocks[k]);
		}
		expect_waits_until(by_plain_nanosleep, CLOCK_MONOTONIC,
				   clock_ns(CLOCK_MONOTONIC, BY_SYSCALL) + 40 * NS_PER_MS);
		expect_restarted(by_plain_nanosleep, CLOCK_MONOTONIC);
	}
}

static int by_timer(clockid_t clock, const struct timespec *when)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec t = { .it_value = *when };
	sigset_t set;
	timer_t timer;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	MUST(timer_create(clock, &event, &timer));
	MUST(timer_settime(timer, TIMER_ABSTIME, &t, NULL));
	int sig = sigwaitinfo(&set, NULL), saved = errno;
	timer_delete(timer);
	/* One that came with the bell is none of the next timer's. */
	sigtimedwait(&set, NULL, &(struct timespec) { 0, 0 });
	errno = saved;
	return sig == SIGUSR1 ? 0 : -1;
}

/* Set far ahead: what is left of that, and what the old setting had left. */
static void expect_timer_left(clockid_t clock)
{
	timer_t timer = make_timer(clock);
	int64_t due = clock_ns(clock, BY_SYSCALL) + FAR, asked;
	struct itimerspec t = { .it_value = from_ns(due) }, now;

	MUST(timer_settime(timer, TIMER_ABSTIME, &t, NULL));
	asked = clock_ns(clock, BY_SYSCALL);
	MUST(timer_gettime(timer, &now));
	expect_left(due, due, &now.it_value, clock, asked);
	asked = clock_ns(clock, BY_SYSCALL);
	MUST(timer_settime(timer, TIMER_ABSTIME, &t, &now));
	expect_left(due, due, &now.it_value, clock, asked);
	timer_delete(timer);
}

TEST_F(time, posix_timer_abs)
{
	IN_MEMBERS (i)
		for (int k = 0; k < 2; k++) {
			expect_absolute(by_timer, clocks[k]);
			expect_timer_left(clocks[k]);
		}
}

static int by_timerfd(clockid_t clock, const struct timespec *when)
{
	struct itimerspec t = { .it_value = *when };
	int fd = MUST(timerfd_create(clock, TFD_CLOEXEC));
	uint64_t expired;

	MUST(timerfd_settime(fd, TFD_TIMER_ABSTIME, &t, NULL));
	ssize_t n = read(fd, &expired, sizeof(expired));
	int saved = errno;
	close(fd);
	errno = saved;
	return n < 0 ? -1 : 0;
}

static void expect_timerfd_left(clockid_t clock)
{
	int fd = MUST(timerfd_create(clock, TFD_CLOEXEC));
	int64_t due = clock_ns(clock, BY_SYSCALL) + FAR, asked;
	struct itimerspec t = { .it_value = from_ns(due) }, now;

	MUST(timerfd_settime(fd, TFD_TIMER_ABSTIME, &t, NULL));
	asked = clock_ns(clock, BY_SYSCALL);
	MUST(timerfd_gettime(fd, &now));
	expect_left(due, due, &now.it_value, clock, asked);
	asked = clock_ns(clock, BY_SYSCALL);
	MUST(timerfd_settime(fd, TFD_TIMER_ABSTIME, &t, &now));
	expect_left(due, due, &now.it_value, clock, asked);
	close(fd);
}

TEST_F(time, timerfd_abs)
{
	IN_MEMBERS (i)
		for (int k = 0; k < 2; k++) {
			expect_absolute(by_timerfd, clocks[k]);
			expect_timerfd_left(clocks[k]);
		}
}

static int by_futex(clockid_t clock __attribute__((unused)), const struct timespec *when)
{
	int word = 0;

	syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, when, NULL,
		FUTEX_BITSET_MATCH_ANY);
	return errno == ETIMEDOUT ? 0 : -1;
}

TEST_F(time, futex_abs)
{
	IN_MEMBERS (i)
		expect_absolute(by_futex, CLOCK_MONOTONIC);
}

/* A ring of one request, which is a time-out; its result. */
struct ring {
	int fd;
	struct io_uring_params p;
	char *sq, *cq;
	struct io_uring_sqe *sqe;
};

static struct ring make_ring(void)
{
	struct ring r = { 0 };

	r.fd = syscall(SYS_io_uring_setup, 1, &r.p);
	if (r.fd < 0)
		check_skip("not %s: io_uring (%s)", errno == EPERM ? "permitted" : "supported",
			   errno_name(errno));
	r.sq = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, r.fd, IORING_OFF_SQ_RING);
	r.cq = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, r.fd, IORING_OFF_CQ_RING);
	r.sqe = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, r.fd, IORING_OFF_SQES);
	if (r.sq == MAP_FAILED || r.cq == MAP_FAILED || r.sqe == MAP_FAILED)
		check_setup_failed(HERE, "mmap of an io_uring: %s", errno_name(errno));
	return r;
}

#ifndef IORING_TIMEOUT_BOOTTIME
#define IORING_TIMEOUT_BOOTTIME (1U << 2)
#endif

/* The result of one time-out; the address is a time or, with the flag for that, nanoseconds. */
static int time_out(unsigned int flags, uintptr_t address)
{
	struct ring r = make_ring();
	const struct io_uring_cqe *cqe = (void *)(r.cq + r.p.cq_off.cqes);

	memset(r.sqe, 0, sizeof(*r.sqe));
	r.sqe->opcode = IORING_OP_TIMEOUT;
	r.sqe->addr = address;
	r.sqe->len = 1;
	r.sqe->timeout_flags = flags;
	*(unsigned int *)(r.sq + r.p.sq_off.array) = 0;
	atomic_store((atomic_uint *)(r.sq + r.p.sq_off.tail), 1);
	int e = EINTR, n = syscall(SYS_io_uring_enter, r.fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0);

	/* It says that one was taken, even when it was interrupted then. */
	if (n < 0)
		e = errno;
	else if (atomic_load((atomic_uint *)(r.cq + r.p.cq_off.tail)))
		e = -cqe->res;
	close(r.fd);
	errno = e;
	return e == ETIME ? 0 : -1;
}

static int by_io_uring(clockid_t clock, const struct timespec *when)
{
	struct __kernel_timespec t = { when->tv_sec, when->tv_nsec };
	unsigned int boottime = clock == CLOCK_BOOTTIME ? IORING_TIMEOUT_BOOTTIME : 0;

	return time_out(IORING_TIMEOUT_ABS | boottime, (uintptr_t)&t);
}

/*
 * Up to 6.18 the time was the machine's: one long ago in here is waited for
 * there.  Kernels that take the nanoseconds themselves for an address (7.1) are
 * not as old.
 */
static void skip_if_outer_time(int64_t offset)
{
	/* Who was held up once may have come late without having waited. */
	for (int i = 0; i < 5; i++) {
		int64_t start = clock_ns(CLOCK_MONOTONIC, BY_SYSCALL);
		struct timespec soon_outside = from_ns(start + 40 * NS_PER_MS - offset);

		if (by_io_uring(CLOCK_MONOTONIC, &soon_outside) ||
		    clock_ns(CLOCK_MONOTONIC, BY_SYSCALL) < start + 40 * NS_PER_MS)
			return;
	}
	if (time_out(1U << 7, 1) && errno == EINVAL)
		check_skip("not supported: io_uring time-outs in the namespace's time");
}

TEST_F(time, io_uring_abs)
{
	IN_MEMBERS (i) {
		if (offsets_of(0).monotonic > 0)
			skip_if_outer_time(offsets_of(0).monotonic);
		expect_absolute(by_io_uring, CLOCK_MONOTONIC);
		if (!time_out(IORING_TIMEOUT_BOOTTIME,
			      (uintptr_t) & (struct __kernel_timespec) { 0, 1 }))
			expect_absolute(by_io_uring, CLOCK_BOOTTIME);
	}
}

/* Armed in one time, waited for in another. */
static void expect_survives(clockid_t clock, bool absolute)
{
	const int64_t span = 150 * NS_PER_MS;
	int64_t start = clock_ns(clock, BY_SYSCALL), shift;
	struct itimerspec t = { .it_value = from_ns(absolute ? start + span : span) }, left;
	int fd = MUST(timerfd_create(clock, TFD_CLOEXEC));
	timer_t timer = make_timer(clock);
	uint64_t expired;

	MUST(timerfd_settime(fd, absolute ? TFD_TIMER_ABSTIME : 0, &t, NULL));
	MUST(timer_settime(timer, absolute ? TIMER_ABSTIME : 0, &t, NULL));
	EXPECT_OK(setns(ns_open(0, "time_for_children"), CLONE_NEWTIME));
	shift = clock == CLOCK_MONOTONIC ? offsets_of(0).monotonic : offsets_of(0).boottime;
	EXPECT_LE(start + shift, clock_ns(clock, BY_SYSCALL));
	MUST(timer_gettime(timer, &left));
	EXPECT_LE(to_ns(&left.it_value), span);
	EXPECT_LE(start + span - (clock_ns(clock, BY_SYSCALL) - shift), to_ns(&left.it_value));
	EXPECT_OK(IN_TURNS(span, read(fd, &expired, sizeof(expired))));
	EXPECT_LE(start + span, clock_ns(clock, BY_SYSCALL) - shift);
}

TEST_F(time, pending_timer_survives_setns)
{
	for (int i = 0; i < OFFSETS; i++)
		for (int k = 0; k < 2; k++)
			for (int absolute = 0; absolute < 2; absolute++)
				IN_CHILD () {
					offsets_make(offsets[i]);
					expect_survives(clocks[k], absolute);
				}
}

SUITE_MAIN(.alone = true)
