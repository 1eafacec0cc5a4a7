/* The file system's disk, one block at a time. */
#include "fs/fs_disk.h"

#include "abi/disk.h"

#define SECTORS_PER_BLOCK (DISK_BLOCK_SIZE / SECTOR_SIZE)

struct block_device *fs_disk;

int disk_read(uint32_t block, void *data)
{
    return block_transfer(fs_disk, BLOCK_READ, (uint64_t)block * SECTORS_PER_BLOCK, data,
                          DISK_BLOCK_SIZE);
}

int disk_write(uint32_t block, const void *data)
{
    return block_transfer(fs_disk, BLOCK_WRITE, (uint64_t)block * SECTORS_PER_BLOCK, (void *)data,
                          DISK_BLOCK_SIZE);
}
