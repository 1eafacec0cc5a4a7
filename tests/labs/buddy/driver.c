/*
 * The commands of the lab `buddy`. After most the allocator is told as it is.
 *
 *     new N              an allocator with a table of N frames, of which none is free
 *     put INDEX ORDER    makes a free block, without the student's help
 *     mark INDEX ORDER   writes an order into a frame that is no head, where it is of no meaning
 *
 * One function of the student's alone:
 *
 *     split ORDER        block_split: = got INDEX references R flags F order O, or = got nothing
 *     merge INDEX ORDER  block_free
 *     ask INDEX          frame_is_free: = is free, or = is in use
 *
 * All of them together:
 *
 *     give FIRST COUNT   frames that were never allocated become free, one by one
 *     alloc ORDER        page_allocator_alloc: = got as above
 *     free INDEX ORDER   page_allocator_free
 *     release N          frees one of the blocks that were got: number N modulo how many they are
 *
 *     quiet 0|1          1: no more is told after each command, but by `state`
 *     state
 *
 *     = free FRAMES                    free_frames
 *     = order N count C: INDEX...      the list of that order, in its order; only where not empty
 *     = head INDEX order N             each frame with PAGE_BUDDY
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "mem/buddy.h"

/* window.c has them. */
bool lab_frame_is_free(struct page_allocator *allocator, uint64_t index);
void lab_block_free(struct page_allocator *allocator, uint64_t index, unsigned order);
struct page *lab_block_split(struct page_allocator *allocator, unsigned order);

#define GOT_MAX 4096u

static struct page_allocator allocator;
static struct page *table; /* exactly so many frames: the sanitizer sees who looks beyond */
static uint64_t frames;
static bool is_quiet;
static struct page *got[GOT_MAX];
static unsigned got_count;

static void tell_list(unsigned order)
{
    struct list_head *head = &allocator.free_list[order], *link;
    uint64_t count = 0;

    if (list_empty(head) && allocator.free_count[order] == 0)
        return;
    printf("\n= order %u count %lu:", order, (unsigned long)allocator.free_count[order]);
    for (link = head->next; link != head && count <= frames; link = link->next, count++)
        printf(" %ld", (long)(container_of(link, struct page, lru.link) - table));
    printf("%s\n", count > frames ? " without end" : "");
}

static void tell_state(void)
{
    tell("free %lu", (unsigned long)allocator.free_frames);
    for (unsigned order = 0; order <= MAX_ORDER; order++)
        tell_list(order);
    for (uint64_t i = 0; i < frames; i++)
        if (table[i].flags & PAGE_BUDDY)
            tell("head %lu order %u", (unsigned long)i, table[i].order);
    tell("state");
}

static void give(uint64_t first, uint64_t count)
{
    for (uint64_t i = first; i < first + count; i++) {
        table[i].order = 0;
        table[i].counts = PAGE_REF;
        page_allocator_free(&allocator, &table[i], 0);
    }
}

static void put(uint64_t index, unsigned order)
{
    table[index].flags = PAGE_BUDDY;
    table[index].order = (uint8_t)order;
    list_add(&table[index].lru.link, &allocator.free_list[order]);
    allocator.free_count[order]++;
    allocator.free_frames += 1ul << order;
}

static void tell_got(struct page *page)
{
    if (!page) {
        tell("got nothing");
        return;
    }
    tell("got %ld references %u flags %u order %u", (long)(page - table), page_refs(page),
         page->flags, page->order);
    if (got_count < GOT_MAX)
        got[got_count++] = page;
}

static void release(uint64_t n)
{
    struct page *page;

    if (got_count == 0) {
        tell("nothing to release");
        return;
    }
    n %= got_count;
    page = got[n];
    memmove(&got[n], &got[n + 1], (--got_count - n) * sizeof(got[0]));
    page_allocator_free(&allocator, page, page->order);
}

bool lab_command(const char *name, const uint64_t argument[], int count)
{
    (void)count;
    if (strcmp(name, "new") == 0) {
        frames = argument[0];
        free(table);
        table = calloc(frames, sizeof(*table));
        page_allocator_init(&allocator, table, frames);
        return true;
    }
    if (strcmp(name, "mark") == 0) {
        table[argument[0]].order = (uint8_t)argument[1];
        return true;
    }
    if (strcmp(name, "ask") == 0) {
        tell(lab_frame_is_free(&allocator, argument[0]) ? "is free" : "is in use");
        return true;
    }
    spin_lock(&allocator.lock);
    if (strcmp(name, "split") == 0)
        tell_got(lab_block_split(&allocator, (unsigned)argument[0]));
    if (strcmp(name, "merge") == 0)
        lab_block_free(&allocator, argument[0], (unsigned)argument[1]);
    spin_unlock(&allocator.lock);
    if (strcmp(name, "quiet") == 0)
        is_quiet = argument[0] != 0;
    else if (strcmp(name, "put") == 0)
        put(argument[0], (unsigned)argument[1]);
    else if (strcmp(name, "give") == 0)
        give(argument[0], argument[1]);
    else if (strcmp(name, "alloc") == 0)
        tell_got(page_allocator_alloc(&allocator, (unsigned)argument[0]));
    else if (strcmp(name, "free") == 0)
        page_allocator_free(&allocator, table + argument[0], (unsigned)argument[1]);
    else if (strcmp(name, "release") == 0)
        release(argument[0]);
    else if (strcmp(name, "split") != 0 && strcmp(name, "merge") != 0 && strcmp(name, "state") != 0)
        return false;
    if (!is_quiet || strcmp(name, "state") == 0)
        tell_state();
    return true;
}
