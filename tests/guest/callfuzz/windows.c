/* Acts on mappings, and on memory through them. */
#include "callfuzz.h"

#define WINDOWS_AT 0x1000000000 /* far below where the kernel looks for room */
#define READABLE (PROT_READ | PROT_WRITE)

char *page_at(const struct window *window, unsigned long page)
{
    return window->at + page * PAGE_SIZE;
}

/* A run of pages of one of the owner's windows; NULL: it has none there. */
static struct window *draw_run(struct owner *me, unsigned long *from, unsigned long *to)
{
    struct window *window = &me->window[pick(me, WINDOWS)];

    if (window->kind == NO_WINDOW)
        return NULL;
    *from = pick(me, window->pages);
    *to = *from + 1 + pick(me, RUN_PAGES);
    if (*to > window->pages)
        *to = window->pages;
    return window;
}

static int all_mapped(const struct window *window, unsigned long from, unsigned long to)
{
    while (from < to && window->view[from].is_mapped)
        from++;
    return from == to;
}

static int some_locked(const struct window *window, unsigned long from, unsigned long to)
{
    while (from < to && !window->view[from].is_locked)
        from++;
    return from < to;
}

static int draw_prot(struct owner *me)
{
    static const int prots[] = {PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE,
                                PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE,
                                PROT_READ, PROT_NONE, PROT_READ | PROT_EXEC};

    return prots[pick(me, 7)];
}

/* ---- what is at an address ---- */

static unsigned private_space(struct owner *me, const struct window *window)
{
    return 16 + me->number * WINDOWS + (unsigned)(window - me->window);
}

static void memory_check(struct owner *me, struct window *window, unsigned long page)
{
    const unsigned long *words = (const unsigned long *)page_at(window, page);
    unsigned space = private_space(me, window), version = window->view[page].version;

    for (unsigned long i = 0; i < WORDS; i++)
        if (words[i] != tag(space, page, i, version))
            fail(me, "private memory at %p: word %lu of page %lu is 0x%lx, not 0x%lx (version %u)",
                 &words[i], i, page, words[i], tag(space, page, i, version), version);
}

/* A delegate's differ from its parent's: their copies of one page must not meet. */
static unsigned version_next(struct owner *me, unsigned version)
{
    return ((version + 1) & 0xfffff) | (unsigned)me->is_delegate << 20;
}

static void memory_store(struct owner *me, struct window *window, unsigned long page)
{
    unsigned long *words = (unsigned long *)page_at(window, page);
    unsigned version = window->view[page].version = version_next(me, window->view[page].version);

    for (unsigned long i = 0; i < WORDS; i++)
        words[i] = tag(private_space(me, window), page, i, version);
}

static unsigned long *chunk_at(struct owner *me, const struct window *window, unsigned long page)
{
    return (unsigned long *)(page_at(window, page) + me->number * CHUNK_BYTES);
}

/* Of a private copy: all words that are not ours. */
static unsigned long rest_sum(struct owner *me, const struct window *window, unsigned long page)
{
    const unsigned long *words = (const unsigned long *)page_at(window, page);
    unsigned long sum = 0;

    for (unsigned long i = 0; i < WORDS; i++)
        if (i / CHUNK_WORDS != me->number)
            sum = sum * 31 + words[i];
    return sum;
}

static void copy_check(struct owner *me, struct window *window, unsigned long page)
{
    const unsigned long *words = chunk_at(me, window, page);
    struct view *view = &window->view[page];
    unsigned space = private_space(me, window);

    for (unsigned long i = 0; i < CHUNK_WORDS; i++)
        if (words[i] != tag(space, page, i, view->version))
            fail(me, "a private copy at %p: word %lu is 0x%lx, not 0x%lx", words, i, words[i],
                 tag(space, page, i, view->version));
    if (rest_sum(me, window, page) != view->rest)
        fail(me, "a private copy at %p has changed where we did not store", page_at(window, page));
}

static void copy_store(struct owner *me, struct window *window, unsigned long page)
{
    unsigned long *words = chunk_at(me, window, page);
    struct view *view = &window->view[page];

    view->version = version_next(me, view->version);
    for (unsigned long i = 0; i < CHUNK_WORDS; i++)
        words[i] = tag(private_space(me, window), page, i, view->version);
    if (!view->is_own)
        view->rest = rest_sum(me, window, page);
    view->is_own = 1;
}

static void shared_load(struct owner *me, struct window *window, unsigned long page)
{
    unsigned long number = window->first + page;
    struct moment moment = moment_now(window->thing, number);
    unsigned other = (unsigned)pick(me, OWNERS);
    const char *at = page_at(window, page);

    chunk_check(me, chunk_at(me, window, page), CHUNK_WORDS, window->thing, number, &moment);
    words_check(me, (const unsigned long *)at + other * CHUNK_WORDS, other * CHUNK_WORDS,
                CHUNK_WORDS, window->thing, number);
}

static void shared_store(struct owner *me, struct window *window, unsigned long page)
{
    unsigned long number = window->first + page;
    struct moment moment;
    unsigned version = store_begin(me, window->thing, number, &moment);

    chunk_fill(me, chunk_at(me, window, page), window->thing, number, version);
    store_end(me, window->thing, number, &moment);
}

/* The page shows the thing, whose size does not change meanwhile. */
static void touch_thing(struct owner *me, struct window *window, unsigned long page, int stores)
{
    struct thing *it = &shared->thing[window->thing];

    if (window->thing < FILES)
        gate_enter(me, it, 0);
    if (window->thing >= FILES || (window->first + page) * PAGE_SIZE < it->size) {
        shared_load(me, window, page);
        if (stores && window->kind == PRIVATE_FILE)
            copy_store(me, window, page);
        else if (stores)
            shared_store(me, window, page);
    }
    if (window->thing < FILES)
        gate_leave(me, it);
}

static void touch(struct owner *me, struct window *window, unsigned long page)
{
    struct view *view = &window->view[page];
    int stores = (view->prot & PROT_WRITE) && pick(me, 2);

    if (!view->is_mapped || !(view->prot & READABLE))
        return;
    if (window->kind == PRIVATE_MEMORY) {
        memory_check(me, window, page);
        if (stores)
            memory_store(me, window, page);
    } else if (view->is_own) {
        copy_check(me, window, page);
        if (stores)
            copy_store(me, window, page);
    } else {
        touch_thing(me, window, page, stores);
    }
}

void act_touch(struct owner *me)
{
    unsigned long from, to;
    struct window *window = draw_run(me, &from, &to);

    for (; window && from < to; from++)
        touch(me, window, from);
}

/* Memory that all share: their mappings of it are their parents'. */
void act_memory(struct owner *me)
{
    int thing = (int)(FILES + pick(me, THINGS - FILES));
    struct window window = {.kind = SHARED_THING, .thing = thing, .at = memory[thing]};
    unsigned long from = pick(me, THING_PAGES), to = from + 1 + pick(me, RUN_PAGES);

    if (pick(me, 4) == 0)
        madvise(page_at(&window, from), PAGE_SIZE, pick(me, 2) ? MADV_DONTNEED : MADV_WILLNEED);
    for (; from < to && from < THING_PAGES; from++) {
        shared_load(me, &window, from);
        if (pick(me, 2))
            shared_store(me, &window, from);
    }
}

/* ---- the kernel loads and stores: where the page cannot be had the call says so ---- */

/* Does the result fit what is mapped there? Returns whether the bytes were moved. */
static int moved(struct owner *me, const struct call *call, const struct window *window,
                 unsigned long page, int needed, const struct moment *moment)
{
    const struct view *view = &window->view[page];
    int allowed = view->is_mapped && (view->prot & needed);
    int may_fail = !allowed || (window->thing < FILES && !view->is_own &&
                                may_be_past_end(window->thing, window->first + page, moment));

    if (call->result == (long)CHUNK_BYTES && allowed)
        return 1;
    if (!may_fail || (call->result != -EFAULT && call->result != -ENOMEM))
        fail(me, "%s by the kernel at %p, page %lu of thing %d, size %lu: %ld", call->name,
             page_at(window, page), window->first + page, window->thing,
             shared->thing[window->thing].size, call->result);
    return 0;
}

static void kernel_load(struct owner *me, struct window *window, unsigned long page)
{
    unsigned long number = window->first + page, words[CHUNK_WORDS];
    struct moment moment = moment_now(window->thing, number);
    const char *at = (const char *)chunk_at(me, window, page);
    struct call *call = call_begin(me, "write to a pipe", (unsigned long)at, CHUNK_BYTES, 0);

    call_end(me, call, write(me->ends[1], at, CHUNK_BYTES));
    if (!moved(me, call, window, page, READABLE, &moment))
        return;
    if (read(me->ends[0], words, CHUNK_BYTES) != (long)CHUNK_BYTES)
        fail(me, "a pipe lost bytes");
    chunk_check(me, words, CHUNK_WORDS, window->thing, number, &moment);
}

static void kernel_store(struct owner *me, struct window *window, unsigned long page)
{
    unsigned long number = window->first + page, words[CHUNK_WORDS];
    char *at = (char *)chunk_at(me, window, page);
    struct moment moment;
    unsigned version = store_begin(me, window->thing, number, &moment);
    struct call *call;

    chunk_fill(me, words, window->thing, number, version);
    if (write(me->ends[1], words, CHUNK_BYTES) != (long)CHUNK_BYTES)
        fail(me, "a pipe takes no bytes");
    call = call_begin(me, "read from a pipe", (unsigned long)at, CHUNK_BYTES, 0);
    call_end(me, call, read(me->ends[0], at, CHUNK_BYTES));
    if (moved(me, call, window, page, PROT_WRITE, &moment)) {
        store_end(me, window->thing, number, &moment);
        return;
    }
    store_none(me, window->thing, number);
    if (read(me->ends[0], words, CHUNK_BYTES) != (long)CHUNK_BYTES)
        fail(me, "a pipe lost bytes after EFAULT");
}

void act_kernel_touch(struct owner *me)
{
    unsigned long from, to;
    struct window *window = draw_run(me, &from, &to);

    if (!window || window->kind != SHARED_THING)
        return;
    for (; from < to; from++) {
        kernel_load(me, window, from);
        if ((window->view[from].prot & PROT_WRITE) && pick(me, 2))
            kernel_store(me, window, from);
    }
}

/* ---- calls ---- */

static void view_fresh(struct view *view, int prot)
{
    *view = (struct view){.is_mapped = 1, .prot = (unsigned char)prot, .version = 0};
}

static void window_remove(struct owner *me, struct window *window)
{
    struct call *call =
        call_begin(me, "munmap", (unsigned long)window->at, window->pages * PAGE_SIZE, 0);

    call_end(me, call, munmap(window->at, window->pages * PAGE_SIZE));
    expect_value(me, call, 0);
    window->kind = NO_WINDOW;
}

void windows_leave(struct owner *me)
{
    for (int i = 0; i < WINDOWS; i++)
        if (me->window[i].kind != NO_WINDOW)
            window_remove(me, &me->window[i]);
}

/*
 * Windows lie side by side where nothing is mapped that is not asked for there, or it would fill
 * their holes. Maps pages [from, to) of one, in place of what is there. 0, or -1: no memory.
 */
static int window_map(struct owner *me, struct window *window, unsigned long from,
                      unsigned long to, int flags)
{
    int prot = draw_prot(me), fd = -1;
    unsigned long offset = 0;
    struct call *call;
    char *at = page_at(window, from), *got;

    if (window->kind == PRIVATE_MEMORY) {
        flags |= MAP_ANONYMOUS;
    } else {
        fd = me->fd[window->thing];
        offset = (window->first + from) * PAGE_SIZE;
    }
    flags |= window->kind == SHARED_THING ? MAP_SHARED : MAP_PRIVATE;
    if (window->kind != PRIVATE_FILE && pick(me, 8) == 0) /* there it would copy, or not */
        flags |= MAP_POPULATE;
    call = call_begin(me, "mmap", (to - from) * PAGE_SIZE, (unsigned long)(prot << 24 | flags),
                      offset);
    got = mmap(at, (to - from) * PAGE_SIZE, prot, flags, fd, (off_t)offset);
    call_end(me, call, (long)got);
    if (expect_success_or(me, call, ENOMEM, ENOMEM) < 0)
        return -1;
    if (got != at)
        fail(me, "mmap at a fixed place went elsewhere");
    for (unsigned long i = from; i < to; i++)
        view_fresh(&window->view[i], prot);
    return 0;
}

void act_map(struct owner *me)
{
    struct window *window = &me->window[pick(me, WINDOWS)];

    if (window->kind != NO_WINDOW)
        window_remove(me, window);
    window->first = 0;
    window->thing = (int)pick(me, FILES);
    window->pages = 1 + pick(me, WINDOW_PAGES);
    window->kind = (enum window_kind)(PRIVATE_MEMORY + pick(me, 3));
    if (window->kind != PRIVATE_MEMORY) {
        window->first = pick(me, THING_PAGES);
        window->pages = 1 + pick(me, THING_PAGES - window->first);
    }
    window->at = (char *)WINDOWS_AT + (me->number * WINDOWS + (unsigned)(window - me->window)) *
                                          WINDOW_PAGES * PAGE_SIZE;
    if (window_map(me, window, 0, window->pages, MAP_FIXED_NOREPLACE) < 0)
        window->kind = NO_WINDOW;
}

/* Takes a run out, or puts a new one in its place. */
void act_punch(struct owner *me)
{
    unsigned long from, to;
    struct window *window = draw_run(me, &from, &to);
    struct call *call;

    if (!window)
        return;
    if (pick(me, 2)) {
        window_map(me, window, from, to, MAP_FIXED);
        return; /* where it failed nothing has changed */
    }
    call = call_begin(me, "munmap", (unsigned long)page_at(window, from),
                      (to - from) * PAGE_SIZE, 0);
    call_end(me, call, munmap(page_at(window, from), (to - from) * PAGE_SIZE));
    if (expect_success_or(me, call, ENOMEM, ENOMEM) < 0)
        return; /* an area could not be split */
    for (; from < to; from++)
        window->view[from].is_mapped = window->view[from].is_locked = 0;
}

void act_protect(struct owner *me)
{
    int prot = draw_prot(me);
    unsigned long from, to;
    struct window *window = draw_run(me, &from, &to);
    struct call *call;

    if (!window)
        return;
    call = call_begin(me, "mprotect", (unsigned long)page_at(window, from),
                      (to - from) * PAGE_SIZE, (unsigned long)prot);
    call_end(me, call, mprotect(page_at(window, from), (to - from) * PAGE_SIZE, prot));
    if (!all_mapped(window, from, to))
        expect_error(me, call, ENOMEM);
    else if (expect_success_or(me, call, ENOMEM, ENOMEM) == 0)
        for (; from < to; from++)
            window->view[from].prot = (unsigned char)prot;
}

static void dropped(struct owner *me, struct window *window, unsigned long from, unsigned long to)
{
    (void)me;
    for (; from < to; from++) {
        struct view *view = &window->view[from];

        if (window->kind != SHARED_THING && view->is_mapped)
            view->version = view->is_own = 0;
    }
}

/* Locked pages may not be dropped. Over a hole the rest is done all the same. */
static void advise_drop(struct owner *me, struct window *window, unsigned long from,
                        unsigned long to)
{
    struct call *call;

    if (some_locked(window, from, to))
        return;
    call = call_begin(me, "madvise(DONTNEED)", (unsigned long)page_at(window, from),
                      (to - from) * PAGE_SIZE, 0);
    call_end(me, call, madvise(page_at(window, from), (to - from) * PAGE_SIZE, MADV_DONTNEED));
    expect_value(me, call, all_mapped(window, from, to) ? 0 : -ENOMEM);
    dropped(me, window, from, to);
}

void act_advise(struct owner *me)
{
    static const int advice[] = {MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED};
    unsigned long from, to, kind = pick(me, 8);
    struct window *window = draw_run(me, &from, &to);
    struct call *call;

    if (window && kind >= 4)
        advise_drop(me, window, from, to);
    if (!window || kind >= 4)
        return;
    call = call_begin(me, "madvise", (unsigned long)page_at(window, from), (to - from) * PAGE_SIZE,
                      (unsigned long)advice[kind]);
    call_end(me, call, madvise(page_at(window, from), (to - from) * PAGE_SIZE, advice[kind]));
    if (!all_mapped(window, from, to))
        expect_error(me, call, ENOMEM);
    else
        expect_success_or(me, call, ENOMEM, ENOMEM);
}

static int range_unlock(struct owner *me, struct window *window, unsigned long from,
                        unsigned long to)
{
    struct call *call =
        call_begin(me, "munlock", (unsigned long)page_at(window, from), (to - from) * PAGE_SIZE, 0);

    call_end(me, call, munlock(page_at(window, from), (to - from) * PAGE_SIZE));
    if (!all_mapped(window, from, to))
        expect_error(me, call, ENOMEM);
    return expect_success_or(me, call, ENOMEM, ENOMEM);
}

/* What could not be locked, and perhaps is all the same, counts as locked until it is unlocked. */
void act_lock(struct owner *me)
{
    unsigned long from, to;
    struct window *window = draw_run(me, &from, &to);
    int locks = pick(me, 3) == 0;
    struct call *call;

    if (!window || window->kind == PRIVATE_FILE) /* it would copy what is writable */
        return;
    if (!locks && range_unlock(me, window, from, to) < 0)
        return;
    if (locks) {
        call = call_begin(me, "mlock", (unsigned long)page_at(window, from),
                          (to - from) * PAGE_SIZE, 0);
        call_end(me, call, mlock(page_at(window, from), (to - from) * PAGE_SIZE));
        if (!all_mapped(window, from, to))
            expect_error(me, call, ENOMEM);
        expect_success_or(me, call, ENOMEM, ENOMEM);
    }
    for (; from < to; from++)
        if (window->view[from].is_mapped)
            window->view[from].is_locked = (unsigned char)locks;
}

void act_sync_mapping(struct owner *me)
{
    unsigned long from, to;
    struct window *window = draw_run(me, &from, &to);
    int flags = pick(me, 2) ? MS_SYNC : MS_ASYNC;
    struct call *call;

    if (!window)
        return;
    call = call_begin(me, "msync", (unsigned long)page_at(window, from), (to - from) * PAGE_SIZE,
                      (unsigned long)flags);
    call_end(me, call, msync(page_at(window, from), (to - from) * PAGE_SIZE, flags));
    expect_value(me, call, all_mapped(window, from, to) ? 0 : -ENOMEM);
}

void act_present(struct owner *me)
{
    unsigned char present[RUN_PAGES];
    unsigned long from, to;
    struct window *window = draw_run(me, &from, &to);
    struct call *call;

    if (!window)
        return;
    call = call_begin(me, "mincore", (unsigned long)page_at(window, from), (to - from) * PAGE_SIZE,
                      0);
    call_end(me, call, mincore(page_at(window, from), (to - from) * PAGE_SIZE, present));
    if (!all_mapped(window, from, to))
        expect_error(me, call, ENOMEM);
    else
        expect_success_or(me, call, ENOMEM, ENOMEM);
}

void act_bad_mapping_call(struct owner *me)
{
    char *page = (char *)pick(me, 1ul << 26);
    unsigned long odd = 1 + pick(me, PAGE_SIZE - 1);
    struct call *call = call_begin(me, "a bad call about mappings", odd, 0, 0);
    int want = EINVAL;

    page -= (unsigned long)page % PAGE_SIZE;
    call->argument[1] = pick(me, 8);
    switch (call->argument[1]) {
    case 0:
        call_end(me, call, munmap(page + odd, PAGE_SIZE));
        break;
    case 1:
        call_end(me, call, mprotect(page + odd, PAGE_SIZE, PROT_READ));
        break;
    case 2:
        call_end(me, call, (long)mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        break;
    case 3:
        call_end(me, call, (long)mmap(NULL, odd, PROT_READ, MAP_ANONYMOUS, -1, 0));
        break;
    case 4:
        call_end(me, call, msync(page + odd, PAGE_SIZE, MS_SYNC));
        break;
    case 5:
        call_end(me, call, madvise(page, PAGE_SIZE, 77));
        break;
    case 6:
        call_end(me, call, mprotect(memory[FILES], -(unsigned long)odd, PROT_READ));
        want = ENOMEM;
        break;
    default:
        call_end(me, call, (long)mmap(NULL, odd, PROT_READ, MAP_PRIVATE, 63, 0));
        want = EBADF;
    }
    expect_error(me, call, want);
}
