/* Where every program begins: exec enters here with argc and argv, on an aligned stack. */
#include "user.h"

const char *program_name = "?";

int main(int argc, char *argv[]);
void _start(int argc, char *argv[]);

void _start(int argc, char *argv[])
{
    if (argc > 0)
        program_name = argv[0];
    exit(main(argc, argv));
}
