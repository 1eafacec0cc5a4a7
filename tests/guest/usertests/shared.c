/* Shared memory without a file, and what each kind of mapping promises. */
#include "mapping.h"

#define PAGES 16ul

static void add_atomically(long address)
{
    for (int i = 0; i < 20000; i++)
        __atomic_fetch_add((int *)address, 1, __ATOMIC_RELAXED);
}

static void counter_of_many(void)
{
    char *ours = map(1, RW, MAP_SHARED);

    for (int i = 0; i < 4; i++)
        spawn(add_atomically, (long)ours + 64);
    join_all(4, 0);
    expect_equal(*(int *)(void *)(ours + 64), 80000);
}

static void store_and_unmap(long address)
{
    char *ours = (char *)address;

    expect(filled(ours, PAGE_BYTES, 1));
    fill(ours + 3 * PAGE_BYTES, PAGE_BYTES, 4); /* a page that nobody had touched */
    unmap(ours, PAGES);
}

/* Whoever goes, the others keep it; what one unmaps the others see. */
static void shared_outlives(void)
{
    char *ours = map(PAGES, RW, MAP_SHARED);
    int ends[2], pid;

    fill(ours, PAGE_BYTES, 1);
    join(spawn(store_and_unmap, (long)ours));
    expect(filled(ours + 3 * PAGE_BYTES, PAGE_BYTES, 4));
    expect(pipe(ends) == 0);
    pid = fork();
    if (pid == 0) {
        listen(ends[0]);
        expect(filled(ours, PAGE_BYTES, 7)); /* stored after the fork, then unmapped */
        expect(filled(ours + 3 * PAGE_BYTES, PAGE_BYTES, 4));
        exit(0);
    }
    fill(ours, PAGE_BYTES, 7);
    unmap(ours, PAGES);
    tell(ends[1]);
    join(pid);
}

/* A part that is unmapped in the middle leaves the rest where it was in the object. */
static void shared_in_parts(void)
{
    char *ours = map(PAGES, RW, MAP_SHARED);

    for (unsigned i = 0; i < PAGES; i++)
        fill(ours + i * PAGE_BYTES, PAGE_BYTES, i);
    unmap(ours + 4 * PAGE_BYTES, 4);
    protect(ours + 10 * PAGE_BYTES, 2, PROT_READ);
    drop_caches(); /* is no cache: stays */
    int pid = fork();

    if (pid == 0) {
        fill(ours + 12 * PAGE_BYTES, PAGE_BYTES, 50);
        fill(ours, PAGE_BYTES, 51);
        exit(0);
    }
    join(pid);
    expect(filled(ours, PAGE_BYTES, 51) && filled(ours + 12 * PAGE_BYTES, PAGE_BYTES, 50));
    for (unsigned i = 1; i < PAGES; i++)
        if ((i < 4 || i >= 8) && i != 12)
            expect(filled(ours + i * PAGE_BYTES, PAGE_BYTES, i));
    expect_killed(store_byte, (long)ours + 11 * PAGE_BYTES);
}

/* Two processes hand each other a page back and forth, on whatever harts they run. */
static void turns(void)
{
    volatile int *turn = (void *)map(1, RW, MAP_SHARED);
    int pid = fork();
    int mine = pid == 0;

    for (int i = 0; i < 300; i++) {
        while (*turn % 2 != mine)
            sleep(0);
        (*turn)++;
    }
    if (pid == 0)
        exit(0);
    join(pid);
    expect_equal(*turn, 600);
}

#define BIG 256ul
#define TABLES 8ul /* page tables are promised as well */

/* Expects that what was promised since then is pages, and tables at most. */
static void expect_rise(unsigned long before, unsigned long pages, int line)
{
    unsigned long now = promised();

    if (now < before + pages || now > before + pages + TABLES)
        fail("shared.c:%d: promised %lu more, not %lu\n", line, now - before, pages);
}

/* What each kind costs when it is made: frames that it may come to need. */
static void promises_of_each_kind(void)
{
    static const struct kind {
        int prot, flags;
        bool is_file;
        unsigned long pages;
    } kinds[] = {
        {RW, MAP_PRIVATE, false, BIG},           {PROT_READ, MAP_PRIVATE, false, 0},
        {PROT_NONE, MAP_PRIVATE, false, 0},      {RW, MAP_SHARED, false, BIG},
        {PROT_READ, MAP_SHARED, false, BIG},     {RW, MAP_PRIVATE | MAP_NORESERVE, false, 0},
        {RW, MAP_SHARED | MAP_NORESERVE, false, 0},
        {RW, MAP_PRIVATE, true, BIG},            {PROT_READ, MAP_PRIVATE, true, 0},
        {RW, MAP_SHARED, true, 0},               {PROT_READ, MAP_SHARED, true, 0},
        {RW, MAP_PRIVATE | MAP_NORESERVE, true, 0},
    };

    need_strictness();
    make_file("file", BIG * PAGE_BYTES, 1);
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const struct kind *kind = &kinds[i];
        unsigned long before = promised();
        char *start = kind->is_file ? map_file("file", BIG, kind->prot, kind->flags)
                                    : map(BIG, kind->prot, kind->flags);

        expect_rise(before, kind->pages, __LINE__ + (int)i * 1000);
        unmap(start, BIG);
        expect_equal(promised(), before);
    }
}

/* Reserved when it is touched: that, and no more; and it comes back. */
static void noreserve_pays_by_page(void)
{
    static const int kinds[] = {MAP_PRIVATE, MAP_SHARED};

    need_strictness();
    for (int i = 0; i < 2; i++) {
        unsigned long before = promised();
        char *start = map(BIG, RW, kinds[i] | MAP_NORESERVE);

        memset(start, 1, 100 * PAGE_BYTES);
        expect_rise(before, 100, __LINE__);
        unmap(start, BIG);
        expect_equal(promised(), before);
    }
}

static void hold_until_told(long fd)
{
    listen((int)fd);
}

/* fork promises the private pages again, the shared ones not. */
static void fork_promises_private_only(void)
{
    int ends[2];
    unsigned long rises[3];

    need_strictness();
    need_memory(3 * BIG * PAGE_BYTES);
    expect(pipe(ends) == 0);
    for (int i = 0; i < 3; i++) {
        char *start = i == 0 ? NULL : map(BIG, RW, i == 1 ? MAP_SHARED : MAP_PRIVATE);
        unsigned long before = promised();
        int pid = spawn(hold_until_told, ends[0]);

        rises[i] = promised() - before;
        tell(ends[1]);
        join(pid);
        expect_equal(promised(), before);
        if (start)
            unmap(start, BIG);
    }
    expect(rises[1] <= rises[0] + TABLES);
    expect(rises[2] >= rises[0] + BIG && rises[2] <= rises[0] + BIG + TABLES);
}

/* Read-only pages are promised when they become writable, and stay so. */
static void mprotect_promises(void)
{
    need_strictness();
    unsigned long before = promised();
    char *start = map(BIG, PROT_READ, MAP_PRIVATE);

    protect(start, BIG / 2, RW);
    expect_rise(before, BIG / 2, __LINE__);
    protect(start, BIG, RW);
    expect_rise(before, BIG, __LINE__);
    protect(start, BIG, PROT_NONE);
    expect_rise(before, BIG, __LINE__);
    protect(start, BIG, RW);
    expect_rise(before, BIG, __LINE__);
    unmap(start, BIG / 4);
    expect_rise(before, BIG * 3 / 4, __LINE__);
    unmap(start, BIG);
    expect_equal(promised(), before);
}

/* ENOMEM then and there for what cannot be backed; what needs no backing is granted. */
static void strict_refusal(void)
{
    struct vm_stats stats;
    struct shape before;

    need_strictness();
    read_stats(&stats);
    unsigned long bytes = (unsigned long)(stats.commit_limit - stats.commit + 1) * PAGE_BYTES;

    shape_read(&before);
    make_file("file", PAGE_BYTES, 1);
    int fd = open("file", O_RDONLY);

    expect_error(mmap(NULL, bytes, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM);
    expect_error(mmap(NULL, bytes, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0), ENOMEM);
    expect_error(mmap(NULL, bytes, RW, MAP_PRIVATE, fd, 0), ENOMEM);
    expect(shape_is(&before));
    unmap(map(bytes / PAGE_BYTES, RW, MAP_PRIVATE | MAP_NORESERVE), bytes / PAGE_BYTES);
    unmap(map(bytes / PAGE_BYTES, PROT_READ, MAP_PRIVATE), bytes / PAGE_BYTES);
    unmap(map_file("file", bytes / PAGE_BYTES, PROT_READ, MAP_SHARED), bytes / PAGE_BYTES);
    expect(shape_is(&before));
}

/* MAP_FIXED is promised what it needs more than what goes: all is replaced, or all stays. */
static void fixed_is_all_or_nothing(void)
{
    struct vm_stats stats;
    struct shape before;

    need_strictness();
    read_stats(&stats);
    unsigned long room = (unsigned long)(stats.commit_limit - stats.commit), most = room / 4 * 3;
    char *start = map(room + 1, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE);

    map_at(start, most, RW, MAP_PRIVATE | MAP_FIXED);
    start[0] = start[(most - 1) * PAGE_BYTES] = 'k';
    shape_read(&before);
    expect_error(mmap(start, (room + 1) * PAGE_BYTES, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
                      -1, 0), ENOMEM);
    expect_error(mmap(start + PAGE_BYTES, room * PAGE_BYTES, RW,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), ENOMEM);
    expect(shape_is(&before) && start[0] == 'k' && start[(most - 1) * PAGE_BYTES] == 'k');
    expect(mlock(start, PAGE_BYTES) == 0);
    map_at(start, most, RW, MAP_PRIVATE | MAP_FIXED);
    expect(shape_is(&before) && start[0] == 0);
    unmap(start, room + 1);
}

/* Splits an area until the kernel has enough of it. */
static void make_areas(long fd)
{
    unsigned long most = 140000, count = 0;
    char *start = map(most, PROT_READ, MAP_PRIVATE);

    for (unsigned long i = 1; i < most; i += 2, count += 2)
        if (mprotect(start + i * PAGE_BYTES, PAGE_BYTES, PROT_NONE) < 0)
            break;
    expect_equal(errno, ENOMEM);
    expect(count > 1000 && count < most - 2);
    sink = start[count * PAGE_BYTES] + start[(count + 2) * PAGE_BYTES]; /* are as they were */
    tell((int)fd);
    sleep(10);
}

/* Whoever was promised memory gets it, however many areas another process makes. */
static void areas_take_no_promised_memory(void)
{
    struct vm_stats stats;
    int ends[2], pid;

    need_strictness();
    expect(pipe(ends) == 0);
    read_stats(&stats);
    unsigned long pages = (unsigned long)(stats.commit_limit - stats.commit) / 4 * 3;
    char *mine = map(pages, PROT_READ, MAP_PRIVATE); /* so that fork does not promise it again */

    pid = spawn(make_areas, ends[1]);
    close(ends[1]);
    protect(mine, pages, RW);
    listen(ends[0]);
    memset(mine, 1, pages * PAGE_BYTES);
    join(pid);
}

/* The number that `free` prints as promised, in KiB. */
static void free_shows_promises(void)
{
    int ends[2], pid;
    char *argv[] = {"free", NULL}, *line;

    expect(pipe(ends) == 0);
    map(BIG, RW, MAP_PRIVATE);
    pid = fork();
    if (pid == 0) {
        close(1);
        dup(ends[1]);
        exec("/free", argv);
        exit(1);
    }
    join(pid);
    long got = read(ends[0], block, sizeof(block) - 1);

    expect(got > 0);
    block[got] = '\0';
    line = strstr(block, "promised");
    expect(line != NULL);
    line += strlen("promised");
    while (*line == ' ')
        line++;
    expect(atoi(line) / 4 >= (int)promised() && atoi(line) / 4 < (int)promised() + 512);
}

const struct test shared_tests[] = {
    {"counter_of_many", counter_of_many, QUICK},
    {"shared_outlives", shared_outlives, QUICK},
    {"shared_in_parts", shared_in_parts, QUICK},
    {"turns", turns, QUICK},
    {"promises_of_each_kind", promises_of_each_kind, QUICK},
    {"noreserve_pays_by_page", noreserve_pays_by_page, QUICK},
    {"fork_promises_private_only", fork_promises_private_only, QUICK},
    {"mprotect_promises", mprotect_promises, QUICK},
    {"strict_refusal", strict_refusal, QUICK},
    {"fixed_is_all_or_nothing", fixed_is_all_or_nothing, QUICK},
    {"areas_take_no_promised_memory", areas_take_no_promised_memory, SLOW},
    {"free_shows_promises", free_shows_promises, QUICK},
    {NULL, NULL, QUICK},
};
