/* The block map of files; see bmap.h. */
#include "fs/bmap.h"

#include "fs/block_alloc.h"
#include "fs/buffer.h"
#include "fs/log.h"
#include "fs/inode_disk.h"

/* First index below the double indirect block. */
#define DOUBLE_FIRST (DISK_DIRECT + DISK_PER_BLOCK)
/* Blocks of the bitmap that one step of a trim may change, with a little to spare. */
#define TRIM_MAPS 8u

static uint32_t addr_load(const struct inode *inode, uint32_t slot)
{
    return __atomic_load_n(&inode->addr[slot], __ATOMIC_ACQUIRE);
}

/* Locks: inode's. */
static void addr_store(struct inode *inode, uint32_t slot, uint32_t block)
{
    __atomic_store_n(&inode->addr[slot], block, __ATOMIC_RELEASE);
}

/* Reads an entry of an indirect block; indirect block 0 is all holes. */
static int entry_load(uint32_t indirect, uint64_t slot, uint32_t *entry)
{
    struct buffer *buffer;
    int error;

    *entry = 0;
    if (!indirect)
        return 0;
    error = buffer_read(indirect, &buffer);
    if (error)
        return error;
    *entry = ((uint32_t *)buffer->data)[slot];
    buffer_release(buffer);
    return 0;
}

static int entry_store(uint32_t indirect, uint64_t slot, uint32_t entry)
{
    struct buffer *buffer;
    int error = log_read(indirect, &buffer);

    if (error)
        return error;
    ((uint32_t *)buffer->data)[slot] = entry;
    log_put(buffer);
    return 0;
}

/* Where the pointer to a page's block is: in addr[], or in the last of its indirect blocks. */
struct way {
    uint32_t addr;    /* the entry of addr[] */
    uint32_t levels;  /* of indirect blocks: 0 to 2 */
    uint64_t slot[2]; /* in each of them */
};

static struct way way_to(uint64_t index)
{
    if (index < DISK_DIRECT)
        return (struct way){.addr = (uint32_t)index};
    if (index < DOUBLE_FIRST)
        return (struct way){DISK_ADDR_SINGLE, 1, {index - DISK_DIRECT}};
    index -= DOUBLE_FIRST;
    return (struct way){DISK_ADDR_DOUBLE, 2, {index / DISK_PER_BLOCK, index % DISK_PER_BLOCK}};
}

/* Finds the block of index. *missing: how many blocks on the way, the last included, are holes. */
static int bmap_walk(struct inode *inode, uint64_t index, uint32_t *block, uint32_t *missing)
{
    struct way way = way_to(index);
    int error = 0;

    *block = addr_load(inode, way.addr);
    *missing = *block == 0;
    for (uint32_t i = 0; i < way.levels && !error; i++) {
        error = entry_load(*block, way.slot[i], block);
        *missing += *block == 0;
    }
    return error;
}

int bmap_lookup(struct inode *inode, uint64_t index, uint32_t *block)
{
    uint32_t missing;

    return bmap_walk(inode, index, block, &missing);
}

int bmap_missing(struct inode *inode, uint64_t index, uint32_t *missing)
{
    uint32_t block;

    return bmap_walk(inode, index, &block, missing);
}

/* In an operation: allocates an empty indirect block. Locks: inode's. */
static int indirect_create(struct inode *inode, uint32_t near, uint32_t *block, uint32_t *promised)
{
    struct buffer *buffer;
    int error;

    *block = block_take(near, promised);
    error = block_publish(*block);
    if (error)
        return error;
    buffer = buffer_zeroed(*block);
    log_put(buffer);
    inode->blocks++;
    return 0;
}

int bmap_publish(struct inode *inode, uint64_t index, uint32_t block, uint32_t *promised)
{
    struct way way = way_to(index);
    uint32_t indirect = addr_load(inode, way.addr);
    int error = block_publish(block);

    inode->blocks++;
    if (error)
        return error;
    if (way.levels == 0) {
        addr_store(inode, way.addr, block);
        return 0;
    }
    if (!indirect) {
        error = indirect_create(inode, block, &indirect, promised);
        if (!error)
            addr_store(inode, way.addr, indirect);
    }
    if (!error && way.levels == 2) {
        uint32_t root = indirect;

        error = entry_load(root, way.slot[0], &indirect);
        if (!error && !indirect) {
            error = indirect_create(inode, block, &indirect, promised);
            if (!error)
                error = entry_store(root, way.slot[0], indirect);
        }
    }
    if (!error)
        error = entry_store(indirect, way.slot[way.levels - 1], block);
    if (error)
        log_fail("disk error in a block map");
    return error;
}

/* A step of a trim, and how many blocks of the bitmap it has changed. */
struct trim {
    struct inode *inode;
    uint32_t last_map; /* the block of the bitmap that it changed last */
    uint32_t maps;     /* how often that was another one */
};

/* Locks: the inode's. */
static int trim_free(struct trim *trim, uint32_t block)
{
    if (block / BLOCKS_PER_MAP != trim->last_map) {
        trim->last_map = block / BLOCKS_PER_MAP;
        trim->maps++;
    }
    trim->inode->blocks--;
    return block_free(block);
}

static int trim_addr(struct trim *trim, uint32_t slot)
{
    uint32_t block = trim->inode->addr[slot];

    addr_store(trim->inode, slot, 0);
    return block ? trim_free(trim, block) : 0;
}

/* Frees entries [from, *end) of an indirect block, the last first, and lowers *end. */
static int trim_entries(struct trim *trim, uint32_t indirect, uint64_t from, uint64_t *end)
{
    struct buffer *buffer;
    uint32_t *entries;
    int error = log_read(indirect, &buffer);

    if (error)
        return error;
    entries = buffer->data;
    while (*end > from && trim->maps < TRIM_MAPS && !error) {
        uint32_t block = entries[--*end];

        entries[*end] = 0;
        if (block)
            error = trim_free(trim, block);
    }
    log_put(buffer);
    return error;
}

/*
 * In the indirect block that holds index *end - 1: frees the entries down to keep, and then the
 * block itself if none is left. Lowers *end.
 */
static int trim_group(struct trim *trim, uint64_t keep, uint64_t *end)
{
    bool is_double = *end > DOUBLE_FIRST;
    uint64_t first = is_double ? DOUBLE_FIRST : DISK_DIRECT;
    uint64_t slot = (*end - 1 - first) / DISK_PER_BLOCK;
    uint64_t base = first + slot * DISK_PER_BLOCK;
    uint64_t stop = keep > base ? keep : base;
    uint32_t root = trim->inode->addr[DISK_ADDR_DOUBLE];
    uint32_t indirect = trim->inode->addr[DISK_ADDR_SINGLE];
    uint64_t entries = *end - base;
    int error = is_double ? entry_load(root, slot, &indirect) : 0;

    if (error)
        return error;
    if (!indirect) {
        *end = root || !is_double ? stop : (keep > first ? keep : first);
        return 0;
    }
    error = trim_entries(trim, indirect, stop - base, &entries);
    *end = base + entries;
    if (error || !is_double || *end > base)
        return error; /* the single indirect block is freed with addr[] */
    error = entry_store(root, slot, 0);
    return error ? error : trim_free(trim, indirect);
}

static uint64_t pages_of(uint64_t bytes)
{
    return (bytes + PAGE_MASK) >> PAGE_SHIFT;
}

int bmap_trim(struct inode *inode)
{
    struct trim trim = {.inode = inode, .last_map = UINT32_MAX};
    uint64_t keep = pages_of(inode->object.size);
    uint64_t end = pages_of(inode->disk_size);
    int error = 0;

    while (end > keep && trim.maps < TRIM_MAPS && !error) {
        if (end <= DISK_DIRECT) {
            error = trim_addr(&trim, (uint32_t)--end);
        } else {
            uint32_t blocks = inode->blocks;

            error = trim_group(&trim, keep, &end);
            if (inode->blocks != blocks) /* there is room for one indirect block only */
                break;
        }
    }
    if (!error && end <= DOUBLE_FIRST)
        error = trim_addr(&trim, DISK_ADDR_DOUBLE);
    if (!error && end <= DISK_DIRECT)
        error = trim_addr(&trim, DISK_ADDR_SINGLE);
    if (error) {
        log_fail("disk error in a block map");
        return error;
    }
    inode->disk_size = end > keep ? end << PAGE_SHIFT : inode->object.size;
    return inode_flush(inode);
}
