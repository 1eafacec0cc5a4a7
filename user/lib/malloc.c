/*
 * Memory in pieces. The heap is a row of blocks, each with a header in front that tells its size
 * and that of the block before it, so that a freed block can be joined with both neighbours at
 * once. Free blocks wait in bins by the power of two of their size: every block of a higher bin is
 * large enough, so a search ends after a few steps.
 *
 * One mutex guards all of it. fork() takes it, too: nobody is changing the heap that a child gets.
 *
 * Always: two free blocks never touch; a region of the heap ends with a used block of size 0.
 */
#include "thread.h"
#include "user.h"

#define ALIGNMENT 16ul
#define HEADER sizeof(struct block_header)
#define MIN_BLOCK sizeof(struct block)
#define GROW_BYTES (64 * 1024ul)
#define MAX_REQUEST (1ul << 30)
#define BINS 32
#define BIN_TRIES 8 /* blocks of the first bin to look at, which may be too small */
#define USED 1ul

struct block_header {
    size_t before; /* size of the block just before this one; 0: this is the first */
    size_t size;   /* header included, a multiple of ALIGNMENT; lowest bit: USED */
};

struct block {
    struct block_header header;
    struct block *next, *previous; /* only while it is free: neighbours in the bin */
};

static struct mutex mutex;
static struct block *bins[BINS];
static char *heap_end; /* where the last region ends, behind its end block */

static void heap_guard(int locked)
{
    if (locked)
        mutex_lock(&mutex);
    else
        mutex_unlock(&mutex);
}

void (*fork_guard)(int locked) = heap_guard;

static size_t block_size(const struct block *block)
{
    return block->header.size & ~USED;
}

static struct block *block_after(const struct block *block)
{
    return (struct block *)((char *)block + block_size(block));
}

static int bin_of(size_t size)
{
    int bin = 0;

    while (size > MIN_BLOCK && bin < BINS - 1) {
        size /= 2;
        bin++;
    }
    return bin;
}

static void bin_insert(struct block *block)
{
    struct block **bin = &bins[bin_of(block_size(block))];

    block->previous = NULL;
    block->next = *bin;
    if (*bin)
        (*bin)->previous = block;
    *bin = block;
}

static void bin_remove(struct block *block)
{
    if (block->previous)
        block->previous->next = block->next;
    else
        bins[bin_of(block_size(block))] = block->next;
    if (block->next)
        block->next->previous = block->previous;
}

static void block_set(struct block *block, size_t size, size_t used)
{
    block->header.size = size | used;
    block_after(block)->header.before = size;
}

/* Joins the block with its free neighbours and puts it in its bin. */
static void block_release(struct block *block)
{
    size_t size = block_size(block);
    struct block *after = block_after(block);
    struct block *before = (struct block *)((char *)block - block->header.before);

    if (!(after->header.size & USED)) {
        bin_remove(after);
        size += block_size(after);
    }
    if (block->header.before > 0 && !(before->header.size & USED)) {
        bin_remove(before);
        size += block_size(before);
        block = before;
    }
    block_set(block, size, 0);
    bin_insert(block);
}

/* Makes a used block exactly size bytes long, if what is left over can be a block. */
static void block_trim(struct block *block, size_t size)
{
    size_t rest = block_size(block) - size;
    struct block *tail;

    if (rest < MIN_BLOCK)
        return;
    block_set(block, size, USED);
    tail = block_after(block);
    block_set(tail, rest, USED);
    block_release(tail);
}

/* A free block of at least size bytes, or NULL; looks at no more than tries blocks of a bin. */
static struct block *bin_search(size_t size, int tries)
{
    for (int bin = bin_of(size); bin < BINS; bin++) {
        struct block *block = bins[bin];

        for (int i = 0; block && i < tries; i++, block = block->next) {
            if (block_size(block) >= size)
                return block;
        }
    }
    return NULL;
}

/* Gets memory for a block of size bytes from the kernel. Returns 0, or -1 if there is none. */
static int heap_grow(size_t size)
{
    size_t bytes = size + 2 * HEADER + ALIGNMENT;
    struct block *block, *end;
    char *start;

    if (bytes < GROW_BYTES && (start = sbrk(GROW_BYTES)) != SBRK_ERROR)
        bytes = GROW_BYTES;
    else if ((start = sbrk((int)bytes)) == SBRK_ERROR)
        return -1;
    if (start == heap_end) {
        block = (struct block *)(start - HEADER); /* the old end block grows */
    } else {                                      /* the first, or the program used sbrk itself */
        size_t skip = (0 - (uintptr_t)start) & (ALIGNMENT - 1);

        block = (struct block *)(start + skip);
        block->header.before = 0;
    }
    heap_end = (char *)((uintptr_t)(start + bytes) & ~(ALIGNMENT - 1));
    end = (struct block *)(heap_end - HEADER);
    end->header.size = USED;
    block_set(block, (size_t)((char *)end - (char *)block), USED);
    block_release(block);
    return 0;
}

/* A used block of size bytes, or NULL. Locks: the mutex. */
static struct block *block_take(size_t size)
{
    struct block *block = bin_search(size, BIN_TRIES);

    if (block == NULL) {
        int tries = heap_grow(size) == 0 ? BIN_TRIES : 1 << 30;

        block = bin_search(size, tries);
    }
    if (block == NULL)
        return NULL;
    bin_remove(block);
    block_set(block, block_size(block), USED);
    block_trim(block, size);
    return block;
}

void *malloc(size_t bytes)
{
    size_t size = (bytes + HEADER + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    struct block *block = NULL;

    if (size < MIN_BLOCK)
        size = MIN_BLOCK;
    if (bytes <= MAX_REQUEST) {
        mutex_lock(&mutex);
        block = block_take(size);
        mutex_unlock(&mutex);
    }
    if (block == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    return (char *)block + HEADER;
}

void free(void *memory)
{
    if (memory == NULL)
        return;
    mutex_lock(&mutex);
    block_release((struct block *)((char *)memory - HEADER));
    mutex_unlock(&mutex);
}

void *calloc(size_t count, size_t bytes)
{
    void *memory;

    if (bytes > 0 && count > MAX_REQUEST / bytes) {
        errno = ENOMEM;
        return NULL;
    }
    memory = malloc(count * bytes);
    if (memory)
        memset(memory, 0, count * bytes);
    return memory;
}

void *realloc(void *memory, size_t bytes)
{
    size_t room;
    void *copy;

    if (memory == NULL)
        return malloc(bytes);
    room = block_size((struct block *)((char *)memory - HEADER)) - HEADER;
    if (bytes <= room)
        return memory;
    copy = malloc(bytes);
    if (copy == NULL)
        return NULL;
    memcpy(copy, memory, room);
    free(memory);
    return copy;
}
