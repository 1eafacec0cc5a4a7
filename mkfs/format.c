/*
 * Makes a file system on an empty image. Blocks and inodes are handed out in ascending order; the
 * bitmap is kept right at every step, so an image is consistent after each call.
 */
#include "format.h"

#include <string.h>

#include "abi/stat.h"

#define LOG_SHARE 32u             /* the log gets this part of the disk ... */
#define LOG_MIN 64u               /* ... but at least, and */
#define LOG_MAX (DISK_LOG_MAX + 1) /* at most so many blocks */
#define BLOCKS_PER_INODE 4u
#define INODES_MIN 64u
#define INODES_MAX 65536u

static uint32_t clamp(uint64_t value, uint32_t low, uint32_t high)
{
    return value < low ? low : value > high ? high : (uint32_t)value;
}

static uint32_t divide_up(uint64_t value, uint32_t by)
{
    return (uint32_t)((value + by - 1) / by);
}

static void layout(struct disk_super *super, uint32_t nblocks)
{
    super->magic = DISK_MAGIC;
    super->version = DISK_VERSION;
    super->block_size = DISK_BLOCK_SIZE;
    super->nblocks = nblocks;
    super->ninodes = clamp(nblocks / BLOCKS_PER_INODE, INODES_MIN, INODES_MAX);
    super->log_start = 1;
    super->log_blocks = clamp(nblocks / LOG_SHARE, LOG_MIN, LOG_MAX);
    super->inode_start = super->log_start + super->log_blocks;
    super->inode_blocks = divide_up(super->ninodes, DISK_INODES_PER_BLOCK);
    super->bitmap_start = super->inode_start + super->inode_blocks;
    super->bitmap_blocks = divide_up(nblocks, DISK_BLOCK_SIZE * 8);
    super->data_start = super->bitmap_start + super->bitmap_blocks;
}

static bool allocate_block(struct format *format, struct disk_inode *inode, uint32_t *number)
{
    struct image *image = format->image;

    if (format->next_block == image_super(image)->nblocks)
        return image_fail(image, "the files do not fit: disk full");
    *number = format->next_block++;
    image_set_block_used(image, *number, true);
    inode->blocks++;
    return true;
}

/* The block in *slot, allocated where there is none. */
static bool block_in_slot(struct format *format, struct disk_inode *inode, uint32_t *slot,
                          uint32_t **entries)
{
    if (*slot == 0 && !allocate_block(format, inode, slot))
        return false;
    *entries = image_block(format->image, *slot);
    return true;
}

/* Block index of the file, allocated where there is none. */
static bool file_block(struct format *format, struct disk_inode *inode, uint64_t index,
                       void **block)
{
    uint32_t *slot, *entries;

    if (index < DISK_DIRECT) {
        slot = &inode->addr[index];
    } else if ((index -= DISK_DIRECT) < DISK_PER_BLOCK) {
        if (!block_in_slot(format, inode, &inode->addr[DISK_ADDR_SINGLE], &entries))
            return false;
        slot = &entries[index];
    } else {
        index -= DISK_PER_BLOCK;
        if (!block_in_slot(format, inode, &inode->addr[DISK_ADDR_DOUBLE], &entries) ||
            !block_in_slot(format, inode, &entries[index / DISK_PER_BLOCK], &entries))
            return false;
        slot = &entries[index % DISK_PER_BLOCK];
    }
    if (!block_in_slot(format, inode, slot, &entries))
        return false;
    *block = entries;
    return true;
}

static bool allocate_inode(struct format *format, int type, uint32_t *number)
{
    struct image *image = format->image;

    if (format->next_inode == image_super(image)->ninodes)
        return image_fail(image, "too many files: this disk has %u inodes",
                          image_super(image)->ninodes - 1);
    *number = format->next_inode++;
    struct disk_inode *inode = image_inode(image, *number);
    inode->type = (uint16_t)type;
    inode->generation = 1;
    return true;
}

static bool add_entry(struct format *format, uint32_t directory, const char *name, uint32_t number)
{
    struct disk_inode *inode = image_inode(format->image, directory);
    void *block;

    if (!file_block(format, inode, inode->size / DISK_BLOCK_SIZE, &block))
        return false;
    struct dirent *entry =
        (struct dirent *)((uint8_t *)block + inode->size % DISK_BLOCK_SIZE);
    entry->inum = (uint16_t)number;
    memcpy(entry->name, name, strlen(name)); /* the block was zero */
    inode->size += sizeof(struct dirent);
    if (strcmp(name, ".") != 0)
        image_inode(format->image, number)->nlink++;
    return true;
}

static bool fill_directory(struct format *format, uint32_t number, uint32_t parent)
{
    return add_entry(format, number, ".", number) && add_entry(format, number, "..", parent);
}

static bool name_is_good(struct format *format, uint32_t directory, const char *name)
{
    struct image *image = format->image;

    if (*name == '\0' || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return image_fail(image, "bad name '%s'", name);
    if (strlen(name) > DIRSIZ)
        return image_fail(image, "name longer than %d bytes: %s", DIRSIZ, name);
    if (image_find_entry(image, image_inode(image, directory), name))
        return image_fail(image, "name used twice: %s", name);
    return true;
}

static void write_empty_log(struct image *image)
{
    struct disk_log_header *header = image_block(image, image_super(image)->log_start);

    header->magic = DISK_LOG_MAGIC;
    header->payload_sum = DISK_CHECKSUM_SEED;
    header->header_sum = disk_checksum(DISK_CHECKSUM_SEED, header, DISK_BLOCK_SIZE);
}

bool format_begin(struct format *format, struct image *image)
{
    struct disk_super *super = image_super(image);
    uint32_t root = 0;

    if (image->nblocks < FORMAT_MIN_BYTES / DISK_BLOCK_SIZE)
        return image_fail(image, "too small: a disk has at least %llu bytes", FORMAT_MIN_BYTES);
    if (image->nblocks > UINT32_MAX)
        return image_fail(image, "too large: a disk has at most %llu bytes",
                          (unsigned long long)FORMAT_MAX_BYTES);
    layout(super, (uint32_t)image->nblocks);
    write_empty_log(image);
    for (uint32_t number = 0; number < super->data_start; number++)
        image_set_block_used(image, number, true);
    for (uint64_t number = super->nblocks; number % (DISK_BLOCK_SIZE * 8) != 0; number++)
        image_set_block_used(image, (uint32_t)number, true); /* no block at all, so not free */
    format->image = image;
    format->next_block = super->data_start;
    format->next_inode = DISK_ROOT_INODE;
    return allocate_inode(format, T_DIR, &root) && fill_directory(format, root, root);
}

bool format_add_file(struct format *format, uint32_t directory, const char *name,
                     format_source source, void *context)
{
    uint8_t buffer[DISK_BLOCK_SIZE];
    uint32_t number = 0;
    int got;

    if (!name_is_good(format, directory, name) || !allocate_inode(format, T_FILE, &number) ||
        !add_entry(format, directory, name, number))
        return false;
    struct disk_inode *inode = image_inode(format->image, number);
    do {
        static const uint8_t zeros[DISK_BLOCK_SIZE];
        void *block;

        memset(buffer, 0, sizeof buffer);
        got = source(context, buffer);
        if (got < 0)
            return image_fail(format->image, "cannot read what is to become %s", name);
        if (got == 0)
            break;
        if (inode->size + (uint64_t)got > DISK_MAX_FILE)
            return image_fail(format->image, "file too large: %s", name);
        if (!file_block(format, inode, inode->size / DISK_BLOCK_SIZE, &block))
            return false;
        if (memcmp(buffer, zeros, sizeof buffer) != 0) /* so the image stays sparse */
            memcpy(block, buffer, sizeof buffer);
        inode->size += (uint64_t)got;
    } while (got == (int)DISK_BLOCK_SIZE);
    return true;
}

bool format_add_directory(struct format *format, uint32_t directory, const char *name,
                          uint32_t *number)
{
    return name_is_good(format, directory, name) && allocate_inode(format, T_DIR, number) &&
           add_entry(format, directory, name, *number) &&
           fill_directory(format, *number, directory);
}
