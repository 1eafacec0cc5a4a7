/*
 * Has functions of the library, one of which would be called first.
 * whole: file
 */
#include "user.h"

int exit(int status)
{
    poweroff(status != 0);
    for (;;)
        ;
}

int main(void)
{
    return 1;
}
