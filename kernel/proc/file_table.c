/* The table of a process's open files, by descriptor. */
#include "proc/file_table.h"

#include "abi/errno.h"

void file_table_init(struct file_table *table)
{
    spin_init(&table->lock, "file table", RANK_FILE_TABLE);
}

static void file_table_lock(struct file_table *table)
{
    if (table->is_shared)
        spin_lock(&table->lock);
}

static void file_table_unlock(struct file_table *table)
{
    if (table->is_shared)
        spin_unlock(&table->lock);
}

struct file *file_table_get_shared(struct file_table *table, uint64_t descriptor)
{
    struct file *file;

    if (descriptor >= MAX_OPEN_FILES)
        return NULL;
    file_table_lock(table);
    file = table->file[descriptor];
    if (file)
        file_dup(file);
    file_table_unlock(table);
    return file;
}

int file_table_reserve(struct file_table *table)
{
    uint64_t descriptor;

    file_table_lock(table);
    descriptor = bitmap_find_clear(table->used, MAX_OPEN_FILES, 0);
    if (descriptor < MAX_OPEN_FILES)
        bitmap_set(table->used, descriptor);
    file_table_unlock(table);
    return descriptor < MAX_OPEN_FILES ? (int)descriptor : -EMFILE;
}

void file_table_set(struct file_table *table, int descriptor, struct file *file)
{
    file_table_lock(table);
    table->file[descriptor] = file;
    if (!file)
        bitmap_clear(table->used, (uint64_t)descriptor);
    file_table_unlock(table);
}

int file_table_close(struct file_table *table, uint64_t descriptor)
{
    struct file *file;

    if (descriptor >= MAX_OPEN_FILES)
        return -EBADF;
    file_table_lock(table);
    file = table->file[descriptor];
    if (file) {
        table->file[descriptor] = NULL;
        bitmap_clear(table->used, descriptor);
    }
    file_table_unlock(table);
    if (!file)
        return -EBADF;
    file_close(file); /* not under the lock: it may sleep */
    return 0;
}

void file_table_copy(struct file_table *to, struct file_table *from)
{
    file_table_lock(from);
    for (int descriptor = 0; descriptor < MAX_OPEN_FILES; descriptor++) {
        if (!from->file[descriptor])
            continue;
        to->file[descriptor] = file_dup(from->file[descriptor]);
        bitmap_set(to->used, (uint64_t)descriptor);
    }
    file_table_unlock(from);
}

void file_table_close_all(struct file_table *table)
{
    for (int descriptor = 0; descriptor < MAX_OPEN_FILES; descriptor++) {
        if (table->file[descriptor])
            file_table_close(table, (uint64_t)descriptor);
    }
}
