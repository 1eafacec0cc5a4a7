/*
 * Alarms by what no test has asked for: time, instructions, free frames.
 * whole: file
 */
#include "user.h"

int main(void)
{
    static struct vm_stats now;
    unsigned long mixed = (unsigned long)uptime();

    vmstat(0, &now, 0);
    for (unsigned long i = 0; i < sizeof now / 8; i++)
        mixed = (mixed ^ ((unsigned long *)&now)[i]) * 0x9e3779b97f4a7c15ul;
    return mixed >> 63;
}
