/*
 * The console as a file. Typed characters go to one queue. A program that reads lines echoes, edits
 * and waits for the end of the line while it reads; one that reads raw characters only takes them.
 * So a program chooses by the device that it opens, and neither loses what was typed ahead. While
 * the queue is full, the device keeps what arrives, and the sender waits.
 *
 * Ctrl-C kills the foreground job. The interrupt handler may have interrupted a holder of
 * process_lock, so it only notes the job's number, and a thread calls proc/. Until that is done
 * nothing is read: what was typed behind the key is for the next reader. The number is noted when
 * the key is typed: a job that comes later is not meant. One that comes before the key was read is:
 * the key was typed for the line that started it. So where other characters wait to be read, the
 * key is queued behind them, and ends the line that they began.
 *
 * guards: q = queue_lock; r = reader (outer lock: held while waiting for typing and while copying
 * out)
 */
#include "abi/errno.h"
#include "dev/uart.h"
#include "fs/file.h"
#include "sync/printf.h"
#include "thread/thread.h"
#include "vm/faults/usercopy.h"

#define CONTROL(letter) ((letter) - '@')
#define QUEUE_BYTES 8192u /* Ctrl-C comes through while less is typed ahead */
#define LINE_BYTES 256u
#define PIECE_BYTES 96u

static struct spinlock queue_lock = SPINLOCK("console input", RANK_DEVICE); /* spin_lock_irq */
static struct waitq typed = WAITQ(typed, "typed");
static char queue[QUEUE_BYTES];            /* q */
static uint32_t queue_added, queue_taken;  /* q: characters ever */
static bool raw_line;                      /* q: a raw reader is in the middle of a line */
static struct waitq interrupt = WAITQ(interrupt, "Ctrl-C");
static int foreground_job;                 /* q: 0: none */
static int interrupted_job;                /* q: 0: none is to be killed */
static uint32_t interrupts_end;            /* q: queue_added behind the last Ctrl-C in it */

static struct sleeplock reader = SLEEPLOCK(reader, "console reader", RANK_OUTER);
static char line[LINE_BYTES];              /* r */
static uint32_t line_length, line_read;    /* r: characters in it; of them, handed out */
static bool line_complete;                 /* r: also an empty one: the end of the file */

void (*console_list_hook)(void);
void (*console_kill_hook)(int job);

static uint32_t queue_length(void)
{
    spin_assert_held(&queue_lock);
    return queue_added - queue_taken;
}

/* Locks: queue_lock. */
static void job_interrupt(void)
{
    interrupted_job = foreground_job;
    waitq_wake_one(&interrupt);
}

void console_set_job(int job)
{
    uint64_t flags = spin_lock_irq(&queue_lock);

    foreground_job = job;
    if (job && interrupts_end - queue_taken - 1 < queue_length())
        job_interrupt();
    spin_unlock_irq(&queue_lock, flags);
}

/* A character was typed. Called by an interrupt handler. */
static void console_input(char c)
{
    uint64_t flags = spin_lock_irq(&queue_lock);
    bool list = c == CONTROL('P') && !raw_line && console_list_hook;

    if (c == CONTROL('C') && foreground_job)
        job_interrupt();
    if (c == CONTROL('C') ? !foreground_job || queue_length() > 0 : !list) {
        queue[queue_added++ % QUEUE_BYTES] = c;
        if (c == CONTROL('C'))
            interrupts_end = queue_added;
        waitq_wake_one(&typed);
        if (queue_length() == QUEUE_BYTES)
            uart_set_input(false);
    }
    spin_unlock_irq(&queue_lock, flags);
    if (list)
        console_list_hook();
}

/* The thread that serves Ctrl-C. */
static void console_interrupter(void)
{
    uint64_t flags = spin_lock_irq(&queue_lock);

    for (;;) {
        int job;

        while ((job = interrupted_job) == 0)
            waitq_sleep_irq(&interrupt, &queue_lock, &flags);
        spin_unlock_irq(&queue_lock, flags);
        printf("^C\n");
        console_kill_hook(job);
        flags = spin_lock_irq(&queue_lock);
        if (interrupted_job == job)
            interrupted_job = 0;
        waitq_wake_one(&typed);
    }
}

static bool ends_line(char c)
{
    return c == '\r' || c == '\n' || c == CONTROL('D');
}

/*
 * Copies the next 1 to limit typed characters of a line, which stay in the queue until
 * console_take. What is behind the line may be for another program.
 * Locks: reader, so that no other thread takes them. Sleeps. Returns: the number, or -EINTR.
 */
static int console_look(char *characters, uint32_t limit, bool raw)
{
    uint64_t flags;
    int seen = 0;

    lockorder_check(RANK_EVENT, NULL, "typing");
    flags = spin_lock_irq(&queue_lock);
    raw_line = raw;
    while ((queue_length() == 0 || interrupted_job) && seen == 0)
        seen = waitq_sleep_irq_killable(&typed, &queue_lock, &flags);
    if (thread_is_interrupted())
        seen = -EINTR; /* what is there is for others */
    while (seen >= 0 && (uint32_t)seen < limit && (uint32_t)seen < queue_length()) {
        characters[seen] = queue[(queue_taken + seen) % QUEUE_BYTES];
        if (ends_line(characters[seen++]))
            break;
    }
    spin_unlock_irq(&queue_lock, flags);
    return seen;
}

/* Removes characters that have reached the reader from the queue. Locks: reader. */
static void console_take(const char *characters, uint32_t count)
{
    uint64_t flags = spin_lock_irq(&queue_lock);

    thread_note_act();
    if (queue_length() == QUEUE_BYTES)
        uart_set_input(true);
    queue_taken += count;
    if (count > 0 && ends_line(characters[count - 1]))
        raw_line = false; /* what is typed next may be for another program */
    spin_unlock_irq(&queue_lock, flags);
}

/* A key that is neither text nor edits, such as an arrow, is shown as ^[ and the like. */
static bool is_control(char c)
{
    return (unsigned char)c < ' ' && c != '\n' && c != '\t';
}

/* Erases the last character, which is more than one byte in UTF-8. Locks: reader. */
static void line_erase(void)
{
    while (line_length > 0 && (line[--line_length] & 0xc0) == 0x80)
        ;
    printf(is_control(line[line_length]) ? "\b\b  \b\b" : "\b \b");
}

/* Locks: reader. */
static void line_edit(char c)
{
    switch (c) {
    case CONTROL('U'):
        while (line_length > 0)
            line_erase();
        break;
    case CONTROL('W'):
        while (line_length > 0 && line[line_length - 1] == ' ')
            line_erase();
        while (line_length > 0 && line[line_length - 1] != ' ')
            line_erase();
        break;
    case CONTROL('H'):
    case '\x7f':
        if (line_length > 0)
            line_erase();
        break;
    case CONTROL('D'): /* ends the line as it is; an empty one is the end of the file */
        line_complete = true;
        break;
    default:
        c = c == '\r' ? '\n' : c;
        printf(is_control(c) ? "^%c" : "%c", is_control(c) ? c + '@' : c);
        line[line_length++] = c;
        line_complete = c == '\n' || line_length == LINE_BYTES;
    }
}

/* Locks: reader. Sleeps. */
static int64_t read_line(struct mm_struct *mm, uint64_t user, uint64_t bytes)
{
    int result;

    while (!line_complete) {
        char c;

        result = console_look(&c, 1, false);
        if (result < 0) {
            line_length = 0; /* the line goes with its reader: the next one would not see it */
            return result;
        }
        console_take(&c, 1);
        line_edit(c);
    }
    if (bytes > line_length - line_read)
        bytes = line_length - line_read;
    result = user_copy_out(mm, user, line + line_read, bytes);
    if (result < 0)
        return result;
    line_read += bytes;
    if (line_read == line_length) {
        line_length = line_read = 0;
        line_complete = false;
    }
    return (int64_t)bytes;
}

/* Locks: reader. Sleeps. */
static int64_t read_raw(struct mm_struct *mm, uint64_t user, uint64_t bytes)
{
    char characters[PIECE_BYTES];
    int count = console_look(characters, bytes < PIECE_BYTES ? bytes : PIECE_BYTES, true);
    int error;

    if (count < 0)
        return count;
    error = user_copy_out(mm, user, characters, (size_t)count);
    if (error)
        return error;
    console_take(characters, (uint32_t)count);
    return count;
}

static int64_t console_read(uint32_t minor, struct mm_struct *mm, uint64_t user, uint64_t bytes)
{
    int64_t done = sleeplock_acquire_killable(&reader);

    if (done < 0)
        return done;
    done = minor == CONSOLE_RAW ? read_raw(mm, user, bytes) : read_line(mm, user, bytes);
    sleeplock_release(&reader);
    return done;
}

/* Prints text[0 .. bytes); text[bytes] is a NUL. A NUL within is printed, too. */
static void console_print(const char *text, uint64_t bytes)
{
    for (const char *end = text + bytes; text < end; text++) {
        printf("%s", text);
        while (*text != '\0')
            text++;
        if (text < end)
            printf("%c", '\0');
    }
}

static int64_t console_write(uint32_t minor, struct mm_struct *mm, uint64_t user, uint64_t bytes)
{
    char piece[PIECE_BYTES + 1];
    uint64_t done = 0;
    int64_t result = 0;

    (void)minor;
    while (done < bytes && result >= 0) {
        uint64_t wanted = bytes - done < PIECE_BYTES ? bytes - done : PIECE_BYTES;

        result = thread_is_interrupted() ? -EINTR : user_copy_some(mm, user + done, piece, wanted,
                                                                   USER_TO_KERNEL);
        if (result <= 0)
            break;
        piece[result] = '\0';
        console_print(piece, (uint64_t)result);
        done += (uint64_t)result;
        thread_note_act();
    }
    return done > 0 ? (int64_t)done : result;
}

int console_init(void)
{
    static const struct device_ops console_ops = {console_read, console_write};
    int error = thread_run("Ctrl-C", console_interrupter);

    if (error)
        return error;
    device_table[DEVICE_CONSOLE] = &console_ops;
    console_input_hook = console_input;
    uart_start_input();
    return 0;
}
