/*
 * A process's open files by descriptor. Only threads of the process itself use its table. Each
 * entry holds a reference; a call takes one more for as long as it works with the file, so that a
 * close meanwhile does no harm.
 */
#ifndef PROC_FILE_TABLE_H
#define PROC_FILE_TABLE_H

#include <stddef.h>

#include "abi/limits.h"
#include "fs/file.h"

struct file_table {
    struct file *file[MAX_OPEN_FILES]; /* NULL: free */
};

/*
 * The open file, with a reference that the caller gives back by file_close; NULL: bad descriptor.
 */
static inline struct file *file_table_get(struct file_table *table, uint64_t descriptor)
{
    if (descriptor >= MAX_OPEN_FILES || table->file[descriptor] == NULL)
        return NULL;
    return file_dup(table->file[descriptor]);
}

/* The lowest free descriptor, or -EMFILE. On success the table has the caller's reference. */
int file_table_add(struct file_table *table, struct file *file);
int file_table_close(struct file_table *table, uint64_t descriptor); /* 0 or -EBADF. Sleeps. */
void file_table_copy(struct file_table *to, const struct file_table *from); /* to is empty */
void file_table_close_all(struct file_table *table); /* Sleeps. */

#endif
