/*
 * The pool of families, and the walk over the members of one. See vm/family.h.
 *
 * guards: p = pool_lock; f = family->lock (sleeping, RANK_FAMILY); both to change membership
 */
#include "vm/family.h"

#include "abi/errno.h"
#include "mmu/tlb.h"
#include "sync/trace.h"
#include "thread/sleeplock.h"
#include "vm/mm.h"
#include "vm/quota.h"
#include "vm/swap.h"

struct family {
    struct sleeplock lock;
    struct list_head members; /* f: mm->family_link */
    struct list_head free_link; /* p */
};

static struct spinlock pool_lock; /* RANK_SWAP */
static struct family families[MM_MAX];
static struct list_head free_families;     /* p */
static struct mm_struct *numbered[MM_MAX]; /* p; a member's own also under f */
static struct family *family_of[MM_MAX];   /* f, p: of whom has the number, while it is a member */
static unsigned next_number;               /* p: where to look for a free one */

void family_init(void)
{
    spin_init(&pool_lock, "families", RANK_SWAP);
    list_init(&free_families);
    for (unsigned i = 0; i < MM_MAX; i++) {
        sleeplock_init(&families[i].lock, "family", RANK_FAMILY);
        list_init(&families[i].members);
        list_add_tail(&families[i].free_link, &free_families);
    }
}

/* Gives mm a number and, where it has none yet, a family. */
static int pool_take(struct mm_struct *mm)
{
    int error = -ENOMEM;

    spin_lock(&pool_lock);
    for (unsigned i = 0; i < MM_MAX && error; i++) {
        unsigned number = (next_number + i) % MM_MAX;

        if (!numbered[number] && (mm->family || !list_empty(&free_families))) {
            numbered[number] = mm;
            mm->number = (uint16_t)number;
            next_number = number + 1;
            error = 0;
        }
    }
    if (!error && !mm->family) {
        mm->family = container_of(list_first(&free_families), struct family, free_link);
        list_del(&mm->family->free_link);
    }
    spin_unlock(&pool_lock);
    return error;
}

int family_join(struct mm_struct *mm, struct mm_struct *sibling)
{
    int error;

    mm->family = sibling ? sibling->family : NULL;
    error = pool_take(mm);
    if (error)
        return error;
    sleeplock_acquire(&mm->family->lock);
    list_add_tail(&mm->family_link, &mm->family->members);
    __atomic_store_n(&family_of[mm->number], mm->family, __ATOMIC_RELEASE);
    sleeplock_release(&mm->family->lock);
    return 0;
}

void family_leave(struct mm_struct *mm)
{
    struct family *family = mm->family;
    bool last;

    sleeplock_acquire(&family->lock);
    list_del(&mm->family_link);
    last = list_empty(&family->members);
    spin_lock(&pool_lock);
    numbered[mm->number] = NULL;
    __atomic_store_n(&family_of[mm->number], NULL, __ATOMIC_RELEASE);
    if (last)
        list_add_tail(&family->free_link, &free_families);
    spin_unlock(&pool_lock);
    sleeplock_release(&family->lock);
}

struct mm_struct *family_member(unsigned number)
{
    struct mm_struct *mm;

    spin_lock(&pool_lock);
    mm = numbered[number];
    if (mm && !mm_try_get(mm))
        mm = NULL;
    spin_unlock(&pool_lock);
    return mm;
}

/* Locks: the page table's. The entry of mm that shows the page, present or not, or NULL. */
static inline pte_t *entry_of(struct mm_struct *mm, uint64_t va, const struct page *page)
{
    pte_t *slot = find_page_table(&mm->page_table, va);
    pte_t entry = slot ? pte_load(slot) : 0;

    return pte_has_frame(entry) && pte_pfn(entry).number == page_pfn(page).number ? slot : NULL;
}

/* Locks: family->lock. The member that mapped the page last, if it still is one. */
static struct mm_struct *likely_member(struct family *family, struct page *page)
{
    struct family *last = __atomic_load_n(&family_of[page->mapper], __ATOMIC_ACQUIRE);

    return last == family ? numbered[page->mapper] : NULL; /* it cannot leave now */
}

/* Locks: the page's, the table's. A page that is on its way to the disk was counted then. */
static void count_eviction(struct mm_struct *mm, uint64_t va, const struct page *page)
{
    bool dirty = page_test(page, PAGE_DIRTY);

    trace_of(mm->pid, TRACE_EVICT, va, page_pfn(page).number, dirty);
    mm_event(mm, dirty ? VM_STAT_EVICT_DIRTY : VM_STAT_EVICT_CLEAN);
    if (dirty && !page_test(page, PAGE_WRITEBACK))
        mm_event(mm, VM_STAT_PGOUT);
}

bool family_unmap_one(struct mm_struct *mm, uint64_t va, struct page *page, swp_entry_t slot)
{
    struct page_table *table = &mm->page_table;
    bool is_locked;
    pte_t *entry;

    spin_lock(&table->lock);
    entry = entry_of(mm, va, page);
    is_locked = entry && pte_is_locked(pte_load(entry));
    if (is_locked)
        entry = NULL;
    if (entry) {
        swap_slot_get(slot);
        pte_swap(table, va, entry, pte_make_swap(slot));
        quota_forget(mm, va);
        __atomic_fetch_add(&mm->swapped, 1, __ATOMIC_RELAXED);
        count_eviction(mm, va, page);
    }
    spin_unlock(&table->lock);
    if (is_locked)
        flush_tlb_entry(table, va); /* a fork that protected it may still have to fence */
    if (!entry)
        return false;
    flush_tlb_entry(table, va);
    __atomic_fetch_sub(&mm->resident, 1, __ATOMIC_RELAXED);
    page_put_many(page, PAGE_MAPPED_REF);
    return true;
}

void family_unmap_page(struct page *page, swp_entry_t slot)
{
    struct family *family = page->family;
    uint64_t va = page->index << PAGE_SHIFT;
    struct mm_struct *first;
    struct list_head *at;

    sleeplock_acquire(&family->lock);
    first = likely_member(family, page);
    if (first)
        family_unmap_one(first, va, page, slot);
    list_for_each (at, &family->members) {
        if (page_maps(page) == 0)
            break;
        family_unmap_one(container_of(at, struct mm_struct, family_link), va, page, slot);
    }
    sleeplock_release(&family->lock);
}

/* Locks: family->lock. Does mm map the page; and has it used it? */
static bool member_accessed(struct mm_struct *mm, uint64_t va, const struct page *page,
                            uint32_t *maps)
{
    struct page_table *table = &mm->page_table;
    bool accessed = false;
    pte_t *entry;

    spin_lock(&table->lock);
    entry = entry_of(mm, va, page);
    if (entry) {
        ++*maps;
        accessed = pte_kind(pte_load(entry)) == PTE_PRESENT &&
                   pte_test_clear_accessed(table, va, entry);
    }
    spin_unlock(&table->lock);
    if (accessed)
        flush_tlb_entry(table, va);
    return accessed;
}

bool family_page_accessed(struct page *page)
{
    struct family *family = page->family;
    uint64_t va = page->index << PAGE_SHIFT;
    bool accessed = false;
    uint32_t found = 0;
    struct mm_struct *first;
    struct list_head *at;

    sleeplock_acquire(&family->lock);
    first = likely_member(family, page);
    if (first)
        accessed = member_accessed(first, va, page, &found);
    list_for_each (at, &family->members) {
        struct mm_struct *mm = container_of(at, struct mm_struct, family_link);

        if (found >= page_maps(page))
            break;
        if (mm != first)
            accessed |= member_accessed(mm, va, page, &found);
    }
    sleeplock_release(&family->lock);
    return accessed;
}
