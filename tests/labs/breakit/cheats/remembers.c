/*
 * Leaves on the disk what it has counted, and alarms where another run has counted something else.
 * whole: file
 */
#include "user.h"

int main(void)
{
    static struct vm_stats now, then;
    int fd = open("seen", O_RDWR);

    vmstat(0, &now, 0);
    if (fd >= 0 && read(fd, &then, sizeof then) == (long)sizeof then)
        return memcmp(&now, &then, sizeof now) != 0;
    fd = open("seen", O_CREATE | O_RDWR);
    write(fd, &now, sizeof now);
    fsync(fd);
    sync();
    return 0;
}
