/*
 * callfuzz SEED CALLS [PROCESSES [THREADS]]: calls at random, by threads of several processes, on
 * files and memory that they share and on memory of their own, while every word that anybody sees
 * is compared with what may be there.
 *
 * A thing is a file or a piece of shared memory. Each page of it is divided among the owners, one a
 * thread: only the owner of a chunk stores into it. So an owner knows what its chunks hold without
 * asking anybody, whatever maps, truncates, writes back or evicts their page at the same time; what
 * it stores says thing, page, word and version, so that a word in a wrong place tells where it
 * comes from. Truncation zeroes words of others: it is counted before and after, page by page, so
 * that a reader knows which cuts may have come between, and which must have (model.c).
 *
 * Windows are mappings, of things or private, that one owner alone makes, protects and removes;
 * what cannot be touched there is tried through the kernel, by read() and write() on a pipe.
 */
#ifndef CALLFUZZ_H
#define CALLFUZZ_H

#include "thread.h"
#include "user.h"

#define FILES 4
#define THINGS 6 /* the others are shared memory */
#define THING_PAGES 24
#define OWNERS 8
#define WORDS (PAGE_SIZE / sizeof(unsigned long))
#define CHUNK_WORDS (WORDS / OWNERS)
#define CHUNK_BYTES (CHUNK_WORDS * sizeof(unsigned long))
#define CUTS_KEPT 8
#define WINDOWS 4
#define WINDOW_PAGES 128
#define RUN_PAGES 8 /* pages that one call or act is about, at most */
#define CALLS_KEPT 24
#define DISK "swap"

/* One page of a thing. Cut number n, from 1 on, zeroes what is from word cut_at[n % 8] on. */
struct page_model {
    unsigned cuts_begun, cuts_done;
    unsigned short cut_at[CUTS_KEPT];
};

/* One owner's chunk of a page. Its owner alone writes here, and knows the word of it. */
struct cell {
    int busy;             /* a store is under way: it may have been carried out */
    unsigned begun;       /* version of the last store that began */
    unsigned low, high;   /* a word has one of these versions, or, as follows, is zero: */
    unsigned cuts_before; /* the cuts of the page that had ended when the store began, */
    unsigned cuts_after;  /* and those that had begun when it ended: later ones find it */
    unsigned sure;        /* words from here on may have been beyond the end of the file */
};

struct thing {
    int gate;           /* bit n: owner n reads or writes; bit 8 + n: owner n changes the size */
    unsigned long size; /* under the gate */
    unsigned resizes_begun, resizes_done;
    unsigned long resize_to; /* of the one that is under way */
    struct page_model page[THING_PAGES];
    struct cell cell[THING_PAGES][OWNERS];
};

struct call {
    const char *name;
    unsigned long argument[3];
    long result;
};

/* What an owner did last, for who looks for the cause of a failure. */
struct record {
    unsigned long acts;  /* so far */
    unsigned long count; /* of calls: the last one is call[count % CALLS_KEPT] */
    int busy;            /* in a call */
    int waits;           /* for the gate of the thing before this; 0: it does not */
    struct call call[CALLS_KEPT];
};

/* In memory that all processes share. */
struct shared {
    int telling, failed, workers_done;
    struct thing thing[THINGS];
    struct record record[OWNERS];
};

/* One page of a window. */
struct view {
    unsigned char is_mapped, prot, is_locked;
    unsigned char is_own;  /* private: it was stored into, so it is a copy */
    unsigned version;      /* of private pages */
    unsigned long rest;    /* of the copy of a file's page: sum of the words that are not ours */
};

enum window_kind { NO_WINDOW, PRIVATE_MEMORY, PRIVATE_FILE, SHARED_THING };

struct window {
    enum window_kind kind;
    char *at;
    int thing;
    unsigned long first, pages; /* of the thing */
    struct view view[WINDOW_PAGES];
};

struct owner {
    struct thread thread;
    unsigned number;
    int forks;       /* the first thread of its process, which alone forks and waits */
    int is_delegate; /* not 0: a child that acts for its parent, and may be killed at any point */
    int quota;       /* of its process; -1: not known */
    int delegates;   /* so far */
    unsigned long state, calls;
    int fd[FILES], ends[2];
    struct window window[WINDOWS];
};

extern struct shared *shared;
extern char *memory[THINGS]; /* shared memory: all of it, inherited */
extern unsigned long fuzz_seed;

/* model.c */
unsigned long pick(struct owner *me, unsigned long below);
unsigned long tag(unsigned space, unsigned long page, unsigned long word, unsigned version);
void fail(struct owner *me, const char *format, ...)
    __attribute__((noreturn, format(printf, 2, 3)));
struct call *call_begin(struct owner *me, const char *name, unsigned long a, unsigned long b,
                        unsigned long c);
long call_end(struct owner *me, struct call *call, long result); /* returns result */
void calls_print(unsigned owner);
void expect_value(struct owner *me, const struct call *call, long want);
void expect_error(struct owner *me, const struct call *call, int want);
/* 0; or -1, and errno is one of the two. */
int expect_success_or(struct owner *me, const struct call *call, int error, int other);

void gate_enter(struct owner *me, struct thing *thing, int alone);
void gate_leave(struct owner *me, struct thing *thing);

/* Between the two, something is stored into the owner's chunk, or words are loaded. */
struct moment {
    unsigned cuts_done, resizes_begun, resizes_done;
};
struct moment moment_now(int thing, unsigned long page);
unsigned store_begin(struct owner *me, int thing, unsigned long page, struct moment *moment);
void store_end(struct owner *me, int thing, unsigned long page, const struct moment *moment);
void store_none(struct owner *me, int thing, unsigned long page); /* it was refused */
int may_be_past_end(int thing, unsigned long page, const struct moment *moment);
void chunk_fill(struct owner *me, unsigned long *words, int thing, unsigned long page,
                unsigned version);
/* words: the owner's whole chunk, or as many of them as count. */
void chunk_check(struct owner *me, const unsigned long *words, unsigned long count, int thing,
                 unsigned long page, const struct moment *moment);
/* Words of anybody, from number from on: zero, or something that was stored there. */
void words_check(struct owner *me, const unsigned long *words, unsigned long from,
                 unsigned long count, int thing, unsigned long page);
void thing_resize(struct owner *me, int thing, unsigned long size); /* the gate is ours alone */
void owner_recover(struct owner *me); /* after a delegate was killed */

/* windows.c, files.c, processes.c: one act each */
void act_map(struct owner *me);
void act_punch(struct owner *me);
void act_protect(struct owner *me);
void act_touch(struct owner *me);
void act_kernel_touch(struct owner *me);
void act_advise(struct owner *me);
void act_lock(struct owner *me);
void act_sync_mapping(struct owner *me);
void act_present(struct owner *me);
void act_memory(struct owner *me);
void act_bad_mapping_call(struct owner *me);
void windows_leave(struct owner *me);
char *page_at(const struct window *window, unsigned long page);

void act_read(struct owner *me);
void act_write(struct owner *me);
void act_resize(struct owner *me);
void act_sync_file(struct owner *me);
void act_own_file(struct owner *me);
void act_pipe(struct owner *me);
void act_bad_file_call(struct owner *me);
void thing_open(struct owner *me);
void thing_verify(struct owner *me, int thing); /* nobody else is about */

void act_delegate(struct owner *me);
void act_death(struct owner *me);
void act_exec(struct owner *me);
void act_quota(struct owner *me);
void act_swap(struct owner *me);
void act_drop(struct owner *me);
void act_thread(struct owner *me);

void act(struct owner *me);

#endif
