/* madvise, mincore, mlock and msync, and what they refuse. */
#include "mapping.h"
#include "threads.h"

#define PAGES 64ul

/* Faults that touching the file page by page takes, and pages read for them. */
static void touch_file(int advice, bool cached, struct vm_stats *rise)
{
    struct vm_stats before, after;
    char *start;

    make_file("file", PAGES * PAGE_BYTES, 1);
    if (!cached)
        drop_caches();
    start = map_file("file", PAGES, PROT_READ, MAP_SHARED);
    expect_equal(madvise(start, PAGES * PAGE_BYTES, advice), 0);
    read_stats(&before);
    for (unsigned i = 0; i < PAGES; i++)
        expect(filled(start + i * PAGE_BYTES, 16, 1 + i));
    read_stats(&after);
    rise->fault_file = after.fault_file - before.fault_file;
    rise->fault_around = after.fault_around - before.fault_around;
    rise->file_read = after.file_read - before.file_read;
    unmap(start, PAGES);
}

static void random_maps_no_neighbours(void)
{
    struct vm_stats normal, random;

    touch_file(MADV_NORMAL, true, &normal);
    touch_file(MADV_RANDOM, true, &random);
    expect(random.fault_file >= PAGES && random.fault_around < 8);
    expect(normal.fault_file < PAGES / 2 && normal.fault_around >= PAGES / 2);
}

static void sequential_reads_ahead(void)
{
    struct vm_stats random, sequential;

    touch_file(MADV_RANDOM, false, &random);
    touch_file(MADV_SEQUENTIAL, false, &sequential);
    expect(random.file_read >= PAGES && sequential.file_read >= PAGES);
    expect(sequential.fault_file < random.fault_file / 4);
    expect(sequential.fault_around > random.fault_around);
}

static void willneed_reads_now(void)
{
    struct vm_stats before, read, touched;
    char *start;

    make_file("file", PAGES * PAGE_BYTES, 1);
    drop_caches();
    start = map_file("file", PAGES, PROT_READ, MAP_SHARED);
    read_stats(&before);
    expect_equal(madvise(start + 8 * PAGE_BYTES, (PAGES - 8) * PAGE_BYTES, MADV_WILLNEED), 0);
    read_stats(&read);
    expect(read.file_read - before.file_read >= PAGES - 8);
    expect(!is_present(start) && is_present(start + 8 * PAGE_BYTES));
    for (unsigned i = 8; i < PAGES; i++)
        expect(filled(start + i * PAGE_BYTES, PAGE_BYTES, 1 + i));
    read_stats(&touched);
    expect_equal(touched.file_read, read.file_read);
}

/* Private memory is fresh afterwards, and its frames are free at once; a file's stores stay. */
static void dontneed_drops(void)
{
    struct vm_stats full, empty, after;
    char *mine = map(256, RW, MAP_PRIVATE), *ours = map(4, RW, MAP_SHARED), *file, *copy;

    make_file("file", 4 * PAGE_BYTES, 1);
    file = map_file("file", 4, RW, MAP_SHARED);
    copy = map_file("file", 4, RW, MAP_PRIVATE);
    memset(mine, 'x', 256 * PAGE_BYTES);
    memset(ours, 'x', 4 * PAGE_BYTES);
    memset(file, 'f', PAGE_BYTES);
    memset(copy + PAGE_BYTES, 'c', PAGE_BYTES);
    read_stats(&full);
    expect_equal(madvise(mine, 256 * PAGE_BYTES, MADV_DONTNEED), 0);
    read_stats(&empty);
    expect(empty.frames[FRAME_ANON] + 200 < full.frames[FRAME_ANON]);
    expect_equal(madvise(ours, 4 * PAGE_BYTES, MADV_DONTNEED), 0);
    expect_equal(madvise(file, 4 * PAGE_BYTES, MADV_DONTNEED), 0);
    expect_equal(madvise(copy, 4 * PAGE_BYTES, MADV_DONTNEED), 0);
    expect(has_bytes(mine, 256 * PAGE_BYTES, 0));
    memset(mine, 'y', 256 * PAGE_BYTES);
    read_stats(&after);
    expect(after.fault_zero - empty.fault_zero >= 250);
    expect(has_bytes(ours, 4 * PAGE_BYTES, 'x') && has_bytes(file, PAGE_BYTES, 'f'));
    expect(filled(copy + PAGE_BYTES, PAGE_BYTES, 2));
}

/* Advice about a part splits an area, and the same advice joins it again. */
static void advice_of_a_part(void)
{
    unsigned long before;
    char *start = map(2000, RW, MAP_PRIVATE);

    before = small_object_frames();
    for (unsigned long i = 0; i < 2000; i += 2)
        expect_equal(madvise(start + i * PAGE_BYTES, PAGE_BYTES, MADV_RANDOM), 0);
    expect(small_object_frames() > before + 1900 * 128 / PAGE_BYTES); /* some had room for a few */
    expect_equal(madvise(start, 2000 * PAGE_BYTES, MADV_NORMAL), 0);
    expect(small_object_frames() <= before + 4);
}

static void mincore_tells(void)
{
    unsigned char present[PAGES + 2];
    char *start = map(PAGES, RW, MAP_PRIVATE);

    memset(present, 0x55, sizeof(present));
    for (unsigned long i = 0; i < PAGES; i += 3)
        start[i * PAGE_BYTES] = 1;
    expect_equal(mincore(start, PAGES * PAGE_BYTES - 5, present + 1), 0);
    for (unsigned long i = 0; i < PAGES; i++)
        expect_equal(present[i + 1], i % 3 == 0);
    expect(present[0] == 0x55 && present[PAGES + 1] == 0x55);
    make_file("file", PAGES * PAGE_BYTES, 1);
    drop_caches();
    char *file = map_file("file", PAGES, PROT_READ, MAP_SHARED);
    int fd = open("file", O_RDONLY);

    expect(!is_present(file + 5 * PAGE_BYTES));
    expect(lseek(fd, 5 * PAGE_BYTES, SEEK_SET) > 0 && read(fd, present, 1) == 1);
    expect(is_present(file + 5 * PAGE_BYTES)); /* in the cache, though not mapped yet */
}

/* Locked pages are there at once, count against a limit, and are not inherited. */
static void mlock_holds(void)
{
    struct vm_stats stats, after;
    char *start = map(PAGES, RW, MAP_PRIVATE);

    expect_equal(mlock(start + 5, 8 * PAGE_BYTES - 5), 0); /* any byte of a page locks all of it */
    for (unsigned long i = 0; i < PAGES; i++)
        expect(is_present(start + i * PAGE_BYTES) == (i < 8));
    read_stats(&stats);
    memset(start, 1, 8 * PAGE_BYTES);
    read_stats(&after);
    expect(after.fault_zero < stats.fault_zero + 4);
    expect_error(madvise(start, 8 * PAGE_BYTES, MADV_DONTNEED), EINVAL);
    expect_error(msync(start, 8 * PAGE_BYTES, MS_SYNC | MS_INVALIDATE), EBUSY);
    expect_equal(mlock(start, 8 * PAGE_BYTES), 0); /* does not nest */
    int pid = fork();

    if (pid == 0) {
        expect_equal(madvise(start, 8 * PAGE_BYTES, MADV_DONTNEED), 0);
        exit(start[0]);
    }
    expect_equal(wait_for(pid), 0);
    expect_equal(start[0], 1);
    expect_equal(munlock(start, 8 * PAGE_BYTES), 0);
    expect_equal(madvise(start, 8 * PAGE_BYTES, MADV_DONTNEED), 0);
}

/* Beyond the limit nothing is locked, not even the part that would fit. */
static void mlock_has_a_limit(void)
{
    struct vm_stats stats;
    struct shape before;

    need_strictness();
    read_stats(&stats);
    unsigned long frames = 0, limit;

    for (int class = 0; class < FRAME_CLASSES; class++)
        frames += stats.frames[class];
    limit = frames / 8;
    char *start = map(limit + 1, PROT_READ, MAP_PRIVATE);

    protect(start, 4, RW);
    shape_read(&before);
    expect_error(mlock(start, (limit + 1) * PAGE_BYTES), ENOMEM);
    expect(shape_is(&before));
    expect_equal(madvise(start, (limit + 1) * PAGE_BYTES, MADV_DONTNEED), 0); /* none is locked */
    expect_equal(mlock(start, 16 * PAGE_BYTES), 0);
    expect(promised() >= before.promised + 12);
    expect_error(mlock(start, (limit + 1) * PAGE_BYTES), ENOMEM);
    expect_equal(munlock(start, (limit + 1) * PAGE_BYTES), 0);
    expect(shape_is(&before));
    expect_equal(mlock(start, 16 * PAGE_BYTES), 0);
    unmap(start, limit + 1); /* unlocks */
    expect(promised() < before.promised);
}

/* Where not all pages can be had, mlock locks none; what was locked before stays so. */
static void failed_mlock_locks_nothing(void)
{
    char *start;
    unsigned long before;
    int fd;

    make_file("file", 3 * PAGE_BYTES, 1);
    fd = open("file", O_RDWR);
    start = mmap(NULL, 5 * PAGE_BYTES, RW, MAP_SHARED, fd, 0); /* two pages past the end */
    expect(start != MAP_FAILED && mlock(start + PAGE_BYTES, 1) == 0);
    before = promised();
    for (int i = 0; i < 3; i++)
        expect_error(mlock(start, 5 * PAGE_BYTES), ENOMEM);
    expect_equal(promised(), before);
    expect_equal(madvise(start, PAGE_BYTES, MADV_DONTNEED), 0);
    expect_error(madvise(start + PAGE_BYTES, PAGE_BYTES, MADV_DONTNEED), EINVAL);
    expect_equal(madvise(start + 2 * PAGE_BYTES, PAGE_BYTES, MADV_DONTNEED), 0);
    expect_equal(mlock(start, 3 * PAGE_BYTES), 0);
    expect_error(madvise(start, PAGE_BYTES, MADV_DONTNEED), EINVAL);
    start = map(3, RW, MAP_PRIVATE);
    memset(start, 'x', 3 * PAGE_BYTES);
    expect_equal(mlock(start + 2 * PAGE_BYTES, PAGE_BYTES), 0);
    expect_error(madvise(start, 3 * PAGE_BYTES, MADV_DONTNEED), EINVAL);
    expect(start[0] == 'x' && start[PAGE_BYTES] == 'x'); /* it is refused before it drops any */
}

static char *contended;
static volatile int has_ended;

static void lock_in_vain(void *unused)
{
    (void)unused;
    while (!has_ended)
        expect_error(mlock(contended, 65 * PAGE_BYTES), ENOMEM);
}

/* What one was told is locked stays so, though another's mlock fails that began before. */
static void failed_mlock_leaves_others(void)
{
    struct thread other;
    char *last;

    contended = map(65, RW, MAP_PRIVATE);
    last = contended + 64 * PAGE_BYTES;
    make_file("file", PAGE_BYTES, 1);
    expect(mmap(last, PAGE_BYTES, RW, MAP_SHARED | MAP_FIXED, open("file", O_RDWR), PAGE_BYTES) ==
           last); /* past its end */
    start(&other, lock_in_vain, 0);
    for (int i = 0; i < 200; i++) {
        expect_equal(mlock(contended, 64 * PAGE_BYTES), 0);
        expect_error(madvise(contended, PAGE_BYTES, MADV_DONTNEED), EINVAL);
        expect_equal(munlock(contended, 64 * PAGE_BYTES), 0);
        for (int spin = 0; spin < i % 20 * 2000; spin++)
            (void)has_ended;
    }
    has_ended = 1;
    finish(&other);
}

/* Sums of address and length that wrap around, or leave the user half: refused by every call. */
static void lengths_that_wrap(void)
{
    static const int calls[] = {SYS_munmap, SYS_mprotect, SYS_msync,  SYS_madvise,
                                SYS_mincore, SYS_mlock,    SYS_munlock};
    char *start = map(2, RW, MAP_PRIVATE);
    unsigned long lengths[] = {-1ul, -PAGE_BYTES, -(unsigned long)start, -(unsigned long)start - 1,
                               1ul << 63, 1ul << 62, (1ul << 56) - (unsigned long)start};
    struct shape before;

    start[0] = 'k';
    shape_read(&before);
    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
        for (unsigned n = 0; n < sizeof(calls) / sizeof(calls[0]); n++)
            for (long offset = 0; offset < 3; offset++) {
                long got = call(calls[n], (long)start + offset, (long)lengths[i], MS_SYNC, 0, 0, 0);

                if (got != -ENOMEM && got != -EINVAL)
                    fail("call %d of %ld + 0x%lx: %ld\n", calls[n], offset, lengths[i], got);
            }
    expect(shape_is(&before) && start[0] == 'k');
}

static unsigned long files_written(void)
{
    struct vm_stats stats;

    read_stats(&stats);
    return (unsigned long)stats.file_write;
}

/* What is not mapped is passed over; all else is done as asked, and then it is ENOMEM. */
static void advice_over_holes(void)
{
    unsigned char present[7];
    char *start = map(7, RW, MAP_PRIVATE);
    int fd;

    memset(start, 'x', 7 * PAGE_BYTES);
    unmap(start + PAGE_BYTES, 1);
    unmap(start + 4 * PAGE_BYTES, 2);
    expect_error(madvise(start, 7 * PAGE_BYTES, MADV_DONTNEED), ENOMEM);
    for (int i = 0; i < 7; i++)
        expect(i == 1 || i == 4 || i == 5 || start[i * (long)PAGE_BYTES] == 0);
    unmap(start, 7);
    make_file("file", 7 * PAGE_BYTES, 1);
    fd = open("file", O_RDWR);
    expect(fd >= 0 && fsync(fd) == 0);
    drop_caches();
    start = mmap(NULL, 7 * PAGE_BYTES, RW, MAP_SHARED, fd, 0);
    expect(start != MAP_FAILED);
    unmap(start, 1);
    unmap(start + 2 * PAGE_BYTES, 3);
    expect_error(madvise(start, 7 * PAGE_BYTES, MADV_WILLNEED), ENOMEM);
    expect(mincore(start + 5 * PAGE_BYTES, 2 * PAGE_BYTES, present) == 0);
    expect(present[0] && present[1]);
    start[6 * PAGE_BYTES] = 'y';
    expect_error(msync(start, 7 * PAGE_BYTES, MS_SYNC), ENOMEM);
    unsigned long written = files_written();

    expect(fsync(fd) == 0);
    expect_equal(files_written(), written); /* msync had done it */
}

static void refused_ranges(void)
{
    static const unsigned long nowhere[] = {-PAGE_BYTES, 0xffffffc000000000, 1ul << 63};
    unsigned char present[16];
    char *start = map(4, RW, MAP_PRIVATE);
    struct shape before;

    unmap(start + 2 * PAGE_BYTES, 1);
    start[0] = 'k';
    shape_read(&before);
    expect_error(madvise(start, 4 * PAGE_BYTES, MADV_RANDOM), ENOMEM);
    expect_error(madvise(start, 4 * PAGE_BYTES, MADV_WILLNEED), ENOMEM);
    expect_error(madvise(start + 2 * PAGE_BYTES, PAGE_BYTES, MADV_DONTNEED), ENOMEM);
    expect_error(madvise(start + 1, PAGE_BYTES, MADV_NORMAL), EINVAL);
    expect_error(madvise(start, PAGE_BYTES, 77), EINVAL);
    expect_error(mincore(start, 4 * PAGE_BYTES, present), ENOMEM);
    expect_error(mincore(start + 1, PAGE_BYTES, present), EINVAL);
    expect_error(mincore(start, PAGE_BYTES, (unsigned char *)start + 2 * PAGE_BYTES), EFAULT);
    expect_error(mincore(start, -1ul, present), ENOMEM);
    expect_error(mlock(start, 4 * PAGE_BYTES), ENOMEM);
    expect_error(munlock(start, 4 * PAGE_BYTES), ENOMEM);
    expect_error(mlock(start, -1ul), ENOMEM);
    expect_error(msync(start, 4 * PAGE_BYTES, MS_SYNC), ENOMEM);
    expect_error(msync(start + 1, PAGE_BYTES, MS_SYNC), EINVAL);
    expect_error(msync(start, PAGE_BYTES, MS_SYNC | MS_ASYNC), EINVAL);
    expect_error(msync(start, PAGE_BYTES, 64), EINVAL);
    expect_error(msync(start, PAGE_BYTES, 0), EINVAL);
    expect_error(msync(start, PAGE_BYTES, MS_INVALIDATE), EINVAL);
    for (int i = 0; i < 3; i++) {
        char *bad = (char *)nowhere[i];

        expect_error(madvise(bad, PAGE_BYTES, MADV_DONTNEED), ENOMEM);
        expect_error(mincore(bad, PAGE_BYTES, present), ENOMEM);
        expect_error(mlock(bad, PAGE_BYTES), ENOMEM);
        expect_error(munlock(bad, 2 * PAGE_BYTES), ENOMEM);
        expect_error(msync(bad, PAGE_BYTES, MS_SYNC), ENOMEM);
    }
    expect_equal(madvise(start, 0, MADV_DONTNEED), 0);
    expect_equal(mlock(start, 0), 0);
    expect_equal(msync(start, 0, MS_SYNC), 0);
    expect(shape_is(&before) && start[0] == 'k');
}

const struct test advise_tests[] = {
    {"random_maps_no_neighbours", random_maps_no_neighbours, QUICK},
    {"sequential_reads_ahead", sequential_reads_ahead, QUICK},
    {"willneed_reads_now", willneed_reads_now, QUICK},
    {"dontneed_drops", dontneed_drops, QUICK},
    {"advice_of_a_part", advice_of_a_part, QUICK},
    {"mincore_tells", mincore_tells, QUICK},
    {"mlock_holds", mlock_holds, QUICK},
    {"mlock_has_a_limit", mlock_has_a_limit, QUICK},
    {"failed_mlock_locks_nothing", failed_mlock_locks_nothing, QUICK},
    {"failed_mlock_leaves_others", failed_mlock_leaves_others, QUICK},
    {"lengths_that_wrap", lengths_that_wrap, QUICK},
    {"advice_over_holes", advice_over_holes, QUICK},
    {"refused_ranges", refused_ranges, QUICK},
    {NULL, NULL, QUICK},
};
