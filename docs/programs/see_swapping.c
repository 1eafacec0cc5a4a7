/*
 * Experiments of the chapter "Swapping", with memory for 64 pages: the quota that memlimit sets.
 * Besides what is named here the program has a few pages of its own.
 */
#include "see.h"

#define PAGES 256

static char *small_memory(void)
{
    char *pages = fresh_pages(PAGES, 0);

    must(memlimit(64, POLICY_FIFO) >= 0, "memlimit");
    return pages;
}

static void show(const char *what)
{
    printf("%s: %d back in, %d evicted: %d dirty, %d clean\n", what, GREW(refault),
           GREW(evict_dirty) + GREW(evict_clean), GREW(evict_dirty), GREW(evict_clean));
}

/* 256 pages in the memory of 64: written once, then read twice, then written again. */
static void clean(void)
{
    char *pages = small_memory();

    read_counters(&before);
    write_pages(pages, PAGES);
    read_counters(&after);
    show("written");
    for (int round = 1; round <= 2; round++) {
        read_counters(&before);
        read_pages(pages, PAGES);
        read_counters(&after);
        show("read   ");
    }
    read_counters(&before);
    write_pages(pages, PAGES);
    read_counters(&after);
    show("written");
}

/* fork of a process that is mostly in swap. */
static void forked(void)
{
    char *pages = small_memory();

    write_pages(pages, PAGES);
    count_fork();
    printf("fork: %d slots more, %d pages read from swap\n", GREW(swap_slots_used), GREW(pgin));
}

/* Pages that came back are read, and then written: what becomes of their slots? */
static void kept(void)
{
    char *pages = small_memory();

    write_pages(pages, PAGES);
    must(memlimit(0, -1) >= 0, "memlimit");
    read_counters(&before);
    read_pages(pages, PAGES);
    read_counters(&after);
    printf("brought back by reading: %d pages, %d slots fewer\n", GREW(refault),
           -GREW(swap_slots_used));
    read_counters(&before);
    write_pages(pages, PAGES);
    read_counters(&after);
    printf("then written: %d slots fewer\n", -GREW(swap_slots_used));
}

static const struct experiment list[] = {{"clean", clean}, {"forked", forked}, {"kept", kept}};
EXPERIMENTS(list)
