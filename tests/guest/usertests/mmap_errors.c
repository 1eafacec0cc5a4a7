/* What mmap and munmap refuse, with nothing changed; and random acts against a model. */
#include "mapping.h"

enum descriptor { NO_FILE, REGULAR, READ_ONLY, WRITE_ONLY, DIRECTORY, PIPE, CONSOLE, CLOSED };

static int descriptors[CLOSED + 1] = {-1};

static void open_descriptors(void)
{
    int ends[2];

    make_file("file", 4 * PAGE_BYTES, 1);
    expect(pipe(ends) == 0);
    descriptors[REGULAR] = open("file", O_RDWR);
    descriptors[READ_ONLY] = open("file", O_RDONLY);
    descriptors[WRITE_ONLY] = open("file", O_WRONLY);
    descriptors[DIRECTORY] = open(".", O_RDONLY);
    descriptors[PIPE] = ends[0];
    descriptors[CONSOLE] = open("/console", O_RDONLY);
    descriptors[CLOSED] = 60;
    for (int i = REGULAR; i < CLOSED; i++)
        expect(descriptors[i] >= 0);
}

#define ANYWHERE 0
#define KERNEL_HALF 0xffffffc000000000ul
#define NON_CANONICAL 0x8000000000000000ul
#define MEMORY (MAP_PRIVATE | MAP_ANONYMOUS)

static void refused_mappings(void)
{
    static const struct row {
        unsigned long address, length;
        int prot, flags;
        enum descriptor descriptor;
        unsigned long offset;
        int error;
    } rows[] = {
        {ANYWHERE, 0, RW, MEMORY, NO_FILE, 0, EINVAL},
        {ANYWHERE, 0, RW, MAP_SHARED, REGULAR, 0, EINVAL},
        {ANYWHERE, PAGE_BYTES, RW, MAP_ANONYMOUS, NO_FILE, 0, EINVAL}, /* neither kind */
        {ANYWHERE, PAGE_BYTES, RW, MEMORY | MAP_SHARED, NO_FILE, 0, EINVAL}, /* both */
        {ANYWHERE, PAGE_BYTES, RW, MEMORY | 1 << 30, NO_FILE, 0, EINVAL},
        {ANYWHERE, PAGE_BYTES, 8, MEMORY, NO_FILE, 0, EINVAL},
        {ANYWHERE, PAGE_BYTES, -1, MEMORY, NO_FILE, 0, EINVAL},
        {ANYWHERE, PAGE_BYTES, PROT_READ, MAP_SHARED, REGULAR, 1, EINVAL},
        {ANYWHERE, PAGE_BYTES, PROT_READ, MAP_SHARED, REGULAR, PAGE_BYTES - 1, EINVAL},
        {0x40000001, PAGE_BYTES, RW, MEMORY | MAP_FIXED, NO_FILE, 0, EINVAL},
        {0x40000001, PAGE_BYTES, RW, MEMORY | MAP_FIXED_NOREPLACE, NO_FILE, 0, EINVAL},
        {KERNEL_HALF, PAGE_BYTES, RW, MEMORY | MAP_FIXED, NO_FILE, 0, ENOMEM},
        {KERNEL_HALF - PAGE_BYTES, PAGE_BYTES, RW, MEMORY | MAP_FIXED, NO_FILE, 0, ENOMEM},
        {-PAGE_BYTES, PAGE_BYTES, RW, MEMORY | MAP_FIXED, NO_FILE, 0, ENOMEM},
        {-PAGE_BYTES, 2 * PAGE_BYTES, RW, MEMORY | MAP_FIXED, NO_FILE, 0, ENOMEM},
        {NON_CANONICAL, PAGE_BYTES, RW, MEMORY | MAP_FIXED_NOREPLACE, NO_FILE, 0, ENOMEM},
        {1ul << 37, -(1ul << 37), RW, MEMORY | MAP_FIXED, NO_FILE, 0, ENOMEM}, /* wraps to 0 */
        {1ul << 37, -1ul, RW, MEMORY | MAP_FIXED, NO_FILE, 0, ENOMEM},
        {1ul << 37, 1ul << 63, RW, MEMORY | MAP_FIXED, NO_FILE, 0, ENOMEM},
        {0, PAGE_BYTES, RW, MEMORY | MAP_FIXED, NO_FILE, 0, EPERM},
        {ANYWHERE, -1ul, RW, MEMORY, NO_FILE, 0, ENOMEM},
        {ANYWHERE, -PAGE_BYTES, PROT_NONE, MEMORY, NO_FILE, 0, ENOMEM},
        {ANYWHERE, 1ul << 63, RW, MEMORY | MAP_NORESERVE, NO_FILE, 0, ENOMEM},
        {ANYWHERE, 1ul << 40, RW, MEMORY | MAP_NORESERVE, NO_FILE, 0, ENOMEM},
        {ANYWHERE, 1ul << 38, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, NO_FILE, 0, ENOMEM},
        {ANYWHERE, PAGE_BYTES, PROT_READ, MAP_SHARED, DIRECTORY, 0, ENODEV},
        {ANYWHERE, PAGE_BYTES, RW, MAP_SHARED, READ_ONLY, 0, EACCES},
        {ANYWHERE, PAGE_BYTES, PROT_READ, MAP_PRIVATE, WRITE_ONLY, 0, EACCES},
        {ANYWHERE, PAGE_BYTES, RW, MAP_SHARED, WRITE_ONLY, 0, EACCES},
        /* what is no request at all comes before what the file does not allow */
        {ANYWHERE, 0, RW, MAP_SHARED, WRITE_ONLY, 0, EINVAL},
        {ANYWHERE, 0, RW, MAP_SHARED, READ_ONLY, 0, EINVAL},
        {ANYWHERE, PAGE_BYTES, RW, 0, WRITE_ONLY, 0, EINVAL},
        {ANYWHERE, PAGE_BYTES, RW, MAP_SHARED | MAP_PRIVATE, WRITE_ONLY, 0, EINVAL},
        {ANYWHERE, PAGE_BYTES, RW, MAP_SHARED, WRITE_ONLY, 1, EINVAL},
        {ANYWHERE, 0, RW, MAP_SHARED, PIPE, 0, EINVAL},
        {ANYWHERE, 0, RW, MAP_SHARED, DIRECTORY, 0, EINVAL},
        {ANYWHERE, PAGE_BYTES, PROT_READ, MAP_PRIVATE, PIPE, 0, ENODEV},
        {ANYWHERE, PAGE_BYTES, PROT_READ, MAP_PRIVATE, CONSOLE, 0, ENODEV},
        {ANYWHERE, PAGE_BYTES, PROT_READ, MAP_PRIVATE, CLOSED, 0, EBADF},
        {ANYWHERE, PAGE_BYTES, PROT_READ, MAP_PRIVATE, NO_FILE, 0, EBADF},
    };
    struct shape before;

    open_descriptors();
    shape_read(&before);
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        long got = call(SYS_mmap, (long)row->address, (long)row->length, row->prot, row->flags,
                        descriptors[row->descriptor], (long)row->offset);

        if (got != -row->error)
            fail("row %u: %ld, not %d\n", i, got, -row->error);
    }
    expect(shape_is(&before));
}

/* Where the stack may grow, in its guard, and across it. */
static void stack_is_kept_free(void)
{
    char *here = (char *)((unsigned long)&here & -PAGE_BYTES);
    static const unsigned long below[] = {8 * PAGE_BYTES, STACK_BYTES, STACK_BYTES + 16 * KIB};
    struct shape before;

    shape_read(&before);
    for (int i = 0; i < 3; i++)
        expect_error(mmap(here - below[i], PAGE_BYTES, RW, MEMORY | MAP_FIXED, -1, 0), ENOMEM);
    expect_error(mmap(here - 2 * STACK_BYTES, 2 * STACK_BYTES, RW, MEMORY | MAP_FIXED, -1, 0),
                 ENOMEM);
    expect(shape_is(&before));
    expect(map_at(here - 8 * PAGE_BYTES, 1, RW, MAP_PRIVATE) != here - 8 * PAGE_BYTES);
}

static void refused_unmappings(void)
{
    char *start = map(4, RW, MAP_PRIVATE);
    struct shape before;

    start[0] = 'k';
    shape_read(&before);
    expect_error(munmap(start, 0), EINVAL);
    expect_error(munmap(start + 1, PAGE_BYTES), EINVAL);
    expect_error(munmap(start, -1ul), EINVAL);
    expect_error(munmap(start, -(unsigned long)start), EINVAL);
    expect_error(munmap((char *)KERNEL_HALF, PAGE_BYTES), EINVAL);
    expect_error(munmap((char *)-PAGE_BYTES, PAGE_BYTES), EINVAL);
    expect_error(munmap((char *)-PAGE_BYTES, 2 * PAGE_BYTES), EINVAL);
    expect_error(munmap(start, NON_CANONICAL), EINVAL);
    expect(shape_is(&before) && start[0] == 'k');
}

#define WINDOW 48u

/* What each page of the window is to be. */
struct page_model {
    bool mapped;
    int prot;
    char byte; /* its first one */
};

static void model_check(char *start, const struct page_model *model)
{
    for (unsigned i = 0; i < WINDOW; i++) {
        char *page = start + i * PAGE_BYTES;
        bool readable = model[i].mapped && model[i].prot != PROT_NONE;

        expect_equal(is_mapped(page), model[i].mapped);
        expect_equal(can_read(page), readable);
        expect_equal(can_write(page), model[i].mapped && (model[i].prot & PROT_WRITE));
        if (readable)
            expect_equal(*page, model[i].byte);
    }
}

static void act(char *start, struct page_model *model, unsigned *state)
{
    static const int prots[] = {PROT_NONE, PROT_READ, RW, RW};
    unsigned first = next_random(state) % WINDOW;
    unsigned count = 1 + next_random(state) % (WINDOW - first);
    unsigned choice = next_random(state) % 5;
    int prot = prots[next_random(state) % 4];
    char byte = (char)next_random(state), *at = start + first * PAGE_BYTES;
    bool all = true;

    for (unsigned i = first; i < first + count; i++)
        all = all && model[i].mapped;
    if (choice == 0)
        unmap(at, count);
    else if (choice == 1)
        map_at(at, count, prot, MAP_FIXED | (byte % 2 ? MAP_SHARED : MAP_PRIVATE));
    else if (choice == 2)
        expect_equal(mprotect(at, count * PAGE_BYTES, prot), all ? 0 : -1);
    for (unsigned i = first; i < first + count; i++) {
        if (choice < 2)
            model[i] = (struct page_model){choice == 1, prot, 0};
        else if (choice == 2 && all)
            model[i].prot = prot;
        else if (choice > 2 && model[i].mapped && (model[i].prot & PROT_WRITE))
            start[i * PAGE_BYTES] = model[i].byte = byte;
    }
}

static void model_run(unsigned seeds, int acts)
{
    for (unsigned seed = 1; seed <= seeds; seed++) {
        static struct page_model model[WINDOW];
        unsigned state = seed;
        char *start = map(WINDOW, RW, MAP_PRIVATE);

        for (unsigned i = 0; i < WINDOW; i++)
            model[i] = (struct page_model){true, RW, 0};
        for (int i = 1; i <= acts; i++) {
            act(start, model, &state);
            if (i % 25 == 0)
                model_check(start, model);
        }
        unmap(start, WINDOW);
    }
}

static void acts_against_model(void)
{
    model_run(4, 500);
}

static void acts_against_model_long(void)
{
    model_run(40, 2000);
}

const struct test mmap_error_tests[] = {
    {"refused_mappings", refused_mappings, QUICK},
    {"stack_is_kept_free", stack_is_kept_free, QUICK},
    {"refused_unmappings", refused_unmappings, QUICK},
    {"acts_against_model", acts_against_model, QUICK},
    {"acts_against_model_long", acts_against_model_long, SLOW},
    {NULL, NULL, QUICK},
};
