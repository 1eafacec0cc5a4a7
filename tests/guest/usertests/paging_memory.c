/* More memory in use than there is: pages of every kind go and come back, for all who map them. */
#include "paging.h"

#define MOST_MAPPERS 300
#define SHARED 256ul

static struct vm_stats before, after;
/* A pipe for each step: who is quick would take the byte that another needs for the first one. */
static int first_step[2], second_step[2], to_parent[2];

static void make_pipes(void)
{
    expect(pipe(first_step) == 0 && pipe(second_step) == 0 && pipe(to_parent) == 0);
}

static void tell_all(const int *step, int count)
{
    for (int i = 0; i < count; i++)
        tell(step[1]);
}

static void listen_to_all(int count)
{
    for (int i = 0; i < count; i++)
        listen(to_parent[0]);
}

/* Two steps, so that nobody brings a page back before everybody has seen that it is out. */
static void map_along(long address)
{
    listen(first_step[0]);
    expect_equal(count_present((char *)address, QUOTA), 0);
    tell(to_parent[1]);
    listen(second_step[0]);
    verify_pages((char *)address, QUOTA, 1);
    tell(to_parent[1]);
}

/* Children that map the pages, as many as leave room for press(). */
static int spawn_mappers(char *start)
{
    unsigned long most = all_frames() / 32;
    int count = 0;

    while (count < MOST_MAPPERS && count < (int)most && can_press()) {
        spawn(map_along, (long)start);
        count++;
    }
    return count;
}

/* Private pages of everybody: in a frame, in swap, or in both. What was read ahead goes first. */
static unsigned long private_pages(void)
{
    drop_caches();
    read_stats(&after);
    return (unsigned long)(after.frames[FRAME_ANON] + after.swap_slots_used - after.swap_cached);
}

/* Who was killed, or has ended, may still be at it. */
static void expect_private_pages(unsigned long pages)
{
    for (int look = 0; look < 30 && private_pages() != pages; look++)
        sleep(1);
    expect_equal(private_pages(), pages);
}

/* A page of hundreds is taken from each of them, found again by each, and freed once. */
static void mapped_by_hundreds(void)
{
    need_pressure();
    make_pipes();
    char *start = map(QUOTA, RW, MAP_PRIVATE);

    hold_self();
    fill_pages(start, QUOTA, 1);
    unsigned long without = private_pages() - QUOTA;
    int count = spawn_mappers(start);

    read_stats(&after);
    bool is_roomy = all_frames() * PAGE_BYTES > 100 * MIB;

    is_roomy = is_roomy && after.swap_slots > all_frames() * 3 / 2;
    expect(count >= (is_roomy ? MOST_MAPPERS : 50));
    press_out(start, QUOTA);
    tell_all(first_step, count);
    listen_to_all(count);
    tell_all(second_step, count);
    listen_to_all(count);
    join_all(count, 0);
    verify_pages(start, QUOTA, 1);
    expect_private_pages(without + QUOTA);
    unmap(start, QUOTA);
    expect_private_pages(without);
}

static volatile int *parent_is_out;

/* Its own pages stay in memory, for it uses them, while those of its parent go. */
static void copy_and_hold(long address)
{
    char *start = (char *)address;

    listen(first_step[0]);
    verify_pages(start, REGION, 1); /* of all who have the pages this one maps them last */
    fill_pages(start, REGION / 2, 100);
    unmap(start + REGION / 2 * PAGE_BYTES, REGION / 2);
    expect(map_at(start + REGION / 2 * PAGE_BYTES, REGION / 2, RW, MAP_PRIVATE | MAP_FIXED));
    fill_pages(start + REGION / 2 * PAGE_BYTES, REGION / 2, 200);
    tell(to_parent[1]);
    while (!*parent_is_out)
        for (unsigned long i = 0; i < REGION; i++)
            sink = *(volatile char *)(start + i * PAGE_BYTES);
    verify_pages(start, REGION / 2, 100);
    verify_pages(start + REGION / 2 * PAGE_BYTES, REGION / 2, 200);
}

/* The walk over a family meets members that show something else at the page's address. */
static void own_pages_at_one_address(void)
{
    need_pressure();
    make_pipes();
    char *start = swapped_pages(REGION, 1);
    parent_is_out = (volatile int *)map(1, RW, MAP_SHARED);
    int pid = spawn(copy_and_hold, (long)start);

    verify_pages(start, REGION, 1);
    tell_all(first_step, 1);
    listen_to_all(1);
    press_out(start, REGION);
    *parent_is_out = true;
    join(pid);
    verify_pages(start, REGION, 1);
}

static void change_third(long address)
{
    static int turn;

    listen(first_step[0]);
    verify_pages((char *)address, SHARED, 1);
    tell(to_parent[1]);
    expect_equal(read(second_step[0], &turn, sizeof(turn)), sizeof(turn));
    for (unsigned long i = (unsigned long)turn; i < SHARED; i += 3)
        fill_pages((char *)address + i * PAGE_BYTES, 1, 2 + (unsigned)i);
}

/* Memory without a file that processes share: out for all, in for all, one slot a page. */
static void shared_memory_through_swap(void)
{
    need_pressure();
    need_swap(SHARED);
    make_pipes();
    unsigned long slots = slots_in_use();
    char *start = map(SHARED, RW, MAP_SHARED);

    fill_pages(start, SHARED, 1);
    for (int i = 0; i < 3; i++)
        spawn(change_third, (long)start);
    press_out(start, SHARED);
    expect(slots_in_use() >= slots + SHARED / 2); /* the pages before may be back meanwhile */
    tell_all(first_step, 3);
    listen_to_all(3);
    press_out(start, SHARED);
    for (int i = 0; i < 3; i++)
        expect_equal(write(second_step[1], &i, sizeof(i)), sizeof(i));
    join_all(3, 0);
    verify_pages(start, SHARED, 2);
    press_out(start, SHARED);
    verify_pages(start, SHARED, 2);
}

#define COUNTERS 4
#define COUNTED_PAGES 64ul

static void count_until_told(long address)
{
    static unsigned long counted;
    unsigned long number;

    expect_equal(read(first_step[0], &number, sizeof(number)), sizeof(number));
    while (*(volatile int *)address == 0) {
        counted++;
        for (unsigned long i = 1; i < COUNTED_PAGES; i++) {
            unsigned long *words = (unsigned long *)(address + (long)(i * PAGE_BYTES));

            *(volatile unsigned long *)&words[1 + number] += 1;
            __atomic_fetch_add(&words[0], 1, __ATOMIC_RELAXED);
        }
        if (counted % 16 == 0)
            sleep(1); /* so that the pages grow old */
    }
    expect_equal(write(to_parent[1], &counted, sizeof(counted)), sizeof(counted));
}

/* Processes count in memory that they share, while it is sent to swap under them. */
static void no_shared_store_is_lost(void)
{
    unsigned long counted, sum = 0, own = 0;

    need_pressure();
    make_pipes();
    char *start = map(COUNTED_PAGES, RW, MAP_SHARED);

    for (unsigned long i = 0; i < COUNTERS; i++) {
        spawn(count_until_told, (long)start);
        expect_equal(write(first_step[1], &i, sizeof(i)), sizeof(i));
    }
    read_stats(&before);
    press();
    press();
    read_stats(&after);
    *(volatile int *)start = 1;
    for (int i = 0; i < COUNTERS; i++) {
        expect_equal(read(to_parent[0], &counted, sizeof(counted)), sizeof(counted));
        sum += counted;
    }
    join_all(COUNTERS, 0);
    for (unsigned long i = 1; i < COUNTED_PAGES; i++) {
        unsigned long *words = (unsigned long *)(start + i * PAGE_BYTES);

        own = 0;
        for (int j = 1; j <= COUNTERS; j++)
            own += words[j];
        expect_equal(words[0], sum);
        expect_equal(own, sum);
    }
    expect(after.pgout > before.pgout);
}

/* Pages of files that were stored into are written there, by whoever needs their frames. */
static void stored_files_are_written(void)
{
    need_pressure();
    make_file("file", SHARED * PAGE_BYTES, 1);
    sync();
    char *start = map_file("file", SHARED, RW, MAP_SHARED);

    read_stats(&before); /* some may be written before the last is stored */
    for (unsigned long i = 0; i < SHARED; i++)
        fill(start + i * PAGE_BYTES, PAGE_BYTES, 100 + (unsigned)i);
    press_out(start, SHARED);
    read_stats(&after);
    expect(after.file_write - before.file_write >= SHARED);
    for (unsigned i = 0; i < SHARED; i++)
        expect(filled(start + i * PAGE_BYTES, PAGE_BYTES, 100 + i));
    verify_file("file", SHARED * PAGE_BYTES, 100);
}

extern char etext[];

static unsigned long sum_of_text(void)
{
    unsigned long sum = 0;

    for (const unsigned long *word = (unsigned long *)PAGE_BYTES; word < (unsigned long *)etext;
         word++)
        sum = sum * 31 + *word;
    return sum;
}

/* Clean pages of files, programs among them, go without a write and are read again. */
static void programs_come_back(void)
{
    unsigned long pages = (unsigned long)etext / PAGE_BYTES - 1, sum = sum_of_text();

    need_pressure();
    expect_equal(count_present((char *)PAGE_BYTES, pages), pages);
    press();
    expect(count_present((char *)PAGE_BYTES, pages) < pages / 2); /* what runs is there */
    read_stats(&before);
    expect_equal(sum_of_text(), sum);
    read_stats(&after);
    expect(after.file_read > before.file_read);
}

static void use_share(long seed)
{
    unsigned long pages = all_frames() / 3;
    char *start = map(pages, RW, MAP_PRIVATE);

    fill_pages(start, pages, (unsigned)seed);
    tell(to_parent[1]);
    listen(first_step[0]); /* nobody goes before all have filled theirs */
    verify_pages(start, pages, (unsigned)seed);
    fill_pages(start, pages, (unsigned)seed + 1);
    verify_pages(start, pages, (unsigned)seed + 1);
}

static void more_than_memory(void)
{
    unsigned long pages = all_frames() / 3;

    need_pressure();
    read_stats(&before);
    if (before.commit + 4 * (pages + 512) > before.commit_limit)
        skip("not enough swap in this machine");
    make_pipes();
    for (int i = 0; i < 4; i++)
        spawn(use_share, 1000000 * i);
    listen_to_all(4);
    tell_all(first_step, 4);
    join_all(4, 0);
    read_stats(&after);
    expect(after.pgout - before.pgout >= pages / 2);
    expect(after.pgin - before.pgin >= pages / 4);
}

#define FAR (4 * MIB)
#define TABLES 40ul
#define FORKERS 3
#define FORKS 1500

/* A page table whose pages have all gone goes, too; the next access makes another one. */
static void empty_tables_go(void)
{
    char *start = map(TABLES * FAR / PAGE_BYTES, PROT_READ, MAP_PRIVATE | MAP_NORESERVE);
    int fd;

    need_pressure();
    make_file("file", PAGE_BYTES, 1);
    fd = open("file", O_RDONLY);
    for (unsigned long i = 0; i < TABLES; i++) {
        char *at = start + i * FAR;

        expect(mmap(at, PAGE_BYTES, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == at);
        expect(filled(at, PAGE_BYTES, 1));
    }
    read_stats(&before);
    press_out(start, 1); /* one page of the file is shown by all of them */
    sleep(3);            /* empty tables are looked for four times a second at most: now they may */
    press();
    read_stats(&after);
    expect(after.frames[FRAME_PAGE_TABLE] + TABLES * 3 / 4 <= before.frames[FRAME_PAGE_TABLE]);
    for (unsigned long i = 0; i < TABLES; i++)
        expect(filled(start + i * FAR, PAGE_BYTES, 1));
    expect(close(fd) == 0);
}

static void fork_and_fork(long unused)
{
    char *start = map(TABLES * FAR / PAGE_BYTES, RW, MAP_PRIVATE | MAP_NORESERVE);

    (void)unused;
    for (unsigned long i = 0; i < TABLES; i++)
        *(unsigned long *)(start + i * FAR) = i + 1;
    for (int round = 0; round < FORKS; round++) {
        int pid = fork();

        expect(pid >= 0);
        for (unsigned long i = 0; i < TABLES; i++)
            expect_equal(*(unsigned long *)(start + i * FAR), i + 1);
        if (pid == 0)
            exit(0);
        join(pid);
    }
}

/* Empty tables are looked for while forks make tables that are empty for a moment. */
static void fork_while_tables_go(void)
{
    need_pressure();
    int presser = spawn(store_without_end, (long)all_frames());

    for (int i = 0; i < FORKERS; i++)
        spawn(fork_and_fork, 0);
    join_all(FORKERS, 0);
    expect(kill(presser) == 0);
    join_all(1, STATUS_KILLED);
}

const struct test paging_memory_tests[] = {
    {"mapped_by_hundreds", mapped_by_hundreds, QUICK},
    {"own_pages_at_one_address", own_pages_at_one_address, QUICK},
    {"shared_memory_through_swap", shared_memory_through_swap, QUICK},
    {"no_shared_store_is_lost", no_shared_store_is_lost, QUICK},
    {"stored_files_are_written", stored_files_are_written, QUICK},
    {"programs_come_back", programs_come_back, QUICK},
    {"more_than_memory", more_than_memory, QUICK},
    {"empty_tables_go", empty_tables_go, QUICK},
    {"fork_while_tables_go", fork_while_tables_go, SLOW},
    {NULL, NULL, QUICK},
};
