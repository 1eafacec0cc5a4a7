/* callfuzz SEED CALLS [PROCESSES [THREADS]]. See callfuzz.h. */
#define PROGRAM "callfuzz"
#include "../stress.h"
#include "callfuzz.h"

#define PROCESSES 3
#define THREADS 2
#define HOG_TICKS 24
#define HOG_PAGES 512 /* a tick */
#define STUCK_TICKS 1200 /* without progress: longer than any call takes on the slowest host */

unsigned long fuzz_seed;
struct shared *shared;
char *memory[THINGS];

static struct owner owners[OWNERS];
static unsigned long acts;
static unsigned processes, threads;

/* Out of 256. */
static const struct {
    void (*function)(struct owner *me);
    int weight;
} common[] = {
    {act_map, 14}, {act_punch, 12}, {act_protect, 20}, {act_touch, 60}, {act_kernel_touch, 20},
    {act_advise, 14}, {act_lock, 8}, {act_sync_mapping, 4}, {act_present, 3},
    {act_bad_mapping_call, 6}, {act_memory, 20}, {act_read, 20}, {act_write, 16}, {act_resize, 8},
    {act_sync_file, 8}, {act_own_file, 3}, {act_pipe, 6}, {act_bad_file_call, 6}, {act_drop, 1},
    {act_thread, 3},
};

/* Only by the first thread of a process: out of 256, before the others. */
static int act_of_process(struct owner *me)
{
    unsigned long drawn = pick(me, 256);

    if (!me->forks || drawn >= 20)
        return 0;
    if (drawn < 6)
        act_delegate(me);
    else if (drawn < 10)
        act_death(me);
    else if (drawn < 12)
        act_exec(me);
    else if (drawn < 19)
        act_quota(me);
    else if (me->number == 0)
        act_swap(me);
    return 1;
}

void act(struct owner *me)
{
    long drawn;

    shared->record[me->number].acts++;
    if (act_of_process(me))
        return;
    drawn = (long)pick(me, 252);
    for (unsigned i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
        drawn -= common[i].weight;
        if (drawn < 0) {
            common[i].function(me);
            return;
        }
    }
}

/* ---- the processes ---- */

static void owner_run(void *argument)
{
    struct owner *me = argument;

    thing_open(me);
    while (shared->record[me->number].acts < me->calls && !shared->failed)
        act(me);
    windows_leave(me);
}

static void worker(unsigned process)
{
    struct owner *first = &owners[process * threads];

    first->forks = 1;
    for (unsigned i = 1; i < threads; i++)
        need(thread_spawn(&first[i].thread, owner_run, &first[i]) == 0, "thread_spawn");
    owner_run(first);
    for (unsigned i = 1; i < threads; i++)
        need(thread_wait(&first[i].thread) == 0, "thread_wait");
    if (shared->failed)
        exit(1);
    __atomic_fetch_add(&shared->workers_done, 1, __ATOMIC_SEQ_CST);
    exit(0);
}

/* Where an owner gets on no more, tells what it is in, and fails: then all are killed. */
static void watch(void)
{
    unsigned long seen[OWNERS] = {0};
    int since[OWNERS];

    for (unsigned i = 0; i < OWNERS; i++)
        since[i] = uptime();
    while (!shared->failed && shared->workers_done < (int)processes) {
        sleep(2);
        for (unsigned i = 0; i < processes * threads; i++) {
            const struct record *record = &shared->record[i];

            if (record->count != seen[i] || record->acts >= acts / (processes * threads)) {
                seen[i] = record->count;
                since[i] = uptime();
            } else if (uptime() - since[i] > STUCK_TICKS) {
                for (unsigned other = 0; other < processes * threads; other++)
                    if (other != i)
                        calls_print(other);
                fail(&owners[i], "got on no more for %d ticks", uptime() - since[i]);
            }
        }
    }
    exit(shared->failed);
}

static void *hog_map(unsigned long bytes)
{
    return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* Goes through its memory, first from its beginning, then anywhere; a tick passes. */
static void hog_step(struct region *region, unsigned long tick)
{
    for (unsigned long i = 0; i < HOG_PAGES; i++) {
        unsigned long page = tick < HOG_TICKS / 2 ? tick * HOG_PAGES + i : draw(region->pages);
        char *at = region->start + page % region->pages * PAGE_SIZE;

        page %= region->pages;
        verify(at, region->owner, page, region->versions[page]);
        store(at, region->owner, page, ++region->versions[page]);
    }
    sleep(1);
}

/* Makes memory short, now and then: what it has is more than what is free, or a part of that. */
static void hog(void)
{
    static struct vm_stats stats;

    for (unsigned round = 1; !shared->failed && shared->workers_done < (int)processes; round++) {
        struct region region = {.owner = round};
        unsigned long free, tick;

        counters(&stats, 0);
        free = (unsigned long)stats.frames[FRAME_FREE];
        region.pages = free / 2 + draw(free * 3 / 4);
        region.start = hog_map(region.pages * PAGE_SIZE);
        region.versions = hog_map(region.pages * sizeof(unsigned));
        if (region.start != MAP_FAILED && region.versions != MAP_FAILED)
            for (tick = 0; tick < HOG_TICKS && shared->workers_done < (int)processes; tick++)
                hog_step(&region, tick);
        munmap(region.start, region.pages * PAGE_SIZE);
        munmap(region.versions, region.pages * sizeof(unsigned));
        sleep(1 + (int)draw(HOG_TICKS / 2));
    }
    exit(0);
}

static void things_make(struct owner *me)
{
    thing_open(me);
    for (int i = 0; i < THINGS; i++) {
        if (i < FILES)
            thing_resize(me, i, THING_PAGES * PAGE_SIZE);
        else
            memory[i] = map(THING_PAGES * PAGE_SIZE, MAP_SHARED | MAP_ANONYMOUS, -1);
        shared->thing[i].size = shared->thing[i].resize_to = THING_PAGES * PAGE_SIZE;
    }
}

static int things_end(struct owner *me)
{
    static struct vm_stats stats;

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < THINGS; i++)
            thing_verify(me, i);
        counters(&stats, VMSTAT_DROP);
    }
    for (unsigned i = 0; i < FILES + OWNERS; i++) {
        char name[20];

        if (i < FILES)
            snprintf(name, sizeof(name), "fuzz.%u", i);
        else
            snprintf(name, sizeof(name), "fuzz.own%u", i - FILES);
        need(unlink(name) == 0 || (i >= FILES && errno == ENOENT), name);
    }
    return shared->failed;
}

static int run(void)
{
    static struct progress here;
    int pids[OWNERS + 2];

    progress = &here;
    shared = map(sizeof(*shared), MAP_SHARED | MAP_ANONYMOUS, -1);
    for (unsigned i = 0; i < OWNERS; i++) {
        owners[i].number = i;
        owners[i].state = (fuzz_seed * OWNERS + i) * 0x9e3779b97f4a7c15ul;
        owners[i].calls = acts / (processes * threads);
    }
    things_make(&owners[0]);
    for (unsigned i = 0; i < processes + 2; i++) {
        pids[i] = fork();
        need(pids[i] >= 0, "fork");
        if (pids[i] == 0 && i == processes)
            watch();
        else if (pids[i] == 0 && i > processes)
            hog();
        else if (pids[i] == 0)
            worker(i);
    }
    if (wait_for_all(pids, (int)processes + 2) != 0)
        return 1;
    return things_end(&owners[0]);
}

/* The other half of act_exec: a new image, all of whose memory is as its file says. */
static int executed(char **argv)
{
    for (unsigned long i = 0; i < sizeof(owners); i++)
        if (((const char *)owners)[i] != 0)
            return 97;
    return atoi(argv[2]);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "exec") == 0)
        return executed(argv);
    seed = fuzz_seed = number(argc, argv, 1, 0);
    acts = number(argc, argv, 2, 0);
    processes = (unsigned)number(argc, argv, 3, PROCESSES);
    threads = (unsigned)number(argc, argv, 4, THREADS);
    if (argc < 3 || argc > 5 || acts == 0 || processes < 1 || threads < 1 || processes > OWNERS ||
        threads > OWNERS || processes * threads > OWNERS) {
        fprintf(STDERR, "usage: callfuzz SEED CALLS [PROCESSES [THREADS]], at most %d threads\n",
                OWNERS);
        return 2;
    }
    printf("callfuzz: seed %lu, %lu calls by %u processes of %u threads\n", fuzz_seed, acts,
           processes, threads);
    return run_and_count(run);
}
