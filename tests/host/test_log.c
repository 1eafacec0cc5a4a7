/* needs: fs/recover.c lib/string.c */
/*
 * Recovery of the log, on a disk in memory. A commit is written down as the kernel does it:
 * payload, flush, header, flush, homes, flush, empty header. A crash is a prefix of these writes,
 * the last one torn by sectors, or any subset of the writes since the last flush. Whatever it is,
 * afterwards the homes hold the old state or the new one, whole.
 *
 * The kernel gathers transactions: each, header and payload at once, behind the one before, until
 * all goes home. Then the homes hold what they were after some number of transactions.
 */
#include "mock.h"

#include "fs/recover.h"

enum { BLOCKS = 96, LOG_START = 1, LOG_BLOCKS = 64, HOME = 70, SECTORS = 8 };

static const struct disk_super super = {.nblocks = BLOCKS, .log_start = LOG_START,
                                        .log_blocks = LOG_BLOCKS};

typedef uint8_t block_t[DISK_BLOCK_SIZE] __attribute__((aligned(8)));

static block_t disk[BLOCKS];
static int64_t fail_at; /* the operation that fails; < 0: none */
static uint32_t writes, flushes, unflushed;

static bool io_fails(void)
{
    return fail_at >= 0 && fail_at-- == 0;
}

static int read_block(uint32_t number, void *data)
{
    assert_true(number < BLOCKS);
    if (io_fails())
        return -5;
    memcpy(data, disk[number], DISK_BLOCK_SIZE);
    return 0;
}

static int write_block(uint32_t number, const void *data)
{
    assert_true(number < BLOCKS);
    if (io_fails())
        return -5;
    /* The homes must be durable before the header that says so is gone. */
    if (number == LOG_START && writes > 0)
        assert_int_equal(unflushed, 0);
    memcpy(disk[number], data, DISK_BLOCK_SIZE);
    writes++;
    unflushed++;
    return 0;
}

static int flush(void)
{
    if (io_fails())
        return -5;
    flushes++;
    unflushed = 0;
    return 0;
}

static int recover(uint64_t *sequence)
{
    static struct disk_log_header header;
    static block_t data;
    const struct recover_io io = {read_block, write_block, flush};

    writes = flushes = unflushed = 0;
    return log_recover(&io, &super, &header, data, sequence);
}

static void fill(void *block, uint32_t tag)
{
    for (uint32_t i = 0; i < DISK_BLOCK_SIZE / 4; i++)
        ((uint32_t *)block)[i] = tag * 2654435761u + i;
}

static bool holds(uint32_t number, uint32_t tag)
{
    static block_t expected;

    fill(expected, tag);
    return memcmp(disk[number], expected, DISK_BLOCK_SIZE) == 0;
}

static void fresh_disk(void)
{
    fail_at = -1;
    for (uint32_t i = 0; i < BLOCKS; i++)
        fill(disk[i], i); /* the old state; also, junk in the log's payload */
    log_header_clear((struct disk_log_header *)disk[LOG_START], 41);
}

/* ---- A commit as a list of writes ---- */

struct write {
    uint32_t block;
    block_t data;
    bool flush_before;
};

static struct write commit[2 * LOG_BLOCKS + 2];
static uint32_t commit_writes, committed_at; /* from that write on the new state must come back */

static void add_write(uint32_t block, const void *data, bool flush_before)
{
    struct write *write = &commit[commit_writes++];

    write->block = block;
    write->flush_before = flush_before;
    memcpy(write->data, data, DISK_BLOCK_SIZE);
}

/* Blocks HOME .. HOME + count - 1 get tag base, base + 1, ... */
static void make_commit(uint32_t count, uint32_t base)
{
    static struct disk_log_header header;
    static block_t data;

    commit_writes = 0;
    log_header_clear(&header, 42);
    header.payload_sum = DISK_CHECKSUM_SEED;
    header.count = count;
    for (uint32_t i = 0; i < count; i++) {
        fill(data, base + i);
        header.block[i] = HOME + i;
        header.payload_sum = disk_checksum(header.payload_sum, data, DISK_BLOCK_SIZE);
        add_write(LOG_START + 1 + i, data, false);
    }
    log_header_seal(&header);
    add_write(LOG_START, &header, true);
    committed_at = commit_writes;
    for (uint32_t i = 0; i < count; i++) {
        fill(data, base + i);
        add_write(HOME + i, data, i == 0);
    }
    log_header_clear(&header, 42);
    add_write(LOG_START, &header, true);
}

static void apply(const struct write *write, uint32_t sectors)
{
    for (uint32_t i = 0; i < SECTORS; i++)
        if (sectors >> i & 1)
            memcpy(disk[write->block] + i * 512, write->data + i * 512, 512);
}

/* All homes old, or all new. Returns which. */
static bool state_is_new(uint32_t count, uint32_t base)
{
    bool is_new = holds(HOME, base);

    for (uint32_t i = 0; i < count; i++)
        assert_true(holds(HOME + i, is_new ? base + i : HOME + i));
    for (uint32_t i = HOME + count; i < BLOCKS; i++)
        assert_true(holds(i, i));
    assert_true(holds(0, 0));
    return is_new;
}

static void check_recovered(uint32_t count, uint32_t base, bool must_be_new, bool must_be_old)
{
    const struct disk_log_header *header = (const struct disk_log_header *)disk[LOG_START];
    uint64_t sequence;

    assert_true(recover(&sequence) >= 0);
    bool is_new = state_is_new(count, base);
    assert_false(must_be_new && !is_new);
    assert_false(must_be_old && is_new);
    assert_int_equal(header->magic, DISK_LOG_MAGIC);
    assert_int_equal(header->count, 0);
    assert_int_equal(unflushed, 0);
    assert_int_equal(recover(&sequence), 0); /* nothing is left to do */
    assert_int_equal(writes, 0);
    assert_int_equal(state_is_new(count, base), is_new);
}

/* ---- Tests ---- */

static void an_empty_log_changes_nothing(void **state)
{
    uint64_t sequence;

    (void)state;
    fresh_disk();
    assert_int_equal(recover(&sequence), 0);
    assert_int_equal(sequence, 41);
    assert_int_equal(writes, 0);
    memset(disk[LOG_START], 0, DISK_BLOCK_SIZE); /* never written: fine, too */
    assert_int_equal(recover(&sequence), 0);
}

static void a_committed_transaction_goes_home(void **state)
{
    uint64_t sequence;

    (void)state;
    fresh_disk();
    make_commit(5, 1000);
    for (uint32_t i = 0; i < committed_at; i++)
        apply(&commit[i], 0xff);
    assert_int_equal(recover(&sequence), 5);
    assert_int_equal(sequence, 42);
    assert_true(flushes >= 2);
    check_recovered(5, 1000, true, false);
}

static void every_prefix_gives_old_or_new(void **state)
{
    (void)state;
    for (uint32_t count = 1; count <= 24; count += 1 + mock_random(6)) {
        make_commit(count, 1000);
        for (uint32_t n = 0; n <= commit_writes; n++) {
            fresh_disk();
            for (uint32_t i = 0; i < n; i++)
                apply(&commit[i], 0xff);
            check_recovered(count, 1000, n >= committed_at, n < committed_at);
        }
    }
}

static void a_torn_last_write_gives_old_or_new(void **state)
{
    (void)state;
    make_commit(4, 2000);
    for (uint32_t n = 0; n < commit_writes; n++) {
        for (uint32_t sectors = 1; sectors < 256; sectors += 1 + mock_random(3)) {
            fresh_disk();
            for (uint32_t i = 0; i < n; i++)
                apply(&commit[i], 0xff);
            apply(&commit[n], sectors);
            check_recovered(4, 2000, n >= committed_at, n + 1 < committed_at);
        }
    }
}

/* Of the first end writes those before last_flush, and of the others some, or parts of some. */
static void apply_some(uint32_t end, uint32_t last_flush)
{
    fresh_disk();
    for (uint32_t i = 0; i < end; i++)
        if (i < last_flush)
            apply(&commit[i], 0xff);
        else if (mock_random(2))
            apply(&commit[i], mock_random(3) ? 0xff : mock_random(256));
}

static void any_subset_since_the_last_flush_gives_old_or_new(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 1500; round++) {
        uint32_t count = 1 + mock_random(20), end, last_flush = 0;

        make_commit(count, 3000);
        end = mock_random(commit_writes + 1);
        for (uint32_t i = 0; i < end; i++)
            if (commit[i].flush_before)
                last_flush = i;
        apply_some(end, last_flush);
        check_recovered(count, 3000, last_flush >= committed_at, end < committed_at);
    }
}

static void damage_anywhere_in_the_log_is_no_transaction(void **state)
{
    (void)state;
    make_commit(6, 4000);
    for (uint32_t round = 0; round < 1500; round++) {
        fresh_disk();
        for (uint32_t i = 0; i < committed_at; i++)
            apply(&commit[i], 0xff);
        disk[LOG_START + mock_random(7)][mock_random(DISK_BLOCK_SIZE)] ^=
            (uint8_t)(1u << mock_random(8));
        check_recovered(6, 4000, false, true);
    }
}

/* A header whose checksum holds, and still cannot be meant. */
static void a_header_that_leads_astray_is_not_followed(void **state)
{
    static const struct { uint32_t count, block; } bad[] = {
        {LOG_BLOCKS, HOME}, {DISK_LOG_MAX + 1, HOME}, {UINT32_MAX, HOME}, {1, BLOCKS},
        {1, UINT32_MAX}, {1, LOG_START}, {1, LOG_START + LOG_BLOCKS - 1}};
    struct disk_log_header *header = (struct disk_log_header *)disk[LOG_START];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fresh_disk();
        header->count = bad[i].count;
        header->payload_sum = DISK_CHECKSUM_SEED;
        for (uint32_t j = 0; j < bad[i].count && LOG_START + 1 + j < BLOCKS; j++) {
            header->payload_sum = disk_checksum(header->payload_sum, disk[LOG_START + 1 + j],
                                                DISK_BLOCK_SIZE);
            header->block[j] = bad[i].block;
        }
        log_header_seal(header);
        check_recovered(1, 5000, false, true);
        assert_true(holds(LOG_START + LOG_BLOCKS - 1, LOG_START + LOG_BLOCKS - 1));
    }
}

/* Recovery may be cut short as well, at any read, write or flush: then it is done again. */
static void a_crash_in_recovery_is_recovered_from(void **state)
{
    (void)state;
    make_commit(5, 6000);
    bool done = false;

    for (int64_t n = 0; !done; n++) {
        uint64_t sequence;

        assert_true(n < 100);
        fresh_disk();
        for (uint32_t i = 0; i < committed_at; i++)
            apply(&commit[i], 0xff);
        fail_at = n;
        done = recover(&sequence) >= 0;
        assert_true(done || fail_at < 0); /* an error is told */
        fail_at = -1;
        check_recovered(5, 6000, true, false);
    }
}

/* The next commit over the one before, whose empty header was not flushed, of all sizes. */
static void the_payload_of_the_next_commit_hides_the_old_one(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 300; round++) {
        uint32_t first = 1 + mock_random(10), second = 1 + mock_random(10);
        uint32_t most = first > second ? first : second, parts;
        uint64_t sequence;

        fresh_disk();
        make_commit(first, 7000);
        for (uint32_t i = 0; i + 1 < commit_writes; i++) /* all but the empty header */
            apply(&commit[i], 0xff);
        make_commit(second, 8000);
        parts = mock_random(second + 1);
        for (uint32_t i = 0; i < parts; i++)
            if (mock_random(4))
                apply(&commit[i], 0xff);
        assert_true(recover(&sequence) >= 0);
        for (uint32_t i = 0; i < most; i++)
            assert_true(holds(HOME + i, i < first ? 7000 + i : HOME + i));
    }
}

/* ---- A row of transactions, the homes, and the first of the next row ---- */

enum { HOMES = BLOCKS - HOME, ROW = 8, LARGEST = 6, FIRST_SEQUENCE = 42 };

static uint32_t tag_after[ROW + 2][HOMES]; /* after so many transactions */
static uint32_t row_begin[ROW + 2];        /* the first write of the one that leads there ... */
static uint32_t row_end[ROW + 2];          /* ... and the first after it */

/* Transaction number t, at block `at` of the log. Returns where the next one goes. */
static uint32_t add_transaction(uint32_t t, uint32_t at)
{
    static struct disk_log_header header;
    static block_t data[LARGEST];
    uint32_t count = 1 + mock_random(LARGEST), first = mock_random(HOMES);

    memcpy(tag_after[t + 1], tag_after[t], sizeof tag_after[t]);
    log_header_clear(&header, FIRST_SEQUENCE + t);
    header.payload_sum = DISK_CHECKSUM_SEED;
    header.count = count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t home = (first + i) % HOMES;

        tag_after[t + 1][home] = 1000 + 100 * t + i;
        fill(data[i], tag_after[t + 1][home]);
        header.block[i] = HOME + home;
        header.payload_sum = disk_checksum(header.payload_sum, data[i], DISK_BLOCK_SIZE);
    }
    log_header_seal(&header);
    row_begin[t + 1] = commit_writes;
    add_write(LOG_START + at, &header, true);
    for (uint32_t i = 0; i < count; i++)
        add_write(LOG_START + at + 1 + i, data[i], false);
    row_end[t + 1] = commit_writes;
    return at + 1 + count;
}

static void make_row(void)
{
    static struct disk_log_header header;
    static block_t data;
    uint32_t at = 0;

    commit_writes = 0;
    for (uint32_t i = 0; i < HOMES; i++)
        tag_after[0][i] = HOME + i;
    for (uint32_t t = 0; t < ROW; t++)
        at = add_transaction(t, at);
    for (uint32_t i = 0; i < HOMES; i++) {
        fill(data, tag_after[ROW][i]);
        add_write(HOME + i, data, i == 0);
    }
    log_header_clear(&header, FIRST_SEQUENCE + ROW - 1);
    add_write(LOG_START, &header, true);
    add_transaction(ROW, 0);
}

/* The number of transactions after which the homes were as they are now. */
static uint32_t transactions_seen(void)
{
    for (uint32_t t = ROW + 2; t-- > 0;) {
        uint32_t i = 0;

        while (i < HOMES && holds(HOME + i, tag_after[t][i]))
            i++;
        if (i == HOMES)
            return t;
    }
    fail_msg("the homes are as they never were");
    return 0;
}

static uint64_t greatest_number(void)
{
    uint64_t greatest = 0;

    for (uint32_t i = 0; i < LOG_BLOCKS; i++) {
        struct disk_log_header header;

        memcpy(&header, disk[LOG_START + i], sizeof header);
        log_header_seal(&header);
        if (header.magic == DISK_LOG_MAGIC && header.sequence > greatest &&
            memcmp(&header, disk[LOG_START + i], sizeof header) == 0)
            greatest = header.sequence;
    }
    return greatest;
}

static void a_row_is_replayed_as_far_as_it_goes(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 4000; round++) {
        uint32_t end, last_flush = 0, least = 0, most = 0, seen;
        uint64_t sequence, greatest;

        make_row();
        end = mock_random(3) ? mock_random(commit_writes + 1) : commit_writes;
        for (uint32_t i = 0; i < end; i++)
            if (commit[i].flush_before)
                last_flush = i;
        if (end == commit_writes && mock_random(2))
            last_flush = end;
        apply_some(end, last_flush);
        for (uint32_t t = 1; t <= ROW + 1; t++) {
            if (row_end[t] <= last_flush)
                least = t;
            if (row_begin[t] < end)
                most = t;
        }
        greatest = greatest_number();
        assert_true(recover(&sequence) >= 0);
        seen = transactions_seen();
        assert_in_range(seen, least, most);
        assert_true(sequence >= greatest); /* no number is given twice */
        assert_int_equal(recover(&sequence), 0);
        assert_int_equal(transactions_seen(), seen);
    }
}

static void a_torn_first_header_gives_no_number_twice(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 300; round++) {
        uint64_t sequence, greatest;

        make_row();
        fresh_disk();
        for (uint32_t i = 0; i < row_begin[ROW + 1]; i++)
            apply(&commit[i], 0xff);
        disk[LOG_START][mock_random(DISK_BLOCK_SIZE)] ^= (uint8_t)(1u << mock_random(8));
        greatest = greatest_number();
        assert_int_equal(recover(&sequence), 0);
        assert_int_equal(transactions_seen(), ROW);
        assert_true(sequence >= greatest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_log_changes_nothing),
        cmocka_unit_test(a_committed_transaction_goes_home),
        cmocka_unit_test(every_prefix_gives_old_or_new),
        cmocka_unit_test(a_torn_last_write_gives_old_or_new),
        cmocka_unit_test(any_subset_since_the_last_flush_gives_old_or_new),
        cmocka_unit_test(damage_anywhere_in_the_log_is_no_transaction),
        cmocka_unit_test(a_header_that_leads_astray_is_not_followed),
        cmocka_unit_test(a_crash_in_recovery_is_recovered_from),
        cmocka_unit_test(the_payload_of_the_next_commit_hides_the_old_one),
        cmocka_unit_test(a_row_is_replayed_as_far_as_it_goes),
        cmocka_unit_test(a_torn_first_header_gives_no_number_twice),
    };

    mock_seed();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
