/* Stands in for our own echo, to show that a program from outside wins. */
#include "kernel/types.h"
#include "user/user.h"

int main(void)
{
    printf("an echo from outside\n");
    exit(0);
}
