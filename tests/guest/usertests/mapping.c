/* What the tests of mappings share. */
#include "mapping.h"

static bool promises_everything(void)
{
    unsigned long bytes = 1ul << 36;
    void *start = mmap(NULL, bytes, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (start == MAP_FAILED) {
        expect_equal(errno, ENOMEM);
        return false;
    }
    expect(munmap(start, bytes) == 0);
    return true;
}

void shape_read(struct shape *shape)
{
    int count = procinfo(process_rows, MAX_PROCESSES);

    shape->bytes = 0;
    for (int i = 0; i < count; i++)
        if (process_rows[i].pid == getpid())
            shape->bytes = process_rows[i].size;
    shape->promised = promises_everything() ? 0 : promised(); /* there, any touch is a promise */
    expect(shape->bytes > 0);
}

bool shape_is(const struct shape *before)
{
    struct shape now;

    shape_read(&now);
    if (now.bytes != before->bytes || now.promised != before->promised)
        fprintf(report_fd, "bytes %lu -> %lu, promised %lu -> %lu\n", (unsigned long)before->bytes,
                (unsigned long)now.bytes, (unsigned long)before->promised,
                (unsigned long)now.promised);
    return now.bytes == before->bytes && now.promised == before->promised;
}

char *map_at(const char *address, unsigned long pages, int prot, int flags)
{
    char *start = mmap((void *)address, pages * PAGE_BYTES, prot, flags | MAP_ANONYMOUS, -1, 0);

    expect(start != MAP_FAILED);
    expect_equal((unsigned long)start % PAGE_BYTES, 0);
    return start;
}

char *map(unsigned long pages, int prot, int flags)
{
    return map_at(NULL, pages, prot, flags);
}

char *map_file(const char *path, unsigned long pages, int prot, int flags)
{
    int fd = open(path, (flags & MAP_SHARED) && (prot & PROT_WRITE) ? O_RDWR : O_RDONLY);
    char *start;

    expect(fd >= 0);
    start = mmap(NULL, pages * PAGE_BYTES, prot, flags, fd, 0);
    expect(start != MAP_FAILED);
    expect(close(fd) == 0);
    return start;
}

void unmap(char *start, unsigned long pages)
{
    expect_equal(munmap(start, pages * PAGE_BYTES), 0);
}

void protect(char *start, unsigned long pages, int prot)
{
    expect_equal(mprotect(start, pages * PAGE_BYTES, prot), 0);
}

static int page_state(const char *page, unsigned char *present)
{
    return mincore((void *)page, PAGE_BYTES, present);
}

bool is_mapped(const char *page)
{
    unsigned char present;

    if (page_state(page, &present) == 0)
        return true;
    expect_equal(errno, ENOMEM);
    return false;
}

bool is_present(const char *page)
{
    unsigned char present = 0xff;

    expect_equal(page_state(page, &present), 0);
    expect((present & ~1) == 0);
    return present;
}

bool has_bytes(const char *data, unsigned long bytes, char byte)
{
    for (unsigned long i = 0; i < bytes; i++)
        if (data[i] != byte)
            return false;
    return true;
}

/* A pipe of the test's own, empty between two calls. */
static int ends[2] = {-1, -1};

static void need_pipe(void)
{
    if (ends[0] < 0)
        expect(pipe(ends) == 0);
}

bool can_read(const char *address)
{
    char byte;

    need_pipe();
    if (write(ends[1], address, 1) == 1) {
        expect_equal(read(ends[0], &byte, 1), 1);
        return true;
    }
    expect_equal(errno, EFAULT);
    return false;
}

bool can_write(char *address)
{
    char byte = 0;

    need_pipe();
    expect_equal(write(ends[1], can_read(address) ? address : &byte, 1), 1);
    if (read(ends[0], address, 1) == 1)
        return true;
    expect_equal(errno, EFAULT);
    expect_equal(read(ends[0], &byte, 1), 1);
    return false;
}

void load_byte(long address)
{
    sink = *(volatile char *)address;
}

void store_byte(long address)
{
    *(volatile char *)address = 1;
}

unsigned long promised(void)
{
    struct vm_stats stats;

    read_stats(&stats);
    return (unsigned long)stats.commit;
}

unsigned long small_object_frames(void)
{
    struct vm_stats stats;

    drop_caches();
    read_stats(&stats);
    return (unsigned long)stats.frames[FRAME_SLAB];
}

void need_strictness(void)
{
    if (promises_everything())
        skip("this machine promises everything");
}
