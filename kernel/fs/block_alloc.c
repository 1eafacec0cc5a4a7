/*
 * Blocks of the disk: reservation, next-fit search, and freed blocks that wait for a checkpoint.
 *
 * For each block of the disk's bitmap there are two maps in memory. busy: blocks not to be given
 * out: those set in the disk's bitmap, those taken but not published yet, and those freed since the
 * last checkpoint. freed: only the last kind.
 */
#include "fs/block_alloc.h"

#include "abi/disk.h"
#include "abi/errno.h"
#include "fs/buffer.h"
#include "fs/log.h"
#include "lib/bitmap.h"
#include "lib/string.h"
#include "mem/frame.h"
#include "sync/printf.h"

struct block_map {
    uint64_t *busy, *freed;
    uint32_t free;          /* clear bits of busy */
    uint32_t freed_count;   /* set bits of freed */
};

static struct {
    struct spinlock lock;   /* RANK_FS; for all but the constants */
    uint32_t bitmap_start, count; /* constant: blocks of the bitmap */
    struct block_map *maps;
    uint32_t free;          /* sum over the maps */
    uint32_t promised;      /* never more than free */
    uint32_t cursor;        /* where the last search ended */
} blocks = {.lock = SPINLOCK("blocks", RANK_FS)};

static int map_load(uint32_t i)
{
    struct block_map *map = &blocks.maps[i];
    struct page *busy = frame_alloc(FRAME_KERNEL, 0);
    struct page *freed = frame_alloc(FRAME_KERNEL, FRAME_ZEROED);
    struct buffer *buffer;
    int error;

    if (!busy || !freed)
        return -ENOMEM;
    error = buffer_read(blocks.bitmap_start + i, &buffer);
    if (error)
        return error;
    map->busy = page_va(busy);
    map->freed = page_va(freed);
    page_copy(map->busy, buffer->data);
    buffer_release(buffer);
    for (uint32_t bit = 0; bit < BLOCKS_PER_MAP; bit++)
        map->free += !bitmap_test(map->busy, bit);
    blocks.free += map->free;
    return 0;
}

int block_alloc_init(const struct disk_super *super)
{
    int error = 0;

    blocks.bitmap_start = super->bitmap_start;
    blocks.count = super->bitmap_blocks;
    blocks.cursor = super->data_start;
    blocks.maps = alloc_block(blocks.count * sizeof(struct block_map));
    if (!blocks.maps)
        return -ENOMEM;
    for (uint32_t i = 0; i < blocks.count && !error; i++)
        error = map_load(i);
    return error;
}

uint32_t block_maps_most(uint32_t count)
{
    return count < blocks.count ? count : blocks.count;
}

int block_reserve(uint32_t count)
{
    int error = 0;

    spin_lock(&blocks.lock);
    if (blocks.free - blocks.promised >= count)
        blocks.promised += count;
    else
        error = -ENOSPC;
    spin_unlock(&blocks.lock);
    return error;
}

void block_reserve_end(uint32_t count)
{
    spin_lock(&blocks.lock);
    assert(blocks.promised >= count);
    blocks.promised -= count;
    spin_unlock(&blocks.lock);
}

/* The first block from start on that is not busy; there is one. Locks: blocks.lock. */
static uint32_t find_free(uint32_t start)
{
    uint32_t i = start / BLOCKS_PER_MAP;
    uint64_t from = start % BLOCKS_PER_MAP;

    for (uint32_t tries = 0; tries <= blocks.count; tries++) {
        if (blocks.maps[i].free) {
            uint64_t bit = bitmap_find_clear(blocks.maps[i].busy, BLOCKS_PER_MAP, from);

            if (bit < BLOCKS_PER_MAP)
                return i * BLOCKS_PER_MAP + (uint32_t)bit;
        }
        i = (i + 1) % blocks.count;
        from = 0;
    }
    panic("a promised block is missing");
}

uint32_t block_take(uint32_t near, uint32_t *promised)
{
    uint32_t block;

    assert(*promised > 0);
    --*promised;
    spin_lock(&blocks.lock);
    assert(blocks.promised > 0 && blocks.free > 0);
    if (near == 0 || near / BLOCKS_PER_MAP >= blocks.count)
        near = blocks.cursor;
    block = find_free(near);
    bitmap_set(blocks.maps[block / BLOCKS_PER_MAP].busy, block % BLOCKS_PER_MAP);
    blocks.maps[block / BLOCKS_PER_MAP].free--;
    blocks.free--;
    blocks.promised--;
    blocks.cursor = block;
    spin_unlock(&blocks.lock);
    log_assert_home(block);
    return block;
}

void block_untake(uint32_t block)
{
    spin_lock(&blocks.lock);
    bitmap_clear(blocks.maps[block / BLOCKS_PER_MAP].busy, block % BLOCKS_PER_MAP);
    blocks.maps[block / BLOCKS_PER_MAP].free++;
    blocks.free++;
    spin_unlock(&blocks.lock);
}

static int bitmap_change(uint32_t block, bool used)
{
    struct buffer *buffer;
    int error = log_read(blocks.bitmap_start + block / BLOCKS_PER_MAP, &buffer);

    if (error)
        return error;
    if (bitmap_test(buffer->data, block % BLOCKS_PER_MAP) == used) {
        printf("fs: block %u is marked %s already\n", block, used ? "used" : "free");
        log_fail("the bitmap is damaged");
        error = -EIO;
    } else if (used) {
        bitmap_set(buffer->data, block % BLOCKS_PER_MAP);
    } else {
        bitmap_clear(buffer->data, block % BLOCKS_PER_MAP);
    }
    log_put(buffer);
    return error;
}

int block_publish(uint32_t block)
{
    return bitmap_change(block, true);
}

int block_free(uint32_t block)
{
    struct block_map *map = &blocks.maps[block / BLOCKS_PER_MAP];
    int error;

    if (block / BLOCKS_PER_MAP >= blocks.count) {
        log_fail("a block number beyond the disk");
        return -EIO;
    }
    error = bitmap_change(block, false);
    if (error)
        return error;
    spin_lock(&blocks.lock);
    bitmap_set(map->freed, block % BLOCKS_PER_MAP);
    map->freed_count++;
    spin_unlock(&blocks.lock);
    return 0;
}

void block_reuse_freed(void)
{
    spin_lock(&blocks.lock);
    for (uint32_t i = 0; i < blocks.count; i++) {
        struct block_map *map = &blocks.maps[i];

        if (map->freed_count == 0)
            continue;
        for (uint32_t word = 0; word < BLOCKS_PER_MAP / 64; word++) {
            map->busy[word] &= ~map->freed[word];
            map->freed[word] = 0;
        }
        map->free += map->freed_count;
        blocks.free += map->freed_count;
        map->freed_count = 0;
    }
    spin_unlock(&blocks.lock);
}
