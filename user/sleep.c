/* sleep TICKS: waits so many tenths of a second. */
#include "user.h"

int main(int argc, char *argv[])
{
    long ticks;

    if (argc != 2 || parse_number(argv[1], &ticks) < 0) {
        fprintf(STDERR, "usage: sleep TICKS\n");
        return 2;
    }
    sleep((int)ticks);
    return 0;
}
