/*
 * The inodes in memory.
 *
 * What always holds: a number is in the hash at most once. An inode with references == 0 is idle:
 * it is not written, cleaned or mapped, and gets no new pages. As long as it has pages it stays in
 * memory: reclaim takes each page by its use, like other pages of files, and dirty pages wait for
 * the flusher, which takes its own reference. A directory with an index stays as long as the index.
 * Idle inodes with neither are on the list of empty ones, and are freed when memory is short or
 * when the list is too long. So no walk passes over inodes with pages, and memory bounds their
 * number: a page is as large as eight inodes.
 */
#include "fs/inode_cache.h"

#include "abi/errno.h"
#include "fs/inode_disk.h"
#include "fs/log.h"
#include "fs/name_index.h"
#include "fs/writeback.h"
#include "mem/frame.h"
#include "mem/kmem.h"
#include "sync/printf.h"

#define HEADS_PER_FRAME (uint32_t)(PAGE_SIZE / sizeof(struct list_head))
#define FRAMES_PER_HEAD 8u /* of memory: if it is full of small files, a chain has seven inodes */
#define EMPTY_SHARE 16u    /* the part of memory that empty inodes may have */
#define INODE_FREE_BLOCKS 5u /* superblock, this inode, the one before it on the orphan list */

static struct {
    struct spinlock lock; /* RANK_INODE_CACHE */
    struct list_head *hash;
    uint32_t heads;         /* of the hash: a power of two */
    struct list_head empty; /* the longest empty first */
    uint64_t empty_count, empty_limit;
} cache = {.lock = SPINLOCK("inode cache", RANK_INODE_CACHE), .empty = LIST_HEAD_INIT(cache.empty)};

int inode_cache_init(void)
{
    unsigned order = 0;
    struct page *pages;

    cache.empty_limit = frame_managed / EMPTY_SHARE * (PAGE_SIZE / sizeof(struct inode));
    while (order < MAX_ORDER && HEADS_PER_FRAME << order < frame_managed / FRAMES_PER_HEAD)
        order++;
    pages = alloc_pages(order);
    if (!pages)
        return -ENOMEM;
    cache.hash = page_va(pages);
    cache.heads = HEADS_PER_FRAME << order;
    for (uint32_t i = 0; i < cache.heads; i++)
        list_init(&cache.hash[i]);
    return 0;
}

static struct list_head *hash_head(uint32_t number)
{
    return &cache.hash[number & (cache.heads - 1)];
}

/* Locks: the cache's. */
static void reference_locked(struct inode *inode)
{
    if (inode->references++ == 0 && !list_empty(&inode->empty_link)) {
        list_del_init(&inode->empty_link);
        cache.empty_count--;
    }
}

/*
 * Lists inode if it is empty: it has no users, pages or index, and its size is on the disk. The
 * count of pages is read without the object's lock: if the last page is being dropped just now, a
 * call of inode_emptied follows. The same holds for the index. Locks: the cache's.
 */
static void list_if_empty(struct inode *inode)
{
    if (inode->references == 0 && inode->object.page_count == 0 && !inode->index &&
        list_empty(&inode->empty_link) &&
        (!inode->loaded || inode->object.size == inode->disk_size)) {
        list_add_tail(&inode->empty_link, &cache.empty);
        cache.empty_count++;
    }
}

void inode_emptied(struct vm_object *object)
{
    spin_lock(&cache.lock);
    list_if_empty(inode_of(object));
    spin_unlock(&cache.lock);
}

void inode_ref(struct inode *inode)
{
    spin_lock(&cache.lock);
    reference_locked(inode);
    spin_unlock(&cache.lock);
}

/* The inode with that number, with a reference, or NULL. Locks: the cache's. */
static struct inode *inode_find(uint32_t number)
{
    struct inode *inode;

    list_for_each_element(inode, hash_head(number), hash_link) {
        if (inode->number == number) {
            reference_locked(inode);
            return inode;
        }
    }
    return NULL;
}

int inode_get(uint32_t number, struct inode **out)
{
    struct inode *fresh;

    spin_lock(&cache.lock);
    *out = inode_find(number);
    spin_unlock(&cache.lock);
    if (*out)
        return 0;

    fresh = kmem_alloc(sizeof(*fresh), 0);
    if (!fresh)
        return -ENOMEM;
    object_init(&fresh->object, &inode_object_ops, 0);
    sleeplock_init(&fresh->lock, "inode", RANK_INODE);
    list_init(&fresh->empty_link);
    fresh->number = number;
    fresh->references = 1;
    spin_lock(&cache.lock);
    *out = inode_find(number); /* another thread may have been faster */
    if (!*out) {
        list_add(&fresh->hash_link, hash_head(number));
        *out = fresh;
        fresh = NULL;
    }
    spin_unlock(&cache.lock);
    kmem_free(fresh);
    return 0;
}

/*
 * Frees the pages and blocks of a file without a name, then the inode itself; the caller has the
 * only reference. After a disk error the inode stays on the orphan list, for the next mount.
 * Sleeps.
 */
static void inode_finish(struct inode *inode)
{
    int error;

    inode_lock(inode);
    name_index_drop(inode);
    inode->object.size = 0;
    object_truncate(&inode->object, 0);
    inode_unlock(inode);
    error = inode_trim(inode);
    if (!error)
        error = log_begin(INODE_FREE_BLOCKS);
    if (error) {
        inode_lock(inode);
        inode->loaded = false;
        inode_unlock(inode);
        return;
    }
    inode_lock(inode);
    error = orphan_remove(inode->number);
    if (!error)
        inode_free(inode->number);
    inode->loaded = false;
    inode->type = 0;
    inode_unlock(inode);
    log_end(INODE_FREE_BLOCKS);
}

/*
 * Frees the inode that was empty longest: with a reference, and out of the hash, it is ours alone.
 * Whatever dropped its last page may still hold the object's lock, so object_destroy takes it, too.
 * Locks: the cache's, released meanwhile. Returns: the frames that became free, 0 or 1.
 */
static uint32_t free_oldest(void)
{
    struct inode *inode = container_of(cache.empty.next, struct inode, empty_link);
    uint32_t freed;

    reference_locked(inode);
    list_del(&inode->hash_link);
    spin_unlock(&cache.lock);
    name_index_drop(inode);
    object_destroy(&inode->object);
    freed = kmem_free(inode);
    spin_lock(&cache.lock);
    return freed;
}

void inode_put(struct inode *inode)
{
    spin_lock(&cache.lock);
    /* Without a name and another user, nothing can find it any more: the only new user may be the
     * flusher, and then its put comes here. */
    if (inode->references == 1 && inode->loaded && inode->nlink == 0 && inode->type != 0) {
        spin_unlock(&cache.lock);
        inode_finish(inode);
        spin_lock(&cache.lock);
    }
    assert(inode->references > 0);
    inode->references--;
    list_if_empty(inode);
    if (cache.empty_count > cache.empty_limit)
        free_oldest();
    spin_unlock(&cache.lock);
}

uint64_t inode_cache_shrink(uint64_t count)
{
    uint64_t freed = 0;

    spin_lock(&cache.lock);
    for (uint64_t gone = 0; (gone < count || freed == 0) && cache.empty_count > 0; gone++)
        freed += free_oldest();
    spin_unlock(&cache.lock);
    return freed;
}
