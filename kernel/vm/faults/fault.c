/*
 * handle_page_fault: from an address to the handler of its case; mapping what that brings; and
 * waiting where it has to wait. The picture of a round is in vm/faults/fault.h, of the cases in
 * vm/faults/fault_kind.h.
 *
 * What always holds: an entry comes into being in fault_map() only; or, of pages of an object that
 * are shown along with it, in map_ready_page().
 */
#include "vm/faults/fault.h"

#include "abi/errno.h"
#include "mem/frame.h"
#include "mem/vm_stat.h"
#include "mmu/tlb.h"
#include "sync/printf.h"
#include "sync/race.h"
#include "sync/trace.h"
#include "thread/page_lock.h"
#include "thread/thread.h"
#include "vm/cache/object_read.h"
#include "vm/extra/oom.h"
#include "vm/extra/quota.h"
#include "vm/faults/anon.h"
#include "vm/faults/file_map.h"
#include "vm/mapping/charge.h"
#include "vm/mapping/image.h"
#include "vm/mapping/vma.h"
#include "vm/replacement/lru.h"
#include "vm/swapping/swap_io.h"

/* Of an address in an area. */
static inline __attribute__((always_inline)) enum fault_kind
kind_inside(const struct vm_fault *fault)
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

/* Of an address that no area covers; next is the area above it. */
static enum fault_kind __attribute__((noinline)) kind_between(const struct vm_fault *fault,
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

/*
 * The machine wants A, or D, to be set by software. The entry may have been emptied since it was
 * looked at: with a mark it would look like a swap slot. Locks: the mm lock for reading.
 */
static enum fault_result __attribute__((noinline)) mark_entry(struct vm_fault *fault)
{
    struct page_table *table = &fault->mm->page_table;
    bool is_old;

    spin_lock(&table->lock);
    is_old = pte_load(fault->ptep) == fault->old;
    if (is_old)
        pte_mark(fault->ptep, fault->access);
    spin_unlock(&table->lock);
    flush_tlb_own_entry(fault->va);
    return is_old ? FAULT_OK : FAULT_RETRY;
}

/* ---- mapping what a handler brought ---- */

/* Locks: the page table's. The entry is fault->old still. What must be right beside it. */
static void replace_entry(struct vm_fault *fault, pte_t entry)
{
    tlb_check_code(&fault->mm->page_table, fault->va, entry);
    if (pte_has_frame(fault->old))
        pte_swap(&fault->mm->page_table, fault->va, fault->ptep, entry);
    else
        pte_set(fault->ptep, entry);
    trace_of(fault->mm->pid, TRACE_MAP, fault->va, pte_pfn(entry).number,
             pte_allows(entry, ACCESS_WRITE));
    if (pte_kind(fault->old) == PTE_SWAP)
        __atomic_fetch_sub(&fault->mm->swapped, 1, __ATOMIC_RELAXED);
    if (fault->brings_page && !quota_remember(fault->mm, fault->va, fault->stamp))
        add_to_lru(&anon_lru, fault->brought, fault->stamp); /* it is the system's */
}

/* As set_entry: the path has to be built, or something is there, or to be noted. */
static bool __attribute__((noinline)) set_entry_slow(struct vm_fault *fault)
{
    struct page_table *table = &fault->mm->page_table;
    pte_t entry = fault->entry;
    bool is_old;

    if (fault->vma->flags & VMA_WIRED)
        entry = pte_wired(entry, true);
    spin_lock(&table->lock);
    if (!fault->ptep)
        fault->ptep = walk_page_table(table, fault->va, &fault->tables);
    is_old = pte_load(fault->ptep) == fault->old;
    if (is_old)
        replace_entry(fault, entry);
    spin_unlock(&table->lock);
    return is_old;
}

/*
 * Puts fault->entry where fault->old was found; builds the path from fault->tables. False: the
 * entry is not what was looked at. Here is the usual case: an empty slot becomes a present entry.
 */
static inline bool set_entry(struct vm_fault *fault)
{
    bool is_empty;

    if (__builtin_expect(!fault->ptep || fault->old != 0 || fault->brings_page ||
                         (fault->vma->flags & VMA_WIRED), 0))
        return set_entry_slow(fault);
    spin_lock(&fault->mm->page_table.lock);
    is_empty = pte_load(fault->ptep) == 0;
    if (is_empty) {
        tlb_check_code(&fault->mm->page_table, fault->va, fault->entry);
        pte_set(fault->ptep, fault->entry);
        trace_of(fault->mm->pid, TRACE_MAP, fault->va, pte_pfn(fault->entry).number,
                 pte_allows(fault->entry, ACCESS_WRITE));
    }
    spin_unlock(&fault->mm->page_table.lock);
    return is_empty;
}

/* What the old entry showed is given back: a frame, once no hart can use it, or a slot. */
static void __attribute__((noinline)) give_back_old(struct vm_fault *fault)
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
        !fault->brings_page && !(fault->vma->flags & VMA_WIRED))
        add_to_lru(&anon_lru, page, fault->stamp);
    if (__builtin_expect(fault->vma->access & ACCESS_EXEC, 0))
        flush_instructions(&fault->mm->page_table);
    if (__builtin_expect(!set_entry(fault), 0)) {
        if (page)
            page_put_many(page, PAGE_MAPPED_REF);
        return FAULT_RETRY;
    }
    if (!pte_has_frame(fault->old))
        __atomic_fetch_add(&fault->mm->resident, 1, __ATOMIC_RELAXED);
    if (fault->old != 0)
        give_back_old(fault);
    mm_count(fault->mm, fault->counter);
    return FAULT_OK;
}

/* What a handler held, and what comes after the mapping. */
static void __attribute__((noinline)) fault_release(struct vm_fault *fault,
                                                    enum fault_result result)
{
    if (fault->held_locked)
        page_unlock(fault->held);
    page_put(fault->held);
    fault->held = NULL;
    if (fault->around && result == FAULT_OK)
        update_vm_stats(VM_STAT_FAULT_AROUND, object_map_around(fault));
    fault->around = false;
}

/* ---- a round ---- */

static inline __attribute__((always_inline)) enum fault_result
fault_act(struct vm_fault *fault, enum fault_kind kind)
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
        return mark_entry(fault);
    case FAULT_KIND_SPURIOUS:
        mm_count(fault->mm, VM_STAT_FAULT_SPURIOUS);
        flush_tlb_own_entry(fault->va);
        return FAULT_OK;
    case FAULT_KIND_STACK:
        return FAULT_WANT_STACK;
    case FAULT_KIND_NO_AREA:
        return FAULT_NO_VMA;
    case FAULT_KIND_GUARD:
        return FAULT_GUARD;
    case FAULT_KIND_PERMISSION:
        return FAULT_PERMISSION;
    case FAULT_KIND_PAST_END:
        return FAULT_PAST_END;
    case FAULT_KIND_CORRUPT:
        break;
    }
    panic("page-table entry 0x%lx of 0x%lx, pid %d, is none that can be", (unsigned long)fault->old,
          (unsigned long)fault->va, fault->mm->pid);
}

/* Does the handler of that kind make one more page of the process's own resident? */
static bool brings_private_page(enum fault_kind kind)
{
    return kind == FAULT_KIND_ZERO_WRITE || kind == FAULT_KIND_ZERO_UPGRADE ||
           kind == FAULT_KIND_FILE_COPY || kind == FAULT_KIND_COPY_ON_WRITE ||
           kind == FAULT_KIND_SWAP;
}

/*
 * Locks: the mm lock for reading. What is rare: nothing is there but perhaps a swap slot that is to
 * be brought back; or there is a quota, which must have room for a private page.
 */
static enum fault_result __attribute__((noinline))
act_slow(struct vm_fault *fault, const struct vm_area_struct *area)
{
    bool is_inside = area && area->start <= fault->va;
    enum fault_kind kind = is_inside ? kind_inside(fault) : kind_between(fault, area);
    enum fault_result result = FAULT_OK;
    bool comes_back = fault->flags & FAULT_FLAG_BRING_BACK;

    if (comes_back && pte_kind(fault->old) != PTE_SWAP)
        return FAULT_OK;
    fault->has_quota = quota_of(fault->mm) != NULL;
    if (fault->has_quota)
        fault->brings_page = (comes_back || brings_private_page(kind)) &&
                             !(fault->vma->flags & VMA_WIRED);
    if (comes_back)
        return anon_swap_in(fault); /* the quota may be exceeded */
    if (fault->has_quota && fault->brings_page)
        result = quota_ask(fault);
    return result == FAULT_OK ? fault_act(fault, kind) : result;
}

/* Locks: the mm lock for reading. No table reaches the address: frames for what may be missing. */
static enum fault_result __attribute__((noinline)) bring_tables(struct vm_fault *fault)
{
    if (table_supply_fill(&fault->tables, fault->mm->page_table.levels, 0) != 0)
        return FAULT_WANT_FRAME;
    if ((fault->vma->flags & VMA_UNRESERVED) && tables_charge(&fault->tables) != 0)
        return FAULT_WANT_CHARGE;
    return FAULT_OK;
}

/* Locks: the mm lock for reading. One round: look, decide, act. */
static inline enum fault_result fault_look(struct vm_fault *fault)
{
    struct vm_area_struct *vma = find_vma(fault->mm, fault->va);
    enum fault_result result;

    fault->old = 0;
    fault->stamp = 0;
    if (__builtin_expect(!vma || vma->start > fault->va, 0))
        return act_slow(fault, vma);
    fault->vma = vma;
    fault->ptep = pte_find(&fault->mm->page_table, fault->va);
    if (__builtin_expect(fault->ptep != NULL, 1))
        fault->old = pte_load(fault->ptep);
    else if ((result = bring_tables(fault)) != FAULT_OK)
        return result;
    race_window(); /* nothing but the areas stays as it was seen */
    if (__builtin_expect(quota_of(fault->mm) || (fault->flags & FAULT_FLAG_BRING_BACK), 0))
        result = act_slow(fault, vma);
    else
        result = fault_act(fault, kind_inside(fault));
    if (result == FAULT_BROUGHT)
        result = fault_map(fault);
    if (__builtin_expect(fault->held != NULL, 0))
        fault_release(fault, result);
    return result;
}

void fault_keep(struct vm_fault *fault, struct page *page)
{
    if (fault->page)
        page_put(fault->page);
    fault->page = page;
}

static void object_done(struct vm_fault *fault)
{
    fault->object->ops->put(fault->object);
    fault->object = NULL;
}

/* Holds nothing. An object could not bring a page, or not make room for it on the disk. */
static enum fault_result wait_failed(int error)
{
    if (error == -ENOMEM)
        return frame_wait() ? FAULT_NO_MEMORY : FAULT_RETRY;
    if (error == -ENOSPC)
        return FAULT_NO_SPACE;
    return error == -EDQUOT ? FAULT_WANT_CHARGE : FAULT_IO_ERROR;
}

/* Holds nothing. Is the entry what the last round found? */
static bool entry_is_old(struct vm_fault *fault)
{
    pte_t *ptep;
    bool is_old;

    rwlock_read_acquire(&fault->mm->lock);
    ptep = pte_find(&fault->mm->page_table, fault->va);
    is_old = ptep && pte_load(ptep) == fault->old;
    rwlock_read_release(&fault->mm->lock);
    return is_old;
}

/*
 * Holds nothing. The page that fault->old says is in swap comes into memory. The slot may have
 * become another's meanwhile: then a failure is not ours.
 */
static enum fault_result wait_for_swap(struct vm_fault *fault)
{
    struct page *page;
    int count;

    race_window();
    count = read_from_swap(pte_swap_slot(fault->old), fault->advice, &page);
    if (count == -EAGAIN || (count == -EIO && !entry_is_old(fault)))
        return FAULT_RETRY;
    if (count < 0)
        return wait_failed(count);
    __atomic_fetch_add(&fault->mm->events[VM_STAT_PGIN], (uint64_t)count, __ATOMIC_RELAXED);
    fault_keep(fault, page);
    return FAULT_RETRY;
}

/* Waits, holding nothing, for what a handler asked for. FAULT_RETRY, or how it ends. */
static enum fault_result fault_wait(struct vm_fault *fault, enum fault_result want)
{
    struct page *page = NULL;
    int error;

    race_window();
    switch (want) {
    case FAULT_WANT_FRAME:
        return frame_wait() ? FAULT_NO_MEMORY : FAULT_RETRY;
    case FAULT_WANT_PAGE:
        error = object_read_page(fault->object, fault->index, fault->advice, &page);
        object_done(fault);
        if (error)
            return wait_failed(error);
        fault_keep(fault, page);
        return FAULT_RETRY;
    case FAULT_WANT_WRITABLE:
        error = fault->object->ops->make_writable(fault->object, fault->index);
        object_done(fault);
        return error ? wait_failed(error) : FAULT_RETRY;
    case FAULT_WANT_LOCK:
        page_wait_writeback(fault->page);
        page_lock(fault->page);
        page_unlock(fault->page);
        return FAULT_RETRY;
    case FAULT_WANT_SWAP:
        return wait_for_swap(fault);
    case FAULT_WANT_ROOM:
        fault->may_exceed = quota_evict(fault->mm) != 0; /* nobody is killed for a quota */
        return FAULT_RETRY;
    case FAULT_WANT_STACK:
        if (stack_grow(fault->mm, fault->va))
            return FAULT_NO_MEMORY;
        mm_count(fault->mm, VM_STAT_FAULT_STACK);
        return FAULT_RETRY;
    default:
        return want;
    }
}

/* Ends what the rounds left. */
static void __attribute__((noinline)) fault_end(struct vm_fault *fault, enum fault_result result)
{
    if (fault->page)
        page_put(fault->page);
    table_supply_drop(&fault->tables);
    if (result != FAULT_OK)
        mm_count(fault->mm, VM_STAT_FAULT_BAD);
}

/*
 * A round did not do: waits for what it wanted. True: look again; else *result is the end. A thread
 * that was interrupted goes no further: it might be the one that is waited for, or wait for ever.
 */
static bool __attribute__((noinline)) fault_must_retry(struct vm_fault *fault,
                                                       enum fault_result *result)
{
    fault->brings_page = false; /* the quota may be gone, or the area locked, in the next round */
    *result = fault_wait(fault, *result);
    if (*result == FAULT_WANT_CHARGE)
        *result = oom_make_room(fault->mm, fault->patience++) ? FAULT_NO_MEMORY : FAULT_RETRY;
    if (thread_is_interrupted())
        *result = FAULT_INTERRUPTED;
    return *result == FAULT_RETRY;
}

enum fault_result fault_and_copy(struct mm_struct *mm, uint64_t address, unsigned flags,
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
    fault.object = NULL;
    fault.around = false;
    fault.has_quota = fault.brings_page = fault.has_asked = fault.may_exceed = false;
    fault.patience = 0;
    fault.tables.count = 0;
    do {
        rwlock_read_acquire(&mm->lock);
        result = fault_look(&fault);
        if (__builtin_expect(copy && result == FAULT_OK, 0))
            copy->done = user_copy_try(mm, address, copy->kernel, copy->bytes, copy->way);
        rwlock_read_release(&mm->lock);
    } while (__builtin_expect(result != FAULT_OK, 0) && fault_must_retry(&fault, &result));
    if (__builtin_expect(fault.page || fault.tables.count || result != FAULT_OK, 0))
        fault_end(&fault, result);
    return result;
}

enum fault_result handle_page_fault(struct mm_struct *mm, uint64_t address, unsigned flags,
                                    uint64_t sp)
{
    return fault_and_copy(mm, address, flags, sp, NULL);
}

static const char *access_word(unsigned flags)
{
    if (flags & FAULT_FLAG_WRITE)
        return "store";
    return flags & FAULT_FLAG_EXEC ? "instruction" : "load";
}

/* Locks: the mm lock for reading. "area 0x1000-0x3000 r-x of a file" */
static void report_area(const struct vm_area_struct *vma)
{
    const char *what = vma->flags & VMA_STACK  ? "the stack"
                       : vma->flags & VMA_HEAP ? "the heap"
                       : vma->flags & VMA_IMAGE ? "the program"
                       : vma->object && !vma->object->is_anonymous ? "a file"
                                               : "memory";

    printf("area 0x%lx-0x%lx %c%c%c of %s", (unsigned long)vma->start, (unsigned long)vma->end,
           vma->access & ACCESS_READ ? 'r' : '-', vma->access & ACCESS_WRITE ? 'w' : '-',
           vma->access & ACCESS_EXEC ? 'x' : '-', what);
}

void fault_report(struct mm_struct *mm, uint64_t address, unsigned flags, uint64_t pc,
                  enum fault_result why)
{
    struct vm_area_struct *vma;

    rwlock_read_acquire(&mm->lock);
    vma = find_vma(mm, address);
    printf("pid %d (%s): killed: %s page fault at 0x%016lx: ", mm->pid, mm->name,
           access_word(flags), (unsigned long)address);
    if (address < PAGE_SIZE)
        printf("NULL, or a small offset from it: ");
    switch (why) {
    case FAULT_PERMISSION:
        report_area(vma);
        printf(" does not allow it");
        break;
    case FAULT_GUARD:
        printf("the guard below the stack (limit %lu KiB)", (unsigned long)STACK_BYTES / 1024);
        break;
    case FAULT_PAST_END:
        printf("past the end of the file that is mapped there");
        break;
    case FAULT_NO_MEMORY:
        printf("no memory is left (%lu of %lu pages are promised)",
               (unsigned long)commit_total(), (unsigned long)commit_limit());
        break;
    case FAULT_NO_SPACE:
        printf("no block of the disk is free for the file that is mapped there");
        break;
    case FAULT_IO_ERROR:
        printf("the page could not be read from the disk");
        break;
    default:
        printf("no area there");
        if (vma && (vma->flags & VMA_STACK) && address >= mm->stack_limit)
            printf(" (the stack grows only at or above sp)");
        break;
    }
    printf(" (pc 0x%lx)\n", (unsigned long)pc);
    rwlock_read_release(&mm->lock);
}
