/*
 * A vm_object holds pages that several spaces may map: those of a file, or of shared memory.
 * Chapter "Memory Mapping". The objects of files are the page cache: read(), write(), exec and
 * mappings use these pages and no others. A file system embeds one in each in-memory inode, so vm/
 * never names an inode.
 *
 *     offset in the object    0         4096      8192      12288     size
 *     index                   0         1         2         3         :
 *     object->pages         page        -       page      slot        :    a radix tree
 *                            |                    |      (shared memory only: in swap)
 *     struct page          owner, index         owner, index               lead back here
 *
 *     object->vmas: the areas that map it. The page at index is at address
 *                   area->start + (index * 4096 - area->offset) of each that reaches so far.
 *
 * A page in the tree belongs to the object: the tree holds one reference, and owner, index and the
 * states below change under the page lock (PAGE_LOCKED) only. A thread that had to wait for that
 * lock looks at page->owner first: NULL means that the page was removed meanwhile.
 *
 *      object_add_page                              object_dirty_page
 *     -----------------> locked,     filled from    ----------------->
 *                        not          the disk     UPTODATE        UPTODATE, DIRTY
 *                        UPTODATE    ---------->     ^  |          |
 *                           |                        |  |          | object_clean_page:
 *                           | read failed     it is  |  |          | no mapping can store any more
 *                           v                written |  |          v
 *                        removed <-------------------|--+     UPTODATE, WRITEBACK
 *                              object_drop_page,     |             |
 *                              object_remove_page    +-------------+
 *
 *     DIRTY and WRITEBACK pages are never dropped; truncation removes DIRTY ones, too. (Pages of
 *     shared memory are not counted as dirty: with them DIRTY is about their swap slot.)
 *
 * guards: p = lock (spin, RANK_OBJECT); v = vma_lock (sleeping, RANK_FAMILY); c = constant;
 *         i = what serialises changes of size (for a file: the inode lock), read freely;
 *         d = the lock of the list of dirty objects
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dev/read_ahead.h"
#include "lib/list.h"
#include "mem/page.h"
#include "sync/spinlock.h"
#include "thread/sleeplock.h"
#include "vm/cache/page_tree.h"

struct vm_area_struct;
struct vm_object;

/* What the object's kind provides: a file system, or shared memory. */
struct vm_object_ops {
    /*
     * Fills page[0] with the object's content at its index, and as many of the following pages as
     * the same request can read. Bytes past the end, and holes, become zero.
     * Given: count pages, locked, referenced, not up to date, consecutive and in the tree.
     * Locks: must not take the inode lock, which the caller may hold. Sleeps.
     * Returns: how many are filled, at least 1; or -EIO. NULL: pages begin as zeros.
     */
    int (*read_pages)(struct vm_object *object, struct page *const page[], uint32_t count);
    /*
     * Brings the page at index back from swap. Locks: none held. Sleeps.
     * Returns: 0: it is not in swap; -EEXIST: it was, look again; -ENOMEM, -EIO. NULL: for files.
     */
    int (*swap_in)(struct vm_object *object, uint64_t index, enum read_advice advice);
    /*
     * page has a slot. Unmaps it, and puts the slot into the tree in its place; unless a mapping
     * remains: then it stays. Locks: the page's. Sleeps.
     */
    void (*swap_out)(struct vm_object *object, struct page *page);
    /* One more, one less user of the object (an area). put may be the last, and Sleeps. */
    void (*get)(struct vm_object *object);
    void (*put)(struct vm_object *object);
    /*
     * Before a mapping may store into the page at index: reserves what it needs on the disk, and
     * marks it dirty. If the object ends below index it does nothing.
     * Locks: none held. Sleeps.
     * Returns: 0: look again; -ENOSPC, -EIO, -ENOMEM. NULL: nothing is needed.
     */
    int (*make_writable)(struct vm_object *object, uint64_t index);
    /* Makes all that was written durable. Locks: none held. Sleeps. 0 or -errno. NULL: nothing. */
    int (*sync)(struct vm_object *object);
    /* Writes back every page that is dirty now. Locks: none held. Sleeps. 0 or -errno. */
    int (*write_back)(struct vm_object *object);
    /* A page with reserved blocks (page->reserved) leaves the object unwritten. Never sleeps. */
    void (*release_reserved)(uint32_t blocks);
    /* object_drop_page took the last page. Locks: the object's. Never sleeps. */
    void (*emptied)(struct vm_object *object);
};

struct vm_object {
    struct spinlock lock;
    struct page_tree pages;          /* p */
    uint64_t page_count;             /* p */
    uint64_t dirty_count;            /* p */
    uint64_t clean_below;            /* p: no dirty page has a smaller index */
    struct read_ahead ahead;         /* p */
    uint64_t size;                   /* i: bytes */
    const struct vm_object_ops *ops; /* c */
    struct sleeplock vma_lock;
    struct list_head vmas;           /* v */
    struct list_head dirty_link;     /* d */
    uint64_t dirty_since;            /* d: the order in which objects became dirty */
    /*
     * a: above 0: how many areas may store into it; below 0: minus the areas that map it as a
     * program. An area of one kind is refused while there is one of the other.
     */
    int32_t writers;
    /* c: shared memory: no file behind it, so its pages are never dropped, but go to swap */
    bool is_anonymous;
    bool is_unreserved;              /* c: each page is charged when it is added */
};

/*
 * For vm_operations_struct: vma, which maps this object, comes onto its list with a use of it, and
 * leaves it. An area that may store is refused while others map the object as a program, and the
 * reverse: -ETXTBSY; one that only reads may not become writable then.
 */
int object_open(struct vm_area_struct *vma);
void object_close(struct vm_area_struct *vma);

/* size in bytes. */
void object_init(struct vm_object *object, const struct vm_object_ops *ops, uint64_t size);
/* After the last user: removes all pages, dirty ones too. Sleeps. */
void object_destroy(struct vm_object *object);

/*
 * Returns: the page at index with a reference, or NULL: not in the tree. It may be locked, and not
 * up to date. Never sleeps.
 */
struct page *object_find_page(struct vm_object *object, uint64_t index);

/*
 * Adds a new page at index: locked, not up to date. flags: those of frame_alloc. Never sleeps.
 * Returns: 0 and *out, with a reference; -EEXIST: a page or a slot is there; -ENOMEM; -EDQUOT: it
 * cannot be charged.
 */
int object_add_page(struct vm_object *object, uint64_t index, unsigned flags, struct page **out);

/*
 * Removes page from the tree and drops the tree's reference; a dirty page is lost.
 * It must have no mappings. Locks: the page's. Sleeps.
 */
void object_remove_page(struct vm_object *object, struct page *page);

/*
 * Removes page if it is clean, unmapped, and referred to by its object and the caller alone.
 * Locks: the page's. Never sleeps. Returns: is the caller's reference the last one now?
 */
bool object_drop_page(struct page *page);

/*
 * To be called after object->size has shrunk to size: unmaps and removes every page beyond it,
 * zeroes the tail of the last one. Locks: what serialises changes of size. Sleeps.
 */
void object_truncate(struct vm_object *object, uint64_t size);
