/*
 * handle_page_fault: from an address to the handler of its case, and from what the handler brings
 * to an entry. The picture of a round is in vm/faults/fault.h, of the cases in
 * vm/faults/fault_kind.h; waiting is in vm/faults/fault_wait.c.
 *
 * What always holds: a page is mapped in fault_map() only; or, with others around it that are in
 * the cache already, in map_ready_page().
 */
#include "vm/faults/fault.h"

#include "mem/vm_stat.h"
#include "mmu/tlb.h"
#include "sync/printf.h"
#include "sync/race.h"
#include "sync/trace.h"
#include "thread/page_lock.h"
#include "vm/faults/anon.h"
#include "vm/faults/fault_wait.h"
#include "vm/replacement/lru.h"

/* ---- which kind? ---- */

/* The address is in fault->vma. */
static inline enum fault_kind kind_inside(const struct vm_fault *fault)
{
    const struct vm_area_struct *vma = fault->vma;
    uint64_t into = fault->va - vma->start;
    struct fault_facts facts = {
        .access = fault->access,
        .has_area = true,
        .below_sp = (vma->flags & VMA_STACK) && (fault->flags & FAULT_FLAG_USER_SP) &&
                    fault->address < fault->sp,
        .allowed = vma->access,
        .pte = fault->old,
        .is_zero_page = pte_maps(fault->old, zero_pfn),
    };

    if (vma->object && into < vma->file_bytes) {
        facts.backing =
            vma_maps_whole_page(vma, fault->va) ? BACKING_FILE_WHOLE : BACKING_FILE_PART;
        facts.is_shared = vma->flags & VMA_SHARED;
        facts.past_end = vma->offset + into >= PAGE_ROUND_UP(vma->object->size);
    }
    return fault_kind(&facts);
}

/* No area covers the address; next: the area above it, or NULL. */
static enum fault_kind kind_between(const struct vm_fault *fault,
                                    const struct vm_area_struct *next)
{
    uint64_t limit = fault->mm->stack_limit;
    bool below_stack = next && (next->flags & VMA_STACK);
    struct fault_facts facts = {
        .is_stack_gap = below_stack && fault->va >= limit,
        .may_grow = (fault->flags & FAULT_FLAG_USER_SP) && fault->address >= fault->sp,
        .is_guard = below_stack && fault->va < limit && fault->va >= limit - STACK_GUARD_BYTES,
    };

    return fault_kind(&facts);
}

/* ---- mapping what a handler brought ---- */

/* Puts fault->entry where fault->old was found. False: the entry is not what was looked at. */
static inline bool set_entry(struct vm_fault *fault)
{
    struct mm_struct *mm = fault->mm;
    struct page_table *table = &mm->page_table;
    pte_t entry = fault->entry;
    bool is_old;

    spin_lock(&table->lock);
    is_old = pte_load(fault->ptep) == fault->old;
    if (is_old) {
        if (mm->rules)
            entry = mm->rules->mapped(fault, entry);
        tlb_check_code(table, fault->va, entry);
        if (pte_has_frame(fault->old)) {
            pte_swap(table, fault->va, fault->ptep, entry);
        } else {
            pte_set(fault->ptep, entry);
            __atomic_fetch_add(&mm->resident, 1, __ATOMIC_RELAXED);
        }
        trace_of(mm->pid, TRACE_MAP, fault->va, pte_pfn(entry).number,
                 (pte_allows(entry, ACCESS_WRITE) ? MAP_STORES : 0) |
                     (fault->vma->flags & VMA_SHARED ? MAP_OF_SHARED : 0));
    }
    spin_unlock(&table->lock);
    return is_old;
}

/* What the old entry mapped is given back: a slot, or a frame, once no hart can use it. */
static void give_back_old(struct vm_fault *fault)
{
    if (pte_kind(fault->old) == PTE_SWAP) {
        anon_swapped_in(fault);
        return;
    }
    flush_tlb_entry(&fault->mm->page_table, fault->va);
    if (!pte_maps(fault->old, zero_pfn))
        page_put_many(pfn_page(pte_pfn(fault->old)), PAGE_MAPPED_REF);
}

/*
 * Maps what a handler brought. A private page is on its list before: once it is mapped, another
 * thread may drop it at any time. Locks: the mm lock for reading.
 */
static inline enum fault_result fault_map(struct vm_fault *fault)
{
    struct page *page = fault->brought;

    if (page && page_test(page, PAGE_PRIVATE) && !page_test(page, PAGE_ON_LRU) &&
        !fault->rule.keeps_page)
        add_to_lru(&anon_lru, page, fault->stamp);
    if (fault->vma->access & ACCESS_EXEC)
        flush_instructions(&fault->mm->page_table);
    if (!set_entry(fault)) {
        if (page)
            page_put_many(page, PAGE_MAPPED_REF);
        return FAULT_RETRY;
    }
    if (fault->old != 0)
        give_back_old(fault);
    mm_count(fault->mm, fault->counter);
    return FAULT_OK;
}

/* What a handler held: see fault_hold. */
static void fault_release(struct vm_fault *fault)
{
    if (fault->held_locked)
        page_unlock(fault->held);
    page_put(fault->held);
    fault->held = NULL;
}

/* ---- a round ---- */

enum fault_result fault_mark_entry(struct vm_fault *fault, bool allow_stores)
{
    struct page_table *table = &fault->mm->page_table;
    bool is_old;

    spin_lock(&table->lock);
    is_old = pte_load(fault->ptep) == fault->old;
    if (is_old && allow_stores)
        pte_write_allow(fault->ptep);
    else if (is_old)
        pte_mark(fault->ptep, fault->access);
    spin_unlock(&table->lock);
    flush_tlb_own_entry(fault->va);
    return is_old ? FAULT_OK : FAULT_RETRY;
}

/* Kinds of faults for which nothing can be brought. */
static enum fault_result fault_refuse(const struct vm_fault *fault, enum fault_kind kind)
{
    static const enum fault_result why[] = {
        [FAULT_KIND_STACK] = FAULT_WANT_STACK,
        [FAULT_KIND_NO_AREA] = FAULT_NO_VMA,
        [FAULT_KIND_GUARD] = FAULT_GUARD,
        [FAULT_KIND_PERMISSION] = FAULT_PERMISSION,
        [FAULT_KIND_PAST_END] = FAULT_PAST_END,
        [FAULT_KIND_CORRUPT] = FAULT_OK,
    };

    if (why[kind] == FAULT_OK)
        panic("page-table entry 0x%lx of 0x%lx, pid %d, is none that can be",
              (unsigned long)fault->old, (unsigned long)fault->va, fault->mm->pid);
    return why[kind];
}

static inline enum fault_result fault_act(struct vm_fault *fault, enum fault_kind kind)
{
    switch (kind) {
    case FAULT_KIND_ZERO_WRITE:
    case FAULT_KIND_ZERO_UPGRADE:
        return anon_zero_write(fault);
    case FAULT_KIND_ZERO_READ:
        return anon_zero_read(fault);
    case FAULT_KIND_COPY_ON_WRITE:
        return anon_copy_on_write(fault);
    case FAULT_KIND_SWAP:
        return anon_swap_in(fault);
    case FAULT_KIND_FILE_MAP:
    case FAULT_KIND_FILE_COPY:
    case FAULT_KIND_FILE_SHARE:
        return fault->vma->ops->fault(fault, kind);
    case FAULT_KIND_MARK:
        return fault_mark_entry(fault, false);
    case FAULT_KIND_SPURIOUS:
        mm_count(fault->mm, VM_STAT_FAULT_SPURIOUS);
        flush_tlb_own_entry(fault->va);
        return FAULT_OK;
    default:
        return fault_refuse(fault, kind);
    }
}

/* Locks: the mm lock for reading. No table reaches the address: adds those that are missing. */
static enum fault_result build_path(struct vm_fault *fault)
{
    struct mm_struct *mm = fault->mm;

    if (table_supply_fill(&fault->tables, mm->page_table.levels, 0) != 0)
        return FAULT_WANT_FRAME;
    if (mm->rules && !mm->rules->charge(fault, NULL))
        return FAULT_WANT_RULES;
    spin_lock(&mm->page_table.lock);
    fault->ptep = walk_page_table(&mm->page_table, fault->va, &fault->tables);
    spin_unlock(&mm->page_table.lock);
    return FAULT_OK;
}

/* Locks: the mm lock for reading. One round: look, decide, act, map. */
static inline enum fault_result fault_round(struct vm_fault *fault)
{
    struct mm_struct *mm = fault->mm;
    struct vm_area_struct *vma = find_vma(mm, fault->va);
    enum fault_result result = FAULT_OK;
    enum fault_kind kind;

    if (!vma || vma->start > fault->va)
        return fault->access ? fault_refuse(fault, kind_between(fault, vma)) : FAULT_OK;
    fault->vma = vma;
    fault->stamp = 0;
    fault->ptep = pte_find(&mm->page_table, fault->va);
    if (!fault->ptep && fault->access && (result = build_path(fault)) != FAULT_OK)
        return result;
    fault->old = fault->ptep ? pte_load(fault->ptep) : 0;
    race_window(); /* nothing but the areas stays as it was seen */
    if (!fault->access && pte_kind(fault->old) != PTE_SWAP)
        return FAULT_OK; /* there is nothing to bring back */
    kind = kind_inside(fault);
    if (mm->rules)
        result = mm->rules->wanted(fault, kind);
    if (result == FAULT_OK)
        result = fault_act(fault, kind);
    if (result == FAULT_BROUGHT)
        result = fault_map(fault);
    if (fault->held)
        fault_release(fault);
    return result;
}

enum fault_result handle_page_fault(struct mm_struct *mm, uint64_t address, unsigned flags,
                                    uint64_t sp, struct fault_copy *copy)
{
    struct vm_fault fault;
    enum fault_result result;

    lockorder_check(RANK_FRAMES, NULL, "what a fault needs");
    trace_of(mm->pid, TRACE_FAULT, address, 0, flags);
    fault.mm = mm;
    fault.address = address;
    fault.va = PAGE_ROUND_DOWN(address);
    fault.access = (enum access)(flags & FAULT_FLAG_ACCESS);
    fault.flags = flags;
    fault.sp = sp;
    fault.page = fault.held = NULL;
    fault.rule = (struct rule_state){0};
    fault.tables.count = 0;
    do {
        rwlock_read_acquire(&mm->lock);
        result = fault_round(&fault);
        if (copy && result == FAULT_OK)
            copy->done = user_copy_try(mm, address, copy->kernel, copy->bytes, copy->way);
        rwlock_read_release(&mm->lock);
        if (result != FAULT_OK)
            result = fault_wait(&fault, result);
    } while (result == FAULT_RETRY);
    if (fault.page)
        page_put(fault.page);
    if (fault.tables.count)
        table_supply_drop(&fault.tables);
    if (result != FAULT_OK)
        mm_count(mm, VM_STAT_FAULT_BAD);
    return result;
}
