/*
 * mmap and munmap. Chapter "Memory Mapping".
 *
 * An inode and an mm are never locked together. So areas that go are collected, the mm is unlocked,
 * and then they are closed: that may be the last use of a file.
 */
#include "vm/mapping/mmap.h"

#include "abi/errno.h"
#include "abi/mman.h"
#include "mmu/pte.h"
#include "vm/faults/usercopy.h"
#include "vm/mapping/area.h"

#define OFFSET_END (1ul << 40)
#define LENGTH_MAX (1ul << 40)

uint64_t access_of_prot(int prot)
{
    uint64_t access = 0;

    if (prot & (PROT_READ | PROT_WRITE)) /* no write without read: a reserved encoding */
        access |= ACCESS_READ;
    if (prot & PROT_WRITE)
        access |= ACCESS_WRITE;
    if (prot & PROT_EXEC)
        access |= ACCESS_EXEC;
    return access;
}

int mm_range_end(uint64_t start, uint64_t length, uint64_t *end)
{
    uint64_t bytes = PAGE_ROUND_UP(length);

    if (start & PAGE_MASK)
        return -EINVAL;
    if (bytes < length || !user_range_ok(start, bytes))
        return -ENOMEM;
    *end = start + bytes;
    return 0;
}

/*
 * May a mapping lie there? Not at page 0, not across the end of the user half, and not between the
 * stack and its limit, nor in the guard below that.
 * Returns: 0, -ENOMEM, -EPERM (page 0).
 * Locks: mm->lock.
 */
static int range_check(struct mm_struct *mm, uint64_t start, uint64_t length)
{
    struct vm_area_struct *next;

    if (!user_range_ok(start, length))
        return -ENOMEM;
    if (start < PAGE_SIZE)
        return -EPERM;
    if (start >= MM_COMMON_END || start + length <= mm->stack_limit - STACK_GUARD_BYTES)
        return 0;
    next = find_vma(mm, mm->stack_limit);
    return next && start < next->start ? -ENOMEM : 0;
}

int map_request_check(const struct map_request *request)
{
    uint64_t length = PAGE_ROUND_UP(request->length);
    int kind = request->flags & (MAP_SHARED | MAP_PRIVATE);
    bool fixed = request->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);

    if (request->length == 0 || (kind != MAP_SHARED && kind != MAP_PRIVATE) ||
        (request->prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC)) ||
        (request->offset & PAGE_MASK) || (fixed && (request->address & PAGE_MASK)))
        return -EINVAL;
    if (length < request->length || length > LENGTH_MAX)
        return -ENOMEM;
    if (request->offset > OFFSET_END || request->offset + length > OFFSET_END)
        return -EOVERFLOW;
    return request->refused;
}

/*
 * Fills *range with the place for the mapping. With MAP_FIXED it is at the address, and the areas
 * there are isolated. With MAP_FIXED_NOREPLACE it is there, too. Else the address is a hint.
 * Returns: 0, -ENOMEM, -EPERM.
 * Locks: mm->lock for writing.
 */
static int find_place(struct mm_struct *mm, const struct map_request *request, uint64_t length,
                      struct vma_range *range)
{
    uint64_t hint = PAGE_ROUND_DOWN(request->address);
    int error = range_check(mm, hint, length);

    if (!error && (request->flags & MAP_FIXED))
        return areas_isolate(mm, hint, hint + length, range);
    if (!error)
        vma_find_range(mm, hint, hint + length, range);
    if ((request->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) ||
        (!error && range->first == range->above))
        return error;
    return vma_find_gap(mm, length, mm->stack_limit - STACK_GUARD_BYTES, range) &&
           range->start >= PAGE_SIZE ? 0 : -ENOMEM;
}

int mm_map(struct mm_struct *mm, const struct map_request *request, uint64_t *start)
{
    uint64_t length = PAGE_ROUND_UP(request->length);
    bool shared = request->flags & MAP_SHARED, lazy = request->flags & MAP_NORESERVE;
    struct area_request area = {
        .access = access_of_prot(request->prot),
        .access_max = ACCESS_READ | ACCESS_WRITE | ACCESS_EXEC,
        .flags = shared ? VMA_SHARED : lazy ? VMA_UNRESERVED : 0,
        .object = request->object,
        .offset = request->object ? request->offset : 0,
        .file_bytes = request->object ? length : 0,
    };
    struct list_head closing;
    struct vma_range range;
    int error = map_request_check(request);

    if (error)
        return error;
    if (shared && !request->may_write)
        area.access_max &= ~(uint64_t)ACCESS_WRITE;
    list_init(&closing);
    rwlock_write_acquire(&mm->lock);
    error = find_place(mm, request, length, &range);
    if (!error)
        error = map_page_range(mm, &range, &area, request->flags & MAP_FIXED ? &closing : NULL);
    rwlock_write_release(&mm->lock);
    areas_close(&closing);
    *start = error ? 0 : range.start;
    return error;
}

int mm_unmap(struct mm_struct *mm, uint64_t start, uint64_t length)
{
    uint64_t bytes = PAGE_ROUND_UP(length);
    struct list_head closing;
    int error;

    if ((start & PAGE_MASK) || length == 0 || bytes < length || !user_range_ok(start, bytes))
        return -EINVAL;
    list_init(&closing);
    rwlock_write_acquire(&mm->lock);
    error = areas_remove(mm, start, start + bytes, &closing);
    rwlock_write_release(&mm->lock);
    areas_close(&closing);
    return error;
}
