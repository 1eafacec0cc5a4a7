/*
 * swaperror PROCESSES MIB [QUOTA [swapoff]]: what becomes of processes whose swap disk fails.
 *
 * So many processes use so many MiB together (0: all that can be promised): an eighth is shared
 * memory, an eighth is the parent's, which they inherit, the rest is their own. The parent fills
 * its parts; then one process after the other fills its own. When all are full, all compare every
 * byte of their own, those with an even number of the other parts, too; store half of it anew, and
 * compare again; and those with an even number store into their copies of what was inherited. One
 * more process comes last of all, and compares what the parent had filled. QUOTA: the frames that
 * each leaves itself. swapoff: the parent tries that before they compare.
 *
 * Prints how many were fine, were killed, and found other bytes than they had stored; how many
 * pages less can be promised; and whether frames, slots or promises are missing in the end.
 */
#include "abi/mman.h"
#include "user.h"

#define WORDS (PAGE_SIZE / sizeof(unsigned long))
#define MOST 16
#define LOOKS 50
#define SLACK 512ul /* pages that the processes need besides, where all memory is taken */

extern char etext[], end[];

struct part {
    unsigned long *start;
    unsigned long pages, key;
};

static struct part shared, common;
static unsigned long pages_each;
static long quota;

static void check(int is_good, const char *what)
{
    if (is_good)
        return;
    printf("swaperror: %s: errno %d\n", what, errno);
    exit(1);
}

static unsigned long word_of(unsigned long key, unsigned long i)
{
    return (key + i / WORDS) * 0x9e3779b97f4a7c15ul + i;
}

static struct part part_make(unsigned long pages, int flags, unsigned long key)
{
    struct part part = {NULL, pages, key};

    part.start = mmap(0, pages * PAGE_SIZE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
    check(part.start != MAP_FAILED, "mmap");
    return part;
}

static void part_fill(const struct part *part)
{
    for (unsigned long i = 0; i < part->pages * WORDS; i++)
        part->start[i] = word_of(part->key, i);
}

static void part_compare(const struct part *part)
{
    for (unsigned long i = 0; i < part->pages * WORDS; i++)
        if (part->start[i] != word_of(part->key, i)) {
            printf("swaperror: pid %d: page %lu is not what was stored\n", getpid(), i / WORDS);
            exit(1);
        }
}

/* The parent is to see the end: nothing of it is in swap. */
static void hold_self(void)
{
    char below[PAGE_SIZE];
    char *here = (char *)((unsigned long)__builtin_frame_address(0) & -PAGE_SIZE);
    char *first = (char *)((unsigned long)etext & -PAGE_SIZE);

    *(volatile char *)below = 0; /* the stack grows that far */
    check(mlock(first, (unsigned long)(end - first)) == 0, "mlock");
    check(mlock(here - PAGE_SIZE, 2 * PAGE_SIZE) == 0, "mlock of the stack");
    mlock(here + PAGE_SIZE, PAGE_SIZE); /* if it begins there */
}

/* What one stores into an inherited page, nobody else sees. */
static void change_copies(int number)
{
    struct part copies = common;

    copies.pages /= 2;
    copies.key = 700000 + (unsigned long)number;
    part_fill(&copies);
    part_compare(&copies);
}

static void last_process(void)
{
    int pid = fork();

    check(pid >= 0, "fork");
    if (pid > 0)
        return;
    part_compare(&shared);
    part_compare(&common);
    exit(0);
}

static void one_process(int number, int full, int go)
{
    struct part own, half;
    char byte = 0;

    check(quota == 0 || memlimit((int)quota, -1) >= 0, "memlimit");
    own = part_make(pages_each, MAP_PRIVATE, 1000000ul * (unsigned long)(number + 1));
    part_fill(&own);
    check(write(full, &byte, 1) == 1, "write");
    read(go, &byte, 1); /* the end of the file: all are full */
    for (int pass = 0; pass < 2; pass++) {
        part_compare(&own);
        if (number % 2 == 0) {
            part_compare(&shared);
            part_compare(&common);
        }
        half = own;
        half.pages /= 2;
        part_fill(&half);
    }
    if (number % 2 == 0)
        change_copies(number);
    exit(0);
}

/* Starts it, and waits until it is full, or was killed. */
static void start(int number, const int go[2])
{
    int full[2], pid;
    char byte;

    check(pipe(full) == 0, "pipe");
    pid = fork();
    check(pid >= 0, "fork");
    if (pid == 0) {
        close(go[1]);
        one_process(number, full[1], go[0]);
    }
    close(full[1]);
    read(full[0], &byte, 1);
    close(full[0]);
}

static void try_swapoff(void)
{
    int result = swapoff("swap");

    printf("swapoff: errno %d\n", result < 0 ? errno : 0);
}

static void look(struct vm_stats *stats)
{
    check(vmstat(0, stats, VMSTAT_DROP) == 0, "vmstat");
}

/* Pages of anonymous memory, wherever they are. */
static unsigned long long anonymous(const struct vm_stats *stats)
{
    return stats->frames[FRAME_ANON] + stats->swap_slots_used - stats->swap_cached;
}

/* What was killed is gone a little later than it can be waited for. */
static void tell_balance(const struct vm_stats *before)
{
    struct vm_stats after;
    int is_even = 0;

    for (int i = 0; i < LOOKS && !is_even; i++) {
        look(&after);
        is_even = anonymous(&after) == anonymous(before) && after.commit == before->commit;
        if (!is_even)
            sleep(1);
    }
    printf("promise less: %lld\n", (long long)(before->commit_limit - after.commit_limit));
    printf("ledger: %s, %lld pages, %lld promises\n", is_even ? "even" : "uneven",
           (long long)(anonymous(&after) - anonymous(before)),
           (long long)(after.commit - before->commit));
}

static void tell_ends(int count)
{
    int fine = 0, killed = 0, status;

    for (int i = 0; i <= count; i++) {
        if (i == count)
            last_process();
        check(wait(&status) > 0, "wait");
        fine += status == 0;
        killed += status == WAIT_KILLED;
    }
    printf("ends: %d fine, %d killed, %d wrong\n", fine, killed, count + 1 - fine - killed);
}

int main(int argc, char **argv)
{
    int count = argc > 2 ? (int)number_or_die("swaperror", argv[1], 1, MOST) : 0, go[2];
    struct vm_stats before;
    unsigned long pages;

    if (count < 1)
        exit(2);
    pages = (unsigned long)number_or_die("swaperror", argv[2], 0, INT_MAX) << 8;
    quota = argc > 3 ? (int)number_or_die("swaperror", argv[3], 0, INT_MAX) : 0;
    hold_self();
    look(&before);
    if (pages == 0)
        pages = (before.commit_limit - before.commit - SLACK) * 8 / (8 + (unsigned)count);
    pages_each = pages * 3 / 4 / (unsigned)count;
    check(quota == 0 || memlimit((int)quota, -1) >= 0, "memlimit");
    shared = part_make(pages / 8, MAP_SHARED, 1);
    common = part_make(pages / 8, MAP_PRIVATE, 500000);
    part_fill(&shared);
    part_fill(&common);
    check(pipe(go) == 0, "pipe");
    for (int i = 0; i < count; i++)
        start(i, go);
    if (argc > 4)
        try_swapoff();
    printf("full\n");
    close(go[1]);
    tell_ends(count);
    close(go[0]);
    check(quota == 0 || memlimit(0, -1) >= 0, "memlimit");
    munmap(shared.start, shared.pages * PAGE_SIZE);
    munmap(common.start, common.pages * PAGE_SIZE);
    tell_balance(&before);
    return 0;
}
