/*
 * Slots of the swap disk: when a page is written there and when not, who shares a slot, and which
 * act lets go of it. Each test begins with pages that are all in swap, one slot each.
 */
#include "paging.h"

static struct vm_stats before, after;

static unsigned long rise(unsigned long long old, unsigned long long new)
{
    return (unsigned long)(new - old);
}

/* Evicted again and again, but written out once: what swap has is not written there again. */
static void clean_page_is_not_written(void)
{
    need_swap(REGION);
    limit_to(QUOTA);
    char *start = map(REGION, RW, MAP_PRIVATE);

    fill_pages(start, REGION, 1);
    verify_pages(start, REGION, 1); /* the last ones go out meanwhile */
    own_stats(&before);
    for (int pass = 0; pass < 3; pass++)
        verify_pages(start, REGION, 1);
    own_stats(&after);
    expect_equal(rise(before.pgin, after.pgin), 3 * REGION);
    expect_equal(rise(before.pgout, after.pgout), 0);
    expect_equal(rise(before.evict_clean, after.evict_clean), 3 * REGION);
    expect_equal(rise(before.evict_dirty, after.evict_dirty), 0);
}

/* A page that was stored into since goes out as it is now. */
static void changed_page_is_written(void)
{
    need_swap(REGION);
    limit_to(QUOTA);
    char *start = map(REGION, RW, MAP_PRIVATE);

    fill_pages(start, REGION, 1);
    for (unsigned pass = 2; pass < 6; pass++) {
        own_stats(&before);
        for (unsigned long i = 0; i < REGION; i++) {
            verify_pages(start + i * PAGE_BYTES, 1, pass - 1 + (unsigned)i);
            fill_pages(start + i * PAGE_BYTES, 1, pass + (unsigned)i);
        }
        own_stats(&after);
        expect_equal(rise(before.pgin, after.pgin), REGION);
        expect_equal(rise(before.pgout, after.pgout), REGION);
        expect_equal(rise(before.evict_dirty, after.evict_dirty), REGION);
    }
}

/* Each page has one slot while it is out; a store gives it back, for the slot is old then. */
static void store_gives_slot_back(void)
{
    need_swap(REGION);
    limit_to(QUOTA);
    char *start = map(REGION, RW, MAP_PRIVATE);
    unsigned long without = slots_in_use();

    fill_pages(start, REGION, 1);
    expect_equal(slots_in_use(), without + REGION - QUOTA);
    push_out();
    expect_equal(slots_in_use(), without + REGION);
    lift_limit();
    fill_pages(start, REGION, 2);
    expect_equal(slots_in_use(), without);
    verify_pages(start, REGION, 2);
}

/* In and out without end takes no more slots than there are pages. */
static void slots_do_not_leak(void)
{
    need_swap(REGION);
    limit_to(QUOTA);
    char *start = map(REGION, RW, MAP_PRIVATE);
    unsigned long without = slots_in_use();

    for (unsigned pass = 0; pass < 20; pass++) {
        fill_pages(start, REGION, pass);
        expect_equal(slots_in_use(), without + REGION - QUOTA);
    }
    unmap(start, REGION);
    expect_equal(slots_in_use(), without);
}

static void let_swapped_pages_go(long by_exec)
{
    char *argv[] = {"true", NULL};

    swapped_pages(REGION, 1);
    if (by_exec)
        exec("/true", argv);
}

static void exit_gives_slots_back(void)
{
    unsigned long without = slots_in_use();

    need_swap(REGION);
    join(spawn(let_swapped_pages_go, false));
    expect_slots(without);
}

static void exec_gives_slots_back(void)
{
    unsigned long without = slots_in_use();

    need_swap(REGION);
    join(spawn(let_swapped_pages_go, true));
    expect_slots(without);
}

/* A program that goes on after exec keeps none of the slots of the one before. */
static void exec_gives_slots_back_at_once(void)
{
    char *argv[] = {"sleep", "1000", NULL};
    unsigned long without = slots_in_use();
    int pid = fork();

    need_swap(REGION);
    if (pid == 0) {
        swapped_pages(REGION, 1);
        exec("/sleep", argv);
        exit(STATUS_FAILED);
    }
    wait_to_see(pid, "sleep", 'S');
    expect_slots(without);
    kill(pid);
    expect_equal(wait_for(pid), STATUS_KILLED);
}

static void hold_swapped(long fd)
{
    swapped_pages(REGION, 1);
    tell((int)fd);
    sleep(1000000);
}

static void kill_gives_slots_back(void)
{
    int ends[2], pid;
    unsigned long without = slots_in_use();

    need_swap(REGION);
    expect(pipe(ends) == 0);
    pid = spawn(hold_swapped, ends[1]);
    listen(ends[0]);
    expect(slots_in_use() >= without + REGION);
    kill(pid);
    expect_equal(wait_for(pid), STATUS_KILLED);
    expect_slots(without);
}

static void munmap_gives_slots_back(void)
{
    char *start = swapped_pages(REGION, 1);
    unsigned long with = slots_in_use();

    unmap(start + 10 * PAGE_BYTES, 20);
    expect_equal(slots_in_use(), with - 20);
    verify_pages(start, 10, 1);
    verify_pages(start + 30 * PAGE_BYTES, REGION - 30, 31);
    unmap(start, REGION);
    expect_equal(slots_in_use(), with - REGION);
}

/* A mapping in its place, fresh memory by advice, a smaller heap. */
static void others_give_slots_back(void)
{
    char *start = swapped_pages(REGION, 1);
    unsigned long with = slots_in_use();

    expect(map_at(start, 10, RW, MAP_PRIVATE | MAP_FIXED) == start);
    expect_equal(slots_in_use(), with - 10);
    expect_equal(madvise(start, 30 * PAGE_BYTES, MADV_DONTNEED), 0);
    expect_equal(slots_in_use(), with - 30);
    expect(has_bytes(start, 30 * PAGE_BYTES, 0));
    verify_pages(start + 30 * PAGE_BYTES, REGION - 30, 31);
    unmap(start, REGION);
    with = slots_in_use();
    limit_to(QUOTA);
    start = grow(REGION * PAGE_BYTES);
    fill_pages(start, REGION, 1);
    push_out();
    expect_equal(slots_in_use(), with + REGION);
    expect(sbrk(-(int)(REGION / 2 * PAGE_BYTES)) != SBRK_ERROR);
    expect_equal(slots_in_use(), with + REGION / 2);
    verify_pages(start, REGION / 2, 1);
}

/* The child's pages are the parent's slots: no page is read, none is copied, by fork. */
static void fork_shares_slots(void)
{
    char *start = swapped_pages(REGION, 1);
    unsigned long with = slots_in_use();
    int ends[2], pid;

    expect(pipe(ends) == 0);
    read_stats(&before);
    pid = fork();
    if (pid == 0) {
        listen(ends[0]);
        verify_pages(start, REGION, 1);
        exit(0);
    }
    read_stats(&after);
    expect_equal(rise(before.pgin, after.pgin), 0);
    expect_equal(slots_in_use(), with);
    expect_equal(vmstat(pid, &after, 0), 0);
    expect(after.swapped >= REGION);
    expect_equal(count_present(start, REGION), 0);
    unmap(start, REGION);
    expect_equal(slots_in_use(), with); /* the child has them still */
    tell(ends[1]);
    join(pid);
    expect_slots(with - REGION);
}

static void hold_verified(long fd)
{
    char *start = (char *)*(unsigned long *)block;

    own_stats(&before);
    verify_pages(start, REGION, 1);
    own_stats(&after);
    *(unsigned long *)other = rise(before.pgin, after.pgin);
    expect_equal(write((int)fd, other, 8), 8);
    sleep(1000000);
}

/* Whoever needs a page first reads it; the next one finds it. */
static void shared_page_is_read_once(void)
{
    char *start = swapped_pages(REGION, 1);
    unsigned long read_pages;
    int ends[2], pids[3];

    expect(pipe(ends) == 0);
    *(unsigned long *)block = (unsigned long)start;
    for (int i = 0; i < 3; i++) {
        pids[i] = spawn(hold_verified, ends[1]);
        expect_equal(read(ends[0], &read_pages, 8), 8);
        expect(i > 0 || read_pages >= REGION / 2); /* some came along with their neighbours */
        expect(i == 0 || read_pages == 0);
    }
    own_stats(&before);
    verify_pages(start, REGION, 1);
    own_stats(&after);
    expect_equal(rise(before.pgin, after.pgin), 0);
    expect(rise(before.refault, after.refault) > 0);
    for (int i = 0; i < 3; i++)
        kill(pids[i]);
    join_all(3, STATUS_KILLED);
}

static void write_all(long address)
{
    verify_pages((char *)address, REGION, 1);
    fill_pages((char *)address, REGION, 2);
    verify_pages((char *)address, REGION, 2);
}

/* A copy has no slot; the slot stays with whoever did not write, and goes when he does. */
static void copy_leaves_slot(void)
{
    char *start = swapped_pages(REGION, 1);
    unsigned long with = slots_in_use();

    join(spawn(write_all, (long)start));
    expect_slots(with);
    verify_pages(start, REGION, 1);
    int pid = fork();

    if (pid == 0) {
        sleep(5);
        verify_pages(start, REGION, 1);
        exit(0);
    }
    fill_pages(start, REGION, 3);
    expect_equal(slots_in_use(), with); /* the child has them */
    join(pid);
    expect_slots(with - REGION);
    verify_pages(start, REGION, 3);
}

/* The sizes that ps prints, and those of vmstat(pid). */
static void sizes_are_told(void)
{
    char *start = swapped_pages(REGION, 1);
    int count = procinfo(process_rows, MAX_PROCESSES), row = 0;

    while (row < count && process_rows[row].pid != getpid())
        row++;
    expect(row < count && process_rows[row].swapped >= REGION * PAGE_BYTES);
    own_stats(&before);
    expect_equal(process_rows[row].swapped, before.swapped * PAGE_BYTES);
    fill_pages(start, REGION, 2);
    own_stats(&after);
    expect_equal(before.swapped - after.swapped, REGION);
    expect_equal(after.resident - before.resident, REGION);
    expect_error(vmstat(1000000, &after, 0), ESRCH);
}

#define ACCESSES 4000ul

/*
 * In ticks. To pages drawn at random: each access brings a page in, and sends one out. All are
 * stores, or half are.
 */
static unsigned long time_of_accesses(char *start, unsigned long pages, bool all_stores)
{
    static unsigned state = 1;
    unsigned long begin = time_now();

    for (unsigned long i = 0; i < ACCESSES; i++) {
        volatile char *page = start + next_random(&state) % pages * PAGE_BYTES;

        if (all_stores || i % 2)
            *page = 1;
        else
            sink = *page;
    }
    return time_now() - begin;
}

/* The same, once the places of free slots are as such accesses leave them. */
static unsigned long settled_time(char *start, unsigned long pages, bool all_stores)
{
    for (unsigned long i = 0; i < pages; i++)
        start[i * PAGE_BYTES] = 1;
    time_of_accesses(start, pages, all_stores);
    return time_of_accesses(start, pages, all_stores);
}

/*
 * However full the disk is, and however scattered what is free there, a page goes out as quickly.
 * With more pages than slots, those in memory that have a slot, too, do without it.
 */
static void slot_is_found_at_once(void)
{
    unsigned long half, half_mixed, full, beyond, slots;
    char *start;

    if (!clock_counts_instructions())
        skip("where instructions are not counted, time tells nothing");
    read_stats(&before);
    slots = (unsigned long)before.swap_slots;
    need_swap(slots - slots / 100);
    limit_to(2 * QUOTA);
    slots -= slots_in_use();
    start = map(slots + QUOTA, RW, MAP_PRIVATE);
    half = settled_time(start, slots / 2, true);
    half_mixed = settled_time(start, slots / 2, false);
    full = settled_time(start, slots - slots / 1000, true);
    beyond = settled_time(start, slots + QUOTA, false);
    fprintf(1, "# ticks: stores %lu at 50 %%, %lu at 99.9 %%; mixed %lu at 50 %%, %lu beyond\n",
            half, full, half_mixed, beyond);
    expect(full * 10 <= half * 13);
    expect(beyond * 10 <= half_mixed * 13);
}

const struct test swap_slot_tests[] = {
    {"clean_page_is_not_written", clean_page_is_not_written, QUICK},
    {"changed_page_is_written", changed_page_is_written, QUICK},
    {"store_gives_slot_back", store_gives_slot_back, QUICK},
    {"slots_do_not_leak", slots_do_not_leak, QUICK},
    {"exit_gives_slots_back", exit_gives_slots_back, QUICK},
    {"exec_gives_slots_back", exec_gives_slots_back, QUICK},
    {"exec_gives_slots_back_at_once", exec_gives_slots_back_at_once, QUICK},
    {"kill_gives_slots_back", kill_gives_slots_back, QUICK},
    {"munmap_gives_slots_back", munmap_gives_slots_back, QUICK},
    {"others_give_slots_back", others_give_slots_back, QUICK},
    {"fork_shares_slots", fork_shares_slots, QUICK},
    {"shared_page_is_read_once", shared_page_is_read_once, QUICK},
    {"copy_leaves_slot", copy_leaves_slot, QUICK},
    {"sizes_are_told", sizes_are_told, QUICK},
    {"slot_is_found_at_once", slot_is_found_at_once, SLOW},
    {NULL, NULL, QUICK},
};
