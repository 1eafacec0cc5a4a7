/* Where every program begins: exec enters here with argc and argv, on an aligned stack. */
#include "user.h"

extern const char *program_name __attribute__((weak)); /* there where output.c is */

int main(int argc, char *argv[]);
void _start(int argc, char *argv[]);

void _start(int argc, char *argv[])
{
    if (&program_name && argc > 0)
        program_name = argv[0];
    exit(main(argc, argv));
}
