/* What the tests lean on: expectations, children, files with a known content. */
#include "test.h"

volatile char sink;
char block[BLOCK_BYTES], other[BLOCK_BYTES];
struct proc_info process_rows[MAX_PROCESSES];

static const char *base_name(const char *path)
{
    const char *name = path;

    for (; *path; path++)
        if (*path == '/')
            name = path + 1;
    return name;
}

/* The test's own process may be waiting for what this one no longer does: it ends as well. */
void fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vfprintf(report_fd, format, arguments);
    va_end(arguments);
    if (getpid() != test_pid)
        kill(test_pid);
    exit(STATUS_FAILED);
}

void expect_true(bool condition, const char *file, int line, const char *what)
{
    if (!condition)
        fail("%s:%d: not so: %s (errno %d)\n", base_name(file), line, what, errno);
}

void expect_number(long got, long want, const char *file, int line, const char *what)
{
    if (got != want)
        fail("%s:%d: %s is %ld, not %ld (errno %d)\n", base_name(file), line, what, got, want,
             errno);
}

void expect_errno(long result, int error, const char *file, int line, const char *what)
{
    if (result != -1 || errno != error)
        fail("%s:%d: %s gives %ld, errno %d; expected -1, errno %d\n", base_name(file), line, what,
             result, errno, error);
}

void skip(const char *why)
{
    fprintf(report_fd, "%s\n", why);
    exit(STATUS_SKIPPED);
}

#define LOOKS 6000 /* a tick apart: only what never comes about takes so long */

/* Looks until the process is there under that name (NULL: any) and in that state (0: any). */
void wait_to_see(int pid, const char *name, char state)
{
    for (int look = 0; look < LOOKS; look++) {
        int count = procinfo(process_rows, MAX_PROCESSES);

        for (int i = 0; i < count; i++)
            if (process_rows[i].pid == pid && (!name || strcmp(process_rows[i].name, name) == 0) &&
                (!state || process_rows[i].state == state))
                return;
        sleep(1);
    }
    expect(!"the process came to that");
}

static void wait_for_end(long fd)
{
    char byte;

    read((int)fd, &byte, 1);
}

/* What one child is promised shows while there is one. */
int processes(int most)
{
    struct vm_stats without, with;
    int ends[2], pid;

    expect(pipe(ends) == 0);
    read_stats(&without);
    pid = spawn(wait_for_end, ends[0]);
    read_stats(&with);
    tell(ends[1]);
    join(pid);
    expect(close(ends[0]) == 0 && close(ends[1]) == 0);
    unsigned long each = (unsigned long)(with.commit - without.commit) + 1;
    unsigned long room = (unsigned long)(with.commit_limit - without.commit) * 3 / 4 / each;

    return room < (unsigned long)most ? (int)room : most;
}

int spawn(void (*run)(long), long argument)
{
    int pid = fork();

    expect(pid >= 0);
    if (pid == 0) {
        run(argument);
        exit(0);
    }
    return pid;
}

int wait_for(int pid)
{
    int status = 0;

    expect_equal(wait(&status), pid);
    return status;
}

void join(int pid)
{
    expect_equal(wait_for(pid), 0);
}

void join_all(int count, int status)
{
    for (int i = 0; i < count; i++) {
        int got = 0;

        expect(wait(&got) > 0);
        expect_equal(got, status);
    }
}

void expect_killed(void (*run)(long), long argument)
{
    int pid = fork();

    expect(pid >= 0);
    if (pid == 0) {
        run(argument);
        exit(0);
    }
    expect_equal(wait_for(pid), STATUS_KILLED);
}

static void touch_float(long unused)
{
    (void)unused;
    __asm__ volatile("fmv.d.x ft0, zero" : : : "memory");
}

bool has_floating_point(void)
{
    int status = wait_for(spawn(touch_float, 0));

    expect(status == 0 || status == STATUS_KILLED);
    return status == 0;
}

void need_floating_point(void)
{
    if (!has_floating_point())
        skip("this machine has no floating point");
}

void tell(int fd)
{
    char byte = 'x';

    expect_equal(write(fd, &byte, 1), 1);
}

void listen(int fd)
{
    char byte;

    expect_equal(read(fd, &byte, 1), 1);
}

long call(long number, long a0, long a1, long a2, long a3, long a4, long a5)
{
    register long r0 __asm__("a0") = a0;
    register long r1 __asm__("a1") = a1;
    register long r2 __asm__("a2") = a2;
    register long r3 __asm__("a3") = a3;
    register long r4 __asm__("a4") = a4;
    register long r5 __asm__("a5") = a5;
    register long r7 __asm__("a7") = number;

    __asm__ volatile("ecall"
                     : "+r"(r0)
                     : "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5), "r"(r7)
                     : "memory");
    return r0;
}

char *grow(long bytes)
{
    char *old = sbrk(bytes);

    expect(old != (char *)-1);
    return old;
}

void need_memory(unsigned long bytes)
{
    struct vm_stats stats;

    read_stats(&stats);
    if (stats.commit_limit < stats.commit + bytes / PAGE_BYTES)
        skip("not enough memory in this machine");
}

unsigned next_random(unsigned *state)
{
    *state = *state * 1103515245u + 12345u;
    return *state >> 8;
}

/* Every eight bytes tell the seed and their own position, so that nothing can change places. */
static unsigned long pattern(unsigned long word, unsigned seed)
{
    return (word + 1) * 0x9e3779b97f4a7c15ul ^ (unsigned long)seed * 0xc2b2ae3d27d4eb4ful;
}

void fill(char *data, unsigned long bytes, unsigned seed)
{
    for (unsigned long i = 0; i < bytes; i++)
        data[i] = (char)(pattern(i / 8, seed) >> i % 8 * 8);
}

bool filled(const char *data, unsigned long bytes, unsigned seed)
{
    for (unsigned long i = 0; i < bytes; i++)
        if (data[i] != (char)(pattern(i / 8, seed) >> i % 8 * 8))
            return false;
    return true;
}

static char page[PAGE_BYTES];

/* Page n of the file is filled with seed + n. */
void make_file(const char *path, unsigned long bytes, unsigned seed)
{
    int fd = open(path, O_CREATE | O_TRUNC | O_WRONLY);

    expect(fd >= 0);
    for (unsigned long done = 0; done < bytes; done += PAGE_BYTES) {
        unsigned long now = bytes - done < PAGE_BYTES ? bytes - done : PAGE_BYTES;

        fill(page, now, seed + (unsigned)(done / PAGE_BYTES));
        expect_equal(write(fd, page, (int)now), now);
    }
    expect(close(fd) == 0);
}

void verify_file(const char *path, unsigned long bytes, unsigned seed)
{
    int fd = open(path, O_RDONLY);

    expect(fd >= 0);
    expect_equal(file_size(fd), bytes);
    for (unsigned long done = 0; done < bytes; done += PAGE_BYTES) {
        unsigned long now = bytes - done < PAGE_BYTES ? bytes - done : PAGE_BYTES;

        expect_equal(read(fd, page, PAGE_BYTES), now);
        if (!filled(page, now, seed + (unsigned)(done / PAGE_BYTES))) {
            fprintf(report_fd, "%s: wrong bytes between %lu and %lu\n", path, done, done + now);
            exit(STATUS_FAILED);
        }
    }
    expect_equal(read(fd, page, PAGE_BYTES), 0);
    expect(close(fd) == 0);
}

void write_file(const char *path, const void *data, unsigned long bytes)
{
    int fd = open(path, O_CREATE | O_TRUNC | O_WRONLY);

    expect(fd >= 0);
    expect_equal(write(fd, data, (int)bytes), bytes);
    expect(close(fd) == 0);
}

unsigned long file_size(int fd)
{
    struct stat stat;

    expect(fstat(fd, &stat) == 0);
    return stat.size;
}

void read_stats(struct vm_stats *stats)
{
    expect(vmstat(0, stats, 0) == 0);
    expect_equal(stats->version, VM_STATS_VERSION);
    expect_equal(stats->size, sizeof(*stats));
}

extern const char __executable_start[], edata[]; /* user.ld: the pages that come from our file */

void drop_caches(void)
{
    struct vm_stats stats;

    expect(vmstat(0, &stats, VMSTAT_DROP) == 0);
    for (const char *page = __executable_start; page < edata; page += PAGE_BYTES)
        sink = *page;
}

#define MAX_STEPS 10000 /* a tree that cannot be removed must not hold up the run */

/* Removes what it can where it is, else goes down; goes up from a directory that is empty. */
void empty_directory(const char *path)
{
    struct dirent entry;
    char name[DIRSIZ + 1];
    int depth = 0, fd;

    chdir(path);
    for (int steps = 0; steps < MAX_STEPS && (fd = open(".", O_RDONLY)) >= 0; steps++) {
        bool empty = true;

        while (read(fd, &entry, sizeof(entry)) == sizeof(entry)) {
            if (!dirent_name(&entry, name) || unlink(name) == 0)
                continue;
            if (chdir(name) == 0) {
                empty = false;
                depth++;
            }
            break;
        }
        close(fd);
        if (!empty)
            continue;
        if (depth-- == 0)
            break;
        chdir("..");
    }
    chdir(path);
}

unsigned long time_now(void)
{
    unsigned long now;

    __asm__ volatile("rdtime %0" : "=r"(now));
    return now;
}

/* The least time for a loop of nops, or of as many instructions that are slow to emulate. */
static unsigned long loop_ticks(bool is_slow)
{
    unsigned long least = ~0ul, start, now;

    for (int round = 0; round < 5; round++) {
        start = time_now();
        for (int i = 0; i < 20000; i++) {
            if (is_slow)
                __asm__ volatile("rdtime %0" : "=r"(now));
            else
                __asm__ volatile("nop");
        }
        now = time_now() - start;
        least = now < least ? now : least;
    }
    return least;
}

/* Does the clock count instructions? Then the two loops take the same time, nearly. */
bool clock_counts_instructions(void)
{
    unsigned long fast = loop_ticks(false), slow = loop_ticks(true);

    return slow < fast + fast / 2 && fast <= 20000 * 8 / INSTRUCTIONS_PER_TICK;
}
