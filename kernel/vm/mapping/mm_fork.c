/*
 * fork's half of an address space: areas and page tables are copied, pages are shared. Chapter
 * "Page Fault Handling", copy-on-write.
 *
 * What always holds: when the child may run, no page that both map is writable in either, and no
 * hart caches a writable translation of the parent's any more. A shared page costs one atomic add.
 */
#include "vm/mapping/mm_fork.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mem/kmem.h"
#include "mmu/tlb.h"
#include "sync/printf.h"
#include "thread/thread.h"
#include "vm/faults/anon.h"
#include "vm/faults/page_rules.h"
#include "vm/mapping/charge.h"
#include "vm/swapping/swap.h"

/*
 * Copies vma behind the child's last area, *behind->below.
 * Returns: 0, -ENOMEM.
 * Locks: the parent's mm lock for writing.
 */
static int area_copy(struct vm_area_struct *vma, struct mm_struct *child, struct vma_range *behind)
{
    struct vm_area_struct *copy = kmem_alloc(sizeof(*copy), 0);
    int error;

    if (!copy)
        return -ENOMEM;
    *copy = *vma;
    copy->mm = child;
    copy->flags &= ~(unsigned)(VMA_WIRED | VMA_LOCKING); /* mlock is not inherited */
    vma_insert(child, copy, behind);
    behind->below = copy;
    error = copy->ops ? copy->ops->open(copy) : 0;
    assert(error == 0);
    return 0;
}

static void page_share(pte_t entry)
{
    __atomic_fetch_add(&pfn_page(pte_pfn(entry))->counts, PAGE_MAPPED_REF, __ATOMIC_RELAXED);
}

/* An entry that is not present: its frame (PROT_NONE) or its swap slot gets one more use. */
static void __attribute__((noinline)) absent_share(struct mm_struct *child, pte_t entry)
{
    if (pte_has_frame(entry)) {
        page_share(entry);
        __atomic_fetch_add(&child->resident, 1, __ATOMIC_RELAXED);
    } else {
        san_assert(pte_kind(entry) == PTE_SWAP);
        swap_slot_get(pte_swap_slot(entry));
        __atomic_fetch_add(&child->swapped, 1, __ATOMIC_RELAXED);
    }
}

/*
 * Copies from[0 .. count), entries of one table from va on, to to[], which is empty. A frame gets a
 * reference and a map count (PAGE_MAPPED_REF), a swap slot a use; the zero page has no counts. The
 * write permission goes from both entries; *protected is set if the parent had one.
 * Returns: the entries that map a page now.
 * Locks: the parent's page table.
 */
static uint64_t entries_share(struct page_table *parent, struct mm_struct *child, uint64_t va,
                            pte_t *from, pte_t *to, uint64_t count, bool *protected)
{
    pfn_t zero = zero_pfn;
    uint64_t mapped = 0;

    for (uint64_t i = 0; i < count; i++) {
        pte_t entry = pte_load(&from[i]);

        if (__builtin_expect(pte_kind(entry) == PTE_PRESENT, 1)) {
            mapped++;
            if (pte_pfn(entry).number != zero.number)
                page_share(entry);
            if (pte_allows(entry, ACCESS_WRITE)) {
                pte_write_protect(parent, va + i * PAGE_SIZE, &from[i]);
                *protected = true;
            }
        } else if (entry != 0) {
            absent_share(child, entry);
        }
        tlb_check_code(&child->page_table, va + i * PAGE_SIZE, entry);
        to[i] = pte_shared(entry); /* empty till now: nobody changes that */
    }
    return mapped;
}

/*
 * Gives the child the entries of vma, and tables for them. No thread runs in the child. Others find
 * it by its number or family: they may look at its entries and take pages from it, but no tables
 * until it is_ready.
 * Returns: 0, -ENOMEM, -EINTR.
 * Locks: the parent's mm lock for writing.
 */
static int tables_copy(struct mm_struct *parent, struct mm_struct *child,
                       const struct vm_area_struct *vma, bool *protected)
{
    struct table_supply supply = {.count = 0};
    uint64_t va = vma->start, end = vma->end;
    uint64_t mapped = 0;
    pte_t *from;
    int error = 0;

    san_assert(!child->is_ready);
    while ((from = pte_next(&parent->page_table, &va, end)) != NULL) {
        uint64_t stop = leaf_table_end(va, end);
        pte_t *to = pte_find(&child->page_table, va);

        error = thread_is_interrupted() ? -EINTR : 0;
        if (error)
            break;
        if (!to) {
            error = table_supply_fill(&supply, child->page_table.levels, 0);
            if (!error && (vma->flags & VMA_UNRESERVED))
                error = tables_charge(&supply);
            if (error)
                break;
            to = walk_page_table(&child->page_table, va, &supply);
        }
        spin_lock(&parent->page_table.lock);
        mapped += entries_share(&parent->page_table, child, va, from, to, (stop - va) >> PAGE_SHIFT,
                                protected);
        spin_unlock(&parent->page_table.lock);
        va = stop;
    }
    table_supply_drop(&supply);
    __atomic_fetch_add(&child->resident, mapped, __ATOMIC_RELAXED); /* pages may go already */
    return error;
}

static int areas_copy(struct mm_struct *parent, struct mm_struct *child, bool *protected)
{
    struct vma_range behind = {.below = NULL};

    for (struct vm_area_struct *vma = find_vma(parent, 0); vma; vma = vma_next(vma)) {
        int error = thread_is_interrupted() ? -EINTR : area_copy(vma, child, &behind);

        if (!error && !(vma->flags & VMA_SHARED)) /* a shared area is filled by faults */
            error = tables_copy(parent, child, vma, protected);
        if (error)
            return error;
    }
    return 0;
}

int mm_fork(struct mm_struct *parent, struct mm_struct *child)
{
    bool protected = false;
    struct commit amount;
    int error;

    rwlock_write_acquire(&parent->lock);
    amount = parent->charged;
    commit_add(&amount, -1, parent->locked);
    commit_add(&amount, -1, child->charged); /* the root is charged already */
    error = mm_charge(child, amount);
    if (!error && parent->rules)
        error = parent->rules->inherit(child, parent);
    if (!error) {
        child->area_bytes = parent->area_bytes;
        child->stack_limit = parent->stack_limit;
        child->heap_start = parent->heap_start;
        child->heap_end = parent->heap_end;
        strlcpy(child->name, parent->name, sizeof(child->name));
        error = areas_copy(parent, child, &protected);
        __atomic_store_n(&child->is_ready, true, __ATOMIC_RELEASE); /* tables_trim may come now */
        if (protected) /* before rules of the child's may write out what the parent maps */
            flush_tlb_range(&parent->page_table, 0, mm_user_end());
        if (child->rules)
            child->rules->forked(child);
    }
    rwlock_write_release(&parent->lock);
    return error;
}
