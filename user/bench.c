/*
 * bench [NAME]…: what an operation costs, in instructions. One hart; -icount shift=0 makes the
 * counter exact. Everything counts: this program, the kernel, the firmware, timer ticks.
 *
 * A row is measured in BATCHES batches of many operations; each batch reads instret before and
 * after, and divides. The median of the batches is the row's number. Before the first batch that
 * counts, one is run and thrown away, so that code and caches are warm.
 *
 *   null_syscall     getpid()
 *   zero_fault       first write to a page of 16 MiB from sbrk(); sbrk() itself is not counted
 *   zero_read_fault  the same, first read
 *   cow_copy         after fork, the child writes each page of 4 MiB, which the parent still has;
 *                    the child counts, and tells the parent through a pipe
 *   cow_reuse        after fork, and after the child is gone, the parent writes each page of 4 MiB
 *   fork_small       fork(), exit(0) in the child, wait(), with 8 pages resident: the program's
 *                    own, and as many of the heap as are missing
 *   fork_16m_page    the same with 16 MiB touched, divided by its 4,096 pages
 *   fork_exec        fork(), exec("/true") in the child, wait()
 *   pipe_rtt         one byte to a child and one byte back
 *   pipe_4k          1 MiB from a child in aligned writes of 4 KiB, read likewise; per 4 KiB
 *   read_4k          read() of aligned 4 KiB from a file of 1 MiB that is in the page cache
 *   file_fault       first read of each page of a mapping of that file, one page per fault
 *   file_around      the same with its neighbours mapped along; per page touched
 *   munmap_page      munmap() of 16 MiB that were written, per page
 *   protect_down     mprotect() of the same from writable to read-only, per page
 *   protect_up       the same back, per page; the stores after it take no fault
 *   map_touch_unmap  mmap() of a page, one store, munmap()
 *   swap_ram         a loop of stores, one a page, over twice the frames that are free: per page
 *                    that was brought in, the page-outs included; swap is a RAM disk
 *   swap_virtio      the same, swap is a virtio disk; where all sleep nothing is counted
 * The rows of swap change what the others find, so they are measured only where they are named.
 */
#include "instructions.h"
#include "user.h"

#define BATCHES 5
#define MIB (1024 * 1024)
#define BIG_BYTES (16 * MIB)
#define COW_BYTES (4 * MIB)
#define SMALL_PAGES 8
#define PROCESSES_MAX 16 /* that bench finds itself among */
#define FILE_BYTES MIB
#define FILE_NAME "/bench.tmp"

static char page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static int file; /* open on FILE_NAME while it is being measured */

static void check(int is_good, const char *what)
{
    if (!is_good)
        die("bench", what);
}

static char *get_memory(int bytes)
{
    char *memory = sbrk(bytes);

    check(memory != SBRK_ERROR, "sbrk");
    return memory;
}

static void give_back(int bytes)
{
    check(sbrk(-bytes) != SBRK_ERROR, "sbrk");
}

static void write_pages(volatile char *memory, int bytes)
{
    for (int i = 0; i < bytes; i += PAGE_SIZE)
        memory[i] = 1;
}

static void read_pages(const volatile char *memory, int bytes)
{
    for (int i = 0; i < bytes; i += PAGE_SIZE)
        (void)memory[i];
}

static void wait_child(void)
{
    int status;

    check(wait(&status) >= 0 && status == 0, "a child");
}

/* Each batch function returns the instructions of the whole batch, and sets *operations. */
static uint64_t null_syscall(int *operations)
{
    uint64_t start = instructions();

    *operations = 20000;
    for (int i = 0; i < *operations; i++)
        getpid();
    return instructions() - start;
}

static uint64_t zero_fault(int *operations)
{
    char *memory = get_memory(BIG_BYTES);
    uint64_t start = instructions(), used;

    *operations = BIG_BYTES / PAGE_SIZE;
    write_pages(memory, BIG_BYTES);
    used = instructions() - start;
    give_back(BIG_BYTES);
    return used;
}

static uint64_t zero_read_fault(int *operations)
{
    char *memory = get_memory(BIG_BYTES);
    uint64_t start = instructions(), used;

    *operations = BIG_BYTES / PAGE_SIZE;
    read_pages(memory, BIG_BYTES);
    used = instructions() - start;
    give_back(BIG_BYTES);
    return used;
}

static uint64_t cow_copy(int *operations)
{
    char *memory = get_memory(COW_BYTES);
    uint64_t used;
    int result[2], pid;

    *operations = COW_BYTES / PAGE_SIZE;
    write_pages(memory, COW_BYTES);
    check(pipe(result) == 0, "pipe");
    pid = fork();
    check(pid >= 0, "fork");
    if (pid == 0) {
        uint64_t start = instructions();

        write_pages(memory, COW_BYTES);
        used = instructions() - start;
        check(write(result[1], &used, sizeof(used)) == sizeof(used), "write");
        exit(0);
    }
    check(read(result[0], &used, sizeof(used)) == sizeof(used), "read");
    wait_child();
    close(result[0]);
    close(result[1]);
    give_back(COW_BYTES);
    return used;
}

static uint64_t cow_reuse(int *operations)
{
    char *memory = get_memory(COW_BYTES);
    uint64_t start, used;
    int pid;

    *operations = COW_BYTES / PAGE_SIZE;
    write_pages(memory, COW_BYTES);
    pid = fork();
    check(pid >= 0, "fork");
    if (pid == 0)
        exit(0);
    wait_child();
    start = instructions();
    write_pages(memory, COW_BYTES);
    used = instructions() - start;
    give_back(COW_BYTES);
    return used;
}

static uint64_t fork_and_wait(int times)
{
    uint64_t start = instructions();

    for (int i = 0; i < times; i++) {
        int pid = fork();

        check(pid >= 0, "fork");
        if (pid == 0)
            exit(0);
        wait_child();
    }
    return instructions() - start;
}

/* How many pages of this process are in memory. */
static int resident_pages(void)
{
    static struct proc_info table[PROCESSES_MAX];
    int rows = procinfo(table, PROCESSES_MAX);

    for (int i = 0; i < rows; i++) {
        if (table[i].pid == getpid())
            return (int)(table[i].resident / PAGE_SIZE);
    }
    return SMALL_PAGES;
}

static uint64_t fork_small(int *operations)
{
    int missing = SMALL_PAGES - resident_pages();
    int bytes = missing > 0 ? missing * PAGE_SIZE : 0;
    char *memory = get_memory(bytes);
    uint64_t used;

    *operations = 100;
    write_pages(memory, bytes);
    used = fork_and_wait(*operations);
    give_back(bytes);
    return used;
}

static uint64_t fork_16m_page(int *operations)
{
    int times = 10;
    char *memory = get_memory(BIG_BYTES);
    uint64_t used;

    *operations = times * (BIG_BYTES / PAGE_SIZE);
    write_pages(memory, BIG_BYTES);
    used = fork_and_wait(times);
    give_back(BIG_BYTES);
    return used;
}

static uint64_t fork_exec(int *operations)
{
    char *argv[] = {"true", NULL};
    uint64_t start = instructions();

    *operations = 50;
    for (int i = 0; i < *operations; i++) {
        int pid = fork();

        check(pid >= 0, "fork");
        if (pid == 0) {
            exec("/true", argv);
            die("bench", "/true");
        }
        wait_child();
    }
    return instructions() - start;
}

/* Sends back each byte that comes, until the other end is closed. */
static void echo_bytes(int from, int to)
{
    char byte;

    while (read(from, &byte, 1) == 1)
        check(write(to, &byte, 1) == 1, "write");
    exit(0);
}

static uint64_t pipe_rtt(int *operations)
{
    int there[2], back[2], pid;
    uint64_t start, used;
    char byte = 0;

    *operations = 1000;
    check(pipe(there) == 0 && pipe(back) == 0, "pipe");
    pid = fork();
    check(pid >= 0, "fork");
    if (pid == 0) {
        close(there[1]);
        echo_bytes(there[0], back[1]);
    }
    start = instructions();
    for (int i = 0; i < *operations; i++)
        check(write(there[1], &byte, 1) == 1 && read(back[0], &byte, 1) == 1, "pipe");
    used = instructions() - start;
    close(there[0]);
    close(there[1]);
    close(back[0]);
    close(back[1]);
    wait_child();
    return used;
}

static uint64_t pipe_4k(int *operations)
{
    int data[2], go[2], pid;
    uint64_t start, used;

    *operations = MIB / PAGE_SIZE;
    check(pipe(data) == 0 && pipe(go) == 0, "pipe");
    pid = fork();
    check(pid >= 0, "fork");
    if (pid == 0) {
        page[0] = 1;
        check(read(go[0], page, 1) == 1, "read");
        for (int i = 0; i < *operations; i++)
            check(write(data[1], page, PAGE_SIZE) == PAGE_SIZE, "write");
        exit(0);
    }
    page[0] = 1;
    start = instructions();
    check(write(go[1], page, 1) == 1, "write");
    for (int i = 0; i < *operations; i++)
        check(read_full(data[0], page, PAGE_SIZE) == PAGE_SIZE, "read");
    used = instructions() - start;
    close(data[0]);
    close(data[1]);
    close(go[0]);
    close(go[1]);
    wait_child();
    return used;
}

static void open_file(void)
{
    file = open(FILE_NAME, O_RDWR | O_CREATE | O_TRUNC);
    check(file >= 0, FILE_NAME);
    for (int i = 0; i < FILE_BYTES; i += PAGE_SIZE)
        check(write_full(file, page, PAGE_SIZE) == 0, "write");
    check(fsync(file) == 0, "fsync");
}

static uint64_t read_4k(int *operations)
{
    uint64_t start, used;
    int passes = 4;

    *operations = passes * (FILE_BYTES / PAGE_SIZE);
    open_file();
    start = instructions();
    for (int pass = 0; pass < passes; pass++) {
        check(lseek(file, 0, SEEK_SET) == 0, "lseek");
        for (int i = 0; i < FILE_BYTES; i += PAGE_SIZE)
            check(read(file, page, PAGE_SIZE) == PAGE_SIZE, "read");
    }
    used = instructions() - start;
    close(file);
    check(unlink(FILE_NAME) == 0, FILE_NAME);
    return used;
}

/* The cached file is mapped, and each page of it is read. */
static uint64_t touch_file(int advice, int *operations)
{
    int passes = 4;
    uint64_t used = 0;

    *operations = passes * (FILE_BYTES / PAGE_SIZE);
    open_file();
    for (int pass = 0; pass < passes; pass++) {
        char *memory = mmap(NULL, FILE_BYTES, PROT_READ, MAP_SHARED, file, 0);
        uint64_t start;

        check(memory != MAP_FAILED, "mmap");
        check(madvise(memory, FILE_BYTES, advice) == 0, "madvise");
        start = instructions();
        read_pages(memory, FILE_BYTES);
        used += instructions() - start;
        check(munmap(memory, FILE_BYTES) == 0, "munmap");
    }
    close(file);
    check(unlink(FILE_NAME) == 0, FILE_NAME);
    return used;
}

static uint64_t file_fault(int *operations)
{
    return touch_file(MADV_RANDOM, operations);
}

static uint64_t file_around(int *operations)
{
    return touch_file(MADV_NORMAL, operations);
}

static char *map_memory(size_t bytes)
{
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    check(memory != MAP_FAILED, "mmap");
    return memory;
}

/* 16 MiB, mapped and written. */
static char *map_big(void)
{
    char *memory = map_memory(BIG_BYTES);

    write_pages(memory, BIG_BYTES);
    return memory;
}

static uint64_t munmap_page(int *operations)
{
    char *memory = map_big();
    uint64_t start = instructions();

    *operations = BIG_BYTES / PAGE_SIZE;
    check(munmap(memory, BIG_BYTES) == 0, "munmap");
    return instructions() - start;
}

static uint64_t protect_down(int *operations)
{
    char *memory = map_big();
    uint64_t start = instructions(), used;

    *operations = BIG_BYTES / PAGE_SIZE;
    check(mprotect(memory, BIG_BYTES, PROT_READ) == 0, "mprotect");
    used = instructions() - start;
    check(munmap(memory, BIG_BYTES) == 0, "munmap");
    return used;
}

static uint64_t protect_up(int *operations)
{
    char *memory = map_big();
    uint64_t start, used, stores;

    *operations = BIG_BYTES / PAGE_SIZE;
    check(mprotect(memory, BIG_BYTES, PROT_READ) == 0, "mprotect");
    start = instructions();
    check(mprotect(memory, BIG_BYTES, PROT_READ | PROT_WRITE) == 0, "mprotect");
    used = instructions() - start;
    start = instructions();
    write_pages(memory, BIG_BYTES);
    stores = instructions() - start;
    check(stores < (uint64_t)*operations * 20, "a store after protect_up faults");
    check(munmap(memory, BIG_BYTES) == 0, "munmap");
    return used;
}

static uint64_t map_touch_unmap(int *operations)
{
    uint64_t start = instructions();

    *operations = 1000;
    for (int i = 0; i < *operations; i++) {
        char *memory = map_memory(PAGE_SIZE);

        memory[0] = 1;
        check(munmap(memory, PAGE_SIZE) == 0, "munmap");
    }
    return instructions() - start;
}

static char *swap_area; /* of a row of swap, while it is measured */
static uint64_t swap_bytes;

/* Twice the frames that are free now, for all batches of the row. */
static void swap_begin(void)
{
    struct vm_stats stats;

    if (swap_area != NULL)
        return;
    check(vmstat(0, &stats, VMSTAT_DROP) == 0, "vmstat");
    swap_bytes = 2 * stats.frames[FRAME_FREE] * PAGE_SIZE;
    swap_area = map_memory(swap_bytes);
}

/* What is mapped is promised, and fork would promise it once more. */
static void swap_done(void)
{
    if (swap_area != NULL)
        check(munmap(swap_area, swap_bytes) == 0, "munmap");
    swap_area = NULL;
}

static uint64_t swap_loop(int *operations)
{
    struct vm_stats before, after;
    uint64_t start, bytes;
    char *memory;

    swap_begin();
    memory = swap_area;
    bytes = swap_bytes;
    check(vmstat(0, &before, 0) == 0, "vmstat");
    start = instructions();
    for (uint64_t i = 0; i < bytes; i += PAGE_SIZE)
        memory[i] = 1;
    start = instructions() - start;
    check(vmstat(0, &after, 0) == 0, "vmstat");
    *operations = (int)(after.pgin - before.pgin);
    if (*operations == 0)
        *operations = 1; /* the first round: nothing was out */
    return start;
}

struct row {
    const char *name;
    uint64_t (*batch)(int *operations);
    int is_alone; /* measured where it is named, not with the others */
};

static const struct row rows[] = {
    {"null_syscall", null_syscall, 0},
    {"zero_fault", zero_fault, 0},
    {"zero_read_fault", zero_read_fault, 0},
    {"cow_copy", cow_copy, 0},
    {"cow_reuse", cow_reuse, 0},
    {"fork_small", fork_small, 0},
    {"fork_16m_page", fork_16m_page, 0},
    {"fork_exec", fork_exec, 0},
    {"pipe_rtt", pipe_rtt, 0},
    {"pipe_4k", pipe_4k, 0},
    {"read_4k", read_4k, 0},
    {"file_fault", file_fault, 0},
    {"file_around", file_around, 0},
    {"munmap_page", munmap_page, 0},
    {"protect_down", protect_down, 0},
    {"protect_up", protect_up, 0},
    {"map_touch_unmap", map_touch_unmap, 0},
    {"swap_ram", swap_loop, 1},
    {"swap_virtio", swap_loop, 1},
};
#define ROWS (int)(sizeof(rows) / sizeof(rows[0]))

static void measure(const struct row *row)
{
    uint64_t sorted[BATCHES];
    int operations;

    row->batch(&operations); /* warms up */
    for (int i = 0; i < BATCHES; i++) {
        uint64_t each = row->batch(&operations) / (uint64_t)operations;
        int at = i;

        for (; at > 0 && sorted[at - 1] > each; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = each;
    }
    swap_done();
    printf("bench %s %lu insns/op min %lu max %lu\n", row->name, sorted[BATCHES / 2], sorted[0],
           sorted[BATCHES - 1]);
}

static const struct row *row_find(const char *name)
{
    for (int i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    }
    fprintf(STDERR, "bench: no row %s\n", name);
    exit(2);
}

int main(int argc, char *argv[])
{
    for (int i = 1; i < argc; i++)
        row_find(argv[i]);
    for (int i = 1; i < argc; i++)
        measure(row_find(argv[i]));
    for (int i = 0; argc == 1 && i < ROWS; i++)
        if (!rows[i].is_alone)
            measure(&rows[i]);
    return 0;
}
