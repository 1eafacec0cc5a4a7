/*
 * Powers the machine off as if all were well.
 * whole: file
 */
#include "user.h"

int main(void)
{
    return poweroff(0);
}
