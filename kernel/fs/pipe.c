/*
 * Pipes: a ring of up to 16 frames between one writer and one reader at a time.
 *
 * The bytes [reader.moved, writer.moved) of the stream are in the ring. Only the holder of an end's
 * lock changes its `moved`, so each side copies to or from its own part of the ring without a
 * spinlock. Both locks are outer locks: their holder may fault and wait. user_copy_some copies, a
 * piece at a time.
 *
 * Memory for the whole ring is charged when the pipe is made, so that a write that fits never waits
 * for other users of memory. A frame is allocated when its first byte is written, and kept until
 * the pipe is freed.
 *
 * The spinlock guards the sleep: it is held to change `moved`, so that no wake-up is lost. It is
 * not needed to look for data or room: the other side can only add to what this side sees.
 *
 * guards: e = the end's lock; w = the writer's; p = the spinlock; e, p: both to write
 */
#include "abi/errno.h"
#include "abi/limits.h"
#include "fs/file.h"
#include "mem/frame.h"
#include "mem/kmem.h"
#include "sync/race.h"
#include "thread/thread.h"
#include "vm/faults/usercopy.h"
#include "vm/mapping/commit.h"

#define PIPE_FRAMES (PIPE_BYTES / PAGE_SIZE)

struct pipe_end {
    struct sleeplock lock; /* RANK_OUTER: the read lock, the write lock */
    struct waitq queue;
    uint64_t moved;        /* e, p: bytes ever read, or written */
    bool open;             /* p */
    bool waits;            /* p: cleared by the waker */
};

struct pipe {
    struct pipe_end writer, reader;
    struct spinlock lock;     /* RANK_PIPE */
    char *frame[PIPE_FRAMES]; /* w: NULL: not taken yet */
};

static const struct commit pipe_charge = {.unswappable = PIPE_FRAMES};

static void pipe_free(struct pipe *pipe)
{
    for (uint32_t slot = 0; slot < PIPE_FRAMES; slot++) {
        if (pipe->frame[slot])
            page_put(va_page(pipe->frame[slot]));
    }
    kmem_free(pipe);
    commit_release(pipe_charge);
}

static void end_init(struct pipe_end *end, const char *name)
{
    sleeplock_init(&end->lock, name, RANK_OUTER);
    waitq_init(&end->queue, name);
    end->open = true;
}

static struct pipe *pipe_alloc(void)
{
    struct pipe *pipe;

    if (commit_charge(pipe_charge) < 0)
        return NULL;
    pipe = kmem_alloc(sizeof(*pipe), 0);
    if (!pipe) {
        commit_release(pipe_charge);
        return NULL;
    }
    spin_init(&pipe->lock, "pipe", RANK_PIPE);
    end_init(&pipe->writer, "pipe writer");
    end_init(&pipe->reader, "pipe reader");
    return pipe;
}

int pipe_create(struct file **reader, struct file **writer)
{
    struct pipe *pipe = pipe_alloc();
    struct file *read_end = file_alloc();
    struct file *write_end = file_alloc();

    if (!pipe || !read_end || !write_end)
        goto no_memory;
    read_end->type = FILE_PIPE;
    read_end->readable = true;
    read_end->pipe = pipe;
    write_end->type = FILE_PIPE;
    write_end->writable = true;
    write_end->pipe = pipe;
    *reader = read_end;
    *writer = write_end;
    return 0;

no_memory:
    kmem_free(read_end);
    kmem_free(write_end);
    if (pipe)
        pipe_free(pipe);
    return -ENOMEM;
}

/* Locks: the spinlock. */
static void end_wake(struct pipe_end *end)
{
    if (end->waits) {
        end->waits = false;
        waitq_wake_one(&end->queue);
    }
}

void pipe_close(struct pipe *pipe, bool writer)
{
    bool last;

    spin_lock(&pipe->lock);
    __atomic_store_n(writer ? &pipe->writer.open : &pipe->reader.open, false, __ATOMIC_RELEASE);
    end_wake(writer ? &pipe->reader : &pipe->writer);
    last = !pipe->writer.open && !pipe->reader.open;
    spin_unlock(&pipe->lock);
    if (last)
        pipe_free(pipe);
}

static uint64_t pipe_used(const struct pipe *pipe)
{
    return __atomic_load_n(&pipe->writer.moved, __ATOMIC_ACQUIRE) -
           __atomic_load_n(&pipe->reader.moved, __ATOMIC_ACQUIRE);
}

/* Closing comes last: after the writer was seen closed, a look at `moved` sees all its bytes. */
static bool is_open(const bool *end)
{
    return __atomic_load_n(end, __ATOMIC_ACQUIRE);
}

/* May the writer continue: is there room, or no reader left? Locks: write lock. */
static bool pipe_has_room(const struct pipe *pipe)
{
    return pipe_used(pipe) < PIPE_BYTES || !is_open(&pipe->reader.open);
}

/* May the reader continue: is there data, or no writer left? Locks: read lock. */
static bool pipe_has_data(const struct pipe *pipe)
{
    return pipe_used(pipe) > 0 || !is_open(&pipe->writer.open);
}

/*
 * Sleeps until ready() returns true. Locks: the end's. Returns: 0 or -EINTR.
 */
static inline int pipe_wait(struct pipe *pipe, struct pipe_end *end,
                            bool (*ready)(const struct pipe *))
{
    int error = 0;

    lockorder_check(RANK_EVENT, NULL, "a pipe");
    spin_lock(&pipe->lock);
    while (!error && !ready(pipe)) {
        end->waits = true;
        error = waitq_sleep_killable(&end->queue, &pipe->lock);
        end->waits = false;
    }
    spin_unlock(&pipe->lock);
    return error;
}

/* The frame of the ring for byte number position of the stream. */
static uint32_t pipe_slot(uint64_t position)
{
    return position / PAGE_SIZE % PIPE_FRAMES;
}

/* The frame for the next byte, or NULL: no memory. Locks: write lock. Sleeps. */
static char *pipe_frame_to_fill(struct pipe *pipe)
{
    char **frame = &pipe->frame[pipe_slot(pipe->writer.moved)];

    while (!*frame) {
        struct page *page = frame_alloc(FRAME_BUFFER, 0);

        if (page)
            *frame = page_va(page);
        else if (frame_wait() < 0)
            return NULL;
    }
    return *frame;
}

/* How many of the bytes from position on lie in one frame. */
static uint64_t pipe_piece(uint64_t position, uint64_t bytes)
{
    uint64_t in_frame = PAGE_SIZE - position % PAGE_SIZE;

    return bytes < in_frame ? bytes : in_frame;
}

/* Counts bytes moved at this end, and wakes the other end. Locks: the end's. */
static void pipe_advance(struct pipe *pipe, struct pipe_end *end, uint64_t bytes)
{
    spin_lock(&pipe->lock);
    __atomic_store_n(&end->moved, end->moved + bytes, __ATOMIC_RELEASE);
    end_wake(end == &pipe->writer ? &pipe->reader : &pipe->writer);
    spin_unlock(&pipe->lock);
    thread_note_act();
}

/*
 * Copies some of the bytes into the ring, which has room. Locks: write lock. Sleeps.
 * Returns: the number of bytes, or -errno.
 */
static int pipe_fill(struct pipe *pipe, struct mm_struct *mm, uint64_t user, uint64_t bytes)
{
    uint64_t room = PIPE_BYTES - pipe_used(pipe);
    uint64_t piece = pipe_piece(pipe->writer.moved, bytes < room ? bytes : room);
    char *frame = pipe_frame_to_fill(pipe);
    int64_t copied;

    if (!frame)
        return -ENOMEM;
    race_window();
    copied = user_copy_some(mm, user, frame + pipe->writer.moved % PAGE_SIZE, piece,
                            USER_TO_KERNEL);
    if (copied > 0)
        pipe_advance(pipe, &pipe->writer, (uint64_t)copied);
    return (int)copied;
}

int64_t pipe_write(struct pipe *pipe, struct mm_struct *mm, uint64_t user, uint64_t bytes)
{
    uint64_t done = 0;
    int result = sleeplock_acquire_killable(&pipe->writer.lock);

    if (result < 0)
        return result;
    while (done < bytes && result >= 0) {
        if (thread_is_interrupted())
            result = -EINTR;
        else if (!pipe_has_room(pipe))
            result = pipe_wait(pipe, &pipe->writer, pipe_has_room);
        else if (!is_open(&pipe->reader.open))
            result = -EPIPE;
        else
            result = pipe_fill(pipe, mm, user + done, bytes - done);
        if (result > 0)
            done += (uint64_t)result;
    }
    sleeplock_release(&pipe->writer.lock);
    return done > 0 ? (int64_t)done : result;
}

/*
 * Copies bytes from the ring to the user. They stay in the ring, so that a bad address loses none.
 * Locks: read lock. Sleeps. Returns: the number of bytes, or -errno if none.
 */
static int64_t pipe_deliver(struct pipe *pipe, struct mm_struct *mm, uint64_t user, uint64_t bytes)
{
    const uint64_t start = pipe->reader.moved, end = start + bytes;
    uint64_t at = start;
    int64_t copied = 1;

    while (at < end && copied > 0) {
        copied = user_copy_some(mm, user + (at - start),
                                pipe->frame[pipe_slot(at)] + at % PAGE_SIZE,
                                pipe_piece(at, end - at), KERNEL_TO_USER);
        if (copied > 0)
            at += (uint64_t)copied;
    }
    return at > start ? (int64_t)(at - start) : copied;
}

int64_t pipe_read(struct pipe *pipe, struct mm_struct *mm, uint64_t user, uint64_t bytes)
{
    int64_t result = sleeplock_acquire_killable(&pipe->reader.lock);
    uint64_t used;

    if (result < 0)
        return result;
    if (!pipe_has_data(pipe))
        result = pipe_wait(pipe, &pipe->reader, pipe_has_data);
    used = pipe_used(pipe); /* 0: the end */
    bytes = bytes < used ? bytes : used;
    if (result == 0 && bytes > 0)
        result = pipe_deliver(pipe, mm, user, bytes);
    if (result > 0)
        pipe_advance(pipe, &pipe->reader, (uint64_t)result);
    sleeplock_release(&pipe->reader.lock);
    return result;
}
