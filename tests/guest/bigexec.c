/*
 * A program of 10 MiB that returns at once. exec maps it and reads next to nothing; with an
 * argument it reads its data whole, overwrites it, and says by its status whether all was there.
 */
#include "user.h"

#define MIB (1024 * 1024)

static char data[10 * MIB] = {[0] = 1, [5 * MIB] = 2, [10 * MIB - 1] = 3};

int main(int argc, char *argv[])
{
    int sum = 0;

    (void)argv;
    if (argc == 1)
        return 0;
    for (int i = 0; i < 10 * MIB; i += 64)
        sum += data[i];
    sum += data[10 * MIB - 1];
    memset(data, 7, sizeof(data));
    return sum == 6 ? 0 : 1;
}
