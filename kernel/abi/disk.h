/*
 * The file system as it lies on the disk; shared by the kernel, mkfs and fsck. Little-endian.
 *
 *   block 0       superblock
 *   log_start     the log: transactions one behind the other, each a header block and its payload
 *   inode_start   the inode table, 32 inodes a block; inode 0 is never used, 1 is the root
 *   bitmap_start  one bit a block of the disk, 1 = in use; blocks before data_start are in use
 *   data_start    data, indirect blocks, directories, to the end (nblocks)
 *
 * The log holds metadata only: whole blocks that are to be copied to block[i]. A transaction is
 * committed if its header and its payload have right checksums, its count is above 0, and it is the
 * first, or the one before it is committed and has the sequence number before its own. They are
 * replayed at mount, in order.
 */
#pragma once

#include <stdint.h>

#define DISK_BLOCK_SIZE 4096u
#define DISK_MAGIC 0x39337678u /* "xv39" */
#define DISK_VERSION 1u
#define DISK_ROOT_INODE 1u

struct disk_super {
    uint32_t magic;
    uint32_t version;
    uint32_t block_size;
    uint32_t nblocks; /* of the whole file system */
    uint32_t ninodes; /* numbers 1 .. ninodes - 1; at most 65536 */
    uint32_t log_start, log_blocks;
    uint32_t inode_start, inode_blocks;
    uint32_t bitmap_start, bitmap_blocks;
    uint32_t data_start;
    uint32_t orphan_head; /* first inode of the orphan list: unlinked, but not yet freed; 0: none */
};

#define DISK_DIRECT 22u
#define DISK_PER_BLOCK (DISK_BLOCK_SIZE / 4u) /* block numbers in an indirect block */
#define DISK_ADDR_SINGLE 22u                  /* addr[]: the single indirect block */
#define DISK_ADDR_DOUBLE 23u                  /* addr[]: the double indirect block */
#define DISK_ADDRS 24u
/* bytes; 22 + 1024 + 1024 * 1024 blocks would hold a little more */
#define DISK_MAX_FILE (1ull << 32)

/* 128 bytes. A block number of 0 is a hole. type 0 (and nlink 0): free. */
struct disk_inode {
    uint16_t type; /* T_DIR, T_FILE, T_DEVICE of abi/stat.h */
    uint16_t nlink;
    uint16_t major, minor; /* T_DEVICE */
    uint64_t size;
    uint32_t orphan_next; /* next inode of the orphan list; 0: end */
    uint32_t generation;  /* counts the files that this inode has been */
    uint32_t blocks;      /* blocks in use, indirect blocks included */
    uint32_t reserved;
    uint32_t addr[DISK_ADDRS];
};
#define DISK_INODES_PER_BLOCK (DISK_BLOCK_SIZE / 128u)

#define DIRSIZ 62
/* A directory is a file of these, and can be read as such. inum 0: free. */
struct dirent {
    uint16_t inum;
    char name[DIRSIZ]; /* padded with NULs; a name of 62 has none */
};

#define DISK_LOG_MAGIC 0x676f6c33u /* "3log" */
#define DISK_LOG_MAX 1016u
struct disk_log_header {
    uint32_t magic;
    uint32_t count; /* payload blocks; 0: nothing to replay */
    uint64_t sequence;
    uint32_t header_sum;  /* disk_checksum of this block with header_sum = 0 */
    uint32_t payload_sum; /* disk_checksum over the payload blocks, in order, chained */
    uint32_t block[DISK_LOG_MAX]; /* home of each payload block */
    uint32_t reserved[2];
};

_Static_assert(sizeof(struct disk_inode) == 128, "inodes fill a block");
_Static_assert(sizeof(struct dirent) == 64, "entries fill a block");
_Static_assert(sizeof(struct disk_log_header) == DISK_BLOCK_SIZE, "the log header is one block");

#define DISK_CHECKSUM_SEED 2166136261u
/* FNV-1a over 32-bit words; chain by passing the last result as seed. bytes is a multiple of 4. */
static inline uint32_t disk_checksum(uint32_t seed, const void *data, uint32_t bytes)
{
    const uint32_t *word = (const uint32_t *)data;

    for (uint32_t i = 0; i < bytes / 4; i++)
        seed = (seed ^ word[i]) * 16777619u;
    return seed;
}
