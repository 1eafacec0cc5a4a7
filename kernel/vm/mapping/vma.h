/*
 * Areas of an address space, and the tree in which they lie. Chapter "Memory Mapping".
 *
 * An area is a range of whole pages with one kind of content and one protection. Areas do not
 * overlap. They lie in a red-black tree by address, so a fault finds its area in O(log n). mmap
 * asks another question: where is room for n pages? So each node also knows the gap, the free
 * addresses between the area before (or 0) and its own start, and the largest gap in its subtree:
 *
 *     page   0     2        5  6           10    12          16
 *            |     |   A    |  |     B     |     |     C     |
 *     gap     <-2->          <1>            <-2->             no node's
 *
 *                       B [6, 10)  gap 1, largest 2
 *                      /                           \
 *     A [2, 5)  gap 2, largest 2         C [12, 16)  gap 2, largest 2
 *
 * vma_find_gap() takes the highest room: first above the last area, then down the tree, to the
 * right where the largest gap is large enough, else the node's own gap, else to the left. For two
 * pages below page 15 it goes right from B and takes [10, 12), C's gap. For three pages it sees in
 * the root alone that there is no such gap. An insert, a removal or a new border changes the gap of
 * the area and of the next one; the tree brings `largest` up to date on the way to the root.
 *
 * Most callers have a range, not an address: struct vma_range says which areas are in it and which
 * lie beside it, so that an area is inserted without a second search.
 *
 * What an area shows is private memory, which begins with zeros (object is NULL), or a piece of an
 * object: a file, or shared memory. Byte i of the area is byte offset + i of the object, up to
 * file_bytes; zeros follow. The areas of an object are on its list, under object->vma_lock; a walk
 * over them holds that lock alone. It relies on start and offset, which stay while an area is
 * listed, on file_bytes, and on each mapped byte being listed at any time.
 *
 * guards: m = mm->lock (write to change); c = constant; v = object->vma_lock
 */
#pragma once

#include "vm/cache/object.h"
#include "vm/faults/fault_kind.h"
#include "vm/mapping/mm.h"

struct vm_fault;

enum vma_flag {
    VMA_STACK = 1,      /* grows down on demand */
    VMA_HEAP = 2,
    VMA_UNRESERVED = 4, /* its pages are charged when they are touched first */
    VMA_SHARED = 8,     /* stores go to the object */
    VMA_CHARGED = 16,   /* charged for its private pages, and stays so when it becomes read-only */
    VMA_WIRED = 32,     /* mlock */
    VMA_RANDOM = 64,    /* madvise */
    VMA_SEQUENTIAL = 128,
    VMA_IMAGE = 256,    /* a segment of the program: its file is not written meanwhile */
    VMA_LOCKING = 512,  /* mlock still brings its pages; where that fails, it is not locked */
};

/* What an area of an object does in its own way. */
struct vm_operations_struct {
    /*
     * The area was made, or is a copy (by fork, or the upper part of one that was split): takes a
     * use of the object, and puts the area onto its list.
     * Returns: 0, or -ETXTBSY, never for a copy.
     * Locks: mm->lock for writing.
     */
    int (*open)(struct vm_area_struct *vma);
    /*
     * The area has left its tree: undoes open.
     * Locks: none.
     * Sleeps.
     */
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

/*
 * The first area that ends above va. It may begin above va: compare its start.
 * mm->last_found, the area that was found last, is looked at first: it is the answer if va is in
 * it. What the search finds, though it may begin above va, becomes last_found.
 * Several readers may do so at once, so last_found is loaded and stored atomically (relaxed).
 * Returns: the area, or NULL.
 * Locks: mm->lock.
 */
struct vm_area_struct *find_vma(struct mm_struct *mm, uint64_t va);
/* The area after this one, the one before it, the highest of all: each or NULL. Locks: mm->lock. */
struct vm_area_struct *vma_next(struct vm_area_struct *vma);
struct vm_area_struct *vma_prev(struct vm_area_struct *vma);
struct vm_area_struct *vma_last(struct mm_struct *mm);
/*
 * Takes vma out of the tree; last_found does not point to it any more.
 * Returns: the area after it, or NULL.
 * Locks: mm->lock for writing.
 */
struct vm_area_struct *vma_remove(struct mm_struct *mm, struct vm_area_struct *vma);
/*
 * Moves the bounds of vma, within the gaps beside it.
 * Locks: mm->lock for writing.
 */
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

/*
 * Fills *range for [start, end).
 * Locks: mm->lock.
 */
void vma_find_range(struct mm_struct *mm, uint64_t start, uint64_t end, struct vma_range *range);
/*
 * Fills *range with the highest length bytes below top that no area has. length: whole pages, not
 * 0. O(log n).
 * Returns: false: there is no such gap.
 * Locks: mm->lock.
 */
bool vma_find_gap(struct mm_struct *mm, uint64_t length, uint64_t top, struct vma_range *range);
/*
 * Puts vma into the tree, between range->below and range->above, which are neighbours.
 * Locks: mm->lock for writing.
 */
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

/* Is it charged for its private pages, all of them at once? */
static inline bool vma_is_charged(const struct vm_area_struct *vma)
{
    return (vma->flags & (VMA_CHARGED | VMA_UNRESERVED)) == VMA_CHARGED;
}

/* Has its memory, its own or its object's, no charge until it is touched? */
static inline bool vma_is_unreserved(const struct vm_area_struct *vma)
{
    return (vma->flags & VMA_UNRESERVED) || (vma->object && vma->object->is_unreserved);
}

/* Is the page at va one that the object's own cached page can serve, unshifted and whole? */
static inline bool vma_maps_whole_page(const struct vm_area_struct *vma, uint64_t va)
{
    return ((vma->offset ^ vma->start) & PAGE_MASK) == 0 &&
           va + PAGE_SIZE - vma->start <= vma->file_bytes;
}
