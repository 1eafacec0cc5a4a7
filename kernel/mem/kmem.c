/*
 * Small objects. Each size class has slabs. A slab is one frame, cut into objects of that size; its
 * free objects form a list, linked through their first words. Where the list begins, the class, and
 * how many objects are in use stand in the frame's struct page (index, lru.age, reserved).
 *
 * What always holds, under the class's lock: a slab is on the class's partial list while it has a
 * free object. When its last object is freed, a slab goes to the end of the list if the class has
 * no other empty slab; else its frame is freed. SAN: each object ends with a guard word that tells
 * where it was allocated, and a free object is filled with a pattern that must be intact.
 */
#include "mem/kmem.h"

#include "lib/string.h"
#include "mem/alloc_failure.h"
#include "mem/frame.h"
#include "mem/owners.h"
#include "sync/printf.h"
#include "sync/spinlock.h"

struct free_object {
    struct free_object *next;
};

struct size_class {
    struct spinlock lock;
    uint32_t bytes;
    uint32_t empty;            /* slabs without an object in use */
    struct list_head partial;  /* slabs with a free object */
};

/* guards of a slab's page: index = first free object, lru.age = class, reserved = objects in use */
static const uint16_t class_bytes[] = {16,  32,  48,  64,  96,   128,  192,
                                       256, 384, 512, 768, 1024, 2048, 4096};
#define CLASSES (sizeof(class_bytes) / sizeof(class_bytes[0]))

static struct size_class classes[CLASSES];
static uint8_t class_of[2048 / 16 + 2]; /* by (bytes + 15) / 16 */

#ifdef SAN
#define GUARD_BYTES 8u
#define GUARD_MAGIC 0x6b6d656dul /* the word's upper half; the lower: offset in the text */
#define POISON_OBJECT 0x6b

static void object_check_free(struct size_class *class, const uint8_t *object)
{
    for (uint32_t i = sizeof(struct free_object); i < class->bytes; i++)
        if (object[i] != POISON_OBJECT)
            panic("object %p of %u bytes was written at byte %u after it was freed",
                  (const void *)object, class->bytes, i);
}

static uint64_t *object_guard(struct size_class *class, void *object)
{
    return (uint64_t *)((uint8_t *)object + class->bytes - GUARD_BYTES);
}

void kmem_for_each_object(struct page *slab, void (*use)(uint32_t bytes, uint32_t site))
{
    struct size_class *class = &classes[slab->lru.age % CLASSES];
    uint8_t *base = page_va(slab);

    for (uint32_t at = 0; at + class->bytes <= PAGE_SIZE; at += class->bytes) {
        uint64_t guard = *object_guard(class, base + at);

        if (guard >> 32 == GUARD_MAGIC)
            use(class->bytes, (uint32_t)guard);
    }
}
#else
#define GUARD_BYTES 0u
#endif

void kmem_init(void)
{
    unsigned class = 0;

    for (unsigned i = 0; i < CLASSES; i++) {
        spin_init(&classes[i].lock, "kmem", RANK_KMEM);
        list_init(&classes[i].partial);
        classes[i].bytes = class_bytes[i];
    }
    for (unsigned units = 0; units < sizeof(class_of); units++) {
        while (class_bytes[class] < units * 16)
            class++;
        class_of[units] = (uint8_t)class;
    }
}

/* Makes a slab of the frame, with all objects free. Locks: none: no other thread has it yet. */
static void slab_format(struct size_class *class, struct page *page)
{
    uint8_t *base = page_va(page);
    struct free_object *first = NULL;

    for (uint32_t at = PAGE_SIZE / class->bytes * class->bytes; at; at -= class->bytes) {
        struct free_object *object = (struct free_object *)(base + at - class->bytes);

#ifdef SAN
        memset(object, POISON_OBJECT, class->bytes);
#endif
        object->next = first;
        first = object;
    }
    page->index = (uint64_t)first;
    page->lru.age = (uint16_t)(class - classes);
    page->reserved = 0;
}

/* Takes an object from the first slab of the list, which has one. Locks: class->lock. */
static void *slab_take(struct size_class *class)
{
    struct page *page = container_of(class->partial.next, struct page, lru.link);
    struct free_object *object = (struct free_object *)page->index;

    spin_assert_held(&class->lock);
    if (page->reserved++ == 0)
        class->empty--;
    page->index = (uint64_t)object->next;
    if (!object->next)
        list_del(&page->lru.link);
    return object;
}

/* Adds a new slab to the class. Returns: false: there is no frame. */
static bool __attribute__((noinline)) class_grow(struct size_class *class, unsigned flags)
{
    struct page *page = frame_alloc(FRAME_SLAB, flags);

    if (!page)
        return false;
    slab_format(class, page);
    spin_lock(&class->lock);
    list_add(&page->lru.link, &class->partial);
    class->empty++;
    spin_unlock(&class->lock);
    return true;
}

void *kmem_alloc(size_t bytes, unsigned flags)
{
    struct size_class *class;
    void *object;

    assert(bytes <= 2048);
    if (alloc_failure_due(flags))
        return NULL;
    class = &classes[class_of[(bytes + GUARD_BYTES + 15) / 16]];
    spin_lock(&class->lock);
    while (list_empty(&class->partial)) {
        spin_unlock(&class->lock);
        if (!class_grow(class, flags))
            return NULL;
        spin_lock(&class->lock);
    }
    object = slab_take(class);
    spin_unlock(&class->lock);
#ifdef SAN
    object_check_free(class, object);
    *object_guard(class, object) =
        GUARD_MAGIC << 32 | (uint32_t)((uint64_t)__builtin_return_address(0) - KERNEL_BASE);
#endif
    memset(object, 0, class->bytes - GUARD_BYTES);
    return object;
}

bool kmem_free(void *object)
{
    struct page *page, *unused = NULL;
    struct size_class *class;

    if (!object)
        return false;
    page = va_page(object);
    assert(page->class == FRAME_SLAB);
    class = &classes[page->lru.age];
#ifdef SAN
    if (*object_guard(class, object) >> 32 != GUARD_MAGIC)
        panic("object %p of %u bytes: freed twice, or written past its end", object,
              class->bytes - GUARD_BYTES);
    memset(object, POISON_OBJECT, class->bytes);
#endif
    spin_lock(&class->lock);
    ((struct free_object *)object)->next = (struct free_object *)page->index;
    if (!page->index)
        list_add(&page->lru.link, &class->partial);
    page->index = (uint64_t)object;
    if (--page->reserved == 0) {
        list_del(&page->lru.link);
        if (class->empty > 0) {
            unused = page;
        } else {
            list_add_tail(&page->lru.link, &class->partial);
            class->empty++;
        }
    }
    spin_unlock(&class->lock);
    if (unused)
        page_put(unused);
    return unused != NULL;
}

void kmem_trim(void)
{
    struct list_head unused = LIST_HEAD_INIT(unused);
    struct page *page;

    for (unsigned i = 0; i < CLASSES; i++) {
        spin_lock(&classes[i].lock);
        list_for_each_element_safe(page, &classes[i].partial, lru.link)
            if (page->reserved == 0)
                list_move(&page->lru.link, &unused);
        classes[i].empty = 0;
        spin_unlock(&classes[i].lock);
    }
    list_for_each_element_safe(page, &unused, lru.link)
        page_put(page);
}
