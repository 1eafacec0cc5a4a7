/*
 * Mounting: find the disk, check its superblock, replay the log, free the files that a crash left
 * without a name.
 */
#include "abi/errno.h"

#include "dev/block.h"
#include "fs/block_alloc.h"
#include "fs/buffer.h"
#include "fs/fs_disk.h"
#include "fs/inode.h"
#include "fs/inode_cache.h"
#include "fs/inode_disk.h"
#include "fs/log.h"
#include "fs/name_index.h"
#include "fs/path.h"
#include "fs/recover.h"
#include "fs/writeback.h"
#include "mem/frame.h"
#include "sync/printf.h"
#include "vm/replacement/reclaim.h"

static const struct recover_io recover_io = {disk_read, disk_write, disk_flush};

/* Checks that the superblock describes a file system that fits the disk. NULL, or what is wrong. */
static const char *super_fault(const struct disk_super *super, uint64_t disk_blocks)
{
    if (super->magic != DISK_MAGIC)
        return "it has no xv39 file system";
    if (super->version != DISK_VERSION)
        return "its file system is of another version";
    if (super->block_size != DISK_BLOCK_SIZE)
        return "its block size is not 4096";
    if (super->nblocks > disk_blocks)
        return "the disk is smaller than its file system: the image was cut off";
    if (super->ninodes <= DISK_ROOT_INODE || super->ninodes > 65536 ||
        super->inode_blocks < super->ninodes / DISK_INODES_PER_BLOCK ||
        super->bitmap_blocks != (super->nblocks + BLOCKS_PER_MAP - 1) / BLOCKS_PER_MAP ||
        super->log_start == 0 || super->log_blocks < 2 ||
        (uint64_t)super->log_start + super->log_blocks > super->inode_start ||
        (uint64_t)super->inode_start + super->inode_blocks > super->bitmap_start ||
        (uint64_t)super->bitmap_start + super->bitmap_blocks > super->data_start ||
        super->data_start >= super->nblocks)
        return "its superblock makes no sense";
    return NULL;
}

/* Reads and checks the superblock, and replays the log. Prints what is wrong. */
static int recover(struct disk_super *super, void *header, void *data, uint64_t *sequence)
{
    const struct disk_super *found = data;
    const char *fault;
    int replayed;

    if (disk_read(0, data)) {
        printf("fs: the disk \"fs\" cannot be read\n");
        return -EIO;
    }
    fault = super_fault(found, fs_disk->sectors / (DISK_BLOCK_SIZE / SECTOR_SIZE));
    if (fault) {
        printf("fs: the disk \"fs\" cannot be mounted: %s.\n"
               "fs: `make clean; make` on the host builds a new image (mkfs does, for your own)\n",
               fault);
        return -EINVAL;
    }
    *super = *found;
    replayed = log_recover(&recover_io, super, header, data, sequence);
    if (replayed < 0)
        printf("fs: disk error while the log was replayed\n");
    else if (replayed > 0)
        printf("fs: the log was replayed: %d blocks\n", replayed);
    return replayed < 0 ? replayed : 0;
}

/* Frees the files without a name that were open when the machine stopped. */
static void free_orphans(void)
{
    uint32_t number, last = 0;
    struct inode *inode;

    while (orphan_first(&number) == 0 && number != 0 && number != last) {
        last = number;
        if (inode_get(number, &inode))
            break;
        inode_lock(inode);
        if (inode->nlink || !inode->type)
            printf("fs: inode %u is on the orphan list by mistake: run fsck\n", number);
        inode_unlock(inode);
        inode_put(inode);
    }
}

/*
 * The caches give back their share. SHRINK_ALL: the caller holds no lock, so dirty data is written
 * first.
 */
static uint64_t fs_shrink(uint64_t wanted)
{
    uint64_t freed;

    if (wanted == SHRINK_ALL)
        fs_sync();
    freed = inode_cache_shrink(wanted) + buffer_shrink(wanted);
    /*
     * Building an index again reads many blocks: one in use is dropped only if nothing else can be.
     */
    return freed + name_index_shrink(wanted >= frame_managed &&
                                     (freed == 0 || wanted == SHRINK_ALL));
}

static int start(const struct disk_super *super, uint64_t sequence)
{
    uint32_t buffers;
    int error = log_init(super, sequence, block_reuse_freed, &buffers);

    if (!error)
        error = buffer_cache_init(buffers);
    if (!error)
        error = inode_cache_init();
    if (error)
        return error;
    buffer_order_init(super);
    inode_disk_init(super);
    return block_alloc_init(super);
}

static int check_root(void)
{
    struct inode *root = path_root(); /* this reference is never dropped */

    if (inode_type(root) == T_DIR)
        return 0;
    printf("fs: the root directory is damaged: run fsck\n");
    return -EIO;
}

int fs_mount(void)
{
    uint8_t *blocks = alloc_block(2 * PAGE_SIZE); /* a header of the log, and another block */
    struct disk_super super;
    uint64_t sequence;
    int error = -ENOMEM;

    fs_disk = block_find("fs");
    assert(fs_disk);
    if (blocks) {
        error = recover(&super, blocks, blocks + PAGE_SIZE, &sequence);
        if (!error)
            error = start(&super, sequence);
        if (error == -ENOMEM)
            printf("fs: not enough memory for this disk\n");
    }
    free_block(blocks);
    if (!error)
        error = check_root();
    if (!error)
        error = writeback_start();
    if (error)
        return error;
    free_orphans();
    shrink_caches_hook = fs_shrink;
    return 0;
}
