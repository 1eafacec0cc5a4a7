/* Experiments of the chapter "TLB": how many fences there are, and where. */
#include "see.h"

static volatile int stop, runs;
static char stack[4 * PAGE] __attribute__((aligned(16)));

static void show_fences(const char *what)
{
    printf("%s: %d fences here, %d calls to other harts\n", what,
           GREW(tlb_local) + GREW(tlb_asid), GREW(tlb_remote));
}

static void unmap(long count, const char *what)
{
    char *pages = fresh_pages(count, 0);

    write_pages(pages, count);
    read_counters(&before);
    must(munmap(pages, count * PAGE) == 0, "munmap");
    read_counters(&after);
    show_fences(what);
}

/* One thread, though the machine has four harts. */
static void alone(void)
{
    unmap(1, "1 page unmapped");
    unmap(1024, "1024 pages unmapped");
}

static void spin(void *unused)
{
    runs = 1;
    while (!stop)
        ;
    thread_exit();
}

/* The same while another thread of the program runs on another hart. */
static void together(void)
{
    int thread = thread_create(spin, 0, stack + sizeof(stack));

    must(thread >= 0, "thread_create");
    while (!runs)
        ;
    unmap(1024, "1024 pages unmapped beside another thread");
    stop = 1;
    thread_join(thread);
}

/* Fork takes the permission to store from each page of the parent: one fence for all. */
static void forked(void)
{
    char *pages = fresh_pages(1024, 0);

    write_pages(pages, 1024);
    read_counters(&before);
    if (fork() == 0)
        exit(0);
    read_counters(&after);
    show_fences("fork with 1024 pages");
    wait(0);
}

/* First touches: an entry comes where there was none. */
static void fill(void)
{
    char *pages = fresh_pages(1024, 0);

    read_counters(&before);
    write_pages(pages, 1024);
    read_counters(&after);
    printf("%d pages came: ", GREW(fault_zero));
    show_fences("entries where there were none");
}

static const struct experiment list[] = {
    {"alone", alone}, {"together", together}, {"fill", fill}, {"forked", forked}};
EXPERIMENTS(list)
