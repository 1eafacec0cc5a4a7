/* The file system's disk, by blocks. */
#include "fs/fs_disk.h"

#include "abi/disk.h"

#define SECTORS_PER_BLOCK (DISK_BLOCK_SIZE / SECTOR_SIZE)

struct block_device *fs_disk;

int disk_read(uint32_t block, void *data)
{
    return block_transfer(fs_disk, BLOCK_READ, (uint64_t)block * SECTORS_PER_BLOCK, data,
                          DISK_BLOCK_SIZE);
}

int disk_read_pages(uint32_t block, struct page *const page[], uint32_t count)
{
    return block_read_pages(fs_disk, (uint64_t)block * SECTORS_PER_BLOCK, page, count);
}

int disk_write(uint32_t block, const void *data)
{
    return block_transfer(fs_disk, BLOCK_WRITE, (uint64_t)block * SECTORS_PER_BLOCK, (void *)data,
                          DISK_BLOCK_SIZE);
}
