/*
 * In-memory inodes. Data lives in the inode's vm_object (the page cache), metadata in the buffer
 * cache.
 *
 * guards: l = lock (sleeping, RANK_INODE); h = the inode cache's lock; c = constant while loaded;
 *         x = lock, and that of the list of indexes
 */
#pragma once

#include "abi/disk.h"
#include "abi/stat.h"
#include "thread/sleeplock.h"
#include "vm/cache/object.h"

struct mm_struct;
struct name_index;

struct inode {
    struct vm_object object;    /* object.size is the file's size, l */
    struct sleeplock lock;
    struct list_head hash_link; /* h */
    struct list_head empty_link; /* h: cached without users and pages; or alone */
    uint32_t number;            /* c */
    uint32_t references;        /* h */
    bool loaded;                /* l: the fields below are as on the disk, or newer */
    uint16_t type;              /* l; constant once loaded and referenced by a file */
    uint16_t major, minor;      /* c */
    uint16_t nlink;             /* l */
    uint32_t generation, blocks; /* l */
    uint64_t disk_size;         /* l: the size on the disk; if more than object.size, blocks
                                   beyond the end are still to be freed */
    struct list_head trim_link; /* on the list of inodes to trim; alone or NULL: not on it */
    struct name_index *index;   /* x: index of a large directory's names, or NULL */
#ifdef SAN
    uint32_t parent;            /* l: of a directory: the parent it was locked below, or 0 */
#endif
    uint32_t addr[DISK_ADDRS];  /* l to write; read freely, a word at a time (bmap.h) */
};

static inline struct inode *inode_of(struct vm_object *object)
{
    return container_of(object, struct inode, object);
}

/*
 * Mounts the disk with serial "fs": checks it, recovers the log, frees orphans. Prints what is
 * wrong.
 * Returns: 0 or -errno. Runs in a thread.
 */
int fs_mount(void);

/* The inode with that number, with a reference, perhaps not loaded yet. 0 or -ENOMEM. */
int inode_get(uint32_t number, struct inode **out);
/* Adds a reference, also to an inode that has none. Any context but interrupts. */
void inode_ref(struct inode *inode);
/*
 * Drops a reference. The last put of an inode without a name frees its blocks, in operations of its
 * own. Locks: none. Sleeps.
 */
void inode_put(struct inode *inode);
void inode_lock(struct inode *inode);   /* and loads it; type 0: it could not be read */
/* Locks inode below directory, which is locked and has a name of it: the only way to lock two. */
#ifdef SAN
void inode_lock_below(struct inode *directory, struct inode *inode);
#else
#define inode_lock_below(directory, inode) ((void)(directory), inode_lock(inode))
#endif
void inode_unlock(struct inode *inode);

#define INODE_END UINT64_MAX /* inode_write: at the end of the file, wherever that is then */
/*
 * Data, from and to user memory; inode_read without mm: to the kernel's. Only outer locks are held.
 * Return bytes done, or -errno where none. Sleep.
 */
int64_t inode_read(struct inode *inode, struct mm_struct *mm, uint64_t user, uint64_t offset,
                   uint64_t bytes);
int64_t inode_write(struct inode *inode, struct mm_struct *mm, uint64_t user, uint64_t offset,
                    uint64_t bytes);

/* A process runs the file as its program, so it is neither written nor resized (-ETXTBSY). */
static inline bool inode_is_executed(const struct inode *inode)
{
    return __atomic_load_n(&inode->object.writers, __ATOMIC_ACQUIRE) < 0;
}
/* For a store through a mapping: see vm_object_ops.make_writable. */
int inode_make_writable(struct inode *inode, uint64_t index);

/* T_... or 0: it could not be loaded. Lock not held. Sleeps. */
uint16_t inode_type(struct inode *inode);
void inode_stat(struct inode *inode, struct stat *stat); /* Lock not held. Sleeps. */
/* ftruncate, O_TRUNC. Hold nothing. Sleeps. */
int inode_resize(struct inode *inode, uint64_t size);
/*
 * Frees the blocks beyond the end, in operations of its own. -EINTR: the flusher frees the rest.
 * Locks: none. Sleeps. Returns: 0, -EIO or -EINTR.
 */
int inode_trim(struct inode *inode);
void inode_trim_later(struct inode *inode); /* takes a reference until that is done. Sleeps. */
/* data, then metadata, durable. Hold nothing. Sleeps. */
int inode_fsync(struct inode *inode);
/*
 * Makes everything durable. Afterwards only blocks that are really needed are reserved, and freed
 * blocks can be used: for a caller that found none. Locks: none. Sleeps.
 */
int fs_sync(void);
