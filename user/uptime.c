/* uptime: seconds since boot. */
#include "user.h"

int main(void)
{
    int ticks = uptime();

    printf("%d.%d s\n", ticks / TICKS_PER_SECOND, ticks % TICKS_PER_SECOND);
    return 0;
}
