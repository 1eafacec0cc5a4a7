/* Descriptors: the table of a process's open files. */
#include "proc/file_table.h"

#include "abi/errno.h"

int file_table_add(struct file_table *table, struct file *file)
{
    for (int descriptor = 0; descriptor < MAX_OPEN_FILES; descriptor++) {
        if (table->file[descriptor] == NULL) {
            table->file[descriptor] = file;
            return descriptor;
        }
    }
    return -EMFILE;
}

int file_table_close(struct file_table *table, uint64_t descriptor)
{
    struct file *file;

    if (descriptor >= MAX_OPEN_FILES || table->file[descriptor] == NULL)
        return -EBADF;
    file = table->file[descriptor];
    table->file[descriptor] = NULL;
    file_close(file);
    return 0;
}

void file_table_copy(struct file_table *to, const struct file_table *from)
{
    for (int descriptor = 0; descriptor < MAX_OPEN_FILES; descriptor++) {
        if (from->file[descriptor] != NULL)
            to->file[descriptor] = file_dup(from->file[descriptor]);
    }
}

void file_table_close_all(struct file_table *table)
{
    for (uint64_t descriptor = 0; descriptor < MAX_OPEN_FILES; descriptor++)
        file_table_close(table, descriptor);
}
