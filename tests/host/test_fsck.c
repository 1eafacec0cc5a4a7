/* needs: mkfs/image.c mkfs/format.c mkfs/check.c mkfs/replay.c fs/recover.c lib/string.c */
/*
 * mkfs and fsck. Images of many sizes are clean. Then one thing at a time is damaged, and fsck must
 * name it. Last, thousands of random damages: fsck must end, and must not stray out of the image.
 */
#include "mock.h"

#include "abi/stat.h"
#include "check.h"
#include "format.h"
#include "fs/recover.h"
#include "replay.h"

#define MIB (1ull << 20)

/* ---- An image with something of everything ---- */

enum { ROOT = 1, EMPTY, SMALL, SINGLE, DOUBLE, DIRECTORY, NESTED, DEVICE };

static struct image image;

struct bytes {
    uint64_t left;
    uint32_t tag;
};

static int make_bytes(void *context, void *block)
{
    struct bytes *bytes = context;
    uint64_t part = bytes->left < DISK_BLOCK_SIZE ? bytes->left : DISK_BLOCK_SIZE;

    if (bytes->tag++ % 16 == 0) /* the other blocks are zero: that is faster */
        memset(block, 'a' + (int)(bytes->tag / 16 % 26), (size_t)part);
    bytes->left -= part;
    return (int)part;
}

static void add_file(struct format *format, const char *name, uint64_t size)
{
    struct bytes bytes = {size, (uint32_t)size};

    if (!format_add_file(format, ROOT, name, make_bytes, &bytes))
        fail_msg("%s", image.error);
}

static void fresh(void)
{
    struct format format;
    uint32_t number;

    if (image.base)
        image_close(&image);
    assert_true(image_in_memory(&image, 8 * MIB));
    assert_true(format_begin(&format, &image));
    add_file(&format, "empty", 0);
    add_file(&format, "small", 100);
    add_file(&format, "single", 30 * DISK_BLOCK_SIZE);
    add_file(&format, "double", (DISK_DIRECT + DISK_PER_BLOCK + 3) * DISK_BLOCK_SIZE - 7);
    assert_true(format_add_directory(&format, ROOT, "directory", &number));
    assert_int_equal(number, DIRECTORY);
    assert_true(format_add_directory(&format, DIRECTORY, "nested", &number));
    assert_int_equal(number, NESTED);
    add_file(&format, "device", 0);
    image_inode(&image, DEVICE)->type = T_DEVICE;
}

static struct disk_inode *inode(uint32_t number)
{
    return image_inode(&image, number);
}

static struct dirent *entry(uint32_t directory, uint64_t index)
{
    return image_entry(&image, inode(directory), index);
}

static struct disk_super *super(void)
{
    return image_super(&image);
}

static struct disk_log_header *log_header(void)
{
    return image_block(&image, super()->log_start);
}

static uint32_t *single_block(void)
{
    return image_block(&image, inode(SINGLE)->addr[DISK_ADDR_SINGLE]);
}

static uint32_t free_block(void)
{
    uint32_t number = super()->nblocks - 1;

    assert_false(image_block_used(&image, number));
    return number;
}

/* ---- What fsck says ---- */

struct said {
    const char *wanted;
    bool found;
    uint64_t lines;
    char first[256];
};

static void listen(void *context, const char *line)
{
    struct said *said = context;

    if (said->lines++ == 0)
        strcpy(said->first, line);
    if (said->wanted && strstr(line, said->wanted))
        said->found = true;
    assert_null(strchr(line, '\n'));
}

static void must_be_clean(unsigned flags)
{
    struct said said = {0};

    if (check_image(&image, flags, listen, &said) != 0)
        fail_msg("a good image: %s", said.first);
}

static void must_say(const char *damage, const char *wanted, unsigned flags)
{
    struct said said = {.wanted = wanted};
    uint64_t problems = check_image(&image, flags, listen, &said);

    assert_int_equal(problems, said.lines);
    if (!said.found)
        fail_msg("%s: fsck does not say '%s', but %s", damage, wanted,
                 said.lines ? said.first : "nothing");
}

/* ---- Good images ---- */

static void images_of_all_sizes_are_clean(void **state)
{
    static const uint64_t sizes[] = {1 * MIB, MIB + 4096, 3 * MIB, 16 * MIB, 64 * MIB,
        128 * MIB - 4096, 128 * MIB, 128 * MIB + 4096, 1024 * MIB, 5000 * MIB};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct format format;
        struct bytes bytes = {70000, 1};

        if (image.base)
            image_close(&image);
        assert_true(image_in_memory(&image, sizes[i]));
        assert_true(format_begin(&format, &image));
        assert_true(format_add_file(&format, ROOT, "x", make_bytes, &bytes));
        must_be_clean(CHECK_TAILS);
        assert_int_equal(super()->nblocks, sizes[i] / DISK_BLOCK_SIZE);
        assert_in_range(super()->log_blocks, 64, DISK_LOG_MAX + 1);
        assert_true(super()->ninodes <= 65536);
    }
}

static void the_image_with_everything_is_clean(void **state)
{
    (void)state;
    fresh();
    must_be_clean(CHECK_TAILS);
    assert_int_equal(inode(DOUBLE)->blocks, DISK_DIRECT + DISK_PER_BLOCK + 3 + 3);
    assert_int_equal(inode(SINGLE)->blocks, 31);
    assert_int_equal(inode(ROOT)->nlink, 2);
    assert_int_equal(inode(DIRECTORY)->nlink, 2);
    assert_ptr_equal(image_find_entry(&image, inode(ROOT), "double"), entry(ROOT, 5));
}

static void what_was_put_in_is_read_back(void **state)
{
    uint8_t wanted[DISK_BLOCK_SIZE] = {0}, found[DISK_BLOCK_SIZE];
    struct bytes bytes = {inode(DOUBLE)->size, (uint32_t)inode(DOUBLE)->size};
    uint64_t offset = 0;
    int part;

    (void)state;
    while ((part = make_bytes(&bytes, wanted)) > 0) {
        assert_int_equal(image_read(&image, inode(DOUBLE), offset, found, sizeof found), part);
        assert_memory_equal(wanted, found, (size_t)part);
        offset += (uint64_t)part;
        memset(wanted, 0, sizeof wanted);
    }
    assert_int_equal(image_read(&image, inode(DOUBLE), offset, found, sizeof found), 0);
}

static bool try_add(struct format *format, const char *name, uint64_t size)
{
    struct bytes bytes = {size, 0};

    return format_add_file(format, ROOT, name, make_bytes, &bytes);
}

static void mkfs_refuses_what_it_cannot_do(void **state)
{
    struct image other = {0};
    struct format format;
    char name[DIRSIZ + 2];

    (void)state;
    assert_true(image_in_memory(&other, MIB - 4096));
    assert_false(format_begin(&format, &other));
    assert_non_null(strstr(other.error, "too small"));
    image_close(&other);

    assert_true(image_in_memory(&other, MIB));
    assert_true(format_begin(&format, &other));
    memset(name, 'n', sizeof name);
    name[DIRSIZ + 1] = '\0';
    assert_false(try_add(&format, name, 1));
    assert_non_null(strstr(other.error, "longer than 62"));
    name[DIRSIZ] = '\0';
    assert_true(try_add(&format, name, 1));
    assert_false(try_add(&format, name, 1));
    assert_non_null(strstr(other.error, "used twice"));
    assert_false(try_add(&format, "a/b", 1));
    assert_false(try_add(&format, "..", 1));
    assert_false(try_add(&format, "", 1));
    for (uint32_t i = 3; i < 64; i++) {
        snprintf(name, sizeof name, "f%u", i);
        assert_true(try_add(&format, name, 0));
    }
    assert_false(try_add(&format, "one too many", 0));
    assert_non_null(strstr(other.error, "63 inodes"));
    image_close(&other);

    assert_true(image_in_memory(&other, MIB));
    assert_true(format_begin(&format, &other));
    assert_false(try_add(&format, "big", MIB));
    assert_non_null(strstr(other.error, "disk full"));
    image_close(&other);
}

/* ---- One damage at a time ---- */

static void super_magic(void) { super()->magic++; }
static void super_version(void) { super()->version = 2; }
static void super_block_size(void) { super()->block_size = 1024; }
static void super_nblocks(void) { super()->nblocks++; }
static void super_no_inodes(void) { super()->ninodes = 1; }
static void super_many_inodes(void) { super()->ninodes = 65537; }
static void super_log_start(void) { super()->log_start = 2; }
static void super_log_blocks(void) { super()->log_blocks = DISK_LOG_MAX + 2; }
static void super_inode_blocks(void) { super()->inode_blocks = 1; }
static void super_bitmap(void) { super()->bitmap_start++; }
static void super_data_start(void) { super()->data_start--; }

static void log_magic(void) { log_header()->magic = 5; }

static void log_commit(uint32_t count, uint32_t home)
{
    struct disk_log_header *header = log_header();
    uint32_t sum = DISK_CHECKSUM_SEED;

    log_header_clear(header, 9);
    header->count = count;
    for (uint32_t i = 0; i < count && i < super()->log_blocks - 1; i++) {
        header->block[i] = home;
        sum = disk_checksum(sum, image_block(&image, super()->log_start + 1 + i), DISK_BLOCK_SIZE);
    }
    header->payload_sum = sum;
    log_header_seal(header);
}

static void log_live(void) { log_commit(2, super()->nblocks - 1); }
static void log_count(void) { log_commit(super()->log_blocks, super()->nblocks - 1); }
static void log_home_outside(void) { log_commit(1, super()->nblocks); }
static void log_home_in_log(void) { log_commit(1, super()->log_start); }
static void log_sum(void)
{
    log_live();
    log_header()->block[7] = 3;
}

static void inode_type(void) { inode(SMALL)->type = 9; }
static void inode_size(void) { inode(SMALL)->size = DISK_MAX_FILE + 1; }
static void inode_size_down(void) { inode(SINGLE)->size -= DISK_BLOCK_SIZE; }
static void inode_size_down_far(void) { inode(DOUBLE)->size = 1; }
static void inode_reserved(void) { inode(SMALL)->reserved = 1; }
static void inode_blocks(void) { inode(SMALL)->blocks++; }
static void inode_device_size(void) { inode(DEVICE)->size = 4; }
static void inode_free_linked(void) { inode(20)->nlink = 1; }
static void inode_free_block(void) { inode(20)->addr[3] = free_block(); }
static void inode_lost(void)
{
    inode(20)->type = T_FILE;
    inode(20)->nlink = 1;
}
static void inode_hole(void) { inode(SINGLE)->addr[4] = 0; }

static void block_outside(void) { inode(SMALL)->addr[0] = super()->nblocks; }
static void block_far_outside(void) { inode(SMALL)->addr[0] = UINT32_MAX; }
static void block_in_table(void) { inode(SMALL)->addr[0] = super()->inode_start; }
static void block_outside_indirect(void) { single_block()[2] = super()->nblocks + 5; }
static void block_indirect_outside(void) { inode(DOUBLE)->addr[DISK_ADDR_DOUBLE] = 3; }
static void block_twice_in_file(void) { inode(SINGLE)->addr[1] = inode(SINGLE)->addr[2]; }
static void block_twice(void) { inode(SINGLE)->addr[1] = inode(SMALL)->addr[0]; }
static void block_indirect_is_itself(void)
{
    uint32_t number = inode(DOUBLE)->addr[DISK_ADDR_DOUBLE];

    *(uint32_t *)image_block(&image, number) = number;
}
static void block_marked_free(void)
{
    image_set_block_used(&image, inode(SMALL)->addr[0], false);
}
static void block_table_marked_free(void) { image_set_block_used(&image, 0, false); }
static void block_lost(void) { image_set_block_used(&image, free_block(), true); }
static void block_bit_past_end(void) { image_set_block_used(&image, super()->nblocks, false); }
static void block_past_end(void)
{
    inode(SMALL)->addr[1] = free_block();
    inode(SMALL)->blocks++;
    image_set_block_used(&image, inode(SMALL)->addr[1], true);
}

static void links_too_many(void) { inode(SMALL)->nlink++; }
static void links_none(void) { inode(SMALL)->nlink = 0; }
static void links_directory(void) { inode(DIRECTORY)->nlink = 1; }
static void links_entry_gone(void) { entry(ROOT, 3)->inum = 0; }

static void directory_size(void) { inode(DIRECTORY)->size--; }
static void directory_empty(void) { inode(NESTED)->size = 0; }
static void directory_huge(void) { inode(DIRECTORY)->size = UINT64_MAX & ~63ull; }
static void directory_block_missing(void) { inode(DIRECTORY)->addr[0] = 0; }
static void directory_dot(void) { entry(DIRECTORY, 0)->inum = ROOT; }
static void directory_dot_name(void) { strcpy(entry(DIRECTORY, 0)->name, "x"); }
static void directory_dotdot(void) { entry(NESTED, 1)->inum = ROOT; }
static void directory_dotdot_gone(void) { entry(NESTED, 1)->inum = 0; }
static void directory_root_dotdot(void) { entry(ROOT, 1)->inum = DIRECTORY; }
static void directory_entry_outside(void) { entry(ROOT, 3)->inum = 65535; }
static void directory_entry_free(void) { entry(ROOT, 3)->inum = 20; }
static void directory_name_empty(void) { memset(entry(ROOT, 3)->name, 0, DIRSIZ); }
static void directory_name_slash(void) { entry(ROOT, 3)->name[1] = '/'; }
static void directory_name_padding(void) { entry(ROOT, 3)->name[DIRSIZ - 1] = 'x'; }
static void directory_name_twice(void) { strcpy(entry(ROOT, 3)->name, "empty"); }
static void directory_twice(void) { entry(ROOT, 3)->inum = NESTED; }
static void directory_loop(void) { entry(DIRECTORY, 2)->inum = DIRECTORY; }
static void directory_into_root(void) { entry(DIRECTORY, 2)->inum = ROOT; }
static void root_is_a_file(void) { inode(ROOT)->type = T_FILE; }

static void orphan_outside(void) { super()->orphan_head = super()->ninodes; }
static void orphan_free(void) { super()->orphan_head = 20; }
static void orphan_loop(void)
{
    super()->orphan_head = SMALL;
    inode(SMALL)->orphan_next = SINGLE;
    inode(SINGLE)->orphan_next = SMALL;
}
static void orphan_next_alone(void) { inode(SMALL)->orphan_next = SINGLE; }

static void tail_not_zero(void)
{
    ((uint8_t *)image_block(&image, inode(SMALL)->addr[0]))[100] = 1;
}

#define DAMAGE(function, wanted) {#function, function, wanted, 0}

static const struct {
    const char *name;
    void (*damage)(void);
    const char *wanted;
    unsigned flags;
} damages[] = {
    DAMAGE(super_magic, "no xv39 file system"),
    DAMAGE(super_version, "version 2"),
    DAMAGE(super_block_size, "block size 1024"),
    DAMAGE(super_nblocks, "2049 blocks, but the image has only 2048"),
    DAMAGE(super_no_inodes, "superblock: 1 inodes"),
    DAMAGE(super_many_inodes, "superblock: 65537 inodes"),
    DAMAGE(super_log_start, "superblock: log of"),
    DAMAGE(super_log_blocks, "superblock: log of"),
    DAMAGE(super_inode_blocks, "superblock: inode table"),
    DAMAGE(super_bitmap, "superblock: bitmap"),
    DAMAGE(super_data_start, "superblock: data starts"),
    DAMAGE(log_magic, "log: header has a wrong magic"),
    DAMAGE(log_sum, "log: header has a wrong checksum"),
    DAMAGE(log_live, "transaction of 2 blocks was not replayed"),
    DAMAGE(log_count, "the log holds"),
    DAMAGE(log_home_outside, "which is no home"),
    DAMAGE(log_home_in_log, "which is no home"),
    DAMAGE(inode_type, "inode 3: unknown type 9"),
    DAMAGE(inode_size, "inode 3: size 4294967297"),
    DAMAGE(inode_size_down, "lies past its end"),
    DAMAGE(inode_size_down_far, "inode 5: block"),
    DAMAGE(inode_reserved, "inode 3: reserved"),
    DAMAGE(inode_blocks, "inode 3: says it has 2 blocks, but has 1"),
    DAMAGE(inode_device_size, "inode 8: device with a size"),
    DAMAGE(inode_free_linked, "inode 20: free, but"),
    DAMAGE(inode_free_block, "inode 20: free, but"),
    DAMAGE(inode_lost, "inode 20: in use, but neither"),
    DAMAGE(inode_hole, "inode 4: says it has 31 blocks, but has 30"),
    DAMAGE(inode_hole, "nothing uses it"),
    DAMAGE(block_outside, "inode 3: block 2048 is out of range"),
    DAMAGE(block_far_outside, "inode 3: block 4294967295 is out of range"),
    DAMAGE(block_in_table, "is out of range"),
    DAMAGE(block_outside_indirect, "inode 4: block 2053 is out of range"),
    DAMAGE(block_indirect_outside, "inode 5: block 3 is out of range"),
    DAMAGE(block_twice_in_file, "used twice, the second time by inode 4"),
    DAMAGE(block_twice, "used twice, the second time by inode 4"),
    DAMAGE(block_indirect_is_itself, "used twice, the second time by inode 5"),
    DAMAGE(block_marked_free, "in use, but marked free"),
    DAMAGE(block_table_marked_free, "block 0: in use, but marked free"),
    DAMAGE(block_lost, "block 2047: marked in use, but nothing uses it"),
    DAMAGE(block_bit_past_end, "bitmap: bit 2048, past the last block"),
    DAMAGE(block_past_end, "inode 3: block 2047 lies past its end"),
    DAMAGE(links_too_many, "inode 3: link count is 2, but 1"),
    DAMAGE(links_none, "inode 3: link count is 0, but 1"),
    DAMAGE(links_directory, "inode 6: link count is 1, but 2"),
    DAMAGE(links_entry_gone, "inode 3: in use, but neither"),
    DAMAGE(directory_size, "inode 6: directory whose size 191"),
    DAMAGE(directory_empty, "directory 7: has no '.'"),
    DAMAGE(directory_huge, "inode 6: size"),
    DAMAGE(directory_block_missing, "directory 6: block 0 is missing"),
    DAMAGE(directory_dot, "directory 6: '.' is inode 1, not 6"),
    DAMAGE(directory_dot_name, "directory 6: entry 0 is not '.'"),
    DAMAGE(directory_dotdot, "directory 7: '..' is inode 1, not 6"),
    DAMAGE(directory_dotdot_gone, "directory 7: entry 1 is not '..'"),
    DAMAGE(directory_root_dotdot, "directory 1: '..' is inode 6, not 1"),
    DAMAGE(directory_entry_outside, "directory 1: 'small' is inode 65535, which is out of range"),
    DAMAGE(directory_entry_free, "directory 1: 'small' is inode 20, which is free"),
    DAMAGE(directory_name_empty, "directory 1: entry 3 has a bad name"),
    DAMAGE(directory_name_slash, "directory 1: entry 3 has a bad name"),
    DAMAGE(directory_name_padding, "directory 1: entry 3 has a bad name"),
    DAMAGE(directory_name_twice, "directory 1: name 'empty' is there twice"),
    DAMAGE(directory_twice, "directory 7: is in the tree twice"),
    DAMAGE(directory_loop, "directory 6: is in the tree twice"),
    DAMAGE(directory_into_root, "directory 1: is in the tree twice"),
    DAMAGE(root_is_a_file, "root: inode 1 is not a directory"),
    DAMAGE(orphan_outside, "orphan list: inode 512 is out of range"),
    DAMAGE(orphan_free, "orphan list: inode 20 is free"),
    DAMAGE(orphan_loop, "orphan list: a loop at inode 3"),
    DAMAGE(orphan_next_alone, "inode 3: has a successor on the orphan list, but is not on it"),
    {"tail_not_zero", tail_not_zero, "inode 3: bytes past its end are not zero", CHECK_TAILS},
};

static void each_damage_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        fresh();
        damages[i].damage();
        must_say(damages[i].name, damages[i].wanted, damages[i].flags);
    }
}

static void what_a_crash_may_leave_is_no_damage(void **state)
{
    (void)state;
    fresh();
    tail_not_zero();
    must_be_clean(0);
    log_commit(1, free_block()); /* a commit whose payload never came */
    log_header()->payload_sum++;
    log_header_seal(log_header());
    must_be_clean(0);
    log_header()->count = 0; /* an empty header, torn */
    must_be_clean(0);
    memset(log_header(), 0, DISK_BLOCK_SIZE);
    must_be_clean(0);
}

/* ---- Recovery ---- */

static void orphans_are_finished(void **state)
{
    uint32_t small = 0, indirect = 0;

    (void)state;
    fresh();
    small = inode(SMALL)->addr[0];
    indirect = inode(SINGLE)->addr[DISK_ADDR_SINGLE];
    entry(ROOT, 3)->inum = 0; /* unlinked while open */
    inode(SMALL)->nlink = 0;
    super()->orphan_head = SMALL;
    inode(SMALL)->orphan_next = SINGLE; /* cut short, but its blocks are not freed yet */
    inode(SINGLE)->orphan_next = DOUBLE;
    inode(SINGLE)->size = 5 * DISK_BLOCK_SIZE + 1;
    inode(DOUBLE)->size = (DISK_DIRECT + 2) * DISK_BLOCK_SIZE;
    must_be_clean(0);
    check_finish_orphans(&image);
    must_be_clean(0);
    assert_int_equal(super()->orphan_head, 0);
    assert_int_equal(inode(SMALL)->type, 0);
    assert_int_equal(inode(SMALL)->generation, 1);
    assert_int_equal(inode(SINGLE)->blocks, 6);
    assert_int_equal(inode(DOUBLE)->blocks, DISK_DIRECT + 2 + 1);
    assert_false(image_block_used(&image, small));
    assert_false(image_block_used(&image, indirect));
}

static void a_committed_transaction_is_replayed(void **state)
{
    struct disk_inode *table;
    uint32_t home;

    (void)state;
    fresh();
    home = super()->inode_start;
    table = image_block(&image, super()->log_start + 1);
    memcpy(table, image_block(&image, home), DISK_BLOCK_SIZE);
    table[SMALL].nlink = 1;
    inode(SMALL)->nlink = 77;
    log_commit(1, home);
    assert_true(replay_log(&image));
    assert_int_equal(inode(SMALL)->nlink, 1);
    must_be_clean(CHECK_TAILS);
}

/* ---- Random damage ---- */

static void count_only(void *context, const char *line)
{
    (void)line;
    ++*(uint64_t *)context;
}

static void no_damage_leads_fsck_astray(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 400; round++) {
        uint32_t changes = 1 + mock_random(6);
        uint32_t table, data; /* the superblock may be the first to be damaged */
        uint64_t lines = 0;

        fresh();
        table = super()->inode_start;
        data = super()->data_start;
        for (uint32_t i = 0; i < changes; i++) {
            uint32_t number = mock_random(3) ? table : data + mock_random(40);
            uint32_t *block = image_block(&image, mock_random(20) ? number : 0);
            uint32_t *at = &block[mock_random(300)];

            *at = mock_random(3) == 0   ? mock_random(2100)
                  : mock_random(2) == 0 ? *at ^ 1u << mock_random(32)
                                        : (uint32_t)mock_random64();
        }
        if (!image_check_super(&image) || !replay_log(&image))
            continue;
        if (check_image(&image, CHECK_TAILS, count_only, &lines) == 0) {
            check_finish_orphans(&image);
            must_be_clean(0);
        }
    }
    image_close(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_of_all_sizes_are_clean),
        cmocka_unit_test(the_image_with_everything_is_clean),
        cmocka_unit_test(what_was_put_in_is_read_back),
        cmocka_unit_test(mkfs_refuses_what_it_cannot_do),
        cmocka_unit_test(each_damage_is_named),
        cmocka_unit_test(what_a_crash_may_leave_is_no_damage),
        cmocka_unit_test(orphans_are_finished),
        cmocka_unit_test(a_committed_transaction_is_replayed),
        cmocka_unit_test(no_damage_leads_fsck_astray),
    };

    mock_seed();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
