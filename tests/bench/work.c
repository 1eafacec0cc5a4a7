/*
 * work [-w] NAME [PART [FREE]]: one of a few whole programs that work with more memory, or with
 * more files, than some machines have room for. What they cost is measured from outside, by
 * `make bench WORK=1`. Each prints a checksum, which is the same on every machine. PART makes the
 * work so many times smaller. Of the free pages only so many are left as FREE says, if there are
 * more, so that it finds the same memory on machines whose kernels differ in size.
 *
 *   sortbig   quicksort of 24 MiB of 64-bit words
 *   hashbig   24 MiB filled, then 60,000 updates, four of five in a fifth of it
 *   gc        a heap of 24 MiB, five times: filled with lists, which are marked, and what is
 *             reached no more is swept
 *   scanfile  a file of 24 MiB is written, mapped and summed twice, and read once
 *   forks     20 MiB, and 40 children, one after the other, that each write a twentieth of them
 *   reopen    a file of 4 MiB, opened, read and closed 40 times, beside 10 MiB of memory of which
 *             a few pages are looked at each time
 *   files     5,000 files of 4 KiB made, with fsync() for each 50th; all read; all removed
 *   pipes     200 times three processes in a row, that pass 64 KiB along
 *
 * With -w it waits for a line of input before it begins and another one before it exits. Between
 * the two lies the work and a sync(): what is counted then is what belongs to the work.
 */
#include "work.h"

#define MIB (1024ul * 1024)
#define CHUNK (16 * 1024)

static char chunk[CHUNK];
static unsigned long part = 1; /* of what it would be */
static unsigned long long state = 12345;

static unsigned long draw(unsigned long below)
{
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned long)(state >> 33) % below;
}

static void need(int is_good, const char *what)
{
    if (is_good)
        return;
    fprintf(STDERR, "work: %s failed\n", what);
    exit(1);
}

static void *get_memory(unsigned long bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    need(memory != MAP_FAILED, "mmap");
    return memory;
}

static unsigned long long mix(unsigned long long sum, unsigned long long word)
{
    sum = (sum ^ word) * 0x9e3779b97f4a7c15ull + 1;
    return sum ^ sum >> 32;
}

/* ---- sortbig ---------------------------------------------------------------------------------*/

#define FEW 16

static void sort_few(unsigned long long *word, long count)
{
    for (long i = 1; i < count; i++) {
        unsigned long long moved = word[i];
        long at = i;

        for (; at > 0 && word[at - 1] > moved; at--)
            word[at] = word[at - 1];
        word[at] = moved;
    }
}

/* The place between the smaller ones and the others: both parts have some. */
static long partition(unsigned long long *word, long count)
{
    unsigned long long pivot = word[(count - 1) / 2];
    long low = -1, high = count;

    for (;;) {
        unsigned long long swapped;

        while (word[++low] < pivot)
            ;
        while (word[--high] > pivot)
            ;
        if (low >= high)
            return high + 1;
        swapped = word[low];
        word[low] = word[high];
        word[high] = swapped;
    }
}

static void quicksort(unsigned long long *word, long count)
{
    struct {
        long start, count;
    } left[64]; /* parts that wait, each of at most half of what was left when it was put there */
    int waiting = 0;
    long start = 0;

    for (;;) {
        while (count > FEW) {
            long middle = partition(word + start, count), rest = count - middle;

            if (middle < rest) {
                left[waiting].start = start + middle;
                left[waiting++].count = rest;
                count = middle;
            } else {
                left[waiting].start = start;
                left[waiting++].count = middle;
                start += middle;
                count = rest;
            }
        }
        sort_few(word + start, count);
        if (waiting == 0)
            return;
        start = left[--waiting].start;
        count = left[waiting].count;
    }
}

static unsigned long long sortbig(void)
{
    long count = (long)(24 * MIB / part / sizeof(unsigned long long));
    unsigned long long *word = get_memory(24 * MIB / part), sum = 0;

    for (long i = 0; i < count; i++)
        word[i] = (unsigned long long)draw(1ul << 31) << 31 ^ draw(1ul << 31);
    quicksort(word, count);
    for (long i = 0; i < count; i++) {
        need(i == 0 || word[i - 1] <= word[i], "the order");
        sum = mix(sum, word[i]);
    }
    return sum;
}

/* ---- hashbig ---------------------------------------------------------------------------------*/

static unsigned long long hashbig(void)
{
    unsigned long pages = 24 * MIB / part / PAGE_SIZE, hot = pages / 5;
    unsigned long words = PAGE_SIZE / sizeof(unsigned long long);
    unsigned long long *table = get_memory(pages * PAGE_SIZE), sum = 0;

    for (unsigned long page = 0; page < pages; page++)
        table[page * words] = page;
    for (unsigned long i = 0; i < 60000 / part; i++) {
        unsigned long page = draw(100) < 80 ? draw(hot) : hot + draw(pages - hot);
        unsigned long long *word = &table[page * words + draw(words)];

        *word = mix(*word, i);
        sum = mix(sum, *word);
    }
    return sum;
}

/* ---- gc --------------------------------------------------------------------------------------*/

#define LISTS 2

struct cell {
    struct cell *next;        /* in its list, or of the free ones */
    unsigned long long value; /* 0: it is free */
    unsigned long is_marked;
    unsigned long long more[5];
};

static unsigned long long gc(void)
{
    unsigned long count = 24 * MIB / part / sizeof(struct cell);
    struct cell *heap = get_memory(count * sizeof(struct cell));
    struct cell *list[LISTS] = {NULL}, *unused = NULL, **end;
    unsigned long fresh = 0, made = 0; /* cells from fresh on were never used */
    unsigned long long sum = 0;

    for (int round = 0; round < 5; round++) {
        while (unused || fresh < count) {
            struct cell *cell = unused ? unused : &heap[fresh++];

            if (cell == unused)
                unused = cell->next;
            cell->value = ++made;
            cell->more[made % 5] = draw(1000);
            cell->next = list[made % LISTS];
            list[made % LISTS] = cell;
        }
        for (int i = 0; i < LISTS; i++) { /* every third cell of a list is dropped on the way */
            for (struct cell **link = &list[i]; *link;) {
                struct cell *cell = *link;

                if (cell->value % 3 == (unsigned)round % 3) {
                    *link = cell->next;
                    continue;
                }
                cell->is_marked = 1;
                sum = mix(sum, cell->value + cell->more[cell->value % 5]);
                link = &cell->next;
            }
        }
        end = &unused;
        for (unsigned long i = 0; i < count; i++) {
            if (!heap[i].is_marked) {
                heap[i].value = 0;
                *end = &heap[i];
                end = &heap[i].next;
            }
            heap[i].is_marked = 0;
        }
        *end = NULL;
    }
    return sum;
}

/* ---- scanfile --------------------------------------------------------------------------------*/

/* The file, open, with so many bytes that can be told from each other. */
static int file_filled(const char *path, unsigned long bytes)
{
    int file = file_create(path);

    need(file >= 0, "open");
    for (unsigned long at = 0; at < bytes; at += CHUNK) {
        for (unsigned long i = 0; i < CHUNK; i += 64)
            *(unsigned long *)(chunk + i) = (at + i) * 2654435761u;
        need(write(file, chunk, CHUNK) == CHUNK, "write");
    }
    return file;
}

static unsigned long long sum_words(unsigned long long sum, const char *from, unsigned long bytes)
{
    for (unsigned long i = 0; i < bytes; i += 64)
        sum = mix(sum, *(const unsigned long *)(from + i));
    return sum;
}

static unsigned long long sum_file(int file, unsigned long long sum, unsigned long bytes)
{
    for (unsigned long at = 0; at < bytes; at += CHUNK) {
        need(read(file, chunk, CHUNK) == CHUNK, "read");
        sum = sum_words(sum, chunk, CHUNK);
    }
    return sum;
}

static unsigned long long scanfile(void)
{
    unsigned long bytes = 24 * MIB / part;
    unsigned long long sum = 0;
    int file = file_filled("work.tmp", bytes);

    for (int pass = 0; pass < 2; pass++) {
        char *memory = mmap(NULL, bytes, PROT_READ, MAP_SHARED, file, 0);

        need(memory != MAP_FAILED, "mmap");
        sum = sum_words(sum, memory, bytes);
        need(munmap(memory, bytes) == 0, "munmap");
    }
    need(lseek(file, 0, SEEK_SET) == 0, "lseek");
    sum = sum_file(file, sum, bytes);
    need(close(file) == 0 && unlink("work.tmp") == 0, "unlink");
    return sum;
}

/* ---- forks -----------------------------------------------------------------------------------*/

static unsigned long long forks(void)
{
    unsigned long pages = 20 * MIB / part / PAGE_SIZE, words = PAGE_SIZE / sizeof(unsigned long);
    unsigned long *memory = get_memory(pages * PAGE_SIZE), sum = 0, told;
    int result[2];

    need(pipe(result) == 0, "pipe");
    for (unsigned long page = 0; page < pages; page++)
        memory[page * words] = page;
    for (int child = 0; child < 40; child++) {
        int pid = fork();

        need(pid >= 0, "fork");
        if (pid == 0) {
            state += (unsigned)child;
            for (unsigned long i = 0; i < pages / 20; i++) {
                unsigned long *word = &memory[draw(pages) * words];

                *word = mix(*word, i);
                sum = mix(sum, *word);
            }
            need(write(result[1], &sum, sizeof(sum)) == sizeof(sum), "write");
            exit(0);
        }
        need(read(result[0], &told, sizeof(told)) == sizeof(told) && wait(NULL) == pid, "a child");
        sum = mix(sum, told);
    }
    return sum;
}

/* ---- reopen ----------------------------------------------------------------------------------*/

static unsigned long long reopen(void)
{
    unsigned long bytes = 4 * MIB / part, other_bytes = 10 * MIB / part;
    char *other = get_memory(other_bytes);
    unsigned long long sum = 0;
    int file;

    for (unsigned long i = 0; i < other_bytes; i += PAGE_SIZE)
        other[i] = (char)i;
    file = file_filled("work.tmp", bytes);
    need(close(file) == 0, "close");
    for (int time = 0; time < 40; time++) {
        file = open("work.tmp", O_RDONLY);
        need(file >= 0, "open");
        sum = sum_file(file, sum, bytes);
        need(close(file) == 0, "close");
        for (unsigned long i = 0; i < other_bytes / PAGE_SIZE / 40; i++)
            sum = mix(sum, (unsigned char)other[draw(other_bytes / PAGE_SIZE) * PAGE_SIZE]);
    }
    need(unlink("work.tmp") == 0, "unlink");
    return sum;
}

/* ---- files -----------------------------------------------------------------------------------*/

static unsigned long long files(void)
{
    unsigned long count = 5000 / part;
    unsigned long long sum = 0;
    char path[16];

    for (unsigned long i = 0; i < count; i++) {
        int file;

        snprintf(path, sizeof(path), "w%lu", i);
        file = file_create(path);
        need(file >= 0, "open");
        memset(chunk, (int)i, PAGE_SIZE);
        need(write(file, chunk, PAGE_SIZE) == PAGE_SIZE, "write");
        need(i % 50 != 0 || fsync(file) == 0, "fsync");
        need(close(file) == 0, "close");
    }
    for (unsigned long i = 0; i < count; i++) {
        int file;

        snprintf(path, sizeof(path), "w%lu", i);
        file = open(path, O_RDONLY);
        need(file >= 0 && read(file, chunk, PAGE_SIZE) == PAGE_SIZE, "read");
        sum = sum_words(sum, chunk, PAGE_SIZE);
        need(close(file) == 0, "close");
    }
    for (unsigned long i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "w%lu", i);
        need(unlink(path) == 0, "unlink");
    }
    return sum;
}

/* ---- pipes -----------------------------------------------------------------------------------*/

#define PASSED (64 * 1024)

static void pass_along(int from, int to)
{
    ssize_t bytes;

    while ((bytes = read(from, chunk, PAGE_SIZE)) > 0) {
        for (ssize_t i = 0; i < bytes; i++)
            chunk[i] ^= 0x55;
        need(write(to, chunk, (size_t)bytes) == bytes, "write");
    }
    exit(0);
}

static unsigned long long pipes(void)
{
    unsigned long long sum = 0;

    for (unsigned long time = 0; time < 200 / part; time++) {
        unsigned long left = PASSED;
        int first[2], second[2];

        need(pipe(first) == 0 && pipe(second) == 0, "pipe");
        if (fork() == 0) {
            memset(chunk, (int)time, PAGE_SIZE);
            for (int i = 0; i < PASSED; i += PAGE_SIZE)
                need(write(first[1], chunk, PAGE_SIZE) == PAGE_SIZE, "write");
            exit(0);
        }
        close(first[1]);
        if (fork() == 0)
            pass_along(first[0], second[1]);
        close(first[0]);
        close(second[1]);
        while (left > 0) {
            ssize_t bytes = read(second[0], chunk, PAGE_SIZE);

            need(bytes > 0, "read");
            left -= (unsigned long)bytes;
            sum = mix(sum, (unsigned char)chunk[bytes - 1]);
        }
        close(second[0]);
        need(wait(NULL) > 0 && wait(NULL) > 0, "wait");
    }
    return sum;
}

/* ----------------------------------------------------------------------------------------------*/

static const struct {
    const char *name;
    unsigned long long (*function)(void);
} programs[] = {
    {"sortbig", sortbig}, {"hashbig", hashbig}, {"gc", gc},       {"scanfile", scanfile},
    {"forks", forks},     {"reopen", reopen},   {"files", files}, {"pipes", pipes},
};

/*
 * Locks what is free beyond that; where one process may lock no more, its child goes on. Not 0 in
 * the last of them.
 */
static int lock_beyond(unsigned long pages)
{
    int locked = 0, pid;

    while (pages_free() > pages) {
        if (mlock(get_memory(PAGE_SIZE), PAGE_SIZE) == 0) {
            locked++;
            continue;
        }
        need(locked > 0, "mlock");
        locked = 0;
        pid = fork();
        need(pid >= 0, "fork");
        if (pid > 0)
            return 0;
    }
    return 1;
}

/* Processes of their own lock what is free beyond that, until we are gone. */
static void leave_free(unsigned long pages)
{
    int done[2], stop[2];
    char byte = 0;

    need(pipe(done) == 0 && pipe(stop) == 0, "pipe");
    if (fork() == 0) {
        close(stop[1]);
        if (lock_beyond(pages))
            need(write(done[1], &byte, 1) == 1, "write");
        read(stop[0], &byte, 1);
        exit(0);
    }
    close(done[1]);
    need(read(done[0], &byte, 1) == 1, "locking what is free beyond");
    close(done[0]);
    close(stop[0]);
}

static void wait_for_line(int waits)
{
    char byte = 0;

    while (waits && byte != '\n')
        need(read(0, &byte, 1) == 1, "input");
}

static int run(int number, int waits, unsigned long free)
{
    unsigned long long sum;

    if (free > 0)
        leave_free(free);
    print_paging("begins");
    wait_for_line(waits);
    sum = programs[number].function();
    sync();
    printf("work %s: %llx\n", programs[number].name, sum);
    print_paging("ends");
    wait_for_line(waits);
    return 0;
}

int main(int argc, char *argv[])
{
    int waits = argc > 1 && strcmp(argv[1], "-w") == 0;
    const char *name = argc > 1 + waits ? argv[1 + waits] : "";
    unsigned long free = argc > 3 + waits ? (unsigned long)atoi(argv[3 + waits]) : 0;

    if (argc > 2 + waits)
        part = (unsigned long)atoi(argv[2 + waits]);
    for (int i = 0; i < (int)(sizeof(programs) / sizeof(programs[0])); i++) {
        if (strcmp(programs[i].name, name) == 0 && part > 0)
            return run(i, waits, free);
    }
    fprintf(STDERR, "usage: work [-w] NAME [PART [FREE]]\n");
    return 2;
}
