/*
 * fsck's judgement. Three passes: every inode with the blocks it uses; the directory tree from the
 * root, and the orphan list; then what the passes counted against the link counts and the bitmap.
 *
 * The image may hold anything. Each number is tested before it is used, and a block is followed
 * only the first time it is met, so the work is bounded by the size of the image.
 */
#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/stat.h"

struct check {
    struct image *image;
    const struct disk_super *super;
    unsigned flags;
    check_report report;
    void *context;
    uint64_t problems;
    uint8_t *bitmap;    /* what the disk's bitmap ought to be */
    uint32_t *links;    /* by inode: entries that name it, "." not counted */
    uint8_t *seen;      /* by inode: enum seen bits */
    uint32_t *queue;    /* directories reached, to be read */
    uint32_t *parent;   /* by inode, of directories in the queue */
    uint32_t queued;
};

enum seen { SEEN_IN_TREE = 1, SEEN_ORPHAN = 2 };

/* One inode while its blocks are walked. */
struct walk {
    uint32_t number;
    const struct disk_inode *inode;
    uint64_t end;    /* blocks that its size covers */
    uint64_t blocks; /* found so far */
};

static void problem(struct check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void problem(struct check *check, const char *format, ...)
{
    char line[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    check->problems++;
    check->report(check->context, line);
}

static bool bitmap_test(const uint8_t *bitmap, uint64_t number)
{
    return bitmap[number / 8] >> number % 8 & 1;
}

static void bitmap_set(uint8_t *bitmap, uint64_t number)
{
    bitmap[number / 8] |= (uint8_t)(1u << number % 8);
}

/* ---- Log ---- */

static bool block_is_zero(const void *block)
{
    static const uint8_t zeros[DISK_BLOCK_SIZE];

    return memcmp(block, zeros, sizeof zeros) == 0;
}

static void check_log_homes(struct check *check, const struct disk_log_header *header)
{
    for (uint32_t i = 0; i < header->count; i++) {
        uint32_t home = header->block[i];
        bool in_log = home >= check->super->log_start &&
                      home < check->super->log_start + check->super->log_blocks;

        if (in_log || home >= check->super->nblocks)
            problem(check, "log: payload block %u belongs at block %u, which is no home", i, home);
    }
}

static uint32_t payload_sum(struct check *check, uint32_t count)
{
    uint32_t sum = DISK_CHECKSUM_SEED;

    for (uint32_t i = 0; i < count; i++)
        sum = disk_checksum(sum, image_block(check->image, check->super->log_start + 1 + i),
                            DISK_BLOCK_SIZE);
    return sum;
}

static void check_log(struct check *check)
{
    const struct disk_log_header *header = image_block(check->image, check->super->log_start);
    struct disk_log_header copy = *header;

    if (block_is_zero(header) || (header->magic == DISK_LOG_MAGIC && header->count == 0))
        return; /* nothing to replay, even where an empty header was torn */
    copy.header_sum = 0;
    if (header->magic != DISK_LOG_MAGIC) {
        problem(check, "log: header has a wrong magic 0x%08x", header->magic);
    } else if (disk_checksum(DISK_CHECKSUM_SEED, &copy, sizeof copy) != header->header_sum) {
        problem(check, "log: header has a wrong checksum");
    } else if (header->count > check->super->log_blocks - 1) {
        problem(check, "log: header counts %u blocks, the log holds %u", header->count,
                check->super->log_blocks - 1);
    } else if (header->count > 0) {
        check_log_homes(check, header);
        if (payload_sum(check, header->count) == header->payload_sum)
            problem(check, "log: a committed transaction of %u blocks was not replayed",
                    header->count);
    }
}

/* ---- Inodes and their blocks ---- */

/* Counts a block as the inode's. Returns whether it may be followed. */
static bool use_block(struct check *check, struct walk *walk, uint32_t block)
{
    if (block < check->super->data_start || block >= check->super->nblocks) {
        problem(check, "inode %u: block %u is out of range", walk->number, block);
        return false;
    }
    walk->blocks++;
    if (bitmap_test(check->bitmap, block)) {
        problem(check, "block %u: used twice, the second time by inode %u", block, walk->number);
        return false;
    }
    bitmap_set(check->bitmap, block);
    return true;
}

/* block covers the file from block first on; level 0: data, 1 and 2: indirect. */
static void walk_block(struct check *check, struct walk *walk, uint32_t block, unsigned level,
                       uint64_t first)
{
    if (block == 0)
        return;
    if (first >= walk->end && !(check->seen[walk->number] & SEEN_ORPHAN))
        problem(check, "inode %u: block %u lies past its end", walk->number, block);
    if (!use_block(check, walk, block) || level == 0)
        return;
    const uint32_t *entries = image_block(check->image, block);
    uint64_t span = level == 1 ? 1 : DISK_PER_BLOCK;
    for (uint32_t i = 0; i < DISK_PER_BLOCK; i++)
        walk_block(check, walk, entries[i], level - 1, first + i * span);
}

static void check_tail(struct check *check, const struct walk *walk)
{
    uint64_t start = walk->inode->size % DISK_BLOCK_SIZE;

    if (start == 0)
        return;
    uint32_t number = image_file_block(check->image, walk->inode, walk->end - 1);
    const uint8_t *block = number == 0 ? NULL : image_block(check->image, number);
    for (uint64_t i = start; block && i < DISK_BLOCK_SIZE; i++) {
        if (block[i] != 0) {
            problem(check, "inode %u: bytes past its end are not zero", walk->number);
            return;
        }
    }
}

static void check_free_inode(struct check *check, uint32_t number, const struct disk_inode *inode)
{
    bool clean = inode->nlink == 0 && inode->size == 0 && inode->blocks == 0;

    for (uint32_t i = 0; i < DISK_ADDRS; i++)
        clean = clean && inode->addr[i] == 0;
    if (!clean)
        problem(check, "inode %u: free, but has links, a size or blocks", number);
}

static void check_inode_shape(struct check *check, const struct walk *walk)
{
    const struct disk_inode *inode = walk->inode;

    if (inode->size > DISK_MAX_FILE)
        problem(check, "inode %u: size %llu is larger than a file can be", walk->number,
                (unsigned long long)inode->size);
    if (inode->type == T_DIR && inode->size % sizeof(struct dirent) != 0)
        problem(check, "inode %u: directory whose size %llu is not a number of entries",
                walk->number, (unsigned long long)inode->size);
    if (inode->type == T_DEVICE && (inode->size != 0 || inode->blocks != 0))
        problem(check, "inode %u: device with a size or blocks", walk->number);
    if (inode->reserved != 0)
        problem(check, "inode %u: reserved field is %u", walk->number, inode->reserved);
}

static void check_inode(struct check *check, uint32_t number)
{
    const struct disk_inode *inode = image_inode(check->image, number);
    struct walk walk = {.number = number, .inode = inode};

    if (inode->orphan_next != 0 && !(check->seen[number] & SEEN_ORPHAN))
        problem(check, "inode %u: has a successor on the orphan list, but is not on it", number);
    if (inode->type == 0) {
        check_free_inode(check, number, inode);
        return;
    }
    if (inode->type != T_DIR && inode->type != T_FILE && inode->type != T_DEVICE) {
        problem(check, "inode %u: unknown type %u", number, inode->type);
        return;
    }
    check_inode_shape(check, &walk);
    walk.end = inode->size / DISK_BLOCK_SIZE + (inode->size % DISK_BLOCK_SIZE != 0);
    for (uint32_t i = 0; i < DISK_DIRECT; i++)
        walk_block(check, &walk, inode->addr[i], 0, i);
    walk_block(check, &walk, inode->addr[DISK_ADDR_SINGLE], 1, DISK_DIRECT);
    walk_block(check, &walk, inode->addr[DISK_ADDR_DOUBLE], 2, DISK_DIRECT + DISK_PER_BLOCK);
    if (walk.blocks != inode->blocks)
        problem(check, "inode %u: says it has %u blocks, but has %llu", number, inode->blocks,
                (unsigned long long)walk.blocks);
    if (check->flags & CHECK_TAILS && inode->type == T_FILE && inode->size <= DISK_MAX_FILE)
        check_tail(check, &walk);
}

/* ---- Orphan list ---- */

static void check_orphans(struct check *check)
{
    uint32_t number = check->super->orphan_head;

    while (number != 0) {
        const struct disk_inode *inode = image_inode(check->image, number);

        if (!inode) {
            problem(check, "orphan list: inode %u is out of range", number);
            return;
        }
        if (check->seen[number] & SEEN_ORPHAN) {
            problem(check, "orphan list: a loop at inode %u", number);
            return;
        }
        check->seen[number] |= SEEN_ORPHAN;
        if (inode->type == 0)
            problem(check, "orphan list: inode %u is free", number);
        number = inode->orphan_next;
    }
}

/* ---- Directories ---- */

struct names {
    const struct dirent **entry;
    size_t count, room;
};

static int compare_names(const void *a, const void *b)
{
    const struct dirent *const *first = a, *const *second = b;

    return strncmp((*first)->name, (*second)->name, DIRSIZ);
}

static void *must_have(void *memory)
{
    if (!memory) {
        fprintf(stderr, "fsck: out of memory\n");
        exit(2);
    }
    return memory;
}

static void names_add(struct names *names, const struct dirent *entry)
{
    if (names->count == names->room) {
        names->room = names->room ? 2 * names->room : 64;
        names->entry = must_have(realloc(names->entry, names->room * sizeof *names->entry));
    }
    names->entry[names->count++] = entry;
}

static void check_twice_used_names(struct check *check, uint32_t directory, struct names *names)
{
    if (names->count > 1)
        qsort(names->entry, names->count, sizeof *names->entry, compare_names);
    for (size_t i = 1; i < names->count; i++)
        if (compare_names(&names->entry[i - 1], &names->entry[i]) == 0)
            problem(check, "directory %u: name '%.62s' is there twice", directory,
                    names->entry[i]->name);
    free(names->entry);
}

static bool name_is_good(const struct dirent *entry)
{
    const char *end = memchr(entry->name, '\0', DIRSIZ);
    size_t length = end ? (size_t)(end - entry->name) : DIRSIZ;

    if (length == 0 || memchr(entry->name, '/', length))
        return false;
    for (size_t i = length; i < DIRSIZ; i++)
        if (entry->name[i] != '\0')
            return false;
    return true;
}

/* The first two entries are "." and "..". */
static void check_dots(struct check *check, uint32_t directory, uint64_t index,
                       const struct dirent *entry)
{
    static const char *const name[] = {".", ".."};
    uint32_t target = index == 0 ? directory : check->parent[directory];

    if (strncmp(entry->name, name[index], DIRSIZ) != 0 || entry->inum == 0)
        problem(check, "directory %u: entry %llu is not '%s'", directory,
                (unsigned long long)index, name[index]);
    else if (entry->inum != target)
        problem(check, "directory %u: '%s' is inode %u, not %u", directory, name[index],
                entry->inum, target);
}

/* A directory is entered from one parent only; ".." is no way into one. */
static void reach(struct check *check, uint32_t directory, uint64_t index, uint32_t number)
{
    const struct disk_inode *inode = image_inode(check->image, number);

    check->links[number]++;
    if (index < 2)
        return;
    if (inode->type == T_DIR) {
        if (check->seen[number] & SEEN_IN_TREE) {
            problem(check, "directory %u: is in the tree twice, the second time in directory %u",
                    number, directory);
            return;
        }
        check->parent[number] = directory;
        check->queue[check->queued++] = number;
    }
    check->seen[number] |= SEEN_IN_TREE;
}

static void check_entry(struct check *check, uint32_t directory, uint64_t index,
                        const struct dirent *entry, struct names *names)
{
    if (index < 2)
        check_dots(check, directory, index, entry);
    if (entry->inum == 0)
        return;
    if (!name_is_good(entry))
        problem(check, "directory %u: entry %llu has a bad name", directory,
                (unsigned long long)index);
    names_add(names, entry);
    const struct disk_inode *inode = image_inode(check->image, entry->inum);
    if (!inode)
        problem(check, "directory %u: '%.62s' is inode %u, which is out of range", directory,
                entry->name, entry->inum);
    else if (inode->type == 0)
        problem(check, "directory %u: '%.62s' is inode %u, which is free", directory, entry->name,
                entry->inum);
    else if (index != 0)
        reach(check, directory, index, entry->inum);
}

static void check_directory(struct check *check, uint32_t directory)
{
    const uint64_t per_block = DISK_BLOCK_SIZE / sizeof(struct dirent);
    const struct disk_inode *inode = image_inode(check->image, directory);
    uint64_t entries = inode->size / sizeof(struct dirent);
    struct names names = {0};

    if (inode->size > DISK_MAX_FILE)
        return; /* said already */
    if (entries < 2)
        problem(check, "directory %u: has no '.' and '..'", directory);
    for (uint64_t start = 0; start < entries; start += per_block) {
        if (!image_entry(check->image, inode, start)) {
            problem(check, "directory %u: block %llu is missing", directory,
                    (unsigned long long)(start / per_block));
            continue;
        }
        for (uint64_t i = start; i < entries && i < start + per_block; i++)
            check_entry(check, directory, i, image_entry(check->image, inode, i), &names);
    }
    check_twice_used_names(check, directory, &names);
}

static void check_tree(struct check *check)
{
    const struct disk_inode *root = image_inode(check->image, DISK_ROOT_INODE);

    if (root->type != T_DIR) {
        problem(check, "root: inode %u is not a directory", DISK_ROOT_INODE);
        return;
    }
    check->seen[DISK_ROOT_INODE] |= SEEN_IN_TREE;
    check->parent[DISK_ROOT_INODE] = DISK_ROOT_INODE;
    check->queue[check->queued++] = DISK_ROOT_INODE;
    for (uint32_t i = 0; i < check->queued; i++)
        check_directory(check, check->queue[i]);
}

/* ---- What was counted ---- */

static void check_links(struct check *check)
{
    for (uint32_t number = 1; number < check->super->ninodes; number++) {
        const struct disk_inode *inode = image_inode(check->image, number);
        bool in_tree = check->seen[number] & SEEN_IN_TREE;

        if (inode->type == 0)
            continue;
        if (!in_tree && !(check->seen[number] & SEEN_ORPHAN))
            problem(check, "inode %u: in use, but neither in a directory nor an orphan", number);
        else if (inode->nlink != check->links[number])
            problem(check, "inode %u: link count is %u, but %u entries name it", number,
                    inode->nlink, check->links[number]);
    }
}

static void check_bitmap_block(struct check *check, uint32_t index)
{
    const uint8_t *found = image_block(check->image, (uint64_t)check->super->bitmap_start + index);
    const uint8_t *wanted = check->bitmap + (size_t)index * DISK_BLOCK_SIZE;
    uint64_t first = (uint64_t)index * DISK_BLOCK_SIZE * 8;

    if (memcmp(found, wanted, DISK_BLOCK_SIZE) == 0)
        return;
    for (uint64_t bit = 0; bit < DISK_BLOCK_SIZE * 8; bit++) {
        if (bitmap_test(found, bit) == bitmap_test(wanted, bit))
            continue;
        unsigned long long number = first + bit;
        if (number >= check->super->nblocks)
            problem(check, "bitmap: bit %llu, past the last block, is free", number);
        else if (bitmap_test(wanted, bit))
            problem(check, "block %llu: in use, but marked free", number);
        else
            problem(check, "block %llu: marked in use, but nothing uses it", number);
    }
}

static void begin_bitmap(struct check *check)
{
    uint64_t bits = (uint64_t)check->super->bitmap_blocks * DISK_BLOCK_SIZE * 8;

    for (uint64_t number = 0; number < check->super->data_start; number++)
        bitmap_set(check->bitmap, number);
    for (uint64_t number = check->super->nblocks; number < bits; number++)
        bitmap_set(check->bitmap, number);
}

uint64_t check_image(struct image *image, unsigned flags, check_report report, void *context)
{
    struct check check = {.image = image, .flags = flags, .report = report, .context = context};

    if (!image_check_super(image)) {
        problem(&check, "%s", image->error);
        return check.problems;
    }
    check.super = image_super(image);
    check.bitmap = must_have(calloc(check.super->bitmap_blocks, DISK_BLOCK_SIZE));
    check.links = must_have(calloc(check.super->ninodes, sizeof *check.links));
    check.seen = must_have(calloc(check.super->ninodes, sizeof *check.seen));
    check.queue = must_have(calloc(check.super->ninodes, sizeof *check.queue));
    check.parent = must_have(calloc(check.super->ninodes, sizeof *check.parent));

    begin_bitmap(&check);
    check_log(&check);
    check_orphans(&check);
    for (uint32_t number = 1; number < check.super->ninodes; number++)
        check_inode(&check, number);
    check_tree(&check);
    check_links(&check);
    for (uint32_t i = 0; i < check.super->bitmap_blocks; i++)
        check_bitmap_block(&check, i);

    free(check.bitmap);
    free(check.links);
    free(check.seen);
    free(check.queue);
    free(check.parent);
    return check.problems;
}

/* ---- Finishing orphans ---- */

/* Frees what the subtree at *slot holds from block end on; *slot becomes 0 where that is all. */
static void free_blocks_from(struct image *image, struct disk_inode *inode, uint32_t *slot,
                             unsigned level, uint64_t first, uint64_t end)
{
    uint32_t *entries = *slot == 0 ? NULL : image_block(image, *slot);

    if (!entries)
        return;
    uint64_t span = level == 2 ? DISK_PER_BLOCK : 1;
    for (uint32_t i = 0; level > 0 && i < DISK_PER_BLOCK; i++)
        free_blocks_from(image, inode, &entries[i], level - 1, first + i * span, end);
    if (first >= end) {
        image_set_block_used(image, *slot, false);
        inode->blocks--;
        *slot = 0;
    }
}

static void finish_orphan(struct image *image, struct disk_inode *inode)
{
    uint64_t bytes = inode->nlink == 0 ? 0 : inode->size;
    uint64_t end = bytes / DISK_BLOCK_SIZE + (bytes % DISK_BLOCK_SIZE != 0);

    for (uint32_t i = 0; i < DISK_DIRECT; i++)
        free_blocks_from(image, inode, &inode->addr[i], 0, i, end);
    free_blocks_from(image, inode, &inode->addr[DISK_ADDR_SINGLE], 1, DISK_DIRECT, end);
    free_blocks_from(image, inode, &inode->addr[DISK_ADDR_DOUBLE], 2,
                     DISK_DIRECT + DISK_PER_BLOCK, end);
    inode->orphan_next = 0;
    if (inode->nlink == 0) {
        uint32_t generation = inode->generation;
        memset(inode, 0, sizeof *inode);
        inode->generation = generation;
    }
}

void check_finish_orphans(struct image *image)
{
    struct disk_super *super = image_super(image);

    while (super->orphan_head != 0) {
        struct disk_inode *inode = image_inode(image, super->orphan_head);

        super->orphan_head = inode->orphan_next;
        finish_orphan(image, inode);
    }
}
