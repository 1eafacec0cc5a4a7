/* What stands in for the rest of the kernel. See mock.h. */
#include "mock.h"

#include "mem/frame.h"
#include "mem/kmem.h"
#include "mem/page.h"
#include "riscv/hart.h"
#include "sync/spinlock.h"
#include "sync/trace.h"

#define WEAK __attribute__((weak))

/* ---- Random numbers ---- */

static uint64_t random_state;

void mock_seed(void)
{
    const char *text = getenv("SEED");
    FILE *source = text ? NULL : fopen("/dev/urandom", "rb");
    uint32_t seed = 1;

    if (text)
        seed = (uint32_t)strtoul(text, NULL, 0);
    else if (source && fread(&seed, sizeof seed, 1, source) != 1)
        seed = 1;
    if (source)
        fclose(source);
    printf("# SEED=%u\n", seed);
    random_state = seed;
}

uint64_t mock_random64(void) /* splitmix64 */
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint32_t mock_random(uint32_t limit)
{
    return (uint32_t)(mock_random64() % limit);
}

/* ---- Panic ---- */

char mock_panic_message[256];

WEAK void panic(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
WEAK void panic(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(mock_panic_message, sizeof mock_panic_message, format, arguments);
    va_end(arguments);
    mock_assert(0, mock_panic_message, __FILE__, __LINE__);
    abort(); /* mock_assert has jumped away, or failed the test */
}

/* ---- Spinlocks ---- */

int64_t mock_locks_held;

WEAK void spin_init(struct spinlock *lock, const char *name, enum lock_rank rank)
{
    (void)name, (void)rank;
    lock->locked = 0;
}

WEAK void spin_lock(struct spinlock *lock)
{
    assert_int_equal(lock->locked, 0);
    lock->locked = 1;
    mock_locks_held++;
}

WEAK bool spin_trylock(struct spinlock *lock)
{
    if (lock->locked)
        return false;
    spin_lock(lock);
    return true;
}

WEAK void spin_unlock(struct spinlock *lock)
{
    assert_int_equal(lock->locked, 1);
    lock->locked = 0;
    mock_locks_held--;
}

WEAK uint64_t spin_lock_irq(struct spinlock *lock)
{
    spin_lock(lock);
    return 0;
}

WEAK void spin_unlock_irq(struct spinlock *lock, uint64_t flags)
{
    (void)flags;
    spin_unlock(lock);
}

WEAK void spin_assert_held(struct spinlock *lock)
{
    assert_int_equal(lock->locked, 1);
}

/* ---- Harts ---- */

WEAK struct hart harts[MAX_HARTS];
WEAK uint32_t hart_count = 1;

WEAK void trace_write(int pid, enum trace_type type, uint64_t va, uint64_t pfn, uint32_t extra)
{
    (void)pid, (void)type, (void)va, (void)pfn, (void)extra; /* no hart is traced */
}

/* ---- RAM ---- */

WEAK uint64_t host_direct_base;
WEAK struct page *frame_table, *frame_origin;
WEAK uint64_t frame_first, frame_count;

uint64_t mock_frames_out;
int64_t mock_fail_after = -1;
int64_t mock_objects_out;

static void *arena;
static uint64_t arena_next; /* frames from here on were never handed out */
static struct list_head arena_free;

void mock_ram_free(void)
{
    free(arena);
    free(frame_table);
    arena = NULL;
    frame_table = NULL;
}

void mock_ram(uint64_t frames)
{
    mock_ram_free();
    arena = aligned_alloc(PAGE_SIZE, frames * PAGE_SIZE);
    frame_table = calloc(frames, sizeof *frame_table);
    assert_non_null(arena);
    assert_non_null(frame_table);
    memset(arena, 0xa5, frames * PAGE_SIZE);
    frame_first = MOCK_RAM_FIRST_PFN;
    frame_origin = frame_table - frame_first;
    frame_count = frames;
    host_direct_base = (uint64_t)arena - (frame_first << PAGE_SHIFT);
    arena_next = 0;
    list_init(&arena_free);
    mock_frames_out = 0;
    mock_fail_after = -1;
}

static bool must_fail(void)
{
    if (mock_fail_after < 0)
        return false;
    return mock_fail_after == 0 || mock_fail_after-- == 0;
}

WEAK struct page *frame_alloc(enum frame_class class, unsigned flags)
{
    struct page *page;

    if (must_fail())
        return NULL;
    if (!list_empty(&arena_free)) {
        page = container_of(arena_free.next, struct page, lru.link);
        list_del(&page->lru.link);
    } else if (arena_next < frame_count) {
        page = &frame_table[arena_next++];
    } else {
        return NULL;
    }
    page->counts = PAGE_REF;
    page->class = (uint8_t)class;
    if (flags & FRAME_ZEROED)
        memset(page_va(page), 0, PAGE_SIZE);
    mock_frames_out++;
    return page;
}

WEAK void frame_free(struct page *page)
{
    assert_true(page_refs(page) == 0 && page_maps(page) == 0);
    memset(page_va(page), 0xa5, PAGE_SIZE);
    page->class = FRAME_FREE;
    list_add(&page->lru.link, &arena_free);
    mock_frames_out--;
}

/* ---- Small objects ---- */

WEAK void *kmem_alloc(size_t bytes, unsigned flags)
{
    (void)flags;
    if (must_fail())
        return NULL;
    mock_objects_out++;
    return calloc(1, bytes);
}

WEAK bool kmem_free(void *object)
{
    if (object)
        mock_objects_out--;
    free(object);
    return false;
}
