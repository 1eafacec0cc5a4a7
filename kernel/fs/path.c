/*
 * Paths. A walk holds one directory's lock at a time. A call that changes an entry finds the
 * directory first, then begins an operation of the log, locks the directory, and looks again. Locks
 * are taken from parent to child. Directories are never moved and have one name each, so that order
 * has no circle; files, which may have several names, come last.
 *
 * References are dropped after the operation, since dropping the last one of a file without a name
 * frees it, in operations of its own.
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
        ; /* never happens: mount keeps a reference, so nothing is allocated */
    return root;
}

/* Takes the next name off *path. Returns: 1, 0 at the end, or -ENAMETOOLONG. */
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
 * May entries be looked up or made in the directory? Not once it is removed: the number in its ".."
 * may belong to another directory by then. Locks: directory's.
 */
static int directory_usable(const struct inode *directory)
{
    if (directory->type != T_DIR)
        return directory->type ? -ENOTDIR : -EIO;
    return directory->nlink ? 0 : -ENOENT;
}

/* Replaces *at, a directory, by the inode of its entry name. On an error *at is NULL. */
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
 * Walks path: all of it, or, with last, up to its last name, which is stored there. *out: the inode
 * where the walk ends, with a reference. -EEXIST: path is the root and has no last name.
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

/* A path that ends in a slash can only name a directory. */
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
 * The error for making a file, device or link at a path that ends in a slash: -ENOENT, -ENOTDIR, or
 * -EEXIST where a directory is there.
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

/* A change of one entry of a directory: create, link or unlink. */
struct change {
    struct inode *directory; /* locked while the entry is changed */
    char name[DIRSIZ];
    bool found;              /* the name exists: */
    uint32_t number;         /* its inode */
    uint64_t offset;         /* where the entry is */
    int type, major, minor;  /* of what is created */
    struct inode *linked;    /* gets the name */
    bool only_directory;     /* nothing else is removed */
    struct inode *result;    /* created, found or removed; with a reference; NULL on failure */
};

/*
 * Finds the directory of path's last name and calls carry_out, in an operation of `blocks` blocks,
 * with the directory locked and the name looked up. Returns: 0 or -errno.
 */
static int try_change(struct change *change, struct inode *cwd, const char *path, uint32_t blocks,
                      int (*carry_out)(struct change *change))
{
    int error = walk(cwd, path, change->name, &change->directory);
    struct inode *directory = change->directory;

    if (error)
        return error;
    error = log_begin(blocks);
    if (!error) {
        inode_lock(directory);
        error = directory_usable(directory);
        if (!error)
            error = directory_lookup(directory, change->name, &change->number, &change->offset);
        change->found = !error;
        if (!error || (error == -ENOENT && directory->nlink))
            error = carry_out(change);
        inode_unlock(directory);
        log_end(blocks);
    }
    if (error && change->result) {
        inode_put(change->result);
        change->result = NULL;
    }
    inode_put(directory);
    return error;
}

/* The same, once more if the disk is full: a sync gives back reservations and freed blocks. */
static int change_entry(struct change *change, struct inode *cwd, const char *path,
                        uint32_t blocks, int (*carry_out)(struct change *change))
{
    int error = try_change(change, cwd, path, blocks, carry_out);

    if (error != -ENOSPC)
        return error;
    fs_sync();
    return try_change(change, cwd, path, blocks, carry_out);
}

/* In an operation: makes a new, empty inode and locks it. Locks: directory's. */
static int make_inode(struct change *change)
{
    uint32_t number;
    int error = inode_alloc(change->type, change->major, change->minor, &number);

    if (error)
        return error;
    error = inode_get(number, &change->result);
    if (error) {
        inode_free(number);
        return error;
    }
    inode_lock_below(change->directory, change->result);
    return 0;
}

/*
 * In an operation: finds the inode of that name, or creates it. Where the disk is full, the new
 * inode is left without a name, and inode_put frees it like any other. Locks: directory's.
 */
static int create_here(struct change *change)
{
    struct inode *directory = change->directory, *inode;
    bool is_directory = change->type == T_DIR;
    int error;

    if (change->found)
        return inode_get(change->number, &change->result);
    if (is_directory && directory->nlink >= LINKS_MAX)
        return -EMLINK;
    error = make_inode(change);
    if (error)
        return error;
    inode = change->result;
    if (is_directory)
        error = directory_init(inode, directory->number);
    if (!error)
        error = directory_add(directory, change->name, inode->number);
    if (!error && is_directory) {
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
    return error;
}

int path_create(struct inode *cwd, const char *path, int type, int major, int minor,
                struct inode **out)
{
    struct change change = {.type = type, .major = major, .minor = minor};
    int error = type != T_DIR && ends_in_slash(path)
                    ? refuse_slash(cwd, path)
                    : change_entry(&change, cwd, path, CREATE_BLOCKS, create_here);

    if (!error && change.found) { /* may it be returned instead of creating one? */
        int found = inode_type(change.result);

        error = type != T_FILE || found == T_DIR ? -EEXIST : found ? 0 : -EIO;
        if (error)
            inode_put(change.result);
    }
    *out = change.result;
    return error == -EEXIST && type == T_FILE ? -EISDIR : error;
}

/* In an operation: gives the inode one more name. Locks: directory's. */
static int link_here(struct change *change)
{
    struct inode *inode = change->linked;
    int error;

    if (change->found)
        return -EEXIST;
    inode_lock_below(change->directory, inode); /* not a directory: nothing is locked after it */
    if (inode->nlink == 0)
        error = -ENOENT;
    else if (inode->nlink >= LINKS_MAX)
        error = -EMLINK;
    else
        error = directory_add(change->directory, change->name, inode->number);
    if (!error) {
        inode->nlink++;
        thread_note_act();
        error = inode_flush(inode);
    }
    inode_unlock(inode);
    return error;
}

int path_link(struct inode *cwd, const char *old_path, const char *new_path)
{
    struct change change = {.linked = NULL};
    int error = path_lookup(cwd, old_path, &change.linked);
    int type;

    if (error)
        return error;
    type = inode_type(change.linked);
    if (type == T_DIR || type == 0)
        error = type ? -EPERM : -EIO;
    else if (ends_in_slash(new_path))
        error = refuse_slash(cwd, new_path);
    else
        error = change_entry(&change, cwd, new_path, LINK_BLOCKS, link_here);
    inode_put(change.linked);
    return error;
}

/* In an operation. Locks: both inodes'. */
static int unlink_locked(struct change *change, struct inode *inode)
{
    struct inode *directory = change->directory;
    int error = inode->type ? 0 : -EIO;

    if (!error && change->only_directory && inode->type != T_DIR)
        return -ENOTDIR;
    if (inode->type == T_DIR) {
        int empty = directory_is_empty(inode);

        error = empty < 0 ? empty : empty ? 0 : -ENOTEMPTY;
    }
    if (!error)
        error = directory_remove(directory, change->offset);
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

/* In an operation: removes the name. Locks: directory's. */
static int unlink_here(struct change *change)
{
    int error;

    if (strncmp(change->name, ".", DIRSIZ) == 0 || strncmp(change->name, "..", DIRSIZ) == 0)
        return -EPERM;
    if (!change->found)
        return -ENOENT;
    error = inode_get(change->number, &change->result);
    if (error)
        return error;
    inode_lock_below(change->directory, change->result);
    error = unlink_locked(change, change->result);
    inode_unlock(change->result);
    return error;
}

int path_unlink(struct inode *cwd, const char *path)
{
    struct change change = {.only_directory = ends_in_slash(path)};
    int error = change_entry(&change, cwd, path, UNLINK_BLOCKS, unlink_here);

    if (!error)
        inode_put(change.result);
    return error == -EEXIST ? -EPERM : error;
}
