/* Gets files out of an image: one walk over the directory tree, something to do at each file. */
#include "extract.h"

#include <errno.h>
#include <string.h>

#include "abi/stat.h"

#define PATH_BYTES 4096u
#define DEPTH 64u

struct walk {
    struct image *image;
    char path[PATH_BYTES]; /* of the file visited */
    bool (*visit)(struct walk *walk, uint32_t number, const struct disk_inode *inode);
    FILE *out;
};

static bool walk_directory(struct walk *walk, const struct disk_inode *directory, unsigned depth)
{
    size_t length = strlen(walk->path);

    if (depth == DEPTH || length + DIRSIZ + 2 > PATH_BYTES)
        return image_fail(walk->image, "directories too deep at %.200s", walk->path);
    for (uint64_t i = 2; i < directory->size / sizeof(struct dirent); i++) {
        const struct dirent *entry = image_entry(walk->image, directory, i);
        const struct disk_inode *inode = entry ? image_inode(walk->image, entry->inum) : NULL;

        if (!inode)
            continue;
        snprintf(walk->path + length, PATH_BYTES - length, "/%.62s", entry->name);
        if (!walk->visit(walk, entry->inum, inode))
            return false;
        if (inode->type == T_DIR && !walk_directory(walk, inode, depth + 1))
            return false;
        walk->path[length] = '\0';
    }
    return true;
}

static bool walk_tree(struct walk *walk)
{
    return walk_directory(walk, image_inode(walk->image, DISK_ROOT_INODE), 0);
}

static bool list_one(struct walk *walk, uint32_t number, const struct disk_inode *inode)
{
    char type = inode->type == T_DIR ? 'd' : inode->type == T_FILE ? 'f' : 'c';

    fprintf(walk->out, "%5u %c %3u %10llu %6u %s\n", number, type, inode->nlink,
            (unsigned long long)inode->size, inode->blocks, walk->path);
    return true;
}

void extract_list(struct image *image, FILE *out)
{
    struct walk walk = {.image = image, .visit = list_one, .out = out};

    if (!walk_tree(&walk))
        fprintf(out, "%s\n", image->error);
}

static bool copy_data(struct image *image, const struct disk_inode *inode, FILE *out)
{
    uint8_t buffer[DISK_BLOCK_SIZE];

    for (uint64_t offset = 0; offset < inode->size; offset += sizeof buffer) {
        size_t got = image_read(image, inode, offset, buffer, sizeof buffer);
        bool hole = image_file_block(image, inode, offset / DISK_BLOCK_SIZE) == 0;
        bool last = offset + got == inode->size;

        if (hole && !last ? fseek(out, (long)got, SEEK_CUR) != 0
                          : fwrite(buffer, 1, got, out) != got)
            return false;
    }
    return true;
}

static bool copy_one(struct walk *walk, uint32_t number, const struct disk_inode *inode)
{
    (void)number;
    if (inode->type == T_DIR)
        return image_host_directory(walk->image, walk->path);
    if (inode->type != T_FILE)
        return true;
    FILE *out = fopen(walk->path, "wb");
    if (!out)
        return image_fail(walk->image, "cannot create %.200s: %s", walk->path, strerror(errno));
    bool done = copy_data(walk->image, inode, out);
    if (fclose(out) != 0 || !done)
        return image_fail(walk->image, "cannot write %.200s", walk->path);
    return true;
}

bool extract_all(struct image *image, const char *to)
{
    struct walk walk = {.image = image, .visit = copy_one};

    if (strlen(to) >= PATH_BYTES / 2)
        return image_fail(image, "path too long");
    strcpy(walk.path, to);
    return walk_tree(&walk);
}
