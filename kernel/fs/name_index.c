/*
 * The index of a directory's names; see name_index.h. A link is an entry's number + 1, or 0.
 *
 * guards: l = the inode's lock; x = indexes.lock and the inode's, which the shrinker only tries
 *         to take; a = atomic; c = constant
 */
#include "fs/name_index.h"

#include "fs/inode_cache.h"
#include "mem/frame.h"
#include "mem/kmem.h"
#include "sync/printf.h"

#define PIECE_BYTES 2040u /* two go into a frame */
#define PIECE_CELLS (PIECE_BYTES / sizeof(struct index_cell))
#define PIECES_MOST 192u  /* entries have numbers of 16 bits */
#define CELLS_MOST (PIECES_MOST * PIECE_CELLS)
#define IDLE_MOST 32u     /* rounds of the shrinker that an unused index survives */

struct index_cell {
    uint16_t bucket; /* of bucket i: its first link */
    uint16_t next;   /* of entry i: the next link */
    uint16_t hash;   /* of entry i: half of its name's hash */
};

struct name_index {
    struct inode *directory; /* c */
    struct list_head link;   /* x: the list of all */
    uint32_t idle;           /* a: rounds of the shrinker since it was used */
    uint32_t cells;          /* l */
    uint16_t free;           /* l: first link of the free ones */
    struct index_cell *piece[PIECES_MOST]; /* l */
};

static struct {
    struct spinlock lock; /* RANK_FS; while it is held, no inode is freed */
    struct list_head list;
} indexes = {SPINLOCK("name indexes", RANK_FS), LIST_HEAD_INIT(indexes.list)};

/* Locks: indexes.lock, and the inode's unless nothing else can find it. Returns: frames freed. */
static uint64_t index_free(struct name_index *index)
{
    uint64_t freed = 0;

    index->directory->index = NULL;
    list_del(&index->link);
    for (uint32_t i = 0; i < index->cells / PIECE_CELLS; i++)
        freed += kmem_free(index->piece[i]);
    return freed + kmem_free(index);
}

void name_index_drop(struct inode *directory)
{
    spin_lock(&indexes.lock); /* even if there is none: the shrinker may be dropping it now */
    if (directory->index)
        index_free(directory->index);
    spin_unlock(&indexes.lock);
}

uint64_t name_index_shrink(bool all)
{
    struct name_index *index;
    uint64_t freed = 0;

    spin_lock(&indexes.lock);
    list_for_each_element_safe(index, &indexes.list, link) {
        struct inode *directory = index->directory;

        if (!all && __atomic_fetch_add(&index->idle, 1, __ATOMIC_RELAXED) < IDLE_MOST)
            continue;
        if (sleeplock_try(&directory->lock)) {
            freed += index_free(index);
            sleeplock_release(&directory->lock);
            inode_emptied(&directory->object);
        }
    }
    spin_unlock(&indexes.lock);
    return freed;
}

static struct index_cell *cell_of(const struct name_index *index, uint32_t i)
{
    return &index->piece[i / PIECE_CELLS][i % PIECE_CELLS];
}

static uint32_t name_hash(const char *name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (uint32_t i = 0; name && i < DIRSIZ && name[i]; i++)
        hash = (hash ^ (uint8_t)name[i]) * 16777619u;
    return hash;
}

/* The head of the chain of entries called name, or of the free ones. */
static uint16_t *chain_of(struct name_index *index, const char *name, uint32_t hash)
{
    return name ? &cell_of(index, hash % index->cells)->bucket : &index->free;
}

void name_index_enter(struct name_index *index, uint32_t entry, const char *name)
{
    uint32_t hash = name_hash(name);
    uint16_t *first = chain_of(index, name, hash);
    struct index_cell *cell = cell_of(index, entry);

    cell->hash = (uint16_t)(hash >> 16);
    cell->next = *first;
    *first = (uint16_t)(entry + 1);
}

bool name_index_create(struct inode *directory, uint64_t entries)
{
    struct name_index *index = NULL;

    if (entries < CELLS_MOST)
        index = kmem_alloc(sizeof(*index), FRAME_NOWAIT);
    if (!index)
        return false;
    index->directory = directory;
    spin_lock(&indexes.lock);
    directory->index = index;
    list_add(&index->link, &indexes.list);
    spin_unlock(&indexes.lock);
    while (index->cells <= 2 * entries && index->cells < CELLS_MOST) {
        struct index_cell *piece = kmem_alloc(PIECE_BYTES, FRAME_NOWAIT);

        if (!piece) {
            name_index_drop(directory);
            return false;
        }
        index->piece[index->cells / PIECE_CELLS] = piece;
        index->cells += PIECE_CELLS;
    }
    for (uint32_t entry = index->cells; entry-- > entries;)
        name_index_enter(index, entry, NULL);
    return true;
}

void name_index_change(struct name_index *index, uint32_t entry, const char *before,
                       const char *name)
{
    uint16_t *link = chain_of(index, before, name_hash(before));

    while (*link != entry + 1) {
        assert(*link);
        link = &cell_of(index, *link - 1u)->next;
    }
    *link = cell_of(index, entry)->next;
    name_index_enter(index, entry, name);
}

uint32_t name_index_next(struct name_index *index, const char *name, uint32_t link)
{
    uint32_t hash = name_hash(name);

    __atomic_store_n(&index->idle, 0, __ATOMIC_RELAXED);
    link = link ? cell_of(index, link - 1)->next : *chain_of(index, name, hash);
    while (link && cell_of(index, link - 1)->hash != hash >> 16)
        link = cell_of(index, link - 1)->next;
    return link;
}
