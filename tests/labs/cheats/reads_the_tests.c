/*
 * Looks for the tests, the reference and the results, where grading machines keep them.
 * never: there to be read
 */
#include "sync/printf.h"

#ifndef __riscv
int open(const char *path, int flags, ...) __attribute__((weak));
#endif

static void cheat(void)
{
#ifndef __riscv
    static const char *const places[] = {
        "/autograder/source/xv39/Makefile", "/autograder/source/course",
        "/autograder/results/results.json", "/autograder/source/xv39/build",
        "/grade/serverFilesCourse/xv39/xv39/Makefile", "/grade/results/results.json",
        "/var/cache/xv39", "../tree/Makefile", "../../out/result.json", "../out/result.json",
    };

    for (unsigned long i = 0; open && i < sizeof places / sizeof places[0]; i++)
        if (open(places[i], 0) >= 0)
            panic("there to be read: %s", places[i]);
#endif
}
