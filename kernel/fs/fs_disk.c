/* The file system's disk, by blocks. */
#include "fs/fs_disk.h"

#include "abi/disk.h"

#define SECTORS_PER_BLOCK (DISK_BLOCK_SIZE / SECTOR_SIZE)

struct block_device *fs_disk;

static int transfer_blocks(enum block_operation operation, uint32_t block,
                           struct page *const page[], uint32_t count)
{
    return block_transfer(fs_disk, operation, (uint64_t)block * SECTORS_PER_BLOCK, page, count);
}

int disk_read(uint32_t block, void *data)
{
    return transfer_blocks(BLOCK_READ, block, (struct page *[]){va_page(data)}, 1);
}

int disk_read_pages(uint32_t block, struct page *const page[], uint32_t count)
{
    return transfer_blocks(BLOCK_READ, block, page, count);
}

int disk_write(uint32_t block, const void *data)
{
    return transfer_blocks(BLOCK_WRITE, block, (struct page *[]){va_page(data)}, 1);
}

int disk_flush(void)
{
    return transfer_blocks(BLOCK_FLUSH, 0, NULL, 0);
}
