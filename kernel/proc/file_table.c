/* Descriptors: the table of a process's open files. */
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
    if (file != NULL)
        file_dup(file);
    file_table_unlock(table);
    return file;
}

int file_table_add(struct file_table *table, struct file *file)
{
    int descriptor = 0;

    file_table_lock(table);
    while (descriptor < MAX_OPEN_FILES && table->file[descriptor] != NULL)
        descriptor++;
    if (descriptor < MAX_OPEN_FILES)
        table->file[descriptor] = file;
    file_table_unlock(table);
    return descriptor < MAX_OPEN_FILES ? descriptor : -EMFILE;
}

/* Takes it out, if it is expected, or expected is NULL. Returns it, or NULL. */
static struct file *file_table_take(struct file_table *table, uint64_t descriptor,
                                    const struct file *expected)
{
    struct file *file;

    if (descriptor >= MAX_OPEN_FILES)
        return NULL;
    file_table_lock(table);
    file = table->file[descriptor];
    if (expected == NULL || file == expected)
        table->file[descriptor] = NULL;
    else
        file = NULL;
    file_table_unlock(table);
    return file;
}

int file_table_close(struct file_table *table, uint64_t descriptor)
{
    struct file *file = file_table_take(table, descriptor, NULL);

    if (file == NULL)
        return -EBADF;
    file_close(file); /* not under the lock: it may sleep */
    return 0;
}

void file_table_take_back(struct file_table *table, int descriptor, struct file *file)
{
    if (file_table_take(table, (uint64_t)descriptor, file) != NULL)
        file_close(file);
}

void file_table_copy(struct file_table *to, struct file_table *from)
{
    file_table_lock(from);
    for (int descriptor = 0; descriptor < MAX_OPEN_FILES; descriptor++) {
        if (from->file[descriptor] != NULL)
            to->file[descriptor] = file_dup(from->file[descriptor]);
    }
    file_table_unlock(from);
}

void file_table_close_all(struct file_table *table)
{
    for (int descriptor = 0; descriptor < MAX_OPEN_FILES; descriptor++) {
        struct file *file = table->file[descriptor];

        if (file == NULL)
            continue;
        table->file[descriptor] = NULL;
        file_close(file);
    }
}
