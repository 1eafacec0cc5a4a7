/*
 * The buffer cache: hash by block number, list of unused buffers by age.
 *
 * What always holds: a block is in the hash at most once; a buffer with references == 0 is on the
 * lru list. A thread waits for an unused buffer only while all are in use. Beside those that the
 * log has counted, a thread has two at most, so some thread always finishes.
 *
 * Order: a thread locks at most two. The superblock comes before a block of inodes, and a block of
 * data (an indirect one, when its entries are freed) before one of the bitmap.
 */
#include "fs/buffer.h"

#include "abi/disk.h"
#include "abi/errno.h"
#include "fs/fs_disk.h"
#include "lib/string.h"
#include "mem/frame.h"
#include "mem/kmem.h"
#include "sync/printf.h"

#define HASH_SIZE 256u
#define NO_BLOCK UINT32_MAX

static struct {
    struct spinlock lock; /* RANK_FS */
    struct waitq wait;    /* for an unused buffer */
    uint32_t waiting;
    uint32_t count, least, most;
    struct list_head lru;
    struct list_head hash[HASH_SIZE];
} cache = {.lock = SPINLOCK("buffer cache", RANK_FS), .wait = WAITQ(cache.wait, "buffer cache"),
           .lru = LIST_HEAD_INIT(cache.lru)};

#ifdef SAN
static struct disk_super layout; /* constant after boot */

static bool order_of_two(const void *held, const void *lock)
{
    uint32_t first = container_of(held, struct buffer, lock)->block, second;

    if (!lock)
        return true; /* waiting for any unused buffer */
    second = container_of(lock, struct buffer, lock)->block;
    return first < layout.log_start
               ? second >= layout.inode_start && second < layout.inode_start + layout.inode_blocks
               : first >= layout.data_start && second >= layout.bitmap_start &&
                     second < layout.bitmap_start + layout.bitmap_blocks;
}

void buffer_order_init(const struct disk_super *super)
{
    layout = *super;
    lockorder_buffers_hook = order_of_two;
}
#endif

static struct buffer *buffer_create(unsigned flags)
{
    struct buffer *buffer = kmem_alloc(sizeof(*buffer), flags);
    struct page *page;

    if (!buffer)
        return NULL;
    page = frame_alloc(FRAME_BUFFER, flags);
    if (!page) {
        kmem_free(buffer);
        return NULL;
    }
    buffer->data = page_va(page);
    buffer->block = NO_BLOCK;
    list_init(&buffer->hash_link);
    sleeplock_init(&buffer->lock, "buffer", RANK_BUFFER);
    return buffer;
}

static void buffer_destroy(struct buffer *buffer)
{
    page_put(va_page(buffer->data));
    kmem_free(buffer);
}

int buffer_cache_init(uint32_t permanent)
{
    for (uint32_t i = 0; i < HASH_SIZE; i++)
        list_init(&cache.hash[i]);
    cache.least = permanent;
    cache.most = permanent + (uint32_t)(frame_managed / 16);
    for (cache.count = 0; cache.count < permanent; cache.count++) {
        struct buffer *buffer = buffer_create(0);

        if (!buffer)
            return -ENOMEM;
        buffer->permanent = true;
        list_add_tail(&buffer->lru_link, &cache.lru);
    }
    return 0;
}

/* Locks: the cache's. */
static struct buffer *hash_find(uint32_t block)
{
    struct buffer *buffer;

    list_for_each_element(buffer, &cache.hash[block % HASH_SIZE], hash_link)
        if (buffer->block == block)
            return buffer;
    return NULL;
}

/* Gives fresh, or the buffer that was unused longest, to block; or NULL. Locks: the cache's. */
static struct buffer *buffer_assign(struct buffer *fresh, uint32_t block)
{
    struct buffer *buffer = fresh;

    if (fresh) {
        cache.count++;
        list_add(&fresh->lru_link, &cache.lru);
    } else {
        buffer = list_first_element(&cache.lru, struct buffer, lru_link);
        if (!buffer)
            return NULL;
        list_del(&buffer->hash_link);
    }
    buffer->block = block;
    buffer->up_to_date = false;
    list_add(&buffer->hash_link, &cache.hash[block % HASH_SIZE]);
    return buffer;
}

/* The buffer of a block, with a reference, not locked. Sleeps only if every buffer is in use. */
static struct buffer *buffer_obtain(uint32_t block)
{
    struct buffer *fresh = NULL;
    struct buffer *buffer;
    bool may_grow = true;

    lockorder_check(RANK_BUFFER, NULL, "an unused buffer");
    spin_lock(&cache.lock);
    while ((buffer = hash_find(block)) == NULL) {
        if (!fresh && may_grow && cache.count < cache.most) {
            spin_unlock(&cache.lock);
            fresh = buffer_create(FRAME_NOWAIT);
            may_grow = fresh != NULL;
            spin_lock(&cache.lock); /* another thread may have added the block: look again */
            continue;
        }
        buffer = buffer_assign(fresh, block);
        if (buffer) {
            fresh = NULL;
            break;
        }
        cache.waiting++;
        waitq_sleep(&cache.wait, &cache.lock);
        cache.waiting--;
    }
    if (buffer->references++ == 0)
        list_del(&buffer->lru_link);
    spin_unlock(&cache.lock);
    if (fresh)
        buffer_destroy(fresh);
    return buffer;
}

int buffer_read(uint32_t block, struct buffer **out)
{
    struct buffer *buffer = buffer_obtain(block);
    int error;

    sleeplock_acquire(&buffer->lock);
    if (!buffer->up_to_date) {
        error = disk_read(block, buffer->data);
        if (error) {
            buffer_release(buffer);
            return error;
        }
        buffer->up_to_date = true;
    }
    *out = buffer;
    return 0;
}

struct buffer *buffer_zeroed(uint32_t block)
{
    struct buffer *buffer = buffer_obtain(block);

    sleeplock_acquire(&buffer->lock);
    page_clear(buffer->data);
    buffer->up_to_date = true;
    return buffer;
}

void buffer_pin(struct buffer *buffer)
{
    san_assert(sleeplock_held(&buffer->lock));
    spin_lock(&cache.lock);
    buffer->references++;
    spin_unlock(&cache.lock);
}

void buffer_unpin(struct buffer *buffer)
{
    spin_lock(&cache.lock);
    assert(buffer->references > 0);
    if (--buffer->references == 0) {
        list_add_tail(&buffer->lru_link, &cache.lru);
        if (cache.waiting)
            waitq_wake_one(&cache.wait);
    }
    spin_unlock(&cache.lock);
}

void buffer_release(struct buffer *buffer)
{
    sleeplock_release(&buffer->lock);
    buffer_unpin(buffer);
}

uint64_t buffer_shrink(uint64_t wanted)
{
    struct list_head gone = LIST_HEAD_INIT(gone);
    struct buffer *buffer;
    uint64_t freed = 0, share;

    spin_lock(&cache.lock);
    share = wanted < frame_managed ? wanted * cache.count / frame_managed + 1 : cache.count;
    list_for_each_element_safe(buffer, &cache.lru, lru_link) {
        if (cache.count == cache.least || freed == share)
            break;
        if (buffer->permanent)
            continue;
        list_del(&buffer->hash_link);
        list_move(&buffer->lru_link, &gone);
        cache.count--;
        freed++;
    }
    spin_unlock(&cache.lock);
    list_for_each_element_safe(buffer, &gone, lru_link)
        buffer_destroy(buffer);
    return freed;
}
