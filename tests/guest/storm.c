/*
 * storm [PROCESSES]: processes that fork, exec, wait, map, lock and fault without end, so that a
 * kill finds them anywhere. Nothing is checked here: the one who kills sees who is left.
 */
#include "user.h"

#define PAGES 64

static void touch_memory(int shall_lock)
{
    char *memory = mmap(NULL, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return;
    if (shall_lock)
        mlock(memory, PAGES * PAGE_SIZE);
    for (int i = 0; i < PAGES; i++)
        memory[i * PAGE_SIZE] = 1;
    munmap(memory, PAGES * PAGE_SIZE);
}

/* A child, which has a child, which runs a program. */
static void family(void)
{
    char *argv[] = {"true", NULL};
    int pid = fork();

    if (pid == 0) {
        if (fork() == 0) {
            exec("/true", argv);
            exit(1);
        }
        wait(NULL);
        exit(0);
    }
    if (pid > 0)
        wait(NULL);
}

int main(int argc, char *argv[])
{
    long processes = argc > 1 ? number_or_die("storm", argv[1], 1, 100) : 8;

    for (long i = 1; i < processes; i++)
        if (fork() == 0)
            break;
    printf("storm\n");
    for (int round = 0;; round++) {
        family();
        touch_memory(round & 1);
    }
}
