/* Pipes: 64 KiB between whoever writes and whoever reads. */
#include "test.h"

static int ends[2];

static void pipe_carries(void)
{
    expect(pipe(ends) == 0);
    expect_equal(write(ends[1], "carried", 7), 7);
    expect_equal(read(ends[0], other, 100), 7);
    expect(memcmp(other, "carried", 7) == 0);
    expect_error(write(ends[0], "x", 1), EBADF);
    expect_error(read(ends[1], other, 1), EBADF);
    expect_error(lseek(ends[0], 0, SEEK_SET), ESPIPE);
    expect(ftruncate(ends[1], 0) == -1);
    expect(fsync(ends[1]) == 0 || errno == EINVAL);
    expect_equal(write(ends[1], "x", 0), 0);
}

/* What a pipe promises to hold, it takes without a reader; and it gives what there is. */
static void pipe_holds_64_kib(void)
{
    expect(pipe(ends) == 0);
    fill(block, PIPE_BYTES, 3);
    expect_equal(write(ends[1], block, PIPE_BYTES), PIPE_BYTES);
    expect_equal(read(ends[0], other, 10), 10);
    expect_equal(write(ends[1], block + 10, 10), 10); /* around the end of the ring */
    unsigned long got = 10;

    while (got < PIPE_BYTES + 10) {
        long now = read(ends[0], other + got, sizeof(other) - got);

        expect(now > 0);
        got += (unsigned long)now;
    }
    expect_equal(got, PIPE_BYTES + 10);
    expect(memcmp(block, other, PIPE_BYTES) == 0);
    expect(memcmp(block + 10, other + PIPE_BYTES, 10) == 0);
}

static void pipe_end_of_file(void)
{
    expect(pipe(ends) == 0);
    expect_equal(write(ends[1], "rest", 4), 4);
    int twin = dup(ends[1]);

    close(ends[1]);
    expect_equal(write(twin, "!", 1), 1);
    close(twin);
    expect_equal(read(ends[0], other, 100), 5);
    expect_equal(read(ends[0], other, 100), 0);
    expect_equal(read(ends[0], other, 100), 0);
}

static void pipe_without_reader(void)
{
    expect(pipe(ends) == 0);
    expect_equal(write(ends[1], "x", 1), 1);
    close(ends[0]);
    expect_error(write(ends[1], "x", 1), EPIPE);
}

static void hold_reader(long unused)
{
    (void)unused;
    close(ends[1]);
    sleep(2);
}

/* A writer that waits for room learns that the last reader has gone. */
static void writer_wakes_when_reader_goes(void)
{
    expect(pipe(ends) == 0);
    expect_equal(write(ends[1], block, PIPE_BYTES), PIPE_BYTES);
    int pid = spawn(hold_reader, 0);

    close(ends[0]);
    expect(write(ends[1], block, PIPE_BYTES) == -1 && errno == EPIPE);
    join(pid);
}

/* What went before the last reader did is what write tells; only the next one is EPIPE. */
static void writer_tells_what_went(void)
{
    expect(pipe(ends) == 0);
    int pid = spawn(hold_reader, 0);

    close(ends[0]);
    expect_equal(write(ends[1], block, BLOCK_BYTES), PIPE_BYTES);
    expect_error(write(ends[1], block, BLOCK_BYTES), EPIPE);
    join(pid);
}

static void hold_writer(long unused)
{
    (void)unused;
    close(ends[0]);
    sleep(2);
}

static void reader_wakes_when_writer_goes(void)
{
    expect(pipe(ends) == 0);
    int pid = spawn(hold_writer, 0);

    close(ends[1]);
    expect_equal(read(ends[0], other, 1), 0);
    join(pid);
}

#define STREAM (600ul * 1024)

static void send_stream(long step)
{
    unsigned long sent = 0;
    unsigned bytes = (unsigned)step;

    close(ends[0]);
    while (sent < STREAM) {
        unsigned long now = bytes < STREAM - sent ? bytes : STREAM - sent;

        for (unsigned long i = 0; i < now; i++)
            block[i] = (char)((sent + i) * 7 >> 3);
        expect_equal(write(ends[1], block, now), now);
        sent += now;
    }
}

/* Long writes, in pieces smaller and larger than the pipe, against reads of other sizes. */
static void pipe_keeps_order(void)
{
    static const int steps[] = {1000, 4096, 65536, 90000};

    for (int n = 0; n < 4; n++) {
        unsigned long got = 0;
        long now;

        expect(pipe(ends) == 0);
        int pid = spawn(send_stream, steps[n]);

        close(ends[1]);
        while ((now = read(ends[0], other, 3000u + 5000u * (unsigned)n)) > 0)
            for (long i = 0; i < now; i++, got++)
                expect(other[i] == (char)(got * 7 >> 3));
        expect_equal(now, 0);
        expect_equal(got, STREAM);
        close(ends[0]);
        join(pid);
    }
}

#define WRITERS 6
#define LINES 200

static void write_lines(long who)
{
    char line[16];

    memset(line, (int)('a' + who), sizeof(line));
    for (int i = 0; i < LINES; i++)
        expect_equal(write(ends[1], line, sizeof(line)), sizeof(line));
}

static void many_writers(void)
{
    int counts[WRITERS] = {0};
    long now;

    expect(pipe(ends) == 0);
    for (int i = 0; i < WRITERS; i++)
        spawn(write_lines, i);
    close(ends[1]);
    while ((now = read(ends[0], other, sizeof(other))) > 0)
        for (long i = 0; i < now; i++) {
            expect(other[i] >= 'a' && other[i] < 'a' + WRITERS);
            counts[other[i] - 'a']++;
        }
    join_all(WRITERS, 0);
    for (int i = 0; i < WRITERS; i++)
        expect_equal(counts[i], 16 * LINES);
}

static int result[2];

static void count_bytes(long unused)
{
    char byte;
    long count = 0;

    (void)unused;
    close(ends[1]);
    while (read(ends[0], &byte, 1) == 1)
        count++;
    expect_equal(write(result[1], &count, sizeof(count)), sizeof(count));
}

static void many_readers(void)
{
    long total = 0, count;

    expect(pipe(ends) == 0 && pipe(result) == 0);
    for (int i = 0; i < 5; i++)
        spawn(count_bytes, 0);
    close(ends[0]);
    for (int i = 0; i < 10; i++)
        expect_equal(write(ends[1], block, 1000), 1000);
    close(ends[1]);
    join_all(5, 0);
    for (int i = 0; i < 5; i++) {
        expect_equal(read(result[0], &count, sizeof(count)), sizeof(count));
        total += count;
    }
    expect_equal(total, 10000);
}

static void echo_back(long rounds)
{
    int number;

    for (long i = 0; i < rounds; i++) {
        expect_equal(read(ends[0], &number, sizeof(number)), sizeof(number));
        number++;
        expect_equal(write(result[1], &number, sizeof(number)), sizeof(number));
    }
}

/* Two processes that wake each other, often: no wake-up may be lost. */
static void ping_pong(void)
{
    int number = 0;

    expect(pipe(ends) == 0 && pipe(result) == 0);
    int pid = spawn(echo_back, 3000);

    for (int i = 0; i < 3000; i++) {
        expect_equal(write(ends[1], &number, sizeof(number)), sizeof(number));
        expect_equal(read(result[0], &number, sizeof(number)), sizeof(number));
    }
    expect_equal(number, 3000);
    join(pid);
}

/* Source and target fault while the copy is on its way. */
static void pipe_to_fresh_memory(void)
{
    char *fresh = grow(PIPE_BYTES);

    expect(pipe(ends) == 0);
    expect_equal(write(ends[1], fresh, PIPE_BYTES), PIPE_BYTES);
    fresh = grow(PIPE_BYTES);
    for (unsigned long got = 0; got < PIPE_BYTES;) {
        long now = read(ends[0], fresh + got, PIPE_BYTES - got);

        expect(now > 0);
        got += (unsigned long)now;
    }
    for (unsigned long i = 0; i < PIPE_BYTES; i++)
        expect_equal(fresh[i], 0);
}

/* Part of the target is good: what was taken out of the pipe is either told or still there. */
static void pipe_to_half_a_buffer(void)
{
    char *half = grow(PAGE_BYTES);

    expect(pipe(ends) == 0);
    expect_equal(write(ends[1], block, 200), 200);
    expect_equal(call(SYS_read, ends[0], (long)(half + PAGE_BYTES - 100), 200, 0, 0, 0), 100);
    expect_equal(read(ends[0], other, 200), 100);
}

const struct test pipe_tests[] = {
    {"pipe_carries", pipe_carries, QUICK},
    {"pipe_holds_64_kib", pipe_holds_64_kib, QUICK},
    {"pipe_end_of_file", pipe_end_of_file, QUICK},
    {"pipe_without_reader", pipe_without_reader, QUICK},
    {"writer_wakes_when_reader_goes", writer_wakes_when_reader_goes, QUICK},
    {"writer_tells_what_went", writer_tells_what_went, QUICK},
    {"reader_wakes_when_writer_goes", reader_wakes_when_writer_goes, QUICK},
    {"pipe_keeps_order", pipe_keeps_order, QUICK},
    {"many_writers", many_writers, QUICK},
    {"many_readers", many_readers, QUICK},
    {"ping_pong", ping_pong, QUICK},
    {"pipe_to_fresh_memory", pipe_to_fresh_memory, QUICK},
    {"pipe_to_half_a_buffer", pipe_to_half_a_buffer, QUICK},
    {NULL, NULL, QUICK},
};
