/*
 * breakit [TEST]...: tests of the kernel's memory, seen from a user program. Without TEST: all.
 *
 * Each test runs in a child of its own. It ends there with the first thing that is not as it must
 * be: an alarm. The exit status is 0 without any alarm, else 1.
 *
 * A kernel that is right may be slower than another one, may have other counters of vmstat(), may
 * hand out other frames, and has 14 to 19 MiB of memory. So the tests look at what programs were
 * promised: at values, and at how a process ends.
 */
#include "user.h"

/* The alarm, unless the condition holds. what: what should be, for a person who reads it. */
static void __attribute__((unused)) expect(int condition, const char *what)
{
    if (condition)
        return;
    printf("  alarm: not so: %s\n", what);
    exit(1);
}

/* Runs function(address) in a child: how does that end? enum wait_cause; exit() is CAUSE_EXITED. */
static int __attribute__((unused)) end_of(void (*function)(char *), char *address)
{
    int status, cause;
    int pid = fork();

    expect(pid >= 0, "fork makes a child");
    if (pid == 0) {
        function(address);
        exit(0);
    }
    expect(wait_info(&status, &cause) == pid, "wait finds the child");
    return cause;
}

#define PAGES 48ul
#define QUOTA 16
#define MANY 200ul
#define BROAD 1100ul /* more than two tables have entries for */
#define NAME "broken"

/* Returns: 1 in a child, 0 in its parent. */
static int child(void)
{
    int pid = fork();

    expect(pid >= 0, "there is room for a child");
    return pid == 0;
}

static char *map(unsigned long pages, int prot, int flags)
{
    char *start = mmap(NULL, pages * PAGE_SIZE, prot, flags | MAP_ANONYMOUS, -1, 0);

    expect(start != MAP_FAILED, "mmap gives memory");
    return start;
}

static char *memory(unsigned long pages)
{
    return map(pages, PROT_READ | PROT_WRITE, MAP_PRIVATE);
}

/* The word at n of a page of that salt; each is another one. */
static unsigned long word(unsigned long salt, unsigned long n)
{
    return (salt * 0x10001 + n + 1) * 0x9e3779b97f4a7c15ul;
}

static void fill_page(char *page, unsigned long salt)
{
    for (unsigned long n = 0; n < PAGE_SIZE / 8; n++)
        ((unsigned long *)page)[n] = word(salt, n);
}

static int page_has(const char *page, unsigned long salt)
{
    for (unsigned long n = 0; n < PAGE_SIZE / 8; n++)
        if (((const volatile unsigned long *)page)[n] != word(salt, n))
            return 0;
    return 1;
}

static void fill(char *start, unsigned long pages, unsigned long salt)
{
    for (unsigned long i = 0; i < pages; i++)
        fill_page(start + i * PAGE_SIZE, salt + i);
}

static int has(const char *start, unsigned long pages, unsigned long salt)
{
    for (unsigned long i = 0; i < pages; i++)
        if (!page_has(start + i * PAGE_SIZE, salt + i))
            return 0;
    return 1;
}

static int has_zeros(const char *start, unsigned long bytes)
{
    for (unsigned long i = 0; i < bytes; i++)
        if (((const volatile char *)start)[i] != 0)
            return 0;
    return 1;
}

static void load(char *address)
{
    *(volatile char *)address;
}

static void store(char *address)
{
    *(volatile char *)address = 1;
}

/* Frames that are free soon have something in them. */
static void leave_dirt(void)
{
    if (child()) {
        fill(memory(MANY), MANY, 77);
        exit(0);
    }
    wait(NULL);
}

static void wait_for_good(void)
{
    int status = 1;

    wait(&status);
    if (status != 0)
        exit(1); /* the child has said why */
}

/* All pages of this process that are not touched meanwhile go to swap. */
static void push_out(void)
{
    char *other = memory(4 * QUOTA);

    fill(other, 4 * QUOTA, 5);
    munmap(other, 4 * QUOTA * PAGE_SIZE);
}

static void limit(void)
{
    expect(memlimit(QUOTA, POLICY_FIFO) == 0, "memlimit");
}

static int file_of(unsigned long pages, unsigned long salt)
{
    static char piece[PAGE_SIZE];
    int fd;

    unlink(NAME);
    fd = open(NAME, O_CREATE | O_RDWR);
    for (unsigned long i = 0; i < pages && fd >= 0; i++) {
        fill_page(piece, salt + i);
        expect(write(fd, piece, PAGE_SIZE) == PAGE_SIZE, "write writes");
    }
    return fd;
}

static char *map_file(int fd, unsigned long pages, int flags)
{
    char *start = mmap(NULL, pages * PAGE_SIZE, PROT_READ | PROT_WRITE, flags, fd, 0);

    expect(start != MAP_FAILED, "a file can be mapped");
    return start;
}

/* fork: the child has what the parent had, wherever that lay; then each has its own. */
static void test_fork(void)
{
    char *pages = memory(PAGES);
    int ends[2];
    char byte;

    fill(pages, PAGES, 1);
    expect(pipe(ends) == 0, "pipe");
    if (child()) {
        read(ends[0], &byte, 1);
        expect(has(pages, PAGES, 1), "a child does not see its parent's stores");
        fill(pages, PAGES, 200);
        expect(has(pages, PAGES, 200), "a child sees its own stores");
        exit(0);
    }
    fill(pages, PAGES, 100);
    write(ends[1], "x", 1);
    wait_for_good();
    expect(has(pages, PAGES, 100), "a parent does not see its child's stores");
    pages = memory(BROAD);
    for (unsigned long i = 0; i < BROAD; i++)
        *(unsigned long *)(pages + i * PAGE_SIZE) = word(9, i);
    if (child()) {
        for (unsigned long i = 0; i < BROAD; i++)
            expect(*(unsigned long *)(pages + i * PAGE_SIZE) == word(9, i),
                   "a child has all of a mapping that needs several tables");
        exit(0);
    }
    wait_for_good();
    munmap(pages, BROAD * PAGE_SIZE);
    limit();
    pages = memory(PAGES);
    fill(pages, PAGES, 300);
    if (child()) {
        expect(has(pages, PAGES, 300), "a child has what is in swap, too");
        exit(0);
    }
    wait_for_good();
    expect(has(pages, PAGES, 300), "a parent keeps what is in swap");
}

/* A page that several share: the copy is whole, also where a system call does the store. */
static void test_copy_on_write(void)
{
    char *pages = memory(PAGES);
    int ends[2];
    char *text = pages + 2 * PAGE_SIZE;

    leave_dirt();
    fill(pages, PAGES, 1);
    expect(pipe(ends) == 0, "pipe");
    write(ends[1], "hello", 5);
    if (child()) {
        for (unsigned long i = 0; i < PAGES; i++)
            pages[i * PAGE_SIZE] ^= 1;
        for (unsigned long i = 0; i < PAGES; i++)
            pages[i * PAGE_SIZE] ^= 1;
        expect(has(pages, PAGES, 1), "a copy has all of the page");
        exit(0);
    }
    wait_for_good();
    if (child()) {
        expect(read(ends[0], text, 5) == 5, "read into a shared page");
        expect(memcmp(text, "hello", 5) == 0, "the reader sees what it has read");
        exit(0);
    }
    wait_for_good();
    expect(has(pages, PAGES, 1), "what a child's read() stores is the child's");
    text = memory(1);
    load(text);
    write(ends[1], "hello", 5);
    expect(read(ends[0], text, 5) == 5, "read into a page that was only read before");
    expect(memcmp(text, "hello", 5) == 0, "what read() has stored is there at once");
}

static void unmap_and_load(char *address)
{
    load(address);
    munmap(address, PAGE_SIZE);
    load(address);
}

/* mmap, munmap, sbrk, madvise: what is there, what is gone, and what is fresh. */
static void test_mapping(void)
{
    char *pages = memory(3), *heap = sbrk(0);

    fill(pages, 3, 1);
    munmap(pages + PAGE_SIZE, PAGE_SIZE);
    expect(end_of(load, pages + PAGE_SIZE) == CAUSE_LOAD, "what is unmapped cannot be read");
    expect(page_has(pages, 1) && page_has(pages + 2 * PAGE_SIZE, 3), "munmap takes one page");
    expect(end_of(unmap_and_load, pages) == CAUSE_LOAD,
           "what was read just now cannot be read after munmap");
    pages = memory(3);
    fill(pages, 3, 1);
    munmap(pages, PAGE_SIZE + 1);
    expect(end_of(load, pages + PAGE_SIZE) == CAUSE_LOAD, "munmap takes a page that was begun");
    expect(page_has(pages + 2 * PAGE_SIZE, 3), "munmap leaves what is behind the range");
    leave_dirt();
    pages = memory(PAGES);
    expect(has_zeros(pages, PAGES * PAGE_SIZE), "fresh memory reads as zeros");
    heap = sbrk(PAGES * PAGE_SIZE);
    expect(heap != SBRK_ERROR, "sbrk gives memory");
    for (unsigned long i = 0; i < PAGES; i++) {
        heap[i * PAGE_SIZE] = 0;
        expect(has_zeros(heap + i * PAGE_SIZE, PAGE_SIZE), "a fresh heap is zeros");
    }
    expect(sbrk(-(int)(4 * PAGE_SIZE)) != SBRK_ERROR, "sbrk takes memory back");
    expect(end_of(load, heap + (PAGES - 4) * PAGE_SIZE) == CAUSE_LOAD, "it is gone then");
    fill(pages, PAGES, 1);
    madvise(pages + 3 * PAGE_SIZE, 2 * PAGE_SIZE, MADV_DONTNEED);
    expect(has(pages, 3, 1) && has(pages + 5 * PAGE_SIZE, PAGES - 5, 6), "the others stay");
    expect(has_zeros(pages + 3 * PAGE_SIZE, 2 * PAGE_SIZE), "what is not needed is fresh");
}

static void protect_and_store(char *address)
{
    *address = 1;
    mprotect(address, PAGE_SIZE, PROT_READ);
    *(volatile char *)address = 2;
}

/* mprotect: what is forbidden ends the process, at once; what is allowed again is still there. */
static void test_protection(void)
{
    char *pages = memory(PAGES);

    fill(pages, PAGES, 1);
    mprotect(pages, PAGE_SIZE, PROT_READ);
    expect(end_of(store, pages) == CAUSE_STORE, "what may be read only takes no store");
    expect(end_of(protect_and_store, pages + PAGE_SIZE) == CAUSE_STORE,
           "a page that was stored into just now takes no store after mprotect");
    mprotect(pages, 3 * PAGE_SIZE, PROT_READ);
    expect(end_of(store, pages + 2 * PAGE_SIZE) == CAUSE_STORE,
           "mprotect changes all mappings of a range");
    mprotect(pages, PAGES * PAGE_SIZE, PROT_NONE);
    expect(end_of(load, pages + PAGE_SIZE) == CAUSE_LOAD, "PROT_NONE forbids loads");
    mprotect(pages, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE);
    expect(has(pages, PAGES, 1), "what was forbidden is still there");
    if (child()) {
        mprotect(pages, PAGES * PAGE_SIZE, PROT_READ);
        mprotect(pages, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE);
        fill(pages, PAGES, 200);
        exit(0);
    }
    wait_for_good();
    expect(has(pages, PAGES, 1), "mprotect gives nobody another one's page");
}

static void cut_and_load(char *file)
{
    load(file + PAGE_SIZE);
    load(file + 3 * PAGE_SIZE);
    expect(ftruncate(open(NAME, O_RDWR), PAGE_SIZE + 100) == 0, "ftruncate makes it shorter");
    load(file + 3 * PAGE_SIZE);
}

/* Mapped files: one truth for all who share it, and none of it for private mappings. */
static void test_files(void)
{
    int fd = file_of(6, 1);
    char *file = map_file(fd, 6, MAP_SHARED), *own = map_file(fd, 6, MAP_PRIVATE);
    static char piece[PAGE_SIZE];

    munmap(file + 2 * PAGE_SIZE, PAGE_SIZE);
    expect(has(file + 3 * PAGE_SIZE, 3, 4), "each part of a mapping shows its part of the file");
    munmap(file, 6 * PAGE_SIZE);
    expect(has(own, 6, 1), "a private mapping begins as the file");
    fill(own, 6, 100);
    expect(has(own, 6, 100), "a private mapping has what was stored");
    for (unsigned long i = 0; i < 6; i++) {
        lseek(fd, (long)(i * PAGE_SIZE), SEEK_SET);
        expect(read(fd, piece, PAGE_SIZE) == PAGE_SIZE && page_has(piece, i + 1),
               "stores into a private mapping stay out of the file");
    }
    munmap(own, 6 * PAGE_SIZE);
    file = map_file(fd, 6, MAP_SHARED);
    expect(end_of(cut_and_load, file) == CAUSE_NO_PAGE, "a mapping ends where the file does");
    expect(has_zeros(file + PAGE_SIZE + 100, PAGE_SIZE - 100), "behind the end are zeros");
    expect(ftruncate(fd, 3 * PAGE_SIZE) == 0, "ftruncate");
    lseek(fd, PAGE_SIZE, SEEK_SET);
    expect(read(fd, piece, PAGE_SIZE) == PAGE_SIZE, "read");
    expect(has_zeros(piece + 100, PAGE_SIZE - 100), "a file that grows again grows by zeros");
    file = map_file(fd, 3, MAP_SHARED);
    fill_page(file, 50);
    lseek(fd, 0, SEEK_SET);
    expect(read(fd, piece, PAGE_SIZE) == PAGE_SIZE && page_has(piece, 50), "one truth");
}

static void swap_much(void)
{
    if (child()) {
        limit();
        fill(memory(MANY), MANY, 1);
        exit(0);
    }
    wait_for_good();
}

/* More memory than is free, so that what nobody touches goes to swap, whoever has it. */
static void press(void)
{
    static struct vm_stats now;

    if (child()) {
        vmstat(0, &now, 0);
        for (int round = 0; round < 2; round++) {
            unsigned long pages = (unsigned long)now.frames[FRAME_FREE] + MANY;
            char *start = memory(pages);

            for (unsigned long i = 0; i < pages; i++)
                start[i * PAGE_SIZE] = 1;
            munmap(start, pages * PAGE_SIZE);
        }
        exit(0);
    }
    wait_for_good();
}

/* Swap: what comes back is what went, private or shared; and it is free when the process ends. */
static void test_swap(void)
{
    static struct vm_stats before, after;
    char *pages, *shared = map(PAGES, PROT_READ | PROT_WRITE, MAP_SHARED);

    fill(shared, PAGES, 1);
    press();
    for (unsigned long i = 0; i < PAGES; i++)
        load(shared + i * PAGE_SIZE);
    fill(shared, PAGES, 100);
    press();
    expect(has(shared, PAGES, 100), "shared memory has what was stored last");

    swap_much(); /* what is made once, and stays */
    vmstat(0, &before, VMSTAT_DROP);
    for (int round = 0; round < 4; round++)
        swap_much();
    vmstat(0, &after, VMSTAT_DROP);
    expect(after.swap_slots_used < before.swap_slots_used + MANY, "swap is free after a process");
    expect(after.frames[FRAME_ANON] < before.frames[FRAME_ANON] + MANY, "its frames are free, too");
    limit();
    pages = memory(PAGES);
    for (unsigned long round = 0; round < 3; round++) {
        fill(pages, PAGES, round * 100);
        push_out();
        expect(has(pages, PAGES, round * 100), "what comes back from swap is what went");
        for (unsigned long i = 0; i < PAGES; i++) { /* a read brings it, the store comes then */
            load(pages + i * PAGE_SIZE);
            fill_page(pages + i * PAGE_SIZE, round * 100 + i + 50);
        }
        push_out();
        expect(has(pages, PAGES, round * 100 + 50), "what was stored last is what comes back");
    }
}

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
    {"fork", test_fork},             {"copy_on_write", test_copy_on_write},
    {"mapping", test_mapping},       {"protection", test_protection},
    {"files", test_files},           {"swap", test_swap},
};

/* Returns: 1 after an alarm; a test that is killed has alarmed, too. */
static int run(unsigned number)
{
    int status = 1, pid;

    printf("%s\n", tests[number].name);
    pid = fork();
    if (pid == 0) {
        tests[number].run();
        exit(0);
    }
    if (pid < 0 || wait(&status) != pid || status != 0) {
        printf("  %s: alarm\n", tests[number].name);
        return 1;
    }
    return 0;
}

int main(int argc, char *argv[])
{
    int alarms = 0;

    for (unsigned i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        int wanted = argc == 1;

        for (int word = 1; word < argc; word++)
            wanted |= strcmp(argv[word], tests[i].name) == 0;
        if (wanted)
            alarms += run(i);
    }
    return alarms > 0;
}
