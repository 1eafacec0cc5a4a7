/* Acts on processes and on what all of them share: fork, kill, exec, threads, quotas, swap. */
#include "abi/wait.h"
#include "callfuzz.h"

#define DELEGATE_ACTS 100
#define DELEGATE_DONE 7
#define NO_MEMORY_HERE 99 /* status of a child that could not begin */
#define GONE_TICKS 300    /* a child that was killed is gone by then, */
#define GONE_CALLS 5000ul /* or before the other owners have made so many calls */

static unsigned long calls_of_others(const struct owner *me)
{
    unsigned long calls = 0;

    for (unsigned i = 0; i < OWNERS; i++)
        if (i != me->number)
            calls += __atomic_load_n(&shared->record[i].count, __ATOMIC_RELAXED);
    return calls;
}

/* The end of the one child that this process has. */
static int reap(struct owner *me, int pid, int *cause)
{
    int status = -1;
    struct call *call = call_begin(me, "wait_info", (unsigned long)pid, 0, 0);

    call_end(me, call, wait_info(&status, cause));
    expect_value(me, call, pid);
    return status;
}

/*
 * The same after a kill. A host that is busy elsewhere makes any time long; but then the others get
 * nothing done, either.
 */
static int reap_killed(struct owner *me, int pid, int *cause)
{
    unsigned long calls = calls_of_others(me);
    int start = uptime(), status = reap(me, pid, cause), ticks = uptime() - start;

    calls = calls_of_others(me) - calls;
    if (ticks > GONE_TICKS && calls > GONE_CALLS)
        fail(me, "child %d, killed, took %d ticks to end; others made %lu calls meanwhile", pid,
             ticks, calls);
    return status;
}

static int fork_child(struct owner *me)
{
    struct call *call = call_begin(me, "fork", 0, 0, 0);
    int pid = fork();

    if (pid == 0)
        return 0;
    call_end(me, call, pid);
    return expect_success_or(me, call, ENOMEM, EAGAIN) < 0 ? -1 : pid;
}

static void __attribute__((noreturn)) delegate(struct owner *me)
{
    unsigned long acts = pick(me, DELEGATE_ACTS);

    me->is_delegate = 1 + me->delegates % 15;
    me->forks = 0;
    me->state ^= (unsigned long)me->delegates * 0x9e3779b97f4a7c15ul;
    close(me->ends[0]); /* bytes that are left in it must not be its parent's */
    close(me->ends[1]);
    if (pipe(me->ends) < 0)
        exit(NO_MEMORY_HERE);
    while (acts-- > 0 && !shared->failed)
        act(me);
    exit(DELEGATE_DONE);
}

/* A child does what its parent would, and is killed anywhere in it; or comes to its end. */
void act_delegate(struct owner *me)
{
    unsigned long patience = pick(me, 4) ? pick(me, 20000) : ~0ul;
    int pid, status, cause, was_killed = 0;

    me->delegates++;
    pid = fork_child(me);
    if (pid == 0)
        delegate(me);
    if (pid < 0)
        return;
    if (patience != ~0ul) {
        for (unsigned long i = 0; i < patience; i++)
            getpid();
        was_killed = kill(pid) == 0;
    }
    status = was_killed ? reap_killed(me, pid, &cause) : reap(me, pid, &cause);
    owner_recover(me);
    if (!(cause == CAUSE_EXITED && (status == DELEGATE_DONE || status == NO_MEMORY_HERE)) &&
        !(cause == CAUSE_KILL && was_killed))
        fail(me, "a delegate ended with status %d, cause %d%s", status, cause,
             was_killed ? " (it was killed)" : "");
}

/* ---- ends that must come ---- */

enum death { NULL_STORE, TEXT_STORE, ILLEGAL, PAST_END, DEATHS };

static void __attribute__((noreturn)) die_so(enum death death, volatile unsigned long *at)
{
    if (death == NULL_STORE)
        *(volatile unsigned long *)NULL = 1;
    else if (death == TEXT_STORE)
        *(volatile unsigned long *)(unsigned long)&act_death = 1;
    else if (death == ILLEGAL)
        __asm__ volatile(".word 0");
    else
        *at;
    exit(0);
}

/* An address in one of the windows that lies past the end of its file; NULL: there is none. */
static char *past_end(struct owner *me, int *thing)
{
    for (int i = 0; i < WINDOWS; i++) {
        const struct window *window = &me->window[i];
        const struct view *last = &window->view[window->pages - 1];

        *thing = window->thing;
        if ((window->kind == SHARED_THING || window->kind == PRIVATE_FILE) && last->is_mapped &&
            (last->prot & PROT_READ) && !last->is_own &&
            (window->first + window->pages - 1) * PAGE_SIZE >= shared->thing[*thing].size)
            return page_at(window, window->pages - 1);
    }
    return NULL;
}

void act_death(struct owner *me)
{
    enum death death = (enum death)pick(me, DEATHS);
    int thing = -1, pid, cause, want = death == ILLEGAL ? CAUSE_INSTRUCTION : CAUSE_STORE;
    char *at = death == PAST_END ? past_end(me, &thing) : NULL;
    struct thing *it = NULL; /* whose gate is ours: the second look may end at another one */

    if (death == PAST_END) {
        want = CAUSE_NO_PAGE;
        if (!at)
            return;
        it = &shared->thing[thing];
        gate_enter(me, it, 0);
        if (past_end(me, &thing) != at)
            goto leave;
    }
    pid = fork_child(me);
    if (pid == 0)
        die_so(death, (volatile unsigned long *)at);
    if (pid > 0 && (reap(me, pid, &cause) != WAIT_KILLED || cause != want))
        fail(me, "a child that does what it may not (%d at %p) ended with cause %d, not %d",
             (int)death, at, cause, want);
leave:
    if (it)
        gate_leave(me, it);
}

static void spin(void *argument)
{
    (void)argument;
    for (;;)
        getpid();
}

/* exec from a process that may have another thread; main() has the other half. */
static void __attribute__((noreturn)) exec_again(struct owner *me, unsigned long number)
{
    static struct thread thread;
    char digits[20];
    char *argv[] = {"callfuzz", "exec", digits, NULL};

    snprintf(digits, sizeof(digits), "%lu", number);
    if (pick(me, 2))
        thread_spawn(&thread, spin, NULL);
    exec("/callfuzz", argv);
    exit(errno == ENOMEM ? NO_MEMORY_HERE : 98);
}

void act_exec(struct owner *me)
{
    unsigned long number = pick(me, 90);
    int pid = fork_child(me), status, cause;

    if (pid == 0)
        exec_again(me, number);
    if (pid < 0)
        return;
    status = reap(me, pid, &cause);
    if (cause != CAUSE_EXITED || (status != (int)number && status != NO_MEMORY_HERE))
        fail(me, "exec's program ended with status %d, cause %d, not with %lu", status, cause,
             number);
}

static void touch_once(void *owner)
{
    act_touch(owner);
}

/* Another thread sees what this one does. */
void act_thread(struct owner *me)
{
    static struct thread threads[OWNERS];
    struct thread *thread = &threads[me->number];
    struct call *call = call_begin(me, "thread_spawn", 0, 0, 0);

    call_end(me, call, thread_spawn(thread, touch_once, me));
    if (expect_success_or(me, call, ENOMEM, EAGAIN) < 0)
        return;
    call = call_begin(me, "thread_wait", 0, 0, 0);
    call_end(me, call, thread_wait(thread));
    expect_value(me, call, 0);
}

/* ---- memory as a whole ---- */

void act_quota(struct owner *me)
{
    int frames = pick(me, 3) ? QUOTA_MIN + (int)pick(me, 56) : 0;
    int policy = (int)pick(me, POLICY_ADAPTIVE + 2) - 1;
    struct call *call = call_begin(me, "memlimit", (unsigned long)frames, (unsigned long)policy, 0);

    call_end(me, call, memlimit(frames, policy));
    if (expect_success_or(me, call, ENOMEM, ENODEV) < 0) {
        me->quota = -1;
        return;
    }
    if (me->quota >= 0)
        expect_value(me, call, me->quota);
    me->quota = frames;
}

void act_swap(struct owner *me)
{
    struct call *call = call_begin(me, "swapoff", 0, 0, 0);

    call_end(me, call, swapoff(DISK));
    if (call->result == -EINVAL || expect_success_or(me, call, ENOMEM, EBUSY) < 0)
        return; /* there is none, or it is needed */
    for (int i = 0; i < 20; i++)
        act_touch(me);
    call = call_begin(me, "swapon", 0, 0, 0);
    call_end(me, call, swapon(DISK));
    expect_value(me, call, 0);
}

void act_drop(struct owner *me)
{
    static struct vm_stats stats[OWNERS];
    struct call *call = call_begin(me, "vmstat(DROP)", 0, 0, 0);

    call_end(me, call, vmstat(0, &stats[me->number], VMSTAT_DROP));
    expect_value(me, call, 0);
}
