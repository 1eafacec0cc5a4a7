/* sleep TICKS: waits so many tenths of a second. */
#include "user.h"

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(STDERR, "usage: sleep TICKS\n");
        return 2;
    }
    sleep((int)number_or_die("sleep", argv[1], 0, INT_MAX));
    return 0;
}
