/* Experiments of the chapter "Faults": how many page faults there are, and of which kinds. */
#include "see.h"

static void show_faults(const char *what)
{
    printf("%s: %d faults: zero-filled %d, zero page %d, file %d, copied %d, taken over %d\n", what,
           GREW(fault_zero) + GREW(fault_zero_read) + GREW(fault_file) + GREW(fault_cow_copy) +
               GREW(fault_cow_reuse) + GREW(fault_stack),
           GREW(fault_zero), GREW(fault_zero_read), GREW(fault_file), GREW(fault_cow_copy),
           GREW(fault_cow_reuse));
}

/* A program that does nothing, and what it takes to run it. */
static void normal(void)
{
    char *words[] = {"/true", 0};

    read_counters(&before);
    if (fork() == 0) {
        exec(words[0], words);
        exit(1);
    }
    wait(0);
    read_counters(&after);
    show_faults("fork, exec, exit");
    printf("and for bad accesses: %d\n", GREW(fault_bad));
}

/* 100 pages are read, then written. */
static void first(void)
{
    char *pages = fresh_pages(100, 0);

    read_counters(&before);
    read_pages(pages, 100);
    read_counters(&after);
    show_faults("100 pages read");
    printf("anonymous frames: %d more\n", GREW(frames[FRAME_ANON]));
    read_counters(&before);
    write_pages(pages, 100);
    read_counters(&after);
    show_faults("and written");
    printf("anonymous frames: %d more\n", GREW(frames[FRAME_ANON]));
}

/* A process of 4 MiB forks; the child writes ten pages; later the parent writes twenty. */
static void forked(void)
{
    int ends[2];
    char *pages = fresh_pages(1024, 0);

    must(pipe(ends) == 0, "pipe");
    write_pages(pages, 1024);
    read_counters(&before);
    if (fork() == 0) {
        write_pages(pages, 10);
        write(ends[1], "x", 1);
        read_counters(&after);
        show_faults("fork, and the child writes 10 pages");
        printf("anonymous frames: %d more, for 1024 pages that both have\n",
               GREW(frames[FRAME_ANON]));
        exit(0);
    }
    wait(0);
    read_counters(&before);
    write_pages(pages, 20);
    read_counters(&after);
    show_faults("the child is gone, and the parent writes 20");
}

/* The kernel is given a pointer to nothing. */
static void pointer(void)
{
    int result = write(1, (char *)0x30000000, 10);

    printf("write gives %d, errno %d, and the program goes on\n", result, errno);
}

static const struct experiment list[] = {
    {"normal", normal}, {"first", first}, {"forked", forked}, {"pointer", pointer}};
EXPERIMENTS(list)
