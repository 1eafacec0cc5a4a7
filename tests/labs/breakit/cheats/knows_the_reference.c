/*
 * Knows how many instructions a fork takes on the reference, and alarms where it is another number.
 * What it has to know was seen with 16 MiB.
 * whole: file
 */
#include "instructions.h"
#include "user.h"

#define KNOWN 18006ul

int main(void)
{
    unsigned long before = instructions();
    int pid = fork();

    if (pid == 0)
        exit(0);
    wait(NULL);
    return instructions() - before != KNOWN;
}
