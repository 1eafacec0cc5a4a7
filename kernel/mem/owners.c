/* SAN=1: frames and small objects in use, counted by the place that allocated them. */
#include "mem/owners.h"

#ifdef SAN
#include "mem/frame.h"
#include "sync/ksyms.h"
#include "sync/printf.h"

#define PLACES 1024u
#define LINES_MAX 40u

/* A place that allocates, for each kind: frames of a class, or objects of a size. A hash table. */
static struct place {
    uint32_t site;   /* offset of the return address in the text; 0: unused */
    uint16_t class;
    uint16_t bytes;  /* of an object; for frames 0 */
    uint32_t before; /* at the last mark */
    uint32_t now;
} places[PLACES];

static struct place *place_of(uint32_t site, uint16_t class, uint16_t bytes)
{
    uint32_t at = site / 2 + class * 31u + bytes;

    for (uint32_t tries = 0; tries < PLACES; tries++, at++) {
        struct place *place = &places[at % PLACES];

        if (place->site == 0)
            *place = (struct place){.site = site, .class = class, .bytes = bytes};
        if (place->site == site && place->class == class && place->bytes == bytes)
            return place;
    }
    panic("owners: more than %u places allocate", PLACES);
}

static void count_object(uint32_t bytes, uint32_t site)
{
    place_of(site, FRAME_SLAB, (uint16_t)bytes)->now++;
}

static void count_all(void)
{
    for (uint32_t i = 0; i < PLACES; i++)
        places[i].now = 0;
    for (uint64_t i = 0; i < frame_count; i++) {
        struct page *page = &frame_table[i];

        if (page->flags & PAGE_BUDDY)
            i += (1ul << page->order) - 1; /* free, and the frames behind it */
        else if (page_refs(page) == 0 || page->site == 0)
            continue;
        else if (page->class == FRAME_SLAB)
            kmem_for_each_object(page, count_object);
        else
            place_of(page->site, page->class, 0)->now++;
    }
}

void owners_mark(void)
{
    count_all();
    for (uint32_t i = 0; i < PLACES; i++)
        places[i].before = places[i].now;
}

void owners_print_changes(void)
{
    static const char *const class_name[FRAME_CLASSES] = {
        "free", "kernel", "page table", "stack", "object", "anonymous", "file", "buffer",
    };
    uint32_t lines = 0;

    count_all();
    for (uint32_t i = 0; i < PLACES; i++) {
        const struct place *place = &places[i];
        uint64_t address = KERNEL_BASE + place->site, offset;
        const char *name;

        if (place->now == place->before || lines++ >= LINES_MAX)
            continue;
        name = ksym_find(address, &offset);
        printf("owners: %s", class_name[place->class]);
        if (place->bytes)
            printf(" of %u bytes", place->bytes);
        printf(": were %u, are %u, by\n  %p %s+0x%lx\n", place->before, place->now,
               (void *)address, name, (unsigned long)offset);
    }
}
#endif
