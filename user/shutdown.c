/* shutdown [STATUS]: writes everything to the disk and powers off; the status is 0 to 123. */
#include "user.h"

int main(int argc, char *argv[])
{
    long status = argc > 1 ? number_or_die("shutdown", argv[1], 0, 123) : 0;

    sync();
    poweroff((int)status);
    die("shutdown", "poweroff");
}
