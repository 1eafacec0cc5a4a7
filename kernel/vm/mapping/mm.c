/*
 * Address spaces: made, filled by exec and sbrk, destroyed. Chapter "Memory Mapping". Fork is in
 * vm/mapping/mm_fork.c.
 *
 * What always holds: mm->charged is the sum of what its areas were promised, plus the whole stack
 * limit and the root table; a frame leaves the page table only through a TLB batch.
 */
#include "vm/mapping/mm.h"

#include "abi/errno.h"
#include "abi/mman.h"
#include "mem/kmem.h"
#include "mmu/tlb.h"
#include "riscv/csr.h"
#include "thread/thread.h"
#include "vm/extra/quota.h"
#include "vm/mapping/vma.h"
#include "vm/replacement/family.h"

#define STACK_FIRST_PAGES 4ul /* of the stack's area when it is made */

static const struct commit root_charge = {.unswappable = 1};

struct mm_struct *mm_create(struct mm_struct *sibling)
{
    struct mm_struct *mm = kmem_alloc(sizeof(*mm), 0);

    if (!mm)
        return NULL;
    rwlock_init(&mm->lock, "mm", RANK_MM);
    sleeplock_init(&mm->mlock_lock, "mlock", RANK_OUTER);
    if (mm_charge(mm, root_charge) != 0)
        goto free_mm;
    if (page_table_init(&mm->page_table, paging_levels) != 0)
        goto uncharge;
    if (family_join(mm, sibling) != 0)
        goto free_table;
    mm->users = 1;
    return mm;

free_table:
    page_table_destroy(&mm->page_table);
uncharge:
    mm_uncharge(mm, root_charge);
free_mm:
    kmem_free(mm);
    return NULL;
}

static void mm_destroy(struct mm_struct *mm)
{
    struct vm_area_struct *vma;

    while ((vma = find_vma(mm, 0)) != NULL) {
        unmap_page_range(mm, vma->start, vma->end);
        vma_remove(mm, vma);
        area_close(vma);
    }
    family_leave(mm);
    quota_free(mm);
    page_table_destroy(&mm->page_table);
    commit_release(mm->charged);
    kmem_free(mm);
}

void mm_put(struct mm_struct *mm)
{
    if (__atomic_fetch_sub(&mm->users, 1, __ATOMIC_ACQ_REL) == 1)
        mm_destroy(mm);
}

bool mm_try_get(struct mm_struct *mm)
{
    uint32_t users = __atomic_load_n(&mm->users, __ATOMIC_RELAXED);

    while (users != 0)
        if (__atomic_compare_exchange_n(&mm->users, &users, users + 1, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED))
            return true;
    return false;
}

/*
 * Interrupts are off between leaving one space and entering the other, so no switch sees it half
 * done.
 */
void mm_switch(struct mm_struct *mm)
{
    struct thread *thread = current_thread();
    uint64_t interrupts = interrupts_save();

    page_table_leave(thread->space);
    thread->space = mm ? &mm->page_table : NULL;
    page_table_enter(thread->space);
    interrupts_restore(interrupts);
}

int mm_map_segment(struct mm_struct *mm, uint64_t va, uint64_t mem_bytes, int prot,
                   struct vm_object *object, uint64_t offset, uint64_t file_bytes)
{
    uint64_t start = PAGE_ROUND_DOWN(va);
    /* the page's bytes before the segment show what the file has there */
    uint64_t lead = va - start;
    uint64_t access = ACCESS_READ;
    struct vma_range range;
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
    vma_find_range(mm, start, end, &range);
    error = map_page_range(mm, &range, &(struct area_request){
                                   .access = access,
                                   .access_max = access | ACCESS_WRITE | ACCESS_EXEC,
                                   .flags = VMA_IMAGE,
                                   .object = object,
                                   .offset = object ? offset - lead : 0,
                                   .file_bytes = object ? file_bytes + lead : 0,
                               }, NULL);
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
    struct vma_range range;
    int error = -ENOEXEC;

    rwlock_write_acquire(&mm->lock);
    vma_find_range(mm, limit - STACK_GUARD_BYTES, end, &range);
    if (range.first != range.above)
        goto unlock;
    range.start = start;
    if (!commit_always) {
        error = mm_charge(mm, growth);
        if (error)
            goto unlock;
    }
    if (mm->heap_start == 0)
        mm->heap_start = mm->heap_end = HEAP_DEFAULT;
    mm->stack_limit = limit;
    error = map_page_range(mm, &range, &(struct area_request){
                                   .access = ACCESS_READ | ACCESS_WRITE,
                                   .access_max = ACCESS_READ | ACCESS_WRITE | ACCESS_EXEC,
                                   .flags = VMA_STACK,
                               }, NULL);
    *top = end;
unlock:
    rwlock_write_release(&mm->lock);
    return error;
}

/* Locks: mm->lock for writing. From and to are multiples of the page size. */
static int heap_grow(struct mm_struct *mm, uint64_t from, uint64_t to, bool lazy)
{
    struct area_request request = {
        .access = ACCESS_READ | ACCESS_WRITE,
        .access_max = ACCESS_READ | ACCESS_WRITE | ACCESS_EXEC,
        .flags = VMA_HEAP | (lazy ? VMA_UNRESERVED : 0),
    };
    struct vma_range range;
    int error;

    if (to > mm->stack_limit - STACK_GUARD_BYTES)
        return -ENOMEM;
    vma_find_range(mm, from, to, &range);
    error = map_page_range(mm, &range, &request, NULL);
    return error == -EEXIST ? -ENOMEM : error;
}

int mm_sbrk(struct mm_struct *mm, int64_t bytes, bool lazy, uint64_t *old_break)
{
    struct list_head closing;
    uint64_t old_end, new_end;
    int error = 0;

    list_init(&closing);
    rwlock_write_acquire(&mm->lock);
    *old_break = mm->heap_end;
    old_end = PAGE_ROUND_UP(mm->heap_end);
    if (bytes >= 0 ? (uint64_t)bytes > MM_COMMON_END
                   : 0 - (uint64_t)bytes > mm->heap_end - mm->heap_start) {
        /* As in xv6, taking away more than there is from address 0 on changes nothing. */
        if (bytes >= 0 || 0 - (uint64_t)bytes <= mm->heap_end)
            error = bytes >= 0 ? -ENOMEM : -EINVAL;
        goto unlock;
    }
    new_end = PAGE_ROUND_UP(mm->heap_end + (uint64_t)bytes);
    if (new_end > old_end)
        error = heap_grow(mm, old_end, new_end, lazy);
    else if (new_end < old_end)
        error = areas_remove(mm, new_end, old_end, &closing);
    if (!error)
        mm->heap_end += (uint64_t)bytes;
unlock:
    rwlock_write_release(&mm->lock);
    areas_close(&closing);
    return error;
}

void mm_usage(struct mm_struct *mm, uint64_t *resident, uint64_t *swapped, uint64_t *size)
{
    *resident = __atomic_load_n(&mm->resident, __ATOMIC_RELAXED) * PAGE_SIZE;
    *swapped = __atomic_load_n(&mm->swapped, __ATOMIC_RELAXED) * PAGE_SIZE;
    *size = __atomic_load_n(&mm->area_bytes, __ATOMIC_RELAXED);
}
