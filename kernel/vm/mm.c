/*
 * Address spaces: made, filled by exec and sbrk, destroyed. Chapter "Memory Mapping". Fork is in
 * vm/mm_fork.c.
 *
 * What always holds: mm->charged is the sum of what its areas were promised, plus the whole stack limit
 * and the root table; a frame leaves the page table only through a TLB batch.
 */
#include "vm/mm.h"

#include "abi/errno.h"
#include "abi/mman.h"
#include "lib/string.h"
#include "mem/frame.h"
#include "mem/kmem.h"
#include "mmu/tlb.h"
#include "riscv/csr.h"
#include "sync/printf.h"
#include "thread/thread.h"
#include "vm/anon.h"
#include "vm/vma.h"

#define STACK_FIRST_PAGES 4ul /* of the stack's area when it is made */

static const struct commit root_charge = {.unswappable = 1};

static int mm_charge(struct mm_struct *mm, struct commit amount)
{
    int error = commit_charge(amount);

    if (!error) {
        mm->charged.pages += amount.pages;
        mm->charged.unswappable += amount.unswappable;
    }
    return error;
}

static void mm_uncharge(struct mm_struct *mm, struct commit amount)
{
    commit_release(amount);
    mm->charged.pages -= amount.pages;
    mm->charged.unswappable -= amount.unswappable;
}

struct mm_struct *mm_create(void)
{
    struct mm_struct *mm = kmem_alloc(sizeof(*mm), 0);

    if (!mm)
        return NULL;
    rwlock_init(&mm->lock, "mm", RANK_MM);
    if (mm_charge(mm, root_charge) != 0)
        goto free_mm;
    if (page_table_init(&mm->page_table, paging_levels) != 0)
        goto uncharge;
    return mm;

uncharge:
    mm_uncharge(mm, root_charge);
free_mm:
    kmem_free(mm);
    return NULL;
}

void mm_destroy(struct mm_struct *mm)
{
    struct rb_node *node;

    while ((node = rb_first(&mm->vmas)) != NULL) {
        struct vm_area_struct *vma = container_of(node, struct vm_area_struct, node);

        unmap_page_range(mm, vma->start, vma->end);
        vma_remove(mm, vma);
        if (vma->ops)
            vma->ops->close(vma);
        kmem_free(vma);
    }
    page_table_destroy(&mm->page_table);
    commit_release(mm->charged);
    kmem_free(mm);
}

/* Interrupts are off between leaving one space and entering the other, so no switch sees it half done. */
void mm_switch(struct mm_struct *mm)
{
    struct thread *thread = current_thread();
    uint64_t interrupts = interrupts_save();

    page_table_leave(thread->space);
    thread->space = mm ? &mm->page_table : NULL;
    page_table_enter(thread->space);
    interrupts_restore(interrupts);
}

uint64_t mm_user_end(void)
{
    return user_half_end(paging_levels) - (1ul << 20);
}

int map_page_range(struct mm_struct *mm, uint64_t start, uint64_t end, uint64_t access,
                   unsigned flags, struct vm_object *object, uint64_t offset, uint64_t file_bytes)
{
    struct vm_area_struct *vma;
    int error = -ENOMEM;

    if (mm->vma_count >= MM_MAX_AREAS)
        return -ENOMEM;
    vma = kmem_alloc(sizeof(*vma), 0);
    if (!vma)
        return -ENOMEM;
    vma->start = start;
    vma->end = end;
    vma->access = access;
    vma->flags = flags | (commit_always ? VMA_UNRESERVED : 0);
    vma->mm = mm;
    vma->object = object;
    vma->offset = offset;
    vma->file_bytes = file_bytes;
    vma->ops = object ? &object_vm_ops : NULL;
    error = mm_charge(mm, vma_charge(vma, mm->page_table.levels));
    if (error)
        goto free_vma;
    error = vma_insert(mm, vma);
    if (error)
        goto uncharge;
    mm->area_bytes += end - start;
    if (vma->ops)
        vma->ops->open(vma);
    return 0;

uncharge:
    mm_uncharge(mm, vma_charge(vma, mm->page_table.levels));
free_vma:
    kmem_free(vma);
    return error;
}

/* Locks: the page table's. Empties slots from *va on, until end, a table's end, or a full batch. */
static void unmap_slots(struct tlb_batch *batch, pte_t *slot, uint64_t *va, uint64_t end,
                        uint64_t *unmapped)
{
    uint64_t stop = (*va | (LEAF_TABLE_SPAN - 1)) + 1;

    if (stop > end)
        stop = end;
    while (*va < stop && batch->count < TLB_BATCH_PAGES) {
        if (pte_kind(pte_load(slot)) == PTE_PRESENT) {
            struct page *page = pfn_page(pte_pfn(pte_swap(batch->table, *va, slot, 0)));

            tlb_batch_note(batch, *va);
            if (page != zero_page)
                batch->page[batch->count++] = page;
            (*unmapped)++;
        }
        slot++;
        *va += PAGE_SIZE;
    }
}

void unmap_page_range(struct mm_struct *mm, uint64_t start, uint64_t end)
{
    struct page_table *table = &mm->page_table;
    uint64_t unmapped = 0;
    uint64_t va = start;
    bool more = true;

    while (more) {
        struct tlb_batch batch;
        pte_t *slot = NULL;

        tlb_batch_begin(&batch, table);
        spin_lock(&table->lock);
        while (batch.count < TLB_BATCH_PAGES && (slot = next_page_table(table, &va, end)) != NULL)
            unmap_slots(&batch, slot, &va, end, &unmapped);
        spin_unlock(&table->lock);
        tlb_batch_finish(&batch);
        more = slot != NULL;
    }
    __atomic_fetch_sub(&mm->resident, unmapped, __ATOMIC_RELAXED);
}

int mm_map_segment(struct mm_struct *mm, uint64_t va, uint64_t mem_bytes, int prot,
                   struct vm_object *object, uint64_t offset, uint64_t file_bytes)
{
    uint64_t start = PAGE_ROUND_DOWN(va);
    uint64_t lead = va - start; /* the page's bytes before the segment show what the file has there */
    uint64_t access = ACCESS_READ;
    uint64_t end;
    int error;

    if (mem_bytes == 0)
        return 0;
    if (file_bytes > mem_bytes || va + mem_bytes < va || va + mem_bytes > mm_user_end())
        return -ENOEXEC;
    if (file_bytes == 0)
        object = NULL; /* zeros only */
    else if (offset < lead || offset + file_bytes < offset || offset + file_bytes > object->size)
        return -ENOEXEC;
    end = PAGE_ROUND_UP(va + mem_bytes);
    access |= (prot & PROT_WRITE ? ACCESS_WRITE : 0) | (prot & PROT_EXEC ? ACCESS_EXEC : 0);
    rwlock_write_acquire(&mm->lock);
    if (object)
        error = map_page_range(mm, start, end, access, 0, object, offset - lead,
                               file_bytes + lead);
    else
        error = map_page_range(mm, start, end, access, 0, NULL, 0, 0);
    if (!error && end > mm->heap_start && end <= MM_COMMON_END)
        mm->heap_start = mm->heap_end = end;
    rwlock_write_release(&mm->lock);
    return error == -EEXIST ? -ENOEXEC : error;
}

int mm_map_stack(struct mm_struct *mm, uint64_t limit_bytes, uint64_t *top)
{
    uint64_t end = MM_COMMON_END;
    uint64_t start = end - STACK_FIRST_PAGES * PAGE_SIZE;
    uint64_t limit = end - limit_bytes;
    struct commit growth = {.pages = (int64_t)((start - limit) >> PAGE_SHIFT)};
    struct vm_area_struct *next;
    int error = -ENOEXEC;

    rwlock_write_acquire(&mm->lock);
    next = find_vma(mm, limit - STACK_GUARD_BYTES);
    if (next && next->start < end)
        goto unlock;
    if (!commit_always) {
        error = mm_charge(mm, growth);
        if (error)
            goto unlock;
    }
    if (mm->heap_start == 0)
        mm->heap_start = mm->heap_end = HEAP_DEFAULT;
    mm->stack_limit = limit;
    error = map_page_range(mm, start, end, ACCESS_READ | ACCESS_WRITE, VMA_STACK, NULL, 0, 0);
    *top = end;
unlock:
    rwlock_write_release(&mm->lock);
    return error;
}

/* Locks: mm->lock for writing. The area that ends at end becomes longer, by promise as well. */
static int heap_extend(struct mm_struct *mm, struct vm_area_struct *vma, uint64_t end)
{
    struct vm_area_struct longer = {.start = vma->start, .end = end, .access = vma->access,
                                    .flags = vma->flags};
    struct commit had = vma_charge(vma, mm->page_table.levels);
    struct commit wants = vma_charge(&longer, mm->page_table.levels);
    int error = mm_charge(mm, (struct commit){wants.pages - had.pages,
                                              wants.unswappable - had.unswappable});

    if (!error) {
        mm->area_bytes += end - vma->end;
        vma->end = end;
    }
    return error;
}

/* Locks: mm->lock for writing. From and to are multiples of the page size. */
static int heap_grow(struct mm_struct *mm, uint64_t from, uint64_t to, bool lazy)
{
    unsigned flags = VMA_HEAP | (lazy || commit_always ? VMA_UNRESERVED : 0);
    struct vm_area_struct *last = from > 0 ? find_vma(mm, from - 1) : NULL;
    struct vm_area_struct *next = find_vma(mm, from);

    if (to > mm->stack_limit - STACK_GUARD_BYTES || (next && next->start < to))
        return -ENOMEM;
    if (last && last->end == from && last->flags == flags)
        return heap_extend(mm, last, to);
    return map_page_range(mm, from, to, ACCESS_READ | ACCESS_WRITE, flags, NULL, 0, 0);
}

/* Locks: mm->lock for writing. Takes [from, to), the heap's end, away. Heap areas have no ops. */
static void heap_shrink(struct mm_struct *mm, uint64_t from, uint64_t to)
{
    struct vm_area_struct *vma;

    unmap_page_range(mm, from, to);
    mm->area_bytes -= to - from;
    while ((vma = find_vma(mm, from)) != NULL && vma->start < to) {
        struct commit had = vma_charge(vma, mm->page_table.levels);
        struct commit keeps = {0, 0};

        if (vma->start < from) {
            vma->end = from;
            keeps = vma_charge(vma, mm->page_table.levels);
        } else {
            vma_remove(mm, vma);
            kmem_free(vma);
        }
        mm_uncharge(mm, (struct commit){had.pages - keeps.pages,
                                        had.unswappable - keeps.unswappable});
    }
}

int mm_sbrk(struct mm_struct *mm, int64_t bytes, bool lazy, uint64_t *old_break)
{
    uint64_t old_end, new_end;
    int error = 0;

    rwlock_write_acquire(&mm->lock);
    *old_break = mm->heap_end;
    old_end = PAGE_ROUND_UP(mm->heap_end);
    if (bytes >= 0 ? (uint64_t)bytes > MM_COMMON_END
                   : 0 - (uint64_t)bytes > mm->heap_end - mm->heap_start) {
        error = bytes >= 0 ? -ENOMEM : -EINVAL;
        goto unlock;
    }
    new_end = PAGE_ROUND_UP(mm->heap_end + (uint64_t)bytes);
    if (new_end > old_end)
        error = heap_grow(mm, old_end, new_end, lazy);
    else if (new_end < old_end)
        heap_shrink(mm, new_end, old_end);
    if (!error)
        mm->heap_end += (uint64_t)bytes;
unlock:
    rwlock_write_release(&mm->lock);
    return error;
}

void mm_usage(struct mm_struct *mm, uint64_t *resident, uint64_t *swapped, uint64_t *size)
{
    *resident = __atomic_load_n(&mm->resident, __ATOMIC_RELAXED) * PAGE_SIZE;
    *swapped = 0;
    *size = __atomic_load_n(&mm->area_bytes, __ATOMIC_RELAXED);
}
