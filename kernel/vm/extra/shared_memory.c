/*
 * Shared anonymous memory. Chapter "Memory Mapping".
 *
 * What always holds: uses counts the areas and faults that use it; the promise for all its pages is
 * made when it is created and given back by the last put, with the pages.
 */
#include "vm/extra/shared_memory.h"

#include "abi/errno.h"
#include "mem/kmem.h"
#include "vm/cache/object.h"
#include "vm/mapping/commit.h"

struct shared_memory {
    struct vm_object object;
    uint32_t uses; /* atomic */
    struct commit charged;
};

static struct shared_memory *memory_of(struct vm_object *object)
{
    return container_of(object, struct shared_memory, object);
}

static void memory_get(struct vm_object *object)
{
    __atomic_fetch_add(&memory_of(object)->uses, 1, __ATOMIC_RELAXED);
}

static void memory_put(struct vm_object *object)
{
    struct shared_memory *memory = memory_of(object);

    if (__atomic_fetch_sub(&memory->uses, 1, __ATOMIC_ACQ_REL) > 1)
        return;
    object_destroy(object);
    commit_release(memory->charged);
    kmem_free(memory);
}

static const struct vm_object_ops memory_ops = {.get = memory_get, .put = memory_put};

int shared_memory_create(uint64_t bytes, bool unreserved, struct vm_object **out)
{
    struct shared_memory *memory = kmem_alloc(sizeof(*memory), 0);
    int error = 0;

    if (!memory)
        return -ENOMEM;
    object_init(&memory->object, &memory_ops, bytes);
    memory->object.is_anonymous = true;
    memory->object.is_unreserved = unreserved || commit_always;
    memory->uses = 1;
    memory->charged.unswappable = 1; /* for the object itself, and then some */
    memory->charged.pages = 0;
    if (!memory->object.is_unreserved)
        memory->charged.pages = (int64_t)(PAGE_ROUND_UP(bytes) >> PAGE_SHIFT);
    error = commit_charge(memory->charged);
    if (error)
        kmem_free(memory);
    else
        *out = &memory->object;
    return error;
}
