/*
 * Open files: what a descriptor refers to, shared by dup and fork. A file lives as long as there
 * are references to it; the last file_close() drops its inode or closes its end of the pipe.
 *
 * guards: a = atomic; o = offset lock (outer); c = constant
 */
#pragma once

#include "abi/stat.h"
#include "thread/sleeplock.h"

struct inode;
struct pipe;
struct mm_struct;

enum file_type { FILE_INODE, FILE_PIPE, FILE_DEVICE };

struct file {
    struct sleeplock lock;  /* RANK_OUTER: offset */
    uint32_t references;    /* a */
    enum file_type type;    /* c */
    bool readable, writable, append; /* c */
    uint16_t major, minor;  /* c: FILE_DEVICE */
    uint64_t offset;        /* o */
    struct inode *inode;    /* c: FILE_INODE and FILE_DEVICE */
    struct pipe *pipe;      /* c: FILE_PIPE */
};

/* All of these sleep. Locks: none are held. Errors are negative errno. */

struct file *file_alloc(void);                 /* with one reference; NULL: no memory */
/*
 * Opens inode as file, which is new. flags: O_... The reference to the inode belongs to the file
 * from then on, also on failure.
 */
int file_open_inode(struct file *file, struct inode *inode, int flags);
void file_release(struct file *file);          /* the last reference was dropped */
/*
 * Return the bytes transferred; fewer than `bytes` at the end of the file or after an error.
 * -errno: the error came before the first byte.
 */
int64_t file_read(struct file *file, struct mm_struct *mm, uint64_t user, uint64_t bytes);
int64_t file_write(struct file *file, struct mm_struct *mm, uint64_t user, uint64_t bytes);
void file_stat(struct file *file, struct stat *stat); /* stat is all zero */
int64_t file_seek(struct file *file, int64_t offset, int whence);
int file_resize(struct file *file, int64_t size);
int file_sync(struct file *file);

/* Adds a reference. Never sleeps. */
static inline struct file *file_dup(struct file *file)
{
    __atomic_fetch_add(&file->references, 1, __ATOMIC_RELAXED);
    return file;
}

/* Drops a reference. Sleeps. */
static inline void file_close(struct file *file)
{
    if (__atomic_fetch_sub(&file->references, 1, __ATOMIC_ACQ_REL) == 1)
        file_release(file);
}

/* fs/pipe.c: 64 KiB between two files. */
int pipe_create(struct file **reader, struct file **writer);
void pipe_close(struct pipe *pipe, bool writer);
/* Waits for data; returns what there is. 0: empty, and no writer is left. -EINTR: killed. */
int64_t pipe_read(struct pipe *pipe, struct mm_struct *mm, uint64_t user, uint64_t bytes);
/*
 * Waits until all is written. -EPIPE: no reader is left. -EINTR: killed. Both only if no byte was.
 */
int64_t pipe_write(struct pipe *pipe, struct mm_struct *mm, uint64_t user, uint64_t bytes);

/* Devices by major number: xv6's console is 1. */
#define DEVICE_MAJORS 8
#define DEVICE_CONSOLE 1
struct device_ops {
    int64_t (*read)(uint32_t minor, struct mm_struct *mm, uint64_t user, uint64_t bytes);
    int64_t (*write)(uint32_t minor, struct mm_struct *mm, uint64_t user, uint64_t bytes);
};
extern const struct device_ops *device_table[DEVICE_MAJORS];

/*
 * fs/console.c. Minor 0 gives whole lines, echoed and edited; minor 1 ("raw") gives characters as
 * they are typed, for a program that edits its own line.
 */
#define CONSOLE_RAW 1
int console_init(void); /* registers DEVICE_CONSOLE, takes over console input. 0 or -ENOMEM */
/* Prints the processes when Ctrl-P is typed; proc/ sets it. Called by an interrupt handler. */
extern void (*console_list_hook)(void);
/* Kills a job for which Ctrl-C was typed; proc/ sets it. Called by a thread, without locks. */
extern void (*console_kill_hook)(int job);
void console_set_job(int job); /* the foreground job; 0: none, so Ctrl-C is a character */
