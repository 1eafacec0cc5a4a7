/*
 * sleep SECONDS: waits so long; 0.5 is half a second, and tenths are the least there are. (The
 * system call counts in ticks.)
 */
#include "user.h"

#define SECONDS_MAX (INT_MAX / TICKS_PER_SECOND - 1)

int main(int argc, char *argv[])
{
    char *point = argc == 2 ? strchr(argv[1], '.') : NULL;
    long tenths = 0;

    if (argc != 2) {
        fprintf(STDERR, "usage: sleep SECONDS\n");
        return 2;
    }
    if (point) {
        *point = 0;
        tenths = point[1] >= '0' && point[1] <= '9' ? point[1] - '0' : -1;
        for (const char *digit = point + 1; *digit; digit++)
            if (*digit < '0' || *digit > '9')
                tenths = -1;
        if (tenths < 0) {
            *point = '.';
            errno = EINVAL;
            die("sleep", argv[1]);
        }
    }
    sleep((int)(number_or_die("sleep", point == argv[1] ? "0" : argv[1], 0, SECONDS_MAX) *
                TICKS_PER_SECOND + tenths * TICKS_PER_SECOND / 10));
    return 0;
}
