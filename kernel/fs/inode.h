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
    uint64_t disk_size;         /* l: the size that the disk knows; more than object.size: blocks
                                   beyond the end are still to be freed */
    struct list_head trim_link; /* the list of what is to be trimmed; alone, or NULL: not on it */
    struct name_index *index;   /* x: of a large directory's names, or NULL */
#ifdef SAN
    uint32_t parent;            /* l: of a directory: the one that it was locked below, or 0 */
#endif
    uint32_t addr[DISK_ADDRS];  /* l to write; read freely, a word at a time (bmap.h) */
};

static inline struct inode *inode_of(struct vm_object *object)
{
    return container_of(object, struct inode, object);
}

/* Mounts the disk with serial "fs": checks, recovers the log, frees orphans. Prints what is
 * wrong; 0 or -errno. Runs in a thread. */
int fs_mount(void);

/* The inode with that number, with a reference, perhaps not loaded yet. 0 or -ENOMEM. */
int inode_get(uint32_t number, struct inode **out);
/* any context but interrupts; also for one that has no users */
void inode_ref(struct inode *inode);
/*
 * The last user's put of an unlinked inode frees its blocks (by transactions of its own): hold
 * nothing. Sleeps.
 */
void inode_put(struct inode *inode);
void inode_lock(struct inode *inode);   /* loads it where it is not loaded; -EIO marks it type 0 */
/* Locks: directory's, which shows a name of inode. The only way to have two. */
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

/* Some process shows the file as its program: it is neither written nor resized (-ETXTBSY). */
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
/* Frees the blocks beyond the end, in operations of its own. Hold nothing. 0, -EIO or -EINTR: the
 * flusher does the rest. Sleeps. */
int inode_trim(struct inode *inode);
void inode_trim_later(struct inode *inode); /* takes a reference until that is done. Sleeps. */
/* data, then metadata, durable. Hold nothing. Sleeps. */
int inode_fsync(struct inode *inode);
/*
 * The same of everything. Afterwards only blocks that are really needed stay promised, and those
 * that were freed can be used: for a caller that found none. Hold nothing. Sleeps.
 */
int fs_sync(void);
