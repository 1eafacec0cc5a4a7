/*
 * A process's open files by descriptor. Only threads of the process itself use its table; while
 * there is but one, it is not locked. Each entry holds a reference; a call takes one more for as
 * long as it works with the file, so that a close meanwhile does no harm.
 */
#ifndef PROC_FILE_TABLE_H
#define PROC_FILE_TABLE_H

#include "abi/limits.h"
#include "fs/file.h"

struct file_table {
    bool is_shared;                    /* changes while the process has one thread only */
    struct spinlock lock;              /* RANK_FILE_TABLE, where it is shared: guards file */
    struct file *file[MAX_OPEN_FILES]; /* NULL: free */
};

void file_table_init(struct file_table *table); /* it is all zero */

struct file *file_table_get_shared(struct file_table *table, uint64_t descriptor);

/*
 * The open file, with a reference that the caller gives back by file_close; NULL: bad descriptor.
 */
static inline struct file *file_table_get(struct file_table *table, uint64_t descriptor)
{
    if (__builtin_expect(table->is_shared, 0))
        return file_table_get_shared(table, descriptor);
    if (descriptor >= MAX_OPEN_FILES || table->file[descriptor] == NULL)
        return NULL;
    return file_dup(table->file[descriptor]);
}

/* The lowest free descriptor, or -EMFILE. On success the table has the caller's reference. */
int file_table_add(struct file_table *table, struct file *file);
int file_table_close(struct file_table *table, uint64_t descriptor); /* 0 or -EBADF. Sleeps. */
/*
 * Undoes file_table_add, unless another thread has closed the descriptor meanwhile; one that is
 * negative is none. The caller has a reference to file besides the table's. Sleeps.
 */
void file_table_take_back(struct file_table *table, int descriptor, struct file *file);
void file_table_copy(struct file_table *to, struct file_table *from); /* to is empty, not shared */
void file_table_close_all(struct file_table *table); /* the process has one thread. Sleeps. */

#endif
