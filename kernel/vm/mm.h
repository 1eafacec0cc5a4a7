/*
 * An address space: page table, areas (VMAs), break, promises. Chapters "Memory Mapping" and
 * "Page Fault Handling".
 *
 * guards: m = lock (sleeping, RANK_MM; read to look, write to change); a = atomic; c = constant;
 *         p = the page table's lock
 */
#ifndef VM_MM_H
#define VM_MM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/rbtree.h"
#include "mmu/page_table.h"
#include "thread/sleeplock.h"
#include "vm/commit.h"

struct vm_object;
struct vm_area_struct;

struct mm_struct {
    struct rwlock lock;
    struct page_table page_table;      /* p */
    struct rb_root vmas;               /* m: by address, do not overlap */
    struct vm_area_struct *last_found; /* a: hint for find_vma */
    uint32_t vma_count;                /* m */
    uint64_t heap_start, heap_end;     /* m: the break is heap_end, any byte */
    uint64_t stack_limit;              /* m: lowest address that the stack may grow to */
    struct commit charged;             /* m: what was promised to it */
    uint64_t resident;                 /* a: pages mapped */
    uint64_t area_bytes;               /* m to change, read freely: of all areas */
    int pid;                           /* c after exec or fork: for messages only */
    char name[24];
};

/*
 * The end of a user half that is the same in every mode, less 1 MiB in which nothing is ever mapped;
 * the stack lies below it, a guard below the stack.
 */
#define MM_COMMON_END ((1ul << 38) - (1ul << 20))
#define STACK_GUARD_BYTES (64ul * 1024)
#define HEAP_DEFAULT 0x40000000ul /* of a program whose segments all lie above MM_COMMON_END */
#define MM_MAX_AREAS 131072u

/* An empty space, or NULL. Sleeps. */
struct mm_struct *mm_create(void);
/* Unmaps everything, gives everything back. The space runs nowhere. Sleeps; holds nothing. */
void mm_destroy(struct mm_struct *mm);
/* Makes mm (NULL: the kernel's own root) the running thread's address space. */
void mm_switch(struct mm_struct *mm);

/*
 * Makes an area [start, end) with what is promised for it; nothing is mapped yet. access: ACCESS_...
 * bits; flags: enum vma_flag; object may be NULL. 0, -ENOMEM, -EEXIST (overlap).
 * Locks: mm->lock for writing. Sleeps.
 */
int map_page_range(struct mm_struct *mm, uint64_t start, uint64_t end, uint64_t access,
                   unsigned flags, struct vm_object *object, uint64_t offset, uint64_t file_bytes);
/*
 * Unmaps the pages of [start, end) and drops them; areas are not touched. Fences where the space may
 * be cached. Locks: mm->lock for writing, or nobody else has mm. Sleeps not, but no spinlock held.
 */
void unmap_page_range(struct mm_struct *mm, uint64_t start, uint64_t end);

/*
 * fork: child is new and empty. Copies areas and page tables; private pages are shared until one
 * writes. 0 or -ENOMEM (then child is to be destroyed). Sleeps.
 */
int mm_fork(struct mm_struct *parent, struct mm_struct *child);

/*
 * exec: one ELF segment. Maps [va, va + mem_bytes): the first file_bytes come from object at offset
 * (any byte offset), the rest is zero. Nothing is read. prot: PROT_... 0, -ENOMEM, -ENOEXEC
 * (overlap, out of the user half, wrap-around). Takes a use of object for as long as the area lives.
 */
int mm_map_segment(struct mm_struct *mm, uint64_t va, uint64_t mem_bytes, int prot,
                   struct vm_object *object, uint64_t offset, uint64_t file_bytes);
/* exec, after the segments: the heap starts at the page after the last segment; the stack's area with its
 * limit. Returns 0 and the stack's top (16-aligned, exclusive). Sleeps. */
int mm_map_stack(struct mm_struct *mm, uint64_t limit_bytes, uint64_t *top);

/* sbrk. Returns 0 and the old break, or -ENOMEM, -EINVAL. lazy: unreserved. Sleeps. */
int mm_sbrk(struct mm_struct *mm, int64_t bytes, bool lazy, uint64_t *old_break);

/* Bytes: mapped now, in swap, and of address space. For ps. Locks: none; never sleeps. */
void mm_usage(struct mm_struct *mm, uint64_t *resident, uint64_t *swapped, uint64_t *size);

/* One past the highest user address in this paging mode, less the guard at its end. */
uint64_t mm_user_end(void);

#endif
