/*
 * The areas that a program has from the start: segments and stack, by exec, and the heap. Chapter
 * "Memory Mapping".
 */
#include "vm/mapping/image.h"

#include "abi/errno.h"
#include "abi/mman.h"
#include "vm/mapping/area.h"
#include "vm/mapping/charge.h"
#include "vm/mapping/mmap.h"

#define STACK_FIRST_PAGES 4ul /* of the stack's area when it is made */

int mm_map_segment(struct mm_struct *mm, uint64_t va, uint64_t mem_bytes, int prot,
                   struct vm_object *object, uint64_t offset, uint64_t file_bytes)
{
    uint64_t start = PAGE_ROUND_DOWN(va);
    uint64_t lead = va - start; /* bytes of the page before the segment: the file's, too */
    uint64_t access = access_of_prot(prot | PROT_READ);
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

/* Locks: mm->lock for writing. Memory to read and write, in range; flags: enum vma_flag. */
static int map_memory(struct mm_struct *mm, struct vma_range *range, unsigned flags)
{
    return map_page_range(mm, range, &(struct area_request){
                                  .access = ACCESS_READ | ACCESS_WRITE,
                                  .access_max = ACCESS_READ | ACCESS_WRITE | ACCESS_EXEC,
                                  .flags = flags,
                              }, NULL);
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
    error = commit_always ? 0 : mm_charge(mm, growth);
    if (error)
        goto unlock;
    if (mm->heap_start == 0)
        mm->heap_start = mm->heap_end = HEAP_DEFAULT;
    mm->stack_limit = limit;
    error = map_memory(mm, &range, VMA_STACK);
    __atomic_store_n(&mm->is_ready, true, __ATOMIC_RELEASE);
    *top = end;
unlock:
    rwlock_write_release(&mm->lock);
    return error;
}

int stack_grow(struct mm_struct *mm, uint64_t va)
{
    struct vm_area_struct *vma;
    struct vma_range range;
    int error = 0;

    rwlock_write_acquire(&mm->lock);
    vma_find_range(mm, va, va + PAGE_SIZE, &range);
    vma = range.above;
    if (vma && (vma->flags & VMA_STACK) && va >= mm->stack_limit) {
        /* The pages were charged with the limit; only tables can be new. */
        if (!(vma->flags & VMA_UNRESERVED))
            error = mm_charge(mm, (struct commit){
                .unswappable = tables_owed(mm, va, vma->start, range.below, vma)});
        if (!error) {
            mm->area_bytes += vma->start - va;
            vma_resize(vma, va, vma->end);
        }
    }
    rwlock_write_release(&mm->lock);
    return error;
}

int mm_sbrk(struct mm_struct *mm, int64_t bytes, bool lazy, uint64_t *old_break)
{
    struct list_head closing;
    uint64_t old_end, new_end;
    struct vma_range range;
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
    vma_find_range(mm, old_end, new_end, &range);
    if (new_end > mm->stack_limit - STACK_GUARD_BYTES)
        error = -ENOMEM;
    else if (new_end > old_end)
        error = map_memory(mm, &range, VMA_HEAP | (lazy ? VMA_UNRESERVED : 0));
    else if (new_end < old_end)
        error = areas_remove(mm, new_end, old_end, &closing);
    if (!error)
        mm->heap_end += (uint64_t)bytes;
unlock:
    rwlock_write_release(&mm->lock);
    areas_close(&closing);
    return error == -EEXIST ? -ENOMEM : error;
}
