/*
 * A vm_object is what a page of file data or of shared memory belongs to: pages by index, a size,
 * the VMAs that map it. It is the page cache: read(), write(), exec and mappings all use these
 * pages and no others. A file system embeds one in each in-memory inode, so vm/ never names an
 * inode.
 *
 * The life of a cached page: created locked, filled by read_pages or by a writer, PAGE_UPTODATE;
 * dirty and clean under the page lock; removed under the page lock, by truncation or by reclaim.
 * The object holds one reference to each of its pages. With the page lock, look at page->owner
 * first: NULL means that the page was removed meanwhile.
 *
 * guards: p = lock (spin, RANK_OBJECT); v = vma_lock (sleeping, RANK_FAMILY); c = constant;
 *         i = whoever serialises changes of size (for a file: the inode lock), read freely;
 *         d = the lock of the list of dirty objects
 */
#ifndef VM_OBJECT_H
#define VM_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "dev/read_ahead.h"
#include "lib/list.h"
#include "mem/page.h"
#include "sync/spinlock.h"
#include "thread/sleeplock.h"
#include "vm/cache/page_tree.h"

struct vm_object;

struct vm_object_ops {
    /*
     * Fills page[0] with what the object holds at its index, and as many of those that follow it
     * as one request brings along; bytes past the end and holes are zero. All count pages are
     * locked, referenced, not up to date, consecutive and in the tree. Sleeps. Returns: how many
     * are filled, at least 1; -EIO. Must not take the inode lock: the caller may hold it, or hold
     * nothing. NULL: always zeros.
     */
    int (*read_pages)(struct vm_object *object, struct page *const page[], uint32_t count);
    /* One more, one less user of the object (a VMA). put may be the last, and Sleeps. */
    void (*get)(struct vm_object *object);
    void (*put)(struct vm_object *object);
    /*
     * Promises what the page at index needs on the disk, and marks it dirty, for stores through a
     * mapping; or finds that the object ends below it. Sleeps; holds nothing. 0 (look again),
     * -ENOSPC, -EIO, -ENOMEM. NULL: nothing is needed.
     */
    int (*make_writable)(struct vm_object *object, uint64_t index);
    /* Makes what was written durable. Sleeps; holds nothing. 0 or -errno. NULL: nothing to do. */
    int (*sync)(struct vm_object *object);
    /* Writes back every page that is dirty now. Sleeps; holds nothing. 0 or -errno. */
    int (*write_back)(struct vm_object *object);
    /* A page with promised blocks (page->reserved) leaves the object unwritten. Never sleeps. */
    void (*release_reserved)(struct vm_object *object, uint32_t blocks);
    /* Its last page was dropped. Locks: object's. Never sleeps. NULL: it drops none. */
    void (*emptied)(struct vm_object *object);
};

struct vm_object {
    struct spinlock lock;
    struct page_tree pages;          /* p */
    uint64_t page_count;             /* p */
    uint64_t dirty_count;            /* p */
    uint64_t clean_below;            /* p: while some are dirty: none has a smaller index */
    struct read_ahead ahead;         /* p */
    uint64_t size;                   /* i: bytes */
    const struct vm_object_ops *ops; /* c */
    struct sleeplock vma_lock;
    struct list_head vmas;           /* v */
    struct list_head dirty_link;     /* d */
    uint64_t dirty_since;            /* d: before those that became dirty after it */
    /*
     * a: areas that may store into it, or, below 0, areas that show it as a program: while there
     * are some of the one kind, none of the other is made.
     */
    int32_t writers;
    /* c: no file behind it: its pages are never dropped, but go to swap */
    bool is_anonymous;
    bool is_unreserved;              /* c: such a page is charged when it is touched first */
};

void object_init(struct vm_object *object, const struct vm_object_ops *ops, uint64_t size);
/* The last user is gone: removes all pages, dirty ones too. Sleeps. */
void object_destroy(struct vm_object *object);

/*
 * The page at index if it is cached, with a reference; else NULL. It may be locked or not up to
 * date.
 */
struct page *object_find_page(struct vm_object *object, uint64_t index);

/*
 * The page at index, up to date, with a reference, not locked; reads it where it is not cached, and
 * pages after it as advised. Sleeps (so: never with the mm lock held). 0, -EIO, -ENOMEM.
 */
int object_read_page(struct vm_object *object, uint64_t index, enum read_advice advice,
                     struct page **out);

/*
 * The page at index with a reference and LOCKED, for writing into it: up to date, or, when whole is
 * true (the caller will overwrite all of it), perhaps not. Sleeps. 0, -EIO, -ENOMEM.
 */
int object_lock_page(struct vm_object *object, uint64_t index, bool whole, struct page **out);

bool objects_are_read(void); /* are pages on their way from files now, and so locked? */

/* Somebody asks for page, which perhaps was read ahead. Any context but interrupts. */
void object_page_wanted(struct vm_object *object, struct page *page);

/* Reads count pages from index on that are not cached yet, as far as frames are at hand. Sleeps. */
void object_read_ahead(struct vm_object *object, uint64_t index, uint64_t count);

/* page is locked, and not past the object's end. Marks it dirty and up to date. */
void object_dirty_page(struct vm_object *object, struct page *page);
/*
 * page is locked: about to be written out. Clears PAGE_DIRTY and takes the write permission from
 * every mapping, so that the next store comes here again; returns whether it was dirty. Sleeps.
 */
bool object_clean_page(struct vm_object *object, struct page *page);
/* The first dirty page with index >= from, with a reference; NULL when none. Never sleeps. */
struct page *object_next_dirty(struct vm_object *object, uint64_t from);

/*
 * After object->size has shrunk to size: unmaps and removes every page beyond it, zeroes the tail
 * of the last one. The caller serialises changes of size. Sleeps.
 */
void object_truncate(struct vm_object *object, uint64_t size);

/*
 * Removes page where it is clean, unmapped and used by nobody but its object and the caller.
 * Locks: the page's. Never sleeps. Returns whether the frame will be free.
 */
bool object_drop_page(struct page *page);

/*
 * A page of shared memory, which has a slot: it is unmapped, and the slot takes its place, unless
 * a mapping stays. Locks: the page's. Sleeps.
 */
void object_swap_out(struct vm_object *object, struct page *page);

/* All its pages that are in swap come back. Sleeps; holds nothing. 0 or -errno. */
int object_bring_back(struct vm_object *object);

#endif
