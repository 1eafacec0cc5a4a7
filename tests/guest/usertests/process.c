/* Processes: fork, exit, wait, families, time, registers, and what shows of the scheduler. */
#include "test.h"

static void exit_with(long status)
{
    exit((int)status);
}

static void sleep_for(long ticks)
{
    sleep((int)ticks);
}

static void spin_forever(long unused)
{
    (void)unused;
    for (;;)
        sink++;
}

static void wait_status(void)
{
    static const int statuses[] = {0, 1, 42, 123, 255, 256, 1000, 0x7fffffff, -2, -1000};

    for (unsigned i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        int pid = spawn(exit_with, statuses[i]);

        expect_equal(wait_for(pid), statuses[i]);
    }
}

static void wait_without_children(void)
{
    int status;

    expect_error(wait(&status), ECHILD);
    join(spawn(exit_with, 0));
    expect_error(wait(&status), ECHILD);
}

static void wait_ignores_status(void)
{
    int pid = spawn(exit_with, 3);

    expect_equal(wait(0), pid);
}

static void wait_bad_pointer(void)
{
    int pid = spawn(exit_with, 7);

    expect_equal(call(SYS_wait, -PAGE_BYTES, 0, 0, 0, 0, 0), -EFAULT);
    expect_equal(wait_for(pid), 7); /* the child was not lost */
}

static void be_killed(long unused)
{
    (void)unused;
    kill(getpid());
    for (;;)
        sink++;
}

static void store_nowhere(long unused)
{
    (void)unused;
    *(volatile char *)(1ul << 37) = 1;
}

static void load_null(long null)
{
    sink = *(volatile char *)null;
}

static void call_null(long null)
{
    ((void (*)(void))null)();
}

static void break_point(long unused)
{
    (void)unused;
    __asm__ volatile("ebreak");
}

static void store_past_the_end(long unused)
{
    int fd = open("empty", O_CREATE | O_RDWR);
    volatile char *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    (void)unused;
    *page = 1;
}

/* A status of -1 is told from a kill, and each kill has its cause. */
static void wait_tells_the_cause(void)
{
    static const struct {
        void (*run)(long);
        int argument, status, cause;
    } ends[] = {
        {exit_with, -1, -1, CAUSE_EXITED},
        {exit_with, 3, 3, CAUSE_EXITED},
        {be_killed, 0, -1, CAUSE_KILL},
        {load_null, 0, -1, CAUSE_LOAD},
        {store_nowhere, 0, -1, CAUSE_STORE},
        {call_null, 0, -1, CAUSE_FETCH},
        {break_point, 0, -1, CAUSE_INSTRUCTION},
        {store_past_the_end, 0, -1, CAUSE_NO_PAGE},
    };
    int status, cause;

    for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        int pid = spawn(ends[i].run, ends[i].argument);

        status = cause = 77;
        expect_equal(wait_info(&status, &cause), pid);
        expect_equal(status, ends[i].status);
        expect_equal(cause, ends[i].cause);
        pid = spawn(ends[i].run, ends[i].argument);
        expect_equal(wait_info(NULL, i % 2 ? &cause : NULL), pid);
        expect_equal(wait_for(spawn(ends[i].run, ends[i].argument)), ends[i].status);
    }
    expect_error(wait_info(&status, &cause), ECHILD);
}

/* Not what would take Ctrl-C from the job that these tests may be. */
static void foreground_numbers(void)
{
    int pid = spawn(exit_with, 0);

    expect_equal(foreground(-getpid()), 0);
    expect_equal(foreground(-pid), 0); /* a zombie is still there */
    expect_equal(wait_for(pid), 0);
    expect_error(foreground(pid), ESRCH);
    expect_error(foreground(-pid), ESRCH);
    expect_error(foreground(INT_MAX), ESRCH);
    expect_error(foreground(1), ESRCH); /* or all that is born later would be of init's job */
    expect_error(foreground(-INT_MAX - 1), ESRCH);
    expect_equal(call(SYS_foreground, 1l << 32, 0, 0, 0, 0, 0), -ESRCH);
}

/* Who kills a child that has exited comes too late to be the cause. */
static void late_kill_is_no_cause(void)
{
    int pid = spawn(exit_with, 4), status, cause;

    wait_to_see(pid, NULL, 'Z');
    kill(pid);
    expect_equal(wait_info(&status, &cause), pid);
    expect_equal(status, 4);
    expect_equal(cause, CAUSE_EXITED);
}

#define FAMILY 60

static void wait_each_once(void)
{
    static int pids[FAMILY];
    static bool seen[FAMILY];
    int family = processes(FAMILY);

    for (int i = 0; i < family; i++)
        pids[i] = spawn(exit_with, i);
    for (int n = 0; n < family; n++) {
        int status = -1, pid = wait(&status);

        expect(status >= 0 && status < family);
        expect_equal(pid, pids[status]);
        expect(!seen[status]);
        seen[status] = true;
    }
    expect_error(wait(0), ECHILD);
}

static void report_parent(long fd)
{
    int parent = getppid();

    expect_equal(write((int)fd, &parent, sizeof(parent)), sizeof(parent));
}

static void parent_of_child(void)
{
    int ends[2], parent = 0;

    expect(pipe(ends) == 0);
    join(spawn(report_parent, ends[1]));
    expect_equal(read(ends[0], &parent, sizeof(parent)), sizeof(parent));
    expect_equal(parent, getpid());
}

static int orphan_pipe[2];

static void orphan(long unused)
{
    int parent;

    (void)unused;
    for (int i = 0; i < 100 && getppid() != 1; i++)
        sleep(1);
    parent = getppid();
    expect_equal(write(orphan_pipe[1], &parent, sizeof(parent)), sizeof(parent));
}

static void leave_orphan(long unused)
{
    (void)unused;
    spawn(orphan, 0);
}

static void orphans_go_to_init(void)
{
    int parent = 0;

    expect(pipe(orphan_pipe) == 0);
    join(spawn(leave_orphan, 0));
    expect_equal(read(orphan_pipe[0], &parent, sizeof(parent)), sizeof(parent));
    expect_equal(parent, 1);
}

static void make_orphans(long count)
{
    for (long i = 0; i < count; i++)
        spawn(sleep_for, i % 3);
}

/* Children that end before their parent, and after it. The ledger tells whether all went. */
static void init_reaps_orphans(void)
{
    int count = processes(50) / 5; /* those of other rounds may still be there */

    for (int round = 0; round < 5; round++)
        join(spawn(make_orphans, count));
}

/* Without a limit of ours, the kernel's: 512 processes, or what they cost cannot be promised. */
static void too_many_processes(void)
{
    int ends[2], count = 0, pid;
    char byte;

    expect(pipe(ends) == 0);
    while ((pid = fork()) > 0)
        count++;
    if (pid == 0) {
        close(ends[1]);
        read(ends[0], &byte, 1); /* until the parent closes it */
        exit(0);
    }
    int error = errno;

    close(ends[1]);
    for (int i = 0; i < count; i++)
        expect(wait(0) > 0);
    expect(count < MAX_PROCESSES);
    expect(error == EAGAIN || error == ENOMEM);
    if (error == EAGAIN)
        expect(count > MAX_PROCESSES - 50);
    join(spawn(exit_with, 0));
}

static void many_short_lives(void)
{
    for (int i = 0; i < 500; i++)
        join(spawn(exit_with, 0));
}

static void sleep_lasts(void)
{
    for (int ticks = 1; ticks <= 4; ticks++) {
        int start = uptime();

        expect(sleep(ticks) == 0);
        expect(uptime() - start >= ticks);
    }
}

static void sleep_nothing(void)
{
    int start = uptime();

    expect(sleep(0) == 0);
    sleep(-5);
    expect(uptime() - start < 100);
}

static void sleepers_overlap(void)
{
    int count = processes(20), start = uptime();

    for (int i = 0; i < count; i++)
        spawn(sleep_for, 30);
    join_all(count, 0);
    expect(uptime() - start >= 30);
    expect(uptime() - start < 30 * count); /* as one after another would take */
}

static void uptime_rises(void)
{
    int last = uptime();

    for (int i = 0; i < 2000; i++) {
        int now = uptime();

        expect(now >= last);
        last = now;
    }
}

#define SPINNERS 10 /* more than harts */

/* Who never makes a system call must leave the hart to others all the same. */
static void spinners_are_preempted(void)
{
    int pids[SPINNERS], count = processes(SPINNERS);

    for (int i = 0; i < count; i++)
        pids[i] = spawn(spin_forever, 0);
    for (int i = 0; i < 5; i++)
        expect(sleep(1) == 0);
    for (int i = 0; i < count; i++)
        expect(kill(pids[i]) == 0);
    join_all(count, STATUS_KILLED);
}

/* All caller- and callee-saved registers must survive preemption; a sum that mixes them tells. */
static unsigned long mix(unsigned long x, long rounds)
{
    unsigned long a = x, b = x ^ 1, c = x + 2, d = x * 3, e = ~x, f = x << 4, g = x >> 3, h = x + 8;

    for (long i = 0; i < rounds; i++) {
        a += b ^ c, b += c * 5, c ^= d >> 7, d += e, e ^= f << 3, f += g, g ^= h, h += a;
        a = a << 13 | a >> 51;
    }
    return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h;
}

#define ROUNDS 300000

static void compute(long seed)
{
    unsigned long first = mix((unsigned long)seed, ROUNDS);

    for (int i = 0; i < 8; i++)
        expect(mix((unsigned long)seed, ROUNDS) == first);
}

static void registers_survive(void)
{
    int count = processes(SPINNERS);

    for (int i = 0; i < count; i++)
        spawn(compute, i);
    join_all(count, 0);
}

/* A sum whose rounding differs for each seed, kept in floating-point registers throughout. */
static double series(long seed, long terms)
{
    double sum = (double)seed / 3.0, product = 1.0 + (double)seed / 7.0;

    for (long i = 1; i <= terms; i++) {
        sum += product / (double)(i * i + seed);
        product = product * 0.999 + 1.0 / (sum + 2.0);
    }
    return sum + product;
}

static void compute_series(long seed)
{
    double first = series(seed, ROUNDS);

    for (int i = 0; i < 6; i++) {
        expect(series(seed, ROUNDS) == first);
        if (i % 2)
            sleep(0);
    }
}

static void float_survives_switches(void)
{
    int count = processes(SPINNERS);

    need_floating_point();
    for (int i = 0; i < count; i++)
        spawn(compute_series, i + 1);
    join_all(count, 0);
}

/* fork copies the floating-point registers, and from then on each process has its own. */
static void __attribute__((noinline)) fork_with_float(void) /* saves fs3 before all else */
{
    unsigned long kept;
    int pid, status = 0;

    __asm__ volatile("fmv.d.x fs3, %2\n\t"
                     "li a7, %3\n\t"
                     "ecall\n\t"
                     "mv %0, a0\n\t"
                     "fmv.x.d %1, fs3"
                     : "=&r"(pid), "=&r"(kept)
                     : "r"(0x400921fb54442d18ul), "i"(SYS_fork)
                     : "a0", "a7", "fs3", "memory");
    if (pid == 0)
        exit(kept == 0x400921fb54442d18ul ? 0 : 1);
    expect(pid > 0);
    expect(kept == 0x400921fb54442d18ul);
    expect_equal(wait(&status), pid);
    expect_equal(status, 0);
}

static void float_survives_fork(void)
{
    need_floating_point();
    fork_with_float();
}

/* Instructions that no machine has, or that need registers which programs do not have. */
static void run_illegal(long which)
{
    switch (which) {
    case 0:
        __asm__ volatile(".4byte 0xffffffff");
        break;
    case 1:
        __asm__ volatile(".2byte 0");
        break;
    case 2: /* csrr a0, sstatus */
        __asm__ volatile(".4byte 0x10002573" : : : "a0");
        break;
    case 3: /* vsetivli zero, 2, e64, m1, ta, ma */
        __asm__ volatile(".4byte 0xcd817057");
        break;
    case 4: /* vle64.v v8, (sp) */
        __asm__ volatile(".4byte 0x02017407");
        break;
    case 5: /* csrr a0, vlenb */
        __asm__ volatile(".4byte 0xc2202573" : : : "a0");
        break;
    }
}

static void run_illegal_after_float(long which)
{
    __asm__ volatile("fmv.d.x ft0, zero" : : : "memory");
    run_illegal(which);
}

static void illegal_instructions_kill(void)
{
    bool floats = has_floating_point();

    for (long which = 0; which < 6; which++) {
        expect_killed(run_illegal, which);
        if (floats)
            expect_killed(run_illegal_after_float, which);
    }
}

static void processes_are_listed(void)
{
    struct proc_info *table = process_rows;
    int count = procinfo(table, MAX_PROCESSES);
    bool me = false, init = false;

    expect(count >= 2);
    for (int i = 0; i < count; i++) {
        if (table[i].pid == 1)
            init = strcmp(table[i].name, "init") == 0;
        if (table[i].pid == getpid()) {
            me = strcmp(table[i].name, "usertests") == 0;
            expect_equal(table[i].ppid, getppid());
            expect_equal(table[i].state, 'R');
            expect(table[i].resident >= PAGE_BYTES && table[i].size >= table[i].resident);
        }
    }
    expect(me && init);
    expect_equal(procinfo(table, 1), 1);
}

const struct test process_tests[] = {
    {"wait_status", wait_status, QUICK},
    {"wait_without_children", wait_without_children, QUICK},
    {"wait_ignores_status", wait_ignores_status, QUICK},
    {"wait_bad_pointer", wait_bad_pointer, QUICK},
    {"foreground_numbers", foreground_numbers, QUICK},
    {"wait_tells_the_cause", wait_tells_the_cause, QUICK},
    {"late_kill_is_no_cause", late_kill_is_no_cause, QUICK},
    {"wait_each_once", wait_each_once, QUICK},
    {"parent_of_child", parent_of_child, QUICK},
    {"orphans_go_to_init", orphans_go_to_init, QUICK},
    {"init_reaps_orphans", init_reaps_orphans, QUICK},
    {"too_many_processes", too_many_processes, QUICK},
    {"many_short_lives", many_short_lives, QUICK},
    {"sleep_lasts", sleep_lasts, QUICK},
    {"sleep_nothing", sleep_nothing, QUICK},
    {"sleepers_overlap", sleepers_overlap, QUICK},
    {"uptime_rises", uptime_rises, QUICK},
    {"spinners_are_preempted", spinners_are_preempted, QUICK},
    {"registers_survive", registers_survive, QUICK},
    {"float_survives_switches", float_survives_switches, QUICK},
    {"float_survives_fork", float_survives_fork, QUICK},
    {"illegal_instructions_kill", illegal_instructions_kill, QUICK},
    {"processes_are_listed", processes_are_listed, QUICK},
    {NULL, NULL, QUICK},
};
