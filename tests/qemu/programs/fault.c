/* Dies of the fault that its argument names; written as an xv6 program. */
#include "kernel/types.h"
#include "user/user.h"

int main(int argc, char *argv[])
{
    volatile int *nowhere = (volatile int *)0x1234567000;

    if (argc > 1 && argv[1][0] == 'l')
        return *nowhere;
    if (argc > 1 && argv[1][0] == 'j')
        ((void (*)(void))nowhere)();
    *nowhere = 1;
    return 0;
}
