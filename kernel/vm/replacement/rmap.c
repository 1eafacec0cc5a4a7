/*
 * One walk over the places where a page may be mapped, and what is done there. See rmap.h.
 */
#include "vm/replacement/rmap.h"

#include "mmu/tlb.h"
#include "sync/trace.h"
#include "vm/cache/object.h"
#include "vm/faults/page_rules.h"
#include "vm/mapping/vma.h"
#include "vm/replacement/family.h"
#include "vm/swapping/swap.h"

/* What a visit did with the entry. */
enum { FENCE = 1, UNMAPPED = 2 };

struct walk {
    struct page *page;
    /* Locks: the page table's. ptep: the entry at va that maps the page, or NULL. */
    unsigned (*visit)(struct walk *walk, struct mm_struct *mm, uint64_t va, pte_t *ptep);
    bool wired_too;   /* rmap_unmap */
    bool only_stores;  /* areas through which nothing is stored into the object are left out */
    bool accessed;     /* rmap_accessed: the answer */
    uint32_t seen;     /* entries that were visited and still show the page */
};

/* Locks: the page table's. The entry at va, present or not, if it has the page's frame; or NULL. */
static inline pte_t *entry_of(struct page_table *table, uint64_t va, const struct page *page)
{
    pte_t *ptep = pte_find(table, va);
    pte_t entry = ptep ? pte_load(ptep) : 0;

    return pte_has_frame(entry) && pte_pfn(entry).number == page_pfn(page).number ? ptep : NULL;
}

/* One place. True: it showed the page, and does not any more. */
static bool walk_place(struct walk *walk, struct mm_struct *mm, uint64_t va)
{
    struct page_table *table = &mm->page_table;
    unsigned done;
    pte_t *ptep;

    spin_lock(&table->lock);
    ptep = entry_of(table, va, walk->page);
    done = walk->visit(walk, mm, va, ptep);
    spin_unlock(&table->lock);
    if (done & FENCE)
        flush_tlb_entry(table, va);
    if (done & UNMAPPED) {
        __atomic_fetch_sub(&mm->resident, 1, __ATOMIC_RELAXED);
        page_put_many(walk->page, PAGE_MAPPED_REF);
    } else {
        walk->seen += ptep != NULL;
    }
    return done & UNMAPPED;
}

/* The space that mapped the page last comes first: most pages have no other. */
static void walk_family(struct walk *walk)
{
    struct page *page = walk->page;
    struct family *family = page->family;
    uint64_t va = page->index << PAGE_SHIFT;
    struct mm_struct *first, *mm;

    sleeplock_acquire(&family->lock);
    first = family_last_mapper(family, page);
    if (first)
        walk_place(walk, first, va);
    list_for_each_element(mm, &family->members, family_link) {
        if (walk->seen >= page_maps(page))
            break;
        if (mm != first)
            walk_place(walk, mm, va);
    }
    sleeplock_release(&family->lock);
}

static void walk_areas(struct walk *walk)
{
    struct vm_object *object = walk->page->owner;
    uint64_t at = walk->page->index << PAGE_SHIFT;
    struct vm_area_struct *vma;

    sleeplock_acquire(&object->vma_lock);
    list_for_each_element(vma, &object->vmas, object_link) {
        if (walk->only_stores && !(vma->flags & VMA_SHARED))
            continue;
        if (at >= vma->offset && at - vma->offset < vma->file_bytes)
            walk_place(walk, vma->mm, vma->start + (at - vma->offset));
    }
    sleeplock_release(&object->vma_lock);
}

static void walk_page(struct walk *walk)
{
    if (page_test(walk->page, PAGE_PRIVATE))
        walk_family(walk);
    else
        walk_areas(walk);
}

/* ---- was it used? ---- */

static unsigned visit_accessed(struct walk *walk, struct mm_struct *mm, uint64_t va, pte_t *ptep)
{
    if (!ptep || pte_kind(pte_load(ptep)) != PTE_PRESENT ||
        !pte_test_clear_accessed(&mm->page_table, va, ptep))
        return 0;
    walk->accessed = true;
    return FENCE;
}

bool rmap_accessed(struct page *page)
{
    struct walk walk = {.page = page, .visit = visit_accessed,
                        .accessed = page_clear_flag(page, PAGE_REFERENCED)};

    if (page_maps(page) != 0)
        walk_page(&walk);
    return walk.accessed;
}

/* ---- unmapping ---- */

#ifdef SAN
/* Does the entry allow stores that write-back would not know of? Locks: the page table's. */
static bool stores_go_unnoticed(const struct page *page, pte_t entry)
{
    return !page_test(page, PAGE_PRIVATE | PAGE_DIRTY) && !page->owner->is_anonymous &&
           pte_allows(entry, ACCESS_WRITE);
}
#endif

/* Locks: the page's, the page table's. The entry of a private page becomes its slot. */
static void entry_to_slot(struct mm_struct *mm, uint64_t va, struct page *page, pte_t *ptep)
{
    swp_entry_t slot = page_swap_slot(page);
    bool dirty = page_test(page, PAGE_DIRTY);

    swap_slot_get(slot);
    pte_swap(&mm->page_table, va, ptep, pte_make_swap(slot));
    if (mm->rules)
        mm->rules->went(mm, va);
    __atomic_fetch_add(&mm->swapped, 1, __ATOMIC_RELAXED);
    if (__builtin_expect(hart_is_traced(), 0)) {
        trace_write(mm->pid, TRACE_SLOT, va, page_pfn(page).number, slot.number);
        trace_write(mm->pid, TRACE_EVICT, va, page_pfn(page).number, dirty);
    }
    mm_event(mm, dirty ? VM_STAT_EVICT_DIRTY : VM_STAT_EVICT_CLEAN);
    if (dirty && !page_test(page, PAGE_WRITEBACK)) /* one on its way to the disk was counted */
        mm_event(mm, VM_STAT_PGOUT);
}

static unsigned visit_unmap(struct walk *walk, struct mm_struct *mm, uint64_t va, pte_t *ptep)
{
    bool is_private = page_test(walk->page, PAGE_PRIVATE);

    if (!ptep)
        return 0;
    san_assert(!stores_go_unnoticed(walk->page, pte_load(ptep)));
    if (pte_is_wired(pte_load(ptep)) && !walk->wired_too)
        return is_private ? FENCE : 0; /* a fork that protected it may still have to fence */
    if (is_private) {
        entry_to_slot(mm, va, walk->page, ptep);
    } else {
        pte_swap(&mm->page_table, va, ptep, 0);
        trace_of(mm->pid, TRACE_UNMAP, va, 1, 0);
    }
    return FENCE | UNMAPPED;
}

void rmap_unmap(struct page *page, bool wired_too)
{
    struct walk walk = {.page = page, .visit = visit_unmap, .wired_too = wired_too};

    walk_page(&walk);
}

bool rmap_unmap_one(struct page *page, struct mm_struct *mm, uint64_t va)
{
    struct walk walk = {.page = page, .visit = visit_unmap};

    return walk_place(&walk, mm, va);
}

/* ---- write protection ---- */

/*
 * An entry that allows no stores, or is gone, may have been changed just now by munmap or mprotect,
 * which have yet to fence.
 */
static unsigned visit_write_protect(struct walk *walk, struct mm_struct *mm, uint64_t va,
                                    pte_t *ptep)
{
    struct page_table *table = &mm->page_table;
    bool may_store = __atomic_load_n(&table->unfenced, __ATOMIC_ACQUIRE) != 0;

    (void)walk;
    if (ptep && pte_allows(pte_load(ptep), ACCESS_WRITE)) {
        pte_write_protect(table, va, ptep);
        may_store = true;
    }
    return may_store ? FENCE : 0;
}

void rmap_write_protect(struct page *page)
{
    struct walk walk = {.page = page, .visit = visit_write_protect, .only_stores = true};

    if (__atomic_load_n(&page->owner->writers, __ATOMIC_ACQUIRE) > 0)
        walk_areas(&walk);
}

#ifdef SAN
static unsigned visit_check_clean(struct walk *walk, struct mm_struct *mm, uint64_t va, pte_t *ptep)
{
    (void)mm;
    (void)va;
    assert(!ptep || !stores_go_unnoticed(walk->page, pte_load(ptep)));
    return 0;
}

void rmap_check_clean(struct page *page)
{
    struct walk walk = {.page = page, .visit = visit_check_clean};

    if (page->owner)
        walk_areas(&walk);
}
#endif
