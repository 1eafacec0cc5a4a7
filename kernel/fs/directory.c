/*
 * Directories: an array of 64-byte entries, read from front to back. A new entry takes the first
 * free place; entry_hint says where to begin to look for it.
 */
#include "fs/directory.h"

#include "abi/errno.h"
#include "fs/block_alloc.h"
#include "fs/bmap.h"
#include "fs/buffer.h"
#include "fs/inode_disk.h"
#include "fs/log.h"
#include "lib/string.h"
#include "sync/printf.h"
#include "thread/thread.h"

#define ENTRY_BYTES sizeof(struct dirent)
#define ENTRIES_PER_BLOCK (DISK_BLOCK_SIZE / ENTRY_BYTES)
#define GROWTH_PROMISE 3u /* a block, and indirect blocks */

/* The block with the entries from offset on, locked. 0 or -EIO. Sleeps. */
static int directory_block(struct inode *directory, uint64_t offset, struct buffer **buffer)
{
    uint32_t block;
    int error = bmap_lookup(directory, offset >> PAGE_SHIFT, &block);

    if (error)
        return error;
    return block ? buffer_read(block, buffer) : -EIO;
}

static uint64_t entries_in(const struct inode *directory)
{
    return directory->object.size / ENTRY_BYTES;
}

static bool name_equal(const struct dirent *entry, const char *name)
{
    return entry->name[0] == name[0] && strncmp(entry->name, name, DIRSIZ) == 0;
}

static const char any_name[1];

/*
 * The first entry from index at on that is called name, or any_name; or, without name, a free one.
 * *at: where it is, and its number in *number. 0, -ENOENT, -EIO, or -EINTR: of those that look for
 * a name nothing is changed yet.
 */
static int directory_find(struct inode *directory, const char *name, uint64_t *at, uint32_t *number)
{
    uint64_t end = entries_in(directory);
    struct buffer *buffer;

    while (*at < end) {
        int error = directory_block(directory, *at * ENTRY_BYTES, &buffer);
        const struct dirent *entry;

        if (error)
            return error;
        entry = (struct dirent *)buffer->data + *at % ENTRIES_PER_BLOCK;
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

int directory_lookup(struct inode *directory, const char *name, uint32_t *number, uint64_t *offset)
{
    uint64_t at = 0;
    int error;

    san_assert(sleeplock_held(&directory->lock));
    error = directory_find(directory, name, &at, number);
    if (!error && offset)
        *offset = at * ENTRY_BYTES;
    return error;
}

/* In an operation: the directory gets one more block, of free entries. */
static int directory_grow(struct inode *directory)
{
    uint64_t index = directory->object.size >> PAGE_SHIFT;
    uint32_t promised = GROWTH_PROMISE, block, near = 0;
    struct buffer *buffer;
    int error;

    if (block_promise(GROWTH_PROMISE))
        return -ENOSPC;
    if (index > 0)
        bmap_lookup(directory, index - 1, &near);
    block = block_take(near, &promised);
    buffer = buffer_zeroed(block);
    log_write(buffer);
    buffer_release(buffer);
    error = bmap_publish(directory, index, block, &promised);
    block_promise_end(promised);
    return error;
}

int directory_add(struct inode *directory, const char *name, uint32_t number)
{
    uint64_t at = directory->entry_hint;
    struct dirent *entry;
    struct buffer *buffer;
    uint32_t unused;
    int error = directory_find(directory, NULL, &at, &unused);

    if (error && error != -ENOENT)
        return error;
    if (error) { /* full: at the end, perhaps of its last block */
        error = at % ENTRIES_PER_BLOCK ? 0 : directory_grow(directory);
        if (error)
            return error;
        directory->object.size += ENTRY_BYTES;
        directory->disk_size = directory->object.size;
    }
    directory->entry_hint = (uint32_t)at + 1;
    error = directory_block(directory, at * ENTRY_BYTES, &buffer);
    if (error) {
        log_fail("disk error in a directory");
        return error;
    }
    entry = (struct dirent *)buffer->data + at % ENTRIES_PER_BLOCK;
    entry->inum = (uint16_t)number;
    memset(entry->name, 0, DIRSIZ);
    memcpy(entry->name, name, strnlen(name, DIRSIZ));
    log_write(buffer);
    buffer_release(buffer);
    return inode_flush(directory);
}

int directory_remove(struct inode *directory, uint64_t offset)
{
    struct buffer *buffer;
    int error = directory_block(directory, offset, &buffer);

    if (error)
        return error;
    memset((uint8_t *)buffer->data + offset % DISK_BLOCK_SIZE, 0, ENTRY_BYTES);
    log_write(buffer);
    buffer_release(buffer);
    if (offset / ENTRY_BYTES < directory->entry_hint)
        directory->entry_hint = (uint32_t)(offset / ENTRY_BYTES);
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
