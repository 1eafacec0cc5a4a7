/* sync: everything written so far is on the disk when it ends. */
#include "user.h"

int main(void)
{
    sync();
    return 0;
}
