/* mmap and munmap: what goes where, and what is left of it. */
#include "mapping.h"

static void mapped_memory_is_zero(void)
{
    char *mine = map(16, RW, MAP_PRIVATE), *ours = map(16, RW, MAP_SHARED);

    expect(has_bytes(mine, 16 * PAGE_BYTES, 0) && has_bytes(ours, 16 * PAGE_BYTES, 0));
    fill(mine, 16 * PAGE_BYTES, 1);
    fill(ours, 16 * PAGE_BYTES, 2);
    expect(filled(mine, 16 * PAGE_BYTES, 1) && filled(ours, 16 * PAGE_BYTES, 2));
    unmap(mine, 16);
    unmap(ours, 16);
    expect(!is_mapped(mine) && !is_mapped(ours));
    expect(has_bytes(map_at(mine, 16, RW, MAP_PRIVATE | MAP_FIXED), 16 * PAGE_BYTES, 0));
}

/* A length that is not whole pages gets whole pages. */
static void length_is_rounded_up(void)
{
    char *start = mmap(NULL, 2 * PAGE_BYTES + 1, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    expect(start != MAP_FAILED);
    start[3 * PAGE_BYTES - 1] = 'x';
    expect(munmap(start, PAGE_BYTES + 1) == 0);
    expect(!is_mapped(start + PAGE_BYTES) && is_mapped(start + 2 * PAGE_BYTES));
}

static void store_all(long address)
{
    memset((char *)address, 'c', 2 * PAGE_BYTES);
}

/* Anonymous and file, private and shared: who sees what a child stores. */
static void kinds_over_fork(void)
{
    static const int kinds[] = {MAP_PRIVATE, MAP_SHARED};

    for (int i = 0; i < 2; i++) {
        bool is_shared = kinds[i] == MAP_SHARED;
        char *memory = map(2, RW, kinds[i]), *file;

        make_file("file", 2 * PAGE_BYTES, 5);
        file = map_file("file", 2, RW, kinds[i]);
        memory[0] = 'p'; /* one page there, one not yet, when the child is made */
        expect(filled(file, 10, 5));
        join(spawn(store_all, (long)memory));
        join(spawn(store_all, (long)file));
        expect_equal(memory[0], is_shared ? 'c' : 'p');
        expect_equal(memory[PAGE_BYTES], is_shared ? 'c' : 0);
        expect(has_bytes(file, 2 * PAGE_BYTES, 'c') == is_shared);
        expect(filled(file, PAGE_BYTES, 5) == !is_shared);
        if (!is_shared)
            verify_file("file", 2 * PAGE_BYTES, 5);
    }
}

static void fixed_replaces(void)
{
    char *start = map(9, RW, MAP_PRIVATE);

    memset(start, 'a', 9 * PAGE_BYTES);
    make_file("file", 3 * PAGE_BYTES, 7);
    int fd = open("file", O_RDONLY);

    expect(mmap(start + 3 * PAGE_BYTES, 3 * PAGE_BYTES, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd,
                0) == start + 3 * PAGE_BYTES);
    expect(has_bytes(start, 3 * PAGE_BYTES, 'a'));
    expect(filled(start + 4 * PAGE_BYTES, PAGE_BYTES, 8));
    expect(has_bytes(start + 6 * PAGE_BYTES, 3 * PAGE_BYTES, 'a'));
    expect_killed(store_byte, (long)start + 3 * PAGE_BYTES);
}

/* Over the end of one area, a hole, all of a second one and the start of a third. */
static void fixed_replaces_several(void)
{
    char *start = map(10, RW, MAP_PRIVATE);

    memset(start, 'a', 10 * PAGE_BYTES);
    unmap(start + 3 * PAGE_BYTES, 1);
    protect(start + 5 * PAGE_BYTES, 2, PROT_READ);
    expect(map_at(start + PAGE_BYTES, 7, RW, MAP_SHARED | MAP_FIXED) == start + PAGE_BYTES);
    expect(has_bytes(start, PAGE_BYTES, 'a'));
    expect(has_bytes(start + PAGE_BYTES, 7 * PAGE_BYTES, 0));
    expect(has_bytes(start + 8 * PAGE_BYTES, 2 * PAGE_BYTES, 'a'));
    memset(start, 'b', 10 * PAGE_BYTES);
}

static void fixed_noreplace(void)
{
    char *start = map(12, RW, MAP_PRIVATE);
    struct shape before;

    unmap(start, 4);
    unmap(start + 8 * PAGE_BYTES, 4);
    memset(start + 4 * PAGE_BYTES, 'k', 4 * PAGE_BYTES);
    shape_read(&before);
    for (unsigned long at = 0; at < 12; at++)
        for (unsigned long pages = 1; pages + at <= 12; pages++)
            if (at < 8 && at + pages > 4)
                expect_error(mmap(start + at * PAGE_BYTES, pages * PAGE_BYTES, RW,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0),
                             EEXIST);
    expect(shape_is(&before));
    expect(map_at(start, 4, RW, MAP_PRIVATE | MAP_FIXED_NOREPLACE) == start);
    expect(map_at(start + 8 * PAGE_BYTES, 4, RW, MAP_PRIVATE | MAP_FIXED_NOREPLACE) ==
           start + 8 * PAGE_BYTES);
    expect(has_bytes(start + 4 * PAGE_BYTES, 4 * PAGE_BYTES, 'k'));
}

static void hints(void)
{
    char *free_place = map(8, RW, MAP_PRIVATE), *taken;

    unmap(free_place, 8);
    expect(map_at(free_place + PAGE_BYTES + 5, 2, RW, MAP_PRIVATE) == free_place + PAGE_BYTES);
    memset(free_place + PAGE_BYTES, 'h', 2 * PAGE_BYTES);
    taken = map_at(free_place, 2, RW, MAP_PRIVATE); /* half of it is free */
    expect(taken != free_place && taken != free_place + PAGE_BYTES);
    memset(taken, 't', 2 * PAGE_BYTES);
    expect(has_bytes(free_place + PAGE_BYTES, 2 * PAGE_BYTES, 'h'));
    map_at((char *)0xffffffc000000000, 2, RW, MAP_PRIVATE)[0] = 1;
    map_at((char *)0x8000000000000000, 2, RW, MAP_PRIVATE)[0] = 1;
    map_at((char *)-PAGE_BYTES, 2, RW, MAP_PRIVATE)[0] = 1;
    map_at((char *)1, 2, RW, MAP_PRIVATE)[0] = 1;
}

#define COMMON_END (1ul << 38) /* of the user half in every paging mode */

/* What nobody gave an address for lies low; a hint goes as high as the machine does. */
static void high_hints(void)
{
    char *start = map(2, RW, MAP_PRIVATE);

    expect((unsigned long)start < COMMON_END);
    start = map_at((char *)(1ul << 41), 2, RW, MAP_PRIVATE);
    if ((unsigned long)start < COMMON_END)
        skip("addresses end at 2^38 here");
    expect(start == (char *)(1ul << 41));
    fill(start, 2 * PAGE_BYTES, 3);
    expect(filled(start, 2 * PAGE_BYTES, 3));
    /* as long as a mapping can be: its tables are promised as they are built */
    start = map_at((char *)(1ul << 42), 1ul << 28, RW, MAP_PRIVATE | MAP_NORESERVE);
    expect(start == (char *)(1ul << 42));
    start[(1ul << 40) - 1] = start[0] = start[1ul << 39] = 'e';
    unmap(start, 1ul << 28);
    expect(!is_mapped(start + (1ul << 40) - PAGE_BYTES));
}

#define WINDOW 8ul

/* Every range of a mapping: just that goes, and the rest keeps what it has. */
static void any_part_can_go(void)
{
    for (unsigned long at = 0; at < WINDOW; at++)
        for (unsigned long pages = 1; at + pages <= WINDOW; pages++) {
            char *start = map(WINDOW, RW, MAP_PRIVATE);

            for (unsigned long i = 0; i < WINDOW; i++)
                start[i * PAGE_BYTES] = (char)(i + 1);
            unmap(start + at * PAGE_BYTES, pages);
            for (unsigned long i = 0; i < WINDOW; i++) {
                bool is_gone = i >= at && i < at + pages;

                expect(is_mapped(start + i * PAGE_BYTES) == !is_gone);
                if (!is_gone)
                    expect_equal(start[i * PAGE_BYTES], i + 1);
            }
            unmap(start, WINDOW);
            expect(!is_mapped(start) && !is_mapped(start + (WINDOW - 1) * PAGE_BYTES));
        }
}

static void unmapped_pages_kill(void)
{
    char *start = map(3, RW, MAP_PRIVATE);

    memset(start, 'x', 3 * PAGE_BYTES);
    unmap(start + PAGE_BYTES, 1);
    expect_killed(load_byte, (long)start + PAGE_BYTES);
    expect_killed(store_byte, (long)start + 2 * PAGE_BYTES - 1);
    store_byte((long)start + PAGE_BYTES - 1);
    store_byte((long)start + 2 * PAGE_BYTES);
}

/* One munmap for areas of all kinds, and holes, and another one for the same. */
static void several_at_once(void)
{
    struct shape before;

    make_file("file", 4 * PAGE_BYTES, 1);
    shape_read(&before);
    char *start = map(20, RW, MAP_PRIVATE);
    int fd = open("file", O_RDWR);

    expect(mmap(start + 2 * PAGE_BYTES, 4 * PAGE_BYTES, RW, MAP_SHARED | MAP_FIXED, fd, 0) !=
           MAP_FAILED);
    map_at(start + 8 * PAGE_BYTES, 4, RW, MAP_SHARED | MAP_FIXED);
    protect(start + 14 * PAGE_BYTES, 2, PROT_NONE);
    unmap(start + 17 * PAGE_BYTES, 1);
    expect(close(fd) == 0);
    memset(start, 'm', 14 * PAGE_BYTES);
    unmap(start, 20);
    expect(shape_is(&before));
    unmap(start, 20);
    expect(shape_is(&before));
    fd = open("file", O_RDONLY);
    expect_equal(read(fd, block, 4 * PAGE_BYTES), 4 * PAGE_BYTES);
    expect(has_bytes(block, 4 * PAGE_BYTES, 'm'));
}

static void populate(void)
{
    struct vm_stats before, after;
    char *start;

    make_file("file", 32 * PAGE_BYTES, 1);
    drop_caches();
    start = map(32, RW, MAP_PRIVATE | MAP_POPULATE);
    char *file = map_file("file", 32, PROT_READ, MAP_SHARED | MAP_POPULATE);

    read_stats(&before);
    memset(start, 1, 32 * PAGE_BYTES);
    for (unsigned i = 0; i < 32; i++)
        expect(filled(file + i * PAGE_BYTES, 16, 1 + i));
    read_stats(&after);
    expect(after.fault_zero - before.fault_zero < 8);
    expect(after.fault_file - before.fault_file < 8);
    expect_equal(after.file_read, before.file_read);
    map(1, PROT_NONE, MAP_PRIVATE | MAP_POPULATE);
}

#define MANY 2000ul

/* Areas that are alike are one area: small objects tell. */
static void neighbours_merge(void)
{
    unsigned long before = small_object_frames(), apart, together;
    char *start = map(MANY, RW, MAP_PRIVATE);

    for (unsigned long i = 0; i < MANY; i += 2)
        unmap(start + i * PAGE_BYTES, 1);
    apart = small_object_frames();
    expect(apart > before + MANY / 2 * 120 / PAGE_BYTES);
    for (unsigned long i = 0; i < MANY; i += 2)
        map_at(start + i * PAGE_BYTES, 1, RW, MAP_PRIVATE | MAP_FIXED);
    together = small_object_frames();
    expect(together <= before + 4);
    unmap(start, MANY);
    for (unsigned long i = 0; i < MANY; i++)
        map(1, RW, MAP_PRIVATE);
    expect(small_object_frames() <= before + 4);
}

const struct test mmap_tests[] = {
    {"mapped_memory_is_zero", mapped_memory_is_zero, QUICK},
    {"length_is_rounded_up", length_is_rounded_up, QUICK},
    {"kinds_over_fork", kinds_over_fork, QUICK},
    {"fixed_replaces", fixed_replaces, QUICK},
    {"fixed_replaces_several", fixed_replaces_several, QUICK},
    {"fixed_noreplace", fixed_noreplace, QUICK},
    {"hints", hints, QUICK},
    {"high_hints", high_hints, QUICK},
    {"any_part_can_go", any_part_can_go, QUICK},
    {"unmapped_pages_kill", unmapped_pages_kill, QUICK},
    {"several_at_once", several_at_once, QUICK},
    {"populate", populate, QUICK},
    {"neighbours_merge", neighbours_merge, QUICK},
    {NULL, NULL, QUICK},
};
