/*
 * The lock order. A thread takes locks in ascending rank only, one of each rank; where it may have
 * several of a rank, the rank says in which order. SAN=1 panics on an inversion, for spinlocks and
 * sleeping locks alike.
 *
 * A wait for something that another thread has to do is a lock of a rank, too: it must rank below
 * all that the other may have to take before it has done it. Such a rank is looked at where the
 * wait may begin, not only where it has to: so each run checks it.
 */
#pragma once

enum lock_rank {
    /* sleeping locks */
    RANK_OUTER,      /* file offset, pipe reader and writer, console reader, mlock */
    RANK_EVENT,      /* a wait for what programs do: bytes, an exit, a wake-up */
    RANK_FILE_TABLE, /* the table of open files */
    RANK_SYNC,       /* one sync of all files at a time */
    RANK_FRAMES,     /* a wait for frames, held by what reclaims */
    RANK_WRITEBACK,  /* the one batch of file pages that is being written out */
    RANK_LOG,        /* a log transaction: held from begin to end */
    RANK_INODE,      /* two: a directory, then what has its name there; files of a batch, by try */
    RANK_MM,         /* never together with RANK_INODE */
    RANK_PAGE,       /* one by waiting, more by try */
    RANK_SWAP_WRITE, /* pages on their way to swap: a wait for one, and the thread that has them */
    RANK_BUFFER,     /* several, see fs/buffer.c; read_pages looks into some, its pages locked */
    RANK_SWAP_IO,    /* a transfer to or from swap */
    RANK_DISK,       /* a wait for a disk */
    RANK_FAMILY,     /* family, and a vm_object's list of VMAs */
    /* spinlocks */
    RANK_PIPE,       /* the ring's indices */
    RANK_FUTEX,      /* sleepers on a word of user memory; the word is read under it */
    RANK_OBJECT,     /* a vm_object's pages */
    RANK_PAGE_TABLE,
    RANK_LRU,
    RANK_PROCESS,    /* the process table */
    RANK_FS,         /* file-system spinlocks: buffer cache, log state, block counts */
    RANK_INODE_CACHE, /* hash and counts of inodes: taken under the list of dirty objects */
    RANK_SWAP,       /* slots of swap, families */
    RANK_COMMIT,     /* what is charged */
    RANK_KMEM,
    RANK_LEDGER,      /* SAN: makes the ledger exact at every instant */
    RANK_FRAME_LIST,  /* a hart's list of free frames */
    RANK_CHAINS,      /* loose chains of free frames */
    RANK_BUDDY,
    RANK_SLEEPLOCK,  /* the guard of a sleeping lock */
    RANK_DEVICE,     /* virtio queue, console input */
    RANK_TRANSFER,   /* requests in flight of a transfer */
    RANK_WAIT,       /* a wait queue */
    RANK_TIMERS,     /* sleepers of a hart */
    RANK_THREAD,
    RANK_RUN_QUEUE,
    RANK_ASID,       /* taken in the switch of threads */
    RANK_TLB_CHECK,  /* SAN: what harts may still cache; taken nearly anywhere */
    RANK_CONSOLE,    /* printf */
};

#ifdef SAN
#include <stdbool.h>
#include <stdint.h>

/* The sleeping locks that a thread holds; it is a member of struct thread. */
#define HELD_SLEEPING_LOCKS 40 /* a transaction holds as many buffers as it changes */
struct held_locks {
    uint32_t count;
    struct {
        const void *lock;
        const char *name;
        enum lock_rank rank;
    } held[HELD_SLEEPING_LOCKS];
};
/* thread/ sets it. Returns: the running thread's; or NULL: no thread runs yet. */
extern struct held_locks *(*held_locks_hook)(void);

/* fs/ sets it: may a thread that holds one buffer wait for the other (NULL: for any other)? */
extern bool (*lockorder_buffers_hook)(const void *held, const void *lock);

/*
 * For sleeping locks: panics if this one may not be waited for. first: NULL; or a lock of the same
 * rank that is held: the caller says why the two are in order.
 */
void lockorder_check_after(enum lock_rank rank, const void *lock, const char *name,
                           const void *first);
#define lockorder_check(rank, lock, name) lockorder_check_after(rank, lock, name, NULL)
/* Notes that the lock is held; is not. */
void lockorder_note(enum lock_rank rank, const void *lock, const char *name);
void lockorder_release(enum lock_rank rank, const void *lock);
/* Both check and note: for a lock that is waited for. */
#define lockorder_acquire(rank, lock, name) \
    (lockorder_check(rank, lock, name), lockorder_note(rank, lock, name))

/* Panics if this hart holds a spinlock; sleeping: also if this thread holds a sleeping lock. */
void lockorder_assert_none(bool sleeping);

/* debug=lockorder (kernel/debug.c): complaints are counted and do not end the machine. */
extern bool lockorder_is_tested;
extern uint32_t lockorder_complaints;

/*
 * For spinlock.c. Interrupts off. All spinlocks of one name and rank are a class: it is taken with
 * spin_lock always, and then never in an interrupt handler, or with spin_lock_irq always.
 */
struct spinlock;
enum lock_use { LOCK_UNUSED, LOCK_PLAIN, LOCK_IRQ };
struct lock_class {
    const char *name; /* NULL: a free place */
    enum lock_rank rank;
    enum lock_use use; /* by the first that took one */
    void *used_at;
};
struct lock_class *lockorder_class(const char *name, enum lock_rank rank);
void lockorder_spin_use(struct spinlock *lock, enum lock_use use, void *at);
void lockorder_spin_check(struct spinlock *lock, enum lock_rank rank, const char *name);
void lockorder_spin_push(struct spinlock *lock);
void lockorder_spin_pop(struct spinlock *lock);
#else
#define lockorder_assert_none(sleeping) ((void)0)
#define lockorder_check(rank, lock, name) ((void)0)
#define lockorder_check_after(rank, lock, name, first) ((void)0)
#define lockorder_note(rank, lock, name) ((void)0)
#define lockorder_acquire(rank, lock, name) ((void)0)
#define lockorder_release(rank, lock) ((void)0)
#endif
