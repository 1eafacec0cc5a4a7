/*
 * The inodes in memory.
 *
 * What always holds: a number is in the hash once at most. An inode with references == 0 is on the
 * idle list, and nobody cleans, writes or maps it; it may still have dirty pages, and then it stays
 * until the flusher, which takes a reference of its own, has written them.
 */
#include "fs/inode_cache.h"

#include "abi/errno.h"
#include "fs/inode_disk.h"
#include "fs/log.h"
#include "fs/writeback.h"
#include "mem/frame.h"
#include "mem/kmem.h"
#include "sync/printf.h"

#define HASH_SIZE 256u
#define IDLE_MAX 1024u
#define SHRINK_SOME 16u
#define INODE_FREE_BLOCKS 5u /* superblock, this inode, the one before it on the orphan list */

static struct {
    struct spinlock lock; /* RANK_INODE_CACHE */
    struct list_head hash[HASH_SIZE];
    struct list_head idle; /* longest unused first */
    uint32_t idle_count, idle_limit;
} cache;

void inode_cache_init(void)
{
    spin_init(&cache.lock, "inode cache", RANK_INODE_CACHE);
    list_init(&cache.idle);
    for (uint32_t i = 0; i < HASH_SIZE; i++)
        list_init(&cache.hash[i]);
    cache.idle_limit = frame_managed / 16 < IDLE_MAX ? (uint32_t)(frame_managed / 16) : IDLE_MAX;
}

/* Locks: the cache's. */
static void reference_locked(struct inode *inode)
{
    if (inode->references++ == 0) {
        list_del(&inode->idle_link);
        cache.idle_count--;
    }
}

/* Locks: the cache's. */
static void unreference_locked(struct inode *inode)
{
    assert(inode->references > 0);
    if (--inode->references == 0) {
        list_add_tail(&inode->idle_link, &cache.idle);
        cache.idle_count++;
    }
}

void inode_ref(struct inode *inode)
{
    spin_lock(&cache.lock);
    reference_locked(inode);
    spin_unlock(&cache.lock);
}

/* Locks: the cache's. With a reference, or NULL. */
static struct inode *inode_find(uint32_t number)
{
    struct inode *inode;

    list_for_each_element(inode, &cache.hash[number % HASH_SIZE], hash_link) {
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
    fresh->number = number;
    fresh->references = 1;
    spin_lock(&cache.lock);
    *out = inode_find(number); /* somebody may have been faster */
    if (!*out) {
        list_add(&fresh->hash_link, &cache.hash[number % HASH_SIZE]);
        *out = fresh;
        fresh = NULL;
    }
    spin_unlock(&cache.lock);
    kmem_free(fresh);
    return 0;
}

/*
 * Sleeps. The only reference to a file without a name is the caller's: its pages and blocks go,
 * then the inode itself. After a disk error it stays on the orphan list, for the next mount.
 */
static void inode_finish(struct inode *inode)
{
    int error;

    inode_lock(inode);
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
 * Locks: the cache's, given up on the way. inode is idle: frees it with its pages if it can go.
 * Others may begin to use it meanwhile, and the last of them may have to finish it: so what we have
 * of it is no reference.
 */
static uint64_t inode_evict(struct inode *inode)
{
    uint64_t freed;

    list_del(&inode->idle_link);
    list_add_tail(&inode->idle_link, &cache.idle);
    if (inode->evicting)
        return 0;
    inode->evicting = true;
    spin_unlock(&cache.lock);
    freed = object_drop_clean(&inode->object);
    spin_lock(&cache.lock);
    inode->evicting = false;
    if (inode->references > 0 || inode->object.page_count > 0 ||
        inode->object.size != inode->disk_size)
        return freed;
    list_del(&inode->hash_link);
    list_del(&inode->idle_link);
    cache.idle_count--;
    spin_unlock(&cache.lock);
    object_destroy(&inode->object);
    kmem_free(inode);
    spin_lock(&cache.lock);
    return freed;
}

void inode_put(struct inode *inode)
{
    spin_lock(&cache.lock);
    /* Without a name and without another user, nobody can find it any more: no race with a new user
     * but the flusher, and then that one's put comes here. */
    if (inode->references == 1 && inode->loaded && inode->nlink == 0 && inode->type != 0) {
        spin_unlock(&cache.lock);
        inode_finish(inode);
        spin_lock(&cache.lock);
    }
    unreference_locked(inode);
    if (cache.idle_count > cache.idle_limit)
        inode_evict(container_of(cache.idle.next, struct inode, idle_link));
    spin_unlock(&cache.lock);
}

uint64_t inode_cache_shrink(bool all)
{
    uint64_t freed = 0;
    uint32_t left;

    spin_lock(&cache.lock);
    left = all || cache.idle_count < SHRINK_SOME ? cache.idle_count : SHRINK_SOME;
    while (left-- > 0 && !list_empty(&cache.idle))
        freed += inode_evict(container_of(cache.idle.next, struct inode, idle_link));
    spin_unlock(&cache.lock);
    return freed;
}
