/* System calls about files. */
#include "abi/errno.h"
#include "abi/fcntl.h"
#include "fs/path.h"
#include "lib/string.h"
#include "mem/kmem.h"
#include "sys/calls.h"
#include "vm/faults/usercopy.h"

/* The open file of descriptor a0, with a reference to be dropped by file_close; or NULL. */
static inline struct file *argument_file(const struct trap_frame *frame)
{
    return file_table_get(&current_process()->files, frame->a0);
}

/* Defines sys_NAME(), which gives result: an expression with `file`, the open file of a0. */
#define FILE_CALL(name, result)                                                       \
    int64_t sys_##name(struct trap_frame *frame)                                      \
    {                                                                                 \
        struct file *file = argument_file(frame);                                     \
        int64_t result_ = file ? (result) : -EBADF;                                   \
                                                                                      \
        if (file)                                                                     \
            file_close(file);                                                         \
        return result_;                                                               \
    }

FILE_CALL(read, (int64_t)frame->a2 < 0 ? -EINVAL
                    : file_read(file, current_process()->mm, frame->a1, frame->a2))
FILE_CALL(write, (int64_t)frame->a2 < 0 ? -EINVAL
                     : file_write(file, current_process()->mm, frame->a1, frame->a2))
FILE_CALL(lseek, is_int(frame->a2) ? file_seek(file, (int64_t)frame->a1, (int)frame->a2) : -EINVAL)
FILE_CALL(ftruncate, file_resize(file, (int64_t)frame->a1))
FILE_CALL(fsync, file_sync(file))
SIMPLE_CALL(close, file_table_close(&current_process()->files, frame->a0))
SIMPLE_CALL(sync, fs_sync())

/* The inode at the path that user points to. type: created as by path_create; 0: it must exist. */
static int find(uint64_t user, int type, int major, int minor, struct inode **inode)
{
    struct inode *cwd;
    char *path;
    int error = argument_path(user, &path);

    if (error)
        return error;
    cwd = process_cwd(current_process());
    if (type != 0)
        error = path_create(cwd, path, type, major, minor, inode);
    else
        error = path_lookup(cwd, path, inode);
    inode_put(cwd);
    kmem_free(path);
    return error;
}

#define ACCESS_MODES (O_WRONLY | O_RDWR) /* both together are invalid */
#define OPEN_FLAGS_KNOWN (ACCESS_MODES | O_CREATE | O_TRUNC | O_APPEND)

/* The descriptor and the file come first: creating or truncating a file cannot be undone. */
int64_t sys_open(struct trap_frame *frame)
{
    struct file_table *files = &current_process()->files;
    int flags = (int)frame->a1;
    struct inode *inode;
    struct file *file;
    int descriptor, result = -ENOMEM;

    if ((frame->a1 & ~(uint64_t)OPEN_FLAGS_KNOWN) || (flags & ACCESS_MODES) == ACCESS_MODES)
        return -EINVAL;
    descriptor = file_table_reserve(files);
    if (descriptor < 0)
        return descriptor;
    file = file_alloc();
    if (!file)
        goto unreserve;
    result = find(frame->a0, flags & O_CREATE ? T_FILE : 0, 0, 0, &inode);
    if (result == 0)
        result = file_open_inode(file, inode, flags);
    if (result == 0) {
        file_table_set(files, descriptor, file);
        return descriptor;
    }
    file_close(file);
unreserve:
    file_table_set(files, descriptor, NULL);
    return result;
}

int64_t sys_dup(struct trap_frame *frame)
{
    struct file_table *files = &current_process()->files;
    struct file *file = argument_file(frame);
    int descriptor;

    if (!file)
        return -EBADF;
    descriptor = file_table_reserve(files);
    if (descriptor >= 0)
        file_table_set(files, descriptor, file);
    else
        file_close(file);
    return descriptor;
}

int64_t sys_fstat(struct trap_frame *frame)
{
    struct file *file = argument_file(frame);
    struct stat stat;

    if (!file)
        return -EBADF;
    memset(&stat, 0, sizeof(stat)); /* the padding is copied out, too */
    file_stat(file, &stat);
    file_close(file);
    return user_copy_out(current_process()->mm, frame->a1, &stat, sizeof(stat));
}

int64_t sys_pipe(struct trap_frame *frame)
{
    struct process *process = current_process();
    struct file_table *files = &process->files;
    struct file *reader, *writer;
    int descriptor[2];
    int result;

    descriptor[0] = file_table_reserve(files);
    if (descriptor[0] < 0)
        return descriptor[0];
    descriptor[1] = result = file_table_reserve(files);
    if (result < 0)
        goto unreserve_reader;
    result = pipe_create(&reader, &writer);
    if (result < 0)
        goto unreserve_writer;
    result = user_copy_out(process->mm, frame->a0, descriptor, sizeof(descriptor));
    if (result == 0) {
        file_table_set(files, descriptor[0], reader);
        file_table_set(files, descriptor[1], writer);
        return 0;
    }
    file_close(reader);
    file_close(writer);
unreserve_writer:
    file_table_set(files, descriptor[1], NULL);
unreserve_reader:
    file_table_set(files, descriptor[0], NULL);
    return result;
}

int64_t sys_chdir(struct trap_frame *frame)
{
    struct inode *inode;
    int error = find(frame->a0, 0, 0, 0, &inode);

    if (error)
        return error;
    if (inode_type(inode) != T_DIR) {
        inode_put(inode);
        return -ENOTDIR;
    }
    process_set_cwd(inode);
    return 0;
}

/* mkdir and mknod: creates the inode and drops it. */
static int64_t create(uint64_t user_path, int type, int major, int minor)
{
    struct inode *inode;
    int error = find(user_path, type, major, minor, &inode);

    if (!error)
        inode_put(inode);
    return error;
}

SIMPLE_CALL(mkdir, create(frame->a0, T_DIR, 0, 0))
SIMPLE_CALL(mknod, frame->a1 > UINT16_MAX || frame->a2 > UINT16_MAX ? -EINVAL
                       : create(frame->a0, T_DEVICE, (int)frame->a1, (int)frame->a2))

int64_t sys_link(struct trap_frame *frame)
{
    struct inode *cwd;
    char *old_path, *new_path;
    int error = argument_path(frame->a0, &old_path);

    if (error)
        return error;
    error = argument_path(frame->a1, &new_path);
    if (!error) {
        cwd = process_cwd(current_process());
        error = path_link(cwd, old_path, new_path);
        inode_put(cwd);
        kmem_free(new_path);
    }
    kmem_free(old_path);
    return error;
}

int64_t sys_unlink(struct trap_frame *frame)
{
    struct inode *cwd;
    char *path;
    int error = argument_path(frame->a0, &path);

    if (error)
        return error;
    cwd = process_cwd(current_process());
    error = path_unlink(cwd, path);
    inode_put(cwd);
    kmem_free(path);
    return error;
}
