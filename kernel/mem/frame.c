/*
 * Single frames and the ledger.
 *
 * A hart's list is one chain that the hart takes frames from and returns them to (top), and at most
 * one whole chain besides (spare), so that alternating alloc and free at a chain boundary is cheap.
 * If both are used up it takes a chain, and if both are full it gives one away (mem/chains.h).
 *
 * Each list has a lock. So a thread that moved to another hart after it had chosen a list merely
 * uses a neighbour's list, and any hart may empty all lists when memory is short.
 *
 * The ledger counts the frames of each class but FRAME_FREE, per hart; free frames are counted
 * where they lie. So "the classes sum up to frame_managed" is a check and not a tautology.
 */
#include "mem/frame.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mem/alloc_failure.h"
#include "mem/chains.h"
#include "mem/vm_stat.h"
#include "sync/printf.h"
#include "sync/spinlock.h"
#include "sync/trace.h"

struct frame_list {
    struct spinlock lock;
    struct page *top;   /* a chain of count frames; NULL: none */
    struct page *spare; /* a whole chain, or NULL */
    uint32_t count;
} __attribute__((aligned(64)));

struct page *frame_table;
uint64_t frame_first;
struct page *frame_origin;
uint64_t frame_count;
uint64_t frame_managed;
uint64_t (*frame_reclaim_hook)(uint64_t n, bool may_write);
void (*frame_uncharge_hook)(const struct page *page);
void (*frame_release_hook)(struct page *const page[], uint32_t count);
void (*frame_low_hook)(bool missed);

static struct frame_list frame_lists[MAX_HARTS];
static uint64_t frame_reserve;     /* the last frames, for FRAME_RESERVE only */
uint64_t frame_low, frame_high;

#ifdef SAN
#define POISON_FREE 0xfefefefefefefefeul
static struct spinlock ledger_lock;
void (*frame_free_check)(struct page *page);
void (*frame_begin_check)(struct page *page);
uint32_t *(*alloc_failure_hook)(void);

static void ledger_begin(void) { spin_lock(&ledger_lock); }
static void ledger_end(void) { spin_unlock(&ledger_lock); }

static void free_check(struct page *page)
{
    if (frame_free_check)
        frame_free_check(page);
}

static void poison_fill(struct page *page)
{
    uint64_t *word = page_va(page);

    for (unsigned i = 0; i < PAGE_SIZE / 8; i++)
        word[i] = POISON_FREE;
}

static void poison_check(struct page *page)
{
    const uint64_t *word = page_va(page);

    for (unsigned i = 0; i < PAGE_SIZE / 8; i++)
        if (word[i] != POISON_FREE)
            panic("frame 0x%lx was written at byte %u after it was freed",
                  (unsigned long)page_pfn(page).number, i * 8);
}
#else
static inline void ledger_begin(void) { }
static inline void ledger_end(void) { }
static inline void free_check(struct page *page) { (void)page; }
static inline void poison_fill(struct page *page) { (void)page; }
static inline void poison_check(struct page *page) { (void)page; }
#endif

void frame_table_init(uint64_t first_pfn, uint64_t count, struct page *table)
{
    frame_first = first_pfn;
    frame_count = count;
    frame_table = table;
    frame_origin = table - first_pfn;
    memset(table, 0, count * sizeof(*table));
    page_allocator_init(&page_allocator, table, count);
    chains_init();
    for (unsigned i = 0; i < MAX_HARTS; i++)
        spin_init(&frame_lists[i].lock, "frame list", RANK_FRAME_LIST);
#ifdef SAN
    spin_init(&ledger_lock, "ledger", RANK_LEDGER);
#endif
}

void frame_add_range(uint64_t first_pfn, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct page *page = pfn_page((pfn_t){first_pfn + i});

        poison_fill(page);
        page_allocator_free(&page_allocator, page, 0);
    }
    frame_managed += count;
    frame_reserve = frame_managed / 128 < 32 ? 32 : frame_managed / 128;
    frame_low = frame_reserve + frame_managed / 24;
    frame_high = frame_low + frame_managed / 48;
}

/*
 * How many frames must stay free. Callers that want a page of a file or of a program can wait,
 * holding nothing, until others are evicted. The kernel's own needs often cannot wait, so a part of
 * the free frames is left to them.
 */
static uint64_t frames_to_keep(enum frame_class class, unsigned flags)
{
    if (flags & FRAME_RESERVE)
        return 0;
    return class == FRAME_ANON || class == FRAME_FILE ? (frame_reserve + frame_low) / 2
                                                      : frame_reserve;
}

/* The list's top is whole: it becomes the spare, and the old spare is given away. Locks: list's. */
static void __attribute__((noinline)) list_spill(struct frame_list *list)
{
    if (list->spare)
        chain_give(list->spare);
    list->spare = list->top;
    list->top = NULL;
    list->count = 0;
}

void frame_drain_lists(void)
{
    for (unsigned i = 0; i < MAX_HARTS; i++) {
        struct frame_list *list = &frame_lists[i];

        ledger_begin();
        spin_lock(&list->lock);
        chain_merge(list->top);
        chain_merge(list->spare);
        list->top = list->spare = NULL;
        list->count = 0;
        spin_unlock(&list->lock);
        ledger_end();
    }
}

/* The first frame of this hart's list, or NULL. */
static inline struct page *list_pop(enum frame_class class)
{
    struct frame_list *list = &frame_lists[hart_index()];
    struct page *page;

    ledger_begin();
    spin_lock(&list->lock);
    page = list->top;
    if (page) {
        list->top = page->chain_next;
        list->count--;
        ledger_add(class, 1);
    }
    spin_unlock(&list->lock);
    ledger_end();
    return page;
}

/* This hart's list was empty: gets it a chain, and takes the first frame. */
static struct page *list_fill_and_pop(enum frame_class class, unsigned flags)
{
    struct frame_list *list = &frame_lists[hart_index()];

    ledger_begin();
    spin_lock(&list->lock);
    if (!list->top) {
        list->top = list->spare;
        list->count = FRAME_CHAIN;
        list->spare = NULL;
    }
    if (!list->top)
        list->top = chain_take(frames_to_keep(class, flags), &list->count);
    spin_unlock(&list->lock);
    ledger_end();
    if (chains_free() < frame_low && frame_low_hook)
        frame_low_hook(false);
    return list_pop(class);
}

/* Nothing is on this hart's list: a new chain, then the neighbours' lists, then the cache. */
static struct page *__attribute__((noinline)) frame_alloc_slow(enum frame_class class,
                                                               unsigned flags)
{
    struct page *page = list_fill_and_pop(class, flags);

    if (!page) {
        frame_drain_lists();
        page = list_fill_and_pop(class, flags);
    }
    /* Pages of programs and files are left to frame_wait, which their callers go on to call. */
    while (!page && class != FRAME_ANON && class != FRAME_FILE && !(flags & FRAME_NOWAIT) &&
           frame_reclaim_hook && frame_reclaim_hook(FRAME_CHAIN, false) > 0)
        page = list_fill_and_pop(class, flags);
    if (!page) {
        update_vm_stats(VM_STAT_ALLOC_FAIL, 1);
        if (frame_low_hook)
            frame_low_hook(true);
    }
    return page;
}

/* Sets up the struct page of a frame that now belongs to the caller. */
static inline void frame_begin(struct page *page, enum frame_class class, void *site)
{
    poison_check(page);
    page->counts = PAGE_REF;
    page->flags = 0;
    page->class = class;
    page->owner = NULL;
#ifdef SAN
    page->site = (uint32_t)((uint64_t)site - KERNEL_BASE);
    if (frame_begin_check)
        frame_begin_check(page);
#else
    (void)site;
#endif
    update_vm_stats(VM_STAT_ALLOC_SUCCESS, 1);
    trace(TRACE_ALLOC, 0, page_pfn(page).number, class);
}

struct page *frame_alloc(enum frame_class class, unsigned flags)
{
    struct page *page;

    if (!(flags & FRAME_NOWAIT))
        lockorder_assert_none(false); /* it may reclaim */
    if (alloc_failure_due(flags))
        return NULL;
    page = list_pop(class);
    if (__builtin_expect(!page, 0) && !(page = frame_alloc_slow(class, flags)))
        return NULL;
    frame_begin(page, class, __builtin_return_address(0));
    if (flags & FRAME_ZEROED)
        page_clear(page_va(page));
    return page;
}

/* The last reference is gone: checks the frame, and marks it free. */
static inline void frame_retire(struct page *page)
{
    if (__builtin_expect((page->flags & (PAGE_CACHED | PAGE_BUDDY | PAGE_ON_LRU)) ||
                         page_maps(page), 0))
        panic("free of frame 0x%lx, flags 0x%x, %u mappings", (unsigned long)page_pfn(page).number,
              page->flags, page_maps(page));
    if (__builtin_expect(page->flags & PAGE_CHARGED, 0))
        frame_uncharge_hook(page);
    trace(TRACE_FREE, 0, page_pfn(page).number, page->class);
    free_check(page);
    poison_fill(page);
    page->flags = PAGE_CACHED;
}

void frames_free(struct page *const page[], uint32_t count)
{
    struct frame_list *list = &frame_lists[hart_index()];

    for (uint32_t i = 0; i < count; i++) {
        if (page[i]->slot || (page[i]->flags & PAGE_ON_LRU)) {
            frame_release_hook(&page[i], count - i);
            break;
        }
    }
    for (uint32_t i = 0; i < count; i++)
        frame_retire(page[i]);
    ledger_begin();
    spin_lock(&list->lock);
    for (uint32_t i = 0; i < count; i++) {
        ledger_add(page[i]->class, -1);
        if (__builtin_expect(list->count == FRAME_CHAIN, 0))
            list_spill(list);
        page[i]->chain_next = list->top;
        list->top = page[i];
        list->count++;
    }
    spin_unlock(&list->lock);
    ledger_end();
}

void frame_free(struct page *page)
{
    frames_free(&page, 1);
}

int frame_wait(void)
{
    uint64_t freed;

    if (alloc_failure_stays())
        return -ENOMEM;
    lockorder_acquire(RANK_FRAMES, &frame_lists, "frames");
    freed = frame_reclaim_hook ? frame_reclaim_hook(FRAME_CHAIN, true) : 0;
    lockorder_release(RANK_FRAMES, &frame_lists);

    /* If there are frames for the kernel's own needs only, trying again will not help. */
    return freed > 0 || chains_free() > frames_to_keep(FRAME_ANON, 0) ? 0 : -ENOMEM;
}

struct page *alloc_pages(unsigned order)
{
    struct page *page;

    if (alloc_failure_due(0))
        return NULL;
    ledger_begin();
    page = chains_block(order);
    if (page) {
        page->class = FRAME_KERNEL;
        ledger_add(FRAME_KERNEL, 1l << order);
    }
    ledger_end();
    return page;
}

void *alloc_block(uint64_t bytes)
{
    struct page *page = NULL;
    unsigned order = 0;

    while (PAGE_SIZE << order < bytes && order <= MAX_ORDER)
        order++;
    if (order <= MAX_ORDER)
        page = alloc_pages(order);
    return page ? memset(page_va(page), 0, PAGE_SIZE << order) : NULL;
}

void free_pages(struct page *page, unsigned order)
{
    for (uint64_t i = 0; i < 1ul << order; i++)
        poison_fill(page + i);
    ledger_begin();
    ledger_add(FRAME_KERNEL, -(1l << order));
    page_allocator_free(&page_allocator, page, order);
    ledger_end();
}

void free_block(void *block)
{
    if (block)
        free_pages(va_page(block), va_page(block)->order);
}

uint64_t frame_free_now(void)
{
    uint64_t count = chains_free();

    for (unsigned i = 0; i < hart_count; i++)
        count += frame_lists[i].count + (frame_lists[i].spare ? FRAME_CHAIN : 0);
    return count;
}

void ledger_check(void)
{
#ifdef SAN
    uint64_t sum;

    ledger_begin();
    sum = frame_free_now();
    for (unsigned class = FRAME_FREE + 1; class < FRAME_CLASSES; class++)
        sum += vm_stat_sum(VM_STAT_LEDGER + class);
    ledger_end();
    if (sum != frame_managed)
        panic("ledger: the classes sum up to %lu frames of %lu", (unsigned long)sum,
              (unsigned long)frame_managed);
#endif
}
