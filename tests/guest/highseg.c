/*
 * A program that lies at 2^41, where Sv39 has no user addresses: the linker gets program_base.
 * It reads and writes its own data, its heap and its stack, and exits with 41.
 */
#include "user.h"

#include <stdint.h>

#define BASE (1ul << 41)

static volatile uint64_t data[1024] = {39, 40};

int main(int argc, char *argv[])
{
    volatile char *heap = sbrk(3 * PAGE_SIZE);

    (void)argc;
    if ((uint64_t)&data[0] < BASE || heap == (volatile char *)SBRK_ERROR)
        return 1;
    if (data[0] != 39 || data[1] != 40 || data[1023] != 0 || heap[2 * PAGE_SIZE] != 0)
        return 2;
    heap[2 * PAGE_SIZE] = argv[0][0];
    data[1023] = 40 + (heap[2 * PAGE_SIZE] == 'h');
    return (int)data[1023];
}
