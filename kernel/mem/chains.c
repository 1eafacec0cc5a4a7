/* Chains of free frames. Chapter "Memory Allocation". See mem/chains.h. */
#include "mem/chains.h"

#include "mem/buddy.h"
#include "sync/printf.h"
#include "sync/spinlock.h"

static struct {
    struct spinlock lock;  /* RANK_CHAINS */
    struct list_head list; /* whole chains, by lru.link of their first frames */
    uint64_t frames;       /* in them */
} loose;

void chains_init(void)
{
    spin_init(&loose.lock, "frame chains", RANK_CHAINS);
    list_init(&loose.list);
    loose.frames = 0;
}

uint64_t chains_free(void)
{
    return page_allocator.free_frames + loose.frames;
}

/* Returns: a loose chain, no longer counted, or NULL. Locks: loose.lock. */
static struct page *loose_take(void)
{
    struct list_head *first = list_first(&loose.list);

    if (!first)
        return NULL;
    list_del(first);
    loose.frames -= FRAME_CHAIN;
    return container_of(first, struct page, lru.link);
}

void chain_give(struct page *chain)
{
    spin_lock(&loose.lock);
    list_add(&chain->lru.link, &loose.list);
    loose.frames += FRAME_CHAIN;
    spin_unlock(&loose.lock);
}

void chain_merge(struct page *chain)
{
    while (chain) {
        struct page *next = chain->chain_next;

        assert(chain->flags == PAGE_CACHED);
        chain->flags = 0;
        page_allocator_free(&page_allocator, chain, 0);
        chain = next;
    }
}

/* Locks: loose.lock. */
static struct page *block_alloc(unsigned order)
{
    struct page *page = page_allocator_alloc(&page_allocator, order);
    struct page *chain;

    while (!page && (chain = loose_take()) != NULL) {
        chain_merge(chain);
        page = page_allocator_alloc(&page_allocator, order);
    }
    return page;
}

struct page *chains_block(unsigned order)
{
    struct page *page;

    spin_lock(&loose.lock);
    page = block_alloc(order);
    spin_unlock(&loose.lock);
    return page;
}

/* Makes a chain of the frames of a block, which only the caller has. */
static struct page *chain_make(struct page *block, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        block[i].order = 0; /* each goes back alone */
        block[i].flags = PAGE_CACHED;
        block[i].chain_next = i + 1 < count ? &block[i + 1] : NULL;
    }
    block->counts = 0;
    return block;
}

struct page *chain_take(uint64_t keep, uint32_t *count)
{
    struct page *chain = NULL, *block = NULL;

    *count = FRAME_CHAIN;
    spin_lock(&loose.lock);
    if (chains_free() > keep + FRAME_CHAIN && (chain = loose_take()) == NULL)
        block = page_allocator_alloc(&page_allocator, CHAIN_ORDER);
    if (!chain && !block) { /* pieces are left, or nearly nothing */
        block = chains_free() > keep ? block_alloc(0) : NULL;
        *count = block != NULL;
    }
    spin_unlock(&loose.lock);
    return block ? chain_make(block, *count) : chain;
}
