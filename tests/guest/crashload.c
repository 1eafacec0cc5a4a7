/*
 * crashload DIRECTORY SEED OPERATIONS: changes files at random and says on standard output, one
 * line before each change, what it is about to do. After a completed fsync, msync or sync it says
 * so and waits for a line of input; whoever cuts the power later can hold the file system to that.
 *
 * Every file has a number that is never used again. Its data is 64-byte records, each of which says
 * which file, which place in it and which write it belongs to, so a block in the wrong file shows.
 */
#include "user.h"

#define RECORD_BYTES 64u
#define RECORD_WORDS (RECORD_BYTES / 4)
#define RECORD_MAGIC 0x48535243u /* "CRSH" */
#define CHUNK_RECORDS 64u
#define FILES 12
#define DIRECTORIES 3
#define FAR_RECORDS 80000u /* 5 MiB: beyond the single indirect block */

struct file {
    uint32_t number; /* 0: none */
    uint32_t records; /* its size */
    int fd;
    int links; /* names n, n.1, n.2 … up to links - 1; 0: unlinked, but open */
    int directory; /* -1: DIRECTORY itself */
};

static struct file files[FILES];
static int directories[DIRECTORIES]; /* number, or 0 */
static uint32_t next_number = 1, version;
static uint64_t random_state;
static uint32_t chunk[CHUNK_RECORDS * RECORD_WORDS];

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % limit;
}

static void must(int done, const char *what)
{
    if (!done)
        die("crashload", what);
}

static void path_of(const struct file *file, int name, char path[40])
{
    char suffix[8] = "", parent[16] = "";

    if (name > 0)
        snprintf(suffix, sizeof(suffix), ".%d", name);
    if (file->directory >= 0)
        snprintf(parent, sizeof(parent), "d%d/", directories[file->directory]);
    snprintf(path, 40, "%sf%u%s", parent, file->number, suffix);
}

/* What was promised is on the disk; the host takes note, and lets us go on. */
static void promise(const char *what, uint32_t number)
{
    char answer[8];

    printf("@promise %s %u\n", what, number);
    must(read(STDIN, answer, sizeof(answer)) > 0, "input");
}

static void create_file(struct file *file)
{
    char path[40];
    int directory = (int)random_below(DIRECTORIES + 1) - 1;

    *file = (struct file){.number = next_number++, .links = 1, .directory = -1};
    if (directory >= 0 && directories[directory])
        file->directory = directory;
    path_of(file, 0, path);
    printf("@create %u %s\n", file->number, path);
    file->fd = open(path, O_CREATE | O_RDWR);
    must(file->fd >= 0, path);
}

static void fill_chunk(const struct file *file, uint32_t first, uint32_t count)
{
    uint32_t *word = chunk;

    for (uint32_t record = first; record < first + count; record++) {
        uint32_t seed = file->number * 2654435761u + record * 40503u + version * 97u;

        *word++ = RECORD_MAGIC;
        *word++ = file->number;
        *word++ = record;
        *word++ = version;
        for (uint32_t i = 4; i < RECORD_WORDS; i++)
            *word++ = seed + i;
    }
}

static void write_records(struct file *file, uint32_t first, uint32_t count)
{
    version++;
    printf("@write %u %u %u %u\n", file->number, first, count, version);
    must(lseek(file->fd, (off_t)first * RECORD_BYTES, SEEK_SET) >= 0, "lseek");
    if (first + count > file->records)
        file->records = first + count;
    while (count > 0) {
        uint32_t part = count < CHUNK_RECORDS ? count : CHUNK_RECORDS;

        fill_chunk(file, first, part);
        must(write_full(file->fd, chunk, part * RECORD_BYTES) == 0, "write");
        first += part;
        count -= part;
    }
}

static void write_somewhere(struct file *file)
{
    uint32_t count = 1 + random_below(random_below(3) ? 200 : 900);

    switch (random_below(10)) {
    case 0:
    case 1:
    case 2:
    case 3:
        write_records(file, file->records, count); /* at the end */
        break;
    case 4:
        write_records(file, file->records + random_below(3000), count); /* leaves a hole */
        break;
    case 5:
        write_records(file, random_below(FAR_RECORDS), count % 64 + 1);
        break;
    default:
        write_records(file, random_below(file->records + 1), count);
    }
}

/* Through a mapping, into what the file has by now. */
static void store_records(struct file *file)
{
    uint32_t first, count;
    size_t start, end;
    char *pages;

    if (file->records == 0)
        return;
    first = random_below(file->records);
    count = 1 + random_below(3 * CHUNK_RECORDS);
    if (count > file->records - first)
        count = file->records - first;
    start = (size_t)first * RECORD_BYTES / PAGE_SIZE * PAGE_SIZE;
    end = (size_t)(first + count) * RECORD_BYTES;
    version++;
    printf("@store %u %u %u %u\n", file->number, first, count, version);
    pages = mmap(NULL, end - start, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd, (off_t)start);
    must(pages != MAP_FAILED, "mmap");
    for (uint32_t record = first; record < first + count; record++) {
        fill_chunk(file, record, 1);
        memcpy(pages + (size_t)record * RECORD_BYTES - start, chunk, RECORD_BYTES);
    }
    if (random_below(2)) {
        printf("@msync %u\n", file->number);
        must(msync(pages, end - start, MS_SYNC) == 0, "msync");
        promise("file", file->number);
    }
    must(munmap(pages, end - start) == 0, "munmap");
}

static void truncate_file(struct file *file)
{
    uint32_t records = random_below(3) ? random_below(file->records + 1)
                                       : file->records + random_below(500);

    if (random_below(5) == 0)
        records = 0;
    printf("@truncate %u %u\n", file->number, records);
    must(ftruncate(file->fd, (off_t)records * RECORD_BYTES) == 0, "ftruncate");
    file->records = records;
}

static void link_file(struct file *file)
{
    char old_path[40], new_path[40];

    if (file->links == 0 || file->links == 5)
        return;
    path_of(file, 0, old_path);
    path_of(file, file->links++, new_path);
    printf("@link %u %s\n", file->number, new_path);
    must(link(old_path, new_path) == 0, new_path);
}

static void unlink_file(struct file *file)
{
    char path[40];

    if (file->links == 0)
        return;
    path_of(file, --file->links, path);
    printf("@unlink %u %s\n", file->number, path);
    must(unlink(path) == 0, path);
}

/* The descriptor goes, and with it a file that has no name left. */
static void drop_file(struct file *file)
{
    while (file->links > 0 && random_below(8))
        unlink_file(file);
    printf("@close %u\n", file->number);
    must(close(file->fd) == 0, "close");
    file->number = 0;
}

static void make_directory(int slot)
{
    char path[16];

    if (directories[slot])
        return;
    directories[slot] = (int)next_number++;
    snprintf(path, sizeof(path), "d%d", directories[slot]);
    printf("@mkdir %d %s\n", directories[slot], path);
    must(mkdir(path) == 0, path);
}

static void remove_directory(int slot)
{
    char path[16];

    if (!directories[slot])
        return;
    snprintf(path, sizeof(path), "d%d", directories[slot]);
    printf("@rmdir %d %s\n", directories[slot], path);
    if (unlink(path) < 0) { /* some name is left in it */
        must(errno == ENOTEMPTY, path);
        printf("@failed\n");
        return;
    }
    directories[slot] = 0;
}

static void change_something(void)
{
    uint32_t slot = random_below(FILES), choice = random_below(100);
    struct file *file = &files[slot];

    if (file->number == 0)
        create_file(file);
    else if (choice < 43)
        write_somewhere(file);
    else if (choice < 55)
        store_records(file);
    else if (choice < 65)
        truncate_file(file);
    else if (choice < 70)
        link_file(file);
    else if (choice < 75)
        unlink_file(file);
    else if (choice < 82)
        drop_file(file);
    else if (choice < 84)
        make_directory((int)random_below(DIRECTORIES));
    else if (choice < 86)
        remove_directory((int)random_below(DIRECTORIES));
    else if (choice < 98) {
        printf("@fsync %u\n", file->number);
        must(fsync(file->fd) == 0, "fsync");
        promise("file", file->number);
    } else {
        printf("@sync\n");
        sync();
        promise("all", 0);
    }
}

int main(int argc, char *argv[])
{
    if (argc != 4) {
        fprintf(STDERR, "usage: crashload DIRECTORY SEED OPERATIONS\n");
        return 2;
    }
    must(chdir(argv[1]) == 0, argv[1]);
    random_state = (uint64_t)number_or_die("crashload", argv[2], 0, LONG_MAX);
    printf("@begin\n");
    promise("all", 0);
    for (long i = number_or_die("crashload", argv[3], 0, LONG_MAX); i > 0; i--)
        change_something();
    printf("@end\n");
    return 0;
}
