/* Inodes as they lie on the disk; see inode_disk.h. */
#include "fs/inode_disk.h"

#include "abi/errno.h"
#include "fs/buffer.h"
#include "fs/log.h"
#include "lib/string.h"

#define SUPER_BLOCK 0u

static uint32_t inode_start, inode_count; /* constant after inode_disk_init */
static uint32_t first_maybe_free;         /* a hint, changed without a lock: atomic */

void inode_disk_init(const struct disk_super *super)
{
    inode_start = super->inode_start;
    inode_count = super->ninodes;
    first_maybe_free = DISK_ROOT_INODE + 1;
}

static uint32_t inode_block(uint32_t number)
{
    return inode_start + number / DISK_INODES_PER_BLOCK;
}

static struct disk_inode *inode_in(struct buffer *buffer, uint32_t number)
{
    return (struct disk_inode *)buffer->data + number % DISK_INODES_PER_BLOCK;
}

int inode_load(struct inode *inode)
{
    struct buffer *buffer;
    struct disk_inode *disk;
    int error;

    if (inode->number == 0 || inode->number >= inode_count)
        return -EIO;
    error = buffer_read(inode_block(inode->number), &buffer);
    if (error)
        return error;
    disk = inode_in(buffer, inode->number);
    inode->type = disk->type;
    inode->nlink = disk->nlink;
    inode->major = disk->major;
    inode->minor = disk->minor;
    inode->generation = disk->generation;
    inode->blocks = disk->blocks;
    inode->disk_size = disk->size;
    inode->object.size = disk->size;
    memcpy(inode->addr, disk->addr, sizeof(inode->addr));
    buffer_release(buffer);
    return 0;
}

/* In an operation: inode number on the disk, in *buffer, which is locked. NULL: -EIO. */
static struct disk_inode *inode_to_change(uint32_t number, struct buffer **buffer)
{
    return log_read(inode_block(number), buffer) ? NULL : inode_in(*buffer, number);
}

int inode_flush(struct inode *inode)
{
    struct buffer *buffer;
    struct disk_inode *disk = inode_to_change(inode->number, &buffer);

    if (!disk)
        return -EIO;
    disk->nlink = inode->nlink;
    disk->size = inode->disk_size;
    disk->blocks = inode->blocks;
    memcpy(disk->addr, inode->addr, sizeof(inode->addr));
    log_put(buffer);
    return 0;
}

/* Takes the first free inode from number on in its block. Returns: its number, or 0: none. */
static uint32_t take_in_block(struct buffer *buffer, uint32_t number, struct disk_inode *as)
{
    uint32_t block = inode_block(number);

    for (; number < inode_count && inode_block(number) == block; number++) {
        struct disk_inode *disk = inode_in(buffer, number);

        if (disk->type == 0) {
            as->generation = disk->generation + 1;
            *disk = *as;
            log_write(buffer);
            return number;
        }
    }
    return 0;
}

/* Makes the first free inode from number at on into *as. *number: 0: there is none. */
static int take_from(uint32_t at, struct disk_inode *as, uint32_t *number)
{
    struct buffer *buffer;

    *number = 0;
    while (at < inode_count && *number == 0) {
        int error = buffer_read(inode_block(at), &buffer);

        if (error)
            return error;
        *number = take_in_block(buffer, at, as);
        buffer_release(buffer);
        at = (at / DISK_INODES_PER_BLOCK + 1) * DISK_INODES_PER_BLOCK;
    }
    return 0;
}

int inode_alloc(int type, int major, int minor, uint32_t *number)
{
    struct disk_inode as = {
        .type = (uint16_t)type, .nlink = 1, .major = (uint16_t)major, .minor = (uint16_t)minor};
    uint32_t hint = __atomic_load_n(&first_maybe_free, __ATOMIC_RELAXED);
    int error = take_from(hint, &as, number);

    if (!error && *number == 0) /* concurrent changes of the hint may have lost an inode */
        error = take_from(DISK_ROOT_INODE + 1, &as, number);
    if (error)
        return error;
    __atomic_store_n(&first_maybe_free, *number ? *number + 1 : inode_count, __ATOMIC_RELAXED);
    return *number ? 0 : -ENOSPC;
}

int inode_free(uint32_t number)
{
    struct buffer *buffer;
    struct disk_inode *disk = inode_to_change(number, &buffer);

    if (!disk)
        return -EIO;
    *disk = (struct disk_inode){.generation = disk->generation};
    log_write(buffer);
    if (number < __atomic_load_n(&first_maybe_free, __ATOMIC_RELAXED))
        __atomic_store_n(&first_maybe_free, number, __ATOMIC_RELAXED);
    buffer_release(buffer);
    return 0;
}

/* The lock of the superblock's buffer guards the whole list. */
int orphan_add(uint32_t number)
{
    struct buffer *super, *buffer;
    struct disk_inode *orphan;
    struct disk_super *disk;

    if (log_read(SUPER_BLOCK, &super))
        return -EIO;
    orphan = inode_to_change(number, &buffer);
    if (orphan) {
        disk = super->data;
        orphan->orphan_next = disk->orphan_head;
        log_put(buffer);
        disk->orphan_head = number;
        log_write(super);
    }
    buffer_release(super);
    return orphan ? 0 : -EIO;
}

/* Reads the link of an orphan; with `to`, sets it to *to. In an operation. */
static int orphan_link(uint32_t number, const uint32_t *to, uint32_t *next)
{
    struct buffer *buffer;
    struct disk_inode *disk = inode_to_change(number, &buffer);

    if (!disk)
        return -EIO;
    *next = disk->orphan_next;
    if (to) {
        disk->orphan_next = *to;
        log_write(buffer);
    }
    buffer_release(buffer);
    return 0;
}

int orphan_remove(uint32_t number)
{
    const uint32_t none = 0;
    struct buffer *super;
    struct disk_super *disk;
    uint32_t before = 0, at, next = 0, unused;
    int error = log_read(SUPER_BLOCK, &super);

    if (error)
        return error;
    disk = super->data;
    for (at = disk->orphan_head; at && at != number && !error; at = next) {
        before = at;
        error = orphan_link(at, NULL, &next);
    }
    if (!error && at)
        error = orphan_link(number, &none, &next);
    if (!error && at && before) {
        error = orphan_link(before, &next, &unused);
    } else if (!error && at) {
        disk->orphan_head = next;
        log_write(super);
    }
    buffer_release(super);
    return error;
}

int orphan_first(uint32_t *number)
{
    struct buffer *super;
    int error = buffer_read(SUPER_BLOCK, &super);

    if (error)
        return error;
    *number = ((struct disk_super *)super->data)->orphan_head;
    buffer_release(super);
    return 0;
}
