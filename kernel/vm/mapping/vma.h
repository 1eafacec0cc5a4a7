/*
 * Areas of an address space. Chapter "Memory Mapping". An area is a range of pages with one kind of
 * content and one protection; areas do not overlap, and lie in a red-black tree by address.
 *
 * A walk over the areas of an object holds its vma_lock alone. It relies on start and offset, which
 * stay while an area is listed, on file_bytes, and on each mapped byte being listed at any time.
 *
 * guards: m = mm->lock (write to change); c = constant; v = object->vma_lock
 */
#ifndef VM_VMA_H
#define VM_VMA_H

#include "vm/cache/object.h"
#include "vm/faults/fault_kind.h"
#include "vm/mapping/mm.h"

struct vm_fault;

enum vma_flag {
    VMA_STACK = 1,      /* grows down on demand */
    VMA_HEAP = 2,
    VMA_UNRESERVED = 4, /* its pages are charged when they are touched first */
    VMA_SHARED = 8,     /* stores go to the object */
    VMA_CHARGED = 16,   /* private pages are promised; they stay so when it becomes read-only */
    VMA_WIRED = 32,     /* mlock */
    VMA_RANDOM = 64,    /* madvise */
    VMA_SEQUENTIAL = 128,
    VMA_IMAGE = 256,    /* a segment of the program: its file is not written meanwhile */
    VMA_LOCKING = 512,  /* mlock still brings its pages; where that fails, it is not locked */
};

/* What an area's content has its own way of doing. */
struct vm_operations_struct {
    /*
     * The area was made, or is a copy (by fork, or the upper part of one that was split), which
     * does not fail. mm lock held. 0 or -ETXTBSY.
     */
    int (*open)(struct vm_area_struct *vma);
    /* the area is gone from its mm. Sleeps; holds nothing */
    void (*close)(struct vm_area_struct *vma);
    /* Brings the content of fault->va, by one of the kinds FILE_...; see fault.h. mm lock held
     * for reading. */
    enum fault_result (*fault)(struct vm_fault *fault, enum fault_kind kind);
};

struct vm_area_struct {
    union {
        struct rb_node node;           /* m */
        struct list_head closing_link; /* of what closes it, when it is in no tree any more */
    };
    uint64_t start, end;       /* m: [start, end), whole pages */
    uint64_t gap, largest_gap; /* m: free bytes below start; the largest in the node's subtree */
    uint16_t access;           /* m: ACCESS_... bits */
    uint16_t access_max;       /* c: what mprotect may give */
    unsigned flags;            /* m: enum vma_flag */
    struct mm_struct *mm;      /* c */
    const struct vm_operations_struct *ops; /* c: NULL: anonymous memory, nothing special */
    struct vm_object *object;  /* c: or NULL */
    uint64_t offset;           /* m: of start in the object, in bytes */
    uint64_t file_bytes;       /* m and v: so much from start on is the object's; then zeros */
    struct list_head object_link; /* v */
};

/* The first area that ends above va, or NULL; it may begin above va. Locks: mm->lock. */
struct vm_area_struct *find_vma(struct mm_struct *mm, uint64_t va);
/* The area after this one, or NULL. Locks: mm->lock. */
struct vm_area_struct *vma_next(struct vm_area_struct *vma);
/* The area before this one, or NULL; the highest of all, or NULL. Locks: mm->lock. */
struct vm_area_struct *vma_last(struct mm_struct *mm);
struct vm_area_struct *vma_prev(struct vm_area_struct *vma);
/* Takes it out of the tree. The area after it, or NULL. Locks: mm->lock for writing. */
struct vm_area_struct *vma_remove(struct mm_struct *mm, struct vm_area_struct *vma);
/* Moves its bounds; they meet no other area. Locks: mm->lock for writing. */
void vma_resize(struct vm_area_struct *vma, uint64_t start, uint64_t end);

/*
 * The areas in and around [start, end), each or NULL. Good until an area comes, goes or moves.
 * Where none is in it, first is above and last is below.
 */
struct vma_range {
    uint64_t start, end;
    struct vm_area_struct *below; /* the last that ends at or below start */
    struct vm_area_struct *first; /* the first that ends above start */
    struct vm_area_struct *last;  /* the last that begins below end */
    struct vm_area_struct *above; /* the first that begins at or above end */
};

/* Locks: mm->lock. */
void vma_find_range(struct mm_struct *mm, uint64_t start, uint64_t end, struct vma_range *range);

/* The highest range of length free bytes below top. False: there is none. O(log n). */
bool vma_find_gap(struct mm_struct *mm, uint64_t length, uint64_t top, struct vma_range *range);
/* Puts vma where range has no area. Locks: mm->lock for writing. Owns: the tree. */
void vma_insert(struct mm_struct *mm, struct vm_area_struct *vma, const struct vma_range *range);

/* How far a range may grow: to the end of the area below it, to the start of the one above. */
static inline uint64_t vma_floor(const struct vm_area_struct *below)
{
    return below ? below->end : 0;
}

static inline uint64_t vma_ceiling(const struct vm_area_struct *above)
{
    return above ? above->start : UINT64_MAX;
}

/* Does it promise frames for its private pages, page by page? */
static inline bool vma_is_charged(const struct vm_area_struct *vma)
{
    return (vma->flags & (VMA_CHARGED | VMA_UNRESERVED)) == VMA_CHARGED;
}

/* Is the page at va one that the object's own cached page can serve, unshifted and whole? */
static inline bool vma_maps_whole_page(const struct vm_area_struct *vma, uint64_t va)
{
    return ((vma->offset ^ vma->start) & PAGE_MASK) == 0 &&
           va + PAGE_SIZE - vma->start <= vma->file_bytes;
}

#endif
