/* Whatever a program passes to a system call: an error, and nothing else. */
#include "calls.h"

#include "abi/mman.h"

static const char read_only[BUFFER_BYTES] = "read-only";

/* The bad places. Return 0 behind the last. */
static bool bad_place(enum argument argument, int index, unsigned long *place)
{
    static const unsigned long nowhere[] = {
        0xffffffffffffffff, 0xfffffffffffff000, 0xffffffff80200000, 0xffffffc000000000,
        0xffff800000000000, 0xff00000000000000, 0x8000000000000000, 0x8000000000001000,
        1ul << 38,          1ul << 47,          1ul << 56,          (1ul << 38) - 1,
        (1ul << 47) - 1,    (1ul << 56) - 1,    0x80200000,         0x10000000,
        0x7fffffffffffffff,
    };
    const int count = sizeof(nowhere) / sizeof(nowhere[0]);

    if (index < count) {
        *place = nowhere[index];
        return true;
    }
    switch (index - count) {
    case 0: /* straddles into what is not mapped */
        *place = (unsigned long)last_page + PAGE_BYTES - 3;
        return true;
    case 1: /* the same, unaligned for every type */
        *place = (unsigned long)last_page + PAGE_BYTES - 1;
        return true;
    case 2:
        *place = (unsigned long)last_page + PAGE_BYTES;
        return true;
    case 3:
        *place = (unsigned long)read_only;
        return argument == OUTPUT || argument == STATUS;
    case 4:
        *place = 0;
        return argument != STATUS;
    default:
        return false;
    }
}

/* A descriptor that the call made, or lost, would show in which one comes next. */
static int next_descriptor(void)
{
    int fd = dup(file_fd);

    expect(fd >= 0 && close(fd) == 0);
    return fd;
}

static void try_place(const struct call_row *row, int which, unsigned long place)
{
    enum argument argument = row->arguments[which];

    memset(last_page, 'p', PAGE_BYTES); /* a string that is never closed */
    int next = next_descriptor();
    long result = call_with(row, which, place);
    long there = (long)((unsigned long)last_page + PAGE_BYTES - place);
    bool right = result == -EFAULT ||
                 (there < (long)PAGE_BYTES && moved_what_is_there(row, result, there)) ||
                 (argument == PATH && result == -ENAMETOOLONG) ||
                 (row->number == SYS_futex_wait && place % sizeof(int) && result == -EINVAL);

    if (!right && result != -ENOSYS) {
        fprintf(report_fd, "%s, argument %d = 0x%lx: %ld, not EFAULT\n", row->name, which, place,
                result);
        exit(STATUS_FAILED);
    }
    expect_equal(next_descriptor(), next);
}

static void bad_pointers(void)
{
    prepare();
    for (const struct call_row *row = calls; row->name; row++)
        for (int which = 0; which < ARGUMENTS; which++) {
            unsigned long place;

            if (is_pointer(row->arguments[which]))
                for (int i = 0; bad_place(row->arguments[which], i, &place); i++)
                    try_place(row, which, place);
        }
}

/* exec's vector is good, what it points to is not. */
static void bad_strings_in_vector(void)
{
    unsigned long place;
    char *vector[3] = {"x"};

    prepare();
    for (int i = 0; bad_place(PATH, i, &place); i++) {
        vector[1] = (char *)place;
        long result = call(SYS_exec, (long)"/true", (long)vector, 0, 0, 0, 0);

        expect(result == -EFAULT || result == -E2BIG);
    }
    char **straddling = (char **)(void *)(last_page + PAGE_BYTES - 2 * sizeof(char *));

    straddling[0] = straddling[1] = "y"; /* no null before the page ends */
    expect_equal(call(SYS_exec, (long)"/true", (long)straddling, 0, 0, 0, 0), -EFAULT);
}

/* Unaligned, but good: it works. */
static void unaligned_pointers(void)
{
    struct vm_stats stats;
    int status = 0;

    prepare();
    for (unsigned long at = 1; at < 8; at++) {
        char *odd = last_page - 16 + at; /* across two pages */

        expect_equal(call(SYS_vmstat, 0, (long)odd, 0, 0, 0, 0), 0);
        memmove(&stats, odd, sizeof(stats));
        expect_equal(stats.size, sizeof(stats));
        expect_equal(call(SYS_pipe, (long)(last_page - 8 + at), 0, 0, 0, 0, 0), 0);
        memmove(pipe_ends, last_page - 8 + at, sizeof(pipe_ends));
        expect(close(pipe_ends[0]) == 0 && close(pipe_ends[1]) == 0);
        int pid = fork();

        if (pid == 0)
            exit(7);
        expect_equal(call(SYS_wait, (long)(last_page - 4 + at % 4), 0, 0, 0, 0, 0), pid);
        memmove(&status, last_page - 4 + at % 4, sizeof(status));
        expect_equal(status, 7);
    }
}

/* Lengths that no buffer has. What comes before the bad part may be done. */
static void huge_lengths(void)
{
    static const long lengths[] = {
        -1, -4096, 0x7fffffff, 0x80000000l, 0xffffffffl, 0x100000000l, 0x7fffffffffffffff,
        -0x7fffffffffffffff - 1, 1l << 47,
    };
    char *page = grow(PAGE_BYTES);
    int fd = open("file", O_CREATE | O_RDWR), ends[2], pid;

    expect(fd >= 0);
    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        long got;

        expect(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
        got = call(SYS_write, fd, (long)page, lengths[i], 0, 0, 0);
        expect(got == -EFAULT || got == -EINVAL || got == (long)PAGE_BYTES);
        expect(file_size(fd) <= PAGE_BYTES);
        got = call(SYS_read, fd, (long)page, lengths[i], 0, 0, 0);
        expect(got == -EFAULT || got == -EINVAL || (got >= 0 && got <= (long)PAGE_BYTES));
        expect(pipe(ends) == 0);
        pid = fork();
        if (pid == 0) { /* may wait for ever, rightly, when no byte comes */
            close(ends[1]);
            call(SYS_read, ends[0], (long)page, lengths[i], 0, 0, 0);
            exit(0);
        }
        close(ends[0]);
        got = call(SYS_write, ends[1], (long)page, lengths[i], 0, 0, 0);
        expect(got < 0 || got <= (long)PAGE_BYTES);
        close(ends[1]);
        join(pid);
        got = call(SYS_procinfo, (long)page, lengths[i], 0, 0, 0, 0);
        expect(got < 0 || got <= (long)(PAGE_BYTES / sizeof(struct proc_info)));
    }
}

/* What goes over the end of what is mapped tells how far it came, and just that was moved. */
static void partly_good_buffers(void)
{
    prepare();
    long place = (long)(last_page + PAGE_BYTES - 100);
    int console = open("/console", O_WRONLY);

    memset(last_page, 'q', PAGE_BYTES);
    for (long bytes = 1000; bytes < 100000; bytes += 30000) {
        expect_equal(lseek(file_fd, 0, SEEK_SET), 0);
        expect_equal(call(SYS_read, file_fd, place, bytes, 0, 0, 0), 100);
        expect_equal(lseek(file_fd, 0, SEEK_CUR), 100);
        expect_equal(call(SYS_read, file_fd, place + 100, bytes, 0, 0, 0), -EFAULT);
        expect_equal(call(SYS_write, file_fd, place, bytes, 0, 0, 0), 100);
        expect_equal(call(SYS_write, file_fd, place + 100, bytes, 0, 0, 0), -EFAULT);
        expect_equal(lseek(file_fd, 0, SEEK_CUR), 200);
        expect_equal(call(SYS_write, pipe_ends[1], place, bytes, 0, 0, 0), 100);
        expect_equal(call(SYS_write, pipe_ends[1], place + 100, bytes, 0, 0, 0), -EFAULT);
        expect_equal(call(SYS_write, pipe_ends[1], place, 80, 0, 0, 0), 80);
        expect_equal(call(SYS_read, pipe_ends[0], place + 60, bytes, 0, 0, 0), 40);
        expect_equal(call(SYS_read, pipe_ends[0], place + 100, bytes, 0, 0, 0), -EFAULT);
        expect_equal(call(SYS_read, pipe_ends[0], (long)block, bytes, 0, 0, 0), 140);
    }
    memset(last_page, '\n', PAGE_BYTES);
    expect_equal(call(SYS_write, console, place + 98, 1000, 0, 0, 0), 2);
    expect_equal(call(SYS_write, console, place + 100, 1000, 0, 0, 0), -EFAULT);
}

/* Where the user half ends, bytes end, too: those before it are moved, and the call returns. */
static void buffers_at_the_end(void)
{
    long stack_end = (long)((1ul << 38) - MIB); /* the user half ends there with Sv39 */

    prepare();
    for (long bytes = 20; bytes < 40000; bytes *= 40) {
        expect_equal(call(SYS_write, pipe_ends[1], stack_end - 10, bytes, 0, 0, 0), 10);
        expect_equal(call(SYS_read, pipe_ends[0], stack_end - 5, bytes, 0, 0, 0), 5);
        expect_equal(call(SYS_read, pipe_ends[0], (long)block, bytes, 0, 0, 0), 5);
        expect_equal(lseek(file_fd, 0, SEEK_SET), 0);
        expect_equal(call(SYS_write, file_fd, stack_end - 10, bytes, 0, 0, 0), 10);
        expect_equal(call(SYS_read, file_fd, stack_end - 5, bytes, 0, 0, 0), 5);
    }
}

static void wait_for_kill(long unused)
{
    (void)unused;
    sleep(1000000);
}

/* Numbers of 64 bits where an int is due: none is cut off to another number. */
static void numbers_beyond_int(void)
{
    static const long beyond[] = {1l << 32, -(1l << 32), 1l << 31, 1l << 62};
    int pid = spawn(wait_for_kill, 0), word = 5;
    long start = uptime();

    prepare();
    for (unsigned i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
        long more = beyond[i];

        expect_equal(call(SYS_kill, more + pid, 0, 0, 0, 0, 0), -ESRCH);
        expect_equal(call(SYS_pause, more, 0, 0, 0, 0, 0), -EINVAL);
        expect_equal(call(SYS_thread_join, more + getpid(), 0, 0, 0, 0, 0), -ESRCH);
        expect_equal(call(SYS_procinfo, (long)last_page, more + 1, 0, 0, 0, 0), -EINVAL);
        expect_equal(call(SYS_vmstat, more, (long)block, 0, 0, 0, 0), -EINVAL);
        expect_equal(call(SYS_memlimit, more, -1, 0, 0, 0, 0), -EINVAL);
        expect_equal(call(SYS_memlimit, -1, more, 0, 0, 0, 0), -EINVAL);
        expect_equal(call(SYS_lseek, file_fd, 0, more, 0, 0, 0), -EINVAL);
        expect_equal(call(SYS_mprotect, (long)last_page, PAGE_BYTES, more + 1, 0, 0, 0), -EINVAL);
        expect_equal(call(SYS_msync, (long)last_page, 1, more + MS_SYNC, 0, 0, 0), -EINVAL);
        expect_equal(call(SYS_madvise, (long)last_page, PAGE_BYTES, more, 0, 0, 0), -EINVAL);
        expect_equal(call(SYS_mmap, 0, PAGE_BYTES, more + 1, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                     -EINVAL);
        expect_equal(call(SYS_mmap, 0, PAGE_BYTES, 1, more + 0x22, -1, 0), -EINVAL);
        expect_equal(call(SYS_futex_wait, (long)&word, more + word, 0, 0, 0, 0), -EINVAL);
        expect_equal(call(SYS_futex_wake, (long)&word, more + 1, 0, 0, 0, 0), -EINVAL);
        expect_equal(call(SYS_mknod, (long)"device", more + 1, 0, 0, 0, 0), -EINVAL);
        expect_equal(call(SYS_dup, more + file_fd, 0, 0, 0, 0, 0), -EBADF);
        expect_equal(call(SYS_close, more + file_fd, 0, 0, 0, 0, 0), -EBADF);
    }
    expect(uptime() - start < 1000);
    expect_equal(call(SYS_pause, -1, 0, 0, 0, 0, 0), 0);
    expect(kill(pid) == 0);
    expect_equal(wait_for(pid), STATUS_KILLED);
}

static void unknown_calls(void)
{
    /* 2^32 + SYS_getpid is no call either: the number is 64 bits wide */
    static const long numbers[] = {
        0, 63, 64, 1000, -1, 1 << 30, (1l << 32) + SYS_getpid, 0x7fffffffffffffff,
    };

    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        expect_equal(call(numbers[i], 0, 0, 0, 0, 0, 0), -ENOSYS);
}

/* Numbers where a pointer is due, and pointers where a number is, for every call that returns. */
static void random_arguments(void)
{
    static const int harmless[] = {
        SYS_wait, SYS_pipe,  SYS_read,  SYS_fstat,  SYS_dup,   SYS_getpid, SYS_uptime,
        SYS_open, SYS_chdir, SYS_close, SYS_lseek,  SYS_fsync, SYS_exec,   SYS_getppid,
        SYS_link, SYS_write, SYS_vmstat, SYS_procinfo, SYS_sbrk,
    };
    const unsigned count = sizeof(harmless) / sizeof(harmless[0]);

    for (unsigned seed = 1; seed <= 20; seed++) {
        int pid = fork();

        if (pid == 0) {
            unsigned state = seed;

            close(0); /* a read from the console would wait for somebody to type */
            close(1);
            close(2);
            for (int i = 0; i < 200; i++) {
                long arguments[3];

                for (int n = 0; n < 3; n++) {
                    arguments[n] = next_random(&state);
                    if (next_random(&state) % 4 == 0)
                        arguments[n] = arguments[n] << 40 | next_random(&state);
                    if (next_random(&state) % 4 == 0)
                        arguments[n] %= 70;
                }
                int number = harmless[next_random(&state) % count];

                if (number == SYS_read && arguments[0] == report_fd)
                    continue;
                if (number == SYS_write)
                    arguments[0] = -1;
                if (number == SYS_read)
                    arguments[0] = 40 + arguments[0] % 100;
                call(number, arguments[0], arguments[1], arguments[2], 0, 0, 0);
            }
            exit(0);
        }
        int status = wait_for(pid);

        expect(status == 0 || status == STATUS_KILLED); /* the break may have gone under it */
    }
}

const struct test pointer_tests[] = {
    {"bad_pointers", bad_pointers, QUICK},
    {"bad_strings_in_vector", bad_strings_in_vector, QUICK},
    {"unaligned_pointers", unaligned_pointers, QUICK},
    {"huge_lengths", huge_lengths, QUICK},
    {"partly_good_buffers", partly_good_buffers, QUICK},
    {"buffers_at_the_end", buffers_at_the_end, QUICK},
    {"numbers_beyond_int", numbers_beyond_int, QUICK},
    {"unknown_calls", unknown_calls, QUICK},
    {"random_arguments", random_arguments, QUICK},
    {NULL, NULL, QUICK},
};
