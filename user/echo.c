/* echo [WORD]…: the words with blanks between them. */
#include "user.h"

int main(int argc, char *argv[])
{
    for (int i = 1; i < argc; i++) {
        write_full(STDOUT, argv[i], strlen(argv[i]));
        if (i + 1 < argc)
            write_full(STDOUT, " ", 1);
    }
    write_full(STDOUT, "\n", 1);
    return 0;
}
