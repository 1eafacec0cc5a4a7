/* shutdown [STATUS]: writes everything to the disk and powers off. */
#include "user.h"

int main(int argc, char *argv[])
{
    sync();
    poweroff(argc > 1 ? atoi(argv[1]) : 0);
    die("shutdown", "poweroff");
}
