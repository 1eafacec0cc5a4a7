/*
 * mmap and munmap. Chapter "Memory Mapping".
 */
#pragma once

#include "vm/mapping/mm.h"

struct map_request {
    uint64_t address, length;
    int prot, flags;          /* PROT_..., MAP_...: the caller has refused unknown ones */
    struct vm_object *object; /* a file's, or shared memory's; NULL: private memory */
    int refused;              /* why the file cannot be mapped in this way, or 0 */
    bool may_write;           /* stores to object are allowed */
    uint64_t offset;          /* in bytes */
};

/*
 * mmap. *start becomes the address. Nothing is brought: MAP_POPULATE is the caller's.
 * Returns: 0, -EINVAL, -ENOMEM, -EEXIST, -EACCES, -EPERM, -ETXTBSY, -EOVERFLOW. A request that is
 *          wrong in itself (map_request_check) gets that error, even where request->refused is set.
 * Locks: none.
 * Sleeps.
 */
int mm_map(struct mm_struct *mm, const struct map_request *request, uint64_t *start);
/* Returns: 0, or what mm_map returns for such a request in any space. */
int map_request_check(const struct map_request *request);
/*
 * munmap, as POSIX has it.
 * Returns: 0, -EINVAL, -ENOMEM (for a split).
 * Locks: none.
 * Sleeps.
 */
int mm_unmap(struct mm_struct *mm, uint64_t start, uint64_t length);

/*
 * The end of the whole pages from start on that hold length bytes.
 * Returns: 0, -EINVAL (start is no page's), -ENOMEM (not in the user half).
 */
int mm_range_end(uint64_t start, uint64_t length, uint64_t *end);
/* ACCESS_... bits. PROT_WRITE brings reading along. */
uint64_t access_of_prot(int prot);
