/* clear: clears the screen of a terminal. */
#include "user.h"

int main(void)
{
    printf("\x1b[H\x1b[2J");
    return 0;
}
