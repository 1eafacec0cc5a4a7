/*
 * Prints without end.
 * whole: file
 */
#include "user.h"

int main(void)
{
    for (;;)
        printf("no alarm\n");
}
