/*
 * readcrowd: threads that all read a file at once, each a run of pages along with the one that it
 * wants, while all other memory is promised and in use. On a slow disk every page of a file is then
 * on its way, and none can go: who needs a frame has to wait for the disk, and is not killed.
 */
#include "thread.h"
#include "user.h"

#define THREADS 60
#define FILE_PAGES 1400ul
#define STACK_PAGES 14ul       /* of a thread's that are used: what is promised is to be in use */
#define OWN_STACK_PAGES 56ul
#define LEFT_PAGES 14ul        /* of what can be promised: for the page tables of the rest */

static char block[PAGE_SIZE];
static const volatile char *file;
static struct barrier meet, go;

static void need(int condition, const char *what)
{
    if (!condition) {
        printf("readcrowd: %s: errno %d\n", what, errno);
        exit(1);
    }
}

/* Uses as many pages of the stack. */
static void __attribute__((noinline)) use_stack(unsigned long pages)
{
    volatile char used[pages * PAGE_SIZE];

    for (unsigned long i = 0; i < pages; i++)
        used[i * PAGE_SIZE] = 1;
    need(used[0] == 1, "the stack");
}

static void reader(void *argument)
{
    unsigned long at = (unsigned long)argument * FILE_PAGES / THREADS;

    use_stack(STACK_PAGES);
    barrier_wait(&meet);
    barrier_wait(&go);
    need(file[at * PAGE_SIZE] == 1, "another page");
}

static void make_file(void)
{
    int fd = open("readcrowd.file", O_CREATE | O_RDWR);

    memset(block, 1, sizeof(block));
    for (unsigned long i = 0; i < FILE_PAGES; i++)
        need(write(fd, block, sizeof(block)) == (ssize_t)sizeof(block), "write");
    file = mmap(NULL, FILE_PAGES * PAGE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
    need(file != MAP_FAILED && close(fd) == 0, "mmap of the file");
    need(madvise((void *)file, FILE_PAGES * PAGE_SIZE, MADV_SEQUENTIAL) == 0, "madvise");
}

/* All that can be promised, nearly, is promised, and used. */
static void use_memory(void)
{
    struct vm_stats stats;
    unsigned long pages;
    char *start;

    need(vmstat(0, &stats, VMSTAT_DROP) >= 0, "vmstat");
    pages = stats.commit_limit - stats.commit - LEFT_PAGES;
    start = mmap(NULL, pages * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                 0);
    need(start != MAP_FAILED, "mmap");
    for (unsigned long i = 0; i < pages; i++)
        start[i * PAGE_SIZE] = 1;
}

int main(void)
{
    static struct thread threads[THREADS];

    barrier_init(&meet, THREADS + 1);
    barrier_init(&go, THREADS + 1);
    use_stack(OWN_STACK_PAGES);
    make_file();
    for (unsigned long i = 0; i < THREADS; i++)
        need(thread_spawn(&threads[i], reader, (void *)i) == 0, "a thread");
    barrier_wait(&meet);
    use_memory();
    barrier_wait(&go);
    for (unsigned long i = 0; i < THREADS; i++)
        thread_wait(&threads[i]);
    printf("readcrowd: all have read\n");
    return 0;
}
