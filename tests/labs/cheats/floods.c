/* Prints without end. */
#include "sync/printf.h"

static void cheat(void)
{
    for (;;)
        printf("a line that is printed again and again, until somebody's disk is full\n");
}
