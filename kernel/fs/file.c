/*
 * Open files. A file is found by its descriptor; a call holds a reference, so that the file stays
 * while the call works with it. The lock of the offset is held during the whole transfer, so two
 * processes that share a file never overwrite each other's data. It is an outer lock, since the
 * transfer may fault.
 */
#include "fs/file.h"

#include "abi/errno.h"
#include "abi/fcntl.h"
#include "fs/inode.h"
#include "mem/kmem.h"

const struct device_ops *device_table[DEVICE_MAJORS];

struct file *file_alloc(void)
{
    struct file *file = kmem_alloc(sizeof(*file), 0);

    if (!file)
        return NULL;
    file->references = 1;
    sleeplock_init(&file->lock, "file offset", RANK_OUTER);
    return file;
}

void file_release(struct file *file)
{
    if (file->type == FILE_PIPE)
        pipe_close(file->pipe, file->writable);
    else if (file->inode)
        inode_put(file->inode);
    kmem_free(file);
}

static const struct device_ops *device_find(uint32_t major)
{
    return major < DEVICE_MAJORS ? device_table[major] : NULL;
}

/* May a file of this type be opened in this way? Returns: 0 or -errno. */
static int open_allowed(uint16_t type, uint16_t major, bool writable)
{
    switch (type) {
    case T_FILE:
        return 0;
    case T_DIR:
        return writable ? -EISDIR : 0;
    case T_DEVICE:
        return device_find(major) ? 0 : -ENXIO;
    default:
        return -EIO; /* the inode could not be loaded */
    }
}

int file_open_inode(struct file *file, struct inode *inode, int flags)
{
    uint16_t type;
    int error;

    inode_lock(inode);
    type = inode->type;
    file->major = inode->major;
    file->minor = inode->minor;
    inode_unlock(inode);

    file->type = type == T_DEVICE ? FILE_DEVICE : FILE_INODE;
    file->readable = !(flags & O_WRONLY);
    file->writable = (flags & (O_WRONLY | O_RDWR)) != 0;
    file->append = (flags & O_APPEND) != 0;
    file->inode = inode;
    error = open_allowed(type, file->major, file->writable);
    if (!error && type == T_FILE && (flags & O_TRUNC))
        error = inode_resize(inode, 0);
    return error;
}

/* Reads or writes at the file's offset, which moves along. */
static int64_t inode_file_move(struct file *file, struct mm_struct *mm, uint64_t user,
                               uint64_t bytes, bool write)
{
    bool at_end = write && file->append;
    int64_t done = sleeplock_acquire_killable(&file->lock);

    if (done < 0)
        return done;
    done = write ? inode_write(file->inode, mm, user, at_end ? INODE_END : file->offset, bytes)
                 : inode_read(file->inode, mm, user, file->offset, bytes);
    if (done > 0)
        file->offset = at_end ? file->inode->object.size : file->offset + (uint64_t)done;
    sleeplock_release(&file->lock);
    return done;
}

int64_t file_read(struct file *file, struct mm_struct *mm, uint64_t user, uint64_t bytes)
{
    if (!file->readable)
        return -EBADF;
    if (bytes == 0)
        return 0;
    if (file->type == FILE_INODE)
        return inode_file_move(file, mm, user, bytes, false);
    if (file->type == FILE_PIPE)
        return pipe_read(file->pipe, mm, user, bytes);
    return device_find(file->major)->read(file->minor, mm, user, bytes);
}

int64_t file_write(struct file *file, struct mm_struct *mm, uint64_t user, uint64_t bytes)
{
    if (!file->writable)
        return -EBADF;
    if (bytes == 0)
        return 0;
    if (file->type == FILE_INODE)
        return inode_file_move(file, mm, user, bytes, true);
    if (file->type == FILE_PIPE)
        return pipe_write(file->pipe, mm, user, bytes);
    return device_find(file->major)->write(file->minor, mm, user, bytes);
}

void file_stat(struct file *file, struct stat *stat)
{
    if (file->type == FILE_PIPE) {
        stat->type = T_PIPE;
        stat->nlink = 1;
    } else {
        inode_stat(file->inode, stat);
    }
}

int64_t file_seek(struct file *file, int64_t offset, int whence)
{
    int64_t base = 0, result;

    if (file->type != FILE_INODE)
        return -ESPIPE;
    if (whence != SEEK_SET && whence != SEEK_CUR && whence != SEEK_END)
        return -EINVAL;
    if (sleeplock_acquire_killable(&file->lock) < 0)
        return -EINTR;
    if (whence == SEEK_CUR)
        base = (int64_t)file->offset;
    else if (whence == SEEK_END)
        base = (int64_t)file->inode->object.size;
    if (__builtin_add_overflow(base, offset, &result))
        result = -EOVERFLOW;
    else if (result < 0)
        result = -EINVAL;
    else
        file->offset = (uint64_t)result;
    sleeplock_release(&file->lock);
    return result;
}

int file_resize(struct file *file, int64_t size)
{
    if (file->type != FILE_INODE || !file->writable || size < 0)
        return -EINVAL;
    return inode_resize(file->inode, (uint64_t)size);
}

int file_sync(struct file *file)
{
    return file->type == FILE_INODE ? inode_fsync(file->inode) : -EINVAL;
}
