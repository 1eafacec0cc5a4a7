/*
 * What the counters say of paging: reading ahead, who writes a page that several have, caches that
 * give way, and the columns of the commands that print all this.
 */
#include "paging.h"

#define RUN 128ul  /* pages touched in order */
#define STEP 20ul  /* pages between two touches that are far apart: more than any window */
#define FAR 64ul   /* such touches: by then only what is asked for is read */
#define FILES 200
#define COLUMNS 12

static struct vm_stats before, after;

static unsigned long rise(unsigned long long old, unsigned long long new)
{
    return (unsigned long)(new - old);
}

/*
 * Touches pages, step apart, up or down. How many of them had to be read, and how many pages came
 * by that.
 */
static unsigned long touch(const char *start, unsigned long count, long step, unsigned long *came)
{
    unsigned long reads = 0;

    *came = 0;
    for (unsigned long i = 0; i < count; i++) {
        own_stats(&before);
        sink = start[(long)i * step * (long)PAGE_BYTES];
        own_stats(&after);
        reads += after.pgin != before.pgin;
        *came += rise(before.pgin, after.pgin);
    }
    return reads;
}

/*
 * Who goes on in order gets many pages a read, upwards and downwards; who asks for pages far apart
 * soon gets those alone, whether or not what came in vain is still there.
 */
static void readahead_adapts(void)
{
    unsigned long far = FAR * STEP, pages = 3 * RUN + far, came, reads, disk_bytes;
    char *start = swapped_pages(pages, 1);
    struct vm_stats begin, end;

    read_stats(&begin);
    reads = touch(start, RUN, 1, &came);
    read_stats(&end);
    expect(reads <= RUN / 5);
    expect(came >= RUN && came < RUN + STEP);
    disk_bytes = rise(begin.disk_read_bytes, end.disk_read_bytes);
    expect_equal(disk_bytes, (came + rise(begin.file_read, end.file_read)) * PAGE_BYTES);

    reads = touch(start + (RUN + STEP) * PAGE_BYTES, FAR - 8, STEP, &came);
    expect_equal(reads, FAR - 8);
    expect(came > reads && came < reads + 5 * STEP);
    reads = touch(start + (RUN + (FAR - 7) * STEP) * PAGE_BYTES, 7, STEP, &came);
    expect_equal(reads, 7);
    expect_equal(came, reads);

    reads = touch(start + (pages - 1) * PAGE_BYTES, RUN, -1, &came); /* the other way */
    expect(reads <= RUN / 5);
    expect(came >= RUN && came < RUN + STEP);
    drop_caches();
    reads = touch(start + (RUN + far) * PAGE_BYTES, RUN - STEP, 1, &came); /* and back again */
    expect(reads <= RUN / 5);
    verify_pages(start, pages, 1);
}

static void push_out_alone(long unused)
{
    (void)unused;
    hold_self(); /* what it inherited may have slots, and would be evicted clean */
    own_stats(&before);
    push_out();
    own_stats(&after);
    expect_equal(rise(before.evict_clean, after.evict_clean), 0);
    expect_equal(rise(before.evict_dirty, after.evict_dirty), rise(before.pgout, after.pgout));
}

/* A page that two have is evicted from both, but written once: by who evicts it first. */
static void written_once_for_all(void)
{
    unsigned long pages = QUOTA / 2;

    need_swap(8 * QUOTA);
    limit_to(QUOTA);
    char *start = map(pages, RW, MAP_PRIVATE);

    fill_pages(start, pages, 1);
    join(spawn(push_out_alone, 0));
    expect_equal(count_present(start, pages), pages);
    own_stats(&before);
    push_out();
    own_stats(&after);
    expect_equal(count_present(start, pages), 0);
    expect_equal(rise(before.evict_clean, after.evict_clean), pages);
    expect_equal(rise(before.evict_dirty, after.evict_dirty), rise(before.pgout, after.pgout));
    verify_pages(start, pages, 1);
}

/* Pages of files, the file system's buffers and its inodes make room for memory. */
static void caches_shrink(void)
{
    char name[16];

    need_pressure();
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof(name), "file%d", i);
        make_file(name, PAGE_BYTES, (unsigned)i);
    }
    sync();
    read_stats(&before);
    press();
    read_stats(&after);
    expect(after.frames[FRAME_FILE] + FILES / 2 <= before.frames[FRAME_FILE]);
    expect(after.frames[FRAME_BUFFER] < before.frames[FRAME_BUFFER]);
    expect(after.frames[FRAME_SLAB] < before.frames[FRAME_SLAB]);
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof(name), "file%d", i);
        verify_file(name, PAGE_BYTES, (unsigned)i);
    }
}

/* What a command prints, in block[]. */
static void run_and_read(char *const argv[])
{
    unsigned long length = 0;
    char path[32] = "/";
    int ends[2], pid;
    long got;

    expect(pipe(ends) == 0);
    pid = fork();
    if (pid == 0) {
        close(1);
        dup(ends[1]);
        exec(strcat(path, argv[0]), (char **)argv);
        exit(STATUS_FAILED);
    }
    expect(pid > 0 && close(ends[1]) == 0);
    while ((got = read(ends[0], block + length, (int)(sizeof(block) - 1 - length))) > 0)
        length += (unsigned long)got;
    join(pid);
    expect(length > 0 && close(ends[0]) == 0);
    block[length] = '\0';
}

/* Reads numbers with blanks before them; where they end. */
static char *take_numbers(char *at, unsigned long number[], int count)
{
    for (int i = 0; i < count; i++) {
        char *end;

        number[i] = (unsigned long)strtol(at, &end, 10);
        expect(end > at);
        at = end;
    }
    return at;
}

/* The number behind that word, which begins a line. */
static unsigned long number_after(const char *word)
{
    unsigned long number;
    char *at = block;

    while (memcmp(at, word, strlen(word)) != 0 || at[strlen(word)] != ' ') {
        at = strchr(at, '\n');
        expect(at != NULL && *++at != '\0');
    }
    take_numbers(at + strlen(word), &number, 1);
    return number;
}

static void commands_show_swap(void)
{
    char *free_argv[] = {"free", NULL}, *vmstat_argv[] = {"vmstat", NULL};

    swapped_pages(REGION, 1);
    unsigned long used = slots_in_use();

    read_stats(&after);
    run_and_read(free_argv);
    expect_equal(number_after("swap used"), 4 * used);
    expect_equal(number_after("swap free"), 4 * (after.swap_slots - used));
    run_and_read(vmstat_argv);
    expect_equal(number_after("swap_slots_used"), used);
    expect(number_after("pgout") >= REGION);
}

/* Each frame is in one line of it; what does not change is just what the call tells. */
static void free_adds_up(void)
{
    static const char *const classes[] = {
        "free", "kernel", "page tables", "kernel stacks", "small objects", "anonymous",
        "file pages", "buffers",
    };
    char *argv[] = {"free", NULL};
    unsigned long sum = 0;

    run_and_read(argv);
    read_stats(&after);
    for (int i = 0; i < FRAME_CLASSES; i++)
        sum += number_after(classes[i]);
    expect_equal(sum, number_after("total"));
    expect_equal(sum, 4 * all_frames());
    expect_equal(number_after("kernel"), 4 * after.frames[FRAME_KERNEL]);
    expect_equal(number_after("promise limit"), 4 * after.commit_limit);
    expect(number_after("promised") >= 4 * after.commit); /* its own are gone again */
    expect_equal(number_after("swap"), 4 * after.swap_slots);
}

/* The row of this process, with what procinfo() told. */
static void ps_shows_sizes(void)
{
    char *argv[] = {"ps", NULL}, *at;
    unsigned long number[2], size[3];
    int count, row = 0;

    swapped_pages(REGION, 1);
    count = procinfo(process_rows, MAX_PROCESSES);
    while (row < count && process_rows[row].pid != getpid())
        row++;
    expect(row < count && process_rows[row].swapped >= REGION * PAGE_BYTES);
    run_and_read(argv);
    expect(strstr(block, " PID  PPID S  RESIDENT   SWAPPED      SIZE NAME\n") == block + 1);
    at = strchr(block, '\n');
    do {
        expect(at != NULL && at[1] != '\0');
        at = take_numbers(at + 1, number, 2);
        expect(at[0] == ' ' && at[2] == ' ');
        char *next = take_numbers(at + 2, size, 3);

        if ((int)number[0] != getpid())
            at = strchr(next, '\n');
        else
            at = memcmp(next, " usertests\n", 11) == 0 ? NULL : next;
    } while (at != NULL);
    expect_equal(number[1], getppid());
    expect_equal(size[1], process_rows[row].swapped / KIB);
    expect_equal(size[2], process_rows[row].size / KIB);
    expect(size[0] > 0 && size[0] <= size[2]);
}

static void page_for_ever(long unused)
{
    char *start = map(REGION, RW, MAP_PRIVATE);

    (void)unused;
    expect(memlimit(QUOTA, -1) >= 0);
    for (unsigned i = 0;; i++)
        fill_pages(start, REGION, i);
}

enum column { SWPD, FREE, BUFF, CACHE, SI, SO, BI, BO, FLT, RE, SR, FR };

/* Two lines of `vmstat 1`: the second tells of the second between them, and not of the past. */
static void vmstat_tells_rates(void)
{
    char *argv[] = {"vmstat", "1", "2", NULL}, *at;
    static const char *const names[COLUMNS] = {"swpd", "free", "buff", "cache", "si", "so",
                                               "bi", "bo", "flt", "re", "sr", "fr"};
    unsigned long line[2][COLUMNS], frames = 4 * all_frames();
    struct vm_stats begin, end;

    need_swap(2 * REGION);
    int pid = spawn(page_for_ever, 0);

    read_stats(&begin);
    run_and_read(argv);
    read_stats(&end);
    kill(pid);
    expect_equal(wait_for(pid), STATUS_KILLED);
    at = block;
    for (int i = 0; i < COLUMNS; i++) {
        while (*at == ' ')
            at++;
        expect(memcmp(at, names[i], strlen(names[i])) == 0);
        at += strlen(names[i]);
    }
    at = take_numbers(at, line[0], COLUMNS);
    at = take_numbers(at, line[1], COLUMNS);
    expect(at[0] == '\n' && at[1] == '\0');
    for (int i = 0; i < 2; i++)
        expect(line[i][FREE] + line[i][BUFF] + line[i][CACHE] < frames);
    expect(line[1][SWPD] > 0 && line[1][SI] > 0 && line[1][SO] > 0 && line[1][RE] > 0);
    expect(line[1][SI] <= 4 * rise(begin.pgin, end.pgin));
    expect(line[1][SO] <= 4 * rise(begin.pgout, end.pgout));
    expect(line[1][BI] <= rise(begin.disk_read_bytes, end.disk_read_bytes) / KIB);
    expect(line[1][BO] <= rise(begin.disk_write_bytes, end.disk_write_bytes) / KIB);
    expect(line[1][RE] <= rise(begin.refault, end.refault));
    expect(line[1][FLT] >= line[1][RE]);
    /* One page may have been looked at before the second began, and evicted in it. */
    expect(line[1][SR] + 1 >= line[1][FR] && line[1][FR] > 0);
}

const struct test paging_counter_tests[] = {
    {"readahead_adapts", readahead_adapts, QUICK},
    {"written_once_for_all", written_once_for_all, QUICK},
    {"caches_shrink", caches_shrink, QUICK},
    {"commands_show_swap", commands_show_swap, QUICK},
    {"free_adds_up", free_adds_up, QUICK},
    {"ps_shows_sizes", ps_shows_sizes, QUICK},
    {"vmstat_tells_rates", vmstat_tells_rates, QUICK},
    {NULL, NULL, QUICK},
};
