/*
 * Calls and page faults when memory is out: in a kernel that checks itself (SAN=1) the k-th
 * allocation of a call is made to fail, for k = 1, 2, … until the call makes fewer than k. It may
 * say ENOMEM, or succeed in spite of it; then all is as it was, and the same call works.
 */
#include "mapping.h"
#include "thread.h"

#define PAGES 16ul
#define MOST_ALLOCATIONS 500 /* of one call; the loop over k ends in any case */
#define STATUS_REFUSED 103   /* of a child: its act failed with ENOMEM */

enum where {
    HERE,
    HERE_FOR_LONG,    /* once more, and the kernel finds no frame by waiting, either */
    CHILD,            /* in a child, which must not be killed */
    CHILD_UNRESERVED, /* in a child, which may be: nobody promised it the memory */
};

struct row {
    const char *name;
    enum where where;
    void (*set_up)(void);    /* before each attempt, with memory at hand; or NULL */
    long (*act)(void);       /* -1 and errno where it fails */
    void (*undo)(long done); /* after it succeeded; or NULL */
};

extern char etext[];

#define STAYS (1l << 31) /* of a count: for HERE_FOR_LONG */

static int fd, ends[2];
static char *memory;
static char page[PAGE_BYTES];
static struct vm_stats stats;
static struct proc_info info;
static unsigned char present[PAGES];

/* For this process, from now on; 0: none fails. */
static bool fail_allocation(long count)
{
    return call(SYS_vmstat, count, 0, VMSTAT_FAIL, 0, 0, 0) == 0;
}

/* ---- processes ---- */

static long act_fork(void)
{
    int pid = fork();

    if (pid == 0)
        exit(0);
    return pid;
}

static void undo_fork(long pid)
{
    join((int)pid);
}

static void run_nothing(void *unused)
{
    (void)unused;
}

static long act_thread(void)
{
    static struct thread thread;

    return thread_spawn(&thread, run_nothing, NULL) < 0 ? -1 : thread_wait(&thread);
}

static long act_exec(void)
{
    char *argv[] = {"true", "with", "arguments", NULL};

    return exec("/true", argv);
}

static long act_exec_nothing(void)
{
    char *argv[] = {"nothing", NULL};
    int result = exec("/no/such/program", argv);

    return result < 0 && errno == ENOENT ? 0 : result;
}

static long act_procinfo(void)
{
    return procinfo(&info, 1);
}

static long act_vmstat(void)
{
    return vmstat(0, &stats, 0);
}

/* ---- names and files ---- */

static long act_pipe(void)
{
    return pipe(ends);
}

static void undo_pipe(long done)
{
    expect(done == 0 && close(ends[0]) == 0 && close(ends[1]) == 0);
}

static long act_open(void)
{
    return open("deep/file", O_RDWR);
}

static void undo_open(long open_fd)
{
    expect(close((int)open_fd) == 0);
}

static long act_create(void)
{
    return open("fresh", O_CREATE | O_RDWR);
}

static void undo_create(long open_fd)
{
    expect(close((int)open_fd) == 0 && unlink("fresh") == 0);
}

static long act_truncating_open(void)
{
    return open("deep/file", O_RDWR | O_TRUNC);
}

static long act_mkdir(void)
{
    return mkdir("fresh");
}

static void undo_name(long done)
{
    expect(done == 0 && unlink("fresh") == 0);
}

static long act_mknod(void)
{
    return mknod("fresh", 1, 0);
}

static long act_link(void)
{
    return link("deep/file", "fresh");
}

static void set_up_unlink(void)
{
    make_file("fresh", 3 * PAGE_BYTES, 1);
}

static long act_unlink(void)
{
    return unlink("fresh");
}

static long act_chdir(void)
{
    return chdir("deep");
}

static void undo_chdir(long done)
{
    expect(done == 0 && chdir("..") == 0);
}

static void set_up_file(void)
{
    make_file("fresh", PAGES * PAGE_BYTES, 1);
    drop_caches();
    fd = open("fresh", O_RDWR);
    expect(fd >= 0);
}

static void undo_file(long done)
{
    expect(done >= 0 && close(fd) == 0 && unlink("fresh") == 0);
}

static long act_fstat(void)
{
    struct stat stat;

    return fstat(fd, &stat);
}

static long act_dup(void)
{
    int copy = dup(fd);

    return copy < 0 ? copy : close(copy);
}

static long act_read(void)
{
    return read(fd, page, PAGE_BYTES);
}

static void undo_read(long done)
{
    expect_equal(done, PAGE_BYTES);
    expect(filled(page, PAGE_BYTES, 1));
    undo_file(done);
}

static long act_write_part(void)
{
    return write(fd, page, 10);
}

static long act_write_end(void)
{
    return lseek(fd, 0, SEEK_END) < 0 ? -1 : write(fd, page, PAGE_BYTES);
}

static long act_write_far(void)
{
    return lseek(fd, 1l << 30, SEEK_SET) < 0 ? -1 : write(fd, page, PAGE_BYTES);
}

static long act_shrink(void)
{
    return ftruncate(fd, PAGE_BYTES + 1);
}

static long act_grow(void)
{
    return ftruncate(fd, PAGES * PAGE_BYTES * 2 + 1);
}

static void set_up_dirty(void)
{
    set_up_file();
    memset(page, 1, PAGE_BYTES);
    for (unsigned long i = 0; i < PAGES; i++)
        expect_equal(write(fd, page, PAGE_BYTES), PAGE_BYTES);
}

static long act_fsync(void)
{
    return fsync(fd);
}

static long act_sync(void)
{
    sync();
    return 0;
}

static long act_read_directory(void)
{
    int directory = open("deep", O_RDONLY);
    long got;

    if (directory < 0)
        return directory;
    got = read(directory, page, PAGE_BYTES);
    expect(close(directory) == 0);
    return got;
}

/* ---- mappings ---- */

static long mapped(char *start)
{
    if (start == MAP_FAILED)
        return -1;
    memory = start;
    return 0;
}

static long map_pages(int flags, int file)
{
    return mapped(mmap(NULL, PAGES * PAGE_BYTES, RW, flags, file, 0));
}

static void undo_map(long done)
{
    expect_equal(done, 0);
    unmap(memory, PAGES);
}

static void undo_map_file(long done)
{
    undo_map(done);
    undo_file(done);
}

static long act_map_private(void)
{
    return map_pages(MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static long act_map_shared(void)
{
    return map_pages(MAP_SHARED | MAP_ANONYMOUS, -1);
}

static long act_map_unreserved(void)
{
    return map_pages(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
}

static long act_map_populate(void)
{
    return map_pages(MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1);
}

static long act_map_file_private(void)
{
    return map_pages(MAP_PRIVATE, fd);
}

static long act_map_file_shared(void)
{
    return map_pages(MAP_SHARED, fd);
}

static long act_map_file_populate(void)
{
    return map_pages(MAP_SHARED | MAP_POPULATE, fd);
}

static void set_up_memory(void)
{
    memory = map(PAGES, RW, MAP_PRIVATE);
    memset(memory, 1, PAGES * PAGE_BYTES);
}

/* Over the middle of what is there, and stays where it fails. */
static long act_map_fixed(void)
{
    char *start = mmap(memory + 4 * PAGE_BYTES, 4 * PAGE_BYTES, PROT_READ,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

    if (start == MAP_FAILED)
        memset(memory, 1, PAGES * PAGE_BYTES);
    return start == MAP_FAILED ? -1 : 0;
}

static long act_unmap_middle(void)
{
    return munmap(memory + 4 * PAGE_BYTES, 4 * PAGE_BYTES);
}

static long act_protect_middle(void)
{
    return mprotect(memory + 4 * PAGE_BYTES, 4 * PAGE_BYTES, PROT_READ);
}

static long act_lock_middle(void)
{
    return mlock(memory + 4 * PAGE_BYTES, 4 * PAGE_BYTES);
}

static void set_up_absent(void)
{
    memory = map(PAGES, RW, MAP_PRIVATE);
}

static long act_random_middle(void)
{
    return madvise(memory + 4 * PAGE_BYTES, 4 * PAGE_BYTES, MADV_RANDOM);
}

static long act_dontneed(void)
{
    return madvise(memory + 4 * PAGE_BYTES, 4 * PAGE_BYTES, MADV_DONTNEED);
}

static long act_mincore(void)
{
    return mincore(memory, PAGES * PAGE_BYTES, present);
}

static void set_up_mapped_file(void)
{
    set_up_file();
    expect_equal(map_pages(MAP_SHARED, fd), 0);
}

static void set_up_private_file(void)
{
    set_up_file();
    expect_equal(map_pages(MAP_PRIVATE, fd), 0);
}

static long act_willneed(void)
{
    return madvise(memory, PAGES * PAGE_BYTES, MADV_WILLNEED);
}

static void set_up_stored_file(void)
{
    set_up_mapped_file();
    memset(memory, 2, PAGES * PAGE_BYTES);
}

static long act_msync(void)
{
    return msync(memory, PAGES * PAGE_BYTES, MS_SYNC);
}

static long act_sbrk(void)
{
    return sbrk(PAGES * PAGE_BYTES) == SBRK_ERROR ? -1 : 0;
}

static long act_sbrk_lazy(void)
{
    return sbrklazy(PAGES * PAGE_BYTES) == SBRK_ERROR ? -1 : 0;
}

static void undo_sbrk(long done)
{
    expect(done == 0 && sbrk(-(int)(PAGES * PAGE_BYTES)) != SBRK_ERROR);
}

/* ---- first touch ---- */

static long act_load(void)
{
    for (unsigned long i = 0; i < PAGES; i++)
        sink = memory[i * PAGE_BYTES];
    return 0;
}

static long act_store(void)
{
    for (unsigned long i = 0; i < PAGES; i++)
        memory[i * PAGE_BYTES] = 3;
    return 0;
}

static void set_up_shared(void)
{
    memory = map(PAGES, RW, MAP_SHARED);
}

static void set_up_unreserved(void)
{
    memory = map(PAGES, RW, MAP_PRIVATE | MAP_NORESERVE);
}

static void set_up_far(void)
{
    memory = map_at((char *)(37ul << 30), PAGES, RW, MAP_PRIVATE); /* needs tables of its own */
}

static void set_up_lazy_heap(void)
{
    memory = sbrklazy(PAGES * PAGE_BYTES);
    expect(memory != SBRK_ERROR);
}

static long act_stack(void)
{
    volatile char room[40 * PAGE_BYTES];

    for (unsigned long i = sizeof(room); i > 0; i -= PAGE_BYTES)
        room[i - 1] = 1;
    return 0;
}

/* The kernel stores into pages that were never touched. */
static long act_copy_out(void)
{
    expect_equal(lseek(fd, 0, SEEK_SET), 0);
    return read(fd, other, 4 * PAGE_BYTES) < 0 ? -1 : 0;
}

static void set_up_copy_out(void)
{
    set_up_file();
    expect_equal(read(fd, page, PAGE_BYTES), PAGE_BYTES);
}

static long act_stats_out(void)
{
    return vmstat(0, (struct vm_stats *)(void *)memory, 0);
}

static long act_pipe_write(void)
{
    return write(ends[1], block, 4 * PAGE_BYTES);
}

static void set_up_pipe(void)
{
    expect(pipe(ends) == 0);
}

static void undo_pipe_write(long done)
{
    close(ends[1]); /* what it says is in the pipe, once */
    expect(done > 0 && done <= (long)(4 * PAGE_BYTES));
    expect_equal(read(ends[0], other, sizeof(other)), done);
    expect_equal(read(ends[0], other, sizeof(other)), 0);
    close(ends[0]);
}

/* The first floating-point instruction: the kernel makes room for the registers. */
static long act_floating_point(void)
{
    __asm__ volatile("fmv.d.x ft0, zero" : : : "memory");
    return 0;
}

static const struct row rows[] = {
    {"fork", HERE, NULL, act_fork, undo_fork},
    {"thread", HERE, NULL, act_thread, NULL},
    {"exec", CHILD_UNRESERVED, NULL, act_exec, NULL},
    {"exec of nothing", HERE, NULL, act_exec_nothing, NULL},
    {"procinfo", HERE, NULL, act_procinfo, NULL},
    {"vmstat", HERE, NULL, act_vmstat, NULL},
    {"pipe", HERE, NULL, act_pipe, undo_pipe},
    {"write into a pipe", HERE_FOR_LONG, set_up_pipe, act_pipe_write, undo_pipe_write},
    {"open", HERE, NULL, act_open, undo_open},
    {"open O_CREATE", HERE, NULL, act_create, undo_create},
    {"open O_TRUNC", HERE, NULL, act_truncating_open, undo_open},
    {"mkdir", HERE, NULL, act_mkdir, undo_name},
    {"mknod", HERE, NULL, act_mknod, undo_name},
    {"link", HERE, NULL, act_link, undo_name},
    {"unlink", HERE, set_up_unlink, act_unlink, NULL},
    {"chdir", HERE, NULL, act_chdir, undo_chdir},
    {"fstat", HERE, set_up_file, act_fstat, undo_file},
    {"dup", HERE, set_up_file, act_dup, undo_file},
    {"read", HERE, set_up_file, act_read, undo_read},
    {"read of a directory", HERE, NULL, act_read_directory, NULL},
    {"write of a part", HERE, set_up_file, act_write_part, undo_file},
    {"write at the end", HERE, set_up_file, act_write_end, undo_file},
    {"write far behind", HERE, set_up_file, act_write_far, undo_file},
    {"ftruncate to less", HERE, set_up_file, act_shrink, undo_file},
    {"ftruncate to more", HERE, set_up_file, act_grow, undo_file},
    {"fsync", HERE, set_up_dirty, act_fsync, undo_file},
    {"sync", HERE, set_up_dirty, act_sync, undo_file},
    {"mmap private", HERE, NULL, act_map_private, undo_map},
    {"mmap shared", HERE, NULL, act_map_shared, undo_map},
    {"mmap MAP_NORESERVE", HERE, NULL, act_map_unreserved, undo_map},
    {"mmap MAP_POPULATE", HERE, NULL, act_map_populate, undo_map},
    {"mmap of a file, private", HERE, set_up_file, act_map_file_private, undo_map_file},
    {"mmap of a file, shared", HERE, set_up_file, act_map_file_shared, undo_map_file},
    {"mmap of a file, MAP_POPULATE", HERE, set_up_file, act_map_file_populate, undo_map_file},
    {"mmap MAP_FIXED", HERE, set_up_memory, act_map_fixed, undo_map},
    {"munmap of the middle", HERE, set_up_memory, act_unmap_middle, undo_map},
    {"mprotect of the middle", HERE, set_up_memory, act_protect_middle, undo_map},
    {"mlock of the middle", HERE, set_up_absent, act_lock_middle, undo_map},
    {"MADV_RANDOM of the middle", HERE, set_up_memory, act_random_middle, undo_map},
    {"MADV_DONTNEED", HERE, set_up_memory, act_dontneed, undo_map},
    {"MADV_WILLNEED", HERE, set_up_mapped_file, act_willneed, undo_map_file},
    {"mincore", HERE, set_up_mapped_file, act_mincore, undo_map_file},
    {"msync", HERE, set_up_stored_file, act_msync, undo_map_file},
    {"sbrk", HERE, NULL, act_sbrk, undo_sbrk},
    {"sbrk, lazy", HERE, NULL, act_sbrk_lazy, undo_sbrk},
    {"load of fresh memory", CHILD, set_up_absent, act_load, undo_map},
    {"store into fresh memory", CHILD, set_up_absent, act_store, undo_map},
    {"store into memory far away", CHILD, set_up_far, act_store, undo_map},
    {"store into inherited memory", CHILD, set_up_memory, act_store, undo_map},
    {"store into fresh shared memory", CHILD, set_up_shared, act_store, undo_map},
    {"store into MAP_NORESERVE", CHILD_UNRESERVED, set_up_unreserved, act_store, undo_map},
    {"store into a lazy heap", CHILD_UNRESERVED, set_up_lazy_heap, act_store, undo_sbrk},
    {"load of a file", CHILD, set_up_mapped_file, act_load, undo_map_file},
    {"store into a file", CHILD, set_up_mapped_file, act_store, undo_map_file},
    {"store into a private file", CHILD, set_up_private_file, act_store, undo_map_file},
    {"stack growth", CHILD, NULL, act_stack, NULL},
    {"read into fresh pages", CHILD, set_up_copy_out, act_copy_out, undo_file},
    {"vmstat into a fresh page", CHILD, set_up_absent, act_stats_out, undo_map},
    {"floating point", CHILD, NULL, act_floating_point, NULL},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void complain(const struct row *row, long count, const char *what, long got)
{
    fail("%s, allocation %ld fails%s: %s: %ld (errno %d)\n", row->name, count & ~STAYS,
         count & STAYS ? ", and the wait" : "", what, got, errno);
}

static long act_here(const struct row *row, long count)
{
    long result;
    int error;

    fail_allocation(count);
    result = row->act();
    error = errno;
    fail_allocation(0);
    errno = error;
    return result;
}

static long act_in_child(const struct row *row, long count)
{
    int status, pid = fork();

    expect(pid >= 0);
    if (pid == 0) {
        long result = act_here(row, count);

        exit(result >= 0 ? 0 : errno == ENOMEM ? STATUS_REFUSED : STATUS_FAILED);
    }
    status = wait_for(pid);
    if (status == 0)
        return 0;
    if (status != STATUS_REFUSED && !(status == STATUS_KILLED && row->where == CHILD_UNRESERVED))
        complain(row, count, "the child's status", status);
    errno = ENOMEM;
    return -1;
}

static int next_descriptor(void)
{
    int next = dup(report_fd);

    expect(next >= 0 && close(next) == 0);
    return next;
}

static unsigned long failures(void)
{
    read_stats(&stats);
    return (unsigned long)stats.alloc_fail;
}

/* Returns whether an allocation failed. */
static bool attempt(const struct row *row, long count)
{
    long (*act)(const struct row *, long) = row->where >= CHILD ? act_in_child : act_here;
    unsigned long before, pages;
    int next;
    long result;
    bool failed;

    if (row->set_up)
        row->set_up();
    next = next_descriptor();
    before = failures();
    pages = promised();
    result = act(row, count);
    failed = failures() > before;
    if (result < 0) {
        if (errno != ENOMEM || !failed)
            complain(row, count, "not ENOMEM", result);
        if (next_descriptor() != next)
            complain(row, count, "descriptors left", next_descriptor() - next);
        if (promised() != pages)
            complain(row, count, "pages promised", (long)(promised() - pages));
        result = act(row, 0);
        if (result < 0)
            complain(row, count, "and then it does not work", result);
    }
    if (row->undo)
        row->undo(result);
    return failed;
}

static void try_each_allocation(const struct row *row, long stays)
{
    struct ledger before, after;
    bool failed = true;

    ledger_begin(&before);
    for (long count = 1; failed; count++) {
        failed = attempt(row, stays | count);
        if (!ledger_settles(&before, &after)) {
            ledger_print(&before, &after);
            complain(row, stays | count, "the ledger changed", after.commit);
        }
        if (count == MOST_ALLOCATIONS)
            complain(row, stays | count, "no end", 0);
    }
}

static void try_row(long number)
{
    const struct row *row = &rows[number];

    unlink("fresh"); /* of a row that failed */
    if (row->where == HERE_FOR_LONG) /* else a page of the program may be what is not there */
        expect_equal(mlock((char *)PAGE_BYTES, (unsigned long)etext - PAGE_BYTES), 0);
    attempt(row, 0); /* what is touched for the first time */
    attempt(row, 0);
    try_each_allocation(row, 0);
    if (row->where == HERE_FOR_LONG)
        try_each_allocation(row, STAYS);
}

/* The rows that have the word in their names. */
static void try_rows(const char *word)
{
    bool all_right = true;
    unsigned long before = failures(), tried = 0;

    if (!fail_allocation(0))
        skip("allocations fail on purpose only with SAN=1");
    expect(mkdir("deep") == 0);
    make_file("deep/file", 2 * PAGE_BYTES, 1);
    for (unsigned i = 0; i < ROWS; i++) {
        int pid;

        if (!strstr(rows[i].name, word) ||
            (rows[i].act == act_floating_point && !has_floating_point()))
            continue;
        tried++;
        pid = spawn(try_row, i);

        all_right = wait_for(pid) == 0 && all_right;
    }
    expect(all_right);
    expect(failures() - before > tried); /* else nothing was tested */
    fprintf(1, "# %lu allocations failed\n", failures() - before);
}

static void calls_without_memory(void)
{
    try_rows("");
}

static void pipes_without_memory(void)
{
    try_rows("pipe");
}

static void float_for_long(long unused)
{
    (void)unused;
    fail_allocation(1 | STAYS);
    act_floating_point();
}

/* Not for its instruction, which is a right one. */
static void float_without_memory(void)
{
    int status, cause, pid;

    need_floating_point();
    if (!fail_allocation(0))
        skip("allocations fail on purpose only with SAN=1");
    pid = spawn(float_for_long, 0);
    expect_equal(wait_info(&status, &cause), pid);
    expect_equal(status, STATUS_KILLED);
    expect_equal(cause, CAUSE_NO_MEMORY);
}

/* Memory may be full, and what is free in pieces, when the disk for swap comes back. */
static void swapon_needs_no_memory(void)
{
    unsigned long before;
    int result;

    if (!fail_allocation(0))
        skip("allocations fail on purpose only with SAN=1");
    if (swapoff("swap") < 0)
        skip("no swap, or it is needed");
    before = failures();
    fail_allocation(1);
    result = swapon("swap");
    fail_allocation(0);
    expect_equal(result, 0);
    expect_equal(failures(), before);
}

const struct test nomem_tests[] = {
    {"calls_without_memory", calls_without_memory, QUICK},
    {"pipes_without_memory", pipes_without_memory, QUICK},
    {"float_without_memory", float_without_memory, QUICK},
    {"swapon_needs_no_memory", swapon_needs_no_memory, QUICK},
    {NULL, NULL, QUICK},
};
