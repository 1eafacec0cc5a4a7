/*
 * Directories: arrays of 64-byte entries. A large directory is searched by an index, which is built
 * at the first search. A small one, or one for which there is no memory for an index, is read from
 * front to back. If a damaged disk has a name twice, the first entry counts in both cases.
 */
#include "fs/directory.h"

#include "abi/errno.h"
#include "fs/block_alloc.h"
#include "fs/bmap.h"
#include "fs/buffer.h"
#include "fs/inode_disk.h"
#include "fs/log.h"
#include "fs/name_index.h"
#include "lib/string.h"
#include "sync/printf.h"
#include "thread/thread.h"

#define ENTRY_BYTES sizeof(struct dirent)
#define ENTRIES_PER_BLOCK (DISK_BLOCK_SIZE / ENTRY_BYTES)
#define GROWTH_PROMISE 3u /* a block, and indirect blocks */

/* Reads and locks the block of entry number at. Returns: the entry; NULL: -EIO. Sleeps. */
static struct dirent *entry_read(struct inode *directory, uint64_t at, struct buffer **buffer)
{
    uint32_t block;

    if (bmap_lookup(directory, at * ENTRY_BYTES >> PAGE_SHIFT, &block) != 0 || !block ||
        buffer_read(block, buffer) != 0)
        return NULL;
    return (struct dirent *)(*buffer)->data + at % ENTRIES_PER_BLOCK;
}

static uint64_t entries_in(const struct inode *directory)
{
    return directory->object.size / ENTRY_BYTES;
}

static bool name_equal(const struct dirent *entry, const char *name)
{
    return entry->name[0] == name[0] && entry->name[1] == name[1] &&
           strncmp(entry->name, name, DIRSIZ) == 0;
}

static const char any_name[1];

/*
 * Finds the first entry, from number *at on, that has this name; any_name: any name; NULL: a free
 * one. Stores its place in *at and its inode's number in *number.
 * Returns: 0, -ENOENT, -EIO; or -EINTR, only when looking for a name: nothing has been changed yet.
 */
static int directory_find(struct inode *directory, const char *name, uint64_t *at, uint32_t *number)
{
    uint64_t end = entries_in(directory);
    struct buffer *buffer;

    while (*at < end) {
        const struct dirent *entry = entry_read(directory, *at, &buffer);

        if (!entry)
            return -EIO;
        do {
            if (name ? entry->inum && (name == any_name || name_equal(entry, name))
                     : !entry->inum) {
                *number = entry->inum;
                buffer_release(buffer);
                return 0;
            }
            entry++;
        } while (++*at % ENTRIES_PER_BLOCK && *at < end);
        buffer_release(buffer);
        if (name && *at < end && thread_is_interrupted())
            return -EINTR;
    }
    return -ENOENT;
}

/*
 * Enters the names of the block that ends before entry *at into the index, in descending order, so
 * that of two equal names the first is found first.
 * Locks: directory's. Sleeps. Returns: 0, -EIO or -EINTR.
 */
static int index_block(struct inode *directory, uint64_t *at)
{
    struct buffer *buffer;
    const struct dirent *entry = entry_read(directory, *at - 1, &buffer);

    if (!entry)
        return -EIO;
    do {
        name_index_enter(directory->index, (uint32_t)--*at, entry->inum ? entry->name : NULL);
        entry--;
    } while (*at % ENTRIES_PER_BLOCK);
    buffer_release(buffer);
    return thread_is_interrupted() ? -EINTR : 0;
}

/*
 * Builds the index of a directory with more than one block. If memory or a block is not available
 * there is no index, and the search does without.
 * Locks: directory's. Sleeps. Returns: 0 or -EINTR.
 */
static int directory_index(struct inode *directory)
{
    uint64_t at = entries_in(directory);
    int error = 0;

    if (directory->index || at <= ENTRIES_PER_BLOCK || !name_index_create(directory, at))
        return 0;
    while (at > 0 && !error)
        error = index_block(directory, &at);
    if (error)
        name_index_drop(directory);
    return error == -EINTR ? error : 0;
}

/* directory_find, by the index. */
static int indexed_find(struct inode *directory, const char *name, uint64_t *at, uint32_t *number)
{
    const struct dirent *entry;
    struct buffer *buffer;
    uint32_t link = 0;
    bool found = false;

    while (!found && (link = name_index_next(directory->index, name, link)) != 0) {
        entry = entry_read(directory, link - 1, &buffer);
        if (!entry)
            return -EIO;
        san_assert(entry->inum);
        found = name_equal(entry, name);
        *number = entry->inum;
        buffer_release(buffer);
    }
    *at = link - 1;
    return found ? 0 : -ENOENT;
}

int directory_lookup(struct inode *directory, const char *name, uint32_t *number, uint64_t *offset)
{
    uint64_t at = 0;
    int error;

    san_assert(sleeplock_held(&directory->lock));
    error = directory_index(directory);
    if (!error)
        error = (directory->index ? indexed_find : directory_find)(directory, name, &at, number);
    if (!error && offset)
        *offset = at * ENTRY_BYTES;
    return error;
}

/* Stores a free entry, or the end, in *at. Returns: 0 or -EIO. */
static int find_free(struct inode *directory, uint64_t *at)
{
    uint32_t unused, link = 0;
    int error;

    if (directory->index)
        link = name_index_next(directory->index, NULL, 0);
    *at = link - 1u;
    if (link)
        return 0;
    name_index_drop(directory); /* if there, it is full: the next search builds a larger one */
    *at = 0;
    error = directory_find(directory, NULL, at, &unused);
    return error == -ENOENT ? 0 : error;
}

/* In an operation: adds a block of free entries to the directory. */
static int directory_grow(struct inode *directory)
{
    uint64_t index = directory->object.size >> PAGE_SHIFT;
    uint32_t promised = GROWTH_PROMISE, block, near = 0;
    struct buffer *buffer;
    int error;

    if (block_reserve(GROWTH_PROMISE))
        return -ENOSPC;
    if (index > 0)
        bmap_lookup(directory, index - 1, &near);
    block = block_take(near, &promised);
    buffer = buffer_zeroed(block);
    log_put(buffer);
    error = bmap_publish(directory, index, block, &promised);
    block_reserve_end(promised);
    return error;
}

int directory_add(struct inode *directory, const char *name, uint32_t number)
{
    struct dirent *entry;
    struct buffer *buffer;
    uint64_t at;
    int error = find_free(directory, &at);

    if (error)
        return error;
    san_assert(at <= entries_in(directory));
    if (at == entries_in(directory)) { /* no free entry: the new one goes to the end */
        error = at % ENTRIES_PER_BLOCK ? 0 : directory_grow(directory);
        if (error)
            return error;
        directory->object.size += ENTRY_BYTES;
        directory->disk_size = directory->object.size;
    }
    entry = entry_read(directory, at, &buffer);
    if (!entry) {
        log_fail("disk error in a directory");
        return -EIO;
    }
    entry->inum = (uint16_t)number;
    memset(entry->name, 0, DIRSIZ);
    memcpy(entry->name, name, strnlen(name, DIRSIZ));
    if (directory->index)
        name_index_change(directory->index, (uint32_t)at, NULL, name);
    log_put(buffer);
    return inode_flush(directory);
}

int directory_remove(struct inode *directory, uint64_t offset)
{
    struct buffer *buffer;
    struct dirent *entry = entry_read(directory, offset / ENTRY_BYTES, &buffer);

    if (!entry)
        return -EIO;
    if (directory->index)
        name_index_change(directory->index, (uint32_t)(offset / ENTRY_BYTES), entry->name, NULL);
    memset(entry, 0, ENTRY_BYTES);
    log_put(buffer);
    return 0;
}

int directory_init(struct inode *directory, uint32_t parent)
{
    int error = directory_add(directory, ".", directory->number);

    return error ? error : directory_add(directory, "..", parent);
}

int directory_is_empty(struct inode *directory)
{
    uint64_t at = 2;
    uint32_t number;
    int error = directory_find(directory, any_name, &at, &number);

    return error == -ENOENT ? 1 : error;
}
