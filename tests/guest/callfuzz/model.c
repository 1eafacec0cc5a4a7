/* What may be where. See callfuzz.h. */
#include "callfuzz.h"

#define LOAD(cell) __atomic_load_n(&(cell), __ATOMIC_SEQ_CST)
#define STORE(cell, value) __atomic_store_n(&(cell), value, __ATOMIC_SEQ_CST)

unsigned long pick(struct owner *me, unsigned long below)
{
    me->state = me->state * 6364136223846793005ul + 1442695040888963407ul;
    return (me->state >> 33) % below;
}

/* Version 0 is zero. The low bits are a sum of the others. */
unsigned long tag(unsigned space, unsigned long page, unsigned long word, unsigned version)
{
    unsigned long told = ((unsigned long)(space + 1) << 44 | page << 36 | word << 24 |
                          (version & 0xffffff));

    return version ? told << 12 | (told * 0x9e3779b97f4a7c15ul) >> 52 : 0;
}

/* ---- what was done, and how it ended ---- */

void calls_print(unsigned owner)
{
    const struct record *record = &shared->record[owner];

    fprintf(STDERR, "callfuzz: the last calls of owner %u, after %lu acts%s:\n", owner,
            record->acts, record->busy ? "; it is in the last one" : "");
    if (record->waits)
        fprintf(STDERR, "    it waits for the gate of thing %d: 0x%x\n", record->waits - 1,
                (unsigned)shared->thing[record->waits - 1].gate);
    for (unsigned i = 1; i <= CALLS_KEPT; i++) {
        const struct call *call = &record->call[(record->count + i) % CALLS_KEPT];

        if (call->name)
            fprintf(STDERR, "    %s(0x%lx, 0x%lx, 0x%lx) = %ld\n", call->name, call->argument[0],
                    call->argument[1], call->argument[2], call->result);
    }
}

void fail(struct owner *me, const char *format, ...)
{
    va_list arguments;

    while (__atomic_exchange_n(&shared->telling, 1, __ATOMIC_SEQ_CST))
        sleep(1); /* another one has found something, and ends all of us */
    fprintf(STDERR, "callfuzz: seed %lu: owner %u%s, pid %d: ", fuzz_seed, me->number,
            me->is_delegate ? " (a delegate)" : "", getpid());
    va_start(arguments, format);
    vfprintf(STDERR, format, arguments);
    va_end(arguments);
    fprintf(STDERR, "\n");
    calls_print(me->number);
    shared->failed = 1;
    exit(1);
}

struct call *call_begin(struct owner *me, const char *name, unsigned long a, unsigned long b,
                        unsigned long c)
{
    struct record *record = &shared->record[me->number];
    struct call *call = &record->call[++record->count % CALLS_KEPT];

    call->name = name;
    call->argument[0] = a;
    call->argument[1] = b;
    call->argument[2] = c;
    call->result = -1000;
    record->busy = 1;
    return call;
}

long call_end(struct owner *me, struct call *call, long result)
{
    call->result = result == -1 ? -errno : result;
    shared->record[me->number].busy = 0;
    return result;
}

void expect_value(struct owner *me, const struct call *call, long want)
{
    if (call->result != want)
        fail(me, "%s gave %ld, not %ld", call->name, call->result, want);
}

void expect_error(struct owner *me, const struct call *call, int want)
{
    expect_value(me, call, -want);
}

int expect_success_or(struct owner *me, const struct call *call, int error, int other)
{
    if (call->result >= 0)
        return 0;
    if (call->result != -error && call->result != -other)
        fail(me, "%s gave %ld, not success, nor %d, nor %d", call->name, call->result, error,
             other);
    return -1;
}

/* ---- the gate: a lock whose holders can be named, so that it can be taken from the dead ---- */

void gate_enter(struct owner *me, struct thing *thing, int alone)
{
    int mine = (alone ? 256 : 1) << me->number;

    for (;;) {
        int now = LOAD(thing->gate);

        if (now & (257 << me->number))
            fail(me, "enters the gate of thing %d, 0x%x, in which it is already",
                 (int)(thing - shared->thing), (unsigned)now);
        if (alone ? now != 0 : now >= 256) {
            shared->record[me->number].waits = (int)(thing - shared->thing) + 1;
            futex_wait(&thing->gate, now);
            shared->record[me->number].waits = 0;
        } else if (__atomic_compare_exchange_n(&thing->gate, &now, now | mine, 0, __ATOMIC_SEQ_CST,
                                               __ATOMIC_SEQ_CST)) {
            return;
        }
    }
}

void gate_leave(struct owner *me, struct thing *thing)
{
    int was = __atomic_fetch_and(&thing->gate, ~(257 << me->number), __ATOMIC_SEQ_CST);

    if (!(was & (257 << me->number)))
        fail(me, "leaves the gate of thing %d, 0x%x, in which it is not",
             (int)(thing - shared->thing), (unsigned)was);
    futex_wake(&thing->gate, OWNERS);
}

/* ---- stores and cuts ---- */

struct moment moment_now(int thing, unsigned long page)
{
    struct thing *it = &shared->thing[thing];
    struct moment moment;

    moment.cuts_done = LOAD(it->page[page].cuts_done);
    moment.resizes_done = LOAD(it->resizes_done);
    moment.resizes_begun = LOAD(it->resizes_begun);
    return moment;
}

static struct cell *cell_of(struct owner *me, int thing, unsigned long page)
{
    return &shared->thing[thing].cell[page][me->number];
}

unsigned store_begin(struct owner *me, int thing, unsigned long page, struct moment *moment)
{
    struct cell *cell = cell_of(me, thing, page);

    *moment = moment_now(thing, page);
    STORE(cell->begun, cell->begun + 1);
    STORE(cell->busy, 1);
    return cell->begun;
}

/* No resize was under way at any time since the moment. */
static int size_was_stable(int thing, const struct moment *moment)
{
    return moment->resizes_begun == moment->resizes_done &&
           LOAD(shared->thing[thing].resizes_begun) == moment->resizes_begun;
}

int may_be_past_end(int thing, unsigned long page, const struct moment *moment)
{
    unsigned long size = LOAD(shared->thing[thing].size);

    return page * PAGE_SIZE >= size || !size_was_stable(thing, moment);
}

/* Words of the page that lie within the file, as far as is known for all the time since moment. */
static unsigned sure_words(int thing, unsigned long page, const struct moment *moment)
{
    unsigned long size = LOAD(shared->thing[thing].size), words = 0;

    if (size > page * PAGE_SIZE)
        words = (size - page * PAGE_SIZE) / sizeof(unsigned long);
    if (!size_was_stable(thing, moment))
        return 0;
    return (unsigned)(words < WORDS ? words : WORDS);
}

void store_end(struct owner *me, int thing, unsigned long page, const struct moment *moment)
{
    struct cell *cell = cell_of(me, thing, page);

    STORE(cell->sure, sure_words(thing, page, moment));
    STORE(cell->high, cell->begun);
    STORE(cell->cuts_after, LOAD(shared->thing[thing].page[page].cuts_begun));
    STORE(cell->cuts_before, moment->cuts_done);
    STORE(cell->low, cell->begun);
    STORE(cell->busy, 0);
}

void store_none(struct owner *me, int thing, unsigned long page)
{
    cell_of(me, thing, page)->busy = 0;
}

/* The owner was killed in it. What was known before still counts, as far as it may have stayed. */
static void store_unsure(struct owner *me, int thing, unsigned long page)
{
    struct cell *cell = cell_of(me, thing, page);

    cell->sure = 0;
    cell->high = cell->begun;
    cell->cuts_after = LOAD(shared->thing[thing].page[page].cuts_begun);
    cell->busy = 0;
}

void owner_recover(struct owner *me)
{
    shared->record[me->number].waits = 0; /* it may have been killed there */
    for (int thing = 0; thing < THINGS; thing++) {
        struct thing *it = &shared->thing[thing];

        for (unsigned long page = 0; page < THING_PAGES; page++)
            if (cell_of(me, thing, page)->busy)
                store_unsure(me, thing, page);
        if (LOAD(it->gate) & (256 << me->number))
            thing_resize(me, thing, it->resize_to);
        if (LOAD(it->gate) & (257 << me->number))
            gate_leave(me, it);
    }
}

/*
 * Is the word among those that a cut from number from + 1 to number to zeroed? Cuts that are not
 * remembered any more count as forgotten says.
 */
static int is_cut(const struct page_model *page, unsigned from, unsigned to, unsigned long word,
                  int forgotten)
{
    if (to - from > CUTS_KEPT / 2)
        return forgotten;
    for (unsigned n = from + 1; n != to + 1; n++)
        if (page->cut_at[n % CUTS_KEPT] <= word)
            return 1;
    return 0;
}

void chunk_fill(struct owner *me, unsigned long *words, int thing, unsigned long page,
                unsigned version)
{
    for (unsigned long i = 0; i < CHUNK_WORDS; i++)
        words[i] = tag((unsigned)thing, page, me->number * CHUNK_WORDS + i, version);
}

static void word_check(struct owner *me, unsigned long got, unsigned long word, int thing,
                       unsigned long page, const struct moment *moment)
{
    const struct page_model *cuts = &shared->thing[thing].page[page];
    const struct cell *cell = cell_of(me, thing, page);
    unsigned begun = LOAD(cuts->cuts_begun);
    unsigned version = (unsigned)(got >> 12) & 0xffffff;
    int must_be_zero = (int)(moment->cuts_done - cell->cuts_after) > 0 &&
                       is_cut(cuts, cell->cuts_after, moment->cuts_done, word, 0);
    int may_be_zero = cell->low == 0 || word >= cell->sure ||
                      is_cut(cuts, cell->cuts_before, begun, word, 1);
    const char *zero;

    if (got == 0 ? must_be_zero || may_be_zero
                 : !must_be_zero && version >= cell->low && version <= cell->high &&
                       got == tag((unsigned)thing, page, word, version))
        return;
    zero = must_be_zero ? ", but zero" : may_be_zero ? " or zero" : "";
    fail(me, "thing %d, page %lu, word %lu is 0x%lx (thing %lu, page %lu, word %lu, version %u), "
         "not of versions %u to %u%s; cuts %u and %u at the store, %u and %u now, sure below %u, "
         "size %lu", thing, page, word, got, (got >> 56) - 1, got >> 48 & 0xff, got >> 36 & 0xfff,
         version, cell->low, cell->high, zero,
         cell->cuts_before, cell->cuts_after, moment->cuts_done, begun, cell->sure,
         shared->thing[thing].size);
}

void chunk_check(struct owner *me, const unsigned long *words, unsigned long count, int thing,
                 unsigned long page, const struct moment *moment)
{
    for (unsigned long i = 0; i < count; i++)
        word_check(me, words[i], me->number * CHUNK_WORDS + i, thing, page, moment);
}

void words_check(struct owner *me, const unsigned long *words, unsigned long from,
                 unsigned long count, int thing, unsigned long page)
{
    for (unsigned long i = 0; i < count; i++) {
        unsigned owner = (unsigned)((from + i) / CHUNK_WORDS);
        unsigned version = (unsigned)(words[i] >> 12) & 0xffffff;

        if (words[i] == 0 ||
            (words[i] == tag((unsigned)thing, page, from + i, version) &&
             version <= LOAD(shared->thing[thing].cell[page][owner].begun)))
            continue;
        fail(me, "thing %d, page %lu, word %lu is 0x%lx, which owner %u never stored there", thing,
             page, from + i, words[i], owner);
    }
}

/* ---- the size ---- */

static void cuts_begin(struct thing *it, unsigned long size)
{
    for (unsigned long page = size / PAGE_SIZE; page < THING_PAGES; page++) {
        struct page_model *model = &it->page[page];
        unsigned number = model->cuts_done + 1;

        model->cut_at[number % CUTS_KEPT] =
            (unsigned short)(page == size / PAGE_SIZE ? size % PAGE_SIZE / 8 : 0);
        STORE(model->cuts_begun, number);
    }
}

static void cuts_end(struct thing *it)
{
    for (unsigned long page = 0; page < THING_PAGES; page++)
        STORE(it->page[page].cuts_done, it->page[page].cuts_begun);
}

void thing_resize(struct owner *me, int thing, unsigned long size)
{
    struct thing *it = &shared->thing[thing];
    struct call *call;

    it->resize_to = size;
    STORE(it->resizes_begun, it->resizes_done + 1);
    if (size < it->size)
        cuts_begin(it, size);
    call = call_begin(me, "ftruncate", (unsigned long)thing, size, it->size);
    call_end(me, call, ftruncate(me->fd[thing], (off_t)size));
    expect_value(me, call, 0);
    STORE(it->size, size);
    cuts_end(it);
    STORE(it->resizes_done, it->resizes_begun);
}
