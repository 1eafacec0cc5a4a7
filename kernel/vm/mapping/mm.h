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

#include "lib/list.h"
#include "lib/rbtree.h"
#include "mem/vm_stat.h"
#include "mmu/page_table.h"
#include "thread/sleeplock.h"
#include "vm/mapping/commit.h"

struct family;
struct quota;
struct vm_object;
struct vm_area_struct;
struct vma_range;

#define MM_EVENTS (VM_STAT_EVICT_DIRTY + 1) /* the first of enum vm_stat_item */

struct mm_struct {
    struct rwlock lock;
    struct sleeplock mlock_lock;       /* RANK_OUTER: one mlock at a time, until it is settled */
    struct page_table page_table;      /* p */
    struct rb_root vmas;               /* m: by address, do not overlap */
    struct vm_area_struct *last_found; /* a: hint for find_vma */
    uint32_t vma_count;                /* m */
    uint64_t heap_start, heap_end;     /* m: the break is heap_end, any byte */
    uint64_t stack_limit;              /* m: lowest address that the stack may grow to; 0: fork or
                                          exec is not done, and tables_trim leaves mm alone */
    struct commit charged;             /* m: what was promised to it */
    struct commit locked;              /* m: the part of it that mlock made */
    uint64_t resident;                 /* a: pages mapped */
    uint64_t swapped;                  /* a: entries that show a swap slot */
    struct quota *quota;               /* m, p: or NULL; see vm/extra/quota.h */
    struct family *family;             /* c: see vm/replacement/family.h */
    struct list_head family_link;      /* the family's */
    uint16_t number;                   /* c: by which pages remember it */
    uint32_t users;                    /* a: the process, and what looks at it meanwhile */
    uint64_t events[MM_EVENTS];        /* a: what happened to this space: enum vm_stat_item */
    uint64_t area_bytes;               /* m to change, read freely: of all areas */
    int pid;                           /* c after exec or fork: for messages only */
    char name[24];
};

/*
 * The end of a user half that is the same in every mode, less 1 MiB in which nothing is ever
 * mapped; the stack lies below it, a guard below the stack.
 */
#define MM_COMMON_END ((1ul << 38) - (1ul << 20))
#define STACK_GUARD_BYTES (64ul * 1024)
#define HEAP_DEFAULT 0x40000000ul /* of a program with all segments above MM_COMMON_END */
#define MM_MAX_AREAS 131072u

/* Counts an event for the space. item: below MM_EVENTS. */
static inline void mm_event(struct mm_struct *mm, unsigned item)
{
    __atomic_fetch_add(&mm->events[item], 1, __ATOMIC_RELAXED);
}

/* The same for the machine, too. */
static inline void mm_count(struct mm_struct *mm, enum vm_stat_item item)
{
    update_vm_stats(item, 1);
    mm_event(mm, item);
}

/*
 * An empty space, or NULL; of sibling's family (fork), or with NULL of a new one (exec). Sleeps.
 */
struct mm_struct *mm_create(struct mm_struct *sibling);
/*
 * One user less; the last one unmaps everything and gives it back. It runs nowhere then. Sleeps;
 * holds nothing.
 */
void mm_put(struct mm_struct *mm);
bool mm_try_get(struct mm_struct *mm); /* one more, unless the last has gone */
/* Makes mm (NULL: the kernel's own root) the running thread's address space. */
void mm_switch(struct mm_struct *mm);

/* What an area is to be. Offset in bytes; access: ACCESS_... bits; flags: enum vma_flag. */
struct area_request {
    uint64_t access, access_max;
    unsigned flags;
    struct vm_object *object; /* or NULL */
    uint64_t offset, file_bytes;
};

/*
 * Makes an area of range, with what is promised for it, or an area beside it that is alike larger;
 * nothing is mapped yet. What is there, isolated, goes as by areas_remove; without closing (NULL)
 * nothing may be there. 0, -ENOMEM, -EEXIST, -ETXTBSY, and then nothing is changed. Locks: mm->lock
 * for writing. Sleeps.
 */
int map_page_range(struct mm_struct *mm, struct vma_range *range,
                   const struct area_request *request, struct list_head *closing);

/*
 * Takes [start, end) out of the space: pages, and areas, which are split at the edges. The areas
 * come onto *closing: call areas_close when the mm lock was let go. 0, or -ENOMEM
 * (for a split) and nothing is changed. Locks: mm->lock for writing.
 */
int areas_remove(struct mm_struct *mm, uint64_t start, uint64_t end, struct list_head *closing);
void areas_close(struct list_head *closing); /* Sleeps; holds nothing. */
void area_close(struct vm_area_struct *vma); /* The same for one, which is in no tree. */

/*
 * Splits the areas that begin or end in [start, end) and reach out of it; *range is then what is
 * there. 0, or -ENOMEM and nothing is changed. Locks: as above.
 */
int areas_isolate(struct mm_struct *mm, uint64_t start, uint64_t end, struct vma_range *range);
/* mlock of all areas of range, whole ones: 0, or -ENOMEM and of none. Locks: mm's. */
int areas_lock(struct mm_struct *mm, const struct vma_range *range);
/* Ends that for one. Locks: mm's. */
void area_unlock(struct mm_struct *mm, struct vm_area_struct *vma);
/*
 * The stack's area comes down to the page va. 0 or -ENOMEM. Takes the mm lock for writing. Sleeps.
 */
int stack_grow(struct mm_struct *mm, uint64_t va);
/*
 * Joins the areas of [start, end] that are alike, with each other and their neighbours. Locks: as
 * above.
 */
void areas_merge(struct mm_struct *mm, uint64_t start, uint64_t end);

/*
 * Unmaps the pages of [start, end) and drops them; areas are not touched. Fences where the space
 * may be cached. Locks: mm->lock for writing.
 */
void unmap_page_range(struct mm_struct *mm, uint64_t start, uint64_t end);

/* More or less is promised to mm. Locks: mm->lock for writing. 0 or -ENOMEM. */
int mm_charge(struct mm_struct *mm, struct commit amount);
void mm_uncharge(struct mm_struct *mm, struct commit amount);

/*
 * mmap. flags: MAP_... of abi/mman.h, checked by the caller to be known; object: the file's, with
 * may_write when it is open for writing, or NULL for anonymous memory. 0 and *start, or -EINVAL,
 * -ENOMEM, -EEXIST, -EACCES, -EPERM, -ETXTBSY, -EOVERFLOW. Sleeps.
 */
struct map_request {
    uint64_t address, length;
    int prot, flags;
    struct vm_object *object;
    int refused; /* why the file cannot be mapped in this way, or 0: comes after -EINVAL */
    bool may_write;
    uint64_t offset;
};
int mm_map(struct mm_struct *mm, const struct map_request *request, uint64_t *start);
/* Of whole pages from start on: 0 and *end, or -EINVAL, -ENOMEM. */
int mm_range_end(uint64_t start, uint64_t length, uint64_t *end);
uint64_t access_of_prot(int prot); /* ACCESS_... bits; PROT_WRITE brings reading along */
/*
 * The calls of the same names; each Sleeps, holding nothing, and returns 0 or -errno as POSIX has
 * it.
 */
int mm_unmap(struct mm_struct *mm, uint64_t start, uint64_t length);
int mm_protect(struct mm_struct *mm, uint64_t start, uint64_t length, int prot);
int mm_sync(struct mm_struct *mm, uint64_t start, uint64_t length, int flags);
int mm_advise(struct mm_struct *mm, uint64_t start, uint64_t length, int advice);
int mm_mlock(struct mm_struct *mm, uint64_t start, uint64_t length, bool locked);
/* One byte a page into present[]: 1 where no access would have to wait. */
int mm_present(struct mm_struct *mm, uint64_t start, uint64_t pages, unsigned char *present);
/* Touches each page of the range, as a load or, where it is allowed, as a store would. */
int mm_populate(struct mm_struct *mm, uint64_t start, uint64_t length);
/*
 * Frames for tables of unreserved memory: each gets a promise of its own, until it is freed. 0 or
 * -ENOMEM.
 */
int tables_charge(struct table_supply *tables);
/* Frees the page tables of mm that are empty now; they stay promised. A space that fork still fills
 * is left alone. Sleeps; holds nothing. */
void tables_trim(struct mm_struct *mm);

/*
 * fork: child is new and empty. Copies areas and page tables; private pages are shared until one
 * writes. 0 or -ENOMEM (then child is to be destroyed). Sleeps.
 */
int mm_fork(struct mm_struct *parent, struct mm_struct *child);

/*
 * exec: one ELF segment. Maps [va, va + mem_bytes): the first file_bytes come from object at offset
 * (any byte offset), the rest is zero. Nothing is read. prot: PROT_... 0, -ENOMEM, -ETXTBSY,
 * -ENOEXEC (overlap, out of the user half, wrap-around). Takes a use of object while the area
 * lives.
 */
int mm_map_segment(struct mm_struct *mm, uint64_t va, uint64_t mem_bytes, int prot,
                   struct vm_object *object, uint64_t offset, uint64_t file_bytes);
/*
 * exec, after the segments: the heap starts at the page after the last segment; the stack's area
 * with its limit. Returns 0 and the stack's top (16-aligned, exclusive). Sleeps.
 */
int mm_map_stack(struct mm_struct *mm, uint64_t limit_bytes, uint64_t *top);

/* sbrk. Returns 0 and the old break, or -ENOMEM, -EINVAL. lazy: unreserved. Sleeps. */
int mm_sbrk(struct mm_struct *mm, int64_t bytes, bool lazy, uint64_t *old_break);

/* Bytes: mapped now, in swap, and of address space. For ps. Locks: none; never sleeps. */
void mm_usage(struct mm_struct *mm, uint64_t *resident, uint64_t *swapped, uint64_t *size);

/* One past the highest user address in this paging mode, less the guard at its end. */
static inline uint64_t mm_user_end(void)
{
    return user_half_end(paging_levels) - (1ul << 20);
}

#endif
