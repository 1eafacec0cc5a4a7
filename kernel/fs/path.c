/*
 * Paths. A walk holds one directory's lock at a time. Calls that change something find the
 * directory first, then open an operation of the log, lock the directory, and look again. Locks are
 * taken from parent to child; since directories are never moved and have one name, that order has
 * no circle, and files, which may have several names, come last.
 *
 * References are dropped after the operation: the last one of a file without a name frees it, by
 * operations of its own.
 */
#include "fs/path.h"

#include "abi/errno.h"
#include "fs/directory.h"
#include "fs/inode_disk.h"
#include "fs/log.h"
#include "lib/string.h"
#include "thread/thread.h"

#define LINKS_MAX 32767 /* struct stat shows a short */
/* The new inode; its first block and that one's bit; an entry in the parent. */
#define CREATE_BLOCKS (1 + DIRECTORY_ADD_BLOCKS + DIRECTORY_ADD_BLOCKS)
#define LINK_BLOCKS (1 + DIRECTORY_ADD_BLOCKS)
#define UNLINK_BLOCKS 5u /* the entry, both inodes, the superblock; one to spare */

struct inode *path_root(void)
{
    struct inode *root;

    while (inode_get(DISK_ROOT_INODE, &root) != 0)
        ; /* cannot be: mount keeps a reference, so nothing is allocated */
    return root;
}

/* The next name of *path, which moves on. 1, 0 at the end, or -ENAMETOOLONG. */
static int next_name(const char **path, char name[DIRSIZ])
{
    const char *at = *path;
    size_t length = 0;

    while (*at == '/')
        at++;
    while (at[length] && at[length] != '/')
        length++;
    if (length == 0)
        return 0;
    if (length > DIRSIZ)
        return -ENAMETOOLONG;
    memset(name, 0, DIRSIZ);
    memcpy(name, at, length);
    at += length;
    while (*at == '/')
        at++;
    *path = at;
    return 1;
}

/*
 * Locks: directory's. May an entry be looked for in it, or made? Once removed it has none any more,
 * and what is left of ".." may be another directory's number by now.
 */
static int directory_usable(const struct inode *directory)
{
    if (directory->type != T_DIR)
        return directory->type ? -ENOTDIR : -EIO;
    return directory->nlink ? 0 : -ENOENT;
}

/* Goes from *at, whose reference it drops, to the entry name. On an error *at is NULL. */
static int step_down(struct inode **at, const char *name)
{
    struct inode *directory = *at;
    uint32_t number;
    int error;

    *at = NULL;
    inode_lock(directory);
    error = directory_usable(directory);
    if (!error)
        error = directory_lookup(directory, name, &number, NULL);
    if (!error)
        error = inode_get(number, at); /* under the lock: the number cannot be freed meanwhile */
    inode_unlock(directory);
    inode_put(directory);
    return error;
}

/*
 * Walks path, all of it, or (last != NULL) up to its last name, which is put there. *out: where
 * that leads, with a reference. -EEXIST: there is no last name, path is the root.
 */
static int walk(struct inode *cwd, const char *path, char *last, struct inode **out)
{
    char some[DIRSIZ], *name = last ? last : some;
    struct inode *at;
    int error;

    if (*path == '\0')
        return -ENOENT;
    at = *path == '/' ? path_root() : cwd;
    if (at == cwd)
        inode_ref(at);
    while ((error = next_name(&path, name)) > 0) {
        if (last && *path == '\0') {
            *out = at;
            return 0;
        }
        error = -EINTR;
        if (thread_is_interrupted())
            break;
        error = step_down(&at, name);
        if (error)
            return error;
    }
    if (!error && last)
        error = -EEXIST;
    if (error)
        inode_put(at);
    else
        *out = at;
    return error;
}

/* Such a path names a directory, or nothing. */
static bool ends_in_slash(const char *path)
{
    size_t length = strlen(path);

    return length > 0 && path[length - 1] == '/';
}

int path_lookup(struct inode *cwd, const char *path, struct inode **out)
{
    int error = walk(cwd, path, NULL, out);
    int type = !error && ends_in_slash(path) ? inode_type(*out) : T_DIR;

    if (error || type == T_DIR)
        return error;
    inode_put(*out);
    return type ? -ENOTDIR : -EIO;
}

/*
 * A file, a device or a link is to be made at a path that ends in a slash. -ENOENT, -ENOTDIR, or
 * -EEXIST: a directory is there.
 */
static int refuse_slash(struct inode *cwd, const char *path)
{
    struct inode *inode;
    int error = path_lookup(cwd, path, &inode);

    if (error)
        return error;
    inode_put(inode);
    return -EEXIST;
}

/* Locks: directory's; in an operation. A new inode, locked, with nothing in it. */
static int make_inode(struct inode *directory, int type, int major, int minor, struct inode **out)
{
    uint32_t number;
    int error = inode_alloc(type, major, minor, &number);

    if (error)
        return error;
    error = inode_get(number, out);
    if (error) {
        inode_free(number);
        return error;
    }
    inode_lock_below(directory, *out);
    return 0;
}

/*
 * Locks: directory's; in an operation. The name is not there. Where the disk is full, what was
 * begun is left as an inode without a name, which the put frees like any other.
 */
static int create_in(struct inode *directory, const char *name, int type, int major, int minor,
                     struct inode **out)
{
    struct inode *inode;
    int error;

    if (type == T_DIR && directory->nlink >= LINKS_MAX)
        return -EMLINK;
    error = make_inode(directory, type, major, minor, &inode);
    if (error)
        return error;
    if (type == T_DIR)
        error = directory_init(inode, directory->number);
    if (!error)
        error = directory_add(directory, name, inode->number);
    if (!error && type == T_DIR) {
        directory->nlink++; /* for ".." */
        error = inode_flush(directory);
    }
    if (error) {
        inode->nlink = 0;
        orphan_add(inode->number);
    } else {
        thread_note_act();
    }
    inode_flush(inode);
    inode_unlock(inode);
    *out = inode;
    return error;
}

/*
 * In an operation. *out: the inode of that name, new or not; with an error perhaps one to be put.
 */
static int create_or_find(struct inode *directory, const char *name, int type, int major,
                          int minor, struct inode **out, bool *found)
{
    uint32_t number;
    int error;

    *out = NULL;
    *found = false;
    inode_lock(directory);
    error = directory_usable(directory);
    if (!error)
        error = directory_lookup(directory, name, &number, NULL);
    if (!error) {
        *found = true;
        error = inode_get(number, out);
    } else if (error == -ENOENT && directory->nlink) {
        error = create_in(directory, name, type, major, minor, out);
    }
    inode_unlock(directory);
    return error;
}

/* Is what was found under the name good for who wanted to create it? */
static int accept_existing(struct inode *inode, int type)
{
    int found = inode_type(inode);

    if (type != T_FILE || found == T_DIR)
        return -EEXIST;
    return found ? 0 : -EIO;
}

static int try_create(struct inode *cwd, const char *path, int type, int major, int minor,
                      struct inode **out)
{
    char name[DIRSIZ];
    struct inode *directory;
    bool found;
    int error = walk(cwd, path, name, &directory);

    if (error)
        return error;
    error = log_begin(CREATE_BLOCKS);
    if (!error) {
        error = create_or_find(directory, name, type, major, minor, out, &found);
        log_end(CREATE_BLOCKS);
        if (!error && found)
            error = accept_existing(*out, type);
        if (error && *out)
            inode_put(*out);
    }
    inode_put(directory);
    return error;
}

int path_create(struct inode *cwd, const char *path, int type, int major, int minor,
                struct inode **out)
{
    int error = type != T_DIR && ends_in_slash(path)
                    ? refuse_slash(cwd, path)
                    : try_create(cwd, path, type, major, minor, out);

    if (error == -ENOSPC) { /* blocks may be promised in vain, or free but not committed */
        fs_sync();
        error = try_create(cwd, path, type, major, minor, out);
    }
    return error == -EEXIST && type == T_FILE ? -EISDIR : error;
}

/* In an operation; directory is not locked. inode gets one more name. */
static int link_in(struct inode *directory, const char *name, struct inode *inode)
{
    uint32_t number;
    int error;

    inode_lock(directory);
    error = directory_usable(directory);
    if (!error) {
        error = directory_lookup(directory, name, &number, NULL);
        error = error == -ENOENT ? 0 : error ? error : -EEXIST;
    }
    if (error) {
        inode_unlock(directory);
        return error;
    }
    inode_lock_below(directory, inode); /* not a directory: nobody locks one after it */
    if (inode->nlink == 0)
        error = -ENOENT;
    else if (inode->nlink >= LINKS_MAX)
        error = -EMLINK;
    else
        error = directory_add(directory, name, inode->number);
    if (!error) {
        inode->nlink++;
        thread_note_act();
        error = inode_flush(inode);
    }
    inode_unlock(inode);
    inode_unlock(directory);
    return error;
}

static int try_link(struct inode *inode, struct inode *cwd, const char *new_path)
{
    char name[DIRSIZ];
    struct inode *directory;
    int error = walk(cwd, new_path, name, &directory);

    if (error)
        return error;
    error = log_begin(LINK_BLOCKS);
    if (!error) {
        error = link_in(directory, name, inode);
        log_end(LINK_BLOCKS);
    }
    inode_put(directory);
    return error;
}

int path_link(struct inode *cwd, const char *old_path, const char *new_path)
{
    struct inode *inode;
    int type;
    int error = path_lookup(cwd, old_path, &inode);

    if (error)
        return error;
    type = inode_type(inode);
    if (type == T_DIR || type == 0)
        error = type ? -EPERM : -EIO;
    else if (ends_in_slash(new_path))
        error = refuse_slash(cwd, new_path);
    else
        error = try_link(inode, cwd, new_path);
    if (error == -ENOSPC) {
        fs_sync();
        error = try_link(inode, cwd, new_path);
    }
    inode_put(inode);
    return error;
}

/* Locks: both. In an operation. only_directory: nothing else is removed. */
static int unlink_locked(struct inode *directory, uint64_t offset, struct inode *inode,
                         bool only_directory)
{
    int error = inode->type ? 0 : -EIO;

    if (!error && only_directory && inode->type != T_DIR)
        return -ENOTDIR;

    if (inode->type == T_DIR) {
        int empty = directory_is_empty(inode);

        error = empty < 0 ? empty : empty ? 0 : -ENOTEMPTY;
    }
    if (!error)
        error = directory_remove(directory, offset);
    if (error)
        return error;
    thread_note_act();
    if (inode->type == T_DIR) {
        directory->nlink--;
        error = inode_flush(directory);
    }
    inode->nlink--;
    if (!error && inode->nlink == 0)
        error = orphan_add(inode->number);
    return error ? error : inode_flush(inode);
}

/* In an operation. *out: what lost its name, to be put. */
static int unlink_in(struct inode *directory, const char *name, bool only_directory,
                     struct inode **out)
{
    uint64_t offset;
    uint32_t number;
    int error;

    *out = NULL;
    inode_lock(directory);
    error = directory_usable(directory);
    if (!error && (strncmp(name, ".", DIRSIZ) == 0 || strncmp(name, "..", DIRSIZ) == 0))
        error = -EPERM;
    if (!error)
        error = directory_lookup(directory, name, &number, &offset);
    if (!error)
        error = inode_get(number, out);
    if (!error) {
        inode_lock_below(directory, *out);
        error = unlink_locked(directory, offset, *out, only_directory);
        inode_unlock(*out);
    }
    inode_unlock(directory);
    return error;
}

int path_unlink(struct inode *cwd, const char *path)
{
    char name[DIRSIZ];
    struct inode *directory, *inode = NULL;
    int error = walk(cwd, path, name, &directory);

    if (error)
        return error == -EEXIST ? -EPERM : error;
    error = log_begin(UNLINK_BLOCKS);
    if (!error) {
        error = unlink_in(directory, name, ends_in_slash(path), &inode);
        log_end(UNLINK_BLOCKS);
    }
    if (inode)
        inode_put(inode);
    inode_put(directory);
    return error;
}
