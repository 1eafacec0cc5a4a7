/* Acts on files, by read() and write(), and on pipes. */
#include "callfuzz.h"

#define OWN_PAGES 12

static unsigned long smaller(unsigned long a, unsigned long b)
{
    return a < b ? a : b;
}

static void file_name(char *name, size_t room, const char *what, unsigned number)
{
    snprintf(name, room, "fuzz.%s%u", what, number);
}

void thing_open(struct owner *me)
{
    char name[20];

    for (unsigned thing = 0; thing < FILES; thing++) {
        file_name(name, sizeof(name), "", thing);
        me->fd[thing] = open(name, O_CREATE | O_RDWR);
        if (me->fd[thing] < 0)
            fail(me, "open: %s", strerror(errno));
    }
    if (pipe(me->ends) < 0)
        fail(me, "pipe: %s", strerror(errno));
}

static void seek(struct owner *me, int thing, unsigned long to)
{
    if (lseek(me->fd[thing], (off_t)to, SEEK_SET) != (off_t)to)
        fail(me, "lseek to %lu: %s", to, strerror(errno));
}

/* The owner's own chunk, or the whole page. */
void act_read(struct owner *me)
{
    static const unsigned long all = WORDS;
    int thing = (int)pick(me, FILES), is_whole = pick(me, 3) == 0;
    unsigned long page = pick(me, THING_PAGES), words[WORDS], got, own, mine, count;
    unsigned long from = is_whole ? 0 : me->number * CHUNK_WORDS;
    unsigned long wanted = is_whole ? all : CHUNK_WORDS;
    struct moment moment = moment_now(thing, page);
    struct call *call = call_begin(me, "read", (unsigned long)thing, page, wanted);
    unsigned long at = page * PAGE_SIZE + from * 8, size = shared->thing[thing].size;
    int is_exact;

    seek(me, thing, at);
    call_end(me, call, read(me->fd[thing], words, wanted * 8));
    is_exact = !may_be_past_end(thing, page, &moment) && size == shared->thing[thing].size;
    if (call->result < 0 || call->result % 8 || call->result > (long)wanted * 8)
        fail(me, "read gave %ld", call->result);
    if (is_exact)
        expect_value(me, call, (long)smaller(wanted * 8, size > at ? size - at : 0));
    got = (unsigned long)call->result / 8;
    words_check(me, words, from, got, thing, page);
    mine = me->number * CHUNK_WORDS;
    own = mine - from;
    count = got > own ? smaller(got - own, CHUNK_WORDS) : 0;
    chunk_check(me, words + own, count, thing, page, &moment);
}

/* The gate is ours, alone where the file becomes longer. */
static void write_chunk(struct owner *me, int thing, unsigned long page)
{
    unsigned long words[CHUNK_WORDS];
    struct moment moment;
    unsigned version = store_begin(me, thing, page, &moment);
    struct call *call;

    chunk_fill(me, words, thing, page, version);
    seek(me, thing, page * PAGE_SIZE + me->number * CHUNK_BYTES);
    call = call_begin(me, "write", (unsigned long)thing, page, version);
    call_end(me, call, write(me->fd[thing], words, CHUNK_BYTES));
    expect_value(me, call, CHUNK_BYTES);
}

static void write_and_grow(struct owner *me, struct thing *it, int thing, unsigned long page)
{
    unsigned long end = page * PAGE_SIZE + (me->number + 1) * CHUNK_BYTES;

    it->resize_to = end > it->size ? end : it->size;
    __atomic_store_n(&it->resizes_begun, it->resizes_done + 1, __ATOMIC_SEQ_CST);
    write_chunk(me, thing, page);
    __atomic_store_n(&it->size, it->resize_to, __ATOMIC_SEQ_CST);
    __atomic_store_n(&it->resizes_done, it->resizes_begun, __ATOMIC_SEQ_CST);
}

void act_write(struct owner *me)
{
    int thing = (int)pick(me, FILES), grows = pick(me, 8) == 0;
    unsigned long page = pick(me, THING_PAGES);
    unsigned long end = page * PAGE_SIZE + (me->number + 1) * CHUNK_BYTES;
    struct thing *it = &shared->thing[thing];
    struct moment moment;

    gate_enter(me, it, grows);
    moment = moment_now(thing, page);
    if (grows)
        write_and_grow(me, it, thing, page);
    else if (end <= it->size)
        write_chunk(me, thing, page);
    if (grows || end <= it->size) {
        moment = moment_now(thing, page);
        store_end(me, thing, page, &moment); /* no size changes while the gate is ours */
    }
    gate_leave(me, it);
}

/* The whole file half the time, else whole words of it. */
void act_resize(struct owner *me)
{
    int thing = (int)pick(me, FILES);
    struct thing *it = &shared->thing[thing];
    unsigned long size = THING_PAGES * PAGE_SIZE;

    if (pick(me, 2))
        size = pick(me, THING_PAGES) * PAGE_SIZE + (pick(me, 2) ? pick(me, WORDS) * 8 : 0);
    gate_enter(me, it, 1);
    thing_resize(me, thing, size);
    gate_leave(me, it);
}

void act_sync_file(struct owner *me)
{
    int thing = (int)pick(me, FILES);
    unsigned long size = shared->thing[thing].size;
    struct moment moment = moment_now(thing, 0);
    struct stat stat;
    struct call *call;

    if (pick(me, 8)) {
        call = call_begin(me, "fsync", (unsigned long)thing, 0, 0);
        call_end(me, call, fsync(me->fd[thing]));
        expect_value(me, call, 0);
        return;
    }
    call = call_begin(me, "fstat", (unsigned long)thing, 0, 0);
    call_end(me, call, fstat(me->fd[thing], &stat));
    expect_value(me, call, 0);
    if (size && !may_be_past_end(thing, 0, &moment) && size == shared->thing[thing].size &&
        stat.size != size)
        fail(me, "fstat tells a size of %llu, not %lu", stat.size, size);
}

void thing_verify(struct owner *me, int thing)
{
    unsigned long size = shared->thing[thing].size, words[WORDS];

    for (unsigned long page = 0; page < THING_PAGES; page++) {
        struct moment moment = moment_now(thing, page);
        unsigned long want = size > page * PAGE_SIZE ? smaller(size - page * PAGE_SIZE, PAGE_SIZE)
                                                     : 0;

        memset(words, 0, sizeof(words));
        if (thing >= FILES) {
            memcpy(words, memory[thing] + page * PAGE_SIZE, PAGE_SIZE);
        } else {
            seek(me, thing, page * PAGE_SIZE);
            if (read_full(me->fd[thing], words, PAGE_SIZE) != (ssize_t)want)
                fail(me, "file %d ends in page %lu, not after %lu bytes", thing, page, size);
        }
        for (me->number = 0; me->number < OWNERS; me->number++) {
            unsigned long own = me->number * CHUNK_WORDS;

            chunk_check(me, words + own, want / 8 > own ? smaller(want / 8 - own, CHUNK_WORDS) : 0,
                        thing, page, &moment);
        }
        me->number = 0;
    }
}

/* ---- a file of the owner's own, from its making to its end, nameless for a while ---- */

static void own_check(struct owner *me, const unsigned long *words, unsigned long page,
                      unsigned version)
{
    for (unsigned long i = 0; i < WORDS; i++)
        if (words[i] != tag(8 + me->number, page, i, version))
            fail(me, "a file of its own: word %lu of page %lu at %p is 0x%lx, not 0x%lx", i, page,
                 &words[i], words[i], tag(8 + me->number, page, i, version));
}

static void own_fill(struct owner *me, unsigned long *words, unsigned long page, unsigned version)
{
    for (unsigned long i = 0; i < WORDS; i++)
        words[i] = tag(8 + me->number, page, i, version);
}

static void own_need(struct owner *me, long result, long want, const char *what)
{
    if (result != want)
        fail(me, "a file of its own: %s gave %ld (%s), not %ld", what, result,
             result < 0 ? strerror(errno) : "", want);
}

/* Stores through the mapping into some pages, whose versions are told. */
static void own_store(struct owner *me, char *at, unsigned *version)
{
    for (unsigned long page = 0; page < OWN_PAGES; page++) {
        unsigned long *words = (unsigned long *)(at + page * PAGE_SIZE);

        own_check(me, words, page, version[page]);
        if (pick(me, 2))
            own_fill(me, words, page, ++version[page]);
    }
}

static void own_read_back(struct owner *me, int fd, const unsigned *version, unsigned long pages)
{
    unsigned long words[WORDS];

    own_need(me, lseek(fd, 0, SEEK_SET), 0, "lseek");
    for (unsigned long page = 0; page < OWN_PAGES; page++) {
        own_need(me, read_full(fd, words, PAGE_SIZE), PAGE_SIZE, "read");
        own_check(me, words, page, page < pages ? version[page] : 0);
    }
}

void act_own_file(struct owner *me)
{
    unsigned long words[WORDS], keep = pick(me, OWN_PAGES);
    unsigned version[OWN_PAGES];
    char name[20], *at;
    int fd;

    file_name(name, sizeof(name), "own", me->number);
    fd = open(name, O_CREATE | O_TRUNC | O_RDWR);
    own_need(me, fd >= 0, 1, "open");
    for (unsigned long page = 0; page < OWN_PAGES; page++) {
        own_fill(me, words, page, version[page] = 1);
        own_need(me, write(fd, words, PAGE_SIZE), PAGE_SIZE, "write");
    }
    at = mmap(NULL, OWN_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    own_need(me, unlink(name), 0, "unlink");
    if (at != MAP_FAILED) {
        own_store(me, at, version);
        own_need(me, fsync(fd), 0, "fsync");
        own_store(me, at, version);
        own_need(me, munmap(at, OWN_PAGES * PAGE_SIZE), 0, "munmap");
    }
    own_read_back(me, fd, version, OWN_PAGES);
    own_need(me, ftruncate(fd, (off_t)(keep * PAGE_SIZE)), 0, "ftruncate");
    own_need(me, ftruncate(fd, OWN_PAGES * PAGE_SIZE), 0, "ftruncate");
    own_read_back(me, fd, version, keep);
    own_need(me, close(fd), 0, "close");
}

/* ---- pipes, and what is refused ---- */

void act_pipe(struct owner *me)
{
    unsigned char out[3000], in[3000];
    unsigned long bytes = 1 + pick(me, sizeof(out)), got = 0;

    for (unsigned long i = 0; i < bytes; i++)
        out[i] = (unsigned char)pick(me, 256);
    if (write(me->ends[1], out, bytes) != (ssize_t)bytes)
        fail(me, "a pipe with room does not take %lu bytes: %s", bytes, strerror(errno));
    while (got < bytes) {
        ssize_t more = read(me->ends[0], in + got, bytes - got);

        if (more <= 0)
            fail(me, "a pipe gave %lu of %lu bytes, then %ld", got, bytes, (long)more);
        got += (unsigned long)more;
    }
    if (memcmp(out, in, bytes) != 0)
        fail(me, "other bytes came out of a pipe than went in");
}

void act_bad_file_call(struct owner *me)
{
    struct call *call = call_begin(me, "a bad call about files", 0, 0, 0);
    char byte;
    int want = EBADF;

    call->argument[0] = pick(me, 9);
    switch (call->argument[0]) {
    case 0:
        call_end(me, call, read(63, &byte, 1));
        break;
    case 1:
        call_end(me, call, write(me->ends[0], &byte, 1));
        break;
    case 2:
        call_end(me, call, close(-1));
        break;
    case 3:
        call_end(me, call, lseek(me->ends[0], 0, SEEK_SET));
        want = ESPIPE;
        break;
    case 4:
        call_end(me, call, ftruncate(me->fd[0], -1));
        want = EINVAL;
        break;
    case 5:
        call_end(me, call, lseek(me->fd[0], -1, SEEK_SET));
        want = EINVAL;
        break;
    case 6:
        call_end(me, call, open("fuzz.0/none", O_RDONLY));
        want = ENOTDIR;
        break;
    case 7:
        call_end(me, call, open("fuzz.none", O_RDWR));
        want = ENOENT;
        break;
    default:
        call_end(me, call, open("/", O_RDWR));
        want = EISDIR;
    }
    expect_error(me, call, want);
}
