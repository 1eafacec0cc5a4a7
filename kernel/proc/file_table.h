/*
 * A process's open files by descriptor. Only the process's own threads use its table; while it has
 * one thread, the table is not locked. Each entry holds a reference. A call takes one more while it
 * works with the file, so that another thread may close the descriptor meanwhile.
 *
 * A call that makes a descriptor reserves it first, before it does anything that it cannot undo.
 * Until file_table_set, a reserved descriptor is bad for all other calls, and is not given out
 * again.
 */
#pragma once

#include "abi/limits.h"
#include "fs/file.h"
#include "lib/bitmap.h"

struct file_table {
    bool is_shared;                    /* changes while the process has one thread only */
    struct spinlock lock;              /* RANK_FILE_TABLE, where it is shared: guards the rest */
    uint64_t used[BITMAP_WORDS(MAX_OPEN_FILES)]; /* by descriptor: open or reserved */
    struct file *file[MAX_OPEN_FILES]; /* NULL: free, or only reserved */
};

void file_table_init(struct file_table *table); /* it is all zero */

struct file *file_table_get_shared(struct file_table *table, uint64_t descriptor);

/*
 * The open file, with a reference that the caller drops by file_close. NULL: bad descriptor.
 */
static inline struct file *file_table_get(struct file_table *table, uint64_t descriptor)
{
    if (__builtin_expect(table->is_shared, 0))
        return file_table_get_shared(table, descriptor);
    if (descriptor >= MAX_OPEN_FILES || !table->file[descriptor])
        return NULL;
    return file_dup(table->file[descriptor]);
}

/* The lowest free descriptor, now reserved, or -EMFILE. Never sleeps. */
int file_table_reserve(struct file_table *table);
/*
 * Sets a reserved descriptor to file; its reference belongs to the table from then on. NULL frees
 * the descriptor. Never sleeps.
 */
void file_table_set(struct file_table *table, int descriptor, struct file *file);
int file_table_close(struct file_table *table, uint64_t descriptor); /* 0 or -EBADF. Sleeps. */
void file_table_copy(struct file_table *to, struct file_table *from); /* to is empty, not shared */
void file_table_close_all(struct file_table *table); /* the process has one thread. Sleeps. */
