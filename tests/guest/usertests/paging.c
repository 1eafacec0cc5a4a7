/* What the tests of paging lean on. */
#include "paging.h"

#define SPARE 64ul /* slots that others may take */
#define PRESSES 4
#define MOST_FRAMES (512 * MIB / PAGE_BYTES) /* that a quick test can fill */

extern char etext[], end[]; /* the linker's */

static struct vm_stats stats;
static unsigned long limit; /* what limit_to() set last */

void need_swap(unsigned long pages)
{
    read_stats(&stats);
    if (stats.swap_slots < stats.swap_slots_used + pages + SPARE)
        skip("not enough swap in this machine");
}

/* Two pages of stack below the caller's, its own, and the one above it are enough for a test. */
void hold_self(void)
{
    char below[2 * PAGE_BYTES];
    unsigned long first = (unsigned long)etext & -PAGE_BYTES;
    unsigned long here = ((unsigned long)__builtin_frame_address(0) & -PAGE_BYTES) + PAGE_BYTES;

    below[0] = 0;
    if (is_mapped((char *)here))
        here += PAGE_BYTES;
    expect_equal(mlock((char *)first, (unsigned long)end - first), 0);
    expect_equal(mlock(below, here - (unsigned long)below), 0);
}

void limit_to(unsigned long frames)
{
    hold_self();
    limit = frames;
    expect(memlimit((int)frames, POLICY_FIFO) >= 0);
    push_out();
}

void lift_limit(void)
{
    expect_equal(memlimit(0, -1), limit);
}

void push_out(void)
{
    char *fresh = map(2 * limit, RW, MAP_PRIVATE);

    for (unsigned long i = 0; i < 2 * limit; i++)
        fresh[i * PAGE_BYTES] = 1;
    unmap(fresh, 2 * limit);
}

char *swapped_pages(unsigned long pages, unsigned seed)
{
    char *start;

    need_swap(pages);
    limit_to(QUOTA);
    start = map(pages, RW, MAP_PRIVATE);
    fill_pages(start, pages, seed);
    push_out();
    lift_limit();
    expect_equal(count_present(start, pages), 0);
    return start;
}

static unsigned long word_of(unsigned long key, unsigned long place)
{
    return (key + 1) * 0x9e3779b97f4a7c15ul + place;
}

void fill_pages(char *start, unsigned long pages, unsigned seed)
{
    unsigned long *words = (unsigned long *)start;

    for (unsigned long i = 0; i < pages * PAGE_BYTES / 8; i++)
        words[i] = word_of(seed + i / 512, i % 512);
}

void verify_pages(const char *start, unsigned long pages, unsigned seed)
{
    const unsigned long *words = (const unsigned long *)start;

    for (unsigned long i = 0; i < pages * PAGE_BYTES / 8; i++)
        if (words[i] != word_of(seed + i / 512, i % 512))
            fail("page %lu at %p, word %lu: 0x%lx, not 0x%lx\n", i / 512, words + i, i % 512,
                 words[i], word_of(seed + i / 512, i % 512));
}

unsigned long count_present(const char *start, unsigned long pages)
{
    unsigned long present = 0;

    for (unsigned long i = 0; i < pages; i++)
        present += is_present(start + i * PAGE_BYTES);
    return present;
}

void own_stats(struct vm_stats *own)
{
    expect_equal(vmstat(getpid(), own, 0), 0);
}

unsigned long slots_in_use(void)
{
    read_stats(&stats);
    return (unsigned long)stats.swap_slots_used;
}

unsigned long pages_in_swap(void)
{
    read_stats(&stats);
    return (unsigned long)(stats.swap_slots_used - stats.swap_cached);
}

void expect_in_swap(unsigned long pages)
{
    for (int look = 0; look < 30 && pages_in_swap() != pages; look++)
        sleep(1);
    expect_equal(pages_in_swap(), pages);
}

void expect_slots(unsigned long slots)
{
    for (int look = 0; look < 30 && slots_in_use() != slots; look++)
        sleep(1);
    expect_equal(slots_in_use(), slots);
}

unsigned long all_frames(void)
{
    unsigned long frames = 0;

    read_stats(&stats);
    for (int class = 0; class < FRAME_CLASSES; class++)
        frames += stats.frames[class];
    return frames;
}

/* A little more than there is: what nobody else uses has to go, too. */
static unsigned long too_many(void)
{
    return all_frames() + all_frames() / 16 + 256;
}

bool can_press(void)
{
    unsigned long pages = too_many();

    return stats.commit + pages + 1024 <= stats.commit_limit;
}

void need_pressure(void)
{
    if (all_frames() > MOST_FRAMES)
        skip("takes too long with so much memory");
    need_swap(all_frames() / 4);
    if (!can_press())
        skip("not enough swap in this machine");
}

static void use_all_memory(long unused)
{
    unsigned long pages = too_many();
    char *start = map(pages, RW, MAP_PRIVATE);

    (void)unused;
    for (int pass = 1; pass <= 2; pass++)
        for (unsigned long i = 0; i < pages; i++)
            *(unsigned long *)(start + i * PAGE_BYTES) = i * (unsigned long)pass;
    for (unsigned long i = 0; i < pages; i++)
        expect_equal(*(unsigned long *)(start + i * PAGE_BYTES), 2 * i);
}

void store_without_end(long pages)
{
    char *start = map((unsigned long)pages, RW, MAP_PRIVATE);

    for (;;)
        for (long i = 0; i < pages; i++)
            start[i * (long)PAGE_BYTES]++;
}

void press(void)
{
    join(spawn(use_all_memory, 0));
}

void press_out(const char *start, unsigned long pages)
{
    for (int i = 0; i < PRESSES && count_present(start, pages) > 0; i++)
        press();
    expect_equal(count_present(start, pages), 0);
}
