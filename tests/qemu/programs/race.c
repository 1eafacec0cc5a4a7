/*
 * A planted race: two processes add to a number in a file without a lock, reading and writing it in
 * two calls. Whether an addition is lost depends on when they are preempted, so on the seed.
 */
#include "kernel/types.h"
#include "kernel/fcntl.h"
#include "user/user.h"

#define ADDITIONS 200

static void add(void)
{
    for (int i = 0; i < ADDITIONS; i++) {
        int number = 0;
        int fd = open("race.number", O_RDWR);

        read(fd, &number, sizeof(number));
        close(fd);
        number++;
        fd = open("race.number", O_RDWR);
        write(fd, &number, sizeof(number));
        close(fd);
    }
}

int main(void)
{
    int number = 0;
    int fd = open("race.number", O_CREATE | O_RDWR);

    write(fd, &number, sizeof(number));
    close(fd);
    if (fork() == 0) {
        add();
        exit(0);
    }
    add();
    wait(0);
    fd = open("race.number", O_RDWR);
    read(fd, &number, sizeof(number));
    printf("race: %d of %d\n", number, 2 * ADDITIONS);
    exit(0);
}
