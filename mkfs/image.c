/* A file-system image on the host, mapped into memory. See image.h. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE

#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

bool image_fail(struct image *image, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(image->error, sizeof image->error, format, arguments);
    va_end(arguments);
    return false;
}

/* A mapped file gives SIGBUS where read() or write() would have failed. */
static void say_io_error(int signal_number)
{
    static const char message[] = "cannot read or write the image: I/O error, or disk full\n";

    (void)signal_number;
    if (write(STDERR_FILENO, message, sizeof message - 1) < 0)
        _exit(3);
    _exit(2);
}

static bool image_map(struct image *image, int fd, uint64_t bytes, int flags)
{
    static const uint16_t one = 1;

    if (*(const uint8_t *)&one != 1)
        return image_fail(image, "this host is not little-endian");
    if (bytes > SIZE_MAX)
        return image_fail(image, "the image is too large for this host");
    void *base = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, flags | MAP_NORESERVE, fd, 0);
    if (base == MAP_FAILED)
        return image_fail(image, "cannot map the image: %s", strerror(errno));
    image->base = base;
    image->nblocks = bytes / DISK_BLOCK_SIZE;
    signal(SIGBUS, say_io_error);
    return true;
}

bool image_open(struct image *image, const char *path, enum image_mode mode)
{
    struct stat status;
    int fd = open(path, mode == IMAGE_SHARED ? O_RDWR : O_RDONLY);
    bool done = false;

    if (fd < 0)
        return image_fail(image, "cannot open %s: %s", path, strerror(errno));
    if (fstat(fd, &status) != 0)
        image_fail(image, "cannot look at %s: %s", path, strerror(errno));
    else if (!S_ISREG(status.st_mode))
        image_fail(image, "%s is not a regular file", path);
    else if ((uint64_t)status.st_size < DISK_BLOCK_SIZE)
        image_fail(image, "%s is shorter than one block", path);
    else
        done = image_map(image, fd, (uint64_t)status.st_size & ~(uint64_t)(DISK_BLOCK_SIZE - 1),
                         mode == IMAGE_SHARED ? MAP_SHARED : MAP_PRIVATE);
    close(fd);
    return done;
}

bool image_create(struct image *image, const char *path, uint64_t bytes)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
    bool done = false;

    if (fd < 0)
        return image_fail(image, "cannot create %s: %s", path, strerror(errno));
    if (ftruncate(fd, (off_t)bytes) != 0)
        image_fail(image, "cannot make %s %llu bytes long: %s", path, (unsigned long long)bytes,
                   strerror(errno));
    else
        done = image_map(image, fd, bytes, MAP_SHARED);
    close(fd);
    return done;
}

bool image_in_memory(struct image *image, uint64_t bytes)
{
    return image_map(image, -1, bytes, MAP_PRIVATE | MAP_ANONYMOUS);
}

void image_close(struct image *image)
{
    munmap(image->base, (size_t)(image->nblocks * DISK_BLOCK_SIZE));
    image->base = NULL;
}

bool image_host_directory(struct image *image, const char *path)
{
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return image_fail(image, "cannot make %.200s: %s", path, strerror(errno));
    return true;
}

void *image_block(const struct image *image, uint64_t number)
{
    return number < image->nblocks ? image->base + number * DISK_BLOCK_SIZE : NULL;
}

/* Each part begins where the one before it ends, and is as long as its contents need. */
bool image_check_super(struct image *image)
{
    const struct disk_super *super = image_super(image);
    uint64_t next = 1;

    if (super->magic != DISK_MAGIC)
        return image_fail(image, "superblock: no xv39 file system (magic 0x%08x)", super->magic);
    if (super->version != DISK_VERSION)
        return image_fail(image, "superblock: version %u, expected %u", super->version,
                          DISK_VERSION);
    if (super->block_size != DISK_BLOCK_SIZE)
        return image_fail(image, "superblock: block size %u, expected %u", super->block_size,
                          DISK_BLOCK_SIZE);
    if (super->nblocks > image->nblocks)
        return image_fail(image, "superblock: %u blocks, but the image has only %llu",
                          super->nblocks, (unsigned long long)image->nblocks);
    if (super->ninodes <= DISK_ROOT_INODE || super->ninodes > 65536)
        return image_fail(image, "superblock: %u inodes", super->ninodes);
    if (super->log_start != next || super->log_blocks < 2 ||
        super->log_blocks > DISK_LOG_MAX + 1)
        return image_fail(image, "superblock: log of %u blocks at %u", super->log_blocks,
                          super->log_start);
    next += super->log_blocks;
    if (super->inode_start != next ||
        (uint64_t)super->inode_blocks * DISK_INODES_PER_BLOCK < super->ninodes)
        return image_fail(image, "superblock: inode table of %u blocks at %u", super->inode_blocks,
                          super->inode_start);
    next += super->inode_blocks;
    if (super->bitmap_start != next ||
        (uint64_t)super->bitmap_blocks * DISK_BLOCK_SIZE * 8 < super->nblocks)
        return image_fail(image, "superblock: bitmap of %u blocks at %u", super->bitmap_blocks,
                          super->bitmap_start);
    next += super->bitmap_blocks;
    if (super->data_start != next || super->data_start >= super->nblocks)
        return image_fail(image, "superblock: data starts at %u of %u", super->data_start,
                          super->nblocks);
    return true;
}

struct disk_inode *image_inode(const struct image *image, uint32_t number)
{
    const struct disk_super *super = image_super(image);

    if (number == 0 || number >= super->ninodes)
        return NULL;
    struct disk_inode *block =
        image_block(image, (uint64_t)super->inode_start + number / DISK_INODES_PER_BLOCK);
    return block ? &block[number % DISK_INODES_PER_BLOCK] : NULL;
}

/* Entry index of the indirect block number; 0 where there is none. */
static uint32_t indirect_entry(const struct image *image, uint32_t number, uint64_t index)
{
    const uint32_t *entry = number == 0 ? NULL : image_block(image, number);

    return entry ? entry[index] : 0;
}

uint32_t image_file_block(const struct image *image, const struct disk_inode *inode,
                          uint64_t index)
{
    if (index < DISK_DIRECT)
        return inode->addr[index];
    index -= DISK_DIRECT;
    if (index < DISK_PER_BLOCK)
        return indirect_entry(image, inode->addr[DISK_ADDR_SINGLE], index);
    index -= DISK_PER_BLOCK;
    if (index >= (uint64_t)DISK_PER_BLOCK * DISK_PER_BLOCK)
        return 0;
    uint32_t single =
        indirect_entry(image, inode->addr[DISK_ADDR_DOUBLE], index / DISK_PER_BLOCK);
    return indirect_entry(image, single, index % DISK_PER_BLOCK);
}

size_t image_read(const struct image *image, const struct disk_inode *inode, uint64_t offset,
                  void *data, size_t bytes)
{
    size_t done = 0;

    if (offset >= inode->size)
        return 0;
    if (bytes > inode->size - offset)
        bytes = (size_t)(inode->size - offset);
    while (done < bytes) {
        uint64_t at = offset + done;
        size_t start = at % DISK_BLOCK_SIZE;
        size_t room = DISK_BLOCK_SIZE - start, part = room < bytes - done ? room : bytes - done;
        uint32_t number = image_file_block(image, inode, at / DISK_BLOCK_SIZE);
        const uint8_t *block = number == 0 ? NULL : image_block(image, number);

        if (block)
            memcpy((uint8_t *)data + done, block + start, part);
        else
            memset((uint8_t *)data + done, 0, part);
        done += part;
    }
    return done;
}

struct dirent *image_entry(const struct image *image, const struct disk_inode *directory,
                           uint64_t index)
{
    const uint64_t per_block = DISK_BLOCK_SIZE / sizeof(struct dirent);

    if (index >= directory->size / sizeof(struct dirent))
        return NULL;
    uint32_t number = image_file_block(image, directory, index / per_block);
    struct dirent *entry = number == 0 ? NULL : image_block(image, number);
    return entry ? &entry[index % per_block] : NULL;
}

struct dirent *image_find_entry(const struct image *image, const struct disk_inode *directory,
                                const char *name)
{
    for (uint64_t index = 0; index < directory->size / sizeof(struct dirent); index++) {
        struct dirent *entry = image_entry(image, directory, index);

        if (entry && entry->inum != 0 && strncmp(entry->name, name, DIRSIZ) == 0)
            return entry;
    }
    return NULL;
}

static uint8_t *bitmap_byte(const struct image *image, uint32_t number)
{
    uint8_t *bitmap = image_block(image, image_super(image)->bitmap_start);

    return bitmap + number / 8;
}

bool image_block_used(const struct image *image, uint32_t number)
{
    return *bitmap_byte(image, number) >> number % 8 & 1;
}

void image_set_block_used(struct image *image, uint32_t number, bool used)
{
    uint8_t *byte = bitmap_byte(image, number);
    uint8_t bit = (uint8_t)(1u << number % 8);

    *byte = used ? *byte | bit : *byte & (uint8_t)~bit;
}
