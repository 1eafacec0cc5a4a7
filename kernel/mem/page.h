/*
 * The frame table: one struct page for each frame of RAM. Chapter "Memory Allocation".
 *
 *     physical memory   | frame n | frame n + 1 | ...     4096 bytes each
 *     frame_origin      [n]        [n + 1]        ...     64 bytes each: struct page
 *
 * page_pfn, pfn_page, page_va and va_page lead from a frame's number, struct page or address in the
 * direct map to the others.
 *
 *     page->counts  | map count (32 bits) | reference count (32 bits) |
 *
 * The reference count is the number of users that may touch the page: each page-table entry that
 * maps it, its object's tree, the swap cache, a thread that works on it. The map count is the
 * number of those that are page-table entries. Both are halves of one word, so that an entry's
 * PAGE_MAPPED_REF is added and dropped by one atomic operation. The frame is free when the
 * reference count is 0.
 *
 * guards: a = atomic; l = page lock (PAGE_LOCKED); b = the buddy allocator's lock while free;
 *         r = lru lock; c = constant while allocated
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "abi/vm_stats.h"
#include "mem/lru_node.h"
#include "riscv/memlayout.h"

typedef struct { uint64_t number; } pfn_t; /* physical frame number */

#define PAGE_REF 1ul                     /* unit of page->counts: one reference */
#define PAGE_MAP (1ul << 32)             /* one page-table entry */
#define PAGE_MAPPED_REF (PAGE_REF + PAGE_MAP) /* what a page-table entry holds */

enum page_flag {
    PAGE_LOCKED = 1 << 0,    /* the sleeping page lock; thread/page_lock.h */
    PAGE_WAITERS = 1 << 1,   /* a thread may be waiting for LOCKED or WRITEBACK to become clear */
    PAGE_UPTODATE = 1 << 2,  /* an object's page: it has the object's content */
    PAGE_DIRTY = 1 << 3,     /* newer than the disk, or than its swap slot */
    PAGE_WRITEBACK = 1 << 4, /* being written to the disk; the frame must not change owner */
    PAGE_ON_LRU = 1 << 6,
    PAGE_REFERENCED = 1 << 7, /* an object's page: used by a call since the policy asked */
    PAGE_BUDDY = 1 << 8,     /* free, and the head of a block of 1 << order frames */
    PAGE_CACHED = 1 << 9,    /* free, in a chain: on a hart's list, or loose (mem/frame.c) */
    PAGE_CHARGED = 1 << 10,  /* unreserved memory: charged for this page alone, until it is free */
    PAGE_PRIVATE = 1 << 11,  /* belongs to a family of processes, not to an object */
    PAGE_KEPT = 1 << 12,     /* the swap cache holds a reference. Not DIRTY: it was read ahead;
                                DIRTY: the disk could not write it */
    PAGE_AHEAD = 1 << 13,    /* a file's page: read ahead, and not asked for since */
};

struct vm_object;
struct family;

struct page {
    uint64_t counts;        /* a, b: PAGE_REF and PAGE_MAP units */
    uint32_t flags;         /* a, b */
    uint8_t order;          /* c, b: the block's, if it is the head of one */
    uint8_t class;          /* c, b: enum frame_class */
    union {
        uint16_t reserved;  /* l: file page: disk blocks that are reserved for it */
        uint16_t mapper;    /* a: private page: number of the mm that mapped it last, a hint */
    };
    struct lru_node lru;    /* r; b while free */
    union {
        struct vm_object *owner; /* l: the object, of a page of a file or of shared memory */
        struct family *family;   /* l: with PAGE_PRIVATE */
        struct page *chain_next; /* with PAGE_CACHED: the next one of its chain, or NULL */
    };
    uint64_t index;         /* l: page number in the object, or of the address in the family */
    uint32_t slot;          /* l: number of its swap slot, + 1; 0: it has none */
    uint32_t site;          /* SAN: where it was allocated: return address - start of text */
};
_Static_assert(sizeof(struct page) == 64, "a frame number becomes a page by one shift");

extern struct page *frame_table;  /* begins with the first frame of RAM */
extern uint64_t frame_first;      /* number of that frame */
extern uint64_t frame_count;      /* length of the table */
extern struct page *frame_origin; /* frame_table - frame_first: frame n has frame_origin[n] */

static inline pfn_t page_pfn(const struct page *page)
{
    return (pfn_t){(uint64_t)(page - frame_origin)};
}

static inline struct page *pfn_page(pfn_t pfn)
{
    return &frame_origin[pfn.number];
}

static inline void *page_va(const struct page *page)
{
    return direct_va(page_pfn(page).number << PAGE_SHIFT);
}

static inline struct page *va_page(const void *va) /* va in the direct map */
{
    return pfn_page((pfn_t){direct_pa(va) >> PAGE_SHIFT});
}

static inline uint32_t page_refs(const struct page *page)
{
    return (uint32_t)__atomic_load_n(&page->counts, __ATOMIC_ACQUIRE);
}

static inline uint32_t page_maps(const struct page *page)
{
    return (uint32_t)(__atomic_load_n(&page->counts, __ATOMIC_ACQUIRE) >> 32);
}

static inline bool page_test(const struct page *page, enum page_flag flag)
{
    return (__atomic_load_n(&page->flags, __ATOMIC_ACQUIRE) & flag) != 0;
}

/* Each returns whether the flag was set before. */
static inline bool page_set(struct page *page, enum page_flag flag)
{
    return (__atomic_fetch_or(&page->flags, flag, __ATOMIC_ACQ_REL) & flag) != 0;
}

static inline bool page_clear_flag(struct page *page, enum page_flag flag)
{
    return (__atomic_fetch_and(&page->flags, ~(uint32_t)flag, __ATOMIC_ACQ_REL) & flag) != 0;
}

static inline void page_get(struct page *page)
{
    __atomic_fetch_add(&page->counts, PAGE_REF, __ATOMIC_ACQ_REL);
}

/* Takes a reference, unless the count is 0: then the frame is free. Returns: was one taken? */
static inline bool page_try_get(struct page *page)
{
    uint64_t counts = __atomic_load_n(&page->counts, __ATOMIC_RELAXED);

    while ((uint32_t)counts != 0)
        if (__atomic_compare_exchange_n(&page->counts, &counts, counts + PAGE_REF, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            return true;
    return false;
}

void frame_free(struct page *page); /* mem/frame.c: the last reference is gone */

/*
 * Drops amount: a multiple of PAGE_REF or of PAGE_MAPPED_REF.
 * Returns: was that the last reference? Then the caller must free the frame.
 */
static inline bool page_drop(struct page *page, uint64_t amount)
{
    uint64_t before = __atomic_fetch_sub(&page->counts, amount, __ATOMIC_ACQ_REL);

    return (uint32_t)before == (uint32_t)amount;
}

/* The same, and frees the frame with the last reference. Not from interrupt handlers. */
static inline void page_put_many(struct page *page, uint64_t amount)
{
    if (page_drop(page, amount))
        frame_free(page);
}

static inline void page_put(struct page *page)
{
    page_put_many(page, PAGE_REF);
}
