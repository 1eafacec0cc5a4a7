/* Every system call, and how to get as far as each of its pointers. */
#include "calls.h"

#include "abi/mman.h"

/*
 * CALL(name, bytes, arguments…). bytes: through INPUT, OUTPUT, STATUS. A call without a row does
 * not compile; one that the kernel has not is ENOSYS, and then nothing is tested.
 */
#define EVERY_CALL(CALL) \
    CALL(fork, 0, NONE) \
    CALL(exit, 0, NUMBER) \
    CALL(wait, sizeof(int), STATUS) \
    CALL(pipe, 2 * sizeof(int), OUTPUT) \
    CALL(read, BUFFER_BYTES, FILE_FD, OUTPUT, LENGTH) \
    CALL(kill, 0, NUMBER) \
    CALL(exec, 0, PATH, VECTOR) \
    CALL(fstat, sizeof(struct stat), FILE_FD, OUTPUT) \
    CALL(chdir, 0, PATH) \
    CALL(dup, 0, NUMBER) \
    CALL(getpid, 0, NONE) \
    CALL(sbrk, 0, NUMBER, NUMBER) \
    CALL(pause, 0, NUMBER) \
    CALL(uptime, 0, NONE) \
    CALL(open, 0, PATH, NUMBER) \
    CALL(write, BUFFER_BYTES, FILE_FD, INPUT, LENGTH) \
    CALL(write, BUFFER_BYTES, PIPE_OUT, INPUT, LENGTH) \
    CALL(mknod, 0, PATH, NUMBER, NUMBER) \
    CALL(unlink, 0, PATH) \
    CALL(link, 0, PATH, PATH) \
    CALL(mkdir, 0, PATH) \
    CALL(close, 0, NUMBER) \
    CALL(lseek, 0, NUMBER, NUMBER, NUMBER) \
    CALL(ftruncate, 0, NUMBER, NUMBER) \
    CALL(fsync, 0, NUMBER) \
    CALL(sync, 0, NONE) \
    CALL(getppid, 0, NONE) \
    CALL(vmstat, sizeof(struct vm_stats), NUMBER, OUTPUT, NUMBER) \
    CALL(memlimit, 0, NUMBER, NUMBER) \
    CALL(poweroff, 0, NUMBER) \
    CALL(mmap, 0, NUMBER, NUMBER, NUMBER) \
    CALL(munmap, 0, NUMBER, NUMBER) \
    CALL(mprotect, 0, NUMBER, NUMBER, NUMBER) \
    CALL(msync, 0, NUMBER, NUMBER, NUMBER) \
    CALL(madvise, 0, NUMBER, NUMBER, NUMBER) \
    CALL(mincore, BUFFER_BYTES, AREA, AREA_LENGTH, OUTPUT) \
    CALL(mlock, 0, NUMBER, NUMBER) \
    CALL(munlock, 0, NUMBER, NUMBER) \
    CALL(thread_create, 0, NUMBER, NUMBER, NUMBER) \
    CALL(thread_join, 0, NUMBER) \
    CALL(thread_exit, 0, NONE) \
    CALL(futex_wait, sizeof(int), INPUT, ONE) \
    CALL(futex_wake, 0, NUMBER, NUMBER) \
    CALL(swapon, 0, PATH) \
    CALL(swapoff, 0, PATH) \
    CALL(procinfo, sizeof(struct proc_info), OUTPUT, ONE) \
    CALL(wait_info, sizeof(int), STATUS, STATUS) \
    CALL(foreground, 0, NUMBER)

#define CALL_ROW(name, bytes, ...) {SYS_##name, #name, {__VA_ARGS__}, bytes},
#define CALL_BIT(name, ...) | 1ul << SYS_##name

_Static_assert((0 EVERY_CALL(CALL_BIT)) == (1ul << SYSCALLS) - 2,
               "a call of abi/syscall.h has no row");

const struct call_row calls[] = {EVERY_CALL(CALL_ROW){0, NULL, {NONE}, 0}};

int file_fd, pipe_ends[2];
char *last_page; /* of the heap; the page after it is not mapped */
static char *area;
static char *good_vector[] = {NULL};

void prepare(void)
{
    file_fd = open("file", O_CREATE | O_RDWR);
    expect(file_fd >= 0 && pipe(pipe_ends) == 0);
    last_page = grow(2 * PAGE_BYTES) + PAGE_BYTES;
    memset(last_page, 'p', PAGE_BYTES);
    for (int i = 0; i < 4; i++)
        expect_equal(write(file_fd, last_page, PAGE_BYTES), PAGE_BYTES);
    area = mmap(NULL, BUFFER_BYTES * PAGE_BYTES, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(area != MAP_FAILED);
}

bool is_pointer(enum argument argument)
{
    return argument >= INPUT;
}

long good_argument(enum argument argument)
{
    switch (argument) {
    case ONE:
        return 1;
    case FILE_FD:
        return file_fd;
    case PIPE_OUT:
        return pipe_ends[1];
    case LENGTH:
        return BUFFER_BYTES;
    case AREA:
        return (long)area;
    case AREA_LENGTH:
        return BUFFER_BYTES * PAGE_BYTES;
    case PATH:
        return (long)"file";
    case VECTOR:
        return (long)good_vector;
    case INPUT:
    case OUTPUT:
    case STATUS:
        return (long)last_page;
    default:
        return 0;
    }
}

unsigned long pointer_bytes(const struct call_row *row, int which)
{
    if (row->arguments[which] == PATH)
        return 1;
    if (row->arguments[which] == VECTOR)
        return sizeof(char *);
    return (unsigned long)row->bytes;
}

static void exit_at_once(long unused)
{
    (void)unused;
}

long call_with(const struct call_row *row, int which, unsigned long place)
{
    long arguments[ARGUMENTS], result;
    int pid = 0;

    for (int i = 0; i < ARGUMENTS; i++)
        arguments[i] = i == which ? (long)place : good_argument(row->arguments[i]);
    expect_equal(lseek(file_fd, 0, SEEK_SET), 0);
    bool waits = row->number == SYS_wait || row->number == SYS_wait_info;

    if (waits)
        pid = spawn(exit_at_once, 0);
    result = call(row->number, arguments[0], arguments[1], arguments[2], 0, 0, 0);
    if (waits && result < 0)
        join(pid); /* was not lost with the status */
    return result;
}
